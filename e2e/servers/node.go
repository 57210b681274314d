//go:build unix

package servers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// oldest is the oldest Node that is good enough, and newer what takes the place of one that is not: a package of the binary alone.
const (
	oldest = 20
	newer  = "24.22.3"
)

// installed is the folder with a server's packages, and the Node that runs them. Packages run no scripts of their own while they are
// installed, and are held to the digests of the lock file.
func installed(t testing.TB, name string, files ...string) (dir, node string) {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		lack(t, "npm is not installed")
	}
	node, bad := machineNode()
	files = append([]string{"package.json", "package-lock.json"}, files...)
	from := folder(t, name)
	dir = built(t, name, files, func(into string) error {
		for _, file := range files {
			if err := copyFile(filepath.Join(from, file), filepath.Join(into, file)); err != nil {
				return err
			}
		}
		return command(into, nil, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	})
	if bad != nil {
		node = packagedNode(t, npm, bad)
	}
	return dir, node
}

// machineNode is the Node of this machine, if it is not too old.
func machineNode() (path string, err error) {
	if path, err = exec.LookPath("node"); err != nil {
		return "", err
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		return "", err
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return "", fmt.Errorf("node %s is older than %d", strings.TrimSpace(string(out)), oldest)
	}
	return path, nil
}

// packagedNode is a Node from npm, for a machine whose own will not do.
func packagedNode(t testing.TB, npm string, why error) string {
	t.Helper()
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if arch == "" {
		lack(t, "%v, and there is no packaged one for %s", why, runtime.GOARCH)
	}
	pack := fmt.Sprintf("node-%s-%s", runtime.GOOS, arch)
	dir := built(t, "node", nil, func(into string) error {
		return command(into, nil, npm, "install", "--prefix", into, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", pack+"@"+newer)
	})
	return filepath.Join(dir, "node_modules", pack, "bin", "node")
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

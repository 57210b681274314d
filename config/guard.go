package config

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"detent/tomlfile"

	shellquote "github.com/kballard/go-shellquote"
)

// fileRule says who may touch a file that detent trusts.
type fileRule struct {
	what   string      // as the user calls it
	forbid fs.FileMode // bits that it must not have
	why    string
	chmod  string // what mends it
}

var (
	configFile = fileRule{what: "the configuration", forbid: 0o022, why: "others may write it", chmod: "go-w"}
	tokenFile  = fileRule{what: "the token file", forbid: 0o077, why: "group or others have access", chmod: "go-rwx"}
	// caFile says whom a profile believes.
	caFile = fileRule{what: "the certificate authority", forbid: 0o022, why: "others may write it", chmod: "go-w"}
	// debugFile may name keys and accounts.
	debugFile = fileRule{what: "the debug log", forbid: 0o077, why: "group or others have access", chmod: "go-rwx"}
)

// maxFile bounds what is read of a configuration or a token file.
const maxFile = 1 << 20

// readGuarded reads a file that keeps its rule. The rules are checked on the open
// file, so a symbolic link's target counts and nobody can swap it in between.
func readGuarded(path string, rule fileRule) ([]byte, error) {
	// Without O_NONBLOCK a named pipe would hang us before we can refuse it.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := checkFile(f, path, rule); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: %s is over 1 MiB: is it the right file?", path, rule.what)
	}
	return data, nil
}

func checkFile(f *os.File, path string, rule fileRule) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %s must be a regular file", path, rule.what)
	}
	quoted := shellquote.Join(path)
	if !hasOwners {
		return nil
	}
	if owner := ownerOf(info); owner != 0 && owner != getuid() {
		return fmt.Errorf("%s: %s belongs to user %d, neither you nor root: sudo chown %d %s && chmod %s %s",
			path, rule.what, owner, getuid(), quoted, rule.chmod, quoted)
	}
	if mode := info.Mode().Perm(); mode&rule.forbid != 0 {
		return fmt.Errorf("%s: %s (mode %04o), which %s must not allow: chmod %s %s", path, rule.why, mode, rule.what, rule.chmod, quoted)
	}
	return nil
}

// ReadPrivate reads a file that must be the user's alone; what is how the user calls it.
func ReadPrivate(path, what string) ([]byte, error) {
	data, err := readGuarded(path, fileRule{what: what, forbid: 0o077, why: "group or others have access", chmod: "go-rwx"})
	return bytes.TrimPrefix(data, tomlfile.ByteOrderMark), err
}

// OpenDebug opens the debug log for appending: a new one is 0600, an existing one
// must be the user's alone.
func OpenDebug(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if err := checkFile(f, path, debugFile); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

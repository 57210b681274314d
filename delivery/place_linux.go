package delivery

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// keepAccessList copies the access control list and the security label, by which
// the application may be allowed to read the file.
func keepAccessList(f *os.File, path string) error {
	for _, name := range []string{"system.posix_acl_access", "security.selinux"} {
		size, err := unix.Lgetxattr(path, name, nil)
		if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) || size == 0 && err == nil {
			continue
		}
		var value []byte
		if err == nil {
			value = make([]byte, size)
			_, err = unix.Lgetxattr(path, name, value)
		}
		if err == nil {
			err = unix.Fsetxattr(int(f.Fd()), name, value, 0)
		}
		// The label of a new file comes from its folder's policy where we may not set it.
		if err != nil && name == "system.posix_acl_access" {
			return err
		}
	}
	return nil
}

// fixed says what chattr +i and +a forbid, to root too, and what takes it away.
func fixed(path string) (what, mend string) {
	var at unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BASIC_STATS, &at); err != nil {
		return "", "" // an old kernel: the trial says what it can
	}
	for flag, word := range map[uint64]string{unix.STATX_ATTR_IMMUTABLE: "immutable (chattr +i)", unix.STATX_ATTR_APPEND: "append-only (chattr +a)"} {
		if at.Attributes&flag != 0 {
			return word, "chattr -ia"
		}
	}
	return "", ""
}

// mount is one line of a mountinfo.
type mount struct{ device, root, point string }

func mounts(table []byte) (out []mount) {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range bytes.Lines(table) {
		if f := strings.Fields(string(line)); len(f) > 4 {
			out = append(out, mount{f[2], unescape.Replace(f[3]), unescape.Replace(f[4])})
		}
	}
	return out
}

// mounted reports whether the path itself is a mount point, as a single file given
// to a container is: it cannot be replaced by a rename.
func mounted(path string) bool {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	return slices.ContainsFunc(mounts(table), func(m mount) bool { return m.point == path })
}

// mountedElsewhere says where the file is mounted by itself, in this system or in any container of it whose
// mounts we may read: who has it so keeps the old file when it is replaced. Empty is nowhere that shows.
func mountedElsewhere(path string) string {
	own, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	file, ok := within(mounts(own), path)
	if !ok {
		return ""
	}
	tables, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	seen := map[string]bool{}
	for _, name := range append([]string{"/proc/self/mountinfo"}, tables...) {
		process := filepath.Base(filepath.Dir(name))
		if space, err := os.Readlink("/proc/" + process + "/ns/mnt"); err == nil {
			if seen[space] {
				continue
			}
			seen[space] = true
		}
		table, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for _, m := range mounts(table) {
			// A file that was replaced before is still mounted there, under the name that it had.
			if m.device == file.device && strings.TrimSuffix(m.root, "//deleted") == file.root {
				if _, err := strconv.Atoi(process); err == nil {
					return m.point + " of process " + process
				}
				return m.point
			}
		}
	}
	return ""
}

// within finds where in its file system a path lies: the mount that it is in is the last of the longest that hold it.
func within(all []mount, path string) (file mount, found bool) {
	longest := -1
	for _, m := range all {
		rest, inside := strings.CutPrefix(path, strings.TrimSuffix(m.point, "/")+"/")
		if inside && len(m.point) >= longest {
			longest = len(m.point)
			file, found = mount{m.device, filepath.Join(m.root, rest), path}, true
		}
	}
	return file, found
}

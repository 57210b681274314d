package delivery

import (
	"errors"
	"os"
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
		value := make([]byte, size)
		if err == nil {
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

// mounted reports whether the path itself is a mount point, as a single file given
// to a container is: it cannot be replaced by a rename.
func mounted(path string) bool {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 4 && unescape.Replace(fields[4]) == path {
			return true
		}
	}
	return false
}

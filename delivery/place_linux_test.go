package delivery

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"detent/apikey"
)

func TestAnAccessListIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	// rw for the owner, r for user 12345, a mask of r: what setfacl -m u:12345:r writes.
	list := binary.LittleEndian.AppendUint32(nil, 2)
	const undefined = 0xffffffff
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, undefined}, {2, 4, 12345}, {4, 0, undefined}, {16, 4, undefined}, {32, 0, undefined}} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		list = binary.LittleEndian.AppendUint16(list, e.perm)
		list = binary.LittleEndian.AppendUint32(list, e.id)
	}
	const name = "system.posix_acl_access"
	if err := unix.Setxattr(path, name, list, 0); errors.Is(err, unix.ENOTSUP) {
		t.Skip("this file system has no access lists")
	} else if err != nil {
		t.Fatal(err)
	}
	d := must(Parse("env-file:"+path+":KEY", Options{}))
	mustDo(t, second(d.Put(context.Background(), Job{ID: testJob}, apikey.NewSecret("new"))))
	isFile(t, path, "KEY=new\n", 0o640) // the mask shows as the group's bits
	got := make([]byte, 1024)
	n, err := unix.Getxattr(path, name, got)
	if err != nil || !bytes.Equal(got[:n], list) {
		t.Fatalf("the list is %x (%v), was %x", got[:max(n, 0)], err, list)
	}
}

func TestAMountPointIsRecognised(t *testing.T) {
	if !mounted("/proc") || mounted("/proc/self") {
		t.Error("/proc is mounted by itself, /proc/self is not")
	}
}

// chattr sets what chattr sets.
func chattr(t *testing.T, path string, flags int) {
	t.Helper()
	f := must(os.Open(path))
	defer func() { _ = f.Close() }()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags); err != nil {
		t.Skipf("no chattr here: %v", err)
	}
}

func TestWhatChattrForbidsToReplaceIsFoundBeforehand(t *testing.T) {
	const immutable, appendOnly = 0x10, 0x20
	for _, on := range []string{"file", "folder"} {
		for flag, want := range map[int]string{immutable: "immutable", appendOnly: "append-only"} {
			dir := t.TempDir()
			path := filepath.Join(dir, ".env")
			writeFile(t, path, "KEY=old\n", 0o600)
			fixed := path
			if on == "folder" {
				fixed = dir
			}
			t.Cleanup(func() { chattr(t, fixed, 0) })
			chattr(t, fixed, flag)
			for _, spec := range []string{"env-file:" + path + ":KEY", "file:" + path} {
				d := must(Parse(spec, Options{}))
				if _, err := d.Preflight(t.Context(), Job{ID: testJob}); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s of the %s: %v", want, on, err)
				}
			}
			chattr(t, fixed, 0)
			isAlone(t, path)
		}
	}
}

func TestAFileThatIsMountedByItselfElsewhereIsAskedAbout(t *testing.T) {
	dir := t.TempDir()
	path, there := filepath.Join(dir, "app.env"), filepath.Join(dir, "a place with blanks")
	writeFile(t, path, "KEY=old\n", 0o600)
	writeFile(t, there, "", 0o600)
	other := filepath.Join(dir, "other.env")
	writeFile(t, other, "KEY=old\n", 0o600)
	mountOr(t, path, there, "", unix.MS_BIND, "")
	for _, spec := range []string{"env-file:%:KEY", "file:%"} {
		spec := func(path string) string { return strings.Replace(spec, "%", path, 1) }
		var asks *ConsentError
		if _, err := preflight(t, spec(path), Job{}); !errors.As(err, &asks) || asks.Needs != MountedElsewhere || !strings.Contains(err.Error(), there) {
			t.Errorf("%v", err)
		}
		if left := beside(t, path); len(left) != 2 {
			t.Errorf("beside it lies %q", left)
		}
		plan, err := preflight(t, spec(path), Job{Replace: true})
		if err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), there) {
			t.Errorf("with a yes: %q, %v", plan.Notes, err)
		}
		if _, err := preflight(t, spec(there), Job{Replace: true}); err == nil || !strings.Contains(err.Error(), "is mounted by itself") {
			t.Errorf("the mount itself: %v", err)
		}
		mustDo(t, second(preflight(t, spec(other), Job{})))
	}
	// Replaced once, the mount still has what was there before, and will never have what is put.
	mustDo(t, os.Rename(other, path))
	var asks *ConsentError
	if _, err := preflight(t, "file:"+path, Job{}); !errors.As(err, &asks) || asks.Needs != MountedElsewhere {
		t.Errorf("after it was replaced: %v", err)
	}
}

// TestAMountInAnotherNamespaceShows is a container's: it is in no table of our own.
func TestAMountInAnotherNamespaceShows(t *testing.T) {
	unshare, err := exec.LookPath("unshare")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and unshare")
	}
	dir := t.TempDir()
	path, there := filepath.Join(dir, ".env"), filepath.Join(dir, "inside")
	writeFile(t, path, "KEY=old\n", 0o600)
	writeFile(t, there, "", 0o600)
	cmd := exec.Command(unshare, "-m", "sh", "-c", `mount --bind "$0" "$1" && echo ready && read wait`, path, there)
	in, out := must(cmd.StdinPipe()), must(cmd.StdoutPipe())
	mustDo(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line := make([]byte, 6)
	if _, err := io.ReadFull(out, line); err != nil {
		t.Skip("no mount namespace here")
	}
	var asks *ConsentError
	if _, err := preflight(t, "env-file:"+path+":KEY", Job{}); !errors.As(err, &asks) || asks.Needs != MountedElsewhere || !strings.Contains(err.Error(), "of process ") {
		t.Errorf("%v", err)
	}
	_ = in.Close()
	_ = cmd.Wait()
	mustDo(t, second(preflight(t, "env-file:"+path+":KEY", Job{})))
}

func TestWhereAFileLiesInItsFileSystem(t *testing.T) {
	table := mounts([]byte("1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 /@home /home rw - btrfs /dev/b rw\n3 1 8:3 / /srv rw - xfs /dev/c rw\n4 3 8:4 /sub /srv rw - xfs /dev/d rw\n" +
		"5 1 8:5 / /a\\040b rw - ext4 /dev/e rw\n6 1 0:1\n"))
	for path, want := range map[string]mount{
		"/etc/x":     {"8:1", "/etc/x", "/etc/x"},
		"/home/u/.e": {"8:2", "/@home/u/.e", "/home/u/.e"},
		"/homes/x":   {"8:1", "/homes/x", "/homes/x"},
		"/srv/x":     {"8:4", "/sub/x", "/srv/x"}, // the last one hides the first
		"/a b/x":     {"8:5", "/x", "/a b/x"},
	} {
		if got, ok := within(table, path); !ok || got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	if _, ok := within(nil, "/x"); ok {
		t.Error("found without a table")
	}
}

// mountOr mounts, or skips where that is not allowed.
func mountOr(t *testing.T, source, target, kind string, flags uintptr, data string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount")
	}
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		t.Skipf("no mount here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(target, 2) })
}

// TestAFullDiskIsFoundBeforehand: the kept copy and the new content lie there together.
func TestAFullDiskIsFoundBeforehand(t *testing.T) {
	dir := t.TempDir()
	mountOr(t, "tmpfs", dir, "tmpfs", 0, "size=64k")
	path := filepath.Join(dir, ".env")
	writeFile(t, path, "KEY=old\n"+strings.Repeat("#\n", 14<<10), 0o600) // 28 KiB: one copy fits, two do not
	if _, err := preflight(t, "env-file:"+path+":KEY", Job{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
	isAlone(t, path)
	writeFile(t, path, "KEY=old\n", 0o600)
	mustDo(t, second(preflight(t, "env-file:"+path+":KEY", Job{})))
	mustDo(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if _, err := preflight(t, "env-file:"+path+":KEY", Job{}); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a read-only file system: %v", err)
	}
}

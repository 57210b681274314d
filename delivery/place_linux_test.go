package delivery

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
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

//go:build unix

package delivery

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func owner(info fs.FileInfo) (uid, gid int) {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}

func sameOwner(a, b fs.FileInfo) bool {
	au, ag := owner(a)
	bu, bg := owner(b)
	return au == bu && ag == bg
}

// trusted are users that may do anything here anyway.
func trusted(uid int) bool { return uid == 0 || uid == os.Geteuid() }

// checkLink refuses a symbolic link that a stranger planted.
func checkLink(path string, link fs.FileInfo) error {
	uid, _ := owner(link)
	if trusted(uid) {
		return nil
	}
	target, err := os.Stat(path)
	if err != nil {
		return nil // to nowhere: said where it is followed
	}
	if to, _ := owner(target); to == uid {
		return nil
	}
	return noPlace(Untrusted, "%s is a symbolic link of %s, who owns neither what it leads to nor is you or root: it is not followed; name the file itself", display(path), userName(uid))
}

// ourCopy says why a file of a kept copy's name was not made by detent: it makes them for
// their owner alone, as the operator or as root, or gives them the file's or the folder's owner.
func ourCopy(s snapshot, info fs.FileInfo) error {
	uid, _ := owner(info)
	ours := trusted(uid)
	if s.exists {
		of, _ := owner(s.info)
		ours = ours || of == uid
	}
	if folder, err := os.Stat(filepath.Dir(s.real)); err == nil {
		of, _ := owner(folder)
		ours = ours || of == uid
	}
	switch {
	case !ours:
		return fmt.Errorf("belongs to %s", userName(uid))
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("can be written by others")
	}
	return nil
}

// userName is a user in words.
func userName(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil && u.Username != "" {
		return display(u.Username)
	}
	return "user " + id
}

// keepOwner gives f the owner, the group and the access list of the file that it replaces.
func keepOwner(f *os.File, path string, like fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if !sameOwner(now, like) {
		uid, gid := owner(like)
		if err := f.Chown(uid, gid); err != nil {
			return err
		}
	}
	return keepAccessList(f, path)
}

// checkOwner says whether a replacement could have the file's owner and group.
func checkOwner(path string, info fs.FileInfo) error {
	groups, err := os.Getgroups()
	if err != nil {
		return fmt.Errorf("your groups cannot be read: %w", err)
	}
	uid, gid := owner(info)
	return canChown(path, uid, gid, os.Geteuid(), append(groups, os.Getegid()))
}

// canChown says whether a user of those groups can give a file that owner and group.
func canChown(path string, uid, gid, me int, groups []int) error {
	switch {
	case me == 0:
		return nil
	case uid != me:
		return fmt.Errorf("%s belongs to user %d and you are user %d: its owner would change; run detent as its owner", display(path), uid, me)
	case !slices.Contains(groups, gid):
		return fmt.Errorf("%s belongs to group %d, which you are not in: its group would change, and the application might not read it any more", display(path), gid)
	}
	return nil
}

// checkFolder says whether files can be created and renamed in a folder.
func checkFolder(folder string) error {
	err := unix.Access(folder, unix.W_OK|unix.X_OK)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("the folder %s lies on a read-only file system", display(folder))
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("you may not create files in %s, and a file is replaced by a new one in its folder", display(folder))
	}
	return fmt.Errorf("the folder %s cannot be written: %w", display(folder), err)
}

// fileOwner names whose file it is, or will be, and whether that is nobody whom the operator would expect.
func fileOwner(s snapshot, folder fs.FileInfo) (name string, unexpected bool) {
	uid := os.Geteuid()
	if s.exists {
		uid, _ = owner(s.info)
	}
	if uid == os.Geteuid() {
		return "you", false
	}
	of, _ := owner(folder)
	return userName(uid), !trusted(uid) && uid != of
}

// folderOwnerNote tells a root who creates a file in somebody's folder that the
// somebody will not be able to read it.
func folderOwnerNote(folder fs.FileInfo) string {
	uid, _ := owner(folder)
	if me := os.Geteuid(); uid != me {
		return fmt.Sprintf("the new file will belong to %s alone; its folder belongs to %s", userName(me), userName(uid))
	}
	return ""
}

func links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }

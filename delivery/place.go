package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// place is a file that holds a secret and is only ever replaced as a whole:
//
//	PATH.detent-ID        the old content, or absentMark where there was no file; 0600
//	PATH.detent-ID.mode   the old mode, only where the replacement drops bits
//	PATH.detent-ID.new    what is about to be renamed into place
//
// PATH is the file at the end of symbolic links: all of these lie in its folder.
type place struct {
	path string
	o    Options
}

// maxFile bounds what is read, kept and replaced.
const maxFile = 1 << 20

// The steps at which Options.Hook is called, in the order in which they are taken.
const (
	stepRead          = "read"
	stepMake          = "make" // each file that is written
	stepFill          = "fill"
	stepSync          = "sync"
	stepModeWrite     = "mode: write"
	stepModeRename    = "mode: rename"
	stepBackupWrite   = "backup: write"
	stepBackupRename  = "backup: rename"
	stepBackupFolder  = "backup: sync folder"
	stepContentWrite  = "content: write"
	stepContentCheck  = "content: read again"
	stepContentRename = "content: rename"
	stepContentFolder = "content: sync folder"
	stepPutDone       = "put: done"
	stepRemove        = "remove: file"
	stepRemoveFolder  = "remove: sync folder"
	stepUndoDone      = "undo: done"
	stepFinishNew     = "finish: leftover"
	stepFinishBackup  = "finish: backup"
	stepFinishMode    = "finish: mode"
	stepFinishFolder  = "finish: sync folder"
)

var jobID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`) })

// errMoving says that others write to the file faster than it can be replaced.
var errMoving = errors.New("the file keeps being changed by another program: nothing was written; try again when that program is quiet")

func checkJob(job Job) error {
	if !jobID().MatchString(job.ID) || len(job.ID) > 64 {
		return fmt.Errorf("the rotation id %s cannot name a backup", display(clip(job.ID)))
	}
	return nil
}

// snapshot is the file at one moment.
type snapshot struct {
	real    string // the path after symbolic links
	exists  bool
	content []byte
	info    fs.FileInfo
}

func (s snapshot) same(t snapshot) bool {
	return s.real == t.real && s.exists == t.exists && bytes.Equal(s.content, t.content) &&
		(!s.exists || s.info.Mode() == t.info.Mode() && sameOwner(s.info, t.info))
}

// resolve follows symbolic links at the end of the path; links among the folders
// stay as they are written. A link to nothing is refused: what should lie at its
// end may be a volume that is not mounted.
func (p place) resolve() (string, error) {
	path := p.path
	for range 40 {
		info, err := os.Lstat(path)
		if err != nil {
			if path != p.path && errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("%s is a symbolic link to %s, which does not exist: create it or name another file", display(p.path), display(path))
			}
			if errors.Is(err, fs.ErrNotExist) {
				return path, nil
			}
			return "", fmt.Errorf("%s: %w", display(path), cause(err))
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", display(path), cause(err))
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: too many symbolic links", display(p.path))
}

// read takes a snapshot; a file that is not there is one.
func (p place) read() (snapshot, error) {
	real, err := p.resolve()
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{real: real}
	content, info, err := readRegular(real)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.exists, s.content, s.info = true, content, info
	return s, nil
}

// readRegular reads a regular file of bounded size. Anything else is refused
// before it is opened: opening a pipe would wait for its other end.
func readRegular(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", display(path), cause(err))
	}
	if info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a folder: name the file in it", display(path))
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no regular file", display(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", display(path), cause(err))
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", display(path), cause(err))
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", display(path), cause(err))
	}
	if len(content) > maxFile {
		return nil, nil, fmt.Errorf("%s is larger than 1 MiB: that is no file for a secret", display(path))
	}
	return content, info, nil
}

func backupPath(real string, job Job) string { return real + ".detent-" + job.ID }
func modePath(real string, job Job) string   { return backupPath(real, job) + ".mode" }
func newPath(real string, job Job) string    { return backupPath(real, job) + ".new" }

// absentMark is the backup of a file that was not there. It holds the job's id,
// so that no file's own content can be taken for it.
func absentMark(job Job) []byte {
	return []byte("detent " + job.ID + ": there was no file here before\n")
}

// backup is the old state as it was kept.
type backup struct {
	found   bool
	absent  bool
	content []byte
	mode    fs.FileMode // 0: as it is now
}

func readBackup(real string, job Job) (backup, error) {
	content, _, err := readRegular(backupPath(real, job))
	if errors.Is(err, fs.ErrNotExist) {
		return backup{}, nil
	}
	if err != nil {
		return backup{}, fmt.Errorf("the backup cannot be read: %w", err)
	}
	b := backup{found: true, content: content}
	if bytes.Equal(content, absentMark(job)) {
		b.absent, b.content = true, nil
		return b, nil
	}
	text, _, err := readRegular(modePath(real, job))
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("the kept mode cannot be read: %w", err)
	}
	mode, err := strconv.ParseUint(strings.TrimSpace(string(text)), 8, 9)
	if err != nil {
		return b, fmt.Errorf("%s holds no mode", display(modePath(real, job)))
	}
	b.mode = fs.FileMode(mode)
	return b, nil
}

// keep writes the backup of s. The mode goes first: where the backup is, the mode
// is there too.
func (p place) keep(s snapshot, job Job) error {
	content := s.content
	if !s.exists {
		content = absentMark(job)
	}
	temp := newPath(s.real, job)
	if s.exists && keptMode(s.info) != s.info.Mode().Perm() {
		p.o.Hook(stepModeWrite)
		mode := fmt.Appendf(nil, "%04o\n", s.info.Mode().Perm())
		if err := p.createAs(modePath(s.real, job), temp, mode, stepModeRename); err != nil {
			return err
		}
	}
	p.o.Hook(stepBackupWrite)
	if err := p.createAs(backupPath(s.real, job), temp, content, stepBackupRename); err != nil {
		return err
	}
	p.o.Hook(stepBackupFolder)
	return syncFolder(filepath.Dir(s.real))
}

// put replaces the file by edit's answer to its content, which it may be asked
// for again when another program writes in between.
func (p place) put(job Job, edit func(s snapshot) ([]byte, error)) (s snapshot, err error) {
	if err := checkJob(job); err != nil {
		return s, err
	}
	kept := false // by this call
	for range 5 {
		p.o.Hook(stepRead)
		if s, err = p.read(); err != nil {
			return s, err
		}
		content, err := edit(s)
		if err != nil {
			return s, err
		}
		b, err := readBackup(s.real, job)
		if err != nil {
			return s, err
		}
		stale := b.absent == s.exists || !bytes.Equal(b.content, s.content)
		if !b.found || kept && stale {
			if err := p.keep(s, job); err != nil {
				return s, err
			}
			kept = true
		}
		if s.exists && bytes.Equal(content, s.content) && keptMode(s.info) == s.info.Mode().Perm() {
			p.o.Hook(stepPutDone)
			return s, nil
		}
		done, err := p.replace(s, job, content, 0)
		if err != nil {
			return s, err
		}
		if done {
			p.o.Hook(stepPutDone)
			return s, nil
		}
	}
	return s, errMoving
}

// replace renames new content over the file, with owner, group and mode kept; mode
// 0 is the old one without the bits for others. It reports false, with nothing
// changed, where the file is no longer as in s.
func (p place) replace(s snapshot, job Job, content []byte, mode fs.FileMode) (done bool, err error) {
	temp := newPath(s.real, job)
	p.o.Hook(stepContentWrite)
	f, err := p.create(temp, content)
	if err != nil {
		return false, err
	}
	defer func() {
		_ = f.Close()
		if !done {
			_ = os.Remove(temp)
		}
	}()
	p.o.Hook(stepContentCheck)
	now, err := p.read()
	if err != nil || !now.same(s) {
		return false, err
	}
	p.o.Hook(stepContentRename)
	// Only now is it opened to others: a leftover of a kill before this is 0600.
	if err := settle(f, s, mode); err != nil {
		return false, err
	}
	if err := os.Rename(temp, s.real); err != nil {
		return false, fmt.Errorf("%s cannot be replaced, it is as it was: %w", display(s.real), cause(err))
	}
	p.o.Hook(stepContentFolder)
	return true, syncFolder(filepath.Dir(s.real))
}

// settle gives a replacement the owner, group and mode of what it replaces, and
// closes it.
func settle(f *os.File, s snapshot, mode fs.FileMode) error {
	if s.exists {
		if err := keepOwner(f, s.real, s.info); err != nil {
			return fmt.Errorf("%s: owner and group cannot be kept: %w", display(s.real), cause(err))
		}
		if mode == 0 {
			mode = keptMode(s.info)
		}
	}
	if mode != 0 {
		if err := f.Chmod(mode); err != nil {
			return fmt.Errorf("%s: the mode cannot be kept: %w", display(s.real), cause(err))
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", display(f.Name()), cause(err))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", display(f.Name()), cause(err))
	}
	return nil
}

// create makes a file that holds content, 0600 from its first moment and synced.
func (p place) create(path string, content []byte) (*os.File, error) {
	// A leftover of a killed attempt is ours by its name; O_EXCL then refuses
	// whatever somebody else puts there in between.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is in the way: %w", display(path), cause(err))
	}
	p.o.Hook(stepMake)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("no file can be created in %s: %w", display(filepath.Dir(path)), cause(err))
	}
	p.o.Hook(stepFill)
	if _, err = f.Write(content); err == nil {
		// The umask may have taken the owner's own bits.
		err = f.Chmod(0o600)
	}
	if err == nil {
		p.o.Hook(stepSync)
		err = f.Sync()
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return nil, fmt.Errorf("%s: %w", display(path), cause(err))
	}
	return f, nil
}

// createAs makes a file by way of .new, so that it is there as a whole or not at all.
func (p place) createAs(path, temp string, content []byte, renaming string) error {
	f, err := p.create(temp, content)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", display(temp), cause(err))
	}
	p.o.Hook(renaming)
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", display(path), cause(err))
	}
	return nil
}

// undo brings the old state back. restore is asked for the content where the file
// was changed, by others too, since it was put; it says whether the file is to go.
func (p place) undo(job Job, restore func(s snapshot, b backup) (content []byte, gone bool, err error)) (b backup, s snapshot, err error) {
	if err := checkJob(job); err != nil {
		return b, s, err
	}
	for range 5 {
		if s, err = p.read(); err != nil {
			return b, s, err
		}
		if b, err = readBackup(s.real, job); err != nil || !b.found {
			return b, s, err
		}
		content, gone := b.content, b.absent
		if s.exists {
			if content, gone, err = restore(s, b); err != nil {
				return b, s, err
			}
		}
		done := true
		switch {
		case gone && s.exists:
			p.o.Hook(stepRemove)
			if err := os.Remove(s.real); err != nil {
				return b, s, fmt.Errorf("%s cannot be removed: %w", display(s.real), cause(err))
			}
			p.o.Hook(stepRemoveFolder)
			err = syncFolder(filepath.Dir(s.real))
		case gone:
		case !s.exists || !bytes.Equal(content, s.content) || b.mode != 0 && s.info.Mode().Perm() != b.mode:
			done, err = p.replace(s, job, content, b.mode)
		}
		if err != nil || done {
			p.o.Hook(stepUndoDone)
			return b, s, err
		}
	}
	return b, s, errMoving
}

// finish removes what the job left beside the file; the backup before its mode.
func (p place) finish(job Job) error {
	if err := checkJob(job); err != nil {
		return err
	}
	real, err := p.resolve()
	if err != nil {
		return err
	}
	removed := false
	for _, each := range []struct{ step, path string }{
		{stepFinishNew, newPath(real, job)},
		{stepFinishBackup, backupPath(real, job)},
		{stepFinishMode, modePath(real, job)},
	} {
		p.o.Hook(each.step)
		switch err := os.Remove(each.path); {
		case err == nil:
			removed = true
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s holds an old secret and cannot be removed: %w", display(each.path), cause(err))
		}
	}
	if !removed {
		return nil
	}
	p.o.Hook(stepFinishFolder)
	return syncFolder(filepath.Dir(real))
}

// keptMode is the mode of a replacement: no bits for others, no set-id bits.
func keptMode(info fs.FileInfo) fs.FileMode { return info.Mode().Perm() &^ 0o007 }

// cause is an error without the path and the call, which the message has in words.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// place is a file that holds a secret and is only ever replaced as a whole. What lies
// beside it meanwhile, copy.go says.
type place struct {
	path string
	o    Options
}

var jobID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`) })

func checkJob(job Job) error {
	if !jobID().MatchString(job.ID) || len(job.ID) > 64 {
		return fmt.Errorf("the rotation id %s cannot name a backup", display(clip(job.ID)))
	}
	return nil
}

// snapshot is the file at one moment.
type snapshot struct {
	real    string // the path after the links at its end: what lies beside it is named by it
	where   string // the path after all links
	exists  bool
	content []byte
	info    fs.FileInfo
	kept    bool // put made a copy of it
}

func (s snapshot) same(t snapshot) bool {
	return s.real == t.real && s.where == t.where && s.exists == t.exists && bytes.Equal(s.content, t.content) &&
		(!s.exists || s.info.Mode() == t.info.Mode() && sameOwner(s.info, t.info))
}

// inspector says what a snapshot holds for a destination.
type inspector func(snapshot) (Held, error)

// read takes a snapshot; a file that is not there is one.
func (p place) read() (s snapshot, err error) {
	err = p.step(stepRead, func() error {
		if s.real, s.where, err = resolve(p.path); err != nil {
			return err
		}
		content, info, err := readRegular(s.where)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		s.exists, s.content, s.info = err == nil, content, info
		return err
	})
	return s, err
}

// here takes a snapshot of the place that the job means.
func (p place) here(job Job, suffix string) (snapshot, error) {
	if err := checkJob(job); err != nil {
		return snapshot{}, err
	}
	s, err := p.read()
	if err == nil && job.Where != "" && job.Where != s.where+suffix {
		err = noPlace(Elsewhere, "%s leads to %s now; when it was looked at first, it was %s", display(p.path), display(s.where+suffix), display(job.Where))
	}
	return s, err
}

// change is one replacement of a file's content.
type change struct {
	job    Job
	suffix string // of Job.Where: the variable
	look   inspector
}

// expected asks Job.Expect about what is about to be replaced.
func (c change) expected(s snapshot) error {
	if c.job.Expect == nil {
		return nil
	}
	held, err := c.look(s)
	if err == nil && !c.job.Expect(held) {
		err = ErrUnexpected
	}
	return err
}

// put replaces the file by edit's answer to its content, which it may be asked
// for again when another program writes in between. What holds it already is left, and no
// copy is made of it: a copy of the new secret would be taken for the former value.
func (p place) put(c change, edit func(s snapshot) ([]byte, error)) (s snapshot, did Did, err error) {
	kept, left := false, false // by this call
	defer func() {
		switch {
		case left && err == nil:
			err = ErrCopyLeft
		case left && !errors.Is(err, ErrCopyLeft):
			err = fmt.Errorf("%w; %w", err, ErrCopyLeft)
		}
		if errors.Is(err, ErrUnexpected) && kept && !p.removeCopy(s, c.job) {
			err = fmt.Errorf("%w; %w", err, ErrCopyLeft)
		}
	}()
	for range 5 {
		if s, err = p.here(c.job, c.suffix); err != nil {
			return s, Unreported, err
		}
		content, err := edit(s)
		if err != nil {
			return s, Unreported, err
		}
		there := s.exists && bytes.Equal(content, s.content)
		if there && keptMode(s.info) == s.info.Mode().Perm() {
			return s, Already, nil
		}
		if !there {
			made, err := p.keepOnce(s, c, kept)
			if err != nil {
				return s, Unreported, err
			}
			kept = kept || made
		}
		done, err := p.replace(s, c, content, 0)
		if err == ErrCopyLeft { // somebody moves it: the next look tells what is to be said
			left = true
			continue
		}
		if err != nil {
			return s, Unreported, err
		}
		if done {
			s.kept = kept
			return s, Wrote, nil
		}
	}
	return s, Unreported, errMoving
}

// keepOnce keeps a copy of what is expected there, unless the job has one. One that this call made
// follows the file as long as others write it.
func (p place) keepOnce(s snapshot, c change, kept bool) (made bool, err error) {
	if err := c.expected(s); err != nil {
		return false, err
	}
	if err := p.checkReader(s, c.job); err != nil {
		return false, err
	}
	b, err := p.readBackup(s, c.job)
	if err != nil {
		return false, err
	}
	stale := b.absent == s.exists || !bytes.Equal(b.content, s.content)
	if b.found && (!kept || !stale) {
		return false, nil
	}
	return true, p.keep(s, c.job)
}

// replace renames new content over the file, with owner, group and mode kept; mode
// 0 is the old one without the bits for others. It reports false, with nothing
// changed, where the file is no longer as in s.
func (p place) replace(s snapshot, c change, content []byte, mode fs.FileMode) (done bool, err error) {
	if err := p.checkReader(s, c.job); err != nil {
		return false, err
	}
	temp := newPath(s.where, c.job)
	f, err := p.create(temp, content, makingContent)
	if err != nil {
		return false, err
	}
	defer func() {
		_ = f.Close()
		switch {
		case done:
		case err != nil:
			err = discarded(temp, err)
		case os.Remove(temp) != nil:
			err = ErrCopyLeft
		}
	}()
	if err := p.settle(f, s, mode); err != nil {
		return false, err
	}
	if same, err := p.recheck(s, c, content); err != nil || !same {
		return false, err
	}
	if err := p.step(makingContent.rename, func() error { return os.Rename(temp, s.where) }); err != nil {
		return false, fmt.Errorf("%s cannot be replaced, it is as it was: %w", display(s.real), cause(err))
	}
	return true, p.syncFolder(filepath.Dir(s.where))
}

// checkReader asks again whose the file is: it may have been made since Preflight, by whoever wants to read it.
func (p place) checkReader(s snapshot, job Job) error {
	folder, err := os.Stat(filepath.Dir(s.where))
	if err != nil {
		return noPlace(Unreadable, "the folder %s: %w", display(filepath.Dir(s.real)), cause(err))
	}
	_, err = checkFileOwner(s, job, folder)
	return err
}

// checkFileOwner names the file's owner, and asks for one who is neither the operator, root nor the owner of the folder: they
// may have made the file to read what is put into it.
func checkFileOwner(s snapshot, job Job, folder fs.FileInfo) (string, error) {
	name, unexpected := fileOwner(s, folder)
	if unexpected && !job.AllowOwner {
		return name, &ConsentError{UnexpectedOwner, fmt.Errorf("%s belongs to %s, who is neither you, root nor the owner of its folder, and would read the secret: give the file its right owner, or say yes to that explicitly", display(s.real), name)}
	}
	return name, nil
}

// recheck is the last look before the file is replaced.
func (p place) recheck(s snapshot, c change, content []byte) (bool, error) {
	now, err := p.here(c.job, c.suffix)
	if err != nil || !now.same(s) {
		return false, err
	}
	if now.exists && bytes.Equal(content, now.content) {
		return true, nil // its mode alone changes
	}
	return true, c.expected(now)
}

// undo brings the old state back. restore is asked for the content where the file
// was changed, by others too, since it was put; it says whether the file is to go.
func (p place) undo(c change, restore func(s snapshot, b backup) (content []byte, gone bool, err error)) (did Did, err error) {
	for range 5 {
		s, err := p.here(c.job, c.suffix)
		if err != nil {
			return Unreported, err
		}
		b, err := p.needBackup(s, c.job)
		if err != nil {
			return Unreported, err
		}
		exact := s.exists == !b.absent && bytes.Equal(s.content, b.content)
		if exact && (b.mode == 0 || s.info.Mode().Perm() == b.mode) || !exact && c.back(s, b) {
			return Already, nil
		}
		content, gone := b.content, b.absent
		if s.exists && !exact {
			if content, gone, err = restore(s, b); err != nil {
				return Unreported, err
			}
		}
		if !exact {
			if err := c.expected(s); err != nil {
				return Unreported, err
			}
		}
		done := false
		if gone {
			did = Removed
			done, err = p.removeCreated(s, c)
		} else {
			did = PutBack
			done, err = p.replace(s, c, content, b.mode)
		}
		if err != nil || done {
			return did, err
		}
	}
	return Unreported, errMoving
}

// back says that the place holds the former value, whoever wrote it.
func (c change) back(s snapshot, b backup) bool {
	now, err := c.look(s)
	if err != nil {
		return false
	}
	former, err := c.look(b.snapshot(s))
	return err == nil && now.Exists == former.Exists && (!now.Exists || now.Secret.Equal(former.Secret))
}

// removeCreated removes a file that was not there before. It reports false, with nothing changed, where the file is no longer as in s.
func (p place) removeCreated(s snapshot, c change) (done bool, err error) {
	if same, err := p.recheck(s, c, nil); err != nil || !same {
		return false, err
	}
	if err := p.step(stepRemove, func() error { return os.Remove(s.where) }); err != nil {
		return false, fmt.Errorf("%s cannot be removed: %w", display(s.real), cause(err))
	}
	return true, p.syncFolder(filepath.Dir(s.where))
}

// former is what the job's copy says was there.
func (p place) former(c change) (Held, error) {
	s, err := p.here(c.job, c.suffix)
	if err != nil {
		return Held{}, err
	}
	b, err := p.needBackup(s, c.job)
	if err != nil {
		return Held{}, err
	}
	return c.look(b.snapshot(s))
}

// finish removes what the job left beside the file; the copy before its mode. Where the path
// leads elsewhere by now, it is removed where it was left, too.
func (p place) finish(job Job, suffix string) error {
	if err := checkJob(job); err != nil {
		return err
	}
	real, where, err := resolve(p.path)
	was := strings.TrimSuffix(job.Where, suffix)
	if was != "" && (err != nil || was != where) {
		if err := p.finishAt(was, job); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return p.finishAt(real, job)
}

func (p place) finishAt(real string, job Job) error {
	if err := p.sweep(real); err != nil {
		return err
	}
	removed := false
	for _, each := range []struct{ step, path string }{
		{stepFinishNew, newPath(real, job)},
		{stepFinishCopy, backupPath(real, job)},
		{stepFinishMode, modePath(real, job)},
	} {
		was, err := p.remove(each.step, each.path)
		if err != nil {
			return fmt.Errorf("%s holds an old secret and cannot be removed: %w", display(each.path), cause(err))
		}
		removed = removed || was
	}
	if !removed {
		return nil
	}
	return p.syncFolder(filepath.Dir(real))
}

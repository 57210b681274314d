package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
)

// The kept copy of a job lies beside the file:
//
//	PATH.detent-ID        the old content, or absentMark where there was no file; 0600
//	PATH.detent-ID.mode   the old mode, only where the replacement drops bits
//	PATH.detent-ID.new    what is about to be renamed into place
//	PATH.detent-ID.try    what Preflight writes and removes

func backupPath(real string, job Job) string { return real + ".detent-" + job.ID }
func modePath(real string, job Job) string   { return backupPath(real, job) + ".mode" }
func newPath(real string, job Job) string    { return backupPath(real, job) + ".new" }

// absentMark is the copy of a file that was not there. It holds the job's id,
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

// snapshot is the copy as what the file held.
func (b backup) snapshot(now snapshot) snapshot {
	return snapshot{real: now.real, where: now.where, content: b.content}
}

// readBackup reads the job's copy; without one it is not found, and one that cannot be
// believed is ErrNoCopy.
func (p place) readBackup(s snapshot, job Job) (b backup, err error) {
	err = p.step(stepReadCopy, func() (err error) {
		b, err = readCopy(s, job)
		return err
	})
	if err != nil {
		return backup{}, fmt.Errorf("%w: %w", ErrNoCopy, err)
	}
	return b, nil
}

func readCopy(s snapshot, job Job) (backup, error) {
	content, info, err := readRegular(backupPath(s.where, job))
	if errors.Is(err, fs.ErrNotExist) {
		return backup{}, nil
	}
	if err != nil {
		return backup{}, err
	}
	if err := ourCopy(s, info); err != nil {
		return backup{}, fmt.Errorf("%s %w", display(backupPath(s.real, job)), err)
	}
	b := backup{found: true, content: content}
	if bytes.Equal(content, absentMark(job)) {
		b.absent, b.content = true, nil
		return b, nil
	}
	text, info, err := readRegular(modePath(s.where, job))
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("the kept mode: %w", err)
	}
	if err := ourCopy(s, info); err != nil {
		return b, fmt.Errorf("%s %w", display(modePath(s.real, job)), err)
	}
	mode, err := strconv.ParseUint(strings.TrimSpace(string(text)), 8, 9)
	if err != nil {
		return b, fmt.Errorf("%s holds no mode", display(modePath(s.real, job)))
	}
	b.mode = fs.FileMode(mode)
	return b, nil
}

// needBackup is readBackup where there must be one.
func (p place) needBackup(s snapshot, job Job) (backup, error) {
	b, err := p.readBackup(s, job)
	if err == nil && !b.found {
		err = fmt.Errorf("%w: %s is not there", ErrNoCopy, display(backupPath(s.real, job)))
	}
	return b, err
}

// keep writes the copy of s. The mode goes first: where the copy is, the mode
// is there too.
func (p place) keep(s snapshot, job Job) error {
	content := s.content
	if !s.exists {
		content = absentMark(job)
	}
	temp := newPath(s.where, job)
	if s.exists && keptMode(s.info) != s.info.Mode().Perm() {
		mode := fmt.Appendf(nil, "%04o\n", s.info.Mode().Perm())
		if err := p.createAs(modePath(s.where, job), temp, mode, makingMode); err != nil {
			return err
		}
	}
	if err := p.createAs(backupPath(s.where, job), temp, content, makingCopy); err != nil {
		return err
	}
	return p.syncFolder(filepath.Dir(s.where))
}

// removeCopy removes a copy that this very call made and that nothing came of, and what was about to replace the file. It
// reports false where the copy is not there to be removed: it lies on a volume that is not mounted any more, or in a folder that was moved away.
func (p place) removeCopy(s snapshot, job Job) bool {
	_, leftover := p.remove(stepUnwanted, newPath(s.where, job))
	was, err := p.remove(stepUnwanted, backupPath(s.where, job))
	_, mode := p.remove(stepUnwanted, modePath(s.where, job))
	return was && err == nil && leftover == nil && mode == nil
}

package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The trial file does in the folder what a delivery will do: it is made, filled, given the file's owner and mode,
// synced, renamed and removed, under the longest name that a delivery uses, and as large as what a
// delivery writes at one time. It holds no secret. Whatever a killed trial leaves is known by its name and its
// first line: the next one at this place removes it, whosever job it was, and so does Finish.

const (
	trialMark  = "detent tries whether this file system lets it replace the file beside this one\n"
	trialSlack = 4096 // a secret and its line
)

func trialPath(real string, job Job) string { return backupPath(real, job) + ".test" } // as long as .mode, the longest
func triedPath(real string, job Job) string { return backupPath(real, job) + ".try" }
func isTrialName(name string) bool {
	return strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".try")
}
func trialContent(s snapshot) []byte {
	size := 2*len(s.content) + trialSlack // the copy and the new content lie there together
	return bytes.Repeat([]byte(trialMark), size/len(trialMark)+1)[:max(size, len(trialMark))]
}

// try proves that the file can be replaced, by doing it to the trial file.
func (p place) try(s snapshot, job Job) (err error) {
	if err := p.sweep(s.where); err != nil {
		return err
	}
	first, second := trialPath(s.where, job), triedPath(s.where, job)
	f, err := p.create(first, trialContent(s), makingTrial)
	if err != nil {
		return err
	}
	defer func() {
		_ = f.Close()
		if err != nil {
			_ = os.Remove(first)
			_ = os.Remove(second)
		}
	}()
	if err := p.settle(f, s, 0); err != nil {
		return err
	}
	if err := p.step(makingTrial.rename, func() error { return os.Rename(first, second) }); err != nil {
		return fmt.Errorf("no file can be renamed in %s, and a file is replaced by that: %w", display(filepath.Dir(first)), cause(err))
	}
	if _, err := p.remove(stepTrialGone, second); err != nil {
		return fmt.Errorf("no file can be removed in %s: %w", display(filepath.Dir(first)), cause(err))
	}
	return p.syncFolder(filepath.Dir(first))
}

// tooLong finds, without a write, a name that leaves no room for those beside it: a file system says so of a file that is not
// there, too.
func tooLong(s snapshot, job Job) error {
	path := trialPath(s.where, job)
	if _, err := os.Lstat(path); !errors.Is(err, syscall.ENAMETOOLONG) {
		return nil
	}
	name := filepath.Base(path)
	return fmt.Errorf("the name is too long: the old content is kept beside the file as %s… , which has %d characters, more than the file system takes: deliver to a file with a shorter name (%w)",
		display(clip(name)), len(name), syscall.ENAMETOOLONG)
}

// sweep removes what killed trials left beside the file.
func (p place) sweep(real string) error {
	left, err := filepath.Glob(globEscape(real) + ".detent-*")
	if err != nil {
		return nil // no name that Glob takes has leftovers that it finds
	}
	for _, path := range left {
		if !isTrialName(path) || !isTrial(path) {
			continue
		}
		if _, err := p.remove(stepFinishTrial, path); err != nil {
			return fmt.Errorf("%s is left of an earlier trial and cannot be removed: %w", display(path), cause(err))
		}
	}
	return nil
}

// isTrial reads no more than the mark, and an empty or cut one is a trial's that was killed while it was filled.
func isTrial(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(trialMark))
	n, _ := f.Read(head)
	return strings.HasPrefix(trialMark, string(head[:n]))
}

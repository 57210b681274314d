package delivery

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"detent/disk"
)

// The steps of a delivery, one for each thing that is done to the disk. Options.Hook is called before
// and after each, with pointBefore and pointAfter and the step's name. "file" is the destination's own
// file, "copy" its kept copy, "mode" the kept mode, "content" what is about to be renamed over the file, "trial" what
// Preflight writes and removes, "leftover" a .new or trial of a killed attempt.
const (
	pointBefore = "delivery before: "
	pointAfter  = "delivery after: "

	stepRead     = "read file" // links followed, the whole of it read
	stepReadCopy = "read copy" // and the kept mode

	stepClearCopy, stepClearMode, stepClearContent, stepClearTrial     = "remove leftover copy", "remove leftover mode", "remove leftover content", "remove leftover trial"
	stepCreateCopy, stepCreateMode, stepCreateContent, stepCreateTrial = "create copy", "create mode", "create content", "create trial"
	stepWriteCopy, stepWriteMode, stepWriteContent, stepWriteTrial     = "write copy", "write mode", "write content", "write trial"
	stepSyncCopy, stepSyncMode, stepSyncContent, stepSyncTrial         = "sync copy", "sync mode", "sync content", "sync trial"
	stepRenameCopy, stepRenameMode, stepRenameContent, stepRenameTrial = "rename copy", "rename mode", "rename content", "rename trial"

	stepOwner    = "chown content"
	stepMode     = "chmod content"
	stepSettled  = "sync settled content" // owner and mode
	stepFolder   = "sync folder"
	stepRemove   = "remove file"
	stepUnwanted = "remove unused copy"

	stepFinishNew, stepFinishCopy, stepFinishMode, stepFinishTrial = "finish: remove leftover", "finish: remove copy", "finish: remove mode", "finish: remove trial"
	stepTrialGone                                                  = "remove trial"
)

// step does one thing to the disk, between its two points.
func (p place) step(name string, do func() error) error {
	p.o.Hook(pointBefore + name)
	err := p.o.Fault(name)
	if err == nil {
		err = do()
	}
	p.o.Hook(pointAfter + name)
	return err
}

// making are the steps of one new file.
type making struct{ clear, create, write, sync, rename string }

var (
	makingCopy    = making{stepClearCopy, stepCreateCopy, stepWriteCopy, stepSyncCopy, stepRenameCopy}
	makingMode    = making{stepClearMode, stepCreateMode, stepWriteMode, stepSyncMode, stepRenameMode}
	makingContent = making{stepClearContent, stepCreateContent, stepWriteContent, stepSyncContent, stepRenameContent}
	makingTrial   = making{stepClearTrial, stepCreateTrial, stepWriteTrial, stepSyncTrial, stepRenameTrial}
)

// create makes a file that holds content, 0600 from its first moment and synced.
func (p place) create(path string, content []byte, m making) (f *os.File, err error) {
	// A leftover of a killed attempt is ours by its name; O_EXCL then refuses
	// whatever somebody else puts there in between.
	if _, err := p.remove(m.clear, path); err != nil {
		return nil, fmt.Errorf("%s is in the way: %w", display(path), cause(err))
	}
	err = p.step(m.create, func() (err error) {
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("no file can be created in %s: %w", display(filepath.Dir(path)), cause(err))
	}
	err = p.step(m.write, func() error {
		if _, err := f.Write(content); err != nil {
			return err
		}
		// The umask may have taken the owner's own bits.
		return f.Chmod(0o600)
	})
	if err == nil {
		err = p.step(m.sync, func() error { return p.sync(f) })
	}
	if err != nil {
		_ = f.Close()
		return nil, discarded(path, fmt.Errorf("%s: %w", display(path), cause(err)))
	}
	return f, nil
}

// createAs makes a file by way of temp, so that it is there as a whole or not at all.
func (p place) createAs(path, temp string, content []byte, m making) error {
	f, err := p.create(temp, content, m)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", display(temp), cause(err))
	}
	if err := p.step(m.rename, func() error { return os.Rename(temp, path) }); err != nil {
		return discarded(temp, fmt.Errorf("%s cannot be written: %w", display(path), cause(err)))
	}
	return nil
}

// discarded removes a file that was made for what failed. One that is not there any more was taken away with its folder, and lives on
// where that is.
func discarded(path string, failed error) error {
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("%w; %w", failed, ErrCopyLeft)
	}
	return failed
}

// remove removes a file, and reports whether there was one.
func (p place) remove(step, path string) (was bool, err error) {
	err = p.step(step, func() error { return os.Remove(path) })
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (p place) sync(f *os.File) error {
	if p.o.NoSync {
		return nil
	}
	return f.Sync()
}

// syncFolder makes a rename or a removal in the folder last.
func (p place) syncFolder(folder string) error {
	return p.step(stepFolder, func() error {
		if p.o.NoSync {
			return nil
		}
		if err := disk.SyncFolder(folder); err != nil {
			return fmt.Errorf("the folder %s cannot be synced: %w", display(folder), cause(err))
		}
		return nil
	})
}

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

// maxFile bounds what is read, kept and replaced.
const maxFile = 1 << 20

// readRegular reads a regular file of bounded size. Anything else is refused
// before it is opened: opening a pipe would wait for its other end.
func readRegular(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, nil, noPlace(Unreadable, "%s: %w", display(path), cause(err))
	}
	if info.IsDir() {
		return nil, nil, noPlace(NoFile, "%s is a folder: name the file in it", display(path))
	}
	if !info.Mode().IsRegular() {
		return nil, nil, noPlace(NoFile, "%s is no regular file", display(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, noPlace(Unreadable, "%s: %w", display(path), cause(err))
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return nil, nil, noPlace(Unreadable, "%s: %w", display(path), cause(err))
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, noPlace(Unreadable, "%s: %w", display(path), cause(err))
	}
	if len(content) > maxFile {
		return nil, nil, noPlace(Unreadable, "%s is larger than 1 MiB: that is no file for a secret", display(path))
	}
	return content, info, nil
}

// settle gives a replacement the owner, group and mode of what it replaces, and
// closes it.
func (p place) settle(f *os.File, s snapshot, mode fs.FileMode) error {
	if s.exists {
		if err := p.step(stepOwner, func() error { return keepOwner(f, s.where, s.info) }); err != nil {
			return fmt.Errorf("%s: owner and group cannot be kept: %w", display(s.real), cause(err))
		}
		if mode == 0 {
			mode = keptMode(s.info)
		}
	}
	if mode != 0 {
		if err := p.step(stepMode, func() error { return f.Chmod(mode) }); err != nil {
			return fmt.Errorf("%s: the mode cannot be kept: %w", display(s.real), cause(err))
		}
	}
	if err := p.step(stepSettled, func() error { return p.sync(f) }); err != nil {
		return fmt.Errorf("%s: %w", display(f.Name()), cause(err))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", display(f.Name()), cause(err))
	}
	return nil
}

// keptMode is the mode of a replacement: no bits for others, no set-id bits.
func keptMode(info fs.FileInfo) fs.FileMode { return info.Mode().Perm() &^ 0o007 }

// globEscape makes a path match itself alone.
func globEscape(path string) string {
	if os.PathSeparator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// preflight proves, by reading alone, that the file can be replaced with its owner,
// group and access kept.
func (p place) preflight(ctx context.Context, job Job) (snapshot, Plan, error) {
	var plan Plan
	if err := checkJob(job); err != nil {
		return snapshot{}, plan, err
	}
	s, err := p.read()
	if err != nil {
		return s, plan, err
	}
	plan.Backup = backupPath(s.real, job)
	folder := filepath.Dir(s.real)
	at, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, plan, fmt.Errorf("the folder %s does not exist", display(folder))
	case err != nil:
		return s, plan, fmt.Errorf("the folder %s: %w", display(folder), cause(err))
	case !at.IsDir():
		return s, plan, fmt.Errorf("%s is no folder", display(folder))
	}
	if err := checkFolder(folder); err != nil {
		return s, plan, err
	}
	note := func(format string, args ...any) { plan.Notes = append(plan.Notes, fmt.Sprintf(format, args...)) }
	if s.real != p.path {
		note("%s is a symbolic link: the file at its end is replaced, %s", display(p.path), display(s.real))
	}
	if s.exists {
		if err := checkOwner(s.real, s.info); err != nil {
			return s, plan, err
		}
		if whole, err := filepath.EvalSymlinks(s.real); err == nil && mounted(whole) {
			return s, plan, fmt.Errorf("%s is mounted by itself, as a container's single file is, and cannot be replaced: deliver to the file on the host", display(s.real))
		}
		plan.Notes = append(plan.Notes, droppedBits(s)...)
		if n := links(s.info); n > 1 {
			note("the file has %d names (hard links): only this one gets the new content", n)
		}
	} else {
		note("the file is new: mode 0600")
		if text := folderOwnerNote(at); text != "" {
			note("%s", text)
		}
	}
	if others, _ := filepath.Glob(globEscape(s.real) + ".detent-*"); len(others) > 0 {
		for _, other := range others {
			if !strings.HasPrefix(other, backupPath(s.real, job)) {
				note("another rotation's backup lies here: %s", display(other))
			}
		}
	}
	gitNotes, err := p.checkGit(ctx, s, job)
	plan.Notes = append(plan.Notes, gitNotes...)
	return s, plan, err
}

// droppedBits says which access a replacement takes away.
func droppedBits(s snapshot) []string {
	if !s.exists || keptMode(s.info) == s.info.Mode().Perm() {
		return nil
	}
	return []string{fmt.Sprintf("mode %04o becomes %04o: others lose access", s.info.Mode().Perm(), keptMode(s.info))}
}

// undoReport says what an undo did.
func undoReport(what string, b backup, s snapshot, notes []string) Report {
	switch {
	case !b.found:
		return Report{Summary: what + ": nothing was put, nothing to undo"}
	case b.absent && len(notes) == 0:
		return Report{Summary: what + ": removed again, it was not there before"}
	}
	return Report{Summary: what + ": the old value is back", Notes: notes}
}

// checkGit refuses a file that git tracks: the next commit would publish the secret.
func (p place) checkGit(ctx context.Context, s snapshot, job Job) (notes []string, err error) {
	git, err := p.o.LookPath("git")
	if err != nil {
		return []string{"git is not installed: whether it tracks the file was not checked"}, nil
	}
	ask := func(args ...string) int {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		// The repository's own configuration must not make git run a program.
		cmd := exec.CommandContext(limited, git, append([]string{"-c", "core.fsmonitor=false", "-C", filepath.Dir(s.real)}, args...)...)
		cmd.Env = withoutGit(p.o.Environ)
		cmd.WaitDelay = time.Second
		_ = cmd.Run()
		if cmd.ProcessState == nil {
			return -1
		}
		return cmd.ProcessState.ExitCode()
	}
	if ask("rev-parse", "--is-inside-work-tree") != 0 {
		if inRepository(filepath.Dir(s.real)) {
			return []string{"git does not answer about this repository: whether it tracks the file was not checked"}, nil
		}
		return nil, nil
	}
	name := filepath.Base(s.real)
	switch ask("ls-files", "--error-unmatch", "--", ":(literal)"+name) {
	case 0:
		if job.AllowTracked {
			return []string{"git tracks the file, and you allowed that: do not commit the secret"}, nil
		}
		return nil, &ConsentError{TrackedByGit, fmt.Errorf("git tracks %s: the secret would be in the next commit; take the file out of git (git rm --cached), or say yes to that explicitly", display(s.real))}
	case 1:
	default:
		return []string{"git does not answer: whether it tracks the file was not checked"}, nil
	}
	var open []string
	for _, each := range []string{name, filepath.Base(backupPath(s.real, job))} {
		if ask("check-ignore", "-q", "--", each) == 1 {
			open = append(open, display(each))
		}
	}
	if len(open) > 0 {
		notes = append(notes, "git does not ignore "+strings.Join(open, " and ")+": take care not to add it")
	}
	return notes, nil
}

// withoutGit drops the variables that point git at another repository.
func withoutGit(environ []string) []string {
	out := []string{"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"}
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "GIT_") {
			out = append(out, entry)
		}
	}
	return out
}

// inRepository looks for a .git above the folder, for when git itself refuses to
// answer (another owner's repository).
func inRepository(folder string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return true
		}
		up := filepath.Dir(folder)
		if up == folder {
			return false
		}
		folder = up
	}
}

// globEscape makes a path match itself alone.
func globEscape(path string) string {
	if os.PathSeparator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

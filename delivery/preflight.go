package delivery

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// preflight proves that the file can be replaced with its owner, group and access kept: by reading, and by
// doing it to a trial file.
func (p place) preflight(ctx context.Context, c change) (snapshot, Plan, error) {
	var plan Plan
	job := c.job
	s, err := p.here(job, c.suffix)
	if err != nil {
		return s, plan, err
	}
	plan.Backup, plan.Where = backupPath(s.real, job), s.where+c.suffix
	folder := filepath.Dir(s.real)
	at, err := os.Stat(folder)
	if err != nil {
		return s, plan, noPlace(Unreadable, "the folder %s: %w", display(folder), cause(err))
	}
	if err := checkFixed(s, folder); err != nil {
		return s, plan, err
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
		if err := p.checkMounts(s, job, note); err != nil {
			return s, plan, err
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
	if plan.Owner, err = checkFileOwner(s, job, at); err != nil {
		return s, plan, err
	}
	if plan.Owner != "" && plan.Owner != "you" {
		note("the file belongs to %s, who reads what is put there", plan.Owner)
	}
	if err := tooLong(s, job); err != nil {
		return s, plan, err
	}
	if !job.LookOnly {
		if err := p.try(s, job); err != nil {
			return s, plan, err
		}
	}
	others, _ := filepath.Glob(globEscape(s.real) + ".detent-*")
	for _, other := range others {
		if !strings.HasPrefix(other, backupPath(s.real, job)) && !isTrialName(other) {
			note("another rotation's backup lies here: %s", display(other))
		}
	}
	if plan.Holds, err = c.look(s); err != nil {
		return s, plan, err
	}
	gitNotes, err := p.checkGit(ctx, s, job)
	plan.Notes = append(plan.Notes, gitNotes...)
	return s, plan, err
}

// checkFixed refuses what the system forbids to replace, whoever asks. A trial could not see it at the file, and in a folder that only
// takes files it could not be removed again.
func checkFixed(s snapshot, folder string) error {
	paths := []string{folder}
	if s.exists {
		paths = append(paths, s.real)
	}
	for _, path := range paths {
		if what, mend := fixed(path); what != "" {
			return fmt.Errorf("%s is %s and cannot be replaced: take that away first (%s)", display(path), what, mend)
		}
	}
	return nil
}

// checkMounts refuses a file that is mounted by itself, here or elsewhere: a rename does not reach it.
func (p place) checkMounts(s snapshot, job Job, note func(string, ...any)) error {
	if p.o.NoMounts {
		return nil
	}
	if mounted(s.where) {
		return fmt.Errorf("%s is mounted by itself, as a container's single file is, and cannot be replaced: deliver to the file on the host", display(s.real))
	}
	elsewhere := mountedElsewhere(s.where)
	switch {
	case elsewhere == "":
		return nil
	case job.Replace:
		note("it is mounted by itself at %s, which keeps the old content until it is mounted anew; you said yes to that", display(elsewhere))
		return nil
	}
	return &ConsentError{MountedElsewhere, fmt.Errorf("%s is mounted by itself at %s, as docker does with a single file: what reads it there keeps the old content when it is replaced; mount its folder, or say yes to that explicitly", display(s.real), display(elsewhere))}
}

// droppedBits says which access a replacement takes away.
func droppedBits(s snapshot) []string {
	if !s.exists || keptMode(s.info) == s.info.Mode().Perm() {
		return nil
	}
	return []string{fmt.Sprintf("mode %04o becomes %04o: others lose access", s.info.Mode().Perm(), keptMode(s.info))}
}

// putReport says what a put did to a file; how is the word for a file that was there and has changed.
func putReport(what, how string, s snapshot, did Did) Report {
	switch {
	case did == Already:
		how = "holds it already"
	case !s.exists:
		how = "written to a new file"
	}
	return Report{Did: did, Summary: what + " " + how, Notes: droppedBits(s), Kept: s.kept}
}

// undoReport says what an undo did.
func undoReport(what string, did Did, notes []string) Report {
	words := map[Did]string{
		Already: ": held the former value already, nothing was written",
		Removed: ": removed again, it was not there before",
		PutBack: ": the old value is back",
	}
	return Report{Did: did, Summary: what + words[did], Notes: notes}
}

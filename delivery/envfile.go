package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
)

// envFile is one variable of a .env file.
type envFile struct {
	common
	place
	variable string
}

// Describe names the variable and the file.
func (e *envFile) Describe() string { return e.variable + " in " + display(e.path) }

// CanUndo is always so: the old content is kept.
func (e *envFile) CanUndo() bool { return true }

// Preflight reads the file, without changing anything, for all that could stop Put.
func (e *envFile) Preflight(ctx context.Context, job Job) (Plan, error) {
	s, plan, err := e.place.preflight(ctx, job)
	if err != nil {
		return plan, err
	}
	d, err := parseDotenv(s.content)
	if err != nil {
		return plan, e.wrap(s, err)
	}
	a, lines := d.find(e.variable)
	if a.junk {
		return plan, e.wrap(s, &dotenvError{a.line, "something follows the closing quotation mark: mend the line first"})
	}
	switch {
	case len(lines) == 0 && s.exists:
		plan.Notes = append(plan.Notes, fmt.Sprintf("%s is not in the file yet and is added at its end", e.variable))
	case len(lines) > 1:
		plan.Notes = append(plan.Notes, fmt.Sprintf("%s is there %d times (lines %s): the last one, which dotenv libraries take, is replaced; the others stay",
			e.variable, len(lines), strings.Trim(strings.ReplaceAll(fmt.Sprint(lines), " ", ", "), "[]")))
	}
	found := disagreeing(d, e.variable, job.Environment)
	switch {
	case found == nil:
	case job.AllowMixed:
		plan.Notes = append(plan.Notes, "allowed by you although "+found.what())
	default:
		return plan, &ConsentError{MixedEnvironments, fmt.Errorf("%s: %w", display(s.real), found)}
	}
	return plan, thenProgram(e.common)
}

// Put replaces or adds the variable.
func (e *envFile) Put(_ context.Context, job Job, secret apikey.Secret) (Report, error) {
	added := false
	s, err := e.place.put(job, func(s snapshot) ([]byte, error) {
		d, err := parseDotenv(s.content)
		if err != nil {
			return nil, e.wrap(s, err)
		}
		_, lines := d.find(e.variable)
		added = len(lines) == 0
		out, err := d.set(e.variable, secret.Reveal())
		if err != nil {
			return nil, e.wrap(s, err)
		}
		return out, nil
	})
	if err != nil {
		return Report{}, err
	}
	verb := "replaced"
	switch {
	case !s.exists:
		verb = "written to a new file"
	case added:
		verb = "added"
	}
	return Report{Summary: e.Describe() + " " + verb, Notes: droppedBits(s)}, nil
}

// ReadBack compares the value as both dotenv libraries read it. A value that they
// could read differently is Different: nothing is proved then.
func (e *envFile) ReadBack(_ context.Context, secret apikey.Secret) (Match, error) {
	s, err := e.place.read()
	if err != nil {
		return CannotTell, err
	}
	now, ok := e.current(s)
	if ok && now.Equal(secret) {
		return Same, nil
	}
	return Different, nil
}

// Undo puts the variable's old value back. Where nothing but the variable changed
// since it was put, the file is as before to the byte, or gone if it was not
// there; what others changed in the meantime stays.
func (e *envFile) Undo(_ context.Context, job Job) (Report, error) {
	var notes []string
	b, s, err := e.place.undo(job, func(s snapshot, b backup) ([]byte, bool, error) {
		notes = nil
		if bytes.Equal(s.content, b.content) && !b.absent {
			return b.content, false, nil
		}
		now, err := parseDotenv(s.content)
		if err != nil {
			return nil, false, e.wrap(s, fmt.Errorf("%w; the old content is in %s", err, display(backupPath(s.real, job))))
		}
		old, err := parseDotenv(b.content)
		if err != nil {
			return nil, false, e.wrap(s, fmt.Errorf("the backup: %w", err))
		}
		if onlyVariableDiffers(old, now, e.variable) {
			return b.content, b.absent, nil
		}
		notes = append(notes, "the file was changed by others since: only "+e.variable+" was put back")
		out, err := now.restored(old, e.variable)
		if err != nil {
			return nil, false, e.wrap(s, fmt.Errorf("%w; the old content is in %s", err, display(backupPath(s.real, job))))
		}
		return out, false, nil
	})
	return undoReport(e.Describe(), b, s, notes), err
}

// onlyVariableDiffers reports whether now is old with the variable's value
// replaced, or with its line added, and nothing else.
func onlyVariableDiffers(old, now dotenv, name string) bool {
	a, lines := now.find(name)
	if len(lines) == 0 {
		return false
	}
	return bytes.Equal(old.setRaw(name, now.raw(a)), now.src)
}

// Finish removes the backup.
func (e *envFile) Finish(_ context.Context, job Job) error { return e.place.finish(job) }

// Then runs the configured command; the value in the file is kept out of its output.
func (e *envFile) Then(ctx context.Context) (string, error) {
	var secrets []apikey.Secret
	if s, err := e.place.read(); err == nil {
		if now, ok := e.current(s); ok {
			secrets = append(secrets, now)
		}
	}
	return e.common.runThen(ctx, secrets...)
}

// current is the variable's value in the snapshot.
func (e *envFile) current(s snapshot) (apikey.Secret, bool) {
	d, err := parseDotenv(s.content)
	if err != nil {
		return apikey.Secret{}, false
	}
	a, lines := d.find(e.variable)
	if len(lines) == 0 {
		return apikey.Secret{}, false
	}
	value, ok := d.value(a)
	return apikey.NewSecret(value), ok
}

func (e *envFile) wrap(s snapshot, err error) error {
	var line *dotenvError
	if errors.As(err, &line) {
		return fmt.Errorf("%s, %w", display(s.real), err)
	}
	return fmt.Errorf("%s: %w", display(s.real), err)
}

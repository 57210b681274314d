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
	inFile
	variable string
}

// sampleSecret stands for the secret in preflight: every kind of key that is delivered is written like it.
const sampleSecret = "sk_live_0123456789abcdefABCDEF"

// Describe names the variable and the file.
func (e *envFile) Describe() string { return e.variable + " in " + display(e.path) }

// Preflight reads the file, without changing anything, for all that could stop Put.
func (e *envFile) Preflight(ctx context.Context, job Job) (Plan, error) {
	s, plan, err := e.place.preflight(ctx, e.change(job))
	if err != nil {
		return plan, err
	}
	d, err := e.parse(s)
	if err != nil {
		return plan, err
	}
	if _, err := e.edited(s, d, sampleSecret); err != nil {
		return plan, err
	}
	_, lines := d.find(e.variable)
	switch {
	case len(lines) == 0 && s.exists:
		plan.Notes = append(plan.Notes, fmt.Sprintf("%s is not in the file yet and is added at its end", e.variable))
	case len(lines) > 1:
		plan.Notes = append(plan.Notes, fmt.Sprintf("%s is there %d times (lines %s): the last one, which dotenv libraries take, is replaced; the others stay",
			e.variable, len(lines), strings.Trim(strings.ReplaceAll(fmt.Sprint(lines), " ", ", "), "[]")))
	}
	found := conflicting(d, e.variable, job.Environment)
	switch {
	case found == nil:
	case job.AllowMixed:
		plan.Notes = append(plan.Notes, "allowed by you although "+found.what())
	default:
		return plan, &ConsentError{MixedEnvironments, fmt.Errorf("%s: %w", display(s.real), found)}
	}
	return plan, e.programs()
}

// Put replaces or adds the variable.
func (e *envFile) Put(_ context.Context, job Job, secret apikey.Secret) (Report, error) {
	how := "replaced"
	s, did, err := e.place.put(e.change(job), func(s snapshot) ([]byte, error) {
		d, err := e.parse(s)
		if err != nil {
			return nil, err
		}
		if _, lines := d.find(e.variable); len(lines) == 0 {
			how = "added"
		}
		return e.edited(s, d, secret.Reveal())
	})
	if err != nil {
		return Report{}, err
	}
	return putReport(e.Describe(), how, s, did), nil
}

// Undo puts the variable's old value back. Where nothing but the variable changed
// since it was put, the file is as before to the byte, or gone if it was not
// there; what others changed in the meantime stays.
func (e *envFile) Undo(_ context.Context, job Job) (Report, error) {
	var notes []string
	var removed bool
	did, err := e.place.undo(e.change(job), func(s snapshot, b backup) ([]byte, bool, error) {
		notes = nil
		now, err := e.parse(s)
		if err != nil {
			return nil, false, fmt.Errorf("%w; the old content is in %s", err, display(backupPath(s.real, job)))
		}
		old, err := parseDotenv(b.content)
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrNoCopy, err)
		}
		_, lines := old.find(e.variable)
		removed = len(lines) == 0
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
	if err != nil {
		return Report{}, err
	}
	if did == PutBack && removed {
		did = Removed
	}
	return undoReport(e.Describe(), did, notes), nil
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

// edited is the file with another value.
func (e *envFile) edited(s snapshot, d dotenv, value string) ([]byte, error) {
	a, _ := d.find(e.variable)
	if err := checkSealedValue(s, d, a); err != nil {
		return nil, err
	}
	out, err := d.set(e.variable, value)
	if err != nil {
		return nil, e.wrap(s, err)
	}
	return out, nil
}

// changeFor is a change of this variable. Who says yes to a place that holds something else says it to a value
// that its readers read differently, too.
func (e *envFile) changeFor(job Job) change {
	look := e.holds
	if job.Replace {
		look = func(s snapshot) (Held, error) {
			held, err := e.holds(s)
			var p *PlaceError
			if d, unparsed := e.parse(s); errors.As(err, &p) && p.Kind == Ambiguous && unparsed == nil {
				a, _ := d.find(e.variable)
				return Held{Exists: true, Where: s.where + e.suffix, Unread: apikey.NewSecret(d.raw(a))}, nil
			}
			return held, err
		}
	}
	return change{job: job, suffix: e.suffix, look: look}
}

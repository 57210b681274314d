package delivery

import (
	"bytes"
	"context"
	"fmt"

	"detent/apikey"
)

// plainFile is a file that holds the secret alone. A final line break is kept
// where the old content had one; a new file has none.
type plainFile struct {
	common
	place
}

// Describe names the file.
func (p *plainFile) Describe() string { return display(p.path) }

// CanUndo is always so: the old content is kept.
func (p *plainFile) CanUndo() bool { return true }

// Preflight reads the file, without changing anything, for all that could stop Put.
func (p *plainFile) Preflight(ctx context.Context, job Job) (Plan, error) {
	s, plan, err := p.place.preflight(ctx, p.change(job))
	if err != nil {
		return plan, err
	}
	if lines := bytes.Count(bytes.TrimSpace(s.content), []byte("\n")) + 1; lines > 1 {
		plan.Notes = append(plan.Notes, fmt.Sprintf("the file holds %d lines: all of it is replaced by the secret alone", lines))
	}
	return plan, p.programs()
}

// Put replaces the whole file.
func (p *plainFile) Put(_ context.Context, job Job, secret apikey.Secret) (Report, error) {
	if secret.IsZero() {
		return Report{}, fmt.Errorf("there is no secret to write")
	}
	s, did, err := p.place.put(p.change(job), func(s snapshot) ([]byte, error) {
		if err := checkSealed(s); err != nil {
			return nil, err
		}
		return append([]byte(secret.Reveal()), lineEnd(s.content)...), nil
	})
	if err != nil {
		return Report{}, err
	}
	verb := "replaced"
	switch {
	case did == Already:
		verb = "holds it already"
	case !s.exists:
		verb = "written to a new file"
	}
	return Report{Did: did, Summary: p.Describe() + " " + verb, Notes: droppedBits(s), Kept: s.kept}, nil
}

// ReadBack compares the file, without a final line break, with the secret.
func (p *plainFile) ReadBack(_ context.Context, secret apikey.Secret) (Match, error) {
	s, err := p.place.read()
	if err != nil {
		return CannotTell, err
	}
	if held, err := p.holds(s); err == nil && held.Secret.Equal(secret) {
		return Same, nil
	}
	return Different, nil
}

// Undo puts the old content back, or removes a file that was not there.
func (p *plainFile) Undo(_ context.Context, job Job) (Report, error) {
	did, err := p.place.undo(p.change(job), func(_ snapshot, b backup) ([]byte, bool, error) {
		return b.content, b.absent, nil
	})
	if err != nil {
		return Report{}, err
	}
	return undoReport(p.Describe(), did, nil), nil
}

// Finish removes the kept copy.
func (p *plainFile) Finish(_ context.Context, job Job) error { return p.place.finish(job, "") }

// Then runs the configured command; what the file holds is kept out of its output.
func (p *plainFile) Then(ctx context.Context) (string, error) {
	return p.common.runThen(ctx, p.secrets()...)
}

// Probe runs the configured probe.
func (p *plainFile) Probe(ctx context.Context) (bool, string, error) {
	return p.common.runProbe(ctx, p.secrets()...)
}

func (p *plainFile) secrets() []apikey.Secret {
	if s, err := p.place.read(); err == nil {
		if held, err := p.holds(s); err == nil {
			return []apikey.Secret{held.Secret}
		}
	}
	return nil
}

func (p *plainFile) change(job Job) change { return change{job: job, look: p.holds} }

// lineEnd is the line break at the end of the content, if there is one.
func lineEnd(content []byte) []byte {
	for _, eol := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(content, []byte(eol)) {
			return []byte(eol)
		}
	}
	return nil
}

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
	s, plan, err := p.place.preflight(ctx, job)
	if err != nil {
		return plan, err
	}
	if lines := bytes.Count(bytes.TrimSpace(s.content), []byte("\n")) + 1; lines > 1 {
		plan.Notes = append(plan.Notes, fmt.Sprintf("the file holds %d lines: all of it is replaced by the secret alone", lines))
	}
	return plan, thenProgram(p.common)
}

// Put replaces the whole file.
func (p *plainFile) Put(_ context.Context, job Job, secret apikey.Secret) (Report, error) {
	if secret.IsZero() {
		return Report{}, fmt.Errorf("there is no secret to write")
	}
	s, err := p.place.put(job, func(s snapshot) ([]byte, error) {
		return append([]byte(secret.Reveal()), lineEnd(s.content)...), nil
	})
	if err != nil {
		return Report{}, err
	}
	verb := "replaced"
	if !s.exists {
		verb = "written to a new file"
	}
	return Report{Summary: p.Describe() + " " + verb, Notes: droppedBits(s)}, nil
}

// ReadBack compares the file, without a final line break, with the secret.
func (p *plainFile) ReadBack(_ context.Context, secret apikey.Secret) (Match, error) {
	s, err := p.place.read()
	if err != nil {
		return CannotTell, err
	}
	if s.exists && contentSecret(s).Equal(secret) {
		return Same, nil
	}
	return Different, nil
}

// Undo puts the old content back, or removes a file that was not there.
func (p *plainFile) Undo(_ context.Context, job Job) (Report, error) {
	b, s, err := p.place.undo(job, func(_ snapshot, b backup) ([]byte, bool, error) {
		return b.content, b.absent, nil
	})
	return undoReport(p.Describe(), b, s, nil), err
}

// Finish removes the backup.
func (p *plainFile) Finish(_ context.Context, job Job) error { return p.place.finish(job) }

// Then runs the configured command; what the file holds is kept out of its output.
func (p *plainFile) Then(ctx context.Context) (string, error) {
	var secrets []apikey.Secret
	if s, err := p.place.read(); err == nil {
		secrets = append(secrets, contentSecret(s))
	}
	return p.common.runThen(ctx, secrets...)
}

// lineEnd is the line break at the end of the content, if there is one.
func lineEnd(content []byte) []byte {
	for _, eol := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(content, []byte(eol)) {
			return []byte(eol)
		}
	}
	return nil
}

func contentSecret(s snapshot) apikey.Secret {
	return apikey.NewSecret(string(bytes.TrimSuffix(s.content, lineEnd(s.content))))
}

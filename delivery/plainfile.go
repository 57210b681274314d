package delivery

import (
	"bytes"
	"context"
	"fmt"

	"detent/apikey"
)

// plainFile is a file that holds the secret alone. A final line break is kept
// where the old content had one; a new file has none.
type plainFile struct{ inFile }

// Describe names the file.
func (p *plainFile) Describe() string { return display(p.path) }

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
	return putReport(p.Describe(), "replaced", s, did), nil
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

// lineEnd is the line break at the end of the content, if there is one.
func lineEnd(content []byte) []byte {
	for _, eol := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(content, []byte(eol)) {
			return []byte(eol)
		}
	}
	return nil
}

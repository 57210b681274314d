package delivery

import (
	"context"
	"errors"

	"detent/apikey"
)

// clipboard is the operator's own, reached through the terminal. Nothing confirms
// that it arrived.
type clipboard struct{ common }

// Describe says whose clipboard.
func (c *clipboard) Describe() string { return "your terminal's clipboard" }

// CanUndo is never so: what was on the clipboard is not known.
func (c *clipboard) CanUndo() bool { return false }

// Preflight asks for a terminal.
func (c *clipboard) Preflight(context.Context, Job) (Plan, error) {
	if c.o.Clipboard == nil {
		return Plan{}, errors.New("there is no terminal here to copy through")
	}
	return Plan{Notes: []string{
		"sent to your terminal, which does not confirm it",
		"cannot be undone and cannot be read back; a clipboard manager may keep a copy",
	}}, nil
}

// Put sends the secret to the terminal.
func (c *clipboard) Put(_ context.Context, _ Job, secret apikey.Secret) (Report, error) {
	switch {
	case secret.IsZero():
		return Report{}, errors.New("there is no secret to copy")
	case c.o.Clipboard == nil:
		return Report{}, errors.New("there is no terminal here to copy through")
	}
	if err := c.o.Clipboard(secret); err != nil {
		return Report{}, err
	}
	return Report{
		Did:     Wrote,
		Summary: "sent to your terminal's clipboard",
		Notes:   []string{"nothing confirms that it arrived: paste it before you rely on it"},
	}, nil
}

// ReadBack cannot tell.
func (c *clipboard) ReadBack(context.Context, apikey.Secret) (Match, error) { return CannotTell, nil }

// Undo cannot.
func (c *clipboard) Undo(context.Context, Job) (Report, error) {
	return Report{}, ErrNoUndo
}

// Finish has nothing to remove.
func (c *clipboard) Finish(context.Context, Job) error { return nil }

// Then does nothing: only a named destination has a command.
func (c *clipboard) Then(context.Context) (string, error) { return "", nil }

// Probe is not configured: only a named destination has a command.
func (c *clipboard) Probe(context.Context) (bool, string, error) { return false, "", nil }

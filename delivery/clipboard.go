package delivery

import (
	"context"
	"errors"

	"detent/apikey"
)

// clipboard is the operator's own, reached through the terminal. Nothing confirms
// that it arrived.
type clipboard struct{ oneWay }

// Describe says whose clipboard.
func (c *clipboard) Describe() string { return "your terminal's clipboard" }

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

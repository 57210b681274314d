package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"detent/apikey"
)

// errReaderGone says that the reader of standard output ended before the secret was written.
var errReaderGone = errors.New("the reader of standard output has gone away")

// reachable refuses to print a secret where it would reach nobody.
func (a *app) reachable() error {
	if f, ok := a.world.Out.(*os.File); ok && isClosed(f) {
		return errors.New("standard output is closed")
	}
	return nil
}

// printSecret writes a secret alone on a line of standard output. An error means
// that nobody has it.
func (a *app) printSecret(s apikey.Secret) error {
	if err := a.reachable(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, s.Reveal())
	if err == nil && a.out.broken {
		err = errReaderGone
	}
	return err
}

// printCreatedJSON writes a new key with its secret; without one the field is absent.
func (a *app) printCreatedJSON(key keyRow, s apikey.Secret) error {
	out := struct {
		Key    keyRow          `json:"key"`
		Secret json.RawMessage `json:"secret,omitempty"`
	}{Key: key}
	if !s.IsZero() {
		if err := a.reachable(); err != nil {
			return err
		}
		text, err := json.Marshal(s.Reveal())
		if err != nil {
			return err
		}
		out.Secret = text
	}
	err := writeJSON(a.out, out)
	if err == nil && a.out.broken && !s.IsZero() {
		err = errReaderGone
	}
	return err
}

// printVariable writes a secret as a dotenv line. The secrets of the embedded
// service need no quotes.
func (a *app) printVariable(name string, s apikey.Secret) error {
	if err := a.reachable(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s=%s\n", name, s.Reveal())
	if err == nil && a.out.broken {
		err = errReaderGone
	}
	return err
}

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"detent/apikey"
	"detent/desk"
	"detent/table"
)

// errReaderGone says that the reader of standard output ended before the secret was written.
var errReaderGone = errors.New("the reader of standard output has gone away")

// checkOutput refuses to print a secret where it would reach nobody.
func (a *app) checkOutput() error {
	if f, ok := a.world.Out.(*os.File); ok && isClosed(f) {
		return errors.New("standard output is closed")
	}
	return nil
}

// print has a secret written to standard output, and that recorded. An error means that nobody has it.
func (a *app) print(of desk.Entry, write func() error) error {
	if err := a.checkOutput(); err != nil {
		return err
	}
	return a.host.Print(of, func() error {
		err := write()
		if err == nil && a.out.broken {
			err = errReaderGone
		}
		return err
	})
}

// printSecret writes a secret alone on a line.
func (a *app) printSecret(of desk.Entry, s apikey.Secret) error {
	return a.print(of, func() error {
		_, err := fmt.Fprintln(a.out, s.Reveal())
		return err
	})
}

// printCreatedJSON writes a new key with its secret; without one the field is absent.
func (a *app) printCreatedJSON(of desk.Entry, key table.Row, s apikey.Secret) error {
	out := struct {
		Key    table.Row       `json:"key"`
		Secret json.RawMessage `json:"secret,omitempty"`
	}{Key: key}
	if s.IsZero() {
		return table.JSON(a.out, out)
	}
	return a.print(of, func() error {
		text, err := json.Marshal(s.Reveal())
		if err != nil {
			return err
		}
		out.Secret = text
		return table.JSON(a.out, out)
	})
}

// printVariable writes a secret as a dotenv line. The secrets of the embedded
// service need no quotes.
func (a *app) printVariable(of desk.Entry, name string, s apikey.Secret) error {
	return a.print(of, func() error {
		_, err := fmt.Fprintf(a.out, "%s=%s\n", name, s.Reveal())
		return err
	})
}

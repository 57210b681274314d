package delivery

import (
	"context"
	"fmt"
	"strings"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
)

// command is a program that takes the secret on its standard input: the bytes of
// the secret and the end of the file, with no line break added, so that a program
// that stores its input stores the secret. There is no shell and no expansion, and
// the secret is neither among the arguments nor in the environment.
type command struct {
	oneWay
	words []string
}

// Describe shows the command line.
func (c *command) Describe() string {
	return "the standard input of " + display(shellquote.Join(c.words...))
}

// Preflight looks the program up.
func (c *command) Preflight(_ context.Context, _ Job) (Plan, error) {
	path, err := c.o.LookPath(c.words[0])
	if err != nil {
		return Plan{}, notFound(c.words[0], err)
	}
	return Plan{Notes: []string{
		"runs " + display(path) + " with the secret on its standard input",
		"cannot be undone and cannot be read back",
	}}, c.programs()
}

// Put runs the program. Put again runs it again.
func (c *command) Put(ctx context.Context, _ Job, secret apikey.Secret) (Report, error) {
	if secret.IsZero() {
		return Report{}, fmt.Errorf("there is no secret to hand over")
	}
	output, err := run(ctx, c.words, strings.NewReader(secret.Reveal()), c.o, secret)
	if err != nil {
		return Report{}, err
	}
	return Report{Did: Wrote, Summary: "handed to " + c.Describe(), Output: output}, nil
}

// oneWay is where a secret goes and nothing comes back from: what was there before, or what became of the secret, is not known.
type oneWay struct{ common }

// CanUndo is never so.
func (*oneWay) CanUndo() bool { return false }

// ReadBack cannot tell.
func (*oneWay) ReadBack(context.Context, apikey.Secret) (Match, error) { return CannotTell, nil }

// Undo cannot: whoever has the old secret has to bring it there.
func (*oneWay) Undo(context.Context, Job) (Report, error) { return Report{}, ErrNoUndo }

// Finish has nothing to remove.
func (*oneWay) Finish(context.Context, Job) error { return nil }

// Then runs the configured command.
func (o *oneWay) Then(ctx context.Context) (string, error) { return o.runThen(ctx) }

// Probe runs the configured probe.
func (o *oneWay) Probe(ctx context.Context) (bool, string, error) { return o.runProbe(ctx) }

// runProbe runs the probe, with no standard input.
func (c *common) runProbe(ctx context.Context, secrets ...apikey.Secret) (bool, string, error) {
	if len(c.probe) == 0 {
		return false, "", nil
	}
	output, err := run(ctx, c.probe, nil, c.o, secrets...)
	if err != nil {
		err = fmt.Errorf("probe: %w", err)
	}
	return true, output, err
}

// runThen runs the then command, with no standard input.
func (c *common) runThen(ctx context.Context, secrets ...apikey.Secret) (string, error) {
	if len(c.then) == 0 {
		return "", nil
	}
	output, err := run(ctx, c.then, nil, c.o, secrets...)
	if err != nil {
		err = fmt.Errorf("then: %w", err)
	}
	return output, err
}

// programs looks the programs up that are run later.
func (c *common) programs() error {
	for _, each := range []struct {
		field string
		words []string
	}{{"then", c.then}, {"probe", c.probe}} {
		if len(each.words) == 0 {
			continue
		}
		if _, err := c.o.LookPath(each.words[0]); err != nil {
			return fmt.Errorf("%s: %w", each.field, notFound(each.words[0], err))
		}
	}
	return nil
}

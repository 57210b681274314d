package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"detent/client"
	"detent/config"
	"detent/host"
)

// app is one run of detent.
type app struct {
	world World
	env   config.Env
	out   *output
	flags globals
	// started says that a command's own code has begun.
	started bool

	host   *host.Host // made when the flags are known
	saying sync.Mutex
	// An operator over SSH, and what opens the screens at the far end; nil for the user of this process.
	guest   *host.Guest
	screens func(context.Context, *host.Host) error
}

func newApp(w World) *app {
	return &app{world: w, env: config.NewEnv(w.Environ), out: &output{w: w.Out}}
}

// begin makes the host, which the flags are known for.
func (a *app) begin() {
	o := host.Options{Settings: a.flags.settings(), Env: a.env, Now: a.world.Now, Zone: a.world.Zone, Sleep: a.world.Sleep, Hook: a.world.Hook,
		UserAgent: "detent/" + strings.TrimPrefix(release, "v"), Err: a.world.Err, Say: a.say, Guest: a.guest}
	if isTerminal(a.world.Err) {
		o.Terminal = a.world.Err
	}
	a.host = host.New(o)
}

func (a *app) close() {
	if a.host != nil {
		a.host.Close()
	}
}

// run is a command's code, marked as begun, so that its errors are not taken for cobra's.
func (a *app) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		if err := a.flags.check(); err != nil {
			return host.Usage(err)
		}
		if err := noValue(cmd.Flags()); err != nil {
			return host.Usage(err)
		}
		a.begin()
		return f(cmd.Context(), args)
	}
}

// noValue says which flag has taken another one, the next word, for its value: a word was forgotten, or a variable is empty.
func noValue(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		texts := []string{f.Value.String()}
		if list, is := f.Value.(pflag.SliceValue); is {
			texts = list.GetSlice()
		}
		for _, text := range texts {
			name, _, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
			if strings.HasPrefix(text, "--") && flags.Lookup(name) != nil {
				err = fmt.Errorf("--%s: its value is missing: --%s is a flag", f.Name, name)
			}
		}
	})
	return err
}

// report prints the error, if any, and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if err == nil {
		return host.ExitDone
	}
	interrupted := errors.Is(err, context.Canceled) || client.IsKind(err, client.Canceled)
	switch {
	case errors.As(err, new(host.Ended)):
		return host.ExitOf(err)
	case ctx.Err() != nil && interrupted || errors.Is(err, host.ErrInterrupted):
		if client.MayHaveHappened(err) {
			a.say("%v", err)
		}
		a.say("interrupted")
		return host.ExitInterrupted
	}
	a.say("%v", err)
	if hint := client.HintOf(err); hint != "" {
		a.say("%s", hint)
	}
	return host.ExitOf(err)
}

// group is a command that only holds others: without one of them it is wrong usage.
func (a *app) group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs}
	names := make([]string, len(subs))
	for i, sub := range subs {
		names[i] = sub.Name()
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return host.Usagef("unknown command %q for %q; there are %v", args[0], cmd.CommandPath(), names)
		}
		return host.Usagef("%s: name one of %v", cmd.CommandPath(), names)
	}
	cmd.AddCommand(subs...)
	return cmd
}

// oneArg takes exactly one argument, where there are allowed ones one of them. What it is
// called stands in the error.
func oneArg(name string, allowed ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(allowed) > 0 && (len(args) != 1 || !slices.Contains(allowed, args[0])):
			return fmt.Errorf("%s: name one %s of %v", cmd.CommandPath(), name, allowed)
		case len(args) != 1:
			return fmt.Errorf("%s: name one %s", cmd.CommandPath(), name)
		}
		return nil
	}
}

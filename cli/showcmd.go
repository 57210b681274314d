package cli

import (
	"context"

	"github.com/spf13/cobra"

	"detent/host"
)

func (a *app) showCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "show KEY", Short: "Show one key whole: every field that the service reports; its secret never", Args: oneArg("KEY"),
		RunE: a.run(func(ctx context.Context, args []string) error { return a.show(ctx, args[0], format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) show(ctx context.Context, key, format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	answers, err := a.answers(ctx, false)
	if err != nil {
		return err
	}
	s, keys := answers[0].Session, answers[0].Keys
	k, err := s.FindIn(keys, key, a.host.OpenRotations(s.Profile.Name))
	if err != nil {
		return err
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		a.say("open rotations cannot be read: %v", err)
	}
	return a.printKey(s, keyRow(s.Profile, k, host.Warnings(s.Examine(keys, rotating, a.world.Now()))), asJSON)
}

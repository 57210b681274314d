package cli

import (
	"context"

	"github.com/spf13/cobra"

	"detent/table"
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
	s, keys := &session{answers[0].Session}, answers[0].Keys
	k, err := s.FindIn(keys, key, a.host.OpenRotations(s.Profile.Name))
	if err != nil {
		return err
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		a.say("open rotations cannot be read: %v", err)
	}
	row := s.keyRow(k, s.warningsOf(keys, rotating, a.world.Now()))
	if asJSON {
		return table.JSON(a.out, row)
	}
	return table.Key(a.out, row)
}

package cli

import (
	"context"
	"fmt"

	"detent/host"

	"github.com/spf13/cobra"
)

// outputFlag registers -o with table and json.
func outputFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVarP(into, "output", "o", "table", "table or json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// wantsJSON reads -o.
func wantsJSON(format string) (bool, error) {
	switch format {
	case "json":
		return true, nil
	case "table":
		return false, nil
	}
	return false, host.Usagef("--output: must be table or json")
}

func (a *app) listCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "list", Short: "List the keys with every field that the service reports; secrets never", Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.list(ctx, format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) list(ctx context.Context, format string) error {
	s, asJSON, err := a.openFor(ctx, format)
	if err != nil {
		return err
	}
	keys, err := s.List(ctx)
	if err != nil {
		return err
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		a.say("open rotations cannot be read: %v", err)
	}
	warnings := s.warningsOf(keys, rotating, a.world.Now())
	rows := make([]keyRow, len(keys))
	for i, k := range keys {
		rows[i] = s.keyRow(k, warnings)
	}
	if asJSON {
		return writeJSON(a.out, rows)
	}
	if len(rows) == 0 {
		a.say("no keys on %s yet: detent create --name NAME makes the first one", s.Profile.Name)
	}
	if err := writeKeys(a.out, rows); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

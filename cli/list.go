package cli

import (
	"context"
	"fmt"
	"slices"

	"detent/host"

	"github.com/spf13/cobra"
)

// The forms of what a command prints.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// outputFlag registers -o with table, json and what else a command has.
func outputFlag(cmd *cobra.Command, into *string, more ...string) {
	formats := append([]string{formatTable, formatJSON}, more...)
	cmd.Flags().StringVarP(into, "output", "o", formatTable, alternatives(formats))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// formatOf reads -o.
func formatOf(text string, more ...string) (string, error) {
	formats := append([]string{formatTable, formatJSON}, more...)
	if !slices.Contains(formats, text) {
		return "", host.Usagef("--output: must be %s", alternatives(formats))
	}
	return text, nil
}

// wantsJSON reads -o of a command that has a table and JSON.
func wantsJSON(text string) (bool, error) {
	format, err := formatOf(text)
	return format == formatJSON, err
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

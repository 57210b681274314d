package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/host"
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
	cmd.Flags().StringVarP(into, "output", "o", formatTable, apikey.Alternatives(formats))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// formatOf reads -o.
func formatOf(text string, more ...string) (string, error) {
	formats := append([]string{formatTable, formatJSON}, more...)
	if !slices.Contains(formats, text) {
		return "", host.Usagef("--output: must be %s", apikey.Alternatives(formats))
	}
	return text, nil
}

// wantsJSON reads -o of a command that has a table and JSON.
func wantsJSON(text string) (bool, error) {
	format, err := formatOf(text)
	return format == formatJSON, err
}

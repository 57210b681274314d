package cli

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

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

// writeCSV writes a table as RFC 4180 has it.
func writeCSV(w io.Writer, titles []string, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range append([][]string{titles}, rows...) {
		cells := slices.Clone(row)
		for i, cell := range cells {
			cells[i] = noFormula(host.Plain(cell))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// noFormula keeps a spreadsheet from taking a text for a formula: whoever names a key would have it calculated, and sent, by whoever
// opens the file. An apostrophe before it says that it is text.
func noFormula(cell string) string {
	if begins := strings.TrimLeft(cell, " \t\r\n"); begins != "" && strings.ContainsAny(begins[:1], "=+-@") || strings.HasPrefix(begins, "＝") || strings.HasPrefix(begins, "＋") ||
		strings.HasPrefix(begins, "－") || strings.HasPrefix(begins, "＠") || begins != cell && strings.ContainsAny(cell[:1], "\t\r\n") {
		return "'" + cell
	}
	return cell
}

package table

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
)

// CSV writes a table as RFC 4180 has it, each cell as plain shows it.
func CSV(w io.Writer, plain func(string) string, titles []string, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range append([][]string{titles}, rows...) {
		cells := slices.Clone(row)
		for i, cell := range cells {
			cells[i] = noFormula(plain(cell))
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

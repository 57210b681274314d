package table

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// gap is between two columns.
const gap = 2

// Write aligns columns by the cells that their text takes on a terminal.
func Write(w io.Writer, titles []string, rows [][]string) error {
	widths := make([]int, len(titles))
	all := append([][]string{titles}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+gap))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

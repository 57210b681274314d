package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Flow puts styled texts beside each other, sep between them, on as many lines as the width needs.
func Flow(texts []string, sep string, width int) []string {
	var out []string
	row, used := "", 0
	for _, text := range texts {
		w := Width(text)
		if used > 0 && used+Width(sep)+w > width {
			out, row, used = append(out, row), "", 0
		}
		if used > 0 {
			row, used = row+sep, used+Width(sep)
		}
		row, used = row+text, used+w
	}
	return append(out, row)
}

// Unstyled is styled text without its styles.
func Unstyled(s string) string { return ansi.Strip(s) }

// Wrapped is plain or styled text in lines of at most width cells, one of them empty where it is.
func Wrapped(s string, width int) []string {
	if s == "" {
		return []string{""}
	}
	return Wrap(s, max(width, 1))
}

// Styled wraps plain text and gives each line a style, so that no style runs over a line's end.
func Styled(render func(...string) string, s string, width int) []string {
	lines := Wrapped(s, width)
	for i := range lines {
		lines[i] = render(lines[i])
	}
	return lines
}

// Hanging is styled text behind a mark, its further lines set in under the first.
func Hanging(render func(...string) string, mark, s string, width int) []string {
	lines := Styled(render, s, width-Width(mark))
	for i := range lines {
		if i == 0 {
			lines[i] = render(mark) + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", Width(mark)) + lines[i]
		}
	}
	return lines
}

package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

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

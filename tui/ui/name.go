package ui

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
)

// MarkAt is where in a key's name the mark of a rotation begins; its length where it has none.
func MarkAt(name string) int {
	base, _ := apikey.SplitName(name)
	return len(base)
}

// KeyName is a key's name in one line, in a style, its mark of a rotation dim.
func KeyName(s *Styles, style lipgloss.Style, name string) string {
	at := MarkAt(name)
	return s.renderMarked(style, name[:at], name[at:])
}

// KeyNameLines are KeyName over as many lines as it takes.
func KeyNameLines(s *Styles, style lipgloss.Style, name string, width int) []string {
	left := letters(name[:MarkAt(name)]) // of the name itself; wrapping drops blanks alone
	lines := Wrap(name, width)
	for i, line := range lines {
		at := 0
		for at < len(line) && left > 0 {
			_, size := utf8.DecodeRuneInString(line[at:])
			left -= letters(line[at : at+size])
			at += size
		}
		lines[i] = s.renderMarked(style, line[:at], line[at:])
	}
	return lines
}

// Marked is a style for the mark of a rotation after a name that is drawn in it: as dim as the theme has it, which may have nothing
// faint. Where a row is reversed, a colour would be that of its ground.
func (s *Styles) Marked(style lipgloss.Style) lipgloss.Style {
	style = style.Bold(false)
	if s.Dim.GetFaint() {
		return style.Faint(true)
	}
	if dim, ok := s.Dim.GetForeground().(lipgloss.Color); ok && !style.GetReverse() {
		return style.Foreground(dim)
	}
	return style
}

func (s *Styles) renderMarked(style lipgloss.Style, base, mark string) string {
	out := ""
	if base != "" || mark == "" {
		out = style.Render(base)
	}
	if mark != "" {
		out += s.Marked(style).Render(mark)
	}
	return out
}

func letters(s string) (n int) {
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

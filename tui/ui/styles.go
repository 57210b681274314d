package ui

import (
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Styles is every style of the program, made for one renderer: no screen makes a
// style of its own, so that each terminal (and each remote session) has its own
// profile and background. Colours are the terminal's own 16, so that they suit
// the user's theme, but on a light background, where the usual yellow and green of
// those cannot be read; one accent colour carries focus and nothing else.
type Styles struct {
	Renderer *lipgloss.Renderer

	Base   lipgloss.Style // plain text
	Dim    lipgloss.Style // secondary text, labels, rules
	Strong lipgloss.Style // names, headings
	Accent lipgloss.Style // focus: cursor, focused border, active key
	Cursor lipgloss.Style // the selected row
	Match  lipgloss.Style // letters that the filter matched

	Good lipgloss.Style // success, enabled
	Warn lipgloss.Style // needs attention soon
	Bad  lipgloss.Style // error, expired, dangerous

	Live lipgloss.Style // badge of a live environment
	Test lipgloss.Style // badge of a test or dev environment

	Header lipgloss.Style // the top line
	Footer lipgloss.Style // the bottom line
	Key    lipgloss.Style // a key cap in footer and help
	Column lipgloss.Style // column titles

	Button  lipgloss.Style // a button without focus
	Focused lipgloss.Style // the button with focus
	Input   lipgloss.Style // typed text
	Secret  lipgloss.Style // a revealed secret
}

// StylesOf makes the styles of a look.
func StylesOf(r *lipgloss.Renderer, l Look) *Styles {
	colours, plain := paletteOf(r, l), r.NewStyle()
	dim := colours.dim.style(plain)
	// Faint, not the palette's "bright black": several dark themes make that one
	// the background, and labels would vanish.
	if colours.faint {
		dim = dim.Faint(true)
	}
	accent, bad := colours.accent.style(plain), colours.bad.style(plain)
	live := bad.Bold(true).Reverse(true)
	if r.ColorProfile() != termenv.Ascii { // a block has a margin; where nothing is reversed it would be a second space
		live = live.Padding(0, 1)
	}
	return &Styles{
		Renderer: r,

		Base:   plain,
		Dim:    dim,
		Strong: plain.Bold(true),
		Accent: accent.Bold(true),
		Cursor: plain.Reverse(true),
		Match:  accent.Underline(true),

		Good: colours.good.style(plain),
		Warn: colours.warn.style(plain),
		Bad:  bad,

		Live: live,
		Test: plain.Bold(true),

		Header: plain.Bold(true),
		Footer: dim,
		Key:    plain.Bold(true),
		Column: dim,

		Button:  dim,
		Focused: plain.Reverse(true),
		Input:   plain,
		Secret:  plain.Bold(true),
	}
}

package ui

import (
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// The themes.
const (
	ThemeTerminal = "terminal"
	ThemeDark     = "dark"
	ThemeLight    = "light"
	ThemeContrast = "high-contrast"
)

// Look is what the colours are chosen by.
type Look struct {
	Theme string // empty is the terminal's own colours
	// NoColour leaves colours out, and what is bold, reversed, faint or underlined as it is (https://no-color.org).
	NoColour bool
	// Unsaid says that nothing tells whether the background is dark or light: what is chosen then can be read on both.
	Unsaid bool
}

// hue is a colour, and whether it comes in bold letters: where there is no colour to tell by, weight does.
type hue struct {
	colour string // an index of the palette, #rrggbb, or empty for that of plain text
	bold   bool
}

// palette are the colours of one look. faint is for what is said beside the main thing; where faint letters cannot be read, it is a
// grey or plain text.
type palette struct {
	accent, good, warn, bad, dim hue
	faint                        bool
}

// Colours of the terminal's own 16 are its user's; those of 16 to 255 and above are the same everywhere. Each can be read on the
// backgrounds that it is for: a test measures that.
var (
	// own are the terminal's bright colours, for a dark background.
	own = palette{accent: hue{colour: "14"}, good: hue{colour: "10"}, warn: hue{colour: "11"}, bad: hue{colour: "9"}, faint: true}
	// dark and light need 256 colours.
	dark  = palette{accent: hue{colour: "75"}, good: hue{colour: "114"}, warn: hue{colour: "221"}, bad: hue{colour: "210"}, dim: hue{colour: "247"}}
	light = palette{accent: hue{colour: "4"}, good: hue{colour: "22"}, warn: hue{colour: "94"}, bad: hue{colour: "124"}, dim: hue{colour: "241"}}
	// either is as far from black as from white. No yellow of the 256 is.
	either    = palette{accent: hue{colour: "#2a6ef0"}, good: hue{colour: "#008900"}, warn: hue{colour: "#aa6600", bold: true}, bad: hue{colour: "#e8102a", bold: true}, dim: hue{colour: "243"}}
	either256 = palette{accent: hue{colour: "63"}, good: hue{colour: "29"}, warn: hue{bold: true}, bad: hue{colour: "131", bold: true}, dim: hue{colour: "243"}}
	dark16    = palette{accent: hue{colour: "14"}, good: hue{colour: "10"}, warn: hue{colour: "11"}, bad: hue{colour: "9"}}
	// Of 16 colours, whose green and yellow cannot be read on white, weight tells what matters.
	light16  = palette{accent: hue{colour: "4"}, good: hue{}, warn: hue{bold: true}, bad: hue{colour: "1", bold: true}}
	either16 = palette{good: hue{}, warn: hue{bold: true}, bad: hue{bold: true}}
	// Nothing is faint in these.
	contrastDark  = palette{accent: hue{colour: "123"}, good: hue{colour: "120"}, warn: hue{colour: "226", bold: true}, bad: hue{colour: "217", bold: true}}
	contrastLight = palette{accent: hue{colour: "18"}, good: hue{colour: "22"}, warn: hue{colour: "52", bold: true}, bad: hue{colour: "88", bold: true}}
	contrast16    = palette{good: hue{}, warn: hue{bold: true}, bad: hue{bold: true}}
	uncoloured    = palette{faint: true}
)

// paletteOf chooses by what the terminal can show and what is known of its background.
func paletteOf(r *lipgloss.Renderer, l Look) palette {
	many := r.ColorProfile() == termenv.ANSI256 || r.ColorProfile() == termenv.TrueColor
	isDark := r.HasDarkBackground()
	switch l.Theme {
	case ThemeDark:
		isDark, l.Unsaid = true, false
	case ThemeLight:
		isDark, l.Unsaid = false, false
	}
	choose := func(ifMany, ifFew palette) palette {
		if many {
			return ifMany
		}
		return ifFew
	}
	switch {
	case l.NoColour:
		out := uncoloured
		out.faint = l.Theme != ThemeContrast
		return out
	case l.Theme == ThemeContrast && (l.Unsaid || !many):
		return contrast16
	case l.Theme == ThemeContrast && isDark:
		return contrastDark
	case l.Theme == ThemeContrast:
		return contrastLight
	case l.Unsaid:
		if r.ColorProfile() == termenv.TrueColor {
			return either
		}
		return choose(either256, either16)
	case !isDark:
		return choose(light, light16)
	case l.Theme == ThemeDark:
		return choose(dark, dark16)
	}
	return own
}

// style is plain text in a hue.
func (h hue) style(plain lipgloss.Style) lipgloss.Style {
	if h.colour != "" {
		plain = plain.Foreground(lipgloss.Color(h.colour))
	}
	if h.bold {
		plain = plain.Bold(true)
	}
	return plain
}

package ui

import (
	"io"
	"math"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// shade is how bright a colour is to the eye (WCAG 2).
func shade(hex string) float64 {
	r, g, b := termenv.ConvertToRGB(termenv.RGBColor(hex)).LinearRgb()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

func contrast(a, b string) float64 {
	x, y := shade(a), shade(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// A terminal's first 16 colours are its user's. Those here are xterm's, on the backgrounds that terminals come with.
func TestTextCanBeReadOnTheUsualBackgrounds(t *testing.T) {
	xterm := map[string]string{"4": "#0000ee", "9": "#ff0000", "10": "#00ff00", "11": "#ffff00", "12": "#5c5cff"}
	for _, theme := range []struct {
		dark        bool
		backgrounds []string
	}{{true, []string{"#000000"}}, {false, []string{"#ffffff", "#fdf6e3"}}} {
		r := lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(termenv.ANSI256)
		r.SetHasDarkBackground(theme.dark)
		st := NewStyles(r)
		for name, c := range map[string]struct {
			style lipgloss.Style
			least float64
		}{"good": {st.Good, 4.5}, "warn": {st.Warn, 4.5}, "bad": {st.Bad, 4.5}, "live": {st.Live, 4.5}, "dim": {st.Dim, 4.5}, "accent": {st.Accent, 3}} {
			var code string
			switch fg := c.style.GetForeground().(type) {
			case lipgloss.AdaptiveColor:
				if code = fg.Light; theme.dark {
					code = fg.Dark
				}
			case lipgloss.Color:
				code = string(fg)
			default:
				if !theme.dark {
					t.Errorf("%s has no colour that can be measured", name)
				}
				continue // half of white on black
			}
			hex := xterm[code]
			if hex == "" {
				hex = termenv.ConvertToRGB(termenv.ANSI256.Color(code)).Hex()
			}
			for _, on := range theme.backgrounds {
				if got := contrast(hex, on); got < c.least {
					t.Errorf("%s (%s, %s) on %s: %.1f:1, below %.1f", name, code, hex, on, got, c.least)
				}
			}
		}
	}
}

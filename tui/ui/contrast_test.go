package ui

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
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

// A terminal's first 16 colours are its user's. Those here are xterm's.
var xterm = map[string]string{"1": "#cd0000", "4": "#0000ee", "9": "#ff0000", "10": "#00ff00", "11": "#ffff00", "14": "#00ffff"}

// The backgrounds that terminals come with.
var (
	darkBackgrounds  = []string{"#000000", "#1e1e1e", "#282a36"}
	lightBackgrounds = []string{"#ffffff", "#fdf6e3"}
	bothBackgrounds  = []string{"#000000", "#ffffff"}
)

// looks are every way in which colours are chosen, with the backgrounds that they must be readable on.
func looks() (out []struct {
	name        string
	profile     termenv.Profile
	dark        bool
	look        Look
	backgrounds []string
	text        float64
}) {
	for profile, colours := range map[termenv.Profile]string{termenv.ANSI: "16", termenv.ANSI256: "256", termenv.TrueColor: "all"} {
		for _, theme := range []string{"", ThemeTerminal, ThemeDark, ThemeLight, ThemeContrast} {
			for _, background := range []string{"dark", "light", "unsaid"} {
				on := map[string][]string{"dark": darkBackgrounds, "light": lightBackgrounds, "unsaid": bothBackgrounds}[background]
				switch theme {
				case ThemeDark:
					on = darkBackgrounds
				case ThemeLight:
					on = lightBackgrounds
				}
				text := 4.5
				if theme == ThemeContrast {
					text = 7
				}
				out = append(out, struct {
					name        string
					profile     termenv.Profile
					dark        bool
					look        Look
					backgrounds []string
					text        float64
				}{fmt.Sprintf("%q, %s colours, background %s", theme, colours, background), profile, background != "light", Look{Theme: theme, Unsaid: background == "unsaid"}, on, text})
			}
		}
	}
	return out
}

// all are the styles by their names: one that is new is measured too.
func all(s *Styles) map[string]lipgloss.Style {
	out, v := map[string]lipgloss.Style{}, reflect.ValueOf(*s)
	for i := range v.NumField() {
		if style, ok := v.Field(i).Interface().(lipgloss.Style); ok {
			out[v.Type().Field(i).Name] = style
			out["the mark of a name in "+v.Type().Field(i).Name] = s.Marked(style)
		}
	}
	return out
}

func TestTextCanBeReadOnTheUsualBackgrounds(t *testing.T) {
	for _, l := range looks() {
		r := lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(l.profile)
		r.SetHasDarkBackground(l.dark)
		st := StylesOf(r, l.look)
		for name, style := range all(st) {
			least := l.text // of marks too: each style is one of words somewhere; a reversed cell has the same contrast
			if style.GetFaint() && (!l.dark || l.look.Theme == ThemeContrast || l.look.Unsaid) {
				t.Errorf("%s: %s is faint, which cannot be measured", l.name, name)
			}
			if _, other := style.GetBackground().(lipgloss.Color); other {
				t.Errorf("%s: %s has a background of its own, which is not measured", l.name, name)
			}
			code, ok := style.GetForeground().(lipgloss.Color)
			if !ok {
				continue // the terminal's own colour of text
			}
			hex := xterm[string(code)]
			if strings.HasPrefix(string(code), "#") {
				if hex = string(code); l.profile != termenv.TrueColor {
					t.Errorf("%s: %s is %s, which it has not", l.name, name, code)
				}
			}
			if hex == "" {
				hex = termenv.ConvertToRGB(termenv.ANSI256.Color(string(code))).Hex()
				if l.profile == termenv.ANSI {
					t.Errorf("%s: %s is colour %s, which it has not", l.name, name, code)
				}
			}
			for _, on := range l.backgrounds {
				if xterm[string(code)] != "" && slices.Contains(darkBackgrounds[1:], on) {
					continue // a terminal of that background has 16 others
				}
				if got := contrast(hex, on); got < least {
					t.Errorf("%s: %s (%s, %s) on %s: %.2f:1, below %.1f", l.name, name, code, hex, on, got, least)
				}
			}
		}
	}
}

// No meaning hangs on a hue: where the colours of two tones are the same, or there are none, weight or a glyph tells them apart, and
// NO_COLOR keeps what is bold and reversed.
func TestWithoutColourWeightStays(t *testing.T) {
	for _, l := range looks() {
		r := lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(l.profile)
		r.SetHasDarkBackground(l.dark)
		l.look.NoColour = true
		st := StylesOf(r, l.look)
		for name, s := range map[string]lipgloss.Style{"good": st.Good, "warn": st.Warn, "bad": st.Bad, "dim": st.Dim, "accent": st.Accent, "live": st.Live, "match": st.Match} {
			if _, coloured := s.GetForeground().(lipgloss.Color); coloured {
				t.Errorf("%s: without colour, %s has one", l.name, name)
			}
		}
		if !st.Live.GetBold() || !st.Live.GetReverse() || !st.Cursor.GetReverse() || !st.Strong.GetBold() || !st.Accent.GetBold() || !st.Match.GetUnderline() {
			t.Errorf("%s: without colour, what is bold or reversed is gone", l.name)
		}
	}
}

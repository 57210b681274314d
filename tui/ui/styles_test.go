package ui

import (
	"io"
	"reflect"
	"regexp"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Without colours no style has one, and each keeps all else that makes it stand out.
func TestStylesWithoutColoursKeepEverythingElse(t *testing.T) {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.TrueColor)
	colour := regexp.MustCompile(`\x1b\[(?:[0-9]+;)*(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])[;m]`)
	full, bare := reflect.ValueOf(*StylesOf(r, Look{})), reflect.ValueOf(*StylesOf(r, Look{NoColour: true}))
	coloured := 0
	for i := range full.NumField() {
		a, is := full.Field(i).Interface().(lipgloss.Style)
		if !is {
			continue
		}
		b, name := bare.Field(i).Interface().(lipgloss.Style), full.Type().Field(i).Name
		if colour.MatchString(a.Render("x")) {
			coloured++
		}
		if text := b.Render("x"); colour.MatchString(text) {
			t.Errorf("%s has a colour: %q", name, text)
		}
		if a.GetBold() != b.GetBold() || a.GetReverse() != b.GetReverse() || a.GetFaint() != b.GetFaint() || a.GetUnderline() != b.GetUnderline() || a.GetPaddingLeft() != b.GetPaddingLeft() {
			t.Errorf("%s looks different in more than its colour", name)
		}
	}
	if coloured < 5 {
		t.Errorf("only %d styles have a colour: does the test see them?", coloured)
	}
}

package ui

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
)

// faint is the text that is drawn dim.
func faint(styled string) string {
	var out strings.Builder
	for _, m := range regexp.MustCompile(`\x1b\[([0-9;]*)m([^\x1b]*)`).FindAllStringSubmatch(styled, -1) {
		if strings.Contains(";"+m[1]+";", ";2;") {
			out.WriteString(m[2])
		}
	}
	return out.String()
}

func TestTheMarkOfARotationIsDim(t *testing.T) {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.ANSI)
	st := StylesOf(r, Look{})
	for name, mark := range map[string]string{
		"ci-deploy": "", "ci-deploy ~rznjoqz5tye": " ~rznjoqz5tye", "CI/CD Pipeline ~raaaaaaaaaa ~rbbbbbbbbbb": " ~raaaaaaaaaa ~rbbbbbbbbbb",
		"größe~raaaaaaaaaa": "~raaaaaaaaaa", "~raaaaaaaaaa": "~raaaaaaaaaa", "ci ~r1": "", "": "",
	} {
		for _, style := range []lipgloss.Style{st.Base, st.Strong, st.Cursor} {
			got := KeyName(st, style, name)
			if ansi.Strip(got) != name || faint(got) != mark {
				t.Errorf("%q is drawn %q: dim is %q, want %q", name, got, faint(got), mark)
			}
			for width := 1; width < 50; width++ {
				lines := KeyNameLines(st, style, name, width)
				got, plain := strings.Join(lines, ""), strings.Join(Wrap(name, width), "")
				without := strings.NewReplacer(" ", "")
				if ansi.Strip(got) != plain || without.Replace(faint(got)) != without.Replace(mark) {
					t.Fatalf("%q at %d: %q, dim is %q", name, width, got, faint(got))
				}
			}
		}
	}
}

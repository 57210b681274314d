package ui

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
)

// Hints is a line of bindings, "key description", as many as fit in width. What is
// left out is in help.
func Hints(s *Styles, bindings []key.Binding, width int) string {
	var b strings.Builder
	used := 0
	for _, binding := range bindings {
		if !binding.Enabled() {
			continue
		}
		h := binding.Help()
		sep := 0
		if used > 0 {
			sep = 3
		}
		w := Width(h.Key) + 1 + Width(h.Desc)
		if used+sep+w > width {
			break
		}
		if sep > 0 {
			b.WriteString(s.Dim.Render(" · "))
		}
		b.WriteString(s.Key.Render(h.Key) + " " + s.Dim.Render(h.Desc))
		used += sep + w
	}
	return b.String()
}

// Number is a number as text.
func Number(n int) string { return strconv.Itoa(n) }

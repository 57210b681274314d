package ui

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
)

// helper is bubbles' help in our styles.
func helper(s *Styles) help.Model {
	return help.Model{ShortSeparator: " · ", FullSeparator: "  ", Styles: help.Styles{
		ShortKey: s.Key, ShortDesc: s.Dim, ShortSeparator: s.Dim, FullKey: s.Key.PaddingRight(1), FullDesc: s.Base, FullSeparator: s.Base,
	}}
}

// Hints is a line of bindings, "key description", as many as fit in width. What is left out is in help. help's own way to leave
// out draws more than fits where there is no room for its ellipsis.
func Hints(s *Styles, bindings []key.Binding, width int) string {
	used, fit := 0, 0
	for _, binding := range bindings {
		if binding.Enabled() {
			h := binding.Help()
			if used > 0 {
				used += len(" · ") - 1
			}
			if used += Width(h.Key) + 1 + Width(h.Desc); used > width {
				break
			}
		}
		fit++
	}
	return helper(s).ShortHelpView(bindings[:fit])
}

// HelpLines are bindings under each other, keys and descriptions in two columns.
func HelpLines(s *Styles, bindings []key.Binding) []string {
	return strings.Split(helper(s).FullHelpView([][]key.Binding{bindings}), "\n")
}

// Number is a number as text.
func Number(n int) string { return strconv.Itoa(n) }

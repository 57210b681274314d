package history

import (
	"strings"

	"detent/tui/ui"
)

// spokenAtOnce is how many acts are told: of more, a word of the filter is a shorter way.
const spokenAtOnce = 20

// Speak tells the newest acts, a line each.
func (s *Screen) Speak() ui.Speech {
	if s.typing {
		return ui.Speech{Ask: &ui.Ask{Words: "Words to look for", Text: ui.Line(s.in), Keep: ui.Times("enter", 1)}}
	}
	ask := &ui.Ask{Words: s.Title(), Choices: ui.ChoicesOf(s.env.Keys, s.Bindings())}
	if s.err != nil || !s.loaded || len(s.shown) == 0 {
		return ui.Speech{Facts: ui.Facts(strings.Split(s.View(), "\n")...), Ask: ask}
	}
	var lines []string
	if s.past.Doubt != "" {
		lines = append(lines, "failed: "+s.past.Doubt)
	}
	for _, at := range s.shown[:min(len(s.shown), spokenAtOnce)] {
		a := s.past.Acts[at]
		words := []string{ui.Exact(a.At, s.env.Zone), a.Who, a.Action, a.KeyName, a.Outcome}
		lines = append(lines, strings.Join(append(words, a.More...), ", "))
	}
	if more := len(s.shown) - spokenAtOnce; more > 0 {
		lines = append(lines, ui.Count(more, "older act")+", which the filter finds")
	}
	return ui.Speech{Facts: ui.Facts(lines...), Ask: ask}
}

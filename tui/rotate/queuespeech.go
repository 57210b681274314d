package rotate

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Speak tells the plan, and asks for the number of the keys; then how each of them goes, a line a step.
func (s *QueueScreen) Speak() ui.Speech {
	if s.queue == nil {
		return ui.Speech{Progress: "Preflight of " + ui.Count(len(s.asked), "key") + ", nothing is changed by it",
			Ask: &ui.Ask{Words: s.Title(), Choices: ui.ChoicesOf(s.env.Keys, s.Bindings())}}
	}
	var out ui.Speech
	waits, each := 0, s.ofEach()
	for _, line := range each {
		out.Facts = append(out.Facts, ui.Fact{Text: "each: " + line})
	}
	for i, item := range s.items {
		now := s.states[i]
		if s.begun && item.Why == "" && !now.Done {
			if now.View.ID == "" {
				continue // it has not begun
			}
			step := now.View.PublicStep()
			out.Facts = append(out.Facts, ui.Fact{Text: ui.InWords(clean(item.Key.Called()) + "  " + clean(item.Profile) + "  " + step), Same: strconv.Itoa(i) + step})
			if now.Ends.After(s.env.Now()) {
				waits++
			}
			continue
		}
		for n, line := range s.told(i) {
			if n > 0 && slices.Contains(each, line) {
				continue
			}
			text := line
			if n > 0 && len(s.items) > 1 {
				text = clean(item.Key.Called()) + ": " + line
			}
			out.Facts = append(out.Facts, ui.Fact{Text: text, Same: strconv.Itoa(i) + line})
		}
	}
	if waits > 0 {
		out.Progress = ui.Count(waits, "key") + " waiting"
	}
	out.Ask = s.asks()
	if s.busy {
		out.Progress = "Preflight of " + ui.Clean(s.items[s.hole.at].Key.Called())
	}
	if s.problem != "" {
		out.Answers = []string{"failed: " + s.problem}
	}
	return out
}

// told are the lines about an item as they are said; the first names it.
func (s *QueueScreen) told(i int) []string {
	p := page{env: s.env, width: ui.Unbroken}
	s.viewItem(&p, i, s.items[i])
	return ui.Words(p.lines...)
}

// ofEach are the lines that the plan has of every key that can be rotated: they are told once.
func (s *QueueScreen) ofEach() (out []string) {
	if s.begun || s.ready() < 2 {
		return nil
	}
	counts := map[string]int{}
	for i, item := range s.items {
		if item.Why != "" {
			continue
		}
		for n, line := range s.told(i) {
			if counts[line]++; n > 0 && counts[line] == s.ready() {
				out = append(out, line)
			}
		}
	}
	return out
}

// asks is what is asked for: the place of a key that has none, the number of the keys, or where to go on.
func (s *QueueScreen) asks() *ui.Ask {
	k := s.env.Keys
	cancel := ui.ChoicesOf(k, []key.Binding{k.Cancel})
	switch {
	case s.Typing() && s.filling():
		h := s.hole
		ask := &ui.Ask{Words: "Where does the secret of " + ui.Clean(s.items[h.at].Key.Called()) + " go", Text: ui.Line(h.place)}
		for _, name := range h.named {
			ask.Choices = append(ask.Choices, ui.Choice{Words: ui.Clean(name), Keys: append(ui.Typed(h.place, name), ui.Press("enter"))})
		}
		out := append(ui.Times("backspace", h.place.Len()), ui.Press("enter"))
		ask.Choices = append(append(ask.Choices, ui.Choice{Words: "leave it out", Keys: append([]tea.KeyMsg{ui.Press("end")}, out...)}), cancel...)
		return ask
	case s.Typing():
		ask := s.askBelow()
		ask.Choices = append(ask.Choices, cancel...)
		return ask
	}
	return &ui.Ask{Words: s.Title(), Choices: ui.ChoicesOf(k, s.Bindings())}
}

package palette

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// spokenAtOnce is how many things are told that the text may mean: of more, a letter more is a shorter way.
const spokenAtOnce = 9

// Speak tells what the text may mean by number; another line that is typed is looked for.
func (p *Palette) Speak() ui.Speech {
	ask := &ui.Ask{Words: "A number does it; a word looks for another", Text: func(typed string) ([]tea.KeyMsg, error) { return ui.Typed(p.in, typed), nil }}
	for i, m := range p.best[:min(len(p.best), spokenAtOnce)] {
		it := p.item(m.at)
		words := called(it)
		for _, more := range []string{it.Kind, it.About} {
			if more != "" {
				words += ", " + more
			}
		}
		if it.Why != "" {
			words += ", cannot: " + it.Why
		}
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(words), Keys: append(ui.Way(p.cursor, i), ui.Press("enter"))})
	}
	ask.Choices = append(ask.Choices, ui.Choice{Words: "back", Key: "esc", Keys: ui.Times("esc", 1)})
	out := ui.Speech{Ask: ask}
	switch {
	case p.text != "" && len(p.all) == 0:
		out.Answers = []string{"Nothing here is called " + ui.Clean(p.text)}
	case p.text != "":
		out.Answers = []string{ui.Count(len(p.all), "thing") + " for " + ui.Clean(p.text)}
	}
	return out
}

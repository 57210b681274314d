package dialog

import (
	"strings"

	"detent/tui/ui"
)

// Speak says what went wrong.
func (e *Error) Speak() ui.Speech {
	var lines []string
	for _, p := range e.parts() {
		lines = append(lines, strings.ToLower(p.Label)+": "+p.Text)
	}
	out := ui.Speech{Facts: ui.Facts(lines...), Ask: &ui.Ask{Words: "Error", Choices: ui.ChoicesOf(e.env.Keys, e.Bindings())}}
	if e.copied {
		out.Answers = []string{"Sent to your terminal's clipboard."}
	}
	return out
}

// Speak says the keys of the screens: their letters are taken here, too.
func (h *Help) Speak() ui.Speech {
	var out []ui.Fact
	for _, s := range h.sections() {
		out = append(out, ui.Fact{Text: s.Title + ":"})
		for _, b := range s.Keys {
			if b.Enabled() {
				out = append(out, ui.Fact{Text: b.Help().Key + ": " + ui.InWords(b.Help().Desc), Same: s.Title + b.Help().Key})
			}
		}
	}
	return ui.Speech{Facts: out, Ask: &ui.Ask{Words: h.Title(), Choices: ui.ChoicesOf(h.env.Keys, h.Bindings())}}
}

// Speak gives the options.
func (c *Choice) Speak() ui.Speech {
	ask := &ui.Ask{Words: c.title}
	for i, o := range c.options {
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(o.Label + ": " + o.About), Keys: append(ui.Way(c.in.At(), i), ui.Press("enter"))})
	}
	ask.Choices = append(ask.Choices, ui.ChoicesOf(c.env.Keys, c.Bindings()[1:])...)
	return ui.Speech{Ask: ask}
}

// Speak gives the profiles by number; what is done is done with the one that was chosen last.
func (p *Profiles) Speak() ui.Speech {
	rows := p.rows()
	p.cursor = max(min(p.cursor, len(rows)-1), 0)
	ask := &ui.Ask{Words: "Profiles"}
	for i, r := range rows {
		words := p.row(r, false, ui.Width(r.Name), ui.Width(r.Service))
		if r.Name == p.current {
			words += "  in use"
		}
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(words), Do: func() { p.cursor = i }})
	}
	out := ui.Speech{Ask: ask}
	if len(rows) > 0 {
		ask.Words += ", chosen " + ui.Clean(rows[p.cursor].Name)
	}
	for _, f := range ui.Facts(p.about(rows)...) {
		if len(rows) > 0 {
			f.Text = ui.Clean(rows[p.cursor].Name) + ": " + f.Text
		}
		out.Facts = append(out.Facts, f)
	}
	ask.Choices = append(ask.Choices, ui.ChoicesOf(p.env.Keys, p.Bindings())...)
	return out
}

// Speak is the question.
func (q *Quit) Speak() ui.Speech {
	return ui.Speech{Facts: ui.Facts(q.words()), Ask: &ui.Ask{Words: q.Title(), Choices: ui.ChoicesOf(q.env.Keys, q.Bindings())}}
}

package form

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// asker is a field that is asked for otherwise than as a line of text.
type asker interface {
	// ask gives what is to be known before, and the question.
	ask() ([]ui.Fact, ui.Ask)
}

// Speak says the field that has the focus, or the review.
func (s *sheet) Speak() ui.Speech {
	var out ui.Speech
	f := s.pages.focused()
	out.Facts = append(out.Facts, ui.Fact{Text: ui.InWords(s.pages.list[s.pages.at()].name)})
	switch {
	case s.question != nil:
		out.Facts = append(out.Facts, ui.Facts(s.question.lines...)...)
		out.Ask = s.question.buttons.ask(s.title)
	case f == field(s.review):
		out.Facts = append(out.Facts, ui.Facts(s.review.title)...)
		out.Facts = append(out.Facts, factWords(s.review.facts())...)
		if s.review.busy {
			out.Progress = ui.InWords(s.doing)
			if s.interrupted {
				out.Progress = ui.InWords(s.waiting + " ctrl+c again quits without it.")
			}
			return out
		}
		if s.review.below != nil {
			out.Answers = ui.Words(s.review.below(ui.Unbroken)...)
		}
		if s.review.err != nil {
			out.Answers = append(out.Answers, "failed: "+s.review.err.Error())
		}
		out.Ask = s.review.buttons.ask(s.title)
	default:
		var q ui.Ask
		facts, problem := ui.Advice(s.pages.list[s.pages.at()].advice...), error(nil)
		if a, ok := f.(asker); ok {
			var more []ui.Fact
			more, q = a.ask()
			facts = append(facts, more...)
		}
		if b, ok := f.(interface{ frame() *base }); ok {
			problem = b.frame().err
		}
		if problem != nil {
			out.Answers = append(out.Answers, "failed: "+problem.Error())
		}
		out.Facts, out.Ask = append(out.Facts, facts...), &q
	}
	return out
}

func (b *base) frame() *base { return b }

// factWords are the facts of a review, a line each.
func factWords(facts []fact) []ui.Fact {
	var lines []string
	for _, f := range facts {
		line := f.value
		if f.label != "" {
			line = f.label + ": " + line
		}
		lines = append(lines, f.mark+line)
	}
	return ui.Facts(lines...)
}

// ask is a row of buttons as a question.
func (b *buttons) ask(title string) *ui.Ask {
	out := &ui.Ask{Words: title}
	for i, label := range b.labels {
		to := (i - b.at + len(b.labels)) % len(b.labels)
		out.Choices = append(out.Choices, ui.Choice{Words: label, Keys: append(ui.Times("tab", to), ui.Press("enter"))})
	}
	return out
}

func (t *text) ask() ([]ui.Fact, ui.Ask) {
	q := ui.Ask{Words: t.title + t.line.Now(), Text: ui.Line(t.line), Keep: ui.Times("tab", 1)}
	facts := ui.Facts(t.help)
	if t.note != nil {
		if mark, note := t.note(t.value()); note != "" {
			facts = append(facts, ui.Facts(mark+note)...)
		}
	}
	return facts, q
}

func (t *tokenField) ask() ([]ui.Fact, ui.Ask) {
	switch t.source() {
	case sourceKeep:
		return ui.Facts(t.kept), ui.Ask{Words: t.title + ", an empty line goes on", Keep: ui.Times("tab", 1)}
	case sourceTyped:
		return nil, ui.Ask{Words: t.title + ", it is not shown", Secret: true, Text: ui.Line(t.hidden)}
	}
	return t.text.ask()
}

func (e *expiry) ask() ([]ui.Fact, ui.Ask) {
	if e.few() {
		q := ui.Ask{Words: e.title + ", now " + e.text(), Keep: ui.Times("tab", 1)}
		for i, p := range e.presets {
			way := ui.Times("left", max(e.at-i, 0))
			way = append(way, ui.Times("right", max(i-e.at, 0))...)
			q.Choices = append(q.Choices, ui.Choice{Words: p, Keys: append(way, ui.Press("enter"))})
		}
		return nil, q
	}
	never := ""
	if !e.gives.Always {
		never = "; or never"
	}
	facts := ui.Facts("A span such as "+strings.Join(usualLifetimes, ", ")+"; a date (its end) or seconds"+never, "For example "+expiryExample)
	return facts, ui.Ask{Words: e.title + ", now " + e.text(), Keep: ui.Times("tab", 1), Text: func(typed string) ([]tea.KeyMsg, error) {
		keys := ui.Times("right", len(e.presets)-e.at) // to where one types
		return append(append(keys, ui.Typed(e.line, typed)...), ui.Press("enter")), nil
	}}
}

func (c *choice) ask() ([]ui.Fact, ui.Ask) {
	q := ui.Ask{Words: c.title + ", now " + c.in.Option().Label, Keep: ui.Times("tab", 1)}
	for i, o := range c.in.Options() {
		about := o.Label
		if o.About != "" {
			about += ": " + o.Mark + o.About
		}
		q.Choices = append(q.Choices, ui.Choice{Words: ui.InWords(about), Keys: append(ui.Way(c.in.At(), i), ui.Press("enter"))})
	}
	return nil, q
}

func (t *tick) ask() ([]ui.Fact, ui.Ask) {
	q := ui.Ask{Words: t.title + ", now " + map[bool]string{true: "yes", false: "no"}[t.on()], Keep: ui.Times("tab", 1)}
	for _, on := range []bool{true, false} {
		words, keys := "no", []tea.KeyMsg{}
		if on {
			words = "yes: " + t.label
		}
		if on != t.on() {
			keys = append(keys, ui.Press(" "))
		}
		q.Choices = append(q.Choices, ui.Choice{Words: words, Keys: append(keys, ui.Press("enter"))})
	}
	return nil, q
}

func (r *review) ask() ([]ui.Fact, ui.Ask) { return factWords(r.facts()), *r.buttons.ask(r.title) }

// ask numbers the permissions and their groups; several numbers are one answer.
func (p *permissions) ask() ([]ui.Fact, ui.Ask) {
	var facts []ui.Fact
	place := map[int]int{} // of a number, in rows
	group := map[int]int{} // of a group's number, its first row
	n, g := 0, 0
	for at, r := range p.rows {
		if r.index < 0 {
			g++
			group[g] = at + 1
			facts = append(facts, ui.Facts(fmt.Sprintf("Group g%d, %s", g, p.groups[r.group].Title))...)
			continue
		}
		n++
		place[n] = at
		info := p.groups[r.group].Permissions[r.index]
		facts = append(facts, ui.Facts(fmt.Sprintf("%d %s: %s", n, info.Permission.Name, info.Description))...)
	}
	for i, s := range p.presets {
		facts = append(facts, ui.Facts(fmt.Sprintf("Preset p%d, %s", i+1, s.Name))...)
	}
	facts = append(facts, ui.Facts("Numbers pick, and drop what is picked, such as 1 3 g2; a picks all or none; an empty line goes on.")...)
	picked := "none yet"
	if v := p.value(); len(v) > 0 {
		var names []string
		for _, perm := range v {
			names = append(names, perm.Name)
		}
		picked = strings.Join(names, ", ")
	}
	return facts, ui.Ask{Words: p.title + ", picked: " + picked, Keep: ui.Times("tab", 1), Text: func(typed string) ([]tea.KeyMsg, error) {
		return p.keysOf(typed, place, group)
	}}
}

// keysOf are the keys that pick what was typed.
func (p *permissions) keysOf(typed string, place, group map[int]int) (keys []tea.KeyMsg, err error) {
	at := p.cursor
	line := func(row int) int { // headings take no step
		n := 0
		for _, r := range p.rows[:row] {
			if r.index >= 0 {
				n++
			}
		}
		return n
	}
	for _, word := range strings.FieldsFunc(typed, func(r rune) bool { return r == ' ' || r == ',' }) {
		kind, digits := "", word
		if i := strings.IndexAny(word[:1], "gp"); i == 0 {
			kind, digits = word[:1], word[1:]
		}
		number, err := strconv.Atoi(digits)
		to, known := place[number], false
		if kind == "g" {
			to, known = group[number]
		} else if kind == "" {
			to, known = place[number]
		}
		switch {
		case word == "a":
			keys = append(keys, ui.Press("a"))
		case kind == "p" && err == nil && number >= 1 && number <= len(p.presets):
			round := len(p.presets) + 1 // the last is one's own
			keys = append(keys, ui.Times("p", (number-1-p.preset+round)%round)...)
		case err != nil || !known:
			return nil, fmt.Errorf("%s is no number of a permission", word)
		default:
			keys = append(keys, ui.Way(line(at), line(to))...)
			keys = append(keys, ui.Press(map[string]string{"g": "g", "": " "}[kind]))
			at = to
		}
	}
	return keys, nil
}

// Speak says what is about to be done, and asks.
func (c *Confirm) Speak() ui.Speech {
	out := ui.Speech{Facts: ui.Facts(c.says(ui.Unbroken)...)}
	switch {
	case c.busy:
		out.Progress = ui.InWords(c.doing)
		return out
	case c.err != nil:
		out.Answers = ui.Words(failure(c.env, c.err, c.notDone, c.uncertain, ui.Unbroken)...)
	case c.gate.focused():
		if c.gate.problem != "" {
			out.Answers = []string{"failed: " + c.gate.problem}
		}
		out.Ask = c.gate.ask()
		return out
	}
	out.Ask = c.buttons.ask(c.title)
	return out
}

// ask is the next thing that the gate wants.
func (g *gate) ask() *ui.Ask {
	esc := ui.Choice{Words: "cancel", Key: "esc", Keys: ui.Times("esc", 1)}
	if g.at == gateTick {
		return &ui.Ask{Words: g.tick, Choices: []ui.Choice{{Words: "I do, go on", Keys: []tea.KeyMsg{ui.Press(" "), ui.Press("enter")}}, esc}}
	}
	return &ui.Ask{Words: "Type " + ui.Clean(g.want[0]) + " to confirm", Text: ui.Line(g.line)}
}

// Speak says what became of a secret; the secret itself only where it is shown.
func (s *Secret) Speak() ui.Speech {
	if s.secret.IsZero() {
		return ui.Speech{}
	}
	head := displayName(s.key)
	if env := environmentWord(environmentOf(s.profile, s.key)); env != "" {
		head += ", " + env
	}
	lines := append([]string{head}, s.intro(ui.Unbroken)...)
	for _, n := range s.notes {
		lines = append(lines, "! "+n)
	}
	out := ui.Speech{Facts: ui.Facts(lines...)}
	switch {
	case s.busy != "":
		out.Progress = ui.InWords(s.busy)
		return out
	case s.question != nil:
		out.Answers = ui.Words(s.question.lines...)
		out.Ask = s.question.buttons.ask(s.Title())
	case s.sink != nil:
		out.Facts = append(out.Facts, ui.Facts(sinkTexts[s.sink.kind][0], sinkTexts[s.sink.kind][1])...)
		out.Ask = s.sink.ask()
		if s.sink.problem != "" {
			out.Answers = []string{"failed: " + s.sink.problem}
		}
	default:
		if s.public == "" {
			out.Facts = append(out.Facts, ui.Advice(s.caps.Advice.Storing()...)...)
		}
		if secret := s.aloud(); secret != "" { // once each time that it is shown
			out.Facts = append(out.Facts, ui.Fact{Text: secret, Same: "secret " + strconv.Itoa(s.turn)})
		}
		out.Answers = ui.Words(s.statusLines(ui.Unbroken)...)
		out.Ask = &ui.Ask{Words: s.Title(), Choices: ui.ChoicesOf(s.env.Keys, append(s.secretBindings(), s.closing()))}
	}
	return out
}

// ask is the field of the destination that has the cursor.
func (s *sink) ask() *ui.Ask {
	in := s.inputs[s.at]
	out := &ui.Ask{Words: s.labels[s.at] + in.Now(), Text: ui.Line(in)}
	switch {
	case in.Value() == "":
	case s.at < len(s.inputs)-1:
		out.Keep = ui.Times("tab", 1)
	default: // to keep it would be to write
		out.Words = s.labels[s.at] + ", such as " + ui.Clean(in.Value())
	}
	return out
}

// Speak asks for a secret, or says what the proof showed.
func (v *Verify) Speak() ui.Speech {
	var out ui.Speech
	v.heard = true
	switch {
	case v.left:
		return out
	case v.named && v.asking():
		k := v.env.Keys
		out.Facts = ui.Facts(ui.Words(v.known.lines(v.env, ui.Unbroken)...)...)
		out.Ask = &ui.Ask{Words: "Send it", Choices: ui.ChoicesOf(k, []key.Binding{ui.Does(k.Confirm, "ask them"), k.Cancel})}
		return out
	case v.early && v.asking():
		out.Progress = "waiting for the profiles that are still asked for their keys"
		out.Ask = &ui.Ask{Words: v.Title(), Choices: ui.ChoicesOf(v.env.Keys, []key.Binding{v.env.Keys.Cancel})}
		return out
	case v.busy:
		out.Progress = "asking " + v.whom()
		return out
	case v.err != nil:
		out.Answers = ui.Words(failure(v.env, v.err, "nothing was proved, neither way.", "Nothing was changed; verify it once more.", ui.Unbroken)...)
	case v.proof != nil:
		out.Answers = ui.Words(v.proofLines(ui.Unbroken)...)
	default:
		out.Facts = ui.Facts(v.purpose())
		if v.problem != "" {
			out.Answers = []string{"failed: " + v.problem}
		}
		out.Ask = &ui.Ask{Words: "Secret, it is not shown", Secret: true, Text: ui.Line(v.line)}
		return out
	}
	out.Ask = v.buttons.ask(v.Title())
	return out
}

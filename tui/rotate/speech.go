package rotate

import (
	"fmt"
	"strconv"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/rotation"
	"detent/tui/ui"
)

// Speak is the form row by row: the one that is typed into is asked for, the others are choices.
func (s *Setup) Speak() ui.Speech {
	var out ui.Speech
	if s.started {
		return out
	}
	out.Facts = ui.Facts(s.key.Name+", id "+s.key.ID, "Where does the application read this key?")
	if s.manual {
		out.Facts = append(out.Facts, ui.Facts("This service makes keys in its dashboard alone: you will make the new one there and paste it.")...)
	}
	if s.env.Remote && s.unnamed {
		out.Facts = append(out.Facts, ui.Facts(s.noneNamed()...)...)
	}
	if s.problem != "" {
		out.Answers = []string{"failed: " + s.problem}
	}
	begin := s.rows() - 1
	to := func(row int) []tea.KeyMsg { return ui.Times("tab", (row-s.focus+s.rows())%s.rows()) }
	back := ui.Times("tab", (begin-s.focus+s.rows())%s.rows())
	if in := s.input(); in != nil {
		title := map[int]string{s.otherRow(): "Place: PATH:VARIABLE for a .env file, file:PATH, command:CMD or clipboard", s.drainRow(): "Drain", s.soakRow(): "Soak"}[s.focus]
		if in == s.overlap {
			title = "Overlap"
		}
		out.Ask = &ui.Ask{Words: title + in.Now(), Keep: back, Text: func(text string) ([]tea.KeyMsg, error) { return append(ui.Typed(in, text), back...), nil }}
		return out
	}
	ask := &ui.Ask{Words: s.Title()}
	add := func(words string, keys ...tea.KeyMsg) {
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(words), Keys: keys})
	}
	for i, n := range s.named {
		add(map[bool]string{true: "[x] ", false: "[ ] "}[s.ticks[i]]+n.Name+", "+n.Describe, append(to(i), ui.Press(" "))...)
	}
	if row := s.otherRow(); row >= 0 {
		add("another place"+s.other.Now(), to(row)...)
	}
	if row := s.rememberRow(); row >= 0 && s.typedPlace() != "" {
		add(map[bool]string{true: "[x] ", false: "[ ] "}[s.remember]+"remember this place for "+baseName(s.key.Name), append(to(row), ui.Press(" "))...)
	}
	for i, m := range s.modes {
		keys := append(to(s.modeRow()+i), ui.Press(" "))
		box := "( ) "
		if s.chosen().name == m.name {
			box = "(•) "
		}
		add(box+m.name+": "+m.text, append(keys, ui.Times("tab", begin-s.modeRow()-i)...)...)
	}
	if s.drains() {
		add("drain"+s.drain.Now()+": "+s.drainWords(), to(s.drainRow())...)
	}
	switch {
	case s.overlaps():
		add("overlap"+s.overlap.Now()+": "+overlapWords, to(s.soakRow())...)
	case s.soaks():
		add("soak"+s.soak.Now()+": "+soakWords, to(s.soakRow())...)
	}
	add("begin, "+s.chosen().name+": the preflight changes nothing", append(to(begin), ui.Press("enter"))...)
	ask.Choices = append(ask.Choices, ui.Choice{Words: "cancel", Key: "esc", Keys: ui.Times("esc", 1)})
	out.Ask = ask
	return out
}

// Speak is a rotation as it stands: its keys, its stages, what came of the last one, and what is to be said or done now.
func (s *Screen) Speak() ui.Speech {
	var out ui.Speech
	if f, failure := s.phase.(failed); failure && s.rotation == nil {
		out.Answers = s.failureWords(f)
		out.Ask = s.asks()
		return out
	}
	if s.rotation == nil {
		out.Progress = "Opening the rotation"
		return out
	}
	v := s.view
	head := "Rotation " + v.ID + ", " + string(v.Mode)
	if s.place.Setting.LooksLive() {
		head += ", LIVE"
	}
	oldState, newState := s.keyStates()
	lines := []string{head, "old key " + v.Old.Called() + ", id " + v.Old.ID + ", " + oldState.word}
	switch {
	case v.Rolls():
		lines[1] = "key " + v.Old.Called() + ", id " + v.Old.ID + ", former secret " + oldState.word
		if v.New == nil {
			newState.word = "not made yet"
		}
		lines = append(lines, "new secret "+newState.word)
	case v.New == nil:
		lines = append(lines, "new key "+v.NewName+", not made yet")
	default:
		lines = append(lines, "new key "+v.New.Called()+", id "+v.New.ID+", "+newState.word)
	}
	if at, is := current(v); is {
		lines = append(lines, fmt.Sprintf("Stage %d of %d, %s: %s", at+1, len(v.Plan), v.Plan[at].Title, v.Plan[at].Text))
	}
	out.Facts = ui.Facts(lines...)
	p := page{env: s.env, width: ui.Unbroken}
	switch now := s.phase.(type) {
	case ready:
		last := now.last
		if v.New != nil && last.Status != rotation.Stopped {
			last.Message = "" // what is certain says it
		}
		s.viewCame(&p, last)
		out.Facts = append(append(out.Facts, ui.Facts(p.lines...)...), s.knownWords()...)
		p.lines = nil
		if s.atFirst() || s.unfolded {
			s.viewPlan(&p)
		}
		out.Facts = append(out.Facts, ui.Facts(p.lines...)...)
		if s.full == nil { // it is on its way
			return out
		}
		if v.Next.Undo != "" {
			out.Facts = append(out.Facts, ui.Facts("undo would do: "+v.Next.Undo)...)
		}
	case working:
		out.Progress = s.workingWords(now)
		if now.over == nil {
			return out
		}
		out.Ask = s.asks()
		return out
	case waiting:
		for _, n := range now.last.Notes {
			lines = append(lines, "! "+n)
		}
		out.Facts = ui.Facts(lines...)
		out.Progress = s.waitWords(now)
	case asking:
		s.speakQuestion(&out, now)
		return out
	case failed:
		out.Answers = s.failureWords(now)
		out.Facts = append(out.Facts, s.knownWords()...)
	case finished:
		s.viewEnd(&p)
		out.Facts = append(append(out.Facts, ui.Facts(p.lines...)...), s.knownWords()...)
	}
	out.Ask = s.asks()
	return out
}

// knownWords are what is certain, what is not, how the two keys differ, and what the preflight found.
func (s *Screen) knownWords() []ui.Fact {
	var lines []string
	for _, c := range s.certain() {
		lines = append(lines, "certain: "+c)
	}
	for _, u := range s.view.Unknown {
		lines = append(lines, "? "+u)
	}
	for _, n := range s.view.Notes {
		lines = append(lines, "! "+n)
	}
	p := page{env: s.env, width: ui.Unbroken}
	s.viewDifferences(&p)
	return ui.Facts(append(lines, p.lines...)...)
}

// asks are the keys that act now, as choices.
func (s *Screen) asks() *ui.Ask {
	return &ui.Ask{Words: s.Title(), Choices: ui.ChoicesOf(s.env.Keys, s.Bindings())}
}

// workingWords say what is under way.
func (s *Screen) workingWords(now working) string {
	if now.over != nil {
		return s.waitWords(*now.over)
	}
	words := s.doing(now)
	if at, is := current(s.view); is && s.view.Plan[at].Text == words { // what it does was said with the stage
		words = s.view.Plan[at].Title + " is under way"
	}
	if past := s.env.Now().Sub(now.since); past >= 10*time.Second {
		words += ", " + ui.Span(past.Truncate(10*time.Second))
	}
	if now.exit != stays {
		words += ", leaving when this step has ended"
	}
	return ui.InWords(words)
}

// waitWords say how long a wait still takes, in minutes while it is long, and what is seen of the old key.
func (s *Screen) waitWords(now waiting) string {
	words := now.last.Message
	left := max(now.ends.Sub(s.env.Now()), 0)
	switch {
	case left > 2*time.Minute:
		left = left.Round(time.Minute)
	default:
		left = left.Round(10 * time.Second)
	}
	if now.last.Total > 0 {
		words += ", " + left.String() + " left"
	}
	if w := now.last.Watch; w != nil && w.Visible {
		words += map[bool]string{true: ", the former secret", false: ", the old key"}[s.view.Rolls()] + " was last used " + ui.Moment(w.OldUsed, s.env.Now())
		if w.Moved {
			words += ": something still uses it"
		}
	}
	return ui.InWords(words)
}

// speakQuestion is a question with its statements and choices by number.
func (s *Screen) speakQuestion(out *ui.Speech, now asking) {
	q := now.q
	lines := []string{q.Text}
	if !q.Each {
		lines = append(lines, q.Lines...)
	}
	if q.Flag != "" {
		lines = append(lines, "as a command: "+q.Flag)
	}
	out.Facts = append(out.Facts, ui.Facts(lines...)...)
	if now.why != "" {
		out.Answers = []string{"failed: " + now.why}
	}
	if now.typing != "" {
		c, _ := q.Choice(now.typing)
		out.Ask = &ui.Ask{Words: "Reason, it is recorded (" + c.Label + ")", Text: ui.Line(s.input)}
		if now.wants == rotation.WantsSecret {
			out.Ask = &ui.Ask{Words: "New secret, it is not shown (" + c.Label + ")", Secret: true, Text: ui.Line(s.input)}
		}
		return
	}
	ask := &ui.Ask{Words: s.Title()}
	if q.Each {
		for i, text := range q.Lines {
			ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(map[bool]string{true: "[x] ", false: "[ ] "}[now.ticked[i]] + text),
				Keys: append(ui.Way(now.at, i), ui.Press(" "))})
		}
	}
	caps := letters(q)
	for i, c := range q.Choices {
		press := caps[i]
		if c.ID == q.Default && c.ID != rotation.No || press == "" {
			press = "enter"
		}
		words := c.Label
		if c.Does != "" && c.ID != rotation.No {
			words += ": " + c.Does
		}
		if q.Each && c.ID == rotation.Yes && now.left() > 0 {
			words += ", once every line is ticked"
		}
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(words), Key: press, Keys: ui.Times(press, 1)})
	}
	more := []key.Binding{s.env.Keys.Evidence}
	if q.Each {
		more = append(more, ui.Does(s.env.Keys.Every, "tick all"))
	}
	ask.Choices = append(ask.Choices, ui.ChoicesOf(s.env.Keys, more)...)
	out.Ask = ask
}

// Speak gives the rotations by number; what is done is done with the one that was chosen last.
func (l *List) Speak() ui.Speech {
	var out ui.Speech
	ask := &ui.Ask{Words: "Rotations"}
	out.Ask = ask
	switch {
	case l.err != nil:
		out.Answers = []string{"failed: " + l.err.Error()}
	case !l.loaded:
		return ui.Speech{Progress: "Reading the journals"}
	case len(l.views) == 0:
		out.Facts = ui.Facts("No rotation was begun here.")
	}
	for i, v := range l.views {
		words := v.ID + ", unreadable"
		if v.Err == nil {
			words = v.Old.Called() + ", profile " + v.Profile + ", " + l.rowState(v) + ", at " + v.PublicStep() + ", begun " + v.Started.In(l.env.Zone).Format("2006-01-02 15:04")
		}
		ask.Choices = append(ask.Choices, ui.Choice{Words: ui.InWords(words), Do: func() { l.cursor = i }})
	}
	if v, ok := l.selected(); ok {
		ask.Words += ", chosen " + ui.Clean(v.Old.Called())
		p := page{env: l.env, width: ui.Unbroken}
		l.viewSelected(&p, v)
		out.Facts = append(out.Facts, ui.FactsOf(v.ID, p.lines...)...)
	}
	ask.Choices = append(ask.Choices, ui.ChoicesOf(l.env.Keys, l.Bindings())...)
	return out
}

// Speak tells what was observed, a line each.
func (e *Evidence) Speak() ui.Speech {
	width := e.text.Width
	e.text.Width = ui.Unbroken
	lines := e.lines()
	e.text.Width = width
	out := ui.Speech{Ask: &ui.Ask{Words: e.Title(), Choices: ui.ChoicesOf(e.env.Keys, e.Bindings())}}
	for i, f := range ui.Facts(lines...) {
		f.Same = strconv.Itoa(i) + f.Text
		out.Facts = append(out.Facts, f)
	}
	return out
}

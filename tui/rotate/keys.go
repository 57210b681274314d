package rotate

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// key is the event that a key press is, or what else comes of it.
func (s *Screen) key(msg tea.KeyMsg) (event, tea.Cmd) {
	k := s.env.Keys
	a, asks := s.phase.(asking)
	if asks && a.typing != "" {
		return s.typed(msg, a)
	}
	if asks && !s.env.Early {
		for i, c := range a.q.Choices {
			if letter := letters(a.q)[i]; letter != "" && msg.String() == letter && c.ID != rotation.No {
				return chose{c.ID}, nil
			}
		}
	}
	if asks && a.q.Each && key.Matches(msg, k.Up, k.Down) {
		return pressed{map[bool]press{true: pressUp, false: pressDown}[key.Matches(msg, k.Up)]}, nil
	}
	switch {
	case s.text.Update(msg):
		s.moved = true
	case key.Matches(msg, k.Evidence) && s.rotation != nil:
		return nil, ui.Do(ui.Push{Screen: NewEvidence(s.env, s.place, s.rotation.View)})
	case key.Matches(msg, k.Plan) && s.full != nil && !asks:
		s.unfolded, s.moved = !s.unfolded, false
	default:
		if p, means := s.means(msg, asks); means {
			return pressed{p}, nil
		}
	}
	return nil, nil
}

// means is what a key means where no text is typed.
func (s *Screen) means(msg tea.KeyMsg, asks bool) (press, bool) {
	k := s.env.Keys
	for _, m := range []struct {
		p press
		b []key.Binding
	}{
		{pressEnter, []key.Binding{k.Confirm}},
		{pressUndo, []key.Binding{k.Undo}},
		{pressTick, []key.Binding{k.Tick}},
		{pressTickAll, []key.Binding{k.Every}},
		{pressAttest, []key.Binding{k.Attest}},
		{pressReenable, []key.Binding{k.Toggle}},
		{pressClose, []key.Binding{k.CloseAsIs}},
		{pressTurn, []key.Binding{k.TurnAround}},
	} {
		if key.Matches(msg, m.b...) {
			return m.p, true
		}
	}
	switch {
	case msg.Type == tea.KeyCtrlC:
		return pressQuit, true
	case key.Matches(msg, k.Cancel, k.Back, k.Quit), asks && key.Matches(msg, k.No):
		return pressLeave, true
	}
	return 0, false
}

// typed is a key for the input.
func (s *Screen) typed(msg tea.KeyMsg, a asking) (event, tea.Cmd) {
	switch msg.Type {
	case tea.KeyEsc:
		return pressed{pressLeave}, nil
	case tea.KeyCtrlC:
		return pressed{pressQuit}, nil
	case tea.KeyEnter:
		return s.submit(a)
	}
	s.input.Update(msg)
	return edited{s.input.Problem()}, nil
}

func (s *Screen) submit(a asking) (event, tea.Cmd) {
	text := s.input.Value()
	if a.wants != rotation.WantsSecret {
		return wrote{reason: text}, nil
	}
	if text == "" && a.why != "" { // what was wrong with the paste says more than that nothing is there
		return nil, nil
	}
	secret, err := apikey.ParseSecret(text)
	if err != nil {
		return edited{err.Error()}, nil
	}
	return wrote{secret: secret}, nil
}

// letters are the keys of a question's choices, in their order. The default is enter's too; what is left for later is esc's.
func letters(q rotation.Question) []string {
	taken := map[string]bool{"y": true, "u": true, "j": true, "k": true, "i": true, "n": true, "q": true, "h": true}
	out := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		switch {
		case c.ID == rotation.No:
			out[i] = "esc"
			continue
		case c.ID == rotation.Yes && !q.Each:
			out[i] = "y"
			continue
		case c.ID == q.Default || q.Each || c.ID == "":
			continue // enter's
		}
		for _, letter := range strings.Split(strings.ToLower(c.ID), "") {
			if letter >= "a" && letter <= "z" && !taken[letter] {
				out[i], taken[letter] = letter, true
				break
			}
		}
	}
	return out
}

// Bindings are the keys that act now.
func (s *Screen) Bindings() []key.Binding {
	k := s.env.Keys
	switch p := s.phase.(type) {
	case opening, working:
		return []key.Binding{ui.Does(k.Cancel, "leave after this step"), k.Evidence}
	case asking:
		return s.askingBindings(p)
	case finished:
		return []key.Binding{ui.Does(k.Confirm, "close"), k.Evidence}
	case failed:
		if p.fatal {
			return []key.Binding{ui.Does(k.Confirm, "close")}
		}
	}
	// Where the line is short the last ones give way; the screen itself names them.
	_, failure := s.phase.(failed)
	_, waits := s.phase.(waiting)
	enter, away := s.enterDoes(), "leave"
	switch {
	case failure && goesBack(s.phase, s.view) && !s.view.Undoing:
		enter, away = "try again", "back"
	case failure:
		enter = "try again"
	case waits:
		away = "to the list"
	}
	out := []key.Binding{ui.Does(k.Confirm, enter)}
	if s.view.Next.Undo != "" && !goesBack(s.phase, s.view) {
		out = append(out, k.Undo)
	}
	out = append(out, ui.Does(k.Cancel, away), k.Evidence)
	if waits && canReenable(s.view) {
		out = append(out, ui.Does(k.Toggle, "turn the old key on"))
	}
	if waits && canAttest(s.view) {
		out = append(out, ui.Does(k.Attest, "wait no longer"))
	}
	if s.view.Undoing {
		out = append(out, ui.Does(k.TurnAround, "go on instead"))
	}
	return append(out, k.Plan, k.CloseAsIs)
}

func (s *Screen) askingBindings(a asking) []key.Binding {
	k := s.env.Keys
	if a.typing != "" {
		return []key.Binding{ui.Does(k.Confirm, "go on"), ui.Does(k.Cancel, "back")}
	}
	var out []key.Binding
	if a.q.Each {
		out = append(out, ui.Does(k.Tick, "tick"))
	}
	var rest []key.Binding
	caps := letters(a.q)
	for i, c := range a.q.Choices {
		letter := caps[i]
		if c.ID == a.q.Default && c.ID != rotation.No || letter == "" {
			letter = "enter"
		}
		b := key.NewBinding(key.WithKeys(letter), key.WithHelp(letter, short(c.Label)))
		if c.ID == rotation.No || i == 0 && !a.q.Each { // the way out is on the shortest line
			out = append(out, b)
		} else {
			rest = append(rest, b)
		}
	}
	if a.q.Each {
		out = append(out, ui.Does(k.Every, "all"))
	}
	return append(append(out, rest...), k.Evidence)
}

// short is a label up to where it begins to explain itself.
func short(label string) string {
	label, _, _ = strings.Cut(label, ":")
	label, _, _ = strings.Cut(label, ";")
	return label
}

// enterDoes is the verb phrase of the enter key where a step, a wait or a failure is shown.
func (s *Screen) enterDoes() string {
	switch p := s.phase.(type) {
	case waiting:
		return "look again now"
	case working:
		if p.over != nil {
			return "look again now"
		}
	case failed:
		if p.undo && !s.view.Undoing {
			return "try again: undo"
		}
		return strings.TrimSuffix("try again: "+s.view.Next.Default, ": ")
	}
	return s.view.Next.Default
}

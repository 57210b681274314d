package rotate

import (
	"errors"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"detent/client"
	"detent/rotation"
	"detent/tui/ui"
)

// viewBlock is the one thing to look at: what enter does, what is asked, what is waited for, what failed, or the end.
// told says that the checklist shows what the current stage does.
func (s *Screen) viewBlock(p *page, told bool) {
	st := p.style()
	switch now := s.phase.(type) {
	case working:
		if now.over != nil {
			s.viewWait(p, *now.over)
			return
		}
		s.viewWorking(p, now)
	case waiting:
		s.viewWait(p, now)
	case asking:
		p.withBar(st.Warn, func(p *page) { s.viewQuestion(p, now) })
	case failed:
		s.viewFailure(p, now)
	case finished:
		p.withBar(st.Good, func(p *page) {
			s.viewEnd(p)
			p.wrap(s.keyCap("enter"), s.emphasis(), "close")
		})
	case ready:
		p.withBar(st.Accent, func(p *page) {
			s.action(p, s.enterDoes())
			if !told || !s.planned(s.view.Next.Text) { // what happens, before it happens
				p.wrap("        ", st.Dim, s.view.Next.Text)
			}
		})
	}
}

// keyCap is a key that confirms: a button, dim for as long as it is not taken.
func (s *Screen) keyCap(name string) string {
	st := s.env.Styles
	style := st.Focused
	if s.env.Early {
		style = st.Dim
		if st.Renderer.ColorProfile() == termenv.Ascii { // where nothing can be dim
			return "(" + name + ")" + strings.Repeat(" ", max(8-len(name)-2, 1))
		}
	}
	return style.Render(" "+name+" ") + strings.Repeat(" ", max(8-len(name)-2, 1))
}

func (s *Screen) emphasis() lipgloss.Style {
	if s.env.Early {
		return s.env.Styles.Dim
	}
	return s.env.Styles.Strong
}

// action is what enter does and what u would undo.
func (s *Screen) action(p *page, does string) {
	st, v := p.style(), s.view
	p.wrap(s.keyCap("enter"), s.emphasis(), does)
	if v.Undoing {
		p.wrap(hint(st, "t"), st.Base, "give the undo up and go on: what was put back is delivered again")
	}
	if v.Next.Undo != "" && !goesBack(s.phase, v) {
		p.wrap(hint(st, "u"), st.Base, "undo: "+v.Next.Undo)
	}
}

// hint is a key beside what it does.
func hint(st *ui.Styles, name string) string {
	return st.Key.Render(" " + ui.Pad(name, 7))
}

// viewCame is what came of the step before.
func (s *Screen) viewCame(p *page, last rotation.Result) {
	st := p.style()
	if last.Message != "" {
		lead := st.Good.Render("✓ ")
		if last.Status == rotation.Stopped {
			lead = st.Warn.Render("! ")
		}
		p.wrap(lead, st.Base, last.Message)
	}
	for _, n := range last.Notes {
		p.wrap(st.Warn.Render("! "), st.Base, n)
	}
	s.viewOutput(p, last.Output)
}

// doing is what a call does.
func (s *Screen) doing(now working) string {
	switch {
	case now.verb == toEnd:
		return "closing it as it stands"
	case now.undo && now.verb == toUndo:
		return "Undoing: " + s.view.Next.Undo
	}
	return s.view.Next.Text
}

func (s *Screen) viewWorking(p *page, now working) {
	st := p.style()
	p.withBar(st.Accent, func(p *page) {
		p.wrap(st.Accent.Render("… "), st.Base, s.doing(now))
		left := ""
		if now.exit != stays {
			left = "leaving when this step has ended · "
		}
		p.line("  " + st.Dim.Render(left+clock(s.env.Now().Sub(now.since))))
	})
}

// viewOutput shows what a destination's command printed, its last lines.
func (s *Screen) viewOutput(p *page, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) > 6 {
		lines = lines[len(lines)-6:]
	}
	for _, l := range lines {
		p.line(p.style().Dim.Render("  │ " + ui.Clean(l)))
	}
}

// failure is what failed, and what to do about it.
func (s *Screen) failure(now failed) (what, todo string) {
	what = now.err.Error()
	var refused *rotation.RefusedError
	var step *rotation.StepError
	switch {
	case errors.As(now.err, &step):
		what, todo = step.Err.Error(), step.Next
		if now.last.Output != "" { // its last lines are under it
			what, _, _ = strings.Cut(what, "; its last output:")
		}
		what = string(step.Step) + " failed: " + what
	case errors.As(now.err, &refused):
		what, todo = refused.Reason, refused.Next
	}
	if errors.As(now.err, &refused) && now.undo {
		what = "no undo: " + what
	}
	return what, todo
}

// failureWords are a failure for who hears the screen.
func (s *Screen) failureWords(now failed) []string {
	what, todo := s.failure(now)
	p := page{env: s.env, width: ui.Unbroken}
	s.viewOutput(&p, now.last.Output)
	lines := append([]string{"✗ " + what}, p.lines...)
	if hint := client.HintOf(now.err); hint != "" {
		lines = append(lines, "hint: "+hint)
	}
	if todo != "" {
		lines = append(lines, "to do: "+todo)
	}
	return ui.Words(lines...)
}

// viewFailure says what failed and what to do about it. What is certain follows under CERTAIN.
func (s *Screen) viewFailure(p *page, now failed) {
	st := p.style()
	p.withBar(st.Bad, func(p *page) {
		what, todo := s.failure(now)
		p.wrap(st.Bad.Render("✗ "), st.Strong, what)
		s.viewOutput(p, now.last.Output)
		if hint := client.HintOf(now.err); hint != "" {
			p.wrap(st.Dim.Render("  hint   "), st.Base, hint)
		}
		if todo != "" {
			p.wrap(st.Dim.Render("  to do  "), st.Base, todo)
		}
		if now.fatal {
			return
		}
		s.action(p, s.enterDoes())
		if now.undo && !s.view.Undoing {
			p.wrap(hint(st, "esc"), st.Base, "back to the rotation: it goes on where it was")
		}
	})
}

func (s *Screen) viewOpening(p *page) {
	if now, failure := s.phase.(failed); failure {
		s.viewFailure(p, now)
		return
	}
	p.line(p.style().Dim.Render("Opening the rotation …"))
}

func (s *Screen) viewEnd(p *page) {
	st, v := p.style(), s.view
	word := map[rotation.State]string{rotation.Over: "Done.", rotation.Aborted: "Undone.", rotation.Closed: "Closed as it stands."}[v.State]
	if v.Changed.After(v.Started) {
		word += " It took " + clock(v.Changed.Sub(v.Started)) + "."
	}
	p.wrap(st.Good.Render("✓ "), st.Strong, word)
	for _, l := range v.Left {
		p.wrap(st.Warn.Render("! "), st.Base, l)
	}
	if now := s.phase.(finished); now.last.Output != "" {
		s.viewOutput(p, now.last.Output)
	}
}

// viewQuestion shows any question, by its data alone.
func (s *Screen) viewQuestion(p *page, now asking) {
	st, q := p.style(), now.q
	p.wrap(st.Warn.Render("? "), st.Strong, q.Text)
	for i, text := range q.Lines {
		switch {
		case !q.Each:
			p.wrap(st.Dim.Render("  · "), st.Base, text)
		case i == now.at:
			p.wrap(st.Accent.Render("▸ ")+tickBox(st, now.ticked[i]), st.Strong, text)
		default:
			p.wrap("  "+tickBox(st, now.ticked[i]), st.Base, text)
		}
	}
	if now.typing != "" {
		s.viewInput(p, now)
	} else {
		s.viewChoices(p, now)
	}
	if now.why != "" {
		p.wrap("  "+st.Bad.Render("✗ "), st.Base, now.why)
	}
	if q.Flag != "" {
		p.wrap(st.Dim.Render("  as a command: "), st.Dim, q.Flag)
	}
}

func tickBox(st *ui.Styles, on bool) string {
	if on {
		return st.Good.Render("[x] ")
	}
	return "[ ] "
}

func (s *Screen) viewInput(p *page, now asking) {
	st := p.style()
	c, _ := now.q.Choice(now.typing)
	label := "  Reason " + st.Dim.Render("(it is recorded)") + ": "
	if now.wants == rotation.WantsSecret {
		label = "  New secret: "
	}
	p.line(label + s.input.View(p.width-ui.Width(label)-2))
	p.wrap(s.keyCap("enter"), s.emphasis(), c.Label)
	p.wrap(hint(st, "esc"), st.Base, "back to the choices")
}

func (s *Screen) viewChoices(p *page, now asking) {
	st, q := p.style(), now.q
	if q.Each {
		p.wrap(hint(st, "space"), st.Base, "tick a line that is so; * ticks all")
	}
	for i, c := range q.Choices {
		caps, style := letters(q)[i], st.Base
		isDefault, ofAll := c.ID == q.Default, q.Each && c.ID == rotation.Yes
		switch {
		case ofAll && now.left() > 0:
			p.wrap(st.Dim.Render(" "+ui.Pad("enter", 7)), st.Dim, c.Label+", once every line is ticked")
			continue
		case ofAll || isDefault && c.ID != rotation.No:
			p.wrap(s.keyCap("enter"), s.emphasis(), c.Label)
			s.viewDoes(p, c)
			continue
		case s.env.Early && c.ID != rotation.No:
			style = st.Dim
		}
		mark := ""
		if isDefault && !q.Each {
			mark = " (enter, too)"
		}
		lead := hint(st, caps)
		if style.GetFaint() {
			lead = st.Dim.Render(" " + ui.Pad(caps, 7))
		}
		p.wrap(lead, style, c.Label+mark)
		s.viewDoes(p, c)
	}
}

// viewDoes says what comes of a choice, where there is room for it.
func (s *Screen) viewDoes(p *page, c rotation.Choice) {
	if c.Does != "" && s.height >= 20 && c.ID != rotation.No {
		p.wrap("        ", p.style().Dim, c.Does)
	}
}

// viewWait is a wait: how long it still takes, and what is seen of the old key.
func (s *Screen) viewWait(p *page, now waiting) {
	st := p.style()
	p.withBar(st.Accent, func(p *page) {
		left := max(now.ends.Sub(s.env.Now()), 0)
		p.wrap(st.Accent.Render("… "), st.Strong, now.last.Message)
		if total := now.last.Total; total > 0 {
			width := min(40, p.width-20)
			p.line("  " + bar(st, 1-float64(left)/float64(total), width) + "  " + clock(left) + " left")
		}
		if w := now.last.Watch; w != nil {
			s.viewWatch(p, w)
		}
		p.wrap(s.keyCap("enter"), s.emphasis(), "look again now")
		if canAttest(s.view) {
			p.wrap(hint(st, "a"), st.Base, "confirm it yourself and wait no longer")
		}
		if canReenable(s.view) {
			p.wrap(hint(st, "x"), st.Base, "turn the old key on again")
		}
		if s.view.Next.Undo != "" {
			p.wrap(hint(st, "u"), st.Base, "undo: "+s.view.Next.Undo)
		}
		p.wrap(hint(st, "esc"), st.Base, "to the list: the wait goes on while detent runs, R brings it back")
	})
	for _, n := range now.last.Notes {
		p.wrap(st.Warn.Render("! "), st.Base, n)
	}
}

func (s *Screen) viewWatch(p *page, w *rotation.Watch) {
	st := p.style()
	if !w.Visible {
		p.wrap("  ", st.Dim, "This service does not show when a key was last used.")
		return
	}
	state := st.Good.Render("quiet for " + clock(w.QuietFor))
	if w.Moved {
		state = st.Warn.Render("something still uses it")
	}
	old, made := "  old key  ", "  new key  "
	if s.view.Rolls() {
		old, made = "  former secret  ", "  new secret     "
	}
	p.line(st.Dim.Render(old) + "last used " + ui.Moment(w.OldUsed, s.env.Now()) + ", " + state + st.Dim.Render(", "+ui.Count(w.Polls, "look")))
	p.line(st.Dim.Render(made) + "last used " + ui.Moment(w.NewUsed, s.env.Now()))
	if w.OwnTraces {
		p.wrap("  "+st.Warn.Render("! "), st.Base, "The old key moves with every look of ours: it may be the credential that detent itself uses.")
	}
}

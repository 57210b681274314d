package rotate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/tui/ui"
)

// page collects lines of one width.
type page struct {
	env   *ui.Env
	width int
	lines []string
}

func (p *page) line(text string)       { p.lines = append(p.lines, ui.Pad(text, p.width)) }
func (p *page) blank()                 { p.line("") }
func (p *page) title(text string)      { p.blank(); p.line(p.env.Styles.Column.Render(text)) }
func (p *page) style() *ui.Styles      { return p.env.Styles }
func (p *page) split(l, r string)      { p.lines = append(p.lines, ui.Spread(l, r, p.width)) }
func clean(s string) string            { return ui.Clean(s) }
func plural(n int, noun string) string { return ui.Count(n, noun) }

// wrap writes text behind a lead, its further lines under the first word.
func (p *page) wrap(lead string, style lipgloss.Style, text string) {
	indent := ui.Width(lead)
	for i, l := range ui.Wrap(clean(text), p.width-indent) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		p.line(lead + style.Render(l))
	}
}

// window is the part of the page that fits, from line start; what does not fit can be scrolled to.
func (p *page) window(start, height int) string {
	if height <= 0 {
		return ""
	}
	hidden := len(p.lines) - height
	if hidden <= 0 {
		return strings.Join(p.lines, "\n")
	}
	start = max(min(start, hidden), 0)
	lines := append([]string(nil), p.lines[start:start+height]...)
	more := func(n int, where string) string {
		return ui.Pad(p.style().Dim.Render(fmt.Sprintf("  … %s %s: j and k scroll", plural(n, "line"), where)), p.width)
	}
	if start > 0 {
		lines[0] = more(start+1, "above")
	}
	if below := hidden - start; below > 0 {
		lines[height-1] = more(below+1, "below")
	}
	return strings.Join(lines, "\n")
}

func (s *Screen) viewOpening(p *page) {
	if s.err == nil {
		p.line(p.style().Dim.Render("Opening the rotation …"))
		return
	}
	s.viewError(p)
}

// keyLine is one of the two keys: name, id, and whether it is on, used, gone.
func (s *Screen) keyLine(which string, k apikey.Key, gone, off bool) string {
	st := s.env.Styles
	state := st.Good.Render("on")
	switch {
	case gone:
		state = st.Dim.Render("gone")
	case off:
		state = st.Warn.Render("off")
	}
	used := ""
	if k.LastUsedAt.Known() {
		used = st.Dim.Render("  last used " + ui.Moment(k.LastUsedAt, s.env.Now()))
	}
	return st.Dim.Render(which+"  ") + st.Strong.Render(clean(k.Name)) + st.Dim.Render("  "+clean(k.ID)+"  ") + state + used
}

// viewNow is the one thing to look at: the question, the wait, the error or the next step.
// told says that the checklist shows what the current step does.
func (s *Screen) viewNow(p *page, told bool) {
	st := p.style()
	p.line(st.Dim.Render(strings.Repeat("─", p.width)))
	if s.err == nil && !s.busy && s.last.Said != "" && s.asking == askNothing && !s.waiting() && !s.finished() {
		lead := st.Good.Render("✓ ")
		if s.last.Status == rotation.Stopped {
			lead = st.Warn.Render("! ")
		}
		p.wrap(lead, st.Base, s.last.Said)
	}
	if !s.busy {
		for _, n := range s.last.Notes {
			p.wrap(st.Warn.Render("! "), st.Base, n)
		}
		if s.err == nil {
			s.viewOutput(p)
		}
	}
	switch {
	case s.busy && !s.polling:
		what := s.view.Next.Text
		if s.undoing {
			what = "Undoing: " + s.view.Next.Undo
		}
		p.wrap(st.Accent.Render("… "), st.Base, what)
		left := ""
		if s.leaving {
			left = "leaving when this step has ended · "
		}
		p.line("  " + st.Dim.Render(left+clock(s.env.Now().Sub(s.since))))
	case s.asking == askConsent:
		p.wrap(st.Warn.Render("! "), st.Base, s.refusal.Error())
		s.choice(p, "y", "deliver there all the same")
		s.choice(p, "esc", "leave: nothing was changed")
	case s.err != nil:
		s.viewError(p)
	case s.asking != askNothing:
		s.viewQuestion(p)
	case s.waiting():
		s.viewWait(p)
	case s.finished():
		word := "Done. The old key is gone, the new one is in use."
		if s.view.State == rotation.Aborted {
			word = "Undone. The old key is in use as before."
		}
		p.wrap(st.Good.Render("✓ "), st.Strong, word)
	default:
		if !told || !s.planned(s.view.Next.Text) { // what happens, before it happens
			p.wrap(st.Dim.Render("next   "), st.Base, s.view.Next.Text)
		}
		p.wrap(st.Key.Render("enter")+"  ", st.Strong, s.enterDoes())
		if s.view.Next.Undo != "" {
			p.wrap(st.Key.Render("u")+"      ", st.Dim, s.view.Next.Undo)
		}
	}
}

// viewOutput shows what a destination's command printed, its last lines.
func (s *Screen) viewOutput(p *page) {
	text := strings.TrimSpace(s.last.Output)
	if text == "" {
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

// viewError says what failed and what to do about it. What is certain follows under CERTAIN.
func (s *Screen) viewError(p *page) {
	st := p.style()
	var step *rotation.StepError
	if !errors.As(s.err, &step) {
		p.wrap(st.Bad.Render("✗ "), st.Base, s.err.Error())
		return
	}
	what := step.Err.Error()
	if s.last.Output != "" { // its last lines are under it
		what, _, _ = strings.Cut(what, "; its last output:")
	}
	p.wrap(st.Bad.Render("✗ "), st.Base, string(step.Step)+" failed: "+what)
	s.viewOutput(p)
	var service *client.Error
	if errors.As(s.err, &service) && service.Hint != "" {
		p.wrap(st.Dim.Render("hint   "), st.Base, service.Hint)
	}
	if step.Next != "" {
		p.wrap(st.Dim.Render("next   "), st.Base, step.Next)
	}
	p.wrap(st.Key.Render("enter")+"  ", st.Strong, s.enterDoes())
	if s.view.Next.Undo != "" {
		p.wrap(st.Key.Render("u")+"      ", st.Dim, s.view.Next.Undo)
	}
}

// choice is a key and what it answers.
func (s *Screen) choice(p *page, key, does string) {
	p.wrap("  "+s.env.Styles.Key.Render(ui.Pad(key, 7)), s.env.Styles.Base, does)
}

func (s *Screen) viewQuestion(p *page) {
	st := p.style()
	switch s.asking {
	case askLeave:
		p.wrap(st.Warn.Render("! "), st.Strong, "The new secret is only in memory. Leaving now loses it.")
		s.choice(p, "enter", "deliver it now")
		s.choice(p, "d", "delete the new key; the old one stays in use")
		s.choice(p, "esc", "stay")
	case askUndo:
		p.wrap(st.Warn.Render("! "), st.Strong, "Undo? "+s.view.Next.Undo)
		s.choice(p, "y", "undo")
		s.choice(p, "esc", "stay")
	case askStatements:
		if s.last.Need == rotation.NeedAttest {
			p.wrap(st.Warn.Render("! "), st.Base, s.last.Said)
		}
		for i, text := range s.view.Statements() {
			switch {
			case i < s.stated:
				p.wrap("  "+st.Good.Render("[x] "), st.Dim, text)
			case i == s.stated:
				p.wrap(st.Accent.Render("▸ ")+"[ ] ", st.Strong, text)
			default:
				p.wrap("  [ ] ", st.Dim, text)
			}
		}
		s.choice(p, "y", "yes, that is so")
		s.choice(p, "esc", "not yet: leave it for later")
	case askReason:
		p.wrap(st.Warn.Render("! "), st.Strong, s.last.Said)
		p.line("  Reason " + st.Dim.Render("(it is recorded)") + ": " + ui.InputLine(s.env, &s.input, p.width-28))
	case askPaste:
		p.wrap(st.Accent.Render("▸ "), st.Strong, s.last.Said)
		p.line("  New secret: " + strings.Repeat("•", min(len(s.input.Value()), 24)) + st.Dim.Render("  "+plural(len(s.input.Value()), "character")))
	}
	if s.problem != "" {
		p.wrap("  "+st.Bad.Render("✗ "), st.Base, s.problem)
	}
}

// viewWait is a wait: how long it still takes, and what is seen of the old key.
func (s *Screen) viewWait(p *page) {
	st := p.style()
	left := max(s.waitEnds.Sub(s.env.Now()), 0)
	p.wrap(st.Accent.Render("… "), st.Strong, s.last.Said)
	if total := s.last.Total; total > 0 {
		width := min(40, p.width-20)
		p.line("  " + bar(st, 1-float64(left)/float64(total), width) + "  " + clock(left) + " left")
	}
	if w := s.last.Watch; w != nil {
		s.viewWatch(p, w)
	}
	if s.view.Step == rotation.Soak {
		p.wrap("  "+st.Key.Render("x")+"    ", st.Dim, "turn the old key on again")
	}
	if s.canAttest() {
		p.wrap("  "+st.Key.Render("a")+"    ", st.Dim, "confirm it yourself and wait no longer")
	}
	p.wrap("  "+st.Key.Render("esc")+"  ", st.Dim, "to the list: the wait goes on while detent runs, R brings it back")
}

func (s *Screen) viewWatch(p *page, w *rotation.Watch) {
	st := p.style()
	if !w.Visible {
		p.wrap("  ", st.Dim, "This service does not show when a key was last used.")
		return
	}
	state := st.Good.Render("still")
	if w.Moved {
		state = st.Warn.Render("moving: something still uses it")
	}
	p.line("  old key last used " + ui.Moment(w.OldUsed, s.env.Now()) + ", " + state +
		st.Dim.Render(fmt.Sprintf("  %s, quiet for %s", plural(w.Polls, "look"), clock(w.QuietFor))))
	p.line("  new key last used " + ui.Moment(w.NewUsed, s.env.Now()))
	if w.OwnTraces {
		p.wrap("  "+st.Warn.Render("! "), st.Base, "The old key moves with every look of ours: it may be the credential that detent itself uses.")
	}
}

func bar(st *ui.Styles, part float64, width int) string {
	full := max(min(int(part*float64(width)+0.5), width), 0)
	return st.Accent.Render(strings.Repeat("█", full)) + st.Dim.Render(strings.Repeat("░", width-full))
}

func clock(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d:%02d", d/time.Minute, d%time.Minute/time.Second)
}

// fieldLabel is a field as people say it. Two lifetimes are compared, not two ends.
func fieldLabel(f apikey.Field) string {
	if f == apikey.FieldExpiry {
		return "lifetime"
	}
	return string(f)
}

// viewDifferences compares the two keys' access, field by field.
func (s *Screen) viewDifferences(p *page) {
	if len(s.view.Diff) == 0 || s.view.State == rotation.Aborted { // then there is no new key any more
		return
	}
	st := p.style()
	p.title("OLD AND NEW ACCESS")
	for _, d := range s.view.Diff {
		label := ui.Pad(fieldLabel(d.Field), 14)
		switch d.Verdict {
		case rotation.Equal:
			p.line(st.Good.Render("  = ") + st.Dim.Render(label) + clean(d.Old))
		case rotation.Tolerated:
			p.line(st.Warn.Render("  ~ ") + st.Dim.Render(label) + clean(d.Old) + " → " + clean(d.New) + st.Dim.Render("  accepted: "+clean(d.Reason)))
		case rotation.NotTold:
			p.line(st.Warn.Render("  ? ") + st.Dim.Render(label) + "the service does not say")
		default:
			p.line(st.Bad.Render("  ≠ ") + st.Dim.Render(label) + clean(d.Old) + " → " + clean(d.New))
		}
	}
}

func (s *Screen) viewKnown(p *page) {
	st := p.style()
	certain := s.view.Certain
	if step := (*rotation.StepError)(nil); errors.As(s.err, &step) {
		certain = step.Certain
	}
	if len(certain) > 0 {
		p.title("CERTAIN")
		for _, c := range certain {
			p.wrap(st.Good.Render("  ✓ "), st.Base, c)
		}
	}
	if len(s.view.Unknown) > 0 {
		p.title("NOT KNOWN")
		for _, u := range s.view.Unknown {
			p.wrap(st.Warn.Render("  ? "), st.Base, u)
		}
	}
	found := s.view.Notes
	if !s.busy { // right after the preflight they stand at the decision that they are for
		found = slices.DeleteFunc(slices.Clone(found), func(n string) bool { return slices.Contains(s.last.Notes, n) })
	}
	if len(found) > 0 {
		p.title("FOUND IN PREFLIGHT")
		for _, n := range found {
			p.wrap(st.Dim.Render("  · "), st.Dim, n)
		}
	}
}

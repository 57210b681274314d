package rotate

import (
	"strings"

	"detent/tui/ui"
)

// View draws the form. Where it does not fit, its lines stand close; where that is not enough they scroll, above what enter does.
func (s *Setup) View() string {
	foot := s.foot()
	rows := s.form(false)
	if len(rows.lines)+1+len(foot) <= s.height {
		rows.blank()
	} else {
		rows = s.form(true)
	}
	s.text.SetSize(s.width, s.height)
	s.text.Show(rows.at, rows.after, len(foot))
	return strings.Join(s.text.Lines(rows.lines, foot), "\n")
}

// formLines are the lines of the rows; the row in focus begins at one, and has as many after it.
type formLines struct {
	page
	at, after int
}

// form draws all rows but the last. Drawn close it has no empty lines, and says what a way does of the one that is chosen alone.
func (s *Setup) form(close bool) formLines {
	st := s.env.Styles
	p := formLines{page: page{env: s.env, width: s.width}}
	mark := func(row int) {
		switch row {
		case s.focus:
			p.at = len(p.lines)
		case s.focus + 1:
			p.after = len(p.lines) - p.at - 1
		}
	}
	gap := func() {
		if !close {
			p.blank()
		}
	}
	p.line(s.old())
	gap()
	p.line(st.Column.Render("WHERE DOES THE APPLICATION READ THIS KEY?"))
	for i, n := range s.named {
		mark(i)
		p.line(s.choice(i, "[ ] ", "[x] ", s.ticks[i], clean(n.Name)+st.Dim.Render("  "+clean(n.Describe))))
		s.viewHolds(&p.page, n.Name)
	}
	mark(s.otherRow())
	switch {
	case !s.env.Remote:
		s.viewOther(&p.page, close)
		mark(s.rememberRow())
		s.viewRemember(&p.page)
	case s.unnamed:
		for _, line := range s.noneNamed() {
			p.wrap("    ", st.Dim, line)
		}
	}
	gap()
	p.line(st.Column.Render("HOW"))
	for i, m := range s.modes {
		mark(s.modeRow() + i)
		s.viewMode(&p.page, i, m, close)
	}
	mark(s.drainRow())
	s.viewDrain(&p.page)
	mark(s.soakRow())
	s.viewSoak(&p.page)
	mark(s.rows() - 1)
	if s.manual {
		p.wrap(st.Dim.Render("· "), st.Dim, "This service makes keys in its dashboard alone: you will make the new one there and paste it.")
	}
	return p
}

// foot is what enter does, from every row, and why it does not.
func (s *Setup) foot() []string {
	st := s.env.Styles
	p := page{env: s.env, width: s.width}
	label := "[ Begin: " + s.chosen().name + " ]"
	begin := st.Focused.Render(label)
	if s.env.Early {
		begin = st.Button.Render(label)
	}
	p.wrap(s.lead(s.rows()-1)+begin+"  ", st.Dim, "the preflight changes nothing")
	if s.problem != "" {
		p.wrap(st.Bad.Render("✗ "), st.Base, s.problem)
	}
	return p.lines
}

// viewOther draws the typed place, and how it may go on or is written.
func (s *Setup) viewOther(p *page, close bool) {
	st := s.env.Styles
	p.line(s.lead(s.otherRow()) + st.Dim.Render("place  ") + s.other.View(s.width-13))
	for _, line := range s.goes.Lines(p.width - 11) {
		p.line("           " + line)
	}
	switch spec := s.typedPlace(); {
	case spec != "" && (s.holds[spec].words != "" || s.holds[spec].err != nil):
		s.viewHolds(p, spec)
	case !close || s.focus == s.otherRow():
		p.wrap("    ", st.Dim, "PATH:VARIABLE for a .env file, file:PATH, command:CMD, clipboard")
	}
}

func (s *Setup) viewMode(p *page, i int, m mode, close bool) {
	st, on := s.env.Styles, s.chosen().name == m.name
	if close {
		if p.line(s.choice(s.modeRow()+i, "( ) ", "(•) ", on, m.name)); on {
			p.wrap("      ", st.Dim, m.text)
		}
		return
	}
	p.wrap(s.choice(s.modeRow()+i, "( ) ", "(•) ", on, ui.Pad(m.name, 24)), st.Dim, m.text)
}

func (s *Setup) viewRemember(p *page) {
	if s.rememberRow() < 0 {
		return
	}
	text := "remember this place for " + clean(baseName(s.key.Name))
	if s.typedPlace() == "" {
		text = s.env.Styles.Dim.Render(text)
	}
	p.line(s.choice(s.rememberRow(), "[ ] ", "[x] ", s.remember, text))
}

func (s *Setup) viewDrain(p *page) {
	st := s.env.Styles
	lead := s.lead(s.drainRow()) + st.Dim.Render(s.waitLabel("drain"))
	switch {
	case !s.drains():
		p.line(lead + st.Dim.Render("none"))
	case s.sees:
		p.wrap(lead+s.drain.View(10), st.Dim, s.drainWords())
	default:
		p.wrap(lead+s.drain.View(10), st.Dim, "you confirm that it is quiet, or say how long to wait")
	}
}

// What the waits are.
const (
	overlapWords = "how long the former secret works on, if nothing ends it before"
	soakWords    = "how long it is off before it is deleted"
)

func (s *Setup) drainWords() string {
	if s.overlaps() {
		return "how long the former secret must be quiet"
	}
	return "how long the old key must be quiet"
}

// waitLabel is as wide as the labels of the waits that are shown.
func (s *Setup) waitLabel(label string) string {
	if s.overlaps() {
		return ui.Pad(label, 8)
	}
	return ui.Pad(label, 7)
}

func (s *Setup) viewSoak(p *page) {
	st := s.env.Styles
	lead := s.lead(s.soakRow()) + st.Dim.Render(s.waitLabel("soak"))
	switch {
	case !s.drains():
		p.line(lead + st.Dim.Render("none"))
	case s.overlaps():
		lead = s.lead(s.soakRow()) + st.Dim.Render(s.waitLabel("overlap"))
		p.wrap(lead+s.overlap.View(10), st.Dim, overlapWords)
	case s.off:
		p.wrap(lead+s.soak.View(10), st.Dim, soakWords)
	default:
		p.wrap(lead, st.Dim, "none: this service has no off switch for a key")
	}
}

// old is the key to replace: as much about it as the line takes.
func (s *Setup) old() string {
	st, now := s.env.Styles, s.env.Now()
	line := ui.KeyName(st, st.Strong, clean(s.key.Name))
	for _, part := range []string{clean(s.key.ID), "expires " + ui.Moment(s.key.ExpiresAt, now), "last used " + ui.Moment(s.key.LastUsedAt, now)} {
		if ui.Width(line)+2+ui.Width(part) <= s.width {
			line += st.Dim.Render("  " + part)
		}
	}
	return line
}

func (s *Setup) lead(row int) string {
	if row == s.focus {
		return s.env.Styles.Accent.Render("▸ ") + "  "
	}
	return "    "
}

// choice is a row that can be picked: off and on are how its box looks.
func (s *Setup) choice(row int, box, picked string, on bool, text string) string {
	if on {
		box = s.env.Styles.Accent.Render(picked)
	}
	if row == s.focus {
		return s.env.Styles.Accent.Render("▸ ") + box + text
	}
	return "  " + box + text
}

package rotate

import (
	"strings"

	"detent/tui/ui"
)

// View draws the form.
func (s *Setup) View() string {
	st := s.env.Styles
	p := page{env: s.env, width: s.width}
	at := 0 // the focused line
	mark := func(row int) {
		if row == s.focus {
			at = len(p.lines)
		}
	}
	low := s.height < 20
	gap := func() { // what does not fit is worse than what stands close
		if !low {
			p.blank()
		}
	}
	p.line(s.old())
	gap()
	p.line(st.Column.Render("WHERE DOES THE APPLICATION READ THIS KEY?"))
	for i, n := range s.named {
		mark(i)
		p.line(s.choice(i, "[ ] ", "[x] ", s.ticks[i], clean(n.Name)+st.Dim.Render("  "+clean(n.Describe))))
		s.viewHolds(&p, n.Name)
	}
	mark(s.otherRow())
	switch {
	case !s.env.Remote:
		p.line(s.lead(s.otherRow()) + st.Dim.Render("place  ") + s.other.View(s.width-13))
		for _, line := range s.goes.Lines(p.width - 11) {
			p.line("           " + line)
		}
		switch spec := s.typedPlace(); {
		case spec != "" && (s.holds[spec].words != "" || s.holds[spec].err != nil):
			s.viewHolds(&p, spec)
		case !low || s.focus == s.otherRow():
			p.wrap("    ", st.Dim, "PATH:VARIABLE for a .env file, file:PATH, command:CMD, clipboard")
		}
		mark(s.rememberRow())
		s.viewRemember(&p)
	case s.unnamed:
		for _, line := range s.noneNamed() {
			p.wrap("    ", st.Dim, line)
		}
	}
	gap()
	p.line(st.Column.Render("HOW"))
	for i, m := range s.modes {
		mark(s.modeRow() + i)
		if low { // of the one that is chosen alone, what it does
			if p.line(s.choice(s.modeRow()+i, "( ) ", "(•) ", s.chosen().name == m.name, m.name)); s.chosen().name == m.name {
				p.wrap("      ", st.Dim, m.text)
			}
			continue
		}
		about := ui.Wrap(m.text, max(p.width-30, 20))
		p.line(s.choice(s.modeRow()+i, "( ) ", "(•) ", s.chosen().name == m.name, ui.Pad(m.name, 24)+st.Dim.Render(about[0])))
		for _, more := range about[1:] {
			p.line(strings.Repeat(" ", 30) + st.Dim.Render(more))
		}
	}
	mark(s.drainRow())
	s.viewDrain(&p)
	mark(s.soakRow())
	s.viewSoak(&p)
	gap()
	mark(s.rows() - 1)
	label := "[ Begin: " + s.chosen().name + " ]"
	begin := st.Focused.Render(label) // enter begins from every row
	if s.env.Early {
		begin = st.Button.Render(label)
	}
	p.line(s.lead(s.rows()-1) + begin + st.Dim.Render("  the preflight changes nothing"))
	if s.problem != "" {
		p.wrap(st.Bad.Render("✗ "), st.Base, s.problem)
		at = len(p.lines) - 1
	}
	if s.manual {
		p.wrap(st.Dim.Render("· "), st.Dim, "This service makes keys in its dashboard alone: you will make the new one there and paste it.")
	}
	s.text.SetSize(s.width, s.height)
	s.text.Show(at, 1, 0)
	return strings.Join(s.text.Lines(p.lines, nil), "\n")
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
		p.line(lead + s.drain.View(10) + st.Dim.Render("the old key must be quiet for so long"))
	default:
		p.wrap(lead+s.drain.View(10), st.Dim, "you confirm that it is quiet, or say how long to wait")
	}
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
		p.wrap(lead+s.overlap.View(10), st.Dim, "the old secret lives on for so long, if nothing ends it before")
	case s.off:
		p.line(lead + s.soak.View(10) + st.Dim.Render("off, not yet deleted, for so long"))
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

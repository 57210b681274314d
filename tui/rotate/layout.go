package rotate

import (
	"fmt"
	"strings"

	"detent/rotation"
	"detent/tui/ui"
)

// room is what is kept free under the checklist: the longest question. It depends on nothing that
// changes while a step is on the screen, so that the checklist stays where it is.
const room = 10

// View draws the checklist on top, which stays there, what is asked or waited for
// under it, and what is certain below.
func (s *Screen) View() string {
	p := page{env: s.env, width: s.width}
	if s.rotation == nil {
		s.viewOpening(&p)
		return p.window(0, s.height)
	}
	top, told := s.viewTop()
	s.viewNow(&p, told)
	now := len(p.lines)
	if s.err != nil { // then it is the first thing to know
		s.viewKnown(&p)
		s.viewDifferences(&p)
	} else {
		s.viewDifferences(&p)
		s.viewKnown(&p)
	}
	// What is asked is on the screen even where what leads to it is not.
	free := s.height - len(top.lines)
	start := max(now-free+1, 0)
	if s.err != nil { // of a failure, what failed; the footer has the keys
		start = 0
	}
	s.scroll = max(min(s.scroll, len(p.lines)-free-start), -start)
	return strings.Join(append(top.lines, p.window(start+s.scroll, free)), "\n")
}

// viewTop says which keys and which of the four steps: as much as fits, the four steps always.
// told says that what the current step does is among it.
func (s *Screen) viewTop() (top page, told bool) {
	fresh := func() page { return page{env: s.env, width: s.width} }
	for _, draw := range []func(*page){
		func(p *page) { s.viewHead(p); s.viewKeys(p); p.blank(); s.viewSteps(p, allSteps) },
		func(p *page) { s.viewHead(p); s.viewKeys(p); p.blank(); s.viewSteps(p, currentStep) },
		func(p *page) { s.viewKeys(p); s.viewSteps(p, currentStep) },
	} {
		p := fresh()
		if draw(&p); len(p.lines)+room <= s.height {
			return p, true
		}
	}
	top = fresh()
	s.viewSteps(&top, noStep)
	return top, false
}

func (s *Screen) viewHead(p *page) {
	v, st := s.view, p.style()
	mode := string(v.Mode)
	if v.OldFirst {
		mode += ", old key first"
	}
	p.split(st.Dim.Render(fmt.Sprintf("%s · %s · %s", v.Profile, v.Service, mode)),
		st.Dim.Render("begun "+ui.Relative(v.Started, s.env.Now())+" ago · "+v.ID))
}

func (s *Screen) viewKeys(p *page) {
	v, st := s.view, p.style()
	p.line(s.keyLine("old", v.Old, v.OldGone, v.OldOff || v.Old.IsDisabled()))
	if v.New != nil {
		p.line(s.keyLine("new", *v.New, v.State == rotation.Aborted, v.New.IsDisabled()))
	} else {
		p.line(st.Dim.Render("new  ") + st.Dim.Render(clean(v.NewName)+"  not made yet"))
	}
}

// finer is how much of the current one of the four steps is drawn.
type finer int

const (
	allSteps finer = iota
	currentStep
	noStep // its name alone
)

func (s *Screen) viewSteps(p *page, show finer) {
	st := p.style()
	if s.finished() {
		s.viewEnded(p)
		return
	}
	for i, phase := range rotation.Phases {
		lines := s.planOf(phase)
		if len(lines) == 0 {
			continue
		}
		name := fmt.Sprintf("%d  %s", i+1, phase)
		switch phaseState(lines) {
		case rotation.Completed:
			p.line(st.Good.Render("✓ ") + st.Base.Render(name))
			continue
		case rotation.Later:
			p.line(st.Dim.Render("· " + name))
			continue
		}
		head := st.Accent.Render("▸ ") + st.Strong.Render(name)
		if show == noStep {
			head += st.Accent.Render("  " + string(s.view.Step))
		}
		p.line(head)
		for _, l := range lines {
			s.viewStep(p, l, show)
		}
	}
}

func (s *Screen) viewStep(p *page, l rotation.PlanLine, show finer) {
	st := p.style()
	name := ui.Pad(string(l.Step), 11)
	switch {
	case l.State == rotation.Current && show != noStep:
		p.wrap("     "+st.Accent.Render("▸ "+name), st.Base, l.Text)
	case show != allSteps:
	case l.State == rotation.Completed:
		p.wrap("     "+st.Good.Render("✓ ")+st.Dim.Render(name), st.Dim, l.Text)
	default:
		p.wrap("     "+st.Dim.Render("· "+name), st.Dim, l.Text)
	}
}

// planned reports whether the checklist says of the current step just that.
func (s *Screen) planned(text string) bool {
	for _, l := range s.view.Plan {
		if l.State == rotation.Current {
			return l.Text == text
		}
	}
	return false
}

// viewEnded is the checklist of a rotation that is over.
func (s *Screen) viewEnded(p *page) {
	st := p.style()
	for i, phase := range rotation.Phases {
		if s.view.State == rotation.Over {
			p.line(st.Good.Render("✓ ") + fmt.Sprintf("%d  %s", i+1, phase))
		} else {
			p.line(st.Dim.Render(fmt.Sprintf("· %d  %s", i+1, phase)))
		}
	}
}

func (s *Screen) planOf(phase rotation.Phase) []rotation.PlanLine {
	var out []rotation.PlanLine
	for _, l := range s.view.Plan {
		if l.Phase == phase {
			out = append(out, l)
		}
	}
	return out
}

func phaseState(lines []rotation.PlanLine) rotation.PlanState {
	done := true
	for _, l := range lines {
		if l.State == rotation.Current {
			return rotation.Current
		}
		done = done && l.State == rotation.Completed
	}
	if done {
		return rotation.Completed
	}
	return rotation.Later
}

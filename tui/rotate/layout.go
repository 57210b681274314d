package rotate

import "strings"

// room is what is kept free under the checklist: the longest question. It depends on nothing that
// changes while a step is on the screen, so that the checklist stays where it is.
const room = 11

// View draws the checklist on top, which stays there, the one thing to do under it, and what is known below.
func (s *Screen) View() string {
	p := page{env: s.env, width: s.width}
	if s.rotation == nil {
		s.viewOpening(&p)
		s.text.SetSize(s.width, s.height)
		return strings.Join(s.text.Lines(p.lines, nil), "\n")
	}
	top, told := s.viewTop()
	s.viewBlock(&p, told)
	now := len(p.lines)
	if came, showing := s.phase.(ready); showing && !s.unfolded {
		if s.height >= 20 && came.last.Message != "" {
			p.blank()
		}
		s.viewCame(&p, came.last)
	}
	s.viewBelow(&p)
	// What is asked is on the screen even where what leads to it is not.
	free := s.height - len(top.lines)
	start := max(now-free+1, 0)
	if _, failure := s.phase.(failed); failure { // of a failure, what failed; the footer has the keys
		start = 0
	}
	if s.text.SetSize(s.width, max(free, 1)); !s.moved {
		s.text.To(start)
	}
	return strings.Join(append(top.lines, s.text.Lines(p.lines, nil)...), "\n")
}

// viewTop says which keys and which of the four steps: as much as fits, the four steps always.
// told says that what the current stage does is among it. The plan, unfolded, says more than the checklist does.
func (s *Screen) viewTop() (top page, told bool) {
	fresh := func() page { return page{env: s.env, width: s.width} }
	roomy := func(stages func(*page)) func(*page) {
		return func(p *page) {
			s.viewHead(p)
			s.viewKeys(p)
			p.blank()
			s.viewSteps(p)
			stages(p)
			p.blank()
		}
	}
	for _, draw := range []func(*page){
		roomy(s.viewStages),
		roomy(s.viewStage),
		func(p *page) { s.viewKeys(p); s.viewSteps(p); s.viewStage(p) },
	} {
		p := fresh()
		if draw(&p); len(p.lines)+room <= s.height && !s.unfolded {
			return p, true
		}
	}
	top = fresh()
	s.viewSteps(&top)
	return top, false
}

package rotate

import (
	"context"
	"errors"
	"strings"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// View is the plan, or how it goes.
func (s *QueueScreen) View() string {
	st := s.env.Styles
	p := page{env: s.env, width: s.width}
	if s.queue == nil {
		p.line(st.Dim.Render("preflight of " + ui.Count(len(s.asked), "key") + ": nothing is changed by it …"))
		return strings.Join(ui.Fit(strings.Join(p.lines, "\n"), s.width, s.height), "\n")
	}
	at, about := 0, 1
	for i, item := range s.items {
		if i > 0 && !s.begun {
			p.lines = append(p.lines, "") // the first to go where there is little room
		}
		from := len(p.lines)
		s.viewItem(&p, i, item)
		if s.filling() && i == s.hole.at {
			at, about = from, len(p.lines)-from
		}
	}
	foot := page{env: s.env, width: s.width, lines: []string{""}}
	switch n := s.ready(); {
	case s.begun && s.over && s.stopped() > 0:
		foot.wrap("", st.Base, "enter goes on with what stopped, from where it stands: its preflight comes first.")
	case s.begun:
		foot.lines = nil
	case s.busy:
		foot.lines = append(foot.lines, st.Dim.Render("looking ahead: nothing is changed by it …"))
	case n == 0 && s.holes() > 0:
		foot.wrap("", st.Base, "Name a place, and what has none can be rotated; enter without one leaves the key out.")
	case n == 0:
		foot.wrap(st.Bad.Render("✗ "), st.Base, "none of them can be rotated with the others: nothing was changed")
	default:
		foot.wrap("", st.Base, "One acts at a time, their waits run side by side; the first that fails keeps the rest from beginning.")
		if s.holes() > 0 {
			foot.wrap("", st.Base, ui.Count(s.holes(), "key")+" without a place: left out, unless one is named above.")
		}
		s.viewBelow(&foot, n)
		if s.problem != "" {
			foot.wrap(st.Bad.Render("✗ "), st.Base, s.problem)
		}
	}
	s.text.SetSize(s.width, s.height)
	if s.filling() {
		s.text.Show(at, about, len(foot.lines))
	}
	return strings.Join(s.text.Lines(p.lines, foot.lines), "\n")
}

// head is a key, its profile and its environment, under those of the others.
func (s *QueueScreen) head(item Queued) string {
	st := s.env.Styles
	name, profile, env := 0, 0, 0
	for _, i := range s.items {
		name, profile, env = max(name, ui.Width(clean(i.Key.Called()))), max(profile, ui.Width(clean(i.Profile))), max(env, ui.Width(s.environment(i)))
	}
	name, profile = min(name, max(s.width/2-8, 12)), min(profile, 17)
	return ui.Pad(ui.KeyName(st, st.Strong, clean(item.Key.Called())), name) + "  " + st.Dim.Render(ui.Pad(clean(item.Profile), profile)) + "  " + ui.Pad(s.environment(item), env)
}

func (s *QueueScreen) environment(item Queued) string {
	word := clean(s.of(item.Profile).ForKey(item.Key.Environment).Word(item.Key.Environment))
	if word == apikey.WordLive {
		return s.env.Styles.Bad.Render("▲ " + word)
	}
	return word
}

// stands is a rotation under way, with where it stands beside its key; at the end of the line where it has no room there.
func (s *QueueScreen) stands(p *page, v rotation.View, head, where string) {
	line := sign(p.style(), v, "━━") + " " + head
	if ui.Width(line)+3+ui.Width(where) > p.width {
		p.split(strings.TrimRight(line, " "), where+" ")
		return
	}
	p.line(line + "   " + where)
}

func (s *QueueScreen) viewItem(p *page, i int, item Queued) {
	st, head := p.style(), s.head(item)
	lead := st.Bad.Render("✗ ")
	if s.begun {
		lead = ui.Pad(lead, ui.Width(sign(st, rotation.View{}, "━━"))+1)
	}
	switch now := s.states[i]; {
	case item.Hole:
		s.viewHole(p, i, item, lead+head)
		return
	case item.Why != "":
		p.line(lead + head)
		p.wrap("    ", st.Base, "left out: "+item.Why)
		return
	case s.begun && now.Done && now.Err == nil:
		s.stands(p, now.View, head, st.Good.Render("✓ done"))
	case s.begun && now.Done:
		p.line(sign(st, now.View, "━━") + " " + head)
		style := st.Bad
		if errors.Is(now.Err, context.Canceled) || errors.Is(now.Err, ErrAsks) {
			style = st.Warn
		}
		p.wrap("    ", style, now.Err.Error())
	case s.begun && now.View.ID != "":
		step := now.View.PublicStep()
		if left := now.Ends.Sub(s.env.Now()); left > 0 {
			step += " " + bar(st, 1-float64(left)/float64(max(now.Total, left)), 5) + " " + clock(left)
		}
		s.stands(p, now.View, head, st.Accent.Render(step))
	case s.begun:
		s.stands(p, now.View, head, st.Dim.Render("not begun"))
	default:
		p.line(st.Good.Render("✓ ") + head)
		p.wrap("    → ", st.Base, strings.Join(item.Places, ", "))
		waits := string(item.Mode) + ", drain " + ui.Span(item.Drain) + ", soak " + ui.Span(item.Soak)
		p.wrap("    ", st.Dim, waits)
		for _, n := range item.Notes {
			p.wrap(st.Warn.Render("    ! "), st.Base, n)
		}
	}
}

package rotate

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/widget"
)

// hole is the key that has no place, and what is typed for it.
type hole struct {
	at    int // among the items
	open  bool
	place *widget.Text
	goes  *widget.Completion
	named []string // places of its profile
}

// toHole puts the focus on the next key from one on that has no place; on the number where there is none.
func (s *QueueScreen) toHole(from int) {
	s.hole = hole{}
	s.toRow(rowNumber)
	for i := from; i < len(s.items); i++ {
		if s.items[i].Hole {
			s.number.Blur()
			s.hole = s.newHole(i)
			return
		}
	}
}

// backToHole puts it on the one before.
func (s *QueueScreen) backToHole() {
	last := len(s.items)
	if s.filling() {
		last = s.hole.at
	}
	for i := last - 1; i >= 0; i-- {
		if s.items[i].Hole {
			s.toHole(i)
			return
		}
	}
}

func (s *QueueScreen) newHole(at int) hole {
	h := hole{at: at, open: true, place: widget.NewText(s.env, ""), goes: widget.NewCompletion(s.env, "")}
	item := s.items[at]
	if d, ok := s.host.(Destined); ok {
		for _, n := range d.Destinations(item.Profile, item.Key.Name) {
			h.named = append(h.named, n.Name)
		}
	}
	h.goes.Names(h.named)
	if h.place.Example("/srv/app/.env:API_KEY"); s.env.Remote {
		h.place.Meaning("a place of the profile")
	}
	h.place.Focus()
	return h
}

// fills reports whether a key is about a place: all are while one is typed, and what goes back to one.
func (s *QueueScreen) fills(msg tea.KeyMsg) bool {
	return s.filling() || s.row == rowNumber && s.holes() > 0 && key.Matches(msg, s.env.Keys.Prev)
}

func (s *QueueScreen) fill(msg tea.KeyMsg) tea.Cmd {
	k, h := s.env.Keys, &s.hole
	switch {
	case !s.filling():
		s.backToHole()
		return nil
	case h.goes.Hold(msg):
		return nil
	case msg.Type == tea.KeyTab:
		if cmd, ok := h.goes.Next(h.place); ok {
			return cmd
		}
		s.toHole(h.at + 1)
	case key.Matches(msg, k.Next):
		s.toHole(h.at + 1)
	case key.Matches(msg, k.Prev):
		s.backToHole()
	case key.Matches(msg, k.Confirm):
		return s.fillIt()
	default:
		s.problem = ""
		h.place.Update(msg)
		h.goes.Forget()
	}
	return nil
}

// fillIt looks ahead for the key with the place that was typed; without one it stays left out.
func (s *QueueScreen) fillIt() tea.Cmd {
	at, spec := s.hole.at, strings.TrimSpace(s.hole.place.Value())
	switch {
	case spec == "":
		s.toHole(at + 1)
		return nil
	case strings.Trim(spec, "0123456789") == "" && !slices.Contains(s.hole.named, spec): // no place is a number: it is the one of the keys
		s.toHole(len(s.items))
		s.number.Set(spec)
		return s.begin()
	}
	written := ""
	if !slices.Contains(s.hole.named, spec) {
		spec = destination(spec)
		written = spec
	}
	s.busy = true
	queue := s.queue
	return func() tea.Msg { return filledMsg{s, at, written, queue.Fill(background(), at, []string{spec})} }
}

// filled takes what came of it. One that cannot be so is asked for again.
func (s *QueueScreen) filled(msg filledMsg) {
	s.busy, s.items[msg.at] = false, msg.item
	if !msg.item.Hole {
		s.typed[msg.at] = msg.spec
		s.toHole(msg.at + 1)
	}
}

// viewHole is a key that has no place: red, with the field in it.
func (s *QueueScreen) viewHole(p *page, i int, item Queued, head string) {
	st := p.style()
	p.line(head)
	p.wrap("    ", st.Bad, item.Why)
	if !s.filling() || i != s.hole.at {
		return
	}
	p.line(st.Accent.Render("  ▸ ") + st.Dim.Render("place  ") + s.hole.place.View(max(s.width-13, 4)))
	ways := s.hole.goes.Lines(s.width - 11)
	for _, line := range ways {
		p.line("           " + line)
	}
	if len(s.hole.named) > 0 && len(ways) == 0 {
		p.wrap("      ", st.Dim, "of the profile, by tab: "+clean(strings.Join(s.hole.named, ", ")))
	}
}

package widget

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/viewport"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Scroller shows lines that may be more than its place has: bubbles' viewport knows how far it is and what the keys do. The lines
// are cut out here: viewport's own View lays every frame out anew (docs/PERFORMANCE.md).
type Scroller struct {
	env  *ui.Env
	port viewport.Model
	// early are keys of one read that came before the lines were known for which they are meant.
	early []tea.KeyMsg
	known bool
	// Width and Height are the place; a height of 0 has no end.
	Width, Height int
	// Hint is how to see what is below, said beside how much that is: "pgdn". Empty where the screen says it.
	Hint string
}

// NewScroller makes a scroller that takes all keys that move.
func NewScroller(env *ui.Env) Scroller {
	s := Scroller{env: env, port: viewport.New(0, 0)}
	k := env.Keys
	s.port.KeyMap = viewport.KeyMap{PageDown: k.PageDown, PageUp: k.PageUp, HalfPageUp: k.HalfUp, HalfPageDown: k.HalfDown, Up: k.Up, Down: k.Down}
	s.port.SetHorizontalStep(0)
	return s
}

// NewPager makes one that moves by pages alone: where up and down mean something else.
func NewPager(env *ui.Env) Scroller {
	s := NewScroller(env)
	s.port.KeyMap.Up, s.port.KeyMap.Down = key.Binding{}, key.Binding{}
	s.Hint = "pgdn"
	return s
}

// SetSize gives the place.
func (s *Scroller) SetSize(width, height int) {
	s.known = s.known && width == s.Width && height == s.Height
	s.Width, s.Height = width, height
}

// Update moves, and reports whether the key was one that does.
func (s *Scroller) Update(msg tea.KeyMsg) bool {
	k, m := s.env.Keys, s.port.KeyMap
	moves := key.Matches(msg, m.Up, m.Down, m.PageUp, m.PageDown, m.HalfPageUp, m.HalfPageDown) || m.Up.Enabled() && key.Matches(msg, k.Top, k.Bottom)
	switch {
	case !moves:
		return false
	case !s.known:
		s.early = append(s.early, msg)
	case key.Matches(msg, k.Top):
		s.port.GotoTop()
	case key.Matches(msg, k.Bottom):
		s.port.GotoBottom()
	case s.port.Height < 2 && key.Matches(msg, m.HalfPageDown): // half of one line is none
		s.port.ScrollDown(1)
	case s.port.Height < 2 && key.Matches(msg, m.HalfPageUp):
		s.port.ScrollUp(1)
	default:
		s.port, _ = s.port.Update(msg)
	}
	return true
}

// Top goes back to the first line of what comes, To to any.
func (s *Scroller) Top()        { s.port.YOffset, s.known, s.early = 0, false, nil }
func (s *Scroller) To(line int) { s.port.YOffset = line }

// At is the line of the body that stands on a line on show; ok is false below them.
func (s *Scroller) At(line int) (at int, ok bool) {
	at = line + s.port.YOffset
	return at, line >= 0 && line < s.port.Height && at < s.port.TotalLineCount()
}

// Show scrolls as little as brings a line, and as many after it, into view, where below lines are kept for a foot.
func (s *Scroller) Show(line, after, below int) {
	page := max(s.Height-below-1, 1)
	if line+after >= s.port.YOffset+page {
		s.port.YOffset = line + after - page + 1
	}
	s.port.YOffset = max(min(s.port.YOffset, line), 0)
}

// Lines are the lines on show: as many as there is place for, foot always among them. Where not all have a place, empty ones are the
// first to go, and the last line says how many are left.
func (s *Scroller) Lines(body, foot []string) []string {
	if s.Height > 0 && len(body)+len(foot) > s.Height && len(foot) > 0 {
		isEmpty := func(l string) bool { return l == "" }
		body, foot = slices.DeleteFunc(slices.Clone(body), isEmpty), slices.DeleteFunc(slices.Clone(foot), isEmpty)
	}
	room := s.Height - len(foot)
	if s.Height <= 0 || len(body) <= room {
		s.Top()
		s.set(body, len(body))
		return s.cut(slices.Concat(body, foot))
	}
	room = max(room-1, 1)
	s.set(body, room)
	s.port.SetYOffset(s.port.YOffset)
	from := s.port.YOffset
	shown := body[from : from+room]
	return s.cut(slices.Concat(shown, []string{s.env.Styles.Dim.Render(s.more(from, len(body)-from-room))}, foot))
}

// set tells the viewport how much there is: how far its keys go depends on it.
func (s *Scroller) set(body []string, room int) {
	if s.port.Height = room; s.port.TotalLineCount() != len(body) {
		s.port.SetContent(strings.Repeat("\n", max(len(body)-1, 0))) // lines to count
	}
	early := s.early
	s.known, s.early = true, nil
	for _, msg := range early {
		s.Update(msg)
	}
}

func (s *Scroller) cut(lines []string) []string {
	if s.Height > 0 && len(lines) > s.Height {
		lines = lines[:s.Height]
	}
	for i, l := range lines {
		lines[i] = ui.Truncate(l, s.Width)
	}
	return lines
}

// more says what the lines on show are the middle of.
func (s *Scroller) more(above, below int) string {
	text := ""
	switch {
	case below > 0 && above > 0:
		text = "↓ " + ui.Count(below, "more line") + ", ↑ " + ui.Number(above)
	case below > 0:
		text = "↓ " + ui.Count(below, "more line")
	default:
		return "↑ " + ui.Count(above, "line") + " above"
	}
	if s.Hint != "" {
		text += " (" + s.Hint + ")"
	}
	return text
}

package widget

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/viewport"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Scroller shows lines that may be more than its place has: bubbles' viewport knows how far it is and what the keys do. The lines
// are cut out here: viewport's own View lays every frame out anew (docs/PERFORMANCE.md).
type Scroller struct {
	env           *ui.Env
	port          viewport.Model
	width, height int
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
func (s *Scroller) SetSize(width, height int) { s.width, s.height = width, height }

// Size is the place.
func (s *Scroller) Size() (width, height int) { return s.width, s.height }

// Update moves, and reports whether the key was one that does.
func (s *Scroller) Update(msg tea.KeyMsg) bool {
	k, m := s.env.Keys, s.port.KeyMap
	switch {
	case m.Up.Enabled() && key.Matches(msg, k.Top):
		s.port.GotoTop()
	case m.Up.Enabled() && key.Matches(msg, k.Bottom):
		s.port.GotoBottom()
	case s.port.Height < 2 && key.Matches(msg, m.HalfPageDown): // half of one line is none
		s.port.ScrollDown(1)
	case s.port.Height < 2 && key.Matches(msg, m.HalfPageUp):
		s.port.ScrollUp(1)
	case key.Matches(msg, m.Up, m.Down, m.PageUp, m.PageDown, m.HalfPageUp, m.HalfPageDown):
		s.port, _ = s.port.Update(msg)
	default:
		return false
	}
	return true
}

// Top goes back to the first line.
func (s *Scroller) Top() { s.port.YOffset = 0 }

// Show scrolls as little as brings a line, with those up to it and around lines after it, into view.
func (s *Scroller) Show(line, around int) {
	if from := s.port.YOffset; line < from {
		s.port.YOffset = max(line-around, 0)
	} else if page := max(s.height-1, 1); line+around >= from+page {
		s.port.YOffset = line + around - page + 1
	}
}

// Offset is the first line on show.
func (s *Scroller) Offset() int { return s.port.YOffset }

// Lines are the lines on show: as many as there is place for, foot always among them. Where not all have a place, empty ones are the
// first to go, and the last line says how many are left.
func (s *Scroller) Lines(body, foot []string) []string {
	if s.height > 0 && len(body)+len(foot) > s.height && len(foot) > 0 {
		isEmpty := func(l string) bool { return l == "" }
		body, foot = slices.DeleteFunc(slices.Clone(body), isEmpty), slices.DeleteFunc(slices.Clone(foot), isEmpty)
	}
	room := s.height - len(foot)
	if s.height <= 0 || len(body) <= room {
		s.set(body, len(body))
		s.Top()
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
		s.port.SetContent(blank(len(body)))
	}
}

func (s *Scroller) cut(lines []string) []string {
	if s.height > 0 && len(lines) > s.height {
		lines = lines[:s.height]
	}
	for i, l := range lines {
		lines[i] = ui.Truncate(l, s.width)
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

// blank are lines to count.
func blank(n int) string {
	if n <= 1 {
		return ""
	}
	b := make([]byte, n-1)
	for i := range b {
		b[i] = '\n'
	}
	return string(b)
}

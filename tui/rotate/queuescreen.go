package rotate

import (
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// NewQueue looks ahead for keys that are to be rotated together.
func NewQueue(env *ui.Env, host Queuer, setting func(profile string) apikey.Setting, items []Item) *QueueScreen {
	return &QueueScreen{env: env, host: host, hand: &hand{}, of: setting, asked: items, beginning: newBeginning(env), text: widget.NewPager(env), mail: &progressBox{wake: make(chan struct{}, 1)}}
}

// Init runs the preflights.
func (s *QueueScreen) Init() tea.Cmd {
	return func() tea.Msg { return s.prepared(s.host.Queue(background(), s.asked)) }
}

// SetSize sets the size of the content.
func (s *QueueScreen) SetSize(width, height int) { s.width, s.height = width, height }

// Back has nothing to begin again.
func (s *QueueScreen) Back() tea.Cmd { return nil }

// Bindings are the keys that act now.
func (s *QueueScreen) Bindings() []key.Binding {
	k := s.env.Keys
	switch {
	case s.Typing() && s.filling():
		return []key.Binding{ui.Does(k.Confirm, "fill, or leave it out"), ui.Does(k.Next, "complete, next"), k.Prev, k.Cancel}
	case s.Typing():
		out := []key.Binding{ui.Does(k.Confirm, "begin")}
		if s.row == rowRemember {
			out = append(out, ui.Does(k.Tick, "tick"))
		}
		if len(s.rows()) > 1 {
			out = append(out, k.Next)
		}
		if s.holes() > 0 {
			out = append(out, k.Prev)
		}
		return append(out, k.Cancel)
	case s.over && s.stopped() > 0:
		return []key.Binding{ui.Does(k.Confirm, "go on with what stopped"), k.Cancel}
	case s.begun && !s.over:
		return []key.Binding{ui.Does(k.Cancel, "leave; it goes on")}
	}
	return []key.Binding{k.Dismiss}
}

// Update takes keys, the plan, and how it goes.
func (s *QueueScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case queuedMsg:
		if msg.screen == s {
			s.queue, s.items, s.busy, s.begun, s.over = msg.queue, msg.queue.Items(), false, false, false
			s.states, s.mail = make([]Progress, len(s.items)), &progressBox{wake: make(chan struct{}, 1)}
			s.number.Wipe()
			s.toRow(rowNumber)
			s.toHole(0)
		}
	case filledMsg:
		if msg.screen == s {
			s.filled(msg)
		}
	case keptMsg:
		if msg.screen == s {
			return s.kept(msg)
		}
	case ui.Completed:
		return s.completed(msg)
	case progressMsg:
		if msg.screen == s {
			return s.went(msg)
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return nil
}

func (s *QueueScreen) went(msg progressMsg) tea.Cmd {
	made := false
	for _, p := range msg.came {
		before := s.states[p.At]
		made = made || p.Done || before.View.PublicStep() != p.View.PublicStep()
		s.states[p.At] = p
	}
	cmds := []tea.Cmd{changed(made)}
	if msg.over {
		s.over = true
		done, asks, failed := s.sum()
		text := strconv.Itoa(done) + " of " + ui.Count(s.ready(), "key") + " rotated"
		if asks > 0 {
			text += ", " + strconv.Itoa(asks) + " " + map[bool]string{true: "waits", false: "wait"}[asks == 1] + " for you"
		}
		if failed > 0 {
			text += ", " + strconv.Itoa(failed) + " stopped"
		}
		if asks+failed > 0 {
			text += "; R shows them"
		}
		return tea.Batch(append(cmds, ui.Do(ui.Toast{Text: text, Good: asks+failed == 0}), ui.Do(ui.Ring{Text: text}))...)
	}
	return tea.Batch(append(cmds, s.mail.next(s))...)
}

func (s *QueueScreen) press(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	switch {
	case msg.Type == tea.KeyEsc, msg.Type == tea.KeyCtrlC:
		return s.leave()
	case s.over && s.stopped() > 0 && key.Matches(msg, k.Confirm):
		return s.again()
	case !s.Typing() && !s.busy && key.Matches(msg, k.Dismiss):
		return s.leave()
	case s.Typing() && s.fills(msg):
		return s.fill(msg)
	case !s.Typing():
		s.text.Update(msg)
	default:
		return s.below(msg)
	}
	return nil
}

// completed takes how the place may go on.
func (s *QueueScreen) completed(msg ui.Completed) tea.Cmd {
	if !s.filling() {
		return nil
	}
	goes := s.hole.goes
	mine, whole := goes.Take(msg, s.hole.place)
	if !mine {
		return nil
	}
	if whole {
		s.toHole(s.hole.at + 1)
	}
	return goes.Release(s.press)
}

func (s *QueueScreen) leave() tea.Cmd {
	if s.begun && !s.over {
		return ui.Do(ui.Keep{Screen: s})
	}
	gone := s.begun
	return tea.Sequence(ui.Do(ui.Pop{Screen: s}), func() tea.Msg {
		s.hand.leave(gone)
		return nil
	})
}

// again makes what has stopped ready once more.
func (s *QueueScreen) again() tea.Cmd {
	queue := s.queue
	s.queue, s.items, s.states, s.begun, s.over = nil, nil, nil, false, false
	return func() tea.Msg { return s.prepared(queue.Again(background())) }
}

// prepared hands a queue to the screen. One that was left while it was made ready gives it up: its keys are free again.
func (s *QueueScreen) prepared(q Queue) tea.Msg {
	if !s.hand.take(q) {
		return nil
	}
	return queuedMsg{s, q}
}

package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/dialog"
	"detent/tui/ui"
)

const (
	// oneRead is how close together keys of one read come: they wait in the program
	// while Update and View run, and a person's or a key repeat's come later.
	oneRead = 3 * time.Millisecond
	// guardTime is how long a confirmation does not take enter, y, or the key that gives a new secret up.
	guardTime = 300 * time.Millisecond
)

// read follows the keys that came in one read, and guards confirmations.
type read struct {
	told  bool      // the terminal's reader says where a read begins
	last  time.Time // when the last message was done with
	keyed bool      // a key of this read was seen
	acted bool      // a key of this read has acted; only text and movement follow

	guarded ui.Screen
	guard   int
	until   time.Time // before this, what confirms is not taken
	inRead  bool      // nor in the read that opened the confirmation

	mouse pointer
}

// begin ends the read where the program had nothing to do for a while, whatever message comes then: keys of
// one read wait for nothing but the messages before them.
func (r *read) begin(now time.Time) {
	if !r.told && now.Sub(r.last) >= oneRead {
		r.over()
	}
}

// anew begins a read where the terminal's reader says so; from then on time decides nothing.
func (r *read) anew() {
	r.told = true
	r.over()
}

func (r *read) over() { r.keyed, r.acted, r.inRead = false, false, false }

// guardOver is when what confirms is taken again: a frame shows it.
type guardOver struct{}

// watch starts the guard anew when a confirmation comes up, and says so.
func (r *read) watch(top ui.Screen, now time.Time) (began bool) {
	r.last = now
	guard := 0
	if g, ok := top.(ui.Guarded); ok {
		guard = g.Guard()
	}
	if guard != 0 && (guard != r.guard || top != r.guarded) {
		r.until, r.inRead, began = now.Add(guardTime), true, true
	}
	r.guarded, r.guard = top, guard
	return began
}

// guard begins the guard of a confirmation that comes up, and says when it is over.
func (a *App) guard() tea.Cmd {
	began := a.read.watch(a.top(), a.env.Now())
	a.env.Early = a.read.early(a.env.Now())
	if began {
		return a.env.Later(guardTime, guardOver{})
	}
	return nil
}

// early reports whether what confirms is not taken yet.
func (r *read) early(now time.Time) bool { return r.guard != 0 && now.Before(r.until) }

// keys takes what one message of the terminal holds: one key, or the letters of one read.
func (a *App) keys(msg tea.KeyMsg) tea.Cmd {
	if !a.read.keyed {
		a.toast.seen()
	}
	a.read.keyed = true
	if msg.Paste {
		// A bracketed paste is text; outside an input it does nothing.
		if a.typing() && !a.tooSmall() {
			return a.focused(msg)
		}
		return nil
	}
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 {
		return a.key(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}
		cmds = append(cmds, a.key(one))
		a.read.watch(a.top(), a.env.Now())
	}
	return tea.Batch(cmds...)
}

// key decides whether a key may act, by the rule of the keys of one read.
func (a *App) key(msg tea.KeyMsg) tea.Cmd {
	if a.tooSmall() {
		return a.keyTooSmall(msg)
	}
	if msg.Type == tea.KeyCtrlC {
		return a.interrupt(msg)
	}
	if a.typing() && isEditing(msg) || a.isMovement(msg) {
		return a.focused(msg)
	}
	if a.read.acted {
		return nil
	}
	if a.guards(msg) {
		return nil
	}
	a.read.acted = true
	return a.focused(msg)
}

// guards reports whether a confirmation is too new for this key.
func (a *App) guards(msg tea.KeyMsg) bool {
	if a.read.guard == 0 {
		return false
	}
	confirms := msg.Type == tea.KeyEnter || key.Matches(msg, a.env.Keys.Yes, a.env.Keys.Discard)
	return confirms && (a.read.inRead || a.read.early(a.env.Now()))
}

// interrupt is ctrl+c: it quits, unless a screen must first be left by an answer.
func (a *App) interrupt(msg tea.KeyMsg) tea.Cmd {
	if s := a.held(); s != nil {
		return s.Update(msg)
	}
	return a.quit()
}

func (a *App) keyTooSmall(msg tea.KeyMsg) tea.Cmd {
	if a.held() == nil && key.Matches(msg, a.env.Keys.Quit) {
		return a.quit()
	}
	return nil
}

// focused hands a key on: the top overlay, the text being typed, what holds everywhere, the pane.
func (a *App) focused(msg tea.KeyMsg) tea.Cmd {
	if top := a.top(); top != nil {
		if key.Matches(msg, a.helpKey(top)) {
			return a.push(dialog.NewHelp(a.env, a.helpOf(top)))
		}
		if key.Matches(msg, a.paletteKey(top)) {
			return a.push(a.paletteOf(top))
		}
		return top.Update(msg)
	}
	if a.list.Typing() {
		return a.list.Update(msg)
	}
	if a.focus == onList {
		if cmd, done := a.list.ChipKey(msg); done {
			return cmd
		}
	}
	if cmd, done := a.act(msg); done {
		return cmd
	}
	if a.focus == onDetail {
		return a.detail.Update(msg)
	}
	return a.list.Update(msg)
}

// typing reports whether a text input owns the printable keys.
func (a *App) typing() bool {
	if top := a.top(); top != nil {
		t, ok := top.(ui.Typist)
		return ok && t.Typing()
	}
	return a.list.Typing()
}

// isEditing reports whether a key is text for an input, or edits it.
func isEditing(msg tea.KeyMsg) bool {
	switch msg.Type {
	case tea.KeyRunes, tea.KeySpace, tea.KeyBackspace, tea.KeyDelete, tea.KeyLeft, tea.KeyRight,
		tea.KeyHome, tea.KeyEnd, tea.KeyCtrlA, tea.KeyCtrlE, tea.KeyCtrlW, tea.KeyCtrlU, tea.KeyCtrlK:
		return true
	}
	return false
}

// isMovement reports whether a key only moves: the cursor of the list, or of a dialog.
func (a *App) isMovement(msg tea.KeyMsg) bool {
	k := a.env.Keys
	if key.Matches(msg, k.Up, k.Down, k.Top, k.Bottom, k.HalfUp, k.HalfDown, k.PageUp, k.PageDown) {
		return len(a.overlays) == 0 || msg.Type != tea.KeyRunes || !key.Matches(msg, k.Top) || !key.Matches(msg, a.top().Bindings()...) // the overlay may mean something else by the letter
	}
	if len(a.overlays) == 0 {
		return false
	}
	switch msg.Type {
	case tea.KeyTab, tea.KeyShiftTab, tea.KeyLeft, tea.KeyRight, tea.KeyHome, tea.KeyEnd:
		return true
	}
	return false
}

package form

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/client"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Confirm asks before something is done, does it, and stays with the error where it failed. Cancel is the
// default. Behind a gate, what the gate asks for comes first; without one, y and n answer too.
type Confirm struct {
	env     *ui.Env
	title   string
	danger  bool
	body    func(width int) []string
	leaks   []string // what is said besides of a key whose secret leaked
	leaked  bool
	gate    gate
	buttons buttons
	pane    widget.Scroller

	intent    func(ticket int) tea.Msg
	doing     string // "deleting…"
	notDone   string // what is certain when nothing happened
	uncertain string // what to do when that is not known

	ticket int
	busy   bool
	err    error
	guard  int
}

const (
	confirmCancel = iota
	confirmDo
	confirmReload
)

// Compromised says that the secret of the key leaked (ui.Leaked).
func (c *Confirm) Compromised() { c.leaked = true }

// says is what the dialog is about, with what a leak makes of it.
func (c *Confirm) says(width int) []string {
	out := c.body(width)
	if c.leaked {
		for _, line := range c.leaks {
			out = append(out, ui.Hanging(c.env.Styles.Warn.Render, "! ", line, width)...)
		}
	}
	return out
}

// Title names the dialog.
func (c *Confirm) Title() string { return c.title }

// Dangerous makes the box red.
func (c *Confirm) Dangerous() bool { return c.danger }

// Guard keeps an enter in flight from confirming.
func (c *Confirm) Guard() int { return c.guard }

// Typing is true while a name is typed.
func (c *Confirm) Typing() bool { return c.gate.typing() && !c.busy }

// SetSize is the largest content that fits.
func (c *Confirm) SetSize(width, height int) { c.pane.SetSize(min(width, widget.Readable), height) }

// Bindings are the keys that act now.
func (c *Confirm) Bindings() []key.Binding {
	k := c.env.Keys
	switch {
	case c.busy:
		return nil
	case c.gate.needed():
		return []key.Binding{k.Next, k.Confirm, k.Cancel}
	}
	return []key.Binding{k.Next, k.Confirm, k.Yes, k.No, k.Cancel}
}

// Update takes keys and the answer to the intent.
func (c *Confirm) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.KeyDeleted:
		return c.finish(msg.Ticket, msg.Err)
	case ui.BulkDone:
		return c.finish(msg.Ticket, msg.Err)
	case ui.KeyUpdated:
		return c.finish(msg.Ticket, msg.Err)
	case tea.KeyMsg:
		return c.press(msg)
	}
	return nil
}

func (c *Confirm) finish(ticket int, err error) tea.Cmd {
	if !c.busy || ticket != c.ticket {
		return nil
	}
	c.busy, c.err = false, err
	if err == nil {
		return ui.Do(ui.Pop{Screen: c})
	}
	c.guard++
	c.gate.leave()
	c.buttons = buttons{labels: []string{"Close", "Try again"}}
	if client.MayHaveHappened(err) {
		c.buttons.labels = append(c.buttons.labels, "Reload the list")
	}
	return nil
}

func (c *Confirm) press(msg tea.KeyMsg) tea.Cmd {
	k := c.env.Keys
	switch {
	case c.busy:
		return nil // a started call is not cancelled, and ends in a result
	case key.Matches(msg, k.Cancel) && !widget.IsText(msg):
		return ui.Do(ui.Pop{Screen: c})
	case c.pane.Update(msg):
		return nil
	case c.gate.focused():
		if c.gate.update(msg) {
			return c.choose(confirmDo)
		}
		return nil
	case key.Matches(msg, k.Confirm):
		return c.choose(c.buttons.at)
	case !c.gate.needed() && key.Matches(msg, k.Yes):
		return c.choose(confirmDo)
	case !c.gate.needed() && key.Matches(msg, k.No):
		return c.choose(confirmCancel)
	case key.Matches(msg, k.Prev) && c.buttons.at == 0 && c.err == nil && c.gate.needed():
		c.gate.enter()
		return nil
	}
	c.buttons.update(c.env, msg)
	return nil
}

func (c *Confirm) choose(button int) tea.Cmd {
	switch {
	case button == confirmCancel:
		return ui.Do(ui.Pop{Screen: c})
	case button == confirmReload:
		return tea.Sequence(ui.Do(ui.Pop{Screen: c}), ui.Do(ui.Reload{}))
	case !c.gate.open():
		c.gate.complain()
		return nil
	}
	c.busy, c.err, c.ticket = true, nil, c.env.Ticket()
	return ui.Do(c.intent(c.ticket))
}

// View is the text, what is missing, and the choices.
func (c *Confirm) View() string {
	st, w := c.env.Styles, max(c.pane.Width, 20)
	body := c.says(w)
	switch {
	case c.busy:
		return scrolled(&c.pane, body, []string{"", st.Strong.Render(c.doing)})
	case c.err != nil:
		body = append(append(body, ""), failure(c.env, c.err, c.notDone, c.uncertain, w)...)
		return scrolled(&c.pane, body, append([]string{""}, c.buttons.lines(c.env, w, true)...))
	}
	foot := append(c.gate.view(w), "")
	return scrolled(&c.pane, body, append(foot, c.buttons.lines(c.env, w, !c.gate.focused())...))
}

package widget

import (
	"path"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Completion completes the destination that is typed into a field, as a shell does: as far as all that there is goes on alike; then one
// after another.
type Completion struct {
	env   *ui.Env
	names []string // that may be typed in place of what a machine has
	kind  string   // stands before the text of the field: file:, env-file:PATH:
	asked int      // the ticket of the question under way; 0 for none
	text  string   // of the field, when it was asked
	found []string
	held  []tea.KeyMsg // pressed while it was asked
	at    int          // which of them is in the field; -1 for none
}

// NewCompletion completes what goes on behind kind.
func NewCompletion(env *ui.Env, kind string) *Completion {
	return &Completion{env: env, kind: kind, at: -1}
}

// Names may be typed in place of a path: with nothing typed, one after another.
func (c *Completion) Names(names []string) *Completion {
	c.names = names
	return c
}

// named completes a name; false where none begins so.
func (c *Completion) named(field *Text) bool {
	text := field.Value()
	var found []string
	for _, n := range c.names {
		if strings.HasPrefix(n, text) {
			found = append(found, n)
		}
	}
	if len(found) == 0 || slices.Contains(found, text) {
		return false
	}
	c.Forget()
	c.text = commonPrefix(found)
	if c.found = found; c.text == text || text == "" {
		c.at, c.text = 0, found[0]
	}
	field.Set(c.text)
	return true
}

// Next asks how the text of a field goes on, or puts the next of the answers there. ok is false where there is nothing to complete.
func (c *Completion) Next(field *Text) (cmd tea.Cmd, ok bool) {
	if c == nil {
		return nil, false
	}
	text := field.Value()
	switch {
	case len(c.found) > 1 && text == c.text:
		c.at = (c.at + 1) % len(c.found)
		c.text = c.found[c.at]
		field.Set(c.text)
		return nil, true
	case c.named(field):
		return nil, true
	case c.env.Remote, strings.TrimSpace(text) == "": // the files of the server are not the operator's
		return nil, false
	}
	c.Forget()
	c.asked, c.text = c.env.Ticket(), text
	return ui.Do(ui.Complete{Ticket: c.asked, Text: c.kind + text}), true
}

// Hold keeps a key that is pressed while the answer is not there: it is for the field as that then is. What leaves is not held.
func (c *Completion) Hold(msg tea.KeyMsg) bool {
	if c == nil || c.asked == 0 || msg.Type == tea.KeyEsc || msg.Type == tea.KeyCtrlC {
		return false
	}
	c.held = append(c.held, msg)
	return true
}

// Release has those keys pressed, once.
func (c *Completion) Release(press func(tea.KeyMsg) tea.Cmd) tea.Cmd {
	held := c.held
	c.held = nil
	var cmds []tea.Cmd
	for _, key := range held {
		cmds = append(cmds, press(key))
	}
	return tea.Batch(cmds...)
}

// Take puts into the field what an answer has for it. whole says that there is nothing more: it is told whose answer it is by mine.
func (c *Completion) Take(msg ui.Completed, field *Text) (mine, whole bool) {
	if c == nil || c.asked == 0 || msg.Ticket != c.asked {
		return false, false
	}
	c.asked = 0
	if field.Value() != c.text { // typed on meanwhile
		return true, false
	}
	var found []string
	for _, f := range msg.Found {
		if rest, ok := strings.CutPrefix(f, c.kind); ok {
			found = append(found, rest)
		}
	}
	switch common := commonPrefix(found); {
	case len(found) == 0, slices.Contains(found, c.text):
		return true, true
	case len(common) > len(c.text):
		c.text = common
		field.Set(common)
	}
	if len(found) > 1 {
		c.found, c.at = found, -1
	}
	return true, false
}

// Forget is for a field that is typed into, or left.
func (c *Completion) Forget() {
	if c != nil {
		c.asked, c.found, c.held, c.at = 0, nil, nil, -1
	}
}

// Lines are what there is, in at most two lines; none where nothing was asked.
func (c *Completion) Lines(width int) []string {
	if c == nil || len(c.found) == 0 {
		return nil
	}
	st := c.env.Styles
	var out []string
	line, used, left := "", 0, 0
	for i, f := range c.found {
		name := ui.Clean(lastPart(f))
		if used > 0 && used+2+ui.Width(name) > width {
			if out = append(out, line); len(out) == 2 {
				left = len(c.found) - i
				line = ""
				break
			}
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+"  ", used+2
		}
		style := st.Dim
		if i == c.at {
			style = st.Accent
		}
		name = ui.Truncate(name, width)
		line, used = line+style.Render(name), used+ui.Width(name)
	}
	if line != "" {
		out = append(out, line)
	}
	if left > 0 {
		out = append(out, st.Dim.Render("and "+ui.Count(left, "other")))
	}
	return out
}

// lastPart is what of a completion tells it from the others: the variable, or the name in the folder.
func lastPart(text string) string {
	if i := strings.LastIndexByte(strings.TrimSuffix(text, ":"), ':'); i >= 0 && !strings.Contains(text[i:], "/") {
		return text[i+1:]
	}
	name := path.Base(text)
	if strings.HasSuffix(text, "/") {
		name += "/"
	}
	return strings.TrimSuffix(name, ":")
}

func commonPrefix(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	out := texts[0]
	for _, t := range texts[1:] {
		for !strings.HasPrefix(t, out) {
			out = out[:len(out)-1]
		}
	}
	return strings.ToValidUTF8(out, "")
}

package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Help shows the keys that act now, from the bindings themselves.
type Help struct {
	env      *ui.Env
	sections []ui.Section
	pager    pager
}

// NewHelp makes the help of these sections; a binding that is disabled is not there.
func NewHelp(env *ui.Env, sections []ui.Section) *Help { return &Help{env: env, sections: sections} }

// Title names the box.
func (h *Help) Title() string { return "Keys" }

// Init has nothing to start.
func (h *Help) Init() tea.Cmd { return nil }

// SetSize gives the largest content.
func (h *Help) SetSize(width, height int) { h.pager.setSize(width, height) }

// Bindings are the keys that act now.
func (h *Help) Bindings() []key.Binding { return []key.Binding{h.env.Keys.Dismiss} }

// Update scrolls or closes.
func (h *Help) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	if key.Matches(press, h.env.Keys.Dismiss) || key.Matches(press, h.env.Keys.Help) {
		return ui.Do(ui.Pop{Screen: h})
	}
	h.pager.update(h.env, press)
	return nil
}

// View is the sections, in two columns where there is room.
func (h *Help) View() string {
	blocks := make([][]string, len(h.sections))
	for i, s := range h.sections {
		blocks[i] = h.section(s)
	}
	lines := stack(blocks)
	if h.pager.width >= 2*columnWidth+4 && len(lines) > 14 {
		lines = beside(blocks, columnWidth)
	}
	return h.pager.view(h.env, lines, nil)
}

const columnWidth = 36

func (h *Help) section(s ui.Section) []string {
	lines := []string{h.env.Styles.Column.Render(s.Title)}
	for _, b := range s.Keys {
		if !b.Enabled() {
			continue
		}
		lines = append(lines, ui.Pad(h.env.Styles.Key.Render(b.Help().Key), 12)+h.env.Styles.Base.Render(b.Help().Desc))
	}
	return lines
}

func stack(blocks [][]string) []string {
	var out []string
	for i, b := range blocks {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, b...)
	}
	return out
}

// beside puts the blocks in two columns of about the same height, in reading order.
func beside(blocks [][]string, width int) []string {
	total := len(stack(blocks))
	split := 0
	for n := 0; split < len(blocks) && n < total/2; split++ {
		n += len(blocks[split]) + 1
	}
	left, right := stack(blocks[:split]), stack(blocks[split:])
	var out []string
	for i := range max(len(left), len(right)) {
		l, r := "", ""
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		out = append(out, strings.TrimRight(ui.Pad(l, width)+"    "+ui.Pad(r, width), " "))
	}
	return out
}

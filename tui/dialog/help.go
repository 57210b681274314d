package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// Help shows the keys that act now, from the bindings themselves.
type Help struct {
	env      *ui.Env
	sections func() []ui.Section
	pager    widget.Scroller
}

// NewHelp makes the help of these sections, which may change while it is open: what a profile can do is known only once it is there.
func NewHelp(env *ui.Env, sections func() []ui.Section) *Help {
	return &Help{env: env, sections: sections, pager: widget.NewScroller(env)}
}

// Title names the box.
func (h *Help) Title() string { return "Keys" }

// SetSize gives the largest content.
func (h *Help) SetSize(width, height int) { h.pager.SetSize(width, height) }

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
	h.pager.Update(press)
	return nil
}

// View is the sections, beside each other as far as there is room.
func (h *Help) View() string {
	sections := h.sections()
	blocks := make([][]string, len(sections))
	for i, s := range sections {
		blocks[i] = h.section(s)
	}
	return strings.Join(h.pager.Lines(packed(blocks, h.pager.Width), nil), "\n")
}

func (h *Help) section(s ui.Section) []string {
	return append([]string{h.env.Styles.Column.Render(s.Title)}, ui.HelpLines(h.env.Styles, s.Keys)...)
}

// stack puts blocks under each other.
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

// packed puts as many blocks beside each other as there is room for, and the next ones under them.
func packed(blocks [][]string, width int) []string {
	var rows [][]string
	for from := 0; from < len(blocks); {
		to := from + 1
		row := blocks[from]
		for ; to < len(blocks); to++ {
			lines := beside(blocks[from : to+1])
			if ui.Width(lines[0]) > width {
				break
			}
			row = lines
		}
		rows, from = append(rows, row), to
	}
	return stack(rows)
}

// beside joins columns; every line has the same width.
func beside(columns [][]string) []string {
	height := 0
	for _, c := range columns {
		height = max(height, len(c))
	}
	lines := make([]string, height)
	for n, c := range columns {
		width := 0
		for _, line := range c {
			width = max(width, ui.Width(line))
		}
		if n < len(columns)-1 {
			width += 3
		}
		for i, line := range ui.Fit(strings.Join(c, "\n"), width, height) {
			lines[i] += line
		}
	}
	return lines
}

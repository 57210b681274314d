package widget

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"detent/tui/ui"
)

// Readable is how wide text in a box is at most: longer lines are hard to follow.
const Readable = 88

// Box is a border round lines, with a title above and the keys that act below.
type Box struct {
	Title  string
	Danger bool // red: it destroys something
	Keys   []key.Binding
	Lines  []string
}

// Draw makes it as small as its content, whose largest size is given.
func (b Box) Draw(env *ui.Env, width, height int) []string {
	st := env.Styles
	line := st.Accent.Bold(false)
	if b.Danger {
		line = st.Bad
	}
	title := ""
	if b.Title != "" {
		title = st.Strong.Render(ui.Clean(b.Title))
	}
	hints := ui.Hints(st, b.Keys, width-2)
	inner := max(ui.Width(title)+2, ui.Width(hints)+2, 24)
	for _, row := range b.Lines {
		inner = max(inner, ui.Width(row))
	}
	inner = min(inner, width)
	edge := func(from, text, to string) string {
		if text != "" {
			text = " " + ui.Truncate(text, inner) + " "
		}
		return line.Render(from) + text + line.Render(strings.Repeat("─", max(inner+2-ui.Width(text), 0))+to)
	}
	out := []string{edge("╭", title, "╮")}
	for _, row := range ui.Fit(strings.Join(b.Lines, "\n"), inner, min(len(b.Lines), height)) {
		out = append(out, line.Render("│")+" "+row+" "+line.Render("│"))
	}
	return append(out, edge("╰", hints, "╯"))
}

// Splice puts a row that is width cells wide over a line of total cells, at cell x.
func Splice(under string, x int, row string, width, total int) string {
	left := ui.Pad(ansi.Truncate(under, x, ""), x)
	right := ui.PadLeft(ansi.TruncateLeft(under, x+width, ""), total-x-width)
	return left + row + right
}

package palette

import (
	"strings"

	"detent/tui/ui"
)

// View is the text and what it may mean.
func (p *Palette) View() string {
	st := p.env.Styles
	count := ui.Number(p.len())
	if p.text != "" {
		count = ui.Number(len(p.all)) + " of " + count
	}
	head := st.Accent.Render(":") + " " + p.in.View(max(p.width-ui.Width(count)-3, 4)) + " " + st.Dim.Render(count)
	lines := make([]string, len(p.best))
	if len(p.best) == 0 {
		lines = []string{st.Dim.Render("  Nothing here is called that.")}
	}
	name := 0
	for i := range p.shown() {
		name = max(name, ui.Width(ui.Clean(called(p.item(p.best[i].at)))))
	}
	if name = min(name, max(p.width*2/5, 12)); p.width < leastAbout { // what is done is told of the row under the cursor
		name = p.width
	}
	foot := p.foot()
	p.rows.Show(p.cursor, 0, len(foot)+1)
	for i, m := range p.best {
		if i < p.cursor-p.height || i > p.cursor+p.height {
			continue // out of sight
		}
		lines[i] = p.row(m, i == p.cursor, name)
	}
	out := append([]string{ui.Pad(head, p.width), st.Dim.Render(strings.Repeat("─", p.width))}, p.rows.Lines(append(lines, make([]string, max(p.height-2-len(foot)-len(lines), 0))...), foot)...)
	return strings.Join(out, "\n")
}

// RowAt is what stands on a line, below the text and the rule.
func (p *Palette) RowAt(line int) (int, bool) {
	row, ok := p.rows.At(line - 2)
	return row, ok && row < len(p.best)
}

// Select puts the cursor on it.
func (p *Palette) Select(row int) { p.cursor = row }

// foot is all that a row has to say about what the cursor is on, where there may be more than fits beside its name.
func (p *Palette) foot() []string {
	st := p.env.Styles
	out := make([]string, p.told)
	if p.cursor >= len(p.best) {
		return out
	}
	it := p.item(p.best[p.cursor].at)
	lines := ui.Hanging(st.Dim.Render, "", ui.Clean(it.About), p.width)
	if it.Why != "" {
		lines = ui.Hanging(st.Warn.Render, "cannot: ", ui.Clean(it.Why), p.width)
	}
	if len(lines) > len(out) {
		last := len(out) - 1
		lines[last] = ui.Truncate(lines[last]+" "+lines[last+1], p.width)
	}
	copy(out, lines)
	return out
}

// leastAbout is the width from which on a row says what is done, beside the name.
const leastAbout = 64

// called is the name with what it is done with.
func called(it Item) string {
	if it.Of == "" {
		return it.Name
	}
	return it.Name + " " + it.Of
}

// shown is how many rows there may be to see: the names of all that were found are not measured.
func (p *Palette) shown() int { return min(len(p.best), 2*p.height) }

func (p *Palette) row(m match, selected bool, width int) string {
	st, it := p.env.Styles, p.item(m.at)
	right, about := it.Kind, it.About
	if it.Key != "" {
		right = it.Key
	}
	if it.Why != "" {
		about = "cannot: " + it.Why
	}
	name, about, right := ui.Clean(called(it)), ui.Clean(about), ui.Clean(right)
	room := p.width - 2
	if about = "  " + about; width >= room {
		about, width = "", max(room-ui.Width(right)-1, 1)
		name = ui.Truncate(name, width)
	}
	if selected {
		return st.Accent.Render("▸ ") + st.Cursor.Render(ui.Spread(ui.Pad(name, width)+about, right, room))
	}
	shown, keys := p.marked(name, called(it), m.bytes), st.Dim
	if it.Key != "" {
		keys = st.Key
	}
	if it.Why != "" {
		shown, keys = st.Dim.Render(name), st.Dim
	}
	return "  " + ui.Spread(ui.Pad(shown, width)+st.Dim.Render(about), keys.Render(right), room)
}

// marked shows which letters of a name were meant.
func (p *Palette) marked(name, raw string, bytes []int) string {
	if len(bytes) == 0 || name != raw {
		return name
	}
	var b strings.Builder
	next := 0
	for i, r := range name {
		if next < len(bytes) && bytes[next] == i {
			b.WriteString(p.env.Styles.Match.Render(string(r)))
			next++
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

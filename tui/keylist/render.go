package keylist

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/ui"
)

// View is the pane, exactly its size.
func (l *List) View() string { return strings.Join(l.Lines(), "\n") }

// Lines is the pane line by line.
func (l *List) Lines() []string {
	if l.width <= 0 || l.height <= 0 {
		return nil
	}
	l.ctx.now, l.drawn, l.chipsAt = l.env.Now(), 0, -1
	lines := make([]string, 0, l.height)
	if l.Filtered() {
		lines = append(lines, l.filterLine())
	}
	lines = append(lines, l.lessons()...)
	if l.banner != "" {
		lines = append(lines, ui.Pad(l.banner, l.width))
	}
	if l.showsChips() {
		l.chipsAt = len(lines)
		lines = append(lines, ui.Pad(l.chipsLine(), l.width))
	}
	if l.showsExpiries() {
		lines = append(lines, ui.Pad(l.expiriesLine(), l.width))
	}
	below := l.below()
	room := max(l.height-len(below), 0)
	if len(l.idx) == 0 {
		return append(append(lines, l.nothing(max(room-len(lines), 0))...), below...)
	}
	lines = append(lines, l.titles())
	l.drawn = len(lines)
	for line := l.offset; line < len(l.idx) && len(lines) < room; line++ {
		lines = append(lines, l.row(line))
	}
	l.to = len(lines)
	blank := strings.Repeat(" ", l.width)
	if len(lines)+len(below) < l.height { // right under the last row
		lines, below = append(lines, below...), nil
	}
	for len(lines) < l.height-len(below) {
		lines = append(lines, blank)
	}
	return append(lines, below...)[:l.height]
}

// below are the lines of the problems.
func (l *List) below() []string {
	n := l.linesBelow()
	first := max(min(l.onProblem, len(l.problems)-n), 0)
	var out []string
	for i := first; i < first+n; i++ {
		lead := "  "
		if i == l.onProblem {
			lead = l.env.Styles.Accent.Render("▸") + " "
		}
		out = append(out, ui.Pad(lead+l.problems[i], l.width))
	}
	return out
}

func (l *List) nothing(height int) []string {
	block := l.placeholder
	if l.Filtered() && l.store.n > 0 && !l.busy {
		block = l.noMatch()
	}
	return ui.Centre(shortened(block, height), l.width, height)
}

// shortened makes a block as high as there is room for: empty lines go first, then those before the last, which says what one can do.
func shortened(block string, height int) string {
	lines := strings.Split(block, "\n")
	if len(lines) > height {
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	}
	if n := len(lines); n > height && height > 1 {
		lines = append(append(lines[:height-2:height-2], "…"), lines[n-1])
	}
	return strings.Join(lines, "\n")
}

func (l *List) filterLine() string {
	s := l.env.Styles
	count := fmt.Sprintf("%d of %d", len(l.idx), l.store.n)
	room := l.width - ui.Width(count) - 5
	var text string
	if l.typing && l.input.Value() == "" {
		text = l.input.View(4) + s.Dim.Render("words, env:live, expires<14d, perm:deleteRule, disabled, !ci")
	} else {
		text = l.input.View(max(room, 8))
	}
	return " " + s.Accent.Render("/") + " " + ui.Spread(text, s.Dim.Render(count)+" ", l.width-3)
}

func (l *List) titles() string {
	s := l.env.Styles
	var b strings.Builder
	b.WriteString("  ")
	for n, c := range l.layout {
		if n > 0 {
			b.WriteString("  ")
		}
		title := s.Column.Render(c.title)
		if c.title == l.columns[l.sortBy].title {
			arrow := "▲"
			if l.reverse {
				arrow = "▼"
			}
			title += " " + s.Accent.Render(arrow)
		}
		b.WriteString(ui.Pad(title, c.width))
	}
	return ui.Pad(b.String(), l.width)
}

func (l *List) row(line int) string {
	i := l.idx[line]
	if line == l.cursor {
		return l.render(i, true)
	}
	text, ok := l.rows[i]
	if !ok {
		if len(l.rows) > 8*l.height+64 {
			clear(l.rows)
		}
		text = l.render(i, false)
		l.rows[i] = text
	}
	return text
}

// render draws one key. The cursor is a bar over the whole row, in one style: its cells cost a move no more than their letters.
func (l *List) render(i int32, selected bool) string {
	s := l.env.Styles
	k, marks := l.seen.key(i, &l.scratch), l.seen.mark(i)
	l.ctx.at = l.seen.profileOf(i)
	var b strings.Builder
	for n, c := range l.layout {
		if n > 0 {
			b.WriteString("  ")
		}
		cell := c.cell(&l.ctx, k, marks)
		style := s.Tone(cell.tone)
		for _, tail := range cell.tails {
			if ui.Width(cell.text)+ui.Width(tail) <= c.width {
				cell.text += tail
				break
			}
		}
		if selected {
			style = l.cursorStyle()
		}
		if n == 0 {
			b.WriteString(l.name(cell.text, k, c.width, selected))
			continue
		}
		text := ui.Truncate(cell.text, c.width)
		if selected {
			b.WriteString(text)
		} else {
			b.WriteString(l.highlight(text, len(text), l.query.words(c.title), style))
		}
		b.WriteString(strings.Repeat(" ", c.width-ui.Width(text)))
	}
	if !selected {
		sign := "  "
		if l.marked[l.named(i)] {
			sign = " " + s.Accent.Render(markSign)
		}
		return ui.Pad(sign+b.String(), l.width)
	}
	if l.marked[l.named(i)] {
		return s.Accent.Render("▸"+markSign) + l.bar(ui.Pad(b.String(), l.width-marker-1), k) + " "
	}
	return s.Accent.Render("▸") + l.bar(" "+ui.Pad(b.String(), l.width-marker-1), k) + " "
}

// markSign is before a row that is marked.
const markSign = "•"

// bar is the row under the cursor; of a name that carries the mark of a rotation, that is dim in it too.
func (l *List) bar(row string, k *apikey.Key) string {
	style, whole := l.cursorStyle(), name(k)
	from := ui.MarkAt(whole)
	if from == len(whole) || !strings.HasPrefix(row, " "+whole[:from]) {
		return style.Render(row)
	}
	shown := ui.Truncate(whole, l.layout[0].width)
	if from >= len(shown) || !strings.HasPrefix(row, " "+shown) { // beside the sign of our own key it may be shorter
		return style.Render(row)
	}
	return style.Render(row[:1+from]) + l.env.Styles.Marked(style).Render(row[1+from:1+len(shown)]) + style.Render(row[1+len(shown):])
}

// cursorStyle is that of the row under the cursor.
func (l *List) cursorStyle() lipgloss.Style {
	if l.focused {
		return l.env.Styles.Cursor
	}
	return l.env.Styles.Strong
}

func (l *List) name(text string, k *apikey.Key, width int, selected bool) string {
	s := l.env.Styles
	own := ""
	if k.Own {
		own = " " + ui.OwnMark
	}
	whole := text
	text = ui.Truncate(text, max(width-ui.Width(own), 0))
	mark := min(ui.MarkAt(whole), len(text))
	if !strings.HasPrefix(whole, text[:mark]) { // cut before it
		mark = len(text)
	}
	rest := strings.Repeat(" ", max(width-ui.Width(text)-ui.Width(own), 0))
	if !selected { // else the bar has one style
		text = l.highlight(text, mark, l.query.words("NAME"), s.Base)
		if own != "" {
			own = s.Dim.Render(own)
		}
	}
	return ui.Truncate(text+own+rest, width)
}

// highlight styles text, and the letters that the filter matched in it; from the byte mark on it is dim.
func (l *List) highlight(text string, mark int, words []string, style lipgloss.Style) string {
	plain := func(text string, style lipgloss.Style) string {
		if text == "" {
			return ""
		}
		return style.Render(text)
	}
	folded := fold(text)
	if len(words) == 0 || utf8.RuneCountInString(folded) != utf8.RuneCountInString(text) {
		return plain(text[:mark], style) + plain(text[mark:], l.env.Styles.Marked(style))
	}
	dim := utf8.RuneCountInString(text[:mark])
	runes, hit := []rune(text), make([]bool, utf8.RuneCountInString(text))
	for _, w := range words {
		for at := 0; ; {
			n := strings.Index(folded[at:], w)
			if n < 0 {
				break
			}
			from := utf8.RuneCountInString(folded[:at+n])
			for r := range utf8.RuneCountInString(w) {
				hit[from+r] = true
			}
			at += n + len(w)
		}
	}
	var b strings.Builder
	for from := 0; from < len(runes); {
		to := from
		for to < len(runes) && hit[to] == hit[from] && (to < dim) == (from < dim) {
			to++
		}
		part := string(runes[from:to])
		switch {
		case hit[from]:
			part = l.env.Styles.Match.Render(part)
		case from < dim:
			part = style.Render(part)
		default:
			part = l.env.Styles.Marked(style).Render(part)
		}
		b.WriteString(part)
		from = to
	}
	return b.String()
}

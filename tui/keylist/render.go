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

const (
	gap      = 2  // cells between columns
	marker   = 2  // cells for the cursor
	minName  = 12 // the name is never narrower while another column is there
	someName = 24 // a longer name gets that much before the other columns
	manyName = 40 // of a longer one, the other columns are whole before it is
	// wholeMost is the widest that a column becomes where there is room for all of what it says.
	wholeMost = 48
)

// placed is a column on screen.
type placed struct {
	*column
	width int
}

// relayout chooses columns and widths: what the service reports, as far as it fits, the columns that are dropped last
// before the others, and what is left over goes to the name.
func (l *List) relayout() {
	clear(l.rows)
	l.layout = l.layout[:0]
	profile, several := l.columnAt(profileColumn), len(l.profiles) > 1
	if l.store.shown[profile] = several; several {
		for _, p := range l.profiles {
			l.store.widths[profile] = max(l.store.widths[profile], ui.Width(ui.Clean(p.Name)))
		}
	}
	width := l.columnWidth
	free := l.width - marker - 1 // a cell of air at the end
	wanted := max(width(0), minName)
	least := min(wanted, someName, max(free/2, minName))
	chosen := map[int]bool{0: true}
	left := free - least
	lost := false // what matters less does not stand where what matters more had no room
	for _, i := range l.byDrop {
		switch need := width(i) + gap; {
		case !l.shows(i), lost && l.columns[i].drop > matters:
		case need <= left:
			chosen[i] = true
			left -= need
		default:
			lost = true
		}
	}
	ownMark := ui.Width(" " + ui.OwnMark)
	whole := l.whole(chosen, &left, min(wanted+ownMark, manyName)-least)
	for i := range l.columns {
		if !chosen[i] {
			continue
		}
		w := width(i) + whole[i]
		if i == 0 {
			w = min(least+left, max(wanted, least)+ownMark)
			w = min(w, free)
		}
		l.layout = append(l.layout, placed{&l.columns[i], w})
	}
}

// columnWidth is what a column takes where it is not given more.
func (l *List) columnWidth(i int) int {
	c := &l.columns[i]
	title := ui.Width(c.title)
	if i == l.sortBy {
		title += 2
	}
	if c.byNeed && len(l.rotating) > 0 {
		return max(c.width, title, ui.Width(waitsForYou))
	}
	if c.width > 0 {
		return max(c.width, title)
	}
	widest := l.store.widths[i]
	if c.ofAccess && l.store.signed {
		widest += ui.Width(" " + mintSign)
	}
	return max(min(widest, c.most), title)
}

// shows reports whether there is something to show in a column: of some key, or, of its environment, of some profile.
func (l *List) shows(i int) bool {
	return l.store.shown[i] || l.ctx.several() && i == l.columnAt(environmentColumn) &&
		slices.ContainsFunc(l.profiles, func(p Profile) bool { return elsewhere(p).Word != "" })
}

// matters is the highest drop of the columns that the list does not lose for another pane.
const matters = 30

// Wants is the width at which all columns are there that matter.
func (l *List) Wants() int {
	n := marker + 1 + min(max(l.columnWidth(0), minName), someName)
	for _, i := range l.byDrop {
		if l.columns[i].drop <= matters && l.shows(i) {
			n += l.columnWidth(i) + gap
		}
	}
	return n
}

func (l *List) columnAt(title string) int {
	return slices.IndexFunc(l.columns, func(c column) bool { return c.title == title })
}

// whole shares what is left among the columns whose content was cut, those that stay longest first, once the names have theirs.
func (l *List) whole(chosen map[int]bool, left *int, names int) map[int]int {
	out := map[int]int{}
	spare := *left - max(names, 0)
	for _, i := range l.byDrop {
		c := &l.columns[i]
		widest := l.store.widths[i]
		if c.ofAccess && l.store.signed {
			widest = min(widest+ui.Width(" "+mintSign+mintWords), wholeMost)
		}
		if more := min(widest-l.columnWidth(i), spare); chosen[i] && c.width == 0 && more > 0 {
			out[i] = more
			spare -= more
			*left -= more
		}
	}
	return out
}

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

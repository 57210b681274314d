package keylist

import (
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

// Chip is a state that keys of the list are in: how many, and the filter's word that leaves them.
type Chip struct {
	State ui.State
	Count int
	Word  string
}

// Days is how far the line of expiries looks ahead.
const Days = 90

// Expiries are when the keys of a list end.
type Expiries struct {
	Within [Days]int // by day from now
	Never  int
	Known  bool // some key says when it ends, or that it does not
}

// Count takes note of a key's end, in days from now.
func (e *Expiries) Count(at apikey.Moment, days int) {
	if at.IsNever() {
		e.Never, e.Known = e.Never+1, true
		return
	}
	if _, ok := at.Time(); ok {
		e.Known = true
		if days >= 0 && days < Days {
			e.Within[days]++
		}
	}
}

// Add counts another list's keys too.
func (e *Expiries) Add(o Expiries) {
	for i, n := range o.Within {
		e.Within[i] += n
	}
	e.Never, e.Known = e.Never+o.Never, e.Known || o.Known
}

// Where there is room for the lines above the rows.
const (
	chipsFrom    = 12
	expiriesFrom = 28
)

func (l *List) showsChips() bool { return l.overview && l.height >= chipsFrom && l.store.n > 0 }
func (l *List) showsExpiries() bool {
	return l.showsChips() && l.height >= expiriesFrom && l.ends.Known
}

// Overview reports whether the counts stand above the rows.
func (l *List) Overview() bool { return l.showsChips() }

// chipsLine are the chips, as many as fit whole.
func (l *List) chipsLine() string {
	s := l.env.Styles
	if len(l.states) == 0 {
		return " " + s.Good.Render("✓") + s.Dim.Render(" nothing expired, expiring, old, unused or half rotated")
	}
	words := split(l.input.Value())
	var out string
	l.chipEnds = l.chipEnds[:0]
	for i, c := range l.states {
		text := fmt.Sprintf("[%s %s %d]", c.State.Glyph, c.State.Word, c.Count)
		if ui.Width(out)+ui.Width(text)+3 > l.width {
			out += s.Dim.Render(" …")
			break
		}
		style := s.Tone(c.State.Tone)
		switch {
		case i == l.chip:
			style = s.Focused
		case slices.Contains(words, c.Word):
			style = style.Bold(true).Underline(true)
		}
		out += " " + style.Render(text)
		l.chipEnds = append(l.chipEnds, ui.Width(out))
	}
	return out
}

var bars = []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}

// expiriesLine is how many keys end when.
func (l *List) expiriesLine() string {
	s := l.env.Styles
	left, right := " expiries  now ", fmt.Sprintf(" %dd   without expiry: %d", Days, l.ends.Never)
	cells := min(Days/2, l.width-ui.Width(left)-ui.Width(right)-1)
	if cells < 10 {
		n := 0
		for _, day := range l.ends.Within {
			n += day
		}
		return s.Dim.Render(ui.Truncate(fmt.Sprintf(" expiries  %d in %dd · without: %d", n, Days, l.ends.Never), l.width))
	}
	sums := make([]int, cells)
	for day, n := range l.ends.Within {
		sums[day*cells/Days] += n
	}
	most := slices.Max(sums)
	var b strings.Builder
	for _, n := range sums {
		at := 0
		if n > 0 {
			at = max(n*(len(bars)-1)/most, 1)
		}
		b.WriteString(bars[at])
	}
	return s.Dim.Render(left) + s.Accent.Bold(false).Render(b.String()) + s.Dim.Render(right)
}

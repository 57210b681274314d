package paint

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The control sequences that the painter writes beside SGR. All but the
// brackets of a frame are VT102 or ECMA-48, and a terminal ignores the brackets
// if it does not know them.
const (
	beginFrame  = "\x1b[?2026h"
	endFrame    = "\x1b[?2026l"
	clearScreen = "\x1b[2J"
	clearToEnd  = "\x1b[K"
	resetPen    = "\x1b[m"
	resetRegion = "\x1b[r"
)

// An encoder writes the bytes that turn one screen into another. It knows
// where the terminal's cursor and pen are.
type encoder struct {
	buf      []byte
	clusters *clusters
	pen      style
	x, y     int // the terminal's cursor; -1: not known
}

// start forgets what an earlier frame left behind.
func (e *encoder) start() {
	e.buf = e.buf[:0]
	e.pen, e.x, e.y = style{}, -1, -1
}

func (e *encoder) number(n int) { e.buf = strconv.AppendInt(e.buf, int64(n), 10) }

// control writes a sequence with one number, which is left out where it is the default 1.
func (e *encoder) control(n int, final byte) {
	e.buf = append(e.buf, "\x1b["...)
	if n != 1 {
		e.number(n)
	}
	e.buf = append(e.buf, final)
}

func (e *encoder) setPen(s style) {
	s.attr &^= wary
	e.buf = appendSGR(e.buf, e.pen, s)
	e.pen = s
}

// row writes what differs between the old and the new cells of row y.
func (e *encoder) row(y int, old, now []cell) {
	text := len(now) // columns before the blank rest of the row
	for text > 0 && now[text-1] == blank {
		text--
	}
	stale := len(old) // columns before what is blank already
	for stale > text && old[stale-1] == blank {
		stale--
	}
	for x := 0; x < text; {
		if old[x] == now[x] {
			x++
			continue
		}
		e.reach(x, y, now)
		if run := blankRun(old, now, x, text); run >= e.minErase() {
			e.setPen(style{})
			e.control(run, 'X')
			x += run
			continue
		}
		x = e.cell(x, now)
	}
	if stale > text {
		e.reach(text, y, now)
		if stale-text <= len(clearToEnd) && passesFor(e.pen, style{}) {
			for x := text; x < stale; x++ {
				e.cell(x, now)
			}
			return
		}
		e.setPen(style{})
		e.buf = append(e.buf, clearToEnd...)
	}
}

// minErase is the least run of spaces for which an erase and a jump are shorter.
func (e *encoder) minErase() int {
	const erase = len("\x1b[9X\x1b[99G")
	if e.pen != (style{}) {
		return erase + len(resetPen)
	}
	return erase
}

// blankRun counts the cells from x that become blank, ending with one that changes.
func blankRun(old, now []cell, x, end int) int {
	n := 0
	for i := x; i < end && now[i] == blank; i++ {
		if old[i] != blank {
			n = i - x + 1
		}
	}
	return n
}

// cell writes the character at x and returns the column after it.
func (e *encoder) cell(x int, now []cell) int {
	c := now[x]
	if c.glyph != ' ' || !passesFor(e.pen, c.style) {
		e.setPen(c.style)
	}
	width := 1
	if x+1 < len(now) && now[x+1].glyph == tail {
		width = 2
	}
	if c.style.attr&wary != 0 {
		// Spaces first, so that nothing stale stays where the terminal draws less.
		for range width {
			e.buf = append(e.buf, ' ')
		}
		e.control(x+1, 'G')
	}
	switch {
	case c.glyph < 0:
		e.buf = append(e.buf, e.clusters.text[^c.glyph]...)
	default:
		e.buf = utf8.AppendRune(e.buf, rune(c.glyph))
	}
	if e.x += width; e.x >= len(now) || c.style.attr&wary != 0 {
		e.x = -1 // at the margin, or who knows
	}
	return x + width
}

// reach moves the cursor to a cell in the fewest bytes: by writing what stands
// between again where that is short, else by the shortest sequence.
func (e *encoder) reach(x, y int, now []cell) {
	if e.x == x && e.y == y {
		return
	}
	if e.y == y && e.x >= 0 && e.x < x && e.rewrite(x, now) {
		return
	}
	switch {
	case e.y == y:
		e.along(x)
	case e.y >= 0 && y-e.y > 0 && y-e.y <= maxFeeds:
		for ; e.y < y; e.y++ {
			e.buf = append(e.buf, '\n')
		}
		// The column after a line feed depends on the line discipline.
		e.x = -1
		e.along(x)
	default:
		e.buf = append(e.buf, "\x1b["...)
		if y > 0 || x > 0 {
			e.number(y + 1)
		}
		if x > 0 {
			e.buf = append(e.buf, ';')
			e.number(x + 1)
		}
		e.buf = append(e.buf, 'H')
	}
	e.x, e.y = x, y
}

// maxFeeds is how many line feeds are shorter than the number of a row.
const maxFeeds = 2

// along moves the cursor in its row.
func (e *encoder) along(x int) {
	switch {
	case x == 0:
		e.buf = append(e.buf, '\r')
	case e.x >= 0 && e.x < x && x-e.x < 10:
		e.control(x-e.x, 'C')
	default:
		e.control(x+1, 'G')
	}
}

// rewrite writes the cells up to x again if they cost no more than a jump.
func (e *encoder) rewrite(x int, now []cell) bool {
	const jump = len("\x1b[9C")
	if x-e.x > jump {
		return false
	}
	bytes := 0
	for _, c := range now[e.x:x] {
		if c.glyph == tail || c.glyph < 0 || c.style.attr&wary != 0 {
			return false
		}
		if c.style != e.pen && (c.glyph != ' ' || !passesFor(e.pen, c.style)) {
			return false
		}
		bytes += utf8.RuneLen(rune(c.glyph))
	}
	if bytes > jump {
		return false
	}
	for _, c := range now[e.x:x] {
		e.buf = utf8.AppendRune(e.buf, rune(c.glyph))
	}
	e.x = x
	return true
}

// scroll moves the rows from top to bottom, both included, up by n (down if n is negative).
func (e *encoder) scroll(s shift, height int) {
	e.setPen(style{}) // what comes in is erased with the pen's background
	region := s.bottom < height-1
	if region {
		e.buf = fmt.Appendf(e.buf, "\x1b[%d;%dr", s.top+1, s.bottom+1)
		e.x, e.y = 0, 0
	}
	e.reach(0, s.top, nil)
	if s.by > 0 {
		e.control(s.by, 'M')
	} else {
		e.control(-s.by, 'L')
	}
	if region {
		e.buf = append(e.buf, resetRegion...)
		e.x, e.y = -1, -1
	}
}

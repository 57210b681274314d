package paint

import (
	"bytes"
	"strings"
)

// A frame is what a View returned, and the size of the screen it was made for.
type frame struct {
	text          string
	width, height int
	fresh         bool // the terminal's screen is not what was painted last
}

// A canvas knows what the terminal shows, and makes of a frame the bytes that
// bring the terminal there. It is not safe for use from several goroutines.
type canvas struct {
	parser  parser
	encoder encoder
	scout   scout

	width, height int
	shown         [][]cell // the screen, row by row
	spare         [][]cell // a buffer beside each of them
	next, moved   [][]cell
	empty         []cell

	last  string // the frame on the screen
	lines []line // and what its rows were made of
}

// A line of a frame, and the pen before and after it: a style may run on.
type line struct {
	text       string
	start, end style
}

// resize makes an unknown screen of the size.
func (c *canvas) resize(width, height int) {
	c.width, c.height = width, height
	c.empty = make([]cell, width)
	fill(c.empty, 0, width, style{})
	c.shown = make([][]cell, height)
	c.spare = make([][]cell, height)
	for y := range c.spare {
		c.spare[y] = make([]cell, width)
	}
	c.next = make([][]cell, height)
	c.lines = make([]line, height)
}

// paint returns the bytes of a frame; none if the terminal shows it already.
// They are valid until the next call.
func (c *canvas) paint(f frame) []byte {
	if f.width <= 0 || f.height <= 0 {
		return nil
	}
	fresh := f.fresh || f.width != c.width || f.height != c.height || c.shown == nil
	if !fresh && f.text == c.last {
		return nil
	}
	if len(c.parser.clusters.text) > maxKnown {
		c.parser.clusters.reset()
		fresh = true
	}
	if fresh {
		c.resize(f.width, f.height)
	}
	c.parse(f.text, fresh)
	c.last = f.text
	e := &c.encoder
	e.clusters = &c.parser.clusters
	e.start()
	e.buf = append(e.buf, beginFrame...)
	if fresh {
		e.buf = append(e.buf, resetRegion+resetPen+clearScreen...)
		for y := range c.shown {
			c.shown[y] = c.empty
		}
	}
	before := len(e.buf)
	c.encode(c.shown)
	if !fresh {
		c.tryScroll(before)
	}
	c.keep()
	if len(e.buf) == before && !fresh {
		return nil
	}
	e.setPen(style{})
	e.buf = append(e.buf, endFrame...)
	return e.buf
}

// parse fills next with the frame's rows. A line that did not change is not parsed.
func (c *canvas) parse(text string, fresh bool) {
	texts := splitLines(text, c.height)
	pen := style{}
	for y := range c.next {
		now := line{start: pen}
		if y < len(texts) {
			now.text = texts[y]
		}
		if was := c.lines[y]; !fresh && was.text == now.text && was.start == pen {
			c.next[y] = c.shown[y]
			pen = was.end
			continue
		}
		c.next[y] = c.spare[y]
		pen = c.parser.line(now.text, pen, c.next[y])
		now.end = pen
		c.lines[y] = now
	}
}

// keep makes next the screen that is shown.
func (c *canvas) keep() {
	for y, row := range c.next {
		switch before := c.shown[y]; &before[0] {
		case &row[0]:
		case &c.empty[0]:
			c.spare[y] = make([]cell, c.width)
		default:
			c.spare[y] = before
		}
		c.shown[y] = row
	}
}

// encode appends what turns the rows before into next.
func (c *canvas) encode(before [][]cell) {
	for y, row := range c.next {
		if &row[0] != &before[y][0] {
			c.encoder.row(y, before[y], row)
		}
	}
}

// tryScroll replaces what was encoded since the mark by a scroll and the
// rest, if rows moved and that is shorter.
func (c *canvas) tryScroll(mark int) {
	e := &c.encoder
	plain := len(e.buf) - mark
	if plain < 4*segment {
		return
	}
	s, found := c.scout.find(c.shown, c.next)
	if !found {
		return
	}
	pen, x, y := e.pen, e.x, e.y
	e.pen, e.x, e.y = style{}, -1, -1
	e.scroll(s, c.height)
	c.moved = s.apply(c.shown, c.empty, c.moved)
	c.encode(c.moved)
	if scrolled := len(e.buf) - mark - plain; scrolled < plain {
		e.buf = append(e.buf[:mark], e.buf[mark+plain:]...)
		return
	}
	e.buf = e.buf[:mark+plain]
	e.pen, e.x, e.y = pen, x, y
}

// splitLines returns a frame's lines, the last ones if there are too many.
func splitLines(text string, height int) []string {
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-height):]
}

// Text returns the rows of a frame as the painter shows them on a screen of the
// size, without colours and trailing spaces: what a test may expect of a terminal.
func Text(frame string, width, height int) []string {
	var p parser
	out := make([]string, height)
	row := make([]cell, width)
	pen := style{}
	for y, line := range splitLines(frame, height) {
		pen = p.line(line, pen, row)
		var b bytes.Buffer
		for _, c := range row {
			switch {
			case c.glyph < 0:
				b.WriteString(p.clusters.text[^c.glyph])
			case c.glyph != tail:
				b.WriteRune(rune(c.glyph))
			}
		}
		out[y] = strings.TrimRight(b.String(), " ")
	}
	return out
}

package paint

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// tabWidth is the distance of tab stops.
const tabWidth = 8

// A parser turns the lines of a frame into cells.
type parser struct {
	clusters clusters
	known    map[string]drawing // what draw said of clusters beyond ASCII
}

// line draws one line of a frame into row, whose length is the screen's width,
// and returns the pen at its end: a style may run on into the next line.
// Of control sequences only SGR acts; whatever else a frame holds is not shown.
func (p *parser) line(text string, pen style, row []cell) style {
	x := 0
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= ' ' && c < 0x7f && (i+1 == len(text) || text[i+1] < utf8.RuneSelf):
			if x < len(row) {
				row[x] = cell{glyph(c), pen}
				if c == ' ' {
					row[x].style = plainSpace(pen)
				}
			}
			x++
			i++
		case c == 0x1b:
			n, sgr := escape(text[i:])
			if sgr {
				pen = pen.sgr(text[i+2 : i+n-1])
			}
			i += n
		case c == '\t':
			stop := (x/tabWidth + 1) * tabWidth
			x = fill(row, x, stop-x, pen)
			i++
		case c < ' ' || c == 0x7f:
			i++
		default:
			var n int
			x, n = p.cluster(text[i:], x, pen, row)
			i += n
		}
	}
	fill(row, x, len(row)-x, style{})
	return pen
}

// cluster draws the first grapheme cluster of text at x, and returns the
// column after it and its bytes. One that does not fit is left out whole.
func (p *parser) cluster(text string, x int, pen style, row []cell) (next, bytes int) {
	d, n := p.first(text)
	next = x + d.width
	if d.width == 0 {
		return next, n
	}
	if next > len(row) {
		fill(row, x, len(row)-x, style{})
		return next, n
	}
	r, size := utf8.DecodeRuneInString(d.text)
	g := glyph(r)
	if size < len(d.text) {
		g = p.clusters.glyph(d.text)
	}
	s := pen
	if d.ambiguous {
		s.attr |= wary
	}
	if g == ' ' {
		s = plainSpace(pen)
	}
	row[x] = cell{g, s}
	if d.drawn == 2 {
		row[x+1] = cell{tail, s}
	}
	fill(row, x+d.drawn, d.width-d.drawn, pen)
	return next, n
}

// first finds the first cluster of text and what is shown of it.
func (p *parser) first(text string) (drawing, int) {
	r, size := utf8.DecodeRuneInString(text)
	if !ambiguousWide && unicode.Is(steady, r) && (size == len(text) || text[size] < utf8.RuneSelf) {
		// The common case, such as a border: one character, and no mark can follow it.
		width := 1
		if r >= wideFrom {
			width = 2
		}
		return drawing{text: text[:size], drawn: width, width: width}, size
	}
	cluster, _ := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
	d, known := p.known[cluster]
	if !known {
		if p.known == nil || len(p.known) >= maxKnown {
			p.known = map[string]drawing{}
		}
		d = draw(cluster)
		p.known[cluster] = d
	}
	return d, len(cluster)
}

// maxKnown bounds what is remembered of the clusters that were seen.
const maxKnown = 4096

// fill draws n spaces from x and returns the column after them.
func fill(row []cell, x, n int, pen style) int {
	space := cell{' ', plainSpace(pen)}
	for end := min(x+n, len(row)); x < end; x++ {
		row[x] = space
		n--
	}
	return x + max(n, 0)
}

// escape measures the control sequence at the start of s, and says whether it
// is an SGR. An unfinished one takes the rest of the line.
func escape(s string) (n int, sgr bool) {
	if len(s) < 2 {
		return len(s), false
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1, s[i] == 'm' && (i == 2 || s[2] < '<')
			}
		}
		return len(s), false
	case ']', 'P', '_', '^', 'X':
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1, false
			}
			if s[i] == 0x1b {
				return min(i+2, len(s)), false
			}
		}
		return len(s), false
	}
	return 2, false
}

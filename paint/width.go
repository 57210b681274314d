package paint

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Terminals advance by the widths of code points, layouts count grapheme
// clusters. Where the two disagree (joined emoji, flags, presentation
// selectors) a screen would shift; so a cell shows only what both agree on,
// and the columns that the layout counted are kept in any case.

const (
	unknown = '?' // shown for what terminals draw in no agreed width, or not at all

	maxMarks = 4 // combining marks on one character; terminals keep a few only
)

// ambiguousWide is set when the environment asks for East Asian widths.
var ambiguousWide = ansi.StringWidth("│") == 2

// steady are the characters that every terminal draws in the same width: one
// column, or two from wideFrom on.
var steady = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0020, Hi: 0x007e, Stride: 1}, // ASCII
		{Lo: 0x00a0, Hi: 0x00ac, Stride: 1}, // Latin
		{Lo: 0x00ae, Hi: 0x02ff, Stride: 1},
		{Lo: 0x0384, Hi: 0x038a, Stride: 1}, // Greek, Cyrillic
		{Lo: 0x038e, Hi: 0x03a1, Stride: 1},
		{Lo: 0x03a3, Hi: 0x0482, Stride: 1},
		{Lo: 0x048a, Hi: 0x052f, Stride: 1},
		{Lo: 0x05d0, Hi: 0x05ea, Stride: 1}, // Hebrew
		{Lo: 0x0621, Hi: 0x064a, Stride: 1}, // Arabic
		{Lo: 0x1e00, Hi: 0x1eff, Stride: 1}, // more Latin
		{Lo: 0x2010, Hi: 0x2027, Stride: 1}, // dashes, quotes, bullets
		{Lo: 0x2030, Hi: 0x203b, Stride: 1},
		{Lo: 0x2190, Hi: 0x21ff, Stride: 1}, // arrows
		{Lo: 0x2500, Hi: 0x25fc, Stride: 1}, // boxes, blocks, shapes
		{Lo: 0x2713, Hi: 0x2713, Stride: 1}, // ✓
		{Lo: 0x2717, Hi: 0x2717, Stride: 1}, // ✗
		{Lo: 0x2800, Hi: 0x28ff, Stride: 1}, // braille
		{Lo: 0x3041, Hi: 0x3096, Stride: 1}, // kana
		{Lo: 0x30a1, Hi: 0x30fa, Stride: 1},
		{Lo: 0x4e00, Hi: 0x9fa5, Stride: 1}, // Han
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xff01, Hi: 0xff5e, Stride: 1}, // full width forms
	},
	LatinOffset: 2,
}

const wideFrom = 0x3041

// jamo are the Hangul parts that combine with the syllable before them.
var jamo = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x115f, Hi: 0x11ff, Stride: 1},
		{Lo: 0xd7b0, Hi: 0xd7ff, Stride: 1},
	},
}

// A drawing is what the cells of one cluster show: shown in the first
// columns, blanks up to width.
type drawing struct {
	text      string // what is written to the terminal
	drawn     int    // columns that text fills: 1 or 2
	width     int    // columns that the layout counted; 0 draws nothing
	ambiguous bool   // terminals may disagree on drawn
}

// draw decides what is shown of a grapheme cluster.
func draw(cluster string) drawing {
	width := ansi.StringWidth(cluster)
	if width == 0 {
		return drawing{}
	}
	base, size := utf8.DecodeRuneInString(cluster)
	text := cluster[:size]
	drawn := ansi.StringWidthWc(text)
	if !drawable(base) || drawn < 1 || drawn > width || drawn != ansi.StringWidth(text) {
		return drawing{text: string(unknown), drawn: 1, width: width}
	}
	d := drawing{text: text, drawn: drawn, width: width, ambiguous: !unicode.Is(steady, base)}
	if size < len(cluster) && drawn == width && onlyMarks(cluster[size:]) {
		d.text, d.drawn, d.ambiguous = cluster, width, true
	}
	return d
}

// drawable leaves out what terminals swallow or glue to a neighbour:
// unassigned characters, controls, marks and parts on their own.
func drawable(r rune) bool {
	if r == utf8.RuneError || unicode.Is(jamo, r) || unicode.IsMark(r) {
		return false
	}
	return unicode.IsGraphic(r) || unicode.Is(unicode.Co, r)
}

func onlyMarks(s string) bool {
	n := 0
	for _, r := range s {
		selector := r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
		if n++; n > maxMarks || selector || !unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	return true
}

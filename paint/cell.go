package paint

// A cell is one column of one row: what it shows and how. Cells are equal when
// they look the same, so that two frames are compared cell by cell with ==.
type cell struct {
	glyph glyph
	style style
}

// A glyph is a character, or ^i for the i-th cluster of the clusters table.
type glyph int32

// tail is the right half of a wide character, whose left half is the cell before.
const tail glyph = 0

// A style is a pen of the terminal: colours and attributes.
type style struct {
	fg, bg colour
	attr   attribute
}

// A colour is 0 for the terminal's own, indexed|n for the palette, direct|rgb for 24 bits.
type colour uint32

const (
	indexed colour = 1 << 24
	direct  colour = 2 << 24
)

type attribute uint16

const (
	bold attribute = 1 << iota
	faint
	italic
	underline
	blink
	reverse
	conceal
	strike

	// wary marks a character about whose width terminals disagree. It is no
	// attribute of the pen: it tells the encoder not to trust the cursor after it.
	wary

	// inked are the attributes that show on a space as well.
	inked = underline | reverse | strike
)

var blank = cell{glyph: ' '}

// plainSpace forgets what a space does not show, so that spaces that look equal are equal.
func plainSpace(s style) style {
	if s.attr&inked != 0 {
		return s
	}
	return style{bg: s.bg}
}

// passesFor says that a space drawn with the pen looks like one of style s,
// which plainSpace has seen.
func passesFor(pen, s style) bool {
	return s.attr&inked == 0 && pen.attr&inked == 0 && pen.bg == s.bg
}

// clusters holds the characters that are more than one code point.
type clusters struct {
	text  []string
	index map[string]glyph
}

func (c *clusters) glyph(text string) glyph {
	if g, known := c.index[text]; known {
		return g
	}
	if c.index == nil {
		c.index = map[string]glyph{}
	}
	g := ^glyph(len(c.text))
	c.text = append(c.text, text)
	c.index[text] = g
	return g
}

func (c *clusters) reset() { *c = clusters{} }

package paint

import "strconv"

// sgr applies the parameters of an SGR sequence: everything between "ESC [" and "m".
func (s style) sgr(params string) style {
	var buf [16]param
	list := parseParams(params, buf[:0])
	for i := 0; i < len(list); i++ {
		switch p := list[i].n; {
		case p == 0:
			s = style{}
		case p == 4:
			s.attr |= underline
			if i+1 < len(list) && list[i+1].sub {
				if list[i+1].n == 0 {
					s.attr &^= underline
				}
				i++
			}
		case p >= 1 && p <= 9:
			s.attr |= attributeOf[p]
		case p == 21: // double underline
			s.attr |= underline
		case p == 22:
			s.attr &^= bold | faint
		case p >= 23 && p <= 29:
			s.attr &^= attributeOf[p-20]
		case p >= 30 && p <= 37:
			s.fg = indexed | colour(p-30)
		case p == 39:
			s.fg = 0
		case p >= 40 && p <= 47:
			s.bg = indexed | colour(p-40)
		case p == 49:
			s.bg = 0
		case p >= 90 && p <= 97:
			s.fg = indexed | colour(p-90+8)
		case p >= 100 && p <= 107:
			s.bg = indexed | colour(p-100+8)
		case p == 38 || p == 48 || p == 58:
			c, used := extended(list[i+1:])
			i += used
			switch p {
			case 38:
				s.fg = c
			case 48:
				s.bg = c
			}
		}
	}
	return s
}

var attributeOf = [10]attribute{1: bold, 2: faint, 3: italic, 4: underline, 5: blink, 6: blink, 7: reverse, 8: conceal, 9: strike}

// A param is one number of a control sequence; sub says that a colon joins it
// to the one before.
type param struct {
	n   int
	sub bool
}

func parseParams(s string, list []param) []param {
	p := param{}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			p.n = min(p.n*10+int(c-'0'), 1<<16)
		case c == ';' || c == ':':
			list = append(list, p)
			p = param{sub: c == ':'}
		}
	}
	return append(list, p)
}

// extended reads what follows 38 or 48: 5;n or 2;r;g;b, with semicolons or
// colons (then with the empty colour space too), and how many numbers that took.
func extended(list []param) (colour, int) {
	n := 0 // numbers that a colon joins
	for n < len(list) && list[n].sub {
		n++
	}
	colons := n > 0
	if !colons {
		n = len(list)
	}
	if n < 2 {
		return 0, n
	}
	switch list[0].n {
	case 5:
		if !colons {
			n = 2
		}
		return indexed | colour(list[1].n&0xff), n
	case 2:
		if colons && n >= 5 {
			return rgb(list[2:5]), n
		}
		if n >= 4 {
			if !colons {
				n = 4
			}
			return rgb(list[1:4]), n
		}
	}
	return 0, n
}

func rgb(p []param) colour {
	return direct | colour(p[0].n&0xff)<<16 | colour(p[1].n&0xff)<<8 | colour(p[2].n&0xff)
}

// offCode turns an attribute off; bold and faint share theirs.
var offCode = map[attribute]int{bold: 22, faint: 22, italic: 23, underline: 24, blink: 25, reverse: 27, conceal: 28, strike: 29}

// appendSGR appends the shortest sequence that turns one pen into another.
func appendSGR(buf []byte, from, to style) []byte {
	from.attr &^= wary
	to.attr &^= wary
	if from == to {
		return buf
	}
	start := len(buf)
	buf = append(buf, "\x1b["...)
	buf = endSGR(appendChange(buf, from, to))
	step := len(buf) - start

	// The same from scratch, behind the first; the shorter one stays.
	if to == (style{}) {
		return append(buf[:start], "\x1b[m"...)
	}
	buf = append(buf, "\x1b[0;"...)
	buf = endSGR(appendChange(buf, style{}, to))
	if fresh := len(buf) - start - step; fresh < step {
		copy(buf[start:], buf[start+step:])
		return buf[:start+fresh]
	}
	return buf[:start+step]
}

func endSGR(buf []byte) []byte {
	buf[len(buf)-1] = 'm' // in place of the last semicolon
	return buf
}

func appendChange(buf []byte, from, to style) []byte {
	off, on := from.attr&^to.attr, to.attr&^from.attr
	if off&(bold|faint) != 0 {
		on |= to.attr & (bold | faint)
		if off&bold != 0 {
			off &^= faint
		}
	}
	for a := bold; a <= strike; a <<= 1 {
		if off&a != 0 {
			buf = appendNumber(buf, offCode[a])
		}
	}
	for n := 1; n <= 9; n++ {
		if n != 6 && on&attributeOf[n] != 0 {
			buf = appendNumber(buf, n)
		}
	}
	if from.fg != to.fg {
		buf = appendColour(buf, to.fg, 0)
	}
	if from.bg != to.bg {
		buf = appendColour(buf, to.bg, 10)
	}
	return buf
}

// appendColour appends a colour's code; the background's are ten more than the foreground's.
func appendColour(buf []byte, c colour, ground int) []byte {
	n := int(c & 0xffffff)
	switch {
	case c == 0:
		return appendNumber(buf, 39+ground)
	case c&direct != 0:
		for _, v := range []int{38 + ground, 2, n >> 16, n >> 8 & 0xff} {
			buf = appendNumber(buf, v)
		}
		return appendNumber(buf, n&0xff)
	case n < 8:
		return appendNumber(buf, 30+ground+n)
	case n < 16:
		return appendNumber(buf, 90+ground+n-8)
	}
	return appendNumber(appendNumber(appendNumber(buf, 38+ground), 5), n)
}

func appendNumber(buf []byte, n int) []byte {
	return append(strconv.AppendInt(buf, int64(n), 10), ';')
}

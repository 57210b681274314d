package paint

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// A terminal is a small model of one: enough for what the painter writes, and
// it complains about anything else. Widths are by code point, as terminals count.
type terminal struct {
	width, height int
	rows          [][]spot
	x, y          int
	top, bottom   int

	sgr style

	private map[string]bool // ?n modes by number
	faults  []string
	titles  []string // OSC strings
}

type spot struct {
	text string // "" is the right half of a wide character
	pen  style
}

func newTerminal(width, height int) *terminal {
	t := &terminal{private: map[string]bool{}}
	t.resize(width, height)
	return t
}

// resize leaves junk behind: what a real terminal shows then is anybody's guess.
func (t *terminal) resize(width, height int) {
	t.width, t.height = width, height
	t.rows = make([][]spot, height)
	for y := range t.rows {
		t.rows[y] = make([]spot, width)
		for x := range t.rows[y] {
			t.rows[y][x] = spot{text: "#", pen: style{fg: indexed | 5}}
		}
	}
	t.top, t.bottom = 0, height-1
	t.x, t.y = min(t.x, width-1), min(t.y, height-1)
}

func (t *terminal) fault(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

func (t *terminal) Write(p []byte) (int, error) {
	s := string(p)
	for len(s) > 0 {
		switch {
		case s[0] == 0x1b:
			s = s[t.escape(s):]
		case s[0] == '\r':
			t.x = 0
			s = s[1:]
		case s[0] == '\n':
			if t.y == t.bottom {
				t.fault("a line feed that scrolls")
			}
			t.y = min(t.y+1, t.height-1)
			t.x = 7 % t.width // the line discipline may have moved it
			s = s[1:]
		case s[0] < ' ' || s[0] == 0x7f:
			t.fault("control %q", s[0])
			s = s[1:]
		default:
			r, n := utf8.DecodeRuneInString(s)
			t.print(r)
			s = s[n:]
		}
	}
	return len(p), nil
}

func (t *terminal) print(r rune) {
	width := ansi.StringWidthWc(string(r))
	if unicode.Is(unicode.Mn, r) {
		width = 0 // as in every wcwidth; the library's has gaps
	}
	row := t.rows[t.y]
	if width == 0 {
		x := min(t.x-1, t.width-1)
		if x < 0 {
			t.fault("a mark at the margin")
			return
		}
		if row[x].text == "" {
			x--
		}
		row[x].text += string(r)
		return
	}
	if t.x+width > t.width {
		t.fault("%q does not fit at %d,%d", r, t.x, t.y)
		return
	}
	for x := t.x; x < t.x+width; x++ {
		t.split(row, x)
	}
	row[t.x] = spot{string(r), t.sgr}
	if width == 2 {
		row[t.x+1] = spot{"", t.sgr}
	}
	t.x += width
}

// split blanks the other half of a wide character that is about to be overwritten.
func (t *terminal) split(row []spot, x int) {
	if row[x].text == "" && x > 0 {
		row[x-1].text = " "
	}
	if x+1 < len(row) && row[x+1].text == "" {
		row[x+1].text = " "
	}
	row[x].text = " "
}

func (t *terminal) erase(y, from, to int) {
	for x := from; x < min(to, t.width); x++ {
		t.split(t.rows[y], x)
		t.rows[y][x] = spot{" ", style{bg: t.sgr.bg}}
	}
}

func (t *terminal) escape(s string) int {
	n, sgr := escape(s)
	seq := s[:n]
	if strings.HasPrefix(seq, "\x1b]") {
		t.titles = append(t.titles, seq)
		return n
	}
	if !strings.HasPrefix(seq, "\x1b[") {
		t.fault("escape %q", seq)
		return n
	}
	if sgr {
		t.sgr = t.sgr.sgr(seq[2 : n-1])
		return n
	}
	final, args := seq[n-1], seq[2:n-1]
	if strings.HasPrefix(args, "?") && (final == 'h' || final == 'l') {
		t.private[args[1:]] = final == 'h'
		return n
	}
	num := func(i, missing int) int {
		parts := strings.Split(args, ";")
		if i >= len(parts) || parts[i] == "" {
			return missing
		}
		v, err := strconv.Atoi(parts[i])
		if err != nil {
			t.fault("number in %q", seq)
		}
		return v
	}
	if t.x >= t.width && final == 'C' {
		t.fault("relative move from the margin")
	}
	switch final {
	case 'H':
		t.y, t.x = num(0, 1)-1, num(1, 1)-1
	case 'G':
		t.x = num(0, 1) - 1
	case 'C':
		t.x += num(0, 1)
	case 'J':
		if args != "2" {
			t.fault("erase %q", seq)
		}
		for y := range t.rows {
			t.erase(y, 0, t.width)
		}
	case 'K':
		t.erase(t.y, t.x, t.width)
	case 'X':
		t.erase(t.y, t.x, t.x+num(0, 1))
	case 'r':
		t.top, t.bottom = num(0, 1)-1, num(1, t.height)-1
		t.x, t.y = 0, 0
	case 'M':
		t.lines(num(0, 1))
	case 'L':
		t.lines(-num(0, 1))
	default:
		t.fault("sequence %q", seq)
	}
	if t.x < 0 || t.x >= t.width || t.y < 0 || t.y >= t.height {
		t.fault("%q moves off the screen", seq)
		t.x, t.y = 0, 0
	}
	return n
}

// lines deletes n lines at the cursor, or inserts them.
func (t *terminal) lines(n int) {
	if t.y < t.top || t.y > t.bottom {
		t.fault("scroll outside the region")
		return
	}
	for range max(n, -n) {
		region := t.rows[t.y : t.bottom+1]
		if n > 0 {
			first := region[0]
			copy(region, region[1:])
			region[len(region)-1] = first
			t.erase(t.bottom, 0, t.width)
		} else {
			last := region[len(region)-1]
			copy(region[1:], region)
			region[0] = last
			t.erase(t.y, 0, t.width)
		}
	}
}

// picture is what a person sees: text and pens, one string a row.
func (t *terminal) picture() []string {
	out := make([]string, t.height)
	for y, row := range t.rows {
		var b strings.Builder
		last := style{}
		for _, s := range row {
			pen := s.pen
			if s.text == " " {
				pen = plainSpace(pen)
			}
			if pen != last {
				fmt.Fprintf(&b, "{%x,%x,%x}", pen.fg, pen.bg, pen.attr)
				last = pen
			}
			b.WriteString(s.text)
		}
		out[y] = b.String()
	}
	return out
}

// text is the picture without pens.
func (t *terminal) text() []string {
	out := make([]string, t.height)
	for y, row := range t.rows {
		var b strings.Builder
		for _, s := range row {
			b.WriteString(s.text)
		}
		out[y] = strings.TrimRight(b.String(), " ")
	}
	return out
}

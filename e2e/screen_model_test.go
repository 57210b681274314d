//go:build unix

package e2e

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"
)

// screen is vt10x, a model of a terminal that gives every character one cell, taught what a terminal does with those that
// have another width: a wide one has a tail in the cell behind it, a mark falls on what stands before it and takes none.
// Of a wide one whose other half was overwritten or erased nothing shows.
type screen struct {
	vt10x.Terminal
	cut []byte // a character of which the rest is still to be read
}

// tail is in the second cell of a wide character. No program may write it: it stands for no character.
const tail = '\uffff'

func newScreen(cols, rows int) *screen {
	return &screen{Terminal: vt10x.New(vt10x.WithSize(cols, rows))}
}

// columns is how many cells a terminal gives a character.
func columns(r rune) int {
	if r < 0x300 || r >= 0x2500 && r < 0x2600 { // Latin, and what frames are drawn of
		return 1
	}
	return ansi.StringWidthWc(string(r))
}

// Write shows what a program writes. Its sequences are of ASCII, which is passed on as it is.
func (s *screen) Write(p []byte) (int, error) {
	text := append(s.cut, p...)
	s.cut = nil
	var plain bytes.Buffer
	flush := func() {
		_, _ = s.Terminal.Write(plain.Bytes())
		plain.Reset()
	}
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			s.cut = bytes.Clone(text)
			break
		}
		r, size := utf8.DecodeRune(text)
		switch columns(r) {
		case 0:
		case 1:
			plain.Write(text[:size])
		default:
			flush()
			plain.WriteString(s.wide(r))
		}
		text = text[size:]
	}
	flush()
	return len(p), nil
}

// wide is what shows a wide character where the cursor is. One that has no room in the row goes into the next or, where
// rows do not wrap, is not shown: so does tmux.
func (s *screen) wide(r rune) string {
	const wrapsNext = 1 << 1 // the cursor stands behind the last cell
	cols, _ := s.Size()
	at := s.Cursor()
	pair := string([]rune{r, tail})
	switch wraps := s.Mode()&vt10x.ModeWrap != 0; {
	case at.X+1 < cols || wraps && at.State&wrapsNext != 0:
		return pair
	case wraps:
		return "\r\n" + pair
	}
	return ""
}

// String is what stands on the screen.
func (s *screen) String() string {
	var b strings.Builder
	cells := []rune(s.Terminal.String())
	for i := 0; i < len(cells); i++ {
		switch r := cells[i]; {
		case r == tail || columns(r) == 2 && (i+1 == len(cells) || cells[i+1] != tail):
			b.WriteByte(' ')
		case columns(r) == 2:
			b.WriteRune(r)
			i++
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestTheScreenModelKnowsWidths(t *testing.T) {
	for _, c := range []struct {
		name  string
		reads []string
		shows string
	}{
		{"wide characters take two cells", []string{"日本\x1b[1;5H|"}, "日本|"},
		{"a mark takes none", []string{"e\u0301x\x1b[1;3H|"}, "ex|"},
		{"a character comes in two reads", []string{"日\xe6", "\x9c", "\xac."}, "日本."},
		{"its first half is overwritten", []string{"日本\x1b[1;3Hx"}, "日x"},
		{"its second half is overwritten", []string{"日本\x1b[1;2Hx"}, " x本"},
		{"another covers two halves", []string{"日本\x1b[1;2H鍵"}, " 鍵"},
		{"a half is erased", []string{"日本\x1b[1;4H\x1b[K"}, "日"},
		{"no room: the next row", []string{"1234567日"}, "1234567\n日"},
		{"no room behind a full row", []string{"12345678日"}, "12345678\n日"},
		{"no room, no wrapping: not shown", []string{"\x1b[?7l1234567日\r\n."}, "1234567\n."},
		{"scrolled", []string{"\x1b[4;1H日\r\n本"}, "\n\n日\n本"},
	} {
		s := newScreen(8, 4)
		for _, read := range c.reads {
			_, _ = io.WriteString(s, read)
		}
		if got := strings.TrimRight(shown(s), "\n"); got != c.shows {
			t.Errorf("%s: %q shows\n%s\nwant\n%s", c.name, c.reads, got, c.shows)
		}
	}
}

// shown is what stands on a screen, without trailing blanks.
func shown(s *screen) string {
	rows := strings.Split(s.String(), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " \x00")
	}
	return strings.Join(rows, "\n")
}

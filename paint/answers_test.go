package paint

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// slowLine delivers pieces. Before a late one it is silent for longer than anybody waits.
type slowLine struct {
	pieces []piece
	silent bool // the silence before the next piece was noticed
}

type piece struct {
	text string
	late bool
}

func (s *slowLine) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0].text)
	if s.pieces[0].text = s.pieces[0].text[n:]; s.pieces[0].text == "" {
		s.pieces, s.silent = s.pieces[1:], false
	} else {
		s.pieces[0].late = false
	}
	return n, nil
}

func (s *slowLine) readable(within time.Duration) bool {
	return len(s.pieces) > 0 && !s.pieces[0].late
}

func (s *slowLine) pending() int {
	if len(s.pieces) == 0 || s.pieces[0].late {
		return 0
	}
	return len(s.pieces[0].text)
}

// heard is what a program gets of a slowLine, read by read; "|" is a mark.
func heard(pieces ...piece) []string {
	k := &keyboard{source: &slowLine{pieces: slices.Clone(pieces)}}
	var out []string
	buf := make([]byte, 256)
	for {
		n, err := k.Read(buf)
		if err != nil {
			return out
		}
		if n > 0 {
			out = append(out, strings.ReplaceAll(string(buf[:n]), string(readBegin), "|"))
		}
	}
}

// answers are what terminals say by themselves or when they are asked, by us or by the program before.
func answers() []string {
	st := []string{"\x1b\\", "\a"}
	out := []string{
		"\x1b[?62;22c", "\x1b[?1;2c", "\x1b[>0;276;0c", "\x1b[=0;1c", "\x1b[>41;380;0c", // device attributes
		"\x1b[24;80R", "\x1b[1;5R", "\x1b[1;2R", "\x1b[?1;1R", "\x1b[0n", "\x1b[?13n", // status, cursor
		"\x1b[?2026;2$y", "\x1b[4;1$y", "\x1b[?0u", "\x1b[8;24;80t", "\x1b[4;600;800t", "\x1b[6;18;9t", "\x1b[?1;0;256S", "\x1b[2;1;1;128;128;1;0x",
		"\x1b[?997;1n", "\x1b[?1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;28;29c",
		"\x1bOM", "\x1bOj", "\x1bO5P", // a keypad in another mode
		"\x1bP!|00000000\x1b\\", "\x1bP>|XTerm(370)\x1b\\", "\x1bP1$r0;1m\x1b\\", "\x1bP0$r\x1b\\", "\x1bP1+r544e=787465726d\x1b\\",
		"\x1b_Gi=31;OK\x1b\\", "\x1b_query quit?\x1b\\", "\x1b^private dqjk\x1b\\", "\x1bXstart dqjk\x1b\\", "\x1bPq dqjk\x1b\\",
		"\x9b?62c", "\x9d11;rgb:0/0/0\x9c", "\x90>|q\x9c", "\xc2\x9d11;rgb:0/0/0\xc2\x9c", "\xc2\x9b?62c", // the same as characters of C1
		"\x1b]l✜ dqr\x1b\\", "\x1b]Lname\x1b\\", "\x1b]52;c;" + strings.Repeat("ZHFy", 300) + "\a",
	}
	for _, end := range st {
		for n := 10; n <= 19; n++ {
			out = append(out, fmt.Sprintf("\x1b]%d;rgb:1e1e/%04x/2e2e%s", n, n*997, end))
		}
	}
	return out
}

// cutOnce are the ways to deliver a text in two pieces, one of them after a silence.
func cuts(text string) [][]piece {
	var out [][]piece
	for at := 1; at < len(text); at++ {
		for _, late := range []bool{false, true} {
			out = append(out, []piece{{text[:at], true}, {text[at:], late}})
		}
	}
	return out
}

// TestWhatATerminalAnswersIsNeverAKey: whole or cut anywhere, with or without a silence between, and what is typed before
// and after arrives.
func TestWhatATerminalAnswersIsNeverAKey(t *testing.T) {
	for _, text := range answers() {
		for _, pieces := range append(cuts(text), []piece{{text, true}}) {
			got := strings.Join(heard(slices.Concat([]piece{{"a", true}}, pieces, []piece{{"b", true}, {"c", true}})...), " ")
			want := "|a |b |c"
			if pieces[0].text == "\x1b" && (len(pieces) > 1 && pieces[1].late) {
				want = "|a |\x1b |b |c" // alone for so long, it is the key
			}
			if got != want {
				t.Errorf("%q in %+v: the program gets %q, want %q", text, pieces, got, want)
			}
		}
	}
}

// TestAnAnswerThatComesByteByByteIsNoKey: on the slowest of lines. What is never sent by a terminal may then be letters.
func TestAnAnswerThatComesByteByByteIsNoKey(t *testing.T) {
	for _, text := range answers() {
		if strings.Contains(text, "dqjk") || strings.Contains(text, "quit") || strings.HasPrefix(text, "\x1bO") {
			continue
		}
		var pieces []piece
		for _, b := range []byte(text) {
			pieces = append(pieces, piece{string([]byte{b}), true})
		}
		got := strings.ReplaceAll(strings.Join(heard(append(pieces, piece{"b", true})...), " "), "|\x1b ", "")
		if got != "|b" {
			t.Errorf("%q: the program gets %q", text, got)
		}
	}
}

func TestAnswersBetweenKeysInOnePieceLeaveTheKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	keys := []string{"j", "k", "契", "ß", "\r", "\t", "\x03", "\x1b[A", "\x1b[1;5C", "\x1b[3~", "\x1bOP", "\x1b[[A", "\x1b[M !!", "\x1b[<35;10;10M", "\x1b[200~x\x1b]y\x1b[201~", "é"}
	all := slices.DeleteFunc(answers(), func(text string) bool { return strings.Contains(text, "dqjk") }) // as letters one by one, no answers
	for range 3000 {
		var text, want strings.Builder
		for range 1 + random.IntN(6) {
			key := keys[random.IntN(len(keys))]
			text.WriteString(all[random.IntN(len(all))])
			text.WriteString(key)
			want.WriteString(key)
		}
		whole := text.String()
		var pieces []piece
		for whole != "" {
			n := min(1+random.IntN(40), len(whole))
			for n < len(whole) && whole[n-1] == '\x1b' { // a cut there is another test's
				n++
			}
			pieces = append(pieces, piece{whole[:n], random.IntN(2) == 0})
			whole = whole[n:]
		}
		got := strings.ReplaceAll(strings.Join(heard(pieces...), ""), "|", "")
		if got != want.String() {
			t.Fatalf("%+v: the program gets %q, want %q", pieces, got, want.String())
		}
	}
}

// TestNobodyIsLockedInAString: alt and the letter that begins one, and what is typed then.
func TestNobodyIsLockedInAString(t *testing.T) {
	for _, begin := range []string{"\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1b]11;", "\x1bP1$r"} {
		for _, out := range []string{"\x03", "\r", "\t", "\x1b[A", "\x15"} {
			got := heard(piece{begin, true}, piece{"x", true}, piece{out, true}, piece{"j", true})
			if !slices.Contains(got, "|"+out) || got[len(got)-1] != "|j" {
				t.Errorf("%q, x, %q, j: the program gets %q", begin, out, got)
			}
		}
	}
	for _, begin := range []string{"\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX"} {
		if got := strings.Join(heard(piece{begin, true}, piece{"j", true}, piece{"k", true}), " "); got != "|j |k" {
			t.Errorf("alt and a letter, j, k: the program gets %q", got)
		}
	}
}

func TestWhatIsTypedAfterEscapeIsTyped(t *testing.T) {
	for _, letter := range []string{"]", "P", "_", "^", "X", "O", "q", "契"} {
		got := strings.Join(heard(piece{"\x1b", true}, piece{letter, true}, piece{"j", true}), "")
		if strings.ReplaceAll(got, "|", "") != "\x1b"+letter+"j" {
			t.Errorf("escape, %s, j: the program gets %q", letter, got)
		}
	}
}

// FuzzTextIsKept: what has no escape and no character of C1 arrives as it is, in whatever pieces.
func FuzzTextIsKept(f *testing.F) {
	f.Add([]byte("j\xff契\x00\r"), 3)
	f.Fuzz(func(t *testing.T, text []byte, every int) {
		text = bytes.Map(func(r rune) rune {
			if r == '\x1b' || r >= 0x80 && r < 0xa0 {
				return -1
			}
			return r
		}, text)
		if len(text) > 4000 || bytes.Contains(text, []byte("|")) {
			return
		}
		every = max(every%50, 1)
		var pieces []piece
		for part := range slices.Chunk(text, every) {
			pieces = append(pieces, piece{string(part), len(part)%2 == 0})
		}
		if got := strings.ReplaceAll(strings.Join(heard(pieces...), ""), "|", ""); got != string(text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// FuzzNothingLocksTheKeyboard: whatever came, ctrl+c arrives.
func FuzzNothingLocksTheKeyboard(f *testing.F) {
	for _, text := range answers() {
		f.Add([]byte(text[:len(text)/2]), 3)
	}
	f.Add([]byte("\x1b[200~\x1b"), 1)
	f.Fuzz(func(t *testing.T, text []byte, every int) {
		var pieces []piece
		for part := range slices.Chunk(text[:min(len(text), 2000)], max(every%50, 1)) {
			pieces = append(pieces, piece{string(part), len(part)%2 == 0})
		}
		// The first ends a paste that may have begun, so that the key is none of it.
		got := strings.Join(heard(append(pieces, piece{string(pasteEnd), true}, piece{"\x03", true})...), "")
		if !strings.HasSuffix(got, "\x03") {
			t.Errorf("%q, then ctrl+c: the program gets %q", text, got)
		}
	})
}

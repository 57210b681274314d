//go:build unix

package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// Letters that arrive in one read are keys one by one, but only one of them acts (docs/KEYS.md).

// demo opens the demo and returns the name under the cursor.
func demo(t *testing.T, args ...string) (*person, string) {
	t.Helper()
	p := newHome(t).sit(t, 80, 24, append([]string{"--demo", "--profile", "local/prosopo"}, args...)...)
	name := p.wait(`▸ (\S+)`)[1]
	p.wait(`─ \d+ keys`)
	p.rest()
	return p, name
}

// still waits until the program has nothing more to do, past every guard, and returns the screen.
func (p *person) still() string {
	p.armed()
	p.rest()
	return p.text()
}

// keyCount is what the header says.
func keyCount(text string) string {
	if m := regexp.MustCompile(`(\d+) keys`).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// home leaves whatever is open, and comes back to the whole list with the cursor on its first key.
func (p *person) home(first string) {
	p.t.Helper()
	list := regexp.MustCompile(`(?m)^.  NAME +`)
	for range 5 {
		switch text := p.text(); {
		case strings.Contains(text, "Discard this form"):
			p.do("right", "▸ Discard ◂")
			p.confirm(`NAME +`)
		case strings.Contains(text, "╭"), !list.MatchString(text), strings.Contains(text, "▏"):
			p.move("esc")
			p.until("esc acts", func(now string) bool { return now != text })
		default:
			p.do("g", `▸ `+regexp.QuoteMeta(first))
			return
		}
		p.rest()
	}
	p.t.Fatalf("no way back to the list:\n%s", p.text())
}

func TestMovementInOneReadAllActs(t *testing.T) {
	t.Parallel()
	p, first := demo(t)
	p.write("jjj")
	p.gone(`▸ ` + regexp.QuoteMeta(first))
	third := p.wait(`▸ (\S+)`)[1]
	p.write("kkkk\x1b[B\x1b[Bj") // four up, of which three count, and three down again
	p.still()
	p.wait(`▸ ` + regexp.QuoteMeta(third))
	p.write("gj\x1b[Ajjj")
	p.rest()
	p.wait(`▸ ` + regexp.QuoteMeta(third))
	p.write("G")
	p.gone(`▸ ` + regexp.QuoteMeta(third))
}

// TestAnUnbracketedPasteDrivesNothing: whatever is pasted over the list, at most one key acts, and
// nothing is confirmed, deleted, disabled or quit by what follows.
func TestAnUnbracketedPasteDrivesNothing(t *testing.T) {
	t.Parallel()
	p, first := demo(t, "-p", "local/generic") // whose first key is live
	keys := keyCount(p.text())
	for _, c := range []struct{ paste, sees string }{
		{"dxyz", "▸ xyz▏"},
		{"d" + first + "\r", "▸ " + first + "▏"},
		{"d" + first + "\r\r\ryy\r", "▸ " + first + "yy▏"},
		{"d" + first + "\n\n" + first + "\t\r\r", "confirm"},
		{"nname\r\r\r \r\r\r", `› name *▏`},
		{"/secret q x d\r", `secret q x d`},
		{"vsk_live_abc\rq\r", "Verify a secret"},
	} {
		p.write(c.paste)
		p.wait(c.sees)
		if text := p.still(); keyCount(text) != keys && !strings.Contains(c.paste, "/") {
			t.Errorf("%q: %s keys, there were %s:\n%s", c.paste, keyCount(text), keys, text)
		}
		p.home(first)
	}
	p.write("curl -H 'Authorization: Bearer x'\nrm -rf x\nq\nd\r\rq\n")
	if text := p.still(); keyCount(text) != keys || strings.Contains(text, "╭") {
		t.Errorf("a pasted command line did something:\n%s", text)
	}
}

func TestABracketedPasteIsTextOrNothing(t *testing.T) {
	t.Parallel()
	p, first := demo(t)
	paste := func(text string) { p.write("\x1b[200~" + text + "\x1b[201~") }
	paste("dnq\r/x?")
	p.write("\x1b[200~d")
	p.rest()
	p.write("q\x1b[20") // it may come in pieces
	p.rest()
	p.write("1~")
	if text := p.still(); strings.Contains(text, "╭") || !strings.Contains(text, "▸ "+first) {
		t.Errorf("a paste on the list did something:\n%s", text)
	}
	p.do("/", `▏`)
	paste("pay\nmen")
	p.wait(`pay.?men`)
	p.leave("esc", `▏`)
	p.wait(`▸ ` + regexp.QuoteMeta(first))
	p.do("n", "New Prosopo key")
	paste("from the\r\nclipboard\x1b[31m\x07")
	p.wait(`› from the *clipboard`)
	if text := p.still(); !strings.Contains(text, "▸ 1 Basics") {
		t.Errorf("the paste moved on:\n%s", text)
	}
}

func TestASplitEscapeSequenceDoesNoHarm(t *testing.T) {
	t.Parallel()
	p, first := demo(t)
	for _, parts := range [][]string{{"\x1b", "[B"}, {"\x1b[", "B"}, {"\x1b[1", ";5C"}, {"\x1bO", "Q"}, {"\x1b[<0;1", "0;10M"}, {"\xe6", "\x97", "\xa5"}, {"\x1b]11;rgb:", "0000/0000/0000\x1b\\"}} {
		for _, part := range parts {
			p.write(part)
			p.rest()
		}
	}
	if text := p.still(); strings.Contains(text, "╭") || !strings.Contains(text, "keys") {
		t.Errorf("it opened something:\n%s", text)
	}
	p.write("g")
	p.wait(`▸ ` + regexp.QuoteMeta(first))
	p.do("j", `▸ `)
	p.gone(`▸ ` + regexp.QuoteMeta(first))
}

// TestEveryLetterIsTextInAnInput: q, ?, j, /, digits and space are text wherever text is typed.
func TestEveryLetterIsTextInAnInput(t *testing.T) {
	t.Parallel()
	const letters = "q?jk/dxR1pe"
	see := regexp.QuoteMeta(letters)
	p, first := demo(t)
	p.do("/", `▏`)
	p.say(letters, see)
	p.leave("esc", `▏`)
	p.do("n", "New Prosopo key")
	p.say(letters, see+"▏")
	p.write(letters + " " + letters) // in one read: none is dropped
	p.wait(see + see + " " + see)
	p.do("esc", "Discard this form")
	p.do("right", "▸ Discard ◂")
	p.confirm(`▸ ` + regexp.QuoteMeta(first))
	p.do("v", "Verify a secret")
	p.say(letters, `11 characters|•{11}`)
	p.leave("esc", "Verify a secret")
	p.do("p", "a add")
	p.do("a", "Name")
	p.say(letters, see)
}

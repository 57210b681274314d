//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostileTexts are what a server may put into any text field. Each holds MARK, to be found on the screen.
func hostileTexts() []string {
	return []string{
		"MARK \x1b[2J\x1b[H\x1b[31;5mred", "MARK \x1b]52;c;cm0gLXJmIC8=\x07paste", "MARK \x1b]0;title\x1b\\t", "MARK \x1b]8;;http://evil\x07link\x1b]8;;\x07",
		"MARK \u009b2J\u009d52;c;eA==\u009c", "MARK \x1bP+q544e\x1b\\", "MARK\x07\x08\x08\x08\x08\x0e\x0f\x00\x7f", "MARK \r\n\x0b\x0cnext\tline\u2028line\u2029para\u0085nel",
		"MARK \u202egnp.exe\u202c \u2066\u2067x\u2069\u200f\u061c", "MARK 日本語の鍵 ｆｕｌｌ 🔑👩‍👩‍👧‍👦🇩🇪", "MARK مفتاح الدفع עברית", "MARK Z" + strings.Repeat("\u0334\u0361\u0489", 120) + "algo",
		"MARK " + strings.Repeat("long", 1250), "MARK \U000e0041\U000e0042\ufeff\u200b\u200d\ufe0f\u00ad", "MARK \x1b[?1049l\x1b[?1000h\x1bc\x1b(0\x1b=\x1b[6n\x1b[c", "MARK 0\u20e3 ☕\ufe0e ❤\ufe0f e\u0301",
		"\x1b[2K", "", strings.Repeat(" ", 40), "\u0301\u0302",
	}
}

// hostileList is a Vertesia list with a hostile text in every field that is text.
func hostileList(t *testing.T) []byte {
	t.Helper()
	var rows []map[string]any
	for i, text := range hostileTexts() {
		name := strings.Replace(text, "MARK", fmt.Sprintf("key%02d", i), 1)
		rows = append(rows, map[string]any{
			"id": fmt.Sprintf("id%02d", i) + text, "name": name, "type": "sk", "role": "reader" + text, "maskedValue": "sk-" + text, "account": text,
			"project": map[string]any{"id": text, "name": text}, "enabled": true, "created_by": text, "updated_by": text,
			"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "properties": map[string]any{text: text},
		})
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ours are the sequences that the program itself uses; everything else that is no printable text is not its own.
var ours = regexp.MustCompile("^(?:" +
	"\x1b\\[\\?(?:1049|25|2004|7|1004|2026|1002|1003|1006|1000)[hl]" + // modes
	"|\x1b\\[\\d*(?:;\\d*)?H|\x1b\\[\\d*[ABCDEFGdXKJ]" + // the cursor, and erasing
	"|\x1b\\[[0-9;]*m" + // colours
	"|\x1b\\[\\d*(?:;\\d*)?r|\x1b\\[\\d*[STLM]" + // scrolling
	"|[\r\n])")

// foreign finds the first thing in the raw output that is neither text nor a sequence of ours.
func foreign(out []byte) string {
	for rest := out; len(rest) > 0; {
		if m := ours.Find(rest); m != nil {
			rest = rest[len(m):]
			continue
		}
		r, size := utf8.DecodeRune(rest)
		bidi := r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
		if r < 0x20 || r >= 0x7f && r < 0xa0 || bidi || r == utf8.RuneError && size == 1 || r == 0x2028 || r == 0x2029 || r >= 0xe0000 && r < 0xe0080 {
			return fmt.Sprintf("%q, in %q", rest[:size], rest[:min(len(rest), 60)])
		}
		rest = rest[size:]
	}
	return ""
}

// begun is a sequence of ours, or a character, of which the rest is still to be read.
var begun = regexp.MustCompile("\x1b(?:\\[\\??[0-9;]*)?$")

// whole is what a running program has written, without what its last read tore.
func whole(out []byte) []byte {
	for torn := 1; torn < min(len(out), utf8.UTFMax); torn++ {
		if end := out[len(out)-torn:]; utf8.RuneStart(end[0]) && !utf8.FullRune(end) {
			return out[:len(out)-torn]
		}
	}
	if at := begun.FindIndex(out); at != nil {
		return out[:at[0]]
	}
	return out
}

func TestATornEndIsNotLookedAt(t *testing.T) {
	for _, c := range []struct{ out, whole string }{
		{"a\x1b", "a"}, {"a\x1b[", "a"}, {"a\x1b[?20", "a"}, {"a\x1b[1;2", "a"}, {"a\x1b[1;2H", "a\x1b[1;2H"}, {"a\xe6\x97", "a"}, {"a日", "a日"}, {"a\x1b]", "a\x1b]"}, {"a\x9b", "a\x9b"}, {"", ""},
	} {
		if got := string(whole([]byte(c.out))); got != c.whole {
			t.Errorf("%q: %q, want %q", c.out, got, c.whole)
		}
	}
}

// TestNoControlCharacterOfAServerReachesTheTerminal walks every key of a hostile list through every screen
// that shows text of the service, and reads every byte that was written.
func TestNoControlCharacterOfAServerReachesTheTerminal(t *testing.T) {
	t.Parallel()
	list := hostileList(t)
	evil := hostileTexts()
	url := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusBadRequest)
			b, _ := json.Marshal(map[string]any{"error": strings.Join(evil[:12], " "), "message": evil[1], "status": 400})
			_, _ = w.Write(b)
			return
		}
		_, _ = w.Write(list)
	})
	for _, renderer := range renderers {
		t.Run(renderer, func(t *testing.T) {
			t.Parallel()
			walkHostileKeys(pointed(t, "vertesia", url, "sk-token").sit(t, 120, 40, "--renderer", renderer), len(evil))
		})
	}
	h := pointed(t, "vertesia", url, "sk-token")
	for _, args := range [][]string{{"list"}, {"check", "--all"}, {"update", "id01", "--name", "x"}} {
		s := h.start(t, 120, 40, args...)
		s.exit()
		if bad := foreign(s.output()); bad != "" {
			t.Errorf("%v: the terminal was sent %s", args, bad)
		}
	}
}

func walkHostileKeys(p *person, keys int) {
	p.wait(`key00`)
	p.wait(fmt.Sprintf("%d keys", keys))
	for range keys { // the detail follows
		p.move("j")
	}
	p.do("g", `▸`)
	p.do("enter", "esc back")
	p.move("ctrl+d", "ctrl+d", "ctrl+d")
	p.do("esc", "enter detail")
	p.do("/", `▏`)
	p.say("key01", `1 of`)
	p.do("enter", `▸ key01`)
	p.do("d", "Delete a key")
	p.wait(`Type key01 to confirm|Type key01 `)
	p.leave("esc", "Delete a key")
	p.do("e", "Edit key01")
	p.move("tab", "tab", "tab", "tab")
	p.leave("esc", "Edit key01")
	p.do("x", "Disable a key")
	p.do("right", "▸ Disable ◂")
	p.confirm("was not changed|Nothing|not changed")
	p.leave("esc", "Disable a key")
	p.resize(60, 20)
	p.rest()
	p.resize(40, 10)
	p.rest()
	if bad := foreign(whole(p.output())); bad != "" {
		p.t.Errorf("the terminal was sent %s", bad)
	}
}

// TestTheAllowListCanFail: what a hostile server sends is foreign, what the program sends is not.
func TestTheAllowListCanFail(t *testing.T) {
	for i, text := range hostileTexts()[:9] {
		if foreign([]byte(text)) == "" && i != 0 {
			t.Errorf("%q passes", text)
		}
	}
	if bad := foreign([]byte("\x1b[?1049h\x1b[2;3H\x1b[0;1;38;5;9m│ 日本 e\u0301\x1b[m\x1b[K")); bad != "" {
		t.Errorf("refused: %s", bad)
	}
}

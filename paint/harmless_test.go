package paint

import (
	"fmt"
	"regexp"
	"testing"
	"unicode/utf8"
)

// written are the control sequences that the encoder may write.
var written = regexp.MustCompile(`^(?:\x1b\[\?2026[hl]|\x1b\[[0-9;:]*[mHABCDEFGdXKJrSTLM]|[\r\n\x08])`)

// stray finds the first byte in what is painted that is neither text nor a sequence of the encoder's own.
func stray(out []byte) string {
	for rest := out; len(rest) > 0; {
		if m := written.Find(rest); m != nil {
			rest = rest[len(m):]
			continue
		}
		r, size := utf8.DecodeRune(rest)
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError && size == 1 || r == 0x2028 || r == 0x2029 {
			return fmt.Sprintf("%q in %q", rest[:size], out)
		}
		rest = rest[size:]
	}
	return ""
}

// The screens clean what they show; the painter is the last door, and shut by itself.
func TestOfAFramesControlsOnlyColoursReachTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b]52;c;eA==\x07b":                     "ab",
		"a\x1b]8;;http://evil\x1b\\link":           "alink",
		"a\x1bPq\x1b\\b\x1b_x\x1b\\c\x1b^x\x1b\\d": "abcd",
		"a\x1b[2J\x1b[H\x1b[?1049lb":               "ab",
		"a\x1b[>4;1mb\x1b[?4mc":                    "abc",
		"a\x00\x07\x08\x0e\x0f\x7fb":               "ab",
		"a\u009b2J\u009d0;t\u009cb":                "a2J0;tb",
		"a\x1bc\x1b=b":                             "ab",
		"ab\x07":                                   "ab", // at the end of a line, where no text follows
		"ab\x00":                                   "ab",
		"ab\x7f":                                   "ab",
		"ab\u009b":                                 "ab",
		"ab\x1b":                                   "ab",
		"ab\x1b[":                                  "ab",
		"ab\x1b]52;c;eA==":                         "ab",
		"a\u2028b\u2029c":                          "abc",
		"a\xff\xc0\xafb":                           "ab",
	} {
		var c canvas
		out := c.paint(frame{text: text, width: 20, height: 2})
		if bad := stray(out); bad != "" {
			t.Errorf("%q: %s", text, bad)
		}
		if got := regexp.MustCompile(`\x1b\[[?0-9;:]*[A-Za-z]|[\r\n ]`).ReplaceAllString(string(out), ""); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		if pen := (&parser{}).line(text, style{}, make([]cell, 20)); pen != (style{}) {
			t.Errorf("%q changes the pen", text)
		}
	}
}

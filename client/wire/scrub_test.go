package wire

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
)

func TestScrubbedTextIsHarmless(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                       "",
		"payments-api":                           "payments-api",
		"日本語 שלום é\u0301 👍":                     "日本語 שלום é\u0301 👍",
		"  a\tb\r\nc\u2028d  ":                   "a b  c d",
		"a\x1b[31;1mred\x1b[0m":                  "ared",
		"a\x1b]52;c;c2VjcmV0\x07b":               "ab",
		"a\x1b]8;;https://x\x1b\\link":           "alink",
		"a\u009d0;title\u009cb":                  "ab",
		"a\x1bP1$tx\x1b\\b\x1b_apc\x1b\\c":       "abc",
		"a\x1b]0;never ends":                     "a0;never ends",
		"a\x1b(0b\x1bcc\x1b":                     "abc",
		"a\u009b2Jb":                             "ab",
		"a\x00\x07\x08\x7fb\u0085c":              "ab c",
		"a\x9b2Jb":                               "a\ufffd2Jb",
		"a\xff\xc3(b":                            "a\ufffd\ufffd(b",
		"gnp\u202e.exe\u2066\u2069\u200e\u061c":  "gnp.exe",
		"a\u200bb\u200dc\ufeffd\u00ade\u2060f":   "abcdef",
		"☠\ufe0f":                                "☠",
		"pay\u3164\u115f\u1160\uffa0\u034fments": "payments",
		"\u00a0pay\u3000\u2800\u2003x\u202f":     "pay   x",
		"\u0301\u0301a":                          "a",
		"a" + strings.Repeat("\u0301", 50):       "a" + strings.Repeat("\u0301", maxMarks),
		strings.Repeat("x", MaxField+5):          strings.Repeat("x", MaxField-1) + "…",
		strings.Repeat("日", MaxField+5):          strings.Repeat("日", MaxField-1) + "…",
		"\x1b[\x1b[31mx":                         "x",
		"\x1b\x1b[31mx":                          "x",
	} {
		if got := Scrub(raw, MaxField); got != want {
			t.Errorf("scrub(%q) = %q, want %q", raw, got, want)
		}
	}
}

// harmless is what no text of a server may be above the client.
func assertHarmless(t *testing.T, text string, limit int) {
	t.Helper()
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit || strings.TrimSpace(text) != text && strings.Trim(text, " ") != text {
		t.Fatalf("%q is not valid, trimmed and short", text)
	}
	marks := maxMarks
	for _, r := range text {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				t.Fatalf("%q piles up marks", text)
			}
			continue
		}
		marks = 0
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point) ||
			r != ' ' && unicode.Is(unicode.Zs, r) || r == 0x2800 {
			t.Fatalf("%q keeps %U", text, r)
		}
	}
}

func FuzzScrub(f *testing.F) {
	for _, seed := range []string{"a\x1b[31mb", "\x1b]52;c;AAAA\x07", "\u202ea", "\x9b\xff", "a\u0301\u0301", strings.Repeat("é ", 30), "\u009d\u009c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, limit := range []int{8, MaxMessage, MaxField} {
			once := Scrub(raw, limit)
			assertHarmless(t, once, limit)
			if twice := Scrub(once, limit); twice != once {
				t.Fatalf("scrub is not idempotent: %q, then %q", once, twice)
			}
		}
		assertHarmless(t, Words(raw), MaxMessage)
	})
}

func TestAHostileTextIsScrubbedInLinearTime(t *testing.T) {
	for _, unit := range []string{"\x1b]", "\x1b[", "\u009d", "\u202e", "a\u0301", "\x1b]x\x07"} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			Scrub(strings.Repeat(unit, 1<<20), MaxField)
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("%q repeated takes too long", unit)
		}
	}
}

func TestWordsHideWhatLooksLikeASecret(t *testing.T) {
	for _, secret := range []string{"sk_live_abc123xyz789AAAA", "sk-ec54686abcdef0123456", "psp_abcdefghijkl0123456789", "eyJhbGciOiJub25lIn0.eyJhcGlrZXkiOiJrMSIsImV4cCI6MTc5ODc2MTYwMH0.c2lnbmF0dXJl"} {
		if got := Words("the key " + secret + " is wrong"); got != "the key [secret] is wrong" {
			t.Errorf("got %q", got)
		}
	}
	// Our own credential is hidden whatever it looks like.
	own := apikey.NewSecret("correct-horse-battery")
	if got := Redact("token correct-\x1b[0mhorse-battery of correct-horse-battery", nil, []apikey.Secret{own}); got != "token [secret] of [secret]" {
		t.Errorf("got %q", got)
	}
	if got := Words("getRules of key_123 in sk_live_ is missing"); got != "getRules of key_123 in sk_live_ is missing" {
		t.Errorf("got %q", got)
	}
}

package apikey

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzExpiry: whatever is typed as a lifetime is refused in plain words, or is an end that a key can have.
func FuzzExpiry(f *testing.F) {
	for _, seed := range []string{"never", " NEVER ", "3600s", "90m", "12h", "30d", "4w", "1", "0", "0d", "36500d", "36501d", "999999999999w",
		"2027-01-31", "2024-02-29", "2023-02-29", "0000-01-01", "9999-12-31", "2027-01-31T10:00:00Z", "2027-01-31t10:00:00+14:00", "-1d", "1d1h", "١d",
		"30 d", "\x1b[31m", "\u202e1d", strings.Repeat("9", 400), "1e3", "0x10", "+5m", ""} {
		f.Add(seed, int64(1_790_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, epoch int64) {
		now := time.Unix(epoch%4_000_000_000, 0).UTC()
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("early", 14*3600), time.FixedZone("late", -12*3600)} {
			e, err := ParseExpiry(text, now, zone)
			if err != nil {
				plainWords(t, err)
				continue
			}
			if e.IsNever() {
				if !strings.EqualFold(strings.TrimSpace(text), "never") {
					t.Fatalf("%q means never", text)
				}
				continue
			}
			if err := e.Check(now); err != nil {
				t.Fatalf("%q was taken: %v", text, err)
			}
			left := e.Instant(now).Sub(now)
			if whole := time.Duration(e.Seconds(now)) * time.Second; left > MaxLifetime || whole < time.Second || whole > left || whole <= left-time.Second {
				t.Fatalf("%q ends in %v, %d seconds", text, left, e.Seconds(now))
			}
		}
		span, err := ParseSpan(text)
		if err != nil {
			plainWords(t, err)
		} else if span <= 0 || span > MaxLifetime {
			t.Fatalf("%q is %v", text, span)
		}
	})
}

// FuzzSecret: what is taken for a secret can stand in a header and on a line, and what is refused is not repeated.
func FuzzSecret(f *testing.F) {
	for _, seed := range []string{"psp_abcdefghijklmnop", "sk_live_x\n", "sk_live_x\r\n", "\n", "two words", "A=b", "export A=b", "a\u2026b", "'q'", "a\x1b[2Jb", "é",
		"a\u200bb", strings.Repeat("k", maxSecret), strings.Repeat("k", maxSecret+1), "a\x00b", "Bearer x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSecret(text)
		if err != nil {
			plainWords(t, err)
			if inside := strings.TrimSpace(text); len(inside) >= 12 && strings.Contains(err.Error(), inside) {
				t.Fatalf("the error repeats it: %v", err)
			}
			return
		}
		if s.IsZero() || s.Len() > maxSecret || s.Check() != nil {
			t.Fatalf("taken: %d bytes, %v", s.Len(), s.Check())
		}
		for _, r := range s.Reveal() {
			if r < 0x21 || r > 0x7e {
				t.Fatalf("%q in it", r)
			}
		}
		if mask := s.Mask(); s.Len() >= 12 && strings.Contains(mask, s.Reveal()) {
			t.Fatal("the mask shows it")
		}
	})
}

func plainWords(t *testing.T, err error) {
	t.Helper()
	for _, r := range err.Error() {
		if r != unicode.ReplacementChar && !unicode.IsPrint(r) {
			t.Fatalf("%q is in the error %q", r, err.Error())
		}
	}
	if len(err.Error()) > 600 {
		t.Fatalf("the error has %d bytes", len(err.Error()))
	}
}

package client

import (
	"strings"
	"testing"

	"detent/client/wire"
)

func TestSpellingsGoBackAsTheyCame(t *testing.T) {
	var v wire.Verbatim
	raws := []string{"plain", "a\x1b[31mb", "a\u202eb", "ab", "\x1b[0m", strings.Repeat("x", 2000)}
	shown := map[string]bool{}
	for _, raw := range raws {
		s := v.Show(raw)
		harmless(t, s, wire.MaxField+20)
		if shown[s] || s == "" {
			t.Errorf("%q is shown as %q, like another", raw, s)
		}
		shown[s] = true
		if v.Show(raw) != s {
			t.Errorf("%q is shown in two ways", raw)
		}
	}
	for _, raw := range raws {
		if got := v.Raw(v.Show(raw)); got != raw {
			t.Errorf("%q goes back as %q", raw, got)
		}
	}
}

// harmless is what scrubbing leaves as it is.
func harmless(t *testing.T, text string, limit int) {
	t.Helper()
	if got := wire.Scrub(text, limit); got != text {
		t.Fatalf("%q is not scrubbed: that gives %q", text, got)
	}
}

package apikey

import (
	"strings"
	"testing"
)

func TestPastedSecretIsTakenOrRefusedWithTheReason(t *testing.T) {
	const good = "pk_3jZ9-canary~x+/="
	for _, end := range []string{"", "\n", "\r\n"} {
		for _, before := range []string{"", "\ufeff"} {
			if s, err := ParseSecret(before + good + end); err != nil || s.Reveal() != good {
				t.Errorf("%q, %q: %v", before, end, err)
			}
			if err := NewSecret(before + good + end).Check(); (err == nil) != (before+end == "") {
				t.Errorf("%q around the bytes of a secret, %q: %v", before, end, err)
			}
		}
	}
	for text, want := range map[string]string{
		"":                               "empty",
		" \n":                            "empty",
		good + "\n" + good:               "more than one line",
		good + "\n\n":                    "more than one line",
		" " + good:                       "space",
		good + " ":                       "space",
		"Bearer " + good:                 "space",
		`"` + good + `"`:                 "quotes",
		"'" + good + "'":                 "quotes",
		"API_KEY=" + good:                "NAME=VALUE",
		"export API_KEY=" + good:         "NAME=VALUE",
		"pk_3…":                          "cut off",
		good + "...":                     "cut off",
		"sk-ec54686****":                 "mask",
		"pk•••••canary":                  "mask",
		good + "\x1b[0m":                 "control",
		good + "é":                       "non-ASCII",
		good + "\ufeff":                  "non-ASCII",
		"\ufeff":                         "empty",
		strings.Repeat("x", maxSecret+1): "16 KiB",
	} {
		s, err := ParseSecret(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", text, err, want)
			continue
		}
		if !s.IsZero() || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.40q: the refusal repeats or returns the text: %v", text, err)
		}
	}
}

package host

import "testing"

func TestPlainShowsWhatSteersATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"payments-api\n\tkey": "payments-api\n\tkey", "日本 שלום é 👩\u200d🚀": "日本 שלום é 👩\u200d🚀", "": "",
		"a\x1b[2Jb\x07": `a\x1b[2Jb\a`, "\u009b2J": `\u009b2J`, "\u202egnp": `\u202egnp`, "a\r\x08": `a\r\b`, "pay\u3164\uffa0": `pay\u3164\uffa0`, "\xff\xc3": `\xff\xc3`, "x\u2028y\x7f\x00": `x\u2028y\x7f\x00`,
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

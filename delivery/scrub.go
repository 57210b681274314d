package delivery

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// redacted stands where a child process printed a secret.
const redacted = "[secret]"

// scrub makes a child's output fit for the operator's terminal: no escape
// sequence, no control character but line breaks and tabs, no bidi override, and
// none of the secrets: plain or in simple base64 (kubectl prints that) they are taken out, and in any other form
// the output is not shown at all.
func scrub(text string, secrets ...apikey.Secret) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = redact(text, secrets)
	text = ansi.Strip(text)
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, text)
	// A colour switched in the middle of a secret hid it from the first pass.
	text = redact(text, secrets)
	for _, s := range secrets {
		if holdsEncoded(text, s.Reveal()) {
			return encodedNotice
		}
	}
	return text
}

func redact(text string, secrets []apikey.Secret) string {
	for _, s := range secrets {
		if s.IsZero() {
			continue
		}
		for _, form := range forms(s) {
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	return text
}

// forms are how a secret may show in the output of a program that echoes it.
func forms(s apikey.Secret) []string {
	v := s.Reveal()
	quoted := strings.Trim(strconv.Quote(v), `"`)
	out := []string{v}
	for _, form := range []string{
		quoted,
		base64.StdEncoding.EncodeToString([]byte(v)),
		base64.RawStdEncoding.EncodeToString([]byte(v)),
		base64.URLEncoding.EncodeToString([]byte(v)),
		base64.RawURLEncoding.EncodeToString([]byte(v)),
		base64.StdEncoding.EncodeToString([]byte(v + "\n")),
	} {
		if form != v {
			out = append(out, form)
		}
	}
	return out
}

// display shows a path or a word so that it cannot drive the terminal.
func display(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// clip keeps an error short whatever was typed.
func clip(s string) string { return apikey.Clip(s, 40) }

package host

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain shows what could steer a terminal or turn its text around as an escape: \x1b, \u202e. What a service says is
// scrubbed by the client already; names of files, values of the configuration and arguments come here as they are.
func Plain(text string) string {
	if strings.IndexFunc(text, isControl) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if isControl(r) || r == utf8.RuneError && size == 1 {
			quoted := strconv.QuoteToASCII(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// OneLine is a text in plain characters that stays in its cell.
func OneLine(text string) string { return strings.Join(strings.Fields(Plain(text)), " ") }

// isControl tells the characters that are no text: controls, and the invisible ones but for the two that join letters.
func isControl(r rune) bool {
	if unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
		return true
	}
	return !unicode.IsGraphic(r) && r != '\n' && r != '\t' && r != '\u200c' && r != '\u200d'
}

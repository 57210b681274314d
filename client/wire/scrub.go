package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a text of a service may have at most, in characters. Longer ones are cut with "…".
const (
	MaxField   = 1000 // a name, an id, a permission
	MaxMessage = 400  // an error message
	maxMarks   = 4    // combining marks on one letter
)

// Scrub is the one place where the text of a server becomes harmless to a terminal: valid UTF-8
// on one line, without control characters, escape sequences (the whole sequence, not the ESC
// alone), or anything that turns the direction of text, has no width, is invisible, or piles up on a letter.
// It is idempotent and cuts at limit characters.
func Scrub(text string, limit int) string {
	if plain(text) && len(text) <= limit {
		return text
	}
	var b strings.Builder
	b.Grow(min(len(text), 4*limit))
	count, marks := 0, maxMarks // a mark at the start would fall on what stands before the text
	open := false               // no string sequence ends in the rest of the text: it is not searched again
	for len(text) > 0 {
		if n := sequence(text, &open); n > 0 {
			text = text[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case isBlank(r):
			r = ' '
		case isDropped(r):
			continue
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if r == ' ' && count == 0 {
			marks = maxMarks // leading blanks are trimmed
			continue
		}
		if count++; count > limit {
			break
		}
		b.WriteRune(r)
	}
	out := strings.TrimRight(b.String(), " ")
	if count > limit {
		out = cut(out, limit)
	}
	return out
}

// cut shortens text to limit characters, the last of them "…".
func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) >= limit {
		runes = runes[:limit-1]
	}
	return strings.TrimRight(string(runes), " ") + "…"
}

// plain reports whether there is nothing to do: printable ASCII without blanks at its ends.
func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return text == "" || text[0] != ' ' && text[len(text)-1] != ' '
}

// isBlank names what looks like a space: line breaks, the spaces of every width, and the empty Braille pattern.
func isBlank(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', 0x85, 0x2028, 0x2029, 0x2800:
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// isDropped names what has no glyph of its own: control and format characters (bidi overrides and
// isolates, zero width, tags), variation selectors, on whose width terminals disagree, and the letters that
// are drawn as nothing (Hangul fillers and the like), which would let two different names look the same.
func isDropped(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// The least last byte of a CSI, and of any other escape sequence.
const (
	finalOfCSI    = 0x40
	finalOfEscape = 0x30
)

// sequence is the length of the control sequence that text begins with; 0 for none. A string
// sequence without its end (OSC, DCS) is its introducer alone, so that no text is swallowed; open
// notes that there is no end, which holds for all that follows.
func sequence(text string, open *bool) int {
	r, size := utf8.DecodeRuneInString(text)
	if r == 0x1b {
		if len(text) == size {
			return size
		}
		switch next := text[size]; {
		case next == '[':
			return sequenceEnd(text, size+1, finalOfCSI)
		case strings.IndexByte("]PX^_", next) >= 0:
			return stringEnd(text, size+1, open)
		default:
			return sequenceEnd(text, size, finalOfEscape)
		}
	}
	switch r {
	case 0x9b:
		return sequenceEnd(text, size, finalOfCSI)
	case 0x9d, 0x90, 0x98, 0x9e, 0x9f:
		return stringEnd(text, size, open)
	}
	return 0
}

// sequenceEnd ends a sequence whose last byte is final or above it: what stands before that are its parameters and intermediates.
func sequenceEnd(text string, i int, final byte) int {
	for i < len(text) && text[i] >= 0x20 && text[i] < final {
		i++
	}
	if i < len(text) && text[i] >= final && text[i] <= 0x7e {
		i++
	}
	return i
}

// stringEnd ends an OSC, DCS, SOS, PM or APC: BEL, ESC \ or ST.
func stringEnd(text string, i int, open *bool) int {
	for j := i; j < len(text) && !*open; j++ {
		switch {
		case text[j] == 0x07:
			return j + 1
		case text[j] == 0x1b && j+1 < len(text) && text[j+1] == '\\':
			return j + 2
		case text[j] == 0xc2 && j+1 < len(text) && text[j+1] == 0x9c:
			return j + 2
		}
	}
	*open = true
	return i
}

package keylist

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/tui/ui"
)

// fold is how search text and query meet: rune by rune, so that a match in the
// folded text is a match at the same rune of the shown text.
func fold(s string) string { return strings.Map(unicode.ToLower, s) }

// typeWord is a key type as people say it.
func typeWord(t string) string {
	switch t {
	case apikey.SecretKey:
		return "secret"
	case apikey.PublicKey:
		return "public"
	}
	return ui.Clean(t)
}

// searchText is what the words of a filter are looked for in, but for permissions, which many keys share. It begins
// with the name, so that it is also the sort key of the name column. A plain key says nothing else.
func searchText(b *strings.Builder, k *apikey.Key, plain bool) {
	part := func(s string) {
		if s == "" {
			return
		}
		small := 0 // most names have nothing to fold
		for small < len(s) && s[small] < utf8.RuneSelf && (s[small] < 'A' || s[small] > 'Z') {
			small++
		}
		b.WriteString(s[:small])
		for _, r := range s[small:] {
			switch {
			case r >= 'A' && r <= 'Z':
				b.WriteByte(byte(r) + 'a' - 'A')
			case r < utf8.RuneSelf:
				b.WriteByte(byte(r))
			default:
				b.WriteRune(unicode.ToLower(r))
			}
		}
		b.WriteByte('\n')
	}
	// In this order: a packed key takes its own texts from here.
	part(k.Name)
	part(k.ID)
	part(k.Masked)
	if plain {
		return
	}
	for _, f := range searched {
		switch text := f.Text(k); f.ID {
		case apikey.FieldType:
			part(typeWord(text))
		default:
			part(text)
		}
	}
}

// searched are the other fields of the table that plain words are looked for in.
var searched = slices.DeleteFunc(slices.Collect(apikey.Fields()), func(f apikey.FieldInfo) bool {
	return !f.Search || slices.Contains([]apikey.Field{apikey.FieldName, apikey.FieldID, apikey.FieldMasked, apikey.FieldPermissions}, f.ID)
})

package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fields are fields of a key by their ids, each as a key's JSON has it. They are kept whole up to a bound: of what a key may do, the
// end must not be missing unseen.
type Fields map[string]json.RawMessage

const (
	maxText   = 256 // bytes of one text of a record
	maxFields = 64
	// maxValues bounds the values of one record's fields. An account's whole list of permissions is a tenth of it.
	maxValues = 32 << 10
)

// cut takes what a record has room for. Of a value that it has none for it keeps how long it was.
func (f Fields) cut() Fields {
	if len(f) == 0 {
		return nil
	}
	out, room := Fields{}, maxValues
	for i, id := range slices.Sorted(maps.Keys(f)) {
		if i == maxFields {
			out["…"] = text(fmt.Sprintf("%d more", len(f)-i))
			break
		}
		value := f[id]
		switch {
		case !json.Valid(value):
			value = text("no JSON")
		case len(value) > room:
			value = text(fmt.Sprintf("not kept: %d bytes", len(value)))
		default:
			room -= len(value)
		}
		out[cut(id)] = value
	}
	return out
}

// text is a text as JSON has it.
func text(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always can
	return b
}

// cut shortens a text to what a record has room for.
func cut(text string) string { return cutTo(text, maxText) }

func cutTo(text string, most int) string {
	if text = strings.ToValidUTF8(text, "\ufffd"); len(text) <= most {
		return text
	}
	end := most - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

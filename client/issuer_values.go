package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// reference is an id, or an object with one: a project is either.
type reference struct{ id, name text }

func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return r.id.UnmarshalJSON(b)
	}
	var object named
	if err := decodeRow(b, &object, namedNames); err != nil {
		return err
	}
	r.id, r.name = text(firstOf(object.ID, object.OID)), object.Name
	return nil
}

// named is an object with an id.
type named struct {
	ID   text `json:"id"`
	OID  text `json:"_id"`
	Name text `json:"name"`
}

var namedNames = memberNames(named{})

func (n *named) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "id":
		return &n.ID
	case "_id":
		return &n.OID
	case "name":
		return &n.Name
	}
	return nil
}

// asciiJSON writes the same JSON without any character that is not printable ASCII, so that it
// can be shown as it is and still goes back unchanged.
func asciiJSON(raw json.RawMessage) json.RawMessage {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		i += size
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ') // outside of strings alone: inside they are escaped
		case r < 0x20 || r >= 0x7f && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b.WriteRune(r)
		}
	}
	return json.RawMessage(b.String())
}

package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"detent/apikey"
)

// reference is an id, or an object with one: a project is either.
type reference struct{ id, name text }

func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return r.id.UnmarshalJSON(b)
	}
	var object named
	if err := decodeRow(b, &object); err != nil {
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

func (n *named) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "id":
		return &n.ID
	case "_id":
		return &n.OID
	case "name":
		return &n.Name
	}
	return elsewhere(name, []string{"id", "_id", "name"})
}

// dig finds what a path leads to: members and indexes with a dot between. Nothing is nil.
func dig(members map[string]json.RawMessage, path string) json.RawMessage {
	name, rest, more := strings.Cut(path, ".")
	found := members[name]
	for more {
		name, rest, more = strings.Cut(rest, ".")
		var inner map[string]json.RawMessage
		var list []json.RawMessage
		switch at, err := strconv.Atoi(name); {
		case json.Unmarshal(found, &inner) == nil && inner != nil:
			found = inner[name]
		case err == nil && json.Unmarshal(found, &list) == nil && at >= 0 && at < len(list):
			found = list[at]
		default:
			return nil
		}
	}
	return found
}

// word is a text, a number or a boolean, in letters and digits.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	if s := string(b); s == "true" || s == "false" {
		*w = word(s)
		return nil
	}
	return (*text)(w).UnmarshalJSON(b)
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

// restrictions are nil where the service does not report them, or reports a kind that is not known:
// a key with a restriction that would be lost in a copy must not look like one without.
func restrictions(raw json.RawMessage) *apikey.Restrictions {
	if len(raw) == 0 {
		return nil
	}
	var reply restricted
	w := walker{raw, 0}
	if w.row(&reply) {
		return reply.restrictions()
	}
	reply = restricted{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if dec.Decode(&reply) != nil {
		return nil
	}
	return reply.restrictions()
}

// restricted are restrictions on the wire.
type restricted struct {
	IPAddresses texts `json:"ip_addresses"`
	Referrers   texts `json:"referrers"`
	Endpoints   texts `json:"endpoints"`
}

func (r *restricted) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "ip_addresses":
		return &r.IPAddresses
	case "referrers":
		return &r.Referrers
	case "endpoints":
		return &r.Endpoints
	}
	return nil
}

func (r *restricted) restrictions() *apikey.Restrictions {
	return &apikey.Restrictions{IPAddresses: r.IPAddresses, Referrers: r.Referrers, Endpoints: r.Endpoints}
}

// texts is a list of strings, or one.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	if string(b) == "[]" {
		return nil
	}
	var list []text
	var one text
	if json.Unmarshal(b, &list) != nil {
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		if one != "" {
			list = []text{one}
		}
	}
	for _, item := range list {
		*t = append(*t, field(item))
	}
	return nil
}

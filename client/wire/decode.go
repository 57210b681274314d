package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// BatchSize is how many keys are handed over at once.
const BatchSize = 500

// ErrNoList is {}: an empty list in the spelling of some services, and what anybody may answer.
var ErrNoList = BadAnswer("the answer is {}, which names no list")

// ReadList reads a list as a stream: a bare array, or an object that has the array under one of names. each reads one element. The object's
// other members are returned. ErrNoList comes for an answer that was read to its end.
func ReadList(g *Guard, names []string, each func(*jsontext.Decoder) error) (rest map[string]json.RawMessage, err error) {
	dec := loosely(&g.limited)
	switch dec.PeekKind() {
	case '[':
		err = elements(dec, func() error { return each(dec) })
	case '{':
		rest, err = readEnvelope(dec, names, each)
	default: // null is an empty list of a service that is written in Go
		first, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		if first.Kind() != 'n' {
			return nil, BadAnswer("the answer is no list")
		}
	}
	if err != nil && err != error(ErrNoList) {
		return rest, err
	}
	return rest, cmp.Or(atEnd(dec), err)
}

// DecodeList is ReadList for an element's JSON, which is gone when each returns, where {} is an empty list.
func DecodeList(g *Guard, names []string, each func(raw []byte) error) (map[string]json.RawMessage, error) {
	rest, err := ReadList(g, names, func(dec *jsontext.Decoder) error {
		raw, err := Value(dec)
		if err != nil {
			return err
		}
		return each(raw)
	})
	if err == error(ErrNoList) {
		err = nil
	}
	return rest, err
}

func readEnvelope(dec *jsontext.Decoder, names []string, each func(*jsontext.Decoder) error) (map[string]json.RawMessage, error) {
	rest, found := map[string]json.RawMessage{}, false
	err := members(dec, func(member []byte) error {
		name := string(member)
		listed := slices.Contains(names, name)
		if listed && found {
			return BadAnswer("the answer has its list twice")
		}
		found = found || listed
		if listed && dec.PeekKind() == '[' {
			return elements(dec, func() error { return each(dec) })
		}
		raw, err := Value(dec)
		switch {
		case err != nil:
			return err
		case !listed:
			rest[name] = bytes.Clone(raw)
		case string(raw) != "null" && string(bytes.Join(bytes.Fields(raw), nil)) != "{}": // an empty list of a service that keeps it by name
			return BadAnswer(fmt.Sprintf("the answer's %q is no list", name))
		}
		return nil
	})
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return rest, err
	}
	if err := Refusal(rest); err != nil {
		return rest, err
	}
	switch {
	case found || countsNone(rest):
		return rest, nil
	case len(rest) == 0:
		return rest, ErrNoList
	}
	return rest, BadAnswer("the answer has no list")
}

// countsNone reports whether an object without a list says that there are none.
func countsNone(members map[string]json.RawMessage) bool {
	for _, name := range []string{"total", "count", "totalCount", "total_count", "totalDocs"} {
		if raw := string(members[name]); raw == "0" || raw == `"0"` {
			return true
		}
	}
	return false
}

// Refused is an answer with a status of success that says no.
type Refused struct{ Fault Fault }

func (e *Refused) Error() string { return e.Fault.Message }

// Refusal recognises {"success":false,…}, a lone {"error":…} and {"errors":[…]} in an answer of status 200.
func Refusal(members map[string]json.RawMessage) error {
	failed := !IsNothing(members["error"]) || !IsNothing(members["errors"])
	if Says(members["success"], false) {
		failed = true
	} else if Says(members["success"], true) {
		failed = false
	}
	if !failed {
		return nil
	}
	cause := faultOf(members)
	if cause.Message == "" {
		cause.Message = "the service says no, without a reason"
	}
	return &Refused{cause}
}

// IsNothing reports whether a member is not there, or is there and empty.
func IsNothing(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "[]", "{}", `""`, "false", "0":
		return true
	}
	return false
}

// DecodeObject reads an answer that is one object; where it is only an envelope, the object under
// one of names is taken.
func DecodeObject(r io.Reader, names ...string) (members map[string]json.RawMessage, raw json.RawMessage, err error) {
	if err := DecodeOne(r, &raw); err != nil {
		return nil, nil, err
	}
	if members = Object(raw); members == nil {
		return nil, raw, BadAnswer("the answer is no object")
	}
	if err := Refusal(members); err != nil {
		return members, raw, err
	}
	for _, name := range names {
		found := Dig(members, name)
		if list := List(found); len(list) == 1 { // of the one
			found = list[0]
		}
		if inner := Object(found); inner != nil {
			return inner, found, nil
		}
	}
	return members, raw, nil
}

// maxTries bounds the places at which an object may begin: a text full of brackets costs no more.
const maxTries = 64

// ObjectsIn are the objects of JSON that stand in a text, the longest first.
func ObjectsIn(text []byte) (found []json.RawMessage) {
	for range maxTries {
		at := bytes.IndexByte(text, '{')
		if at < 0 {
			break
		}
		text = text[at:]
		dec := json.NewDecoder(bytes.NewReader(text))
		var object json.RawMessage
		if dec.Decode(&object) != nil {
			text = text[1:]
			continue
		}
		found = append(found, object)
		text = text[dec.InputOffset():]
	}
	slices.SortStableFunc(found, func(a, b json.RawMessage) int { return len(b) - len(a) })
	return found
}

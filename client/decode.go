package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// batch is how many keys are handed over at once.
const batch = 500

// readList reads a list as a stream: a bare array, or an object that has the array under one of names. each reads one element. The object's
// other members are returned.
func readList(g *guard, names []string, each func(*jsontext.Decoder) error) (rest map[string]json.RawMessage, err error) {
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
			return nil, badAnswer("the answer is no list")
		}
	}
	if err != nil {
		return rest, err
	}
	return rest, atEnd(dec)
}

// decodeList is readList for an element's JSON, which is gone when each returns.
func decodeList(g *guard, names []string, each func(raw []byte) error) (map[string]json.RawMessage, error) {
	return readList(g, names, func(dec *jsontext.Decoder) error {
		raw, err := value(dec)
		if err != nil {
			return err
		}
		return each(raw)
	})
}

func readEnvelope(dec *jsontext.Decoder, names []string, each func(*jsontext.Decoder) error) (map[string]json.RawMessage, error) {
	rest, found := map[string]json.RawMessage{}, false
	err := members(dec, func(member []byte) error {
		name := string(member)
		listed := slices.Contains(names, name)
		if listed && found {
			return badAnswer("the answer has its list twice")
		}
		found = found || listed
		if listed && dec.PeekKind() == '[' {
			return elements(dec, func() error { return each(dec) })
		}
		raw, err := value(dec)
		switch {
		case err != nil:
			return err
		case !listed:
			rest[name] = bytes.Clone(raw)
		case string(raw) != "null" && string(bytes.Join(bytes.Fields(raw), nil)) != "{}": // an empty list of a service that keeps it by name
			return badAnswer(fmt.Sprintf("the answer's %q is no list", name))
		}
		return nil
	})
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return rest, err
	}
	if err := refusal(rest); err != nil {
		return rest, err
	}
	if !found && !saysEmpty(rest) {
		return rest, badAnswer("the answer has no list")
	}
	return rest, nil
}

// saysEmpty reports whether an object without a list says that there is none: it holds nothing, or counts none.
func saysEmpty(members map[string]json.RawMessage) bool {
	for _, name := range []string{"total", "count", "totalCount", "total_count", "totalDocs"} {
		if raw := string(members[name]); raw == "0" || raw == `"0"` {
			return true
		}
	}
	return len(members) == 0
}

// refused is an answer with a status of success that says no.
type refused struct{ fault fault }

func (e *refused) Error() string { return e.fault.message }

// refusal recognises {"success":false,…}, a lone {"error":…} and {"errors":[…]} in an answer of status 200.
func refusal(members map[string]json.RawMessage) error {
	failed := !isNothing(members["error"]) || !isNothing(members["errors"])
	if says(members["success"], false) {
		failed = true
	} else if says(members["success"], true) {
		failed = false
	}
	if !failed {
		return nil
	}
	cause := faultOf(members)
	if cause.message == "" {
		cause.message = "the service says no, without a reason"
	}
	return &refused{cause}
}

// isNothing reports whether a member is not there, or is there and empty.
func isNothing(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "[]", "{}", `""`, "false", "0":
		return true
	}
	return false
}

// decodeObject reads an answer that is one object; where it is only an envelope, the object under
// one of names is taken.
func decodeObject(r io.Reader, names ...string) (members map[string]json.RawMessage, raw json.RawMessage, err error) {
	if err := decodeOne(r, &raw); err != nil {
		return nil, nil, err
	}
	if members = objectOf(raw); members == nil {
		return nil, raw, badAnswer("the answer is no object")
	}
	if err := refusal(members); err != nil {
		return members, raw, err
	}
	for _, name := range names {
		found := dig(members, name)
		if list := listOf(found); len(list) == 1 { // of the one
			found = list[0]
		}
		if inner := objectOf(found); inner != nil {
			return inner, found, nil
		}
	}
	return members, raw, nil
}

package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"detent/client/issuers"
	"detent/client/kit"
)

// declaredRows are the rows of all issuers that are declared.
func declaredRows(tb testing.TB) (all []*kit.Row) {
	tb.Helper()
	for _, name := range issuers.Names("") {
		d, err := issuers.Load("", name)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, &d.Row)
	}
	return all
}

// TestARowIsReadAsEncodingJSONReadsIt, member by member.
func TestARowIsReadAsEncodingJSONReadsIt(t *testing.T) {
	for _, raw := range []string{
		`{}`, `null`, `[]`, `7`, `{"id":"a"}`, `{"ID":"a"}`, `{"Name":"n","id":1,"name":"m"}`, `{"id":"a","id":{}}`, `{"id":"a\u0041"}`, `{"id":"\"}`, `{"id":"é 日本"}`,
		"{\"id\":\"a\x01\"}", "{\"id\":\"a\xff\"}", `{"id":"a","permissions":{"A":["b"]}}`, `{"id":"a","permissions":["b",]}`, `{"id":"a",}`, `{"id" : "a" , "x":[1,{"y":null}]}`,
		`{"id":"a","expiresAt":1e3}`, `{"id":"a","expiresAt":01}`, `{"id":"a","expiresAt":-}`, `{"id":"a","expiresAt":-0.5}`, `{"id":"a","expiresAt":1.}`, `{"id":"a" "name":"b"}`, `{"id":"a"}x`,
		`{"id":nullx}`, `{"id":tru}`, `{"token":"pro_abc"}`, `{"token":"a b"}`, `{"token":7}`, `{"createdAt":"2026-01-02T03:04:05.678Z"}`, `{"createdAt":" 2026-01-02T03:04:05Z "}`,
		"{\"\u017fecret\":\"x\"}", `{"unknown":"x","id":"a"}`, `{"id":{"a":[}]}}`, `{"project":{"id":"p","name":"n"},"enabled":"true"}`, `{"restrictions":{"ip_addresses":["::1"]}}`, ` {"id":"a"} `, ``,
	} {
		sameRecord(t, raw)
	}
}

// plainly reads a row with encoding/json alone.
func plainly(r *Record, raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if place := r.field([]byte(name.(string))); place != nil {
			if err := place.UnmarshalJSON(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameRecord compares the two ways for the rows of every declaration, in a record that was another row's before.
func sameRecord(t *testing.T, raw string) {
	t.Helper()
	for _, declared := range declaredRows(t) {
		fast, slow := NewRecord(declared), NewRecord(declared)
		for name := range fast.places {
			_ = fast.Decode([]byte(`{"` + name + `":"2025-01-01T00:00:00Z"}`))
		}
		gotErr, wantErr := fast.Decode([]byte(raw)), plainly(slow, []byte(raw))
		for i := range fast.raws {
			if len(fast.raws[i]) == 0 {
				fast.raws[i] = nil
			}
		}
		fast.places, slow.places = nil, nil // what it remembers is no part of the row
		fast.letters, slow.letters = letters{}, letters{}
		fast.objects, slow.objects = nil, nil
		fast.own, slow.own = nil, nil
		fast.order, slow.order, fast.next, slow.next = nil, nil, 0, 0
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !reflect.DeepEqual(fast, slow) {
			t.Errorf("%q: got %+v, %v; want %+v, %v", raw, fast, gotErr, slow, wantErr)
		}
	}
}

// TestARowIsReadInWhateverOrderTheRowsBeforeWere: that the next member is the one that followed last time is a guess.
func TestARowIsReadInWhateverOrderTheRowsBeforeWere(t *testing.T) {
	d, err := issuers.Load("", "prosopo")
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecord(&d.Row)
	for _, c := range []struct{ row, id, name, masked string }{
		{`{"id":"a","x":1,"name":"n","masked":"m"}`, "a", "n", "m"},
		{`{"masked":"m","name":"n","x":1,"id":"a"}`, "a", "n", "m"},
		{`{"id":"a","masked":"m"}`, "a", "", "m"},
		{`{"id":"a","id":"b","name":"n","x":1,"masked":"m","name":"o"}`, "b", "o", "m"},
		{`{"y":1,"id":"a","z":1,"name":"n","masked":"m"}`, "a", "n", "m"},
		{`{"ID":"a","Name":"n","x":"id"}`, "a", "n", ""},
		{`{}`, "", "", ""},
		{`{"id":"a","x":1,"name":"n","masked":"m","more":1,"id":"c"}`, "c", "n", "m"},
		{`{"id":"a","x":1,"name":"n","masked":"m"}`, "a", "n", "m"},
	} {
		if err := r.Decode([]byte(c.row)); err != nil {
			t.Fatal(err)
		}
		if id, name, masked := FirstOf(r.ID...), FirstOf(r.Name...), FirstOf(r.Masked...); id != c.id || name != c.name || masked != c.masked {
			t.Errorf("%s: %q %q %q", c.row, id, name, masked)
		}
	}
}

func FuzzARowIsReadAsEncodingJSONReadsIt(f *testing.F) {
	f.Add(`{"id":"a","permissions":{"A":["b"]},"expiresAt":1798761600000,"token":"pro_a","created_at":null}`)
	f.Add(`{"id":"a","restrictions":{"ip_addresses":[]},"project":{"id":"p"},"enabled":true}`)
	f.Fuzz(func(t *testing.T, raw string) {
		sameRecord(t, raw)
	})
}

func TestEveryMemberHasItsField(t *testing.T) {
	for _, declared := range declaredRows(t) {
		r, places := NewRecord(declared), map[json.Unmarshaler]bool{}
		for _, name := range r.names {
			f := r.field([]byte(name))
			if n, is := f.(*nest); is && n.own == nil { // only leads to others
				continue
			}
			if f == nil || places[f] {
				t.Errorf("%s goes to %v", name, f)
			}
			places[f] = true
		}
		if len(places) != len(r.texts)+len(r.times)+len(r.tokens)+len(r.raws)+len(r.flags)+len(r.Refs)+len(r.words) || len(places) < 2 {
			t.Errorf("%d places for %d members", len(places), len(r.names))
		}
	}
}

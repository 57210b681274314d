package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"detent/apikey"
	"detent/client/issuers"
	"detent/client/kit"
	"detent/keyserver/wirename"

	"github.com/go-json-experiment/json/jsontext"
)

func TestDatesAreReadTolerantly(t *testing.T) {
	for wire, want := range map[string]string{
		`"2023-10-24T07:31:33.363Z"`:     "2023-10-24T07:31:33.363Z",
		`"2023-10-24T09:31:33+02:00"`:    "2023-10-24T07:31:33Z",
		`"2023-10-24 07:31:33"`:          "2023-10-24T07:31:33Z",
		`"2023-10-24"`:                   "2023-10-24T00:00:00Z",
		`1698132693`:                     "2023-10-24T07:31:33Z",
		`1698132693363`:                  "2023-10-24T07:31:33.363Z",
		`"1698132693"`:                   "2023-10-24T07:31:33Z",
		`1698132693.5`:                   "2023-10-24T07:31:33.5Z",
		`null`:                           "never",
		`0`:                              "never",
		`""`:                             "never",
		`"never"`:                        "never",
		`"2023-10-24T07:31:33\u005a"`:    "2023-10-24T07:31:33Z",
		`"2023-10-24T07:31:33\u00ff"`:    "?",
		`-1`:                             "?",
		`1e99`:                           "9999-12-31T23:59:59Z",
		`"NaN"`:                          "?",
		`"2023-02-30T00:00:00Z"`:         "?",
		`"tomorrow"`:                     "?",
		`"0001-01-01T00:00:00Z"`:         "?",
		`true`:                           "?",
		`{}`:                             "?",
		`"99999-01-01T00:00:00Z"`:        "9999-12-31T23:59:59Z",
		`"9999-12-31T23:59:59-14:00"`:    "9999-12-31T23:59:59Z", // the year 10000 in UTC, which no JSON can say
		`"0001-01-01T00:00:00-14:00"`:    "?",
		`"2023-10-24T07:31:33.363+0000"`: "2023-10-24T07:31:33.363Z",
	} {
		var w wireTime
		if err := json.Unmarshal([]byte(wire), &w); err != nil {
			t.Errorf("%s: %v", wire, err)
			continue
		}
		if got := moment(w.orNever()); got != want {
			t.Errorf("%s is %s, want %s", wire, got, want)
		}
	}
	var row struct{ A, B wireTime }
	if err := json.Unmarshal([]byte(`{"B":null}`), &row); err != nil {
		t.Fatal(err)
	}
	if row.A.orNever().Known() || !row.A.expiry().IsNever() || !row.B.orNever().IsNever() || row.B.reported().Known() {
		t.Error("absent and null are not told apart")
	}
}

// TestTheInstantZeroIsZeroHoweverItIsWritten: never, and no date in the past.
func TestTheInstantZeroIsZeroHoweverItIsWritten(t *testing.T) {
	for _, wire := range []string{`0`, `0.0`, `"0"`, `"1970-01-01T00:00:00Z"`, `"1970-01-01T00:00:00.000Z"`, `"1970-01-01T00:00:00+00:00"`, `"1970-01-01T01:00:00+01:00"`, `"1970-01-01 00:00:00"`, `"1970-01-01"`, `"Thu, 01 Jan 1970 00:00:00 GMT"`, `"1970-01-01t00:00:00z"`} {
		var w wireTime
		if err := json.Unmarshal([]byte(wire), &w); err != nil || !w.orNever().IsNever() || !w.expiry().IsNever() || !w.use().IsNever() || w.reported().Known() {
			t.Errorf("%s: %v, %v", wire, moment(w.orNever()), err)
		}
	}
}

// TestFarFutureIsFarFuture draws the ways in which services write a date without an end, and such as lie far ahead: each is
// shown as 9999 or never, or where it lies, and none in the past. What was is not made up either.
func TestFarFutureIsFarFuture(t *testing.T) {
	var wires []string
	for _, seconds := range []float64{4102444800, 7258118400, 32503680000, 99999999999, 100000000000, 253402300799, 253402300800, 253402300799.999, 999999999999} {
		for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
			n := strconv.FormatFloat(seconds*unit, 'f', -1, 64)
			wires = append(wires, n, strconv.Quote(n))
		}
	}
	for _, n := range []string{"9223372036854775807", "9223372036854775", "18446744073709551615", "2147483647", "4294967295", "8640000000000000", "9999999999999", "99999999999999", "1e15", "1e300", "1e999", "2.53402300799e11"} {
		wires = append(wires, n, strconv.Quote(n))
	}
	for _, text := range []string{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-12:00", "9999-12-31T24:00:00Z", "9999-12-31T23:59:60Z", "9999-12-31", "9999-12-31 23:59:59",
		"+275760-09-13T00:00:00.000Z", "10000-01-01T00:00:00Z", "12345-06-07", "Fri, 31 Dec 9999 23:59:59 GMT", "infinity", "Infinity", "never", "NEVER", "none", "2262-04-11T23:47:16.854775807Z", "3000-01-01t00:00:00z"} {
		wires = append(wires, strconv.Quote(text))
	}
	for _, wire := range wires {
		var w wireTime
		if err := json.Unmarshal([]byte(wire), &w); err != nil {
			if wire[0] == '"' {
				t.Errorf("%s: %v", wire, err)
			}
			continue
		}
		m := w.orNever()
		if at, ok := m.Time(); !m.IsNever() && (!ok || at.Before(time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)) || at.Year() > 9999) {
			t.Errorf("%s is %s", wire, moment(m))
		}
		if at, ok := w.use().Time(); ok && at.Year() == 9999 {
			t.Errorf("%s: something was used in the year 9999", wire)
		}
		if at, ok := w.reported().Time(); ok && at.Year() == 9999 {
			t.Errorf("%s: something was made in the year 9999", wire)
		}
	}
	for _, now := range []string{"1763892000", "1763892000000", "1763892000000000", "1763892000000000000", "1763892000.000", "1.763892e9"} {
		var w wireTime
		if err := json.Unmarshal([]byte(now), &w); err != nil || moment(w.orNever()) != "2025-11-23T10:00:00Z" {
			t.Errorf("%s is %s, %v", now, moment(w.orNever()), err)
		}
	}
}

func TestFaultsOfEveryShapeAreRead(t *testing.T) {
	for body, want := range map[string]fault{
		`{"error":{"code":403,"message":"No","key":"API.X"}}`: {status: 403, code: "API.X", message: "No", json: true},
		`{"error":"No"}`:   {message: "No", json: true},
		`{"message":"No"}`: {message: "No", json: true},
		`{"error":"No","status":403,"message":"really","details":["a","b"]}`: {status: 403, message: "No: really: a, b", json: true},
		`{"error":"No","message":"No"}`:                                      {message: "No", json: true},
		`{"success":false,"error":{"message":"No","code":"denied"}}`:         {code: "denied", message: "No", json: true},
		`{"error":null,"details":{"a":1}}`:                                   {json: true},
		`{"error":[1],"message":7}`:                                          {message: "7", json: true},
		`{"errors":[{"message":"No"}]}`:                                      {message: "No", json: true},
		`{"errors":[{"message":"No","code":"denied"},{"message":"really"}]}`: {message: "No: really", code: "denied", json: true},
		`{"errors":["No","really"]}`:                                         {message: "No: really", json: true},
		`{"errors":{"name":["is taken"],"role":"is unknown"}}`:               {message: "name is taken: role is unknown", json: true},
		`{"errors":[{"status":"422","title":"Bad","detail":"No"}]}`:          {message: "No", status: 422, json: true},
		`{"errors":[{"code":1003,"message":"No"}],"success":false}`:          {message: "No", json: true},
		`{"error":"denied","error_description":"No"}`:                        {message: "denied: No", json: true},
		`{"type":"about:blank","title":"Denied","status":403,"detail":"No"}`: {message: "Denied: No", status: 403, json: true},
		`{"detail":"No"}`: {message: "No", json: true},
		`{"msg":"No"}`:    {message: "No", json: true},
		`{"error":{"errors":[{"message":"No"}]}}`:                              {message: "No", json: true},
		`{"fault":{"faultstring":"No","detail":{"errorcode":"x"}}}`:            {message: "No", json: true},
		`{"success":false,"data":{"message":"No"}}`:                            {message: "No", json: true},
		`{"messages":["No","really"]}`:                                         {message: "No, really", json: true},
		`{"error":{"detail":"No"}}`:                                            {message: "No", json: true},
		`{"errorMessage":"No"}`:                                                {message: "No", json: true},
		`{"error_message":"No","id":"words that are no message"}`:              {message: "No", json: true},
		`{"error":["No"]}`:                                                     {message: "No", json: true},
		`{"status":"error","description":"No"}`:                                {message: "No", json: true},
		`{"result":{"status":"failed","reason":"No"}}`:                         {message: "No", json: true},
		`{"Error":{"Message":"No"}}`:                                           {message: "No", json: true},
		`{"response":{"errors":[{"text":"No"},{"text":"No"}]}}`:                {message: "No", json: true},
		`{"data":{"id":"k1","name":"not a word about it","key":"nor this"}}`:   {json: true},
		`{"error":{"error":{"error":{"error":{"error":{"message":"deep"}}}}}}`: {json: true},
		`{"errors":[]}`:                  {json: true},
		`{"errors":[7,null,{"a":1},[]]}`: {json: true},
		`[]`:                             {message: "[]"},
		`[{"message":"No"}]`:             {message: "No"},
		`"No"`:                           {message: "No"},
		`No`:                             {message: "No"},
		``:                               {},
	} {
		got := parseFault([]byte(body))
		got.shape = shape{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	for _, page := range []string{"<html>", "\ufeff \n<!doctype html>", "<?xml version='1.0'?>"} {
		if f := parseFault([]byte(page)); !f.web || strings.Contains(f.message, "<") {
			t.Errorf("%q: %+v", page, f)
		}
	}
}

func TestDepthCountsBracketsOutsideOfStrings(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	for text, want := range map[string]error{
		deep:             nil,
		"[" + deep + "]": errTooDeep,
		`["` + strings.Repeat(`[{\"`, 100) + `"]`: nil,
		`["\\",` + deep + `]`:                     errTooDeep,
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			if _, err := io.Copy(io.Discard, newGuard(r, maxOther)); !errors.Is(err, want) {
				t.Errorf("%.40s: got %v, want %v", text, err, want)
			}
		}
	}
}

func TestDepthIsCountedWithinAListAndBehindIt(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		before, after string
		around        int // brackets open around the nested value
	}{
		{`[{"id":`, `},{"id":1}]`, 2}, {`[`, `]`, 1}, {`{"data":[{"id":1},{"id":`, `}]}`, 3}, {`{"data":[],"more":`, `}`, 1},
	} {
		for depth, want := range map[int]error{maxDepth - c.around: nil, maxDepth - c.around + 1: errTooDeep} {
			text := c.before + nested(depth) + c.after
			for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
				if _, err := decodeList(newGuard(r, maxList), []string{"data"}, func([]byte) error { return nil }); !errors.Is(err, want) {
					t.Errorf("%.40s, %d deep: got %v, want %v", text, depth, err, want)
				}
			}
		}
	}
}

// adapters decode without a network.
func adapters(tb testing.TB) (p, v, g *issuer) {
	tb.Helper()
	return declared(tb, wirename.Prosopo), declared(tb, wirename.Vertesia), declared(tb, wirename.Generic)
}

// declared is an issuer that a declaration describes.
func declared(tb testing.TB, name string) *issuer {
	tb.Helper()
	s, err := Open(options(name, "http://127.0.0.1:1"))
	if err != nil {
		tb.Fatal(err)
	}
	return s.(*issuer)
}

// optionsOf open an issuer at no address, with all that its declaration asks for.
func optionsOf(tb testing.TB, name string) Options {
	tb.Helper()
	d, err := issuers.Load("", name)
	if err != nil {
		tb.Fatal(err)
	}
	o := options(name, "http://127.0.0.1:1")
	o.Parents = map[string]string{}
	for _, p := range d.Parents {
		o.Parents[p.Name] = "1"
	}
	return o
}

// declaredRows are the rows of all issuers that are declared.
func declaredRows(tb testing.TB) (all []*kit.Row) {
	tb.Helper()
	for _, name := range issuers.Names("") {
		if s, err := Open(optionsOf(tb, name)); err != nil {
			tb.Fatal(err)
		} else if declared, ok := s.(*issuer); ok {
			all = append(all, &declared.d.Row)
		}
	}
	return all
}

func decodings(each func(apikey.Key), issuers ...*issuer) (out []func(*jsontext.Decoder) error) {
	for _, s := range issuers {
		out = append(out, s.decoding(each))
	}
	return out
}

// decoding reads one element of a list.
func (s *issuer) decoding(each func(apikey.Key)) func(*jsontext.Decoder) error {
	row := newRecord(&s.d.Row)
	return func(dec *jsontext.Decoder) error {
		if err := row.from(dec); err != nil {
			return err
		}
		k, err := s.key(row)
		if err == nil {
			each(k)
		}
		return err
	}
}

func FuzzDecodeList(f *testing.F) {
	for _, seed := range []string{vertesiaDoc, `[]`, `{"success":true,"data":[{"id":"k","prefix":"sk_live_","restrictions":{"ip_addresses":["\u001b[1m"]}}],"next_cursor":"c"}`,
		`[{"_id":"\u202e","permissions":{"A\u001b":["b\u0007"]},"token":"` + prosopoSecret + `","expiresAt":1e400}]`, `[{"id":{}}]`, `[[[[`, `{"data":null}`, "[{\"id\":\"\xff\"}]",
		`[{"id":"a","properties":"\u2028 \ud800","project":{"id":1}}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, v, g := adapters(t)
		each := func(k apikey.Key) {
			texts := []string{k.ID, k.Name, k.Type, k.Role, string(k.Environment), k.Masked, k.Account, k.Project, k.ProjectName, k.CreatedBy, k.UpdatedBy}
			for _, perm := range k.Permissions {
				texts = append(texts, perm.Feature, perm.Name)
			}
			if k.Restrictions != nil {
				texts = append(append(append(texts, k.Restrictions.IPAddresses...), k.Restrictions.Referrers...), k.Restrictions.Endpoints...)
			}
			for _, text := range texts {
				harmless(t, text, maxField+20)
			}
			for name, raw := range k.Extra {
				if !json.Valid(raw) || !isPrintable(strings.ReplaceAll(string(raw), " ", "")) {
					t.Fatalf("%s is %q", name, raw)
				}
			}
			if k.ID == "" {
				t.Fatal("a key without an id")
			}
		}
		for _, row := range decodings(each, p, v, g) {
			_, err := readList(newGuard(bytes.NewReader(body), maxOther), p.d.List.Rows, row)
			if err == nil && !json.Valid(body) {
				t.Fatalf("%q was taken for a list", body)
			}
			if e := p.unread(call{op: opList, list: true}, http.StatusOK, err); err != nil {
				harmless(t, e.Message, maxMessage)
			}
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	for _, seed := range []string{`{"error":{"code":403,"message":"\u001b[1m","key":"API.X"}}`, `"pk-1"`, `pk-1`, `{"value":"pk-1","expire_at":0}`, `<html>`, `{"success":false}`,
		`{"token":"a.eyJzdWIiOiJrMSJ9.b","expires_in":"1e9"}`, "\xff", `{"error":"` + ownToken + `"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, _, _ := adapters(t)
		e := p.fail(call{op: opList, list: true}, http.StatusForbidden, parseFault(body))
		harmless(t, e.Message, maxMessage)
		harmless(t, e.Code, maxMessage)
		if strings.Contains(e.Error(), ownToken) {
			t.Fatalf("%q repeats the token", e.Error())
		}
		if v, err := decodePublicKey(bytes.NewReader(body)); err == nil && !isPrintable(v.Value.Reveal()) {
			t.Fatalf("the public key %q", v.Value.Reveal())
		}
		_, _, _ = decodeObject(bytes.NewReader(body), "data")
		_ = parsePermissions(body, kit.Value{})
		_ = restrictions(body)
		claims(string(body))
	})
}

func BenchmarkDecode100kKeys(b *testing.B) {
	p, v, g := adapters(b)
	rows := decodings(func(apikey.Key) {}, p, v, g)
	for _, c := range []struct {
		name, row string
		each      func(*jsontext.Decoder) error
	}{
		{"prosopo", `{"id":"65377%07d","name":"payments-api-%[1]d","permissions":{"AccessRules":["getRules","createRule"],"Traffic":["getTraffic"]},"createdAt":"2026-01-02T03:04:05.678Z","expiresAt":1798761600000,"token":"pro_0123456789abcdefghijklmnop%[1]d"}`, rows[0]},
		{"vertesia", `{"id":"65377%07d","name":"Key %[1]d","type":"sk","role":"developer","enabled":true,"account":"652d77895674c387e105948c","project":{"id":"p1","name":"Shop"},"created_at":"2023-10-24T07:31:33.363Z","updated_at":"2023-10-24T07:31:33.363Z","maskedValue":"sk-ec54686****"}`, rows[1]},
		{"generic", `{"id":"key_%d","name":"Key %[1]d","prefix":"sk_live_","created_at":"2025-01-01T00:00:00Z","last_used":"2025-01-15T10:30:00Z","expires_at":null,"restrictions":{"ip_addresses":[],"referrers":[],"endpoints":[]}}`, rows[2]},
	} {
		var body bytes.Buffer
		body.WriteByte('[')
		for i := range 100_000 {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, c.row, i)
		}
		body.WriteByte(']')
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(body.Len()))
			for b.Loop() {
				if _, err := readList(newGuard(bytes.NewReader(body.Bytes()), maxList), nil, c.each); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
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
func plainly(r *record, raw []byte) error {
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
		fast, slow := newRecord(declared), newRecord(declared)
		for name := range fast.places {
			_ = fast.decode([]byte(`{"` + name + `":"2025-01-01T00:00:00Z"}`))
		}
		gotErr, wantErr := fast.decode([]byte(raw)), plainly(slow, []byte(raw))
		for i := range fast.raws {
			if len(fast.raws[i]) == 0 {
				fast.raws[i] = nil
			}
		}
		fast.places, slow.places = nil, nil // what it remembers is no part of the row
		fast.letters, slow.letters = letters{}, letters{}
		fast.objects, slow.objects = nil, nil
		fast.own, slow.own = nil, nil
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !reflect.DeepEqual(fast, slow) {
			t.Errorf("%q: got %+v, %v; want %+v, %v", raw, fast, gotErr, slow, wantErr)
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
		r, places := newRecord(declared), map[json.Unmarshaler]bool{}
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
		if len(places) != len(r.texts)+len(r.times)+len(r.tokens)+len(r.raws)+len(r.flags)+len(r.refs)+len(r.words) || len(places) < 2 {
			t.Errorf("%d places for %d members", len(places), len(r.names))
		}
	}
}

// TestListsInAnyPieces: where a body is cut into reads changes nothing, and no broken body passes for a list.
func TestListsInAnyPieces(t *testing.T) {
	for body, want := range map[string]int{
		`[]`: 0, ` [ ] `: 0, `[{"id":"a"},{"id":"b"}]`: 2, "[\n{\"id\":\"a]\\\"\"} ,\t7]": 2, `{"data":[]}`: 0, `{"data":[1,2],"next":"x"}`: 2, `{"a":[3],"data":[1] }`: 1, `{"data":null}`: 0,
		`{"data":["` + strings.Repeat("x", 200_000) + `",2],"z":{}}`: 2,
		`[1,]`: -1, `[,1]`: -1, `[1 2]`: -1, `[1`: -1, `[`: -1, `[1]]`: -1, `[1],`: -1, `{"data":[1],}`: -1, `{"data":[1]`: -1, `{"data":[]"a":1}`: -1, `{"data":[1] 2}`: -1, `{"data":[1]]`: -1, `{"data":[1],"data":[2]}`: -1, `{"data":[1]}{}`: -1, `[1,"a`: -1, `[}]`: -1,
	} {
		for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body)), iotest.DataErrReader(strings.NewReader(body))} {
			n := 0
			_, err := decodeList(newGuard(r, maxList), []string{"data"}, func(raw []byte) error { n++; return json.Unmarshal(raw, new(any)) })
			if want < 0 && err == nil || want >= 0 && (err != nil || n != want) {
				t.Errorf("%.40q: %d elements, %v; want %d", body, n, err, want)
			}
		}
	}
	broken := errors.New("reset")
	if _, err := decodeList(newGuard(io.MultiReader(strings.NewReader(`[{"id":`), iotest.ErrReader(broken)), maxList), nil, func([]byte) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("a broken connection is told as %v", err)
	}
}

// ranOut is a body in whose middle the time runs out; whoever reads on hears something else, as of net/http.
type ranOut struct {
	text string
	told bool
}

func (r *ranOut) Read(p []byte) (int, error) {
	switch n := copy(p, r.text); {
	case n > 0:
		r.text = r.text[n:]
		return n, nil
	case !r.told:
		r.told = true
		return 0, context.DeadlineExceeded
	}
	return 0, net.ErrClosed
}

func TestAListWhoseTimeRunsOutSaysSoWhereverItStands(t *testing.T) {
	const whole = `{"success":true,"data":[{"id":"k1","name":"a"},{"id":"k2","name":"b"}],"next":null}`
	for at := range len(whole) {
		body := newGuard(&ranOut{text: whole[:at]}, maxList)
		_, err := decodeList(body, []string{"data"}, func([]byte) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %s: %v", whole[:at], err)
		}
	}
}

func TestNoPermissionsAreNotUnknownOnes(t *testing.T) {
	srv := play(t, prosopoGet.with(200, `[{"id":"k1","permissions":{}},{"id":"k2","permissions":["x"]},{"id":"k3","permissions":[]},{"id":"k4","permissions":null},{"id":"k5"}]`))
	keys, err := ListAll(bg, mustOpen(t, options(wirename.Prosopo, srv.URL)))
	if err != nil || len(keys) != 5 {
		t.Fatalf("%v, %v", keys, err)
	}
	for i, reported := range []bool{true, true, true, false, false} {
		if got := keys[i].Permissions; (got != nil) != reported {
			t.Errorf("%s has the permissions %#v", keys[i].ID, got)
		}
	}
}

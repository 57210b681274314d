package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client/issuers"
	"detent/client/kit"
	"detent/client/wire"
	"detent/keyserver/wirename"

	"github.com/go-json-experiment/json/jsontext"
)

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

func decodings(each func(apikey.Key), issuers ...*issuer) (out []func(*jsontext.Decoder) error) {
	for _, s := range issuers {
		out = append(out, s.decoding(each))
	}
	return out
}

// decoding reads one element of a list.
func (s *issuer) decoding(each func(apikey.Key)) func(*jsontext.Decoder) error {
	row := wire.NewRecord(&s.d.Row)
	return func(dec *jsontext.Decoder) error {
		if err := row.Next(dec); err != nil {
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
				harmless(t, text, wire.MaxField+20)
			}
			for name, raw := range k.Extra {
				if !json.Valid(raw) || !wire.IsPrintable(strings.ReplaceAll(string(raw), " ", "")) {
					t.Fatalf("%s is %q", name, raw)
				}
			}
			if k.ID == "" {
				t.Fatal("a key without an id")
			}
		}
		for _, row := range decodings(each, p, v, g) {
			_, err := wire.ReadList(wire.NewGuard(bytes.NewReader(body), wire.MaxOther), p.d.List.Rows, row)
			if err == nil && !json.Valid(body) {
				t.Fatalf("%q was taken for a list", body)
			}
			if e := p.unread(call{op: opList, list: true}, http.StatusOK, err); err != nil {
				harmless(t, e.Message, wire.MaxMessage)
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
		e := p.fail(call{op: opList, list: true}, http.StatusForbidden, wire.ParseFault(body))
		harmless(t, e.Message, wire.MaxMessage)
		harmless(t, e.Code, wire.MaxMessage)
		if strings.Contains(e.Error(), ownToken) {
			t.Fatalf("%q repeats the token", e.Error())
		}
		if v, err := decodePublicKey(bytes.NewReader(body)); err == nil && !wire.IsPrintable(v.Value.Reveal()) {
			t.Fatalf("the public key %q", v.Value.Reveal())
		}
		_, _, _ = wire.DecodeObject(bytes.NewReader(body), "data")
		_ = parsePermissions(body, kit.Value{})
		_ = wire.ReadRestrictions(body)
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
				if _, err := wire.ReadList(wire.NewGuard(bytes.NewReader(body.Bytes()), wire.MaxList), nil, c.each); err != nil {
					b.Fatal(err)
				}
			}
		})
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

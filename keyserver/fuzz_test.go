package keyserver

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/wirename"
)

// FuzzRequest sends anything to any call of any contract with every kind of credential. The service
// answers JSON in the contract's shape, never a 500, never a panic, and whatever it makes is well formed.
func FuzzRequest(f *testing.F) {
	s, log := bareFor(f)
	tokens := []string{"", "x", s.SessionToken(wirename.Prosopo, "").Reveal(), s.SessionToken(wirename.Vertesia, "").Reveal(),
		s.SessionToken(wirename.Generic, apikey.Live).Reveal(), s.SessionToken(wirename.Generic, "").Reveal()}
	for i, rt := range s.routes {
		for _, body := range []string{"", "{}", `{"name":"n","permissions":["verify"],"expiresIn":1e3}`, `{"name":"n","role":"admin","type":"pk","properties":{"a":[]}}`,
			`{"name":"n","environment":"live","restrictions":{"ip_addresses":["::1/64"],"referrers":["https://a/*"],"endpoints":["/v1"]}}`,
			`{"apiKeyId":"x"}`, `{"enabled":false}`, `{"name":"\ud800","expires_at":"2030-01-01T00:00:00+14:00"}`, `[[[[`, "\xff"} {
			f.Add(rt.method, rt.path, "limit=2&cursor=MTox&ttl=60&name=a&projectId=b&level=project&withValue=true", body, i%len(tokens), "127.0.0.1:1")
			f.Add(rt.method, rt.path, "", body, 2+i%4, "[::1]:1")
		}
	}
	made := 0
	f.Fuzz(func(t *testing.T, method, path, query, body string, who int, peer string) {
		if made++; made%200 == 0 { // lists stay short
			if _, err := s.store.Writer.Exec(`DELETE FROM keys`); err != nil {
				t.Fatal(err)
			}
		}
		u := &url.URL{Path: "/" + strings.TrimPrefix(path, "/"), RawQuery: query}
		r, err := http.NewRequest(method, u.String(), strings.NewReader(body))
		if err != nil {
			return
		}
		r.RemoteAddr = peer
		token := tokens[max(who, -who, 0)%len(tokens)]
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Referer", body)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s %s: %d is not JSON: %q", method, u, w.Code, w.Body)
		}
		switch w.Code {
		case 200, 201, 400, 401, 403, 404, 405, 409:
		default:
			t.Fatalf("%s %s: %d %s\n%s", method, u, w.Code, w.Body, log)
		}
		if token != "" && len(token) > 20 && strings.Contains(w.Body.String(), token) {
			t.Fatalf("%s %s: the answer holds the credential: %s", method, u, w.Body)
		}
	})
}

// FuzzFields holds the readers of what a client sends: they refuse or give a value that is in bounds.
func FuzzFields(f *testing.F) {
	for _, s := range []string{`1`, `-0`, `1e3`, `1e999`, `"2027-01-01T00:00:00Z"`, `{"ip_addresses":["0.0.0.0/0"]}`, `["/"]`, `null`} {
		f.Add(s)
	}
	now := newClock().now()
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) {
			return
		}
		o := contract.Object{"f": json.RawMessage(strings.TrimSpace(raw))}
		if n, err := o.Seconds("f"); err == nil && (n < 0 || n > int64(apikey.MaxLifetime.Seconds())) {
			t.Errorf("%s is %d seconds", raw, n)
		}
		if ms, err := o.Instant("f", now); err == nil && ms != 0 && ms <= now.UnixMilli()-1 {
			t.Errorf("%s is %d, in the past", raw, ms)
		}
		limits, err := o.Restrictions("f")
		if err != nil {
			return
		}
		text, err := contract.RestrictionsJSON(limits)
		if err != nil {
			t.Fatal(err)
		}
		back, err := contract.Object{"f": json.RawMessage(text)}.Restrictions("f")
		if err != nil || !narrower(back, limits) || !narrower(limits, back) {
			t.Errorf("%s does not survive being stored: %s %v", raw, text, err)
		}
	})
}

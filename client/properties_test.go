package client

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// withLimits is a service whose keys have limits and an end that can be moved.
const withLimits = `list.call = "GET /keys"
number = [{ name = "limit", title = "dollars", most = 500, fraction = true }, { name = "rpm", title = "requests a minute" }]
create = { call = "POST /keys", send = { name = { field = "name" }, quota = { dollars = { field = "limit" } } } }
update = { call = "PATCH /keys/{id}", fields = ["name", "rpm"], send = { quota = { dollars = { field = "limit", else = 0 } }, until = { field = "expires_at", as = "date", null = true } } }
row = { as_named = ["id", "name"], expires_at = ["until"], secret = ["token"] }
` + plainProbe

func TestALimitGoesWhereItIsSaidToAndOneThatDoesNotFitIsNotSent(t *testing.T) {
	s := serve(t, withLimits, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method == "PATCH" {
			say(w, 200, `{"id":"k1"}`)
			return
		}
		say(w, 200, `{"id":"k1","name":"ci","limit":20,"token":"made-0123456789"}`)
	})
	extra := func(text string) (out map[string]json.RawMessage) { _ = json.Unmarshal([]byte(text), &out); return out }
	day30, never := apikey.Expiry{At: day.Add(30 * 24 * time.Hour)}, apikey.Expiry{}
	for _, tc := range []struct {
		name string
		do   func() error
		sent string // empty for nothing
		kind Kind
	}{
		{"a new key with both", func() error {
			made, err := s.Create(bg, apikey.Draft{Name: "ci", Extra: extra(`{"limit":20.5,"rpm":60}`)})
			if err == nil && string(made.Key.Extra["limit"]) != "20" {
				t.Errorf("it has %s", made.Key.Extra)
			}
			return err
		}, `POST /keys {"name":"ci","quota":{"dollars":20.5},"rpm":60}`, ""},
		{"a new key without", func() error { _, err := s.Create(bg, apikey.Draft{Name: "ci"}); return err }, `POST /keys {"name":"ci"}`, ""},
		{"a new key over the limit", func() error {
			_, err := s.Create(bg, apikey.Draft{Name: "ci", Extra: extra(`{"limit":501}`)})
			return err
		}, "", Invalid},
		{"a new key with a text", func() error {
			_, err := s.Create(bg, apikey.Draft{Name: "ci", Extra: extra(`{"rpm":"60"}`)})
			return err
		}, "", Invalid},
		{"a change of one", func() error { _, err := s.Update(bg, "k1", apikey.Patch{Properties: extra(`{"rpm":7}`)}); return err }, `PATCH /keys/k1 {"rpm":7}`, ""},
		{"one is taken away as zero", func() error {
			_, err := s.Update(bg, "k1", apikey.Patch{Properties: extra(`{"limit":null}`)})
			return err
		}, `PATCH /keys/k1 {"quota":{"dollars":0}}`, ""},
		{"one is taken away as null", func() error {
			_, err := s.Update(bg, "k1", apikey.Patch{Properties: extra(`{"rpm":null}`)})
			return err
		}, `PATCH /keys/k1 {"rpm":null}`, ""},
		{"a change that does not fit", func() error { _, err := s.Update(bg, "k1", apikey.Patch{Properties: extra(`{"rpm":1.5}`)}); return err }, "", Invalid},
		{"another end", func() error { _, err := s.Update(bg, "k1", apikey.Patch{Expiry: &day30}); return err }, `PATCH /keys/k1 {"until":"2026-12-28"}`, ""},
		{"no end", func() error { _, err := s.Update(bg, "k1", apikey.Patch{Expiry: &never}); return err }, `PATCH /keys/k1 {"until":null}`, ""},
		{"an end that is over", func() error {
			_, err := s.Update(bg, "k1", apikey.Patch{Expiry: &apikey.Expiry{At: day.Add(-time.Hour)}})
			return err
		}, "", Invalid},
		{"a name alone", func() error { n := "b"; _, err := s.Update(bg, "k1", apikey.Patch{Name: &n}); return err }, `PATCH /keys/k1 {"name":"b"}`, ""},
	} {
		before := len(s.asked())
		err := tc.do()
		sent := strings.Join(s.asked()[before:], " | ")
		if sent != tc.sent || (err != nil) != (tc.kind != "") || err != nil && !IsKind(err, tc.kind) {
			t.Errorf("%s: sent %s, want %s; %v", tc.name, sent, tc.sent, err)
		}
	}
}

// TestAnEndThatCannotBeMovedIsNot, nor one taken away where nothing is declared for that.
func TestAnEndThatCannotBeMovedIsNot(t *testing.T) {
	for text, want := range map[string]string{
		`update = { call = "PATCH /keys/{id}", send = { name = { field = "name" } } }`:                        "no call that moves the end",
		`update = { call = "PATCH /keys/{id}", send = { until = { field = "expires_at", as = "rfc3339" } } }`: "can be moved, and not taken away",
		`update = { call = "PATCH /keys/{id}", send = { until = { field = "expires_at", as = "date", else = "x" } } }
create = { call = "POST /keys", send = { name = { field = "name" }, until = { field = "expires_at", as = "date" } } }
expiry = { longest = "30d", always = true }`: "no key without an end",
	} {
		s := serve(t, "list.call = \"GET /keys\"\n"+text+"\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, `{"id":"k1","name":"a"}`) })
		if _, err := s.Update(bg, "k1", apikey.Patch{Expiry: &apikey.Expiry{}}); err == nil || !strings.Contains(err.Error(), want) || len(s.asked()) != 0 {
			t.Errorf("%s: %v, %q", text, err, s.asked())
		}
	}
}

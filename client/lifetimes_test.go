package client

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// TestALifetimeGoesAsItsWord, and one that the service does not give is not asked for.
func TestALifetimeGoesAsItsWord(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, life = { field = "expires_at", as = "word", else = "NEVER" } } }
expiry.words = { "30d" = "MONTH", "24h" = "DAY" }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 201, `{"id":"k1","name":"ci","token":"made-0123456789"}`)
	})
	sent := []string{}
	for _, e := range []apikey.Expiry{{After: 30 * 24 * time.Hour}, {After: 24 * time.Hour}, {}} {
		if _, err := s.Create(bg, apikey.Draft{Name: "ci", Expiry: e}); err != nil {
			t.Fatal(err)
		}
		asked := s.asked()
		_, word, _ := strings.Cut(asked[len(asked)-1], `"life":`)
		sent = append(sent, word)
	}
	if got := strings.Join(sent, " "); !strings.HasPrefix(got, `"MONTH"`) || !strings.Contains(got, ` "DAY"`) || !strings.Contains(got, ` "NEVER"`) {
		t.Errorf("sent %s", got)
	}
	before := len(s.asked())
	for _, e := range []apikey.Expiry{{After: time.Hour}, {After: 31 * 24 * time.Hour}, {At: day.Add(30 * 24 * time.Hour)}} {
		if _, err := s.Create(bg, apikey.Draft{Name: "ci", Expiry: e}); !IsKind(err, Invalid) || !strings.Contains(err.Error(), "1d, 30d or never") {
			t.Errorf("%+v: %v", e, err)
		}
	}
	if n := len(s.asked()); n != before {
		t.Errorf("%d were sent", n-before)
	}
}

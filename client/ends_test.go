package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// TestANewKeyEndsAsTheAnswerOrTheRequestSays: in every form in which an end is sent, where the answer does not say when; and where no key of
// the issuer's ever ends.
func TestANewKeyEndsAsTheAnswerOrTheRequestSays(t *testing.T) {
	asked := day.Add(50*time.Hour + 90*time.Millisecond)
	second, date, days := apikey.At(day.Add(50*time.Hour)), apikey.At(asked.Truncate(24*time.Hour)), apikey.At(day.Add(48*time.Hour))
	ends := `row.expires_at = ["ends"]` + "\n"
	for name, c := range map[string]struct {
		more, send, answer string
		end                apikey.Expiry
		key, told          apikey.Moment
	}{
		"rfc3339":             {ends, `{ field = "expires_at", as = "rfc3339" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, second},
		"unix":                {ends, `{ field = "expires_at", as = "unix" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, second},
		"unix-ms":             {ends, `{ field = "expires_at", as = "unix-ms" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, second},
		"seconds":             {ends, `{ field = "expires_at", as = "seconds" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, second},
		"duration":            {ends, `{ field = "expires_at", as = "duration" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, second},
		"date":                {ends, `{ field = "expires_at", as = "date" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, date},
		"days":                {ends, `{ field = "expires_at", as = "days" }`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, days},
		"deep in a body":      {ends, `[{ in = { field = "expires_at", as = "days" } }]`, ``, apikey.Expiry{At: asked}, apikey.Moment{}, days},
		"never, said":         {ends, `{ field = "expires_at", as = "unix-text", else = "0" }`, ``, apikey.Expiry{}, apikey.Moment{}, apikey.Never()},
		"never, as null":      {ends, `{ field = "expires_at", as = "unix", null = true }`, ``, apikey.Expiry{}, apikey.Moment{}, apikey.Never()},
		"never, left out":     {ends, `{ field = "expires_at", as = "unix" }`, ``, apikey.Expiry{}, apikey.Moment{}, apikey.Moment{}},
		"the answer says":     {ends, `{ field = "expires_at", as = "date" }`, `,"ends":"2027-01-01T00:00:00Z"`, apikey.Expiry{At: asked}, apikey.At(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)), apikey.Moment{}},
		"not asked, and ends": {ends, `{ field = "expires_at", as = "date" }`, `,"ends":"2027-01-01T00:00:00Z"`, apikey.Expiry{}, apikey.At(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)), apikey.Moment{}},
		"no key ever ends":    {"row.no_expiry_is_never = true\n", `"x"`, ``, apikey.Expiry{}, apikey.Never(), apikey.Moment{}},
		"ends are not told":   {"", `"x"`, ``, apikey.Expiry{}, apikey.Moment{}, apikey.Moment{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, fmt.Sprintf(`row.id = ["id"]
row.name = ["name"]
row.secret = ["token"]
%slist.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, end = %s } }
probe = [{ call = "GET /me", answers = "object" }]
`, c.more, c.send), "a-credential-of-20-signs", func(w http.ResponseWriter, _ *http.Request, body string) {
				if name == "duration" && !strings.Contains(body, `"end":"180000s"`) {
					t.Error(body)
				}
				w.Header()["Date"] = nil
				w.WriteHeader(201)
				_, _ = fmt.Fprintf(w, `{"id":"k1","token":"the-secret-of-20-signs"%s}`, c.answer)
			})
			if byDay := strings.Contains(c.send, `"da`); s.Capabilities().Lifetimes.Days != byDay {
				t.Errorf("a key ends with a day: %v, want %v", !byDay, byDay)
			}
			made, err := s.Create(t.Context(), apikey.Draft{Name: "n", Expiry: c.end})
			if err != nil || made.Key.ExpiresAt != c.key || made.Asked != c.told {
				t.Errorf("%v: the key says %+v, want %+v; asked %+v, want %+v", err, made.Key.ExpiresAt, c.key, made.Asked, c.told)
			}
		})
	}
}

package client

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// TestWhatARowHasInPlaceOfNoneIsNone: an end that is far ahead, a number below all others, a wildcard; and taking one away is sent and looked for so.
func TestWhatARowHasInPlaceOfNoneIsNone(t *testing.T) {
	spend := "-1"
	s := serve(t, `number = [{ name = "spend", title = "dollars" }]
property = [{ name = "zones", kind = "list", title = "zones" }, { name = "starts", kind = "instant", title = "begins" }]
row = { id = ["id"], name = ["name"], expires_at = ["meta.end"], last_used_at = ["used"], secret = ["token"], none = { expires_at = ["64723363199", "9999-12-31T23:59:59.9999999"], last_used_at = ["-1"], spend = ["-1"], zones = ["*"], starts = ["1900-01-01"] } }
list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, end = { field = "expires_at", as = "unix", else = 64723363199 } } }
update = { call = "PATCH /keys/{id}", fields = ["name"], send = { spend = { field = "spend", else = -1 } } }
probe = [{ call = "GET /me", answers = "object" }]
`, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.Method {
		case "POST":
			say(w, 201, `{"id":"k4","name":"d","token":"made-0123456789","meta":{"end":64723363199}}`)
		case "PATCH":
			say(w, 200, `{"id":"k1","name":"a","spend":-1}`)
		default:
			say(w, 200, `[{"id":"k1","name":"a","meta":{"end":64723363199},"used":-1,"spend":`+spend+`,"zones":["*"],"starts":"1900-01-01"},
				{"id":"k2","name":"b","meta":{"end":"9999-12-31T23:59:59.9999999"},"used":"-1","spend":0,"zones":["*","a"],"starts":"2026-11-28"},
				{"id":"k3","name":"c","meta":{"end":64723363198},"used":-2}]`)
		}
	})
	keys, err := ListAll(bg, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		never, unused        bool
		spend, zones, starts string
	}{{true, true, "", "null", "null"}, {true, true, "0", `["*","a"]`, `"2026-11-28T00:00:00Z"`}, {false, false, "", "", ""}} {
		k := keys[i]
		if k.ExpiresAt.IsNever() != want.never || k.LastUsedAt.IsNever() != want.unused || !k.ExpiresAt.Known() || string(k.Extra["spend"]) != want.spend || string(k.Extra["zones"]) != want.zones || string(k.Extra["starts"]) != want.starts {
			t.Errorf("%+v, want %+v", k, want)
		}
	}
	if made, err := s.Create(bg, apikey.Draft{Name: "d"}); err != nil || !made.Key.ExpiresAt.IsNever() || len(made.Notes) > 0 {
		t.Errorf("%+v, %v", made, err)
	}
	if _, err := s.Update(bg, "k1", apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("null")}}); err != nil || !strings.Contains(strings.Join(s.asked(), " "), `{"spend":-1}`) {
		t.Error(err, s.asked())
	}
}

package client

import (
	"net/http"
	"testing"

	"detent/apikey"
)

// TestWhatStandsInASecretsPlaceIsNone: in a list that shows secrets to some alone, and in the answer to a create.
func TestWhatStandsInASecretsPlaceIsNone(t *testing.T) {
	for shown, whole := range map[string]bool{"key-0123456789": true, "a<b>c-0123456789": true, "<hidden>": false, "[redacted]": false, "hidden": false, "REDACTED": false,
		"********": false, "sk_***abcdef0123": false, "abcdef...0123456": false, "xxxxxxxxxxxx": false, "short": false} {
		s := serve(t, "list = { call = \"GET /keys\", secrets = true }\ncreate = { call = \"POST /keys\", send = { name = { field = \"name\" } } }\n"+plainRows+plainProbe, "token-0123456789",
			func(w http.ResponseWriter, r *http.Request, _ string) {
				if r.Method == "POST" {
					say(w, 201, `{"id":"k1","name":"n","token":"`+shown+`"}`)
					return
				}
				say(w, 200, `[{"id":"k1","name":"n","token":"`+shown+`"}]`)
			})
		keys, err := ListAll(bg, s)
		if err != nil || len(keys) != 1 || keys[0].CanRetrieve != whole {
			t.Errorf("%s: %+v, %v", shown, keys, err)
		}
		if again, err := s.Abilities().Retrieve(bg, "k1"); err != nil || again.IsZero() == whole {
			t.Errorf("%s: %v, %v", shown, again.IsZero(), err)
		}
		if _, err := s.Create(bg, apikey.Draft{Name: "n"}); shown != "short" && (err == nil) != whole {
			t.Errorf("%s: created with %v", shown, err)
		}
	}
}

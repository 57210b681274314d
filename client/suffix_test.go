package client

import (
	"context"
	"net/http"
	"testing"

	"detent/apikey"
)

// TestTheEndOfASecretTellsWhoseItIs, where rows show it and one alone has it. What is too long to be an end is not shown.
func TestTheEndOfASecretTellsWhoseItIs(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef89ab4567"
	for what, c := range map[string]struct{ rows, mask, id string }{
		"the end":           {`[{"id":"1","name":"a","last":"89ab4567"},{"id":"2","name":"b","last":"89ab4568"}]`, "…89ab4567", "1"},
		"both":              {`[{"id":"1","name":"a","first":"012","last":"89ab4567"}]`, "012…89ab4567", "1"},
		"another beginning": {`[{"id":"1","name":"a","first":"112","last":"89ab4567"}]`, "112…89ab4567", ""},
		"another end":       {`[{"id":"1","name":"a","last":"89ab4568"}]`, "…89ab4568", ""},
		"too short":         {`[{"id":"1","name":"a","last":"4567"}]`, "…4567", ""},
		"of two":            {`[{"id":"1","name":"a","last":"89ab4567"},{"id":"2","name":"b","last":"89ab4567"}]`, "…89ab4567", ""},
		"a mask besides":    {`[{"id":"1","name":"a","mask":"x…4567","last":"89ab4567"}]`, "x…4567", ""},
		"all of it":         {`[{"id":"1","name":"a","last":"` + secret + `"}]`, "", ""},
	} {
		s := serve(t, `row = { id = ["id"], name = ["name"], masked = ["mask"], prefix = ["first"], suffix = ["last"], secret = ["token"] }
list.call = "GET /keys"
[[probe]]
call = "GET /keys"
answers = "keys"
`, "c", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, c.rows) })
		keys, err := ListAll(context.Background(), s)
		if err != nil || keys[0].Masked != c.mask {
			t.Errorf("%s: %+v, %v", what, keys, err)
		}
		found, err := s.Abilities().Identify(context.Background(), apikey.NewSecret(secret))
		if got := map[bool]func() string{true: func() string { return "" }, false: func() string { return found.ID }}[found == nil](); err != nil || got != c.id {
			t.Errorf("%s: it is %q, want %q; %v", what, got, c.id, err)
		}
	}
}

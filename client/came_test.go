package client

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// TestARefusalSaysWhatCame, and that the key works only where the answer shows it.
func TestARefusalSaysWhatCame(t *testing.T) {
	for words, want := range map[string]struct{ says, hint string }{
		"no right to read keys is unauthorized": {"list keys: forbidden (401, taken for 403)", hintMayNot},
		"missing permission":                    {"list keys: forbidden (403): missing permission", hintNoRight},
		"this token was withdrawn":              {"list keys: forbidden (403): this token was withdrawn", hintMayNot},
	} {
		s := serve(t, `row = { id = ["id"], name = ["name"], secret = ["token"] }
list.call = "GET /keys"
refusals.means = [{ status = 401, words = "is unauthorized", is = 403 }]
[[probe]]
call = "GET /keys"
answers = "keys"
`, "c", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, map[bool]int{true: 401, false: 403}[strings.Contains(words, "is unauthorized")], `{"error":"`+words+`"}`)
		})
		_, err := ListAll(context.Background(), s)
		if err == nil || !strings.HasPrefix(err.Error(), want.says) || HintOf(err) != want.hint {
			t.Errorf("%s: %v; %s", words, err, HintOf(err))
		}
	}
}

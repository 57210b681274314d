package kit

import (
	"strings"
	"testing"
)

// rolling is a declaration with both ways to give a key a new secret.
const rolling = small + `
[row.former]
members = ["previous"]
ends_at = "dies_at"

[roll]
call    = "POST /v1/keys/{id}/roll"
old     = "overlaps"
longest = "24h"
send    = { seconds = { field = "overlap", as = "seconds" } }
end     = { call = "POST /v1/keys/{id}/end" }
`

func TestARollSaysWhatBecomesOfTheFormerSecret(t *testing.T) {
	base := strings.Replace(rolling, `row.secret = ["token"]`, `row.secret = ["token"]`+"\n"+`row.rolled_at = ["rolled"]`, 1)
	if d, err := Load("a.toml", []byte(base)); err != nil || !d.Roll.Overlaps() || d.Roll.End == nil || d.Roll.Keep != nil {
		t.Fatalf("%v\n%s", err, base)
	}
	for what, tc := range map[string]struct{ from, to, field string }{
		"nothing says when a key was rolled":    {`row.rolled_at = ["rolled"]`, ``, "row.rolled_at"},
		"another word":                          {`"overlaps"`, `"lives"`, "roll.old"},
		"no word":                               {`old     = "overlaps"`, ``, "roll.old"},
		"an overlap that nobody asks for":       {`{ seconds = { field = "overlap", as = "seconds" } }`, `{ a = 1 }`, "roll.send"},
		"an overlap that is written unknown":    {`as = "seconds"`, `as = "weeks"`, "roll.send.seconds"},
		"at once, and an overlap is asked for":  {`"overlaps"`, `"dies at once"`, "roll.old"},
		"no longest overlap":                    {`longest = "24h"`, ``, "roll.longest"},
		"a former secret that no row tells of":  {`members = ["previous"]`, ``, "row.former"},
		"a former secret whose end is not told": {`ends_at = "dies_at"`, ``, "row.former.ends_at"},
		"a call about no key":                   {`/{id}/roll`, `/roll`, "roll.call"},
		"an end about no key":                   {`/{id}/end`, `/end`, "roll.end.call"},
		"an overlap in another call":            {`delete.call = "DELETE /v1/keys/{id}"`, `delete = { call = "DELETE /v1/keys/{id}", send = { s = { field = "overlap" } } }`, "delete.send.s"},
		"a setting that there is not":           {`old     = "overlaps"`, "old = \"overlaps\"\nsetting = \"create\"", "roll.setting"},
	} {
		text := strings.Replace(base, tc.from, tc.to, 1)
		if text == base {
			t.Fatalf("%s: there is no %q", what, tc.from)
		}
		if _, err := Load("a.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), tc.field+":") && !strings.Contains(err.Error(), tc.field+" ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

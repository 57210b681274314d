package kit

import (
	"os"
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

// TestARollSaysWhetherItMakesAKey: a roll in place at once, without a name and without a word in the list; one that makes a key and ends the
// former one; and one by which that lives on.
func TestARollSaysWhetherItMakesAKey(t *testing.T) {
	inPlace := small + `
[roll]
call   = "PUT /v1/keys/{id}/value"
secret = "result"
old    = "dies at once"
`
	anew := small + `
[roll]
call   = "POST /v1/keys/{id}/rotate"
new_id = true
old    = "dies at once"
send   = { expires_at = { field = "expires_at", as = "date" } }
`
	beside := strings.Replace(small, `row.secret = ["token"]`, `row.secret = ["token"]`+"\n"+`row.expires_at = ["expires"]`, 1) + `
[roll]
call    = "POST /v1/keys/{id}/reroll"
new_id  = true
old     = "overlaps"
longest = "24h"
send    = { seconds = { field = "overlap", as = "seconds" } }
keep    = { call = "PUT /v1/keys/{id}", send = { expires = { field = "expires_at", as = "unix" } } }
`
	for _, text := range []string{inPlace, anew, beside} {
		if _, err := Load("a.toml", []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	for what, tc := range map[string]struct{ in, from, to, field string }{
		"a name, and nothing says when a key was rolled":   {inPlace, `secret = "result"`, "secret = \"result\"\nagain = true", "row.rolled_at"},
		"an end for a key that stays":                      {inPlace, `old    = "dies at once"`, "old = \"dies at once\"\nsend = { e = { field = \"expires_at\", as = \"date\" } }", "roll.send"},
		"a secret beside the key that is made":             {anew, `new_id = true`, "new_id = true\nsecret = \"result\"", "roll.secret"},
		"a name for a roll that the list tells of":         {anew, `new_id = true`, "new_id = true\nagain = true", "roll.again"},
		"a former key that is named by its secret":         {anew, `row.secret = ["token"]`, "row.secret = [\"token\"]\nrow.secret_is_id = true", ""},
		"an end of an overlap beside the former key's own": {beside, `new_id  = true`, "new_id = true\nend = { call = \"POST /v1/keys/{id}/end\" }", "roll.end"},
		"a former key that nothing deletes":                {beside, `delete.call = "DELETE /v1/keys/{id}"`, ``, "delete"},
		"a former key whose end is not told":               {beside, `row.expires_at = ["expires"]`, ``, "row.expires_at"},
		"a former key that does not get its end back":      {beside, `expires = { field = "expires_at", as = "unix" }`, `expires = 0`, "roll.keep.send"},
		"a path to the secret that is none":                {inPlace, `"result"`, `"res ult"`, "roll.secret"},
	} {
		text := strings.Replace(tc.in, tc.from, tc.to, 1)
		if text == tc.in {
			t.Fatalf("%s: there is no %q", what, tc.from)
		}
		if _, err := Load("a.toml", []byte(text)); err == nil || tc.field != "" && !strings.Contains(err.Error(), tc.field+":") && !strings.Contains(err.Error(), tc.field+" ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTheRollsOfThePageAreTaken: the shapes that docs/ISSUERS.md shows work as they stand, in a file that has what they need.
func TestTheRollsOfThePageAreTaken(t *testing.T) {
	page, err := os.ReadFile("../../docs/ISSUERS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## A new secret\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := strings.Split(section, "    [roll]")[1:]
	if !found || len(blocks) != 4 {
		t.Fatalf("%d shapes", len(blocks))
	}
	base := strings.Replace(small, `row.secret = ["token"]`, `row.secret = ["token"]
row.rolled_at = ["rolled"]
row.expires_at = ["expires"]
row.former = { members = ["previous"], ends_at = "dies_at" }`, 1) + "parent = [{ name = \"project\", title = \"Project\" }]\nlist.query = \"project={project}\"\n"
	for _, block := range blocks {
		var file strings.Builder
		file.WriteString(base + "[roll]")
		for i, line := range strings.Split(block, "\n") {
			if i > 0 && !strings.HasPrefix(line, "    ") {
				break
			}
			file.WriteString(strings.TrimPrefix(line, "    ") + "\n")
		}
		if _, err := Load("a.toml", []byte(file.String())); err != nil {
			t.Errorf("%v\n%s", err, &file)
		}
	}
}

package host

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
)

// jotAccess is a file of keys with scopes, and with what is passed on as it is.
var jotAccess = strings.NewReplacer(`secret = ["secret"] }`, `permissions = ["scopes"], copied = ["meta"], secret = ["secret"] }`,
	`name = { field = "name" }, end`, `name = { field = "name" }, scopes = { field = "permissions", as = "list" }, end`).Replace(jotFile) + `permission = [{ name = "read" }, { name = "write" }]` + "\n"

// renamed is a file with another member for a field of the row.
func renamed(file, field, to string) string {
	return regexp.MustCompile(` `+field+` = \["[a-z]+"\]`).ReplaceAllString(file, " "+field+` = ["`+to+`"]`)
}

// TestAMisspeltMemberIsTold: each field of the row under a name that the wire does not have. What every new key has fails a trial that makes one,
// what keys may lack is said not to be seen, and a trial that reads alone says so of all.
func TestAMisspeltMemberIsTold(t *testing.T) {
	masked := strings.Replace(jotFile, ` secret = [`, ` masked = ["mask"], secret = [`, 1)
	for field, c := range map[string]struct {
		file  string
		fails string // of a trial that makes keys; empty where it holds
		write string
	}{
		"id":           {file: jotFile, fails: `list         failed: GET /v1/{team}/keys`},
		"name":         {file: jotFile, fails: `name         failed: the new key's row has no "wrong": is it called otherwise? (row.name)`},
		"created_at":   {file: jotFile, fails: `created_at   failed: the new key's row has no "wrong": is it called otherwise? (row.created_at)`},
		"masked":       {file: masked, fails: `masked       failed: the new key's row has no "wrong"`},
		"expires_at":   {file: jotFile, fails: `expires_at   failed: a key was asked for that ends in 2 days, and the list shows no end: row.expires_at`},
		"last_used_at": {file: jotFile, write: `last_used_at not tried: no key has shown "wrong"`},
		"enabled":      {file: jotFile, write: `enabled      not tried: no key has shown "wrong"`},
		"permissions":  {file: jotAccess, fails: `permissions  failed: the new key was asked for with it, and its row shows none: row.permissions, create.send`},
	} {
		file := renamed(c.file, field, "wrong")
		if file == c.file {
			t.Fatalf("%s is nowhere in the file", field)
		}
		said, recorded, err := (&jot{}).tried(t, file, true)
		if c.fails != "" && !errors.Is(err, ErrNo) && field != "id" || c.fails == "" && err != nil || !strings.Contains(said, c.fails+c.write) {
			t.Errorf("%s: %v\n%s", field, err, said)
		}
		if strings.Contains(recorded, `"made"`) || !json.Valid([]byte(recorded)) {
			t.Errorf("%s: %s", field, recorded)
		}
		said, _, err = (&jot{}).tried(t, file, false)
		switch unseen := strings.Contains(said, "field        "+field+`: not seen yet: no row has "wrong"`); {
		case field == "id":
			if err == nil || !strings.Contains(err.Error(), `row.id = ["wrong"] in `) {
				t.Errorf("id: %v\n%s", err, said)
			}
		case err != nil || !unseen || !strings.Contains(said, "a member that no row has may be called otherwise. The rows have these, too: "):
			t.Errorf("%s, read alone: %v\n%s", field, err, said)
		}
	}
}

// TestAFieldIsCalledAsTheFileCallsIt: a beginning and an end of secrets are no mask, and a limit is nothing that is copied unread.
func TestAFieldIsCalledAsTheFileCallsIt(t *testing.T) {
	file := strings.Replace(jotAccess, ` secret = [`, ` prefix = ["shelf"], suffix = ["wrong"], secret = [`, 1) + `number = [{ name = "budget", title = "dollars" }]` + "\n" +
		`property = [{ name = "zones", kind = "list", title = "zones" }]` + "\n"
	said, _, err := (&jot{}).tried(t, file, false)
	for _, want := range []string{"prefix: of 1 of 1\n", `suffix: not seen yet: no row has "wrong"` + "\n", `number budget: not seen yet: no row has "budget"`, `list zones: not seen yet: no row has "zones"`, "copied meta: of 1 of 1\n"} {
		if !strings.Contains(said, "field        "+want) || err != nil || strings.Contains(said, "masked") {
			t.Errorf("%q is not said: %v\n%s", want, err, said)
		}
	}
	if said, _, err = (&jot{}).tried(t, file, true); !errors.Is(err, ErrNo) || !strings.Contains(said, `suffix       failed: the new key's row has no "wrong": is it called otherwise? (row.suffix)`) || strings.Contains(said, "prefix       failed") {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestAMemberThatIsThereAndEmptyIsNoMisspeltOne: keys that were never used have it, as null.
func TestAMemberThatIsThereAndEmptyIsNoMisspeltOne(t *testing.T) {
	said, _, err := (&jot{}).tried(t, strings.Replace(jotFile, `last_used_at = ["used"]`, `last_used_at = ["used"], updated_at = ["used2"]`, 1), true)
	if err != nil || strings.Contains(said, `no key has shown "used"`) || strings.Contains(said, "otherwise?") || !strings.Contains(said, `updated_at   not tried: no key has shown "used2"`) {
		t.Errorf("%v\n%s", err, said)
	}
	for field, want := range map[string]string{"last_used_at": `last_used_at: of 1 of 1`, "updated_at": `updated_at: "used" is there, and says nothing in 1 of 1`} {
		j := &jot{neverUsed: true}
		if said, _, err := j.tried(t, strings.Replace(jotFile, "last_used_at", field, 1), false); err != nil || !strings.Contains(said, want) {
			t.Errorf("%v\n%s", err, said)
		}
	}
}

// TestAFieldOfAccessThatARowLacksIsSaidWithWhatItDoes: a rotation stops at such a key, unless the file says what it means.
func TestAFieldOfAccessThatARowLacksIsSaidWithWhatItDoes(t *testing.T) {
	const stops = "a key without it is rotated only with --accept-unknown: in "
	for _, field := range []string{"permissions", "role", "type", "restrictions"} {
		file := strings.Replace(jotFile, `secret = ["secret"] }`, field+` = ["may"], secret = ["secret"] }`, 1)
		said, _, err := (&jot{}).tried(t, file, false)
		if err != nil || !strings.Contains(said, field+`: not seen yet: no row has "may"; `+stops) || !strings.Contains(said, `row.absent_is_none = ["`+field+`"]`) {
			t.Errorf("%s: %v\n%s", field, err, said)
		}
		said, _, err = (&jot{}).tried(t, strings.Replace(file, `id = ["id"]`, `id = ["id"], absent_is_none = ["`+field+`"]`, 1), false)
		if err != nil || strings.Contains(said, stops) || !strings.Contains(said, field+`: not seen yet: no row has "may"`+"\n") {
			t.Errorf("%s, declared: %v\n%s", field, err, said)
		}
	}
}

// TestATrialThatReadsSaysWhatOfTheFileItDidNotTry, and nothing that the file does not have.
func TestATrialThatReadsSaysWhatOfTheFileItDidNotTry(t *testing.T) {
	for without, want := range map[string]string{
		"":          "(create, expiry, update, enable and disable, further pages, delete, refusals)",
		"update = ": "(create, expiry, further pages, delete, refusals)",
		"create = ": "(update, enable and disable, further pages, delete, refusals)",
		"delete = ": "(create, expiry, update, enable and disable, further pages, refusals)",
	} {
		file := jotFile
		if without != "" {
			file = strings.Replace(file, without, "# ", 1)
		}
		if said, _, err := (&jot{}).tried(t, file, false); err != nil || !strings.Contains(said, "not tried    what needs a key of its own "+want+": --write") {
			t.Errorf("without %s: %v\n%s", without, err, said)
		}
	}
}

// TestATrialMakesASecondKey: of the same name, and one like another, and says what came of it; and what a new key was asked to have.
func TestATrialMakesASecondKey(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(j *jot)
		file func(string) string
		want string
		fail bool
	}{
		"a name may be taken":  {want: "taken name   a second key of the same name is made"},
		"a taken name is told": {bend: func(j *jot) { j.taken = 409 }, want: "taken name   a second key of the same name is refused as one whose name is taken (409)"},
		"a taken name is 400":  {bend: func(j *jot) { j.taken = 400 }, want: `taken name   not tried: whether that is told: a second key of the same name is refused with 400, and people read "invalid"; where it is the name, refusals.means = [{ status = 400, words = "…", is = 409 }]`},
		"a taken name by means": {bend: func(j *jot) { j.taken = 400 }, file: func(s string) string {
			return s + `refusals.means = [{ status = 400, words = "of that name", is = 409 }]` + "\n"
		}, want: "refused as one whose name is taken (409)"},
		"an end is needed, too":    {bend: func(j *jot) { j.needsEnd = true }, want: "taken name   a second key of the same name is made"},
		"what another key has":     {want: "copied       the new key has the meta of the other one"},
		"what another key has not": {bend: func(j *jot) { j.bare = true }, want: "copied       not tried: no key of the trial's own has meta, and what others have is not copied"},
		"what is not taken over":   {bend: func(j *jot) { j.forgetsMeta = true }, fail: true, want: "copied       failed: meta: was sent as the other key has it, and the list shows another value"},
		"scopes are shown":         {want: "list         has the new key, as it was asked for"},
		"scopes are not shown":     {bend: func(j *jot) { j.drops = "scopes" }, fail: true, want: "permissions  failed: the new key was asked for with it, and its row shows none"},
		"scopes have no member":    {file: func(s string) string { return strings.Replace(s, `permissions = ["scopes"], `, "", 1) }, want: "permissions  not tried: whether the new key has what it was asked for: no member of the row is named for it"},
		"an answer without an id":  {bend: func(j *jot) { j.short = true }, fail: true, want: "create       failed: POST /v1/{team}/keys: answered with a secret, and without an id: create.key, create.id, or create.read_back = true"},
	} {
		t.Run(name, func(t *testing.T) {
			j, file := &jot{}, jotAccess
			if c.bend != nil {
				c.bend(j)
			}
			if c.file != nil {
				file = c.file(strings.Replace(file, `refusals = { own = ["text"] }`, `refusals.own = ["text"]`, 1))
			}
			said, recorded, err := j.tried(t, file, true)
			if !strings.Contains(said, c.want) || c.fail == (err == nil) {
				t.Errorf("%v, want %q\n%s", err, c.want, said)
			}
			for _, secret := range []string{canary, "detent-try-", "of that name", "0123456789abcdef"} {
				if strings.Contains(recorded, secret) {
					t.Errorf("%q is recorded: %s", secret, recorded)
				}
			}
		})
	}
}

package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
)

// jot is a service that keeps its keys as its file says, unless a test bends it.
type jot struct {
	mu   sync.Mutex
	now  func() time.Time
	keys []*jotKey
	dead map[string]time.Time // secrets of deleted keys, with when they were
	next int

	leaves                                                 int // keys that a trial may leave behind, since nothing tells that they are its own
	scopes                                                 int // the status of the answer to what a key can be given
	lag                                                    time.Duration
	ignoreSize, ignorePage, keepsName, milli, noEnd, proxy bool
	stillOn, neverDead, needsEnd, hides, againBad, zone    bool
	endStays, endOff, budgetStays, noBudget, strange       bool   // of changes: an end does not move, or to another time, a limit does not, or is not there; another id is named
	overStays                                              bool   // a key that was deleted stays in the list, as one that is off
	taken                                                  int    // the status of a create with a name that is taken; 0 for none
	drops                                                  string // the member of a create that no row has
	neverUsed, bare, forgetsMeta                           bool   // the first key's use is not written, a new key has no meta, a create with meta makes a key without
	leaked                                                 bool   // a key was asked for with the meta of the first one, which may everything
	noMarks                                                bool   // a name is of letters, digits, hyphens and blanks
	short                                                  bool   // a create is answered with a secret alone
	twice                                                  bool   // a create makes two keys of the name, and answers with one
	coded                                                  bool   // a key without the scope read is told so, by a code with more in it
	prefix                                                 string // how secrets begin, as the profile says
	needs                                                  string // the scope without which a key is answered as a dead one is
	alike                                                  int    // with this status
	deletes                                                string // a delete fails: the key "stays", it "goes", or the list "fails" from then on, too
	mute, muted, blind                                     bool   // after a change, whether a secret works is not answered
	left, oneLeft                                          bool   // the end of each key, or of the first, is written as the seconds that are left
	anew, forgets, keepsOld, hours                         bool   // of rolls: they make a key, an end is not given back, the former secret lives on, an overlap is of hours
}

type jotKey struct {
	id, name, secret string
	on               bool
	made, end, used  time.Time
	budget           json.RawMessage
	more             map[string]json.RawMessage // what else a create sent: scopes, meta
}

const canary = "c4n4ry"

const jotFile = `name = "jot"
title = "Jot"
proven = "documents 2026-11-29"
row = { id = ["id"], name = ["name"], enabled = ["on"], created_at = ["made"], expires_at = ["end"], no_expiry_is_never = true, last_used_at = ["used"], secret = ["secret"] }
list = { call = "GET /v1/{team}/keys", rows = ["data"], pages = { kind = "page", by = "page", size = "size", most = 100 } }
create = { call = "POST /v1/{team}/keys", send = { name = { field = "name" }, end = { field = "expires_at", as = "unix" } } }
update = { call = "PATCH /v1/{team}/keys/{id}", send = { name = { field = "name" }, on = { field = "enabled" } } }
delete = { call = "DELETE /v1/{team}/keys/{id}" }
probe = [{ call = "GET /v1/me", answers = "object" }]
refusals = { own = ["text"] }
parent = [{ name = "team", title = "Team" }]
`

func (j *jot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	w.Header().Set("Date", j.now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	say := func(status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	no := func(status int, words string) {
		if j.proxy {
			say(status, map[string]any{"errors": words})
			return
		}
		say(status, map[string]any{"error": words + " " + canary})
	}
	sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	at := slices.IndexFunc(j.keys, func(k *jotKey) bool {
		return k.secret == sent && (k.on || j.stillOn) && (k.end.IsZero() || k.end.After(j.now()))
	})
	died, was := j.dead[sent]
	if j.needs != "" && (at < 0 || at > 0 && r.URL.Path == "/v1/me" && !strings.Contains(string(j.keys[at].more["scopes"]), j.needs)) {
		no(j.alike, "the api key is invalid")
		return
	}
	if j.coded && at > 0 && r.URL.Path == "/v1/me" && !strings.Contains(string(j.keys[at].more["scopes"]), "read") {
		say(403, map[string]any{"error": "no", "code": "missing_scope:" + canary})
		return
	}
	if at < 0 && (!was || j.now().Sub(died) >= j.lag && !j.neverDead && !j.keepsOld) {
		no(401, "unknown key "+sent)
		return
	}
	if at >= 0 && !j.neverUsed {
		j.keys[at].used = j.now()
	}
	var body struct {
		Name   *string
		On     *bool
		End    *int64
		Scopes json.RawMessage
		Meta   json.RawMessage
		Budget json.RawMessage
	}
	raw, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(raw, &body)
	id, about := strings.CutPrefix(r.URL.Path, "/v1/team-"+canary+"/keys/")
	id, roll := strings.CutSuffix(id, "/roll")
	at = slices.IndexFunc(j.keys, func(k *jotKey) bool { return k.id == id })
	switch {
	case roll && at >= 0:
		row := j.roll(j.keys[at], raw)
		say(200, row)
	case r.URL.Path == "/v1/scopes" && j.scopes != 200:
		no(j.scopes, "no scopes")
	case r.URL.Path == "/v1/scopes":
		say(200, map[string]any{"scopes": []string{"read", "write"}})
	case r.URL.Path == "/v1/me" && j.muted:
		no(503, "not now")
	case r.URL.Path == "/v1/me":
		me := map[string]any{"id": "u1"}
		if at := slices.IndexFunc(j.keys, func(k *jotKey) bool { return k.secret == sent }); at >= 0 && !j.strange {
			me["key"] = j.keys[at].id
		}
		say(200, me)
	case about && r.Method == "DELETE" && j.deletes != "":
		if j.deletes == "goes" && at >= 0 {
			j.keys = slices.Delete(j.keys, at, at+1)
		}
		j.blind = j.deletes == "fails"
		no(500, "something went wrong")
	case about && at < 0 && j.againBad:
		no(400, "bad request")
	case about && at < 0:
		no(404, "no such key")
	case about && r.Method == "PATCH":
		j.muted = j.mute
		if k := j.keys[at]; body.Name != nil && !j.keepsName {
			k.name = *body.Name
		} else if body.On != nil {
			k.on = *body.On
		} else if strings.Contains(string(raw), `"end":null`) && !j.forgets {
			k.end = time.Time{}
		} else if body.End != nil && !j.endStays {
			k.end = time.Unix(*body.End, 0)
			if j.endOff {
				k.end = k.end.Add(5 * time.Hour)
			}
		} else if body.Budget != nil && !j.budgetStays {
			k.budget = body.Budget
		}
		say(200, j.row(j.keys[at]))
	case r.Method == "GET" && j.blind:
		no(500, "something went wrong")
	case about && r.Method == "DELETE" && j.overStays:
		j.dead[j.keys[at].secret], j.keys[at].on = j.now(), false
		say(200, map[string]any{"revoked": []string{id}})
	case about && r.Method == "DELETE":
		j.dead[j.keys[at].secret] = j.now()
		j.keys = slices.Delete(j.keys, at, at+1)
		w.WriteHeader(204)
	case r.Method == "GET":
		list := j.keys
		if j.hides {
			list = list[:1]
		}
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		if j.ignoreSize {
			size = 100
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if j.ignorePage {
			page = 1
		}
		rows := []any{}
		for i := (page - 1) * size; i < min(page*size, len(list)); i++ {
			rows = append(rows, j.row(list[i]))
		}
		say(200, map[string]any{"data": rows})
	case j.noMarks && strings.ContainsFunc(*body.Name, func(r rune) bool { return r == '~' }):
		no(400, "alphanumeric characters, hyphens or spaces")
	case body.End == nil && j.needsEnd:
		no(400, "an end is needed")
	case j.taken != 0 && slices.ContainsFunc(j.keys, func(k *jotKey) bool { return k.name == *body.Name }):
		no(j.taken, "there is one of that name")
	default:
		if j.twice {
			j.add(*body.Name)
		}
		k := j.add(*body.Name)
		k.more = map[string]json.RawMessage{"scopes": body.Scopes, "meta": body.Meta}
		if body.Meta != nil && strings.Contains(string(body.Meta), "everything") {
			j.leaked = true
		}
		switch {
		case body.Meta == nil && !j.bare:
			k.more["meta"] = json.RawMessage(`{"plan":"` + canary + `"}`)
		case j.forgetsMeta:
			delete(k.more, "meta")
		}
		if body.End != nil && !j.noEnd {
			k.end = time.Unix(*body.End, 0)
		}
		if !j.noBudget {
			k.budget = body.Budget
		}
		row := j.row(k)
		row["secret"] = k.secret
		if j.short {
			row = map[string]any{"secret": k.secret}
		}
		say(201, row)
	}
}

// roll gives a key a new secret, or makes one like it.
func (j *jot) roll(k *jotKey, sent []byte) map[string]any {
	var body struct{ Ms int64 }
	_ = json.Unmarshal(sent, &body)
	overlap := time.Duration(body.Ms) * time.Millisecond
	if j.hours {
		overlap *= 3600
	}
	fresh := j.add(k.name)
	if j.anew {
		k.end = j.now().Add(overlap)
	} else {
		j.keys = j.keys[:len(j.keys)-1]
		j.dead[k.secret] = j.now()
		k.secret, fresh.id = fresh.secret, k.id
	}
	row := j.row(fresh)
	row["secret"] = fresh.secret
	return row
}

func (j *jot) add(name string) *jotKey {
	j.next++
	k := &jotKey{id: fmt.Sprint(canary, "-id-", j.next), name: name, secret: fmt.Sprint("jot_", canary, "_0123456789abcdef_", j.next), on: true, made: j.now()}
	j.keys = append(j.keys, k)
	return k
}

func (j *jot) row(k *jotKey) map[string]any {
	row := map[string]any{"id": k.id, "name": k.name, "on": k.on, "made": k.made.UTC().Format(time.RFC3339), "used": nil, "shelf": 7}
	if j.milli {
		row["made"] = k.made.Unix() / 1000
	}
	if !k.used.IsZero() {
		row["used"] = k.used.UTC().Format(time.RFC3339)
	}
	for name, raw := range k.more {
		if len(raw) > 0 && name != j.drops {
			row[name] = raw
		}
	}
	if len(k.budget) > 0 {
		row["budget"] = k.budget
	}
	if !k.end.IsZero() {
		row["end"] = k.end.UTC().Format(time.RFC3339)
		if j.zone {
			row["end"] = k.end.Add(5 * time.Hour).UTC().Format(time.RFC3339)
		}
	}
	if j.left || j.oneLeft && k == j.keys[0] {
		row["end"] = 7_776_000
	}
	return row
}

// tried runs a trial of a file on the service, and gives what it said, its record, and how it ended.
func (j *jot) tried(t *testing.T, file string, write bool) (said, recorded string, err error) {
	t.Helper()
	var clock sync.Mutex
	now := time.Now()
	j.now = func() time.Time { clock.Lock(); defer clock.Unlock(); return now }
	j.dead = map[string]time.Time{}
	root := j.add("root " + canary)
	root.more = map[string]json.RawMessage{"meta": json.RawMessage(`{"plan":"` + canary + `, everything"}`)}
	server := httptest.NewServer(j)
	defer server.Close()
	h := hostWith(t, "[profiles.p]\nservice = \"generic\"\nurl = \""+server.URL+"\"\ntoken = { env = \"T\" }\n", "T="+root.secret)
	cfg, err := h.Config()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Profiles[0].Parents, cfg.Profiles[0].SecretPrefix = map[string]string{"team": "team-" + canary}, j.prefix
	h.o.Profile, h.o.Now, h.o.Timeout = "p", j.now, 10*time.Second
	h.o.Sleep = func(ctx context.Context, d time.Duration) error {
		clock.Lock()
		defer clock.Unlock()
		now = now.Add(d)
		return ctx.Err()
	}
	path := filepath.Join(t.TempDir(), "jot.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	record := filepath.Join(t.TempDir(), "record.json")
	err = h.TryIssuer(t.Context(), path, TryOptions{Write: write, Record: record}, &out)
	raw, readErr := os.ReadFile(record)
	if readErr != nil {
		t.Fatalf("%v\n%s", readErr, out.String())
	}
	if j.leaked {
		t.Errorf("a key was asked for with the access of another's\n%s", out.String())
	}
	if len(j.keys) != 1+j.leaves {
		t.Errorf("%d keys are left\n%s", len(j.keys), out.String())
	}
	return out.String(), string(raw), err
}

// TestATrialProvesWhatTheFileSays, each thing that it has, and says what was not tried.
func TestATrialProvesWhatTheFileSays(t *testing.T) {
	said, recorded, err := (&jot{}).tried(t, jotFile, true)
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	for _, want := range []string{"list         GET /v1/{team}/keys: 1 key", "a made-up secret: refused", "create       POST /v1/{team}/keys: answered", "has the new key, as it was asked for",
		"last_used_at shows that the new key was used", "the new secret: accepted", "a key that was to end in 2 days does", "a name: the list shows it, and the secret is accepted", "disable      the list shows it, and the secret is refused at once",
		"enable       the list shows it, and the secret is accepted at once", "pages        of 1: the same 3 keys, in 4 requests", "revoke_lag   the deleted secret: refused at once", "a second time: gone already", "refusals.own 4 refusals, each in the shape that is declared"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said", want)
		}
	}
	var record struct {
		Issuer string
		Calls  []struct {
			Call, For string
			Status    int
			Own       bool
			Times     int
		}
		Fields []struct {
			Field   string
			Has, Of int
		}
		Steps []struct{ Step, Outcome, Says string }
	}
	if err := json.Unmarshal([]byte(recorded), &record); err != nil || record.Issuer != "jot" || len(record.Calls) < 7 || len(record.Fields) < 10 || len(record.Steps) < 14 {
		t.Errorf("%v: %+v", err, record)
	}
	if t.Failed() {
		t.Log(said, recorded)
	}
}

// TestATrialNamesItsKeysAsARotationDoes, so that a service that refuses such a name is found before the first rotation. The mark is no rotation's.
func TestATrialNamesItsKeysAsARotationDoes(t *testing.T) {
	for name, j := range map[string]*jot{"taken": {}, "refused": {noMarks: true}, "refused, where an end is needed": {noMarks: true, needsEnd: true}} {
		said, recorded, err := j.tried(t, jotFile, true)
		marked := regexp.MustCompile(`a key named (detent-try-[0-9a-f]+ ~r[0-9a-z]{10}) is asked for`).FindStringSubmatch(said)
		if marked == nil {
			t.Fatalf("%s: no such name is tried\n%s", name, said)
		}
		if base, nonce := apikey.SplitName(marked[1]); nonce != "" {
			t.Errorf("%s: %q has the mark of a rotation: %q, %q", name, marked[1], base, nonce)
		}
		failed := strings.Contains(said, "name         failed: POST /v1/{team}/keys: refuses a key that is called as a rotation calls its own") && regexp.MustCompile(`~r[0-9a-z]{10}: create the key: invalid \(400\): alphanumeric`).MatchString(said)
		if failed != j.noMarks || (err != nil) != j.noMarks || strings.Contains(said, "failed: ") != j.noMarks || strings.Contains(recorded, "detent-try") || !strings.Contains(said, "a second time: gone already") {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}

// TestNothingOfTheAccountIsInARecord: no secret, name, id or parent, nor the service's words or its host, whatever fails.
func TestNothingOfTheAccountIsInARecord(t *testing.T) {
	for name, bend := range map[string]func(j *jot){"nothing": func(*jot) {}, "refusals": func(j *jot) { j.needsEnd, j.againBad = true, true }, "a lag": func(j *jot) { j.neverDead = true }, "pages": func(j *jot) { j.ignorePage = true }} {
		for _, write := range []bool{false, true} {
			j := &jot{}
			bend(j)
			said, recorded, _ := j.tried(t, jotFile, write)
			for _, secret := range []string{canary, "detent-try-", "127.0.0.1", "0123456789abcdef", "unknown key", "end is needed"} {
				if strings.Contains(recorded, secret) {
					t.Errorf("%s: %q is recorded: %s", name, secret, recorded)
				}
			}
			if strings.Contains(said, "0123456789abcdef") {
				t.Errorf("%s: a secret is said: %s", name, said)
			}
		}
	}
}

// TestATrialSaysWhatDoesNotHold: of a service that does otherwise than its file says, and of a file that says too little.
func TestATrialSaysWhatDoesNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(j *jot)
		file func(string) string
		want string
		ends bool // with exit 0
	}{
		"another page":         {bend: func(j *jot) { j.ignorePage = true }, want: "pages        failed: of 1 key: 1 key came in"},
		"pages of one size":    {bend: func(j *jot) { j.ignoreSize = true }, want: "pages        not tried: 3 keys came at once where 1 were asked for", ends: true},
		"a rename that is not": {bend: func(j *jot) { j.keepsName = true }, want: "update       failed: "},
		"another unit":         {bend: func(j *jot) { j.milli = true }, want: "created_at   failed: is "},
		"no end":               {bend: func(j *jot) { j.noEnd = true }, want: "expires_at   failed: a key was asked for that ends in 2 days, and the list shows no end"},
		"what is left":         {bend: func(j *jot) { j.left = true }, want: "expires_at   failed: 1 key of 1: the end lies before the key was made"},
		"left, of no age":      {bend: func(j *jot) { j.oneLeft = true }, file: func(s string) string { return strings.Replace(s, `created_at = ["made"], `, "", 1) }, want: "expires_at   failed: 1 key of 1: the end lies before"},
		"another beginning":    {file: func(s string) string { return s + "secret = { prefix = [{ text = \"K00\" }] }\n" }, want: "secret.prefix failed: the new secret does not begin with K00"},
		"another zone":         {bend: func(j *jot) { j.zone = true }, want: "expires_at   failed: a key was asked for that ends in 2 days, and the list has an end that is 5h away"},
		"refusals of another":  {bend: func(j *jot) { j.proxy = true }, want: "refusals.own failed: no refusal was in the shape that is declared (401, 404)"},
		"a switch without use": {bend: func(j *jot) { j.stillOn = true }, want: "disable      failed: answered, and the secret is not refused, 1m"},
		"a lag unsaid":         {bend: func(j *jot) { j.lag = 40 * time.Second }, want: "truth.revoke_lag is to say so"},
		"a lag said":           {bend: func(j *jot) { j.lag = 40 * time.Second }, file: func(s string) string { return s + "truth = { revoke_lag = \"60s\" }\n" }, want: "(truth.revoke_lag = 1m0s)", ends: true},
		"never dead":           {bend: func(j *jot) { j.neverDead = true }, want: "revoke_lag   failed: the deleted secret: not refused, 1m"},
		"an end is needed":     {bend: func(j *jot) { j.needsEnd = true }, want: "create       not tried: a key without an end: the service refuses it", ends: true},
		"and then no answer":   {bend: func(j *jot) { j.mute = true }, want: "update       failed: a name: the list shows it, and the secret is not accepted, 1m8s later: no answer"},
		"a key that is hidden": {bend: func(j *jot) { j.hides = true }, want: "list         failed: the new key is not in it"},
		"a second time":        {bend: func(j *jot) { j.againBad = true }, want: "delete       failed: a second time: "},
		"one that is off is over": {bend: func(j *jot) { j.overStays, j.leaves = true, 3 }, file: func(s string) string { return strings.Replace(s, `, on = { field = "enabled" }`, ``, 1) },
			want: "delete       the list has the key as one that is off; list.only passes", ends: true},
		"one that is off may be on again": {bend: func(j *jot) { j.overStays, j.leaves = true, 3 }, want: "delete       failed: the list still has the key"},
		"no pages": {file: func(s string) string {
			return strings.Replace(s, `, pages = { kind = "page", by = "page", size = "size", most = 100 }`, `, query = "page=1&size=100"`, 1)
		}, want: "pages        not tried: the file says nothing of pages", ends: true},
		"dead is not tried": {file: func(s string) string { return s + "truth = { never_try_dead = true }\n" }, want: "revoke_lag   not tried: whether the deleted secret is refused: truth.never_try_dead", ends: true},
		"no create":         {file: func(s string) string { return strings.Replace(s, "create = ", "# ", 1) }, want: "create       not tried: the service has no call for it", ends: true},
		"no update":         {file: func(s string) string { return strings.Replace(s, "update = ", "# ", 1) }, want: "update       not tried: a name: ", ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			j, file := &jot{}, jotFile
			if c.bend != nil {
				c.bend(j)
			}
			if c.file != nil {
				file = c.file(file)
			}
			said, recorded, err := j.tried(t, file, true)
			if !strings.Contains(said, c.want) || c.ends != (err == nil) || !c.ends && !errors.Is(err, ErrNo) {
				t.Errorf("%v, want %q\n%s", err, c.want, said)
			}
			if !json.Valid([]byte(recorded)) {
				t.Error(recorded)
			}
		})
	}
}

// TestATrialSaysWhatItLeavesBehind, by what the list shows of a key whose deletion is not known to have happened, and where it has no call for it.
func TestATrialSaysWhatItLeavesBehind(t *testing.T) {
	for deletes, c := range map[string]struct {
		want, not string
		leaves    int
		fails     bool
	}{
		"stays": {want: "delete       failed: a key of the trial's own is still there\nleft         the key named detent-try-", not: "does not have", leaves: 3, fails: true},
		"goes":  {want: "delete       not tried: an answer to it that is understood: the list does not have the key any more\n             the key named detent-try-", not: "left  ", fails: true},
		"fails": {want: "delete       failed: whether a key of the trial's own is still there is not known: the list could not be read\nleft         the key named detent-try-", not: "is still there\n", leaves: 3, fails: true},
		"":      {want: "delete it where keys are deleted\n", not: "failed", leaves: 2},
	} {
		file := jotFile
		if deletes == "" {
			file = strings.Replace(file, "delete = ", "# ", 1)
		}
		said, recorded, err := (&jot{deletes: deletes, leaves: c.leaves}).tried(t, file, true)
		if !strings.Contains(said, c.want) || strings.Contains(said, c.not) || c.fails != errors.Is(err, ErrNo) || strings.Contains(recorded, canary) || strings.Contains(recorded, "detent-try-") {
			t.Errorf("%s: %v\n%s\n%s", deletes, err, said, recorded)
		}
	}
}

// TestATrialSaysThatACreateMadeMoreThanItsAnswerShows: nobody has the secret of what is left, and by a name that nobody else has it is told.
func TestATrialSaysThatACreateMadeMoreThanItsAnswerShows(t *testing.T) {
	said, _, err := (&jot{twice: true, leaves: 3}).tried(t, jotFile, true)
	if !errors.Is(err, ErrNo) || strings.Count(said, "create       failed: made another key beside the one that it answered") != 3 || strings.Count(said, "left         the key named detent-try-") != 3 {
		t.Errorf("%v\n%s", err, said)
	}
}

// jotLimits is a file with an end that can be moved and taken away, and with a limit.
var jotLimits = strings.NewReplacer(`on = { field = "enabled" } }`, `on = { field = "enabled" }, end = { field = "expires_at", as = "unix", null = true }, budget = { field = "budget" } }`,
	`answers = "object" }]`, `answers = "object", key_id = "key" }]`).Replace(jotFile) + `number = [{ name = "budget", title = "budget of a month", most = 500 }]` + "\n"

// TestATrialMovesTheEndAndTheLimitsOfItsOwnKey, as far as the file says that they can be changed, and says what held.
func TestATrialMovesTheEndAndTheLimitsOfItsOwnKey(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(j *jot)
		file func(string) string
		want []string
		fail bool
	}{
		"all hold": {want: []string{"update       the end: the list shows it, and the secret is accepted", "update       taking the end away: the list shows it", "number       budget: a new key has it as it was asked for",
			"update       budget: the list shows it, and the secret is accepted", "update       taking budget away: the list shows it", "probe.key_id names the new key"}},
		"an end that stays":           {bend: func(j *jot) { j.endStays = true }, fail: true, want: []string{"update       failed: the end: PATCH /v1/{team}/keys/{id}, answered 200", "the answer shows the key without the change"}},
		"an end that moves elsewhere": {bend: func(j *jot) { j.endOff = true }, fail: true, want: []string{"update       failed: the end: PATCH"}},
		"an end that is not taken":    {bend: func(j *jot) { j.forgets = true }, fail: true, want: []string{"update       the end: the list shows it", "update       failed: taking the end away: PATCH"}},
		"a limit that stays":          {bend: func(j *jot) { j.budgetStays = true }, fail: true, want: []string{"number       budget: a new key has it", "update       failed: budget: PATCH"}},
		"a limit that is lost":        {bend: func(j *jot) { j.noBudget = true }, fail: true, want: []string{"number       failed: budget: a new key was asked for with it"}},
		"a probe that names another":  {bend: func(j *jot) { j.strange = true }, fail: true, want: []string{"probe.key_id failed: the answer has nothing there"}},
		"a probe that names a user": {file: func(s string) string { return strings.Replace(s, `key_id = "key"`, `key_id = "id"`, 1) }, fail: true,
			want: []string{"probe.key_id failed: the answer has another id there"}},
		"an end that can only be moved": {file: func(s string) string { return strings.Replace(s, `as = "unix", null = true`, `as = "unix"`, 1) }, want: []string{"update       the end: the list shows it", "update       not tried: taking the end away"}},
		"an end that cannot be moved": {file: func(s string) string {
			return strings.Replace(s, `, end = { field = "expires_at", as = "unix", null = true }`, "", 1)
		}, want: []string{"update       not tried: the end: the service has no call"}},
		"a limit that cannot be changed": {file: func(s string) string { return strings.Replace(s, `, budget = { field = "budget" } }`, " }", 1) },
			want: []string{"number       budget: a new key has it", "update       not tried: budget: the service has no call that changes it"}},
		"a limit that each key has": {file: func(s string) string { return strings.Replace(s, `most = 500`, `most = 500, always = true`, 1) }, want: []string{"update       budget: the list shows it"}},
	} {
		t.Run(name, func(t *testing.T) {
			j, file := &jot{}, jotLimits
			if c.bend != nil {
				c.bend(j)
			}
			if c.file != nil {
				file = c.file(file)
			}
			said, recorded, err := j.tried(t, file, true)
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said\n%s", want, said)
				}
			}
			if c.fail == (err == nil) || strings.Contains(recorded, canary) || strings.Contains(said, "failed") != c.fail {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

// TestATrialSetsAndChangesEachKindOfProperty, and says what no word is known of.
func TestATrialSetsAndChangesEachKindOfProperty(t *testing.T) {
	for kind, want := range map[string]string{
		`kind = "choice", choices = ["a", "b"]`: "choice", `kind = "text"`: "text", `kind = "instant"`: "instant", `kind = "list"`: "list", `kind = "addresses"`: "addresses", `kind = "boolean"`: "boolean",
	} {
		file := strings.Replace(jotLimits, `number = [{ name = "budget", title = "budget of a month", most = 500 }]`, `property = [{ name = "budget", title = "budget of a month", `+kind+` }]`, 1)
		said, recorded, err := (&jot{}).tried(t, file, true)
		for _, line := range []string{fmt.Sprintf("%-12s budget: a new key has it as it was asked for", want), "update       budget: the list shows it, and the secret is accepted"} {
			if !strings.Contains(said, line) || err != nil || strings.Contains(recorded, canary) {
				t.Errorf("%s: %v, %q is not said\n%s", kind, err, line, said)
			}
		}
		if said, _, err = (&jot{budgetStays: true}).tried(t, file, true); err == nil || !strings.Contains(said, "update       failed: budget: PATCH") {
			t.Errorf("%s: one that stays: %v\n%s", kind, err, said)
		}
	}
}

// TestATrialAsksWhatAKeyCanBeGiven, and makes its keys of that.
func TestATrialAsksWhatAKeyCanBeGiven(t *testing.T) {
	file := strings.Replace(jotFile, `name = { field = "name" }, end`, `name = { field = "name" }, scopes = { field = "permissions", as = "list" }, end`, 1) +
		`catalogue = { call = "GET /v1/scopes", rows = ["scopes"] }` + "\n"
	for status, want := range map[int]string{200: "catalogue    the service names 2 permissions", 403: "catalogue    not tried: what a new key can be given: the profile's credential may not ask", 404: "catalogue    failed: what a new key can be given, answered 404"} {
		said, recorded, err := (&jot{scopes: status}).tried(t, file, status == 200)
		if !strings.Contains(said, want) || (status == 404) != errors.Is(err, ErrNo) || strings.Contains(recorded, canary) {
			t.Errorf("%d: %v, want %q\n%s", status, err, want, said)
		}
		if status == 200 && !strings.Contains(said, "create       POST /v1/{team}/keys: answered") {
			t.Errorf("no key was made of what the service named\n%s", said)
		}
	}
}

// TestATrialHoldsThatALivingKeyIsNotTakenForADeadOne: by a key of its own that lacks what the probe needs.
func TestATrialHoldsThatALivingKeyIsNotTakenForADeadOne(t *testing.T) {
	file := strings.Replace(jotFile, `name = { field = "name" }, end`, `name = { field = "name" }, scopes = { field = "permissions", as = "list" }, end`, 1) +
		`permission = [{ name = "admin", mints = true }, { name = "write" }, { name = "read" }]` + "\n"
	file = strings.Replace(file, `answers = "object" }]`, `answers = "object", needs = "read" }]`, 1)
	file = strings.Replace(file, `own = ["text"] }`, `own = ["text"], means = [{ status = 403, words = "invalid", is = 401 }] }`, 1)
	for status, want := range map[int]string{403: "probe.needs  a living key without read: nothing is shown, and is not taken for a dead one: GET /v1/me answered 403, which is taken for 401",
		401: "probe.needs  failed: a living key without read is taken for a dead one: GET /v1/me answered 401"} {
		said, recorded, err := (&jot{needs: "read", alike: status}).tried(t, file, true)
		if !strings.Contains(said, want) || (status == 401) != errors.Is(err, ErrNo) || strings.Contains(recorded, canary) || !strings.Contains(said, "revoke_lag   the deleted secret: refused at once") {
			t.Errorf("%d: %v, want %q\n%s", status, err, want, said)
		}
	}
}

// TestACodeOfTheServicesIsInNoRecord: of one that says what a key lacks, what the file has of it is, and no more.
func TestACodeOfTheServicesIsInNoRecord(t *testing.T) {
	file := strings.Replace(jotFile, `name = { field = "name" }, end`, `name = { field = "name" }, scopes = { field = "permissions", as = "list" }, end`, 1) +
		`permission = [{ name = "read" }, { name = "write" }]` + "\n"
	file = strings.Replace(file, `answers = "object" }]`, `answers = "object", needs = "read" }]`, 1)
	file = strings.Replace(file, `own = ["text"] }`, `own = ["text"], lacking = "missing_scope" }`, 1)
	said, recorded, err := (&jot{coded: true}).tried(t, file, true)
	if want := "accepted, and is not taken for a dead one: GET /v1/me answered 403 missing_scope"; err != nil || !strings.Contains(said, want) || !strings.Contains(recorded, want) || strings.Contains(recorded, canary) {
		t.Errorf("%v\n%s%s", err, said, recorded)
	}
}

// TestATrialAsksForNoLongerLifeThanThereIs, and holds the key against what was asked.
func TestATrialAsksForNoLongerLifeThanThereIs(t *testing.T) {
	said, _, err := (&jot{}).tried(t, jotFile+"expiry.longest = \"24h\"\n", true)
	if err != nil || !strings.Contains(said, "expires_at   a key that was to end in 1d does") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestARecordTakesNoFilesPlace(t *testing.T) {
	h := hostWith(t, someProfile, "T=x")
	path, there := filepath.Join(t.TempDir(), "jot.toml"), filepath.Join(t.TempDir(), "there")
	for file, text := range map[string]string{path: jotFile, there: "mine"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.o.Profile = "prod"
	if err := h.TryIssuer(t.Context(), path, TryOptions{Record: there}, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "--record: ") {
		t.Error(err)
	}
	if raw, err := os.ReadFile(there); err != nil || string(raw) != "mine" {
		t.Errorf("%q, %v", raw, err)
	}
}

// TestTheProfilesOwnPrefixIsInNoRecord: how secrets of its service begin.
func TestTheProfilesOwnPrefixIsInNoRecord(t *testing.T) {
	said, recorded, err := (&jot{prefix: "acct-" + canary}).tried(t, strings.Replace(jotFile, "row =", "settings = [\"secret_prefix\"]\nrow =", 1), true)
	if !errors.Is(err, ErrNo) || !strings.Contains(recorded, "does not begin with the profile's secret_prefix") || strings.Contains(recorded, canary) {
		t.Errorf("%v\n%s%s", err, said, recorded)
	}
}

// TestATrialIsOfTheFileThatWasChecked: one that is another by the time its calls are made, or stands beside it, is not.
func TestATrialIsOfTheFileThatWasChecked(t *testing.T) {
	other := strings.Replace(jotFile, "GET /v1/{team}/keys", "POST /v1/{team}/keys", 1)
	for _, file := range []string{"jot.toml", "jot"} {
		folder, asked := t.TempDir(), []string{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Method)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"data":[]}`)
		}))
		path, beside, meant := filepath.Join(folder, file), filepath.Join(folder, "jot.toml"), filepath.Join(folder, "meant")
		for at, text := range map[string]string{meant: other, beside: other, path: jotFile} {
			if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		h := hostWith(t, fmt.Sprintf("[profiles.p]\nservice = \"generic\"\nurl = %q\ntoken = { command = [\"sh\", \"-c\", \"cp %s %s; echo x\"] }\n", server.URL, meant, beside))
		h.o.Profile, h.o.Timeout = "p", 5*time.Second
		cfg, err := h.Config()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Profiles[0].Parents = map[string]string{"team": "t"}
		var out strings.Builder
		if err := h.TryIssuer(t.Context(), path, TryOptions{}, &out); slices.Contains(asked, "POST") || file == "jot.toml" && len(asked) == 0 {
			t.Errorf("%s: %q were asked, %v\n%s", file, asked, err, out.String())
		}
		server.Close()
	}
}

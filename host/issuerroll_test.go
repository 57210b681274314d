package host

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver"
	"detent/keyserver/servertest"
	"detent/keyserver/wirename"
)

// The three shapes of a roll, besides that in place with an overlap.
const (
	jotInPlace = jotFile + `roll = { call = "POST /v1/{team}/keys/{id}/roll", old = "dies at once" }` + "\n"
	jotAnew    = jotFile + `roll = { call = "POST /v1/{team}/keys/{id}/roll", old = "dies at once", new_id = true, send = { ms = 0 } }` + "\n"
	jotBeside  = jotFile + `roll = { call = "POST /v1/{team}/keys/{id}/roll", old = "overlaps", new_id = true, longest = "24h", send = { ms = { field = "overlap", as = "milliseconds" } }, keep = { call = "PATCH /v1/{team}/keys/{id}", send = { end = { field = "expires_at", as = "unix", null = true } } } }` + "\n"
)

// TestATrialRollsItsOwnKey: the new secret is accepted, and what becomes of the former one is as the file says.
func TestATrialRollsItsOwnKey(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		bend func(j *jot)
		want []string
		fail bool
	}{
		"in place": {file: jotInPlace, want: []string{"roll         POST /v1/{team}/keys/{id}/roll: the new secret is accepted at once", "roll         the former secret, rolled at once: refused at once"}},
		"in place, and the former secret lives": {file: jotInPlace, bend: func(j *jot) { j.keepsOld = true }, fail: true,
			want: []string{"roll         failed: the former secret, rolled at once: not refused, 1m"}},
		"in place, with a lag unsaid": {file: jotInPlace, bend: func(j *jot) { j.lag = 40 * time.Second }, fail: true, want: []string{"truth.revoke_lag is to say so"}},
		"in place, and a dead one is not tried": {file: jotInPlace + "truth = { never_try_dead = true }\n",
			want: []string{"roll         not tried: whether the former secret, rolled at once, is refused: truth.never_try_dead"}},
		"a key anew":                        {file: jotAnew, bend: func(j *jot) { j.anew = true }, want: []string{"the new secret is accepted at once", "roll         the former secret, rolled at once: refused at once"}},
		"a file that is wrong about the id": {file: jotInPlace, bend: func(j *jot) { j.anew, j.leaves = true, 1 }, fail: true, want: []string{"roll         failed: POST /v1/{team}/keys/{id}/roll", "it may have been done: look for a second key named detent-try-"}},
		"beside": {file: jotBeside, bend: func(j *jot) { j.anew = true }, want: []string{"with an overlap of 1h: the former secret is accepted, and the list shows when it dies",
			"roll.keep    PATCH /v1/{team}/keys/{id}: the former key has the end that it had, and is accepted", "the former secret, whose overlap was ended: refused at once",
			"the former secret, whose overlap is over: refused at once", "the former secret, rolled at once: refused at once"}},
		"beside, and the end is not given back": {file: jotBeside, bend: func(j *jot) { j.anew, j.forgets = true, true }, fail: true, want: []string{"roll.keep    failed: "}},
		"beside, in another unit":               {file: jotBeside, bend: func(j *jot) { j.anew, j.hours = true, true }, fail: true, want: []string{"is overlap sent in another unit (as)?"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := &jot{}
			if c.bend != nil {
				c.bend(j)
			}
			said, recorded, err := j.tried(t, c.file, true)
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said\n%s", want, said)
				}
			}
			if c.fail == (err == nil) || strings.Contains(recorded, canary) || strings.Contains(said, "0123456789abcdef") {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

// TestATrialRollsAKeyOfTheEmbeddedService: what the declaration of its wire says of a roll is what it does.
func TestATrialRollsAKeyOfTheEmbeddedService(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	server, url := servertest.Start(t, keyserver.Options{Now: clock})
	minted, err := server.Mint(t.Context(), wirename.Generic, apikey.Live)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../client/issuers/generic.toml")
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^name( *)= "generic"$`).ReplaceAllString(string(raw), `name = "own"`)
	own = regexp.MustCompile(`(?m)^(embedded|place|label) .*\n`).ReplaceAllString(own, "")
	path := filepath.Join(t.TempDir(), "own.toml")
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	h := hostWith(t, "[profiles.p]\nservice = \"generic\"\nurl = \""+url+"\"\ntoken = { env = \"T\" }\ncreate = true\nenvironment = \"live\"\n", "T="+minted.Secret.Reveal())
	h.o.Profile, h.o.Now, h.o.Timeout = "p", clock, 10*time.Second
	h.o.Sleep = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
		return ctx.Err()
	}
	var out strings.Builder
	if err := h.TryIssuer(t.Context(), path, TryOptions{Write: true}, &out); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, want := range []string{"roll         with an overlap of 1h: the former secret is accepted, and the list shows when it dies",
		"roll.keep    POST /v1/api-keys/{id}/roll/keep: the former secret is accepted, and the other one refused at once",
		"roll         the former secret, whose overlap was ended: refused at once", "roll         the former secret, whose overlap is over: refused at once",
		"roll         the former secret, rolled at once: refused at once"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said\n%s", want, &out)
		}
	}
}

package keyserver

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// tries are the calls that say whether a generic secret is let in: one that is finds no user of that name.
func (b *bench) lets(secret string) bool {
	b.t.Helper()
	switch a := b.ask(secret, "GET", "/v1/users/usr_none", nil); a.status {
	case 404:
		return true
	case 401:
		return false
	default:
		b.t.Fatalf("a key is answered %d %s", a.status, a.raw)
		return false
	}
}

func (b *bench) roll(status int, caller, id string, overlap int, once string) answer {
	b.t.Helper()
	return b.want(status, caller, "POST", "/v1/api-keys/"+id+"/roll", map[string]any{"overlap_seconds": overlap}, onceHeader, once)
}

// row is how a key is listed.
func (b *bench) row(id string) answer {
	b.t.Helper()
	for _, r := range b.list(wirename.Generic) {
		if a := (answer{json: r}); a.text("id") == id {
			return a
		}
	}
	b.t.Fatalf("%s is not listed", id)
	return answer{}
}

// admin is a key of the generic contract that manages the others.
func (b *bench) genericAdmin() string {
	b.t.Helper()
	minted, err := b.MintAdmin(b.t.Context(), wirename.Generic, apikey.Live)
	if err != nil {
		b.t.Fatal(err)
	}
	return minted.Reveal()
}

func TestARollAtOnceGivesTheRowANewSecretAndRefusesTheFormerOnTheNextRequest(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		admin := b.genericAdmin()
		made := b.generic(admin, "app", "live", "restrictions", map[string]any{"endpoints": []string{"/v1/users"}})
		id, old := made.text("data.id"), made.text("data.key")
		if !b.lets(old) || !other.lets(old) {
			t.Fatal("a new key is refused")
		}
		b.clock.advance(time.Hour)
		rolled := b.roll(200, admin, id, 0, "one")
		secret := rolled.text("data.key")
		if secret == "" || secret == old || rolled.text("data.id") != id || rolled.at("data.previous") != nil ||
			rolled.text("data.created_at") != made.text("data.created_at") || rolled.text("data.rolled_at") == "" ||
			rolled.at("data.last_used") != nil || fmt.Sprint(rolled.at("data.restrictions")) != fmt.Sprint(made.at("data.restrictions")) {
			t.Fatalf("rolled: %s; made: %s", rolled.raw, made.raw)
		}
		for _, at := range []*bench{b, other} {
			if at.lets(old) || !at.lets(secret) {
				t.Error("the former secret is let in, or the new one is not")
			}
		}
		if row := b.row(id); row.text("rolled_at") != rolled.text("data.rolled_at") || row.text("last_used") == "" || row.at("previous") != nil {
			t.Errorf("listed as %v", row.json)
		}
		again := b.roll(200, admin, id, 0, "one")
		if again.header.Get(replayed) != "true" || again.at("data.key") != nil || again.text("data.rolled_at") != rolled.text("data.rolled_at") {
			t.Errorf("sent again it is answered %s", again.raw)
		}
		b.roll(409, admin, id, 60, "one")
		if !b.lets(secret) {
			t.Error("a roll that was sent again rolled again")
		}
		if second := b.roll(200, admin, id, 0, "two"); b.lets(secret) || !b.lets(second.text("data.key")) || second.text("data.rolled_at") <= rolled.text("data.rolled_at") {
			t.Errorf("rolled a second time in the same moment: %s", second.raw)
		}
	})
}

func TestInAnOverlapBothSecretsAreLetInUntilTheFormerDies(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		admin := b.genericAdmin()
		made := b.generic(admin, "app", "live")
		id, old := made.text("data.id"), made.text("data.key")
		b.lets(old)
		used := b.clock.now()
		b.clock.advance(time.Minute)
		rolled := b.roll(200, admin, id, 600, "one")
		secret, dies := rolled.text("data.key"), b.clock.now().Add(10*time.Minute)
		if rolled.text("data.previous.dies_at") != stamp(dies) || rolled.text("data.previous.last_used") != stamp(used) || rolled.at("data.last_used") != nil {
			t.Errorf("rolled: %s, want the former one's death at %s and its use at %s", rolled.raw, stamp(dies), stamp(used))
		}
		if !b.lets(old) || !other.lets(old) || !b.lets(secret) || !other.lets(secret) {
			t.Error("one of both is refused")
		}
		b.roll(409, admin, id, 0, "two")
		b.clock.advance(dies.Sub(b.clock.now()) - time.Millisecond)
		other.lets(old)
		b.clock.advance(time.Millisecond)
		for _, at := range []*bench{b, other} {
			if at.lets(old) || !at.lets(secret) {
				t.Error("the former secret is let in after its end, or the new one is not")
			}
		}
		if row := b.row(id); row.at("previous") != nil {
			t.Errorf("after its end it is listed: %v", row.json)
		}
		b.want(404, admin, "POST", "/v1/api-keys/"+id+"/roll/end", nil)
		b.want(404, admin, "POST", "/v1/api-keys/"+id+"/roll/keep", nil)
		b.roll(200, admin, id, 0, "three")
	})
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func TestEachSecretOfAnOverlapHasItsOwnLastUseHoweverLateItIsStored(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		admin := b.genericAdmin()
		made := b.generic(admin, "app", "live")
		id, old := made.text("data.id"), made.text("data.key")
		other.usage.writing.Lock() // what it knows is stored later than all that follows
		other.lets(old)
		used := b.clock.now()
		b.clock.advance(time.Second)
		secret := b.roll(200, admin, id, 600, "one").text("data.key")
		other.usage.writing.Unlock()
		other.usage.flush()
		if row := b.row(id); row.at("last_used") != nil || row.text("previous.last_used") != stamp(used) {
			t.Errorf("the former secret was used before the roll, nothing since: %v", row.json)
		}
		b.clock.advance(time.Second)
		b.lets(secret)
		own := b.clock.now()
		b.clock.advance(time.Second)
		b.lets(old)
		former := b.clock.now()
		b.usage.flush()
		for _, at := range []*bench{b, other} {
			if row := at.row(id); row.text("last_used") != stamp(own) || row.text("previous.last_used") != stamp(former) {
				t.Errorf("listed as %v, want %s and %s", row.json, stamp(own), stamp(former))
			}
		}
		b.want(200, admin, "POST", "/v1/api-keys/"+id+"/roll/keep", nil)
		if row := other.row(id); row.text("last_used") != stamp(former) || row.at("rolled_at") != nil || row.at("previous") != nil {
			t.Errorf("kept, it is listed as %v", row.json)
		}
	})
}

func TestAnOverlapIsEndedOrTheFormerSecretKept(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		admin := b.genericAdmin()
		for what, oldLives := range map[string]bool{"end": false, "keep": true} {
			made := b.generic(admin, "app", "live")
			id, old := made.text("data.id"), made.text("data.key")
			b.want(404, admin, "POST", "/v1/api-keys/"+id+"/roll/"+what, nil)
			secret := b.roll(200, admin, id, 600, what).text("data.key")
			b.lets(old)
			other.lets(secret)
			b.want(400, admin, "POST", "/v1/api-keys/"+id+"/roll/"+what, `{"now":true}`)
			if a := b.want(200, admin, "POST", "/v1/api-keys/"+id+"/roll/"+what, nil); a.at("data.previous") != nil || a.at("data.key") != nil || a.text("data.id") != id {
				t.Errorf("%s: %s", what, a.raw)
			}
			for _, at := range []*bench{b, other} {
				if at.lets(old) != oldLives || at.lets(secret) == oldLives {
					t.Errorf("%s: the former secret is let in: %v", what, !oldLives)
				}
			}
			b.want(404, admin, "POST", "/v1/api-keys/"+id+"/roll/"+what, nil)
			third := b.roll(200, admin, id, 600, what+" and on").text("data.key")
			if !b.lets(third) || b.lets(old) != oldLives || b.lets(secret) == oldLives {
				t.Errorf("%s: rolled again, the wrong ones are let in", what)
			}
			b.want(200, admin, "DELETE", "/v1/api-keys/"+id, nil)
			if b.lets(third) || b.lets(old) || b.lets(secret) {
				t.Errorf("%s: deleted, and one of its secrets is let in", what)
			}
		}
	})
}

func TestARollNeedsWhatItNeeds(t *testing.T) {
	b := open(t)
	admin := b.genericAdmin()
	id := b.generic(admin, "app", "live").text("data.id")
	path := "/v1/api-keys/" + id + "/roll"
	for body, says := range map[string]string{
		``: "overlap_seconds is missing", `{}`: "overlap_seconds is missing", `{"overlap_seconds":null}`: "number", `{"overlap_seconds":"60"}`: "number",
		`{"overlap_seconds":-1}`: "7 days", `{"overlap_seconds":604801}`: "7 days", `{"overlap_seconds":1e999999999}`: "absurd", `{"overlap_seconds":0.5}`: "whole",
		`{"overlap_seconds":60,"overlap":60}`: "unknown field", `{"overlap":60}`: "unknown field", `[]`: "object", `{"overlap_seconds":true}`: "number",
	} {
		if a := b.want(400, admin, "POST", path, body, onceHeader, "k"); !strings.Contains(a.text("error.message"), says) {
			t.Errorf("%s: %s", body, a.raw)
		}
	}
	for name, headers := range map[string][]string{"none": nil, "an empty one": {onceHeader, ""}, "a long one": {onceHeader, strings.Repeat("k", 129)}} {
		if a := b.want(400, admin, "POST", path, `{"overlap_seconds":0}`, headers...); !strings.Contains(a.text("error.message"), onceHeader) {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	b.roll(404, admin, "key_none", 0, "k")
	if row := b.row(id); row.at("rolled_at") != nil {
		t.Errorf("one of them rolled: %v", row.json)
	}
	b.roll(200, admin, id, int(maxOverlap/time.Second), "k")

	ends := b.generic(admin, "short", "live", "expires_at", stamp(b.clock.now().Add(time.Minute)))
	b.clock.advance(time.Hour)
	b.roll(409, admin, ends.text("data.id"), 0, "expired")

	ends = b.generic(admin, "soon", "live", "expires_at", stamp(b.clock.now().Add(time.Minute)))
	if a := b.roll(200, admin, ends.text("data.id"), 600, "soon"); a.text("data.previous.dies_at") != ends.text("data.expires_at") {
		t.Errorf("the former secret outlives the key: %s", a.raw)
	}

	// The name of a create is not that of a roll, nor of another key's.
	b.want(201, admin, "POST", "/v1/api-keys", `{"name":"n","environment":"live"}`, onceHeader, "made")
	b.roll(409, admin, id, 0, "made")
	second := b.generic(admin, "second", "live").text("data.id")
	b.roll(409, admin, second, int(maxOverlap/time.Second), "k")
}

func TestNobodyGetsMoreByARoll(t *testing.T) {
	b := open(t)
	admin := b.genericAdmin()
	whole := b.generic(admin, "whole", "live")
	test := b.generic(admin, "test", "live").text("data.key")
	limited := map[string]any{"endpoints": []string{"/v1/api-keys"}}
	narrow := b.generic(admin, "narrow", "live", "restrictions", limited).text("data.key")
	alike := b.generic(admin, "alike", "live", "restrictions", limited)
	b.roll(403, narrow, whole.text("data.id"), 0, "a")
	b.roll(200, narrow, alike.text("data.id"), 60, "b")
	b.roll(200, admin, whole.text("data.id"), 60, "c")
	for _, what := range []string{"end", "keep"} {
		b.want(403, narrow, "POST", "/v1/api-keys/"+whole.text("data.id")+"/roll/"+what, nil)
	}
	testAdmin, err := b.MintAdmin(t.Context(), wirename.Generic, apikey.Test)
	if err != nil {
		t.Fatal(err)
	}
	b.roll(404, testAdmin.Reveal(), whole.text("data.id"), 0, "d")
	b.roll(401, b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"verify"}).text("token"), whole.text("data.id"), 0, "e")
	if !b.lets(whole.text("data.key")) || !b.lets(test) {
		t.Error("a refused roll took effect")
	}
}

func TestAKeyRollsItselfAndItsFormerSecretUndoesIt(t *testing.T) {
	b := open(t)
	admin := b.genericAdmin()
	made := b.generic(admin, "own", "live")
	id, old := made.text("data.id"), made.text("data.key")
	secret := b.roll(200, old, id, 60, "one").text("data.key")
	again := b.roll(200, old, id, 60, "one") // by the former one: it is the same caller
	if again.header.Get(replayed) != "true" {
		t.Errorf("sent again: %s", again.raw)
	}
	b.want(200, old, "POST", "/v1/api-keys/"+id+"/roll/keep", nil)
	if !b.lets(old) || b.lets(secret) {
		t.Error("it was not undone")
	}
	secret = b.roll(200, old, id, 60, "two").text("data.key")
	b.want(200, secret, "POST", "/v1/api-keys/"+id+"/roll/end", nil)
	b.want(401, old, "GET", "/v1/api-keys", nil)
}

func TestOfRollsAtTheSameMomentOneSecretLives(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		admin := b.genericAdmin()
		for _, overlap := range []int{0, 600} {
			for _, same := range []bool{false, true} {
				made := b.generic(admin, "app", "live")
				id := made.text("data.id")
				var mu sync.Mutex
				var secrets []string
				var wg sync.WaitGroup
				for i := range 12 {
					wg.Go(func() {
						name := fmt.Sprint("same ", overlap)
						if !same {
							name = fmt.Sprint(overlap, " ", i)
						}
						at := []*bench{b, other}[i%2]
						a, err := at.try(admin, "POST", "/v1/api-keys/"+id+"/roll", map[string]any{"overlap_seconds": overlap}, onceHeader, name)
						switch {
						case err != nil:
							t.Error(err)
						case a.status == 200 && a.text("data.key") != "":
							mu.Lock()
							defer mu.Unlock()
							secrets = append(secrets, a.text("data.key"))
						case a.status != 200 && a.status != 409:
							t.Errorf("answered %d %s", a.status, a.raw)
						}
					})
				}
				wg.Wait()
				var live int
				for _, s := range secrets {
					if b.lets(s) {
						live++
					}
				}
				if live != 1 || (same || overlap > 0) && len(secrets) != 1 || b.lets(made.text("data.key")) != (overlap > 0) {
					t.Errorf("overlap %d, the same name: %v: %d secrets were given, %d of them live", overlap, same, len(secrets), live)
				}
			}
		}
	})
}

func TestACopiedStoreKeepsItsOverlaps(t *testing.T) {
	for kind, target := range targets {
		t.Run(kind, func(t *testing.T) {
			from := open(t)
			admin := from.genericAdmin()
			made := from.generic(admin, "app", "live")
			id, old := made.text("data.id"), made.text("data.key")
			secret := from.roll(200, admin, id, 600, "one").text("data.key")
			o := target(t)
			if _, err := CopyStore(t.Context(), o, from.path); err != nil {
				t.Fatal(err)
			}
			to := openStoreAt(t, o, from.clock)
			if !to.lets(old) || !to.lets(secret) {
				t.Error("one of both is refused by the copy")
			}
			to.clock.advance(time.Hour)
			if to.lets(old) || !to.lets(secret) {
				t.Error("the overlap does not end there")
			}
		})
	}
}

func TestAStoreFromBeforeRollsIsCopiedAndTakesThem(t *testing.T) {
	path := closedStore(t, 2)
	mustExec(t, path, `DROP TABLE former_secrets`)
	mustExec(t, path, `ALTER TABLE keys DROP COLUMN rolled_at`)
	mustExec(t, path, `UPDATE detent_meta SET value = '3' WHERE name = 'schema'`)
	for kind, target := range targets {
		t.Run(kind, func(t *testing.T) {
			o := target(t)
			if done, err := CopyStore(t.Context(), o, path); err != nil || done.Keys != 6 {
				t.Fatalf("copied %+v (%v)", done, err)
			}
			openStoreAt(t, o, newClock()).rollsOne(t)
		})
	}
	openAt(t, path, newClock()).rollsOne(t)
}

func (b *bench) rollsOne(t *testing.T) {
	t.Helper()
	made := b.generic(b.session(wirename.Generic, apikey.Live), "app", "live")
	if rolled := b.roll(200, b.genericAdmin(), made.text("data.id"), 60, "one"); !b.lets(made.text("data.key")) || !b.lets(rolled.text("data.key")) {
		t.Error("one of both is refused")
	}
}

func TestARollIsToldInTheLogWithoutASecret(t *testing.T) {
	b := openStoreAt(t, Options{Path: t.TempDir() + "/keys.db", Events: "json"}, newClock())
	admin := b.genericAdmin()
	id := b.generic(admin, "app", "live").text("data.id")
	b.roll(200, admin, id, 60, "one")
	b.want(200, admin, "POST", "/v1/api-keys/"+id+"/roll/keep", nil)
	b.roll(200, admin, id, 60, "two")
	b.want(200, admin, "POST", "/v1/api-keys/"+id+"/roll/end", nil)
	var told []string
	for _, line := range b.told() {
		if line["key"] == id {
			told = append(told, fmt.Sprint(line["msg"]))
		}
	}
	if got := strings.Join(told, ", "); got != "created, rolled, kept the former secret of, rolled, ended the overlap of" {
		t.Errorf("told: %s", got)
	}
	if strings.Contains(b.log.String(), "sk_live_") {
		t.Error("a secret is in the log")
	}
}

func TestWhatAKeyWasRolledToIsReadWholeOrNotAtAll(t *testing.T) {
	for _, damaged := range []any{"1 2 3", "a 2 3 4 f", int64(3), nil} {
		var r store.Rolled
		if err := r.Scan(damaged); err == nil {
			t.Errorf("%v was read as %+v", damaged, r)
		}
	}
}

package keyserver

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// creating is a create of each contract.
type creating struct {
	service, path, body, other string
	status                     int
	secret                     []string // where an answer has it, or nothing
	id                         string
}

var creates = []creating{
	{wirename.Prosopo, "/api-keys/create", `{"name":"n","permissions":["verify"],"expiresIn":3600}`, `{"name":"n","permissions":["verify"]}`, 200, []string{"token"}, "id"},
	{wirename.Vertesia, "/api/v1/apikeys", `{"name":"n","role":"reader"}`, `{"name":"n","role":"executor"}`, 200, []string{"value"}, "id"},
	{wirename.Vertesia, "/api/v1/apikeys", `{"name":"n","role":"executor","type":"pk"}`, `{"name":"n"}`, 200, []string{"value"}, "id"},
	{wirename.Generic, "/v1/api-keys", `{"name":"n","environment":"live"}`, `{"name":"m","environment":"live"}`, 201, []string{"data.key"}, "data.id"},
}

func (c creating) count(b *bench) (n int) {
	for range b.list(c.service) {
		n++
	}
	return n
}

// list is all rows of a contract.
func (b *bench) list(service string) []any {
	switch service {
	case wirename.Prosopo:
		return b.want(200, b.session(service, ""), "POST", "/api-keys/get", nil).list("")
	case wirename.Vertesia:
		return b.want(200, b.session(service, ""), "GET", "/api/v1/apikeys", nil).list("")
	default:
		return b.want(200, b.session(service, ""), "GET", "/v1/api-keys", nil).list("data")
	}
}

func TestACreateThatIsSentAgainMakesNothingAndTellsNoSecret(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		for i, c := range creates {
			name := strings.Repeat("k", 127) + string(rune('0'+i))
			minted, err := b.MintAdmin(t.Context(), c.service, apikey.Live)
			if err != nil {
				t.Fatal(err)
			}
			admin := minted.Reveal()
			before := c.count(b)
			first := b.want(c.status, admin, "POST", c.path, c.body, onceHeader, name)
			secret := first.text(c.secret[0])
			if secret == "" || first.header.Get(replayed) != "" {
				t.Fatalf("%s: the first is answered %s", c.service, first.raw)
			}
			spaced := strings.ReplaceAll(c.body, `:`, ` : `)
			for _, body := range []string{c.body, spaced} {
				second := b.want(200, admin, "POST", c.path, body, onceHeader, name)
				if second.text(c.id) != first.text(c.id) || strings.Contains(string(second.raw), secret) || second.header.Get(replayed) != "true" {
					t.Errorf("%s: the second is answered %s, %v", c.service, second.raw, second.header)
				}
			}
			shape(t, c.service, 409, b.want(409, admin, "POST", c.path, c.other, onceHeader, name))
			if n := c.count(b); n != before+1 {
				t.Errorf("%s: %d keys were made", c.service, n-before)
			}
			other := b.want(c.status, b.session(c.service, apikey.Live), "POST", c.path, c.body, onceHeader, name)
			if other.text(c.id) == first.text(c.id) {
				t.Errorf("%s: another caller is answered with this one's key", c.service)
			}
			another := b.want(c.status, admin, "POST", c.path, c.body, onceHeader, "another name")
			if another.text(c.id) == first.text(c.id) {
				t.Errorf("%s: another name is answered with this one's key", c.service)
			}
			for _, bad := range []string{"", strings.Repeat("k", 129), "a\tb", "é"} {
				shape(t, c.service, 400, b.want(400, admin, "POST", c.path, c.body, onceHeader, bad))
			}
			b.clock.advance(onceLife - time.Millisecond)
			b.want(200, admin, "POST", c.path, c.body, onceHeader, name)
			b.clock.advance(time.Millisecond)
			if late := b.want(c.status, admin, "POST", c.path, c.body, onceHeader, name); late.text(c.id) == first.text(c.id) || late.text(c.secret[0]) == "" {
				t.Errorf("%s: after a day it is answered %s", c.service, late.raw)
			}
		}
	})
}

func TestACreateIsRememberedAfterItsKeyHasGone(t *testing.T) {
	b := open(t)
	live := b.session(wirename.Generic, apikey.Live)
	made := b.want(201, live, "POST", "/v1/api-keys", `{"name":"n","environment":"live"}`, onceHeader, "k")
	b.want(200, live, "DELETE", "/v1/api-keys/"+made.text("data.id"), nil)
	b.want(409, live, "POST", "/v1/api-keys", `{"name":"n","environment":"live"}`, onceHeader, "k")
	if n := len(b.list(wirename.Generic)); n != 0 {
		t.Errorf("%d keys", n)
	}
}

func TestARefusedCreateIsNotRemembered(t *testing.T) {
	b := open(t)
	live := b.session(wirename.Generic, apikey.Live)
	b.want(400, live, "POST", "/v1/api-keys", `{"name":"","environment":"live"}`, onceHeader, "k")
	b.want(201, live, "POST", "/v1/api-keys", `{"name":"n","environment":"live"}`, onceHeader, "k")
}

func TestOfCreatesThatAreSentAtOnceOneMakesAKey(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		two := b.beside(t)
		minted, err := b.MintAdmin(context.Background(), wirename.Prosopo, "")
		if err != nil {
			t.Fatal(err)
		}
		before := len(b.list(wirename.Prosopo))
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids, secrets := map[string]bool{}, 0
		for i := range 16 {
			wg.Go(func() {
				at := []*bench{b, two}[i%2]
				a, err := at.try(minted.Reveal(), "POST", "/api-keys/create", creates[0].body, onceHeader, "same")
				mu.Lock()
				defer mu.Unlock()
				if err != nil || a.status != 200 {
					t.Errorf("%d %s %v", a.status, a.raw, err)
				}
				ids[a.text("id")] = true
				if a.text("token") != "" {
					secrets++
				}
			})
		}
		wg.Wait()
		if made := len(b.list(wirename.Prosopo)) - before; made != 1 || len(ids) != 1 || secrets != 1 {
			t.Errorf("%d keys were made, %d ids and %d secrets answered", made, len(ids), secrets)
		}
	})
}

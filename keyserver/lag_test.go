//go:build lagtest

package keyserver

import (
	"slices"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// listedNames are the names that a generic list shows.
func listedNames(b *bench, token string) (names []string) {
	for _, row := range b.want(200, token, "GET", "/v1/api-keys", nil).list("data") {
		names = append(names, row.(map[string]any)["name"].(string))
	}
	return names
}

func TestLagLetsADeletedOrDisabledKeyInForSoLongAndNoLonger(t *testing.T) {
	t.Setenv("DETENT_LAGTEST_REVOCATION", "56s")
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		live := b.session(wirename.Generic, apikey.Live)
		key := b.generic(live, "k", "live")
		admin := b.session(wirename.Vertesia, "")
		other := b.vertesia(admin, "v", "developer")
		b.want(200, live, "DELETE", "/v1/api-keys/"+key.text("data.id"), nil)
		b.want(404, live, "DELETE", "/v1/api-keys/"+key.text("data.id"), nil)
		b.want(200, admin, "PUT", "/api/v1/apikeys/"+other.text("id"), map[string]any{"enabled": false})
		b.clock.advance(55 * time.Second)
		if got := listedNames(b, key.text("data.key")); len(got) != 0 {
			t.Errorf("the list is not behind, and shows %q", got)
		}
		b.vertesia(other.text("value"), "made by a disabled key", "reader")
		b.clock.advance(time.Second)
		b.want(401, key.text("data.key"), "GET", "/v1/api-keys", nil)
		b.want(401, other.text("value"), "GET", "/api/v1/apikeys", nil)
	})
}

func TestLagShowsTheListAsItWas(t *testing.T) {
	t.Setenv("DETENT_LAGTEST_LIST", "8s")
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		live := b.session(wirename.Generic, apikey.Live)
		var ids []string
		for _, name := range []string{"a", "b", "c"} {
			ids = append(ids, b.generic(live, name, "live").text("data.id"))
			b.clock.advance(time.Second)
		}
		b.clock.advance(8 * time.Second)
		b.want(200, live, "DELETE", "/v1/api-keys/"+ids[1], nil)
		b.generic(live, "d", "live")
		b.clock.advance(7 * time.Second)
		if got := listedNames(b, live); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("after 7 s it shows %q", got)
		}
		b.clock.advance(time.Second)
		if got := listedNames(b, live); !slices.Equal(got, []string{"a", "c", "d"}) {
			t.Errorf("after 8 s it shows %q", got)
		}
	})
}

func TestLagOfNoDurationIsRefused(t *testing.T) {
	t.Setenv("DETENT_LAGTEST_LIST", "soon")
	if _, err := newLag(); err == nil {
		t.Error("taken")
	}
}

package keyserver

import (
	"fmt"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// fill gives the database no page more than it has, or as many as it likes.
func (b *bench) fill(t *testing.T, full bool) {
	t.Helper()
	pages := 1 << 30
	if full {
		if err := b.store.Writer.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.store.Writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
		t.Fatal(err)
	}
}

func TestAStoreWithoutRoomSaysThatNothingHappenedAndIsNotReady(t *testing.T) {
	b := open(t)
	made := map[string]int{}
	b.fill(t, true)
	big := strings.Repeat("界", 200)
	for i := range 200 { // the pages that there are have some room
		for _, c := range creates {
			body := strings.Replace(c.body, `"n"`, fmt.Sprintf(`"%d%s"`, i%10, big[3:]), 1)
			a := b.ask(b.session(c.service, apikey.Live), "POST", c.path, body)
			switch a.status {
			case c.status:
				made[c.service]++
			case 503:
				unavailableAnswer(t, c.service, a, false)
				if !strings.Contains(string(a.raw), "nothing was changed") {
					t.Fatalf("it says %s", a.raw)
				}
			default:
				t.Fatalf("answered %d %s", a.status, a.raw)
			}
		}
	}
	for service, n := range made {
		if got := len(b.list(service)); got != n {
			t.Errorf("%s: %d keys, and %d creates were answered with a key", service, got, n)
		}
	}
	ready := func() int {
		b.clock.advance(readyFor)
		a, err := b.try("", "GET", "/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.status
	}
	if got := ready(); got != 503 {
		t.Errorf("a store that has no room is ready: %d", got)
	}
	if b.want(200, b.session(wirename.Generic, apikey.Live), "GET", "/v1/api-keys", nil); ready() != 503 {
		t.Error("reading made it ready")
	}
	b.fill(t, false)
	if got := ready(); got != 200 {
		t.Errorf("there is room again, and it is not ready: %d", got)
	}
	b.generic(b.session(wirename.Generic, apikey.Live), "k", "live")
}

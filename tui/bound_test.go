package tui

import (
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// agesSoon makes the key at a place old in three hours and some seconds, and the one behind it over a minute later.
func agesSoon(keys []apikey.Key, at int, now time.Time) {
	day := 24 * time.Hour
	for i := range keys { // none of the others changes
		keys[i].CreatedAt, keys[i].ExpiresAt, keys[i].LastUsedAt = apikey.At(now.Add(-day)), apikey.At(now.Add(80*day)), apikey.At(now)
	}
	soon := now.Add(3*time.Hour + 17*time.Second)
	keys[at].CreatedAt = apikey.At(soon.Add(-90 * day))
	keys[at+1].ExpiresAt = apikey.At(soon.Add(time.Minute))
}

// TestAKeyIsOldWhenItBecomesSo: at its bound, without a list that is asked for, and until a minute before no timer is on its way for it.
func TestAKeyIsOldWhenItBecomesSo(t *testing.T) {
	d := start(t, 160, 40, func(_ *Options, h *fakeHost) { agesSoon(h.service.keys, 5, h.service.clock.Now()) })
	d.seesNot("old").sees("expiring 1")
	idle := len(d.timers) // the minute
	for range 179 {
		d.pass(time.Minute)
		if len(d.timers) > idle {
			t.Fatalf("%d timers, %d where nothing is near", len(d.timers), idle)
		}
	}
	d.pass(time.Minute + 17*time.Second).seesNot("old")
	d.pass(time.Second).sees("old 1", "expiring 1")
	d.pass(time.Minute).sees("old 1", "expired 1").seesNot("expiring")
	d.pass(2 * time.Minute)
	if len(d.timers) > idle {
		t.Errorf("%d timers when all is over", len(d.timers))
	}
	if n := d.host.service.called("list"); n != 1 {
		t.Errorf("the list was asked for %d times", n)
	}
}

// TestAKeyOfAllProfilesIsOldWhenItBecomesSo, and whoever types a line by ear then does not lose it.
func TestAKeyOfAllProfilesIsOldWhenItBecomesSo(t *testing.T) {
	d, _ := startFleet(t, 160, 40, func(h *fleetHost) {
		for _, s := range h.services {
			agesSoon(s.keys, 0, s.clock.Now())
		}
	})
	d.press("0").seesNot("old").pass(3*time.Hour + 16*time.Second).seesNot("old").pass(2 * time.Second).sees("old 3")

	said, _ := startFleet(t, 160, 40, func(h *fleetHost) {
		agesSoon(h.services["shop"].keys, 0, h.services["shop"].clock.Now())
		h.options = func(o *Options) { o.Spoken = true }
	})
	said.enter("0")
	said.pass(3 * time.Hour)
	said.send(keyMsg("m"))
	said.pass(20 * time.Second)
	said.send(keyMsg("enter"))
	said.pass(time.Second)
	if text := said.out.String(); strings.Contains(text, "was not taken") || !strings.Contains(text, "1 old") {
		t.Errorf("said was\n%s", text[max(len(text)-900, 0):])
	}
}

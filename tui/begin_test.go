package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// TestAProgramThatBeginsWithAllProfilesHasThemAtOnce: they are asked once, when what goes on behind the list from the start is there, and it
// counts down in the list as if it had been left there.
func TestAProgramThatBeginsWithAllProfilesHasThemAtOnce(t *testing.T) {
	var turns *walkedRotations
	staged := 0
	d, host := startFleet(t, 120, 40, func(h *fleetHost) {
		turns = &walkedRotations{now: h.service.clock.Now, look: time.Minute}
		h.options = func(o *Options) {
			o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
			o.All, o.Stage = true, func() func(env *ui.Env) []ui.Screen {
				staged++
				r := &walkedRotation{now: turns.now, look: time.Minute, view: rotation.View{ID: "walk000009", Profile: "prod", State: rotation.Open, Old: h.services["prod"].keys[1]}}
				r.at(slices.Index(walkedSteps, rotation.Drain))
				turns.mu.Lock()
				turns.all = append(turns.all, r)
				turns.mu.Unlock()
				v := r.View()
				h.rotates(v)
				return func(env *ui.Env) []ui.Screen { return []ui.Screen{rotate.Behind(env, turns, v)} }
			}
		}
	})
	d.sees("all profiles · 3 of 3 answered", "↻ drain 1").isOn("shop-nightly-report")
	if staged != 1 || len(host.asked) != 1 {
		t.Errorf("staged %d times, all profiles asked %d times", staged, len(host.asked))
	}
	d.press("R").sees("drain", "prod").press("esc", "ctrl+r", "1", "0")
	if staged != 1 {
		t.Errorf("staged %d times", staged)
	}
}

// TestAPlaceThatCameSinceAProfileWasOpenedIsOfferedForANewSecret.
func TestAPlaceThatCameSinceAProfileWasOpenedIsOfferedForANewSecret(t *testing.T) {
	d := start(t, 120, 40)
	made := apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret("psk_9f3c71aa02bd44e0a1c5e7")}
	for _, places := range [][]string{{"payments"}, nil} {
		d.host.profiles[0].Destinations = places
		s := d.app.screens.secret(made)
		s.SetSize(100, 30)
		if offered := strings.Contains(s.View(), d.app.env.Keys.Named.Help().Desc); offered != (places != nil) {
			t.Errorf("places %q, offered %v\n%s", places, offered, s.View())
		}
	}
}

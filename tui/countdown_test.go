package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// counting is the app with rotations that go on; the bell writes where the clipboard does.
func counting(t *testing.T, width, height int) (*driver, *walkedRotations) {
	turns := &walkedRotations{}
	d := start(t, width, height, func(o *Options, h *fakeHost) {
		turns.now = h.service.clock.Now
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
		o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	})
	d.app.bell = func(text string) { d.out.WriteString("bell: " + text) }
	d.app.profile.conn.Rotations = func() []rotation.View {
		views, _ := turns.Rotations(context.Background())
		return views
	}
	return d, turns
}

// TestARowCountsDownAndIsIdleWhereNothingDoes.
func TestARowCountsDownAndIsIdleWhereNothingDoes(t *testing.T) {
	d, turns := counting(t, 120, 40)
	turns.look = time.Minute
	idle := len(d.timers) // the minute
	d.pass(time.Minute)
	if len(d.timers) != idle {
		t.Fatalf("%d timers while nothing counts down", len(d.timers))
	}
	d.to("payments-api").press("r", "enter")
	for i := 0; ; i++ {
		if w, _ := d.app.waitOf("walk000000"); !w.Ends.IsZero() {
			break
		}
		if i > 20 {
			t.Fatalf("it does not come to a wait:\n%s", d.view())
		}
		d.press("enter")
	}
	d.press("esc").sees("↻ drain 15:00").seesNot("for you")
	shown := map[string]bool{}
	for range 5 {
		d.pass(time.Second)
		shown[d.view()] = true
	}
	if len(shown) != 5 {
		t.Errorf("in 5 s the row showed %d times", len(shown))
	}
	d.press("R").sees("●━━●━━", "drain ░░░░░ 14:").press("esc")
	d.pass(time.Minute).sees("1 waits for you · R", "↻ waits for you") // the wait was over when it was looked at
	if !strings.Contains(d.out.String(), "bell: payments-api") {
		t.Errorf("no bell: %q", d.out)
	}
	still := len(d.timers)
	if d.pass(time.Minute); len(d.timers) > still {
		t.Errorf("%d timers while nothing counts down any more, %d before", len(d.timers), still)
	}
}

func TestARotationThatWaitsForAPersonSaysSoAndRings(t *testing.T) {
	d, turns := counting(t, 120, 40)
	turns.mu.Lock()
	turns.all = append(turns.all, &walkedRotation{now: turns.now, view: rotation.View{ID: "walk000009", Profile: "prod", State: rotation.Open, Old: d.host.service.keys[2]}})
	turns.mu.Unlock()
	d.press("ctrl+r").sees("1 waits for you · R", "↻ waits for you")
	d.send(ui.Ring{Text: "payments: the wait is over"})
	d.settle()
	if !strings.Contains(d.out.String(), "bell: payments: the wait is over") {
		t.Errorf("no bell: %q", d.out)
	}
	d.press("R").sees("○━━○━━○━━○", "waits")
}

package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

func TestMarksAreCountedAndOfWhatTheFilterLeaves(t *testing.T) {
	d := start(t, 120, 40)
	d.press("space", "space").sees("2 marked").isOn("billing-sync")
	d.press("k", "space").sees("1 marked")
	d.press("esc").seesNot("marked")
	d.press("/").typing("api").press("enter", "*").sees("22 marked", "•")
	d.press("*").seesNot("marked")
	d.press("*", "esc").seesNot("marked").sees("22 of 40").press("esc").seesNot("22 of 40")
}

// TestBulkNamesEveryKeyAndWantsTheirNumber, leaves out what cannot be done with the reason, and goes key by key.
func TestBulkNamesEveryKeyAndWantsTheirNumber(t *testing.T) {
	for _, c := range []struct{ key, verb, call string }{{"d", "Delete", "delete "}, {"x", "Disable", "update "}} {
		d := start(t, 120, 40)
		d.press("/").typing("mobile-app").press("enter", "*").sees("4 marked").press(c.key)
		d.sees(c.verb+" 3 keys", "left out, 1 key: detent itself works with it", "mobile-app", "detent itself works with it", "mobile-app-1", "mobile-app-2", "mobile-app-3", "Type 3 to confirm")
		calls := func() (n int) {
			for _, call := range d.host.service.calls {
				if strings.HasPrefix(call, c.call) {
					n++
				}
			}
			return n
		}
		d.press("enter").typing("2").press("enter").sees("type the number of the keys: 3")
		if calls() > 0 {
			t.Fatalf("%s began without its number", c.verb)
		}
		d.press("backspace").typing("3").press("enter").sees("3 keys " + strings.ToLower(c.verb) + "d").seesNot("marked")
		if calls() != 3 {
			t.Errorf("%v", d.host.service.calls)
		}
	}
}

// TestASingleMarkIsAskedAboutAsAnyKeyIs: a live key is deleted by its name, not by the number 1, also where others are left out.
func TestASingleMarkIsAskedAboutAsAnyKeyIs(t *testing.T) {
	d, host := startFleet(t, 120, 40, func(h *fleetHost) { h.profiles[1].ReadOnly, h.profiles[2].ReadOnly = true, true })
	d.press("0", "/").typing("prod-ci-deploy").press("enter", "*").sees("1 marked").press("j", "d").sees("Delete a key", "id k1", "Type prod-ci-deploy")
	d.typing("1").press("enter").sees("Delete a key")
	d.press("esc", "esc", "esc", "/").typing("ci-deploy").press("enter", "*").sees("3 marked").press("d").sees("Delete 1 key", "the profile gen is read-only", "Type prod-ci-deploy")
	d.typing("1").press("enter").sees("Delete 1 key")
	if n := host.services["prod"].called("delete k1"); n != 0 {
		t.Errorf("%d deletions", n)
	}
	d.press("backspace").typing("prod-ci-deploy").press("enter").sees("1 key deleted")
	if n := host.services["prod"].called("delete k1"); n != 1 {
		t.Errorf("%d deletions", n)
	}
}

// TestBulkStopsAtTheFirstThatFails and says how far it came.
func TestBulkStopsAtTheFirstThatFails(t *testing.T) {
	d := start(t, 120, 40)
	d.press("/").typing("payments-api").press("enter", "*", "d")
	d.host.service.writeErr = &client.Error{Op: "delete key", Kind: client.Forbidden, Status: 403, Outcome: client.NotDone}
	d.typing("4").press("enter").sees("0 of 4 are deleted", "nothing after it was tried")
	n := 0
	for _, call := range d.host.service.calls {
		if strings.HasPrefix(call, "delete ") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d deletions were sent", n)
	}
}

// TestBulkOfAllProfilesIsDoneInEachKeysOwn.
func TestBulkOfAllProfilesIsDoneInEachKeysOwn(t *testing.T) {
	d, host := startFleet(t, 120, 40, func(h *fleetHost) { h.profiles[2].ReadOnly = true })
	d.press("0", "/").typing("ci-deploy").press("enter", "*").sees("3 marked").press("d")
	d.sees("Delete 2 keys", "prod-ci-deploy", "▲ LIVE", "shop-ci-deploy", "left out, 1 key: ", "gen-ci-deploy", "read-only")
	d.typing("2").press("enter").sees("2 keys deleted")
	for name, s := range host.services {
		if n := s.called("delete k1"); n != map[bool]int{true: 1}[name != "gen"] {
			t.Errorf("%s: %d deletions", name, n)
		}
	}
}

// fakeQueue is ready but for keys whose name has no place.
type fakeQueue struct {
	now    func() time.Time
	items  []rotate.Queued
	run    bool
	closed bool
	fails  map[string]error // by the name of the key: what its rotation ends with
	filled []string
	kept   []string // places that are remembered
	keeps  error
	wave   int
	again  int
	holes  []string // names of keys without a place
}

func (q *fakeQueue) Queue(_ context.Context, items []rotate.Item) rotate.Queue {
	for i, item := range items {
		out := rotate.Queued{Item: item, ID: fmt.Sprint("queued", i), Mode: rotation.Planned, Places: []string{"API_KEY in /srv/" + item.Key.Name + "/.env"}, Drain: 15 * time.Minute, Soak: 10 * time.Minute}
		if slices.Contains(q.holes, item.Key.Name) {
			out = rotate.Queued{Item: item, Why: "no place is known for it: where does the application read this key?", Hole: true}
		}
		if item.Key.Own {
			out = rotate.Queued{Item: item, Why: "is the key that detent itself works with"}
		}
		q.items = append(q.items, out)
	}
	return q
}

func (q *fakeQueue) Destinations(profile, _ string) []rotate.Named {
	return []rotate.Named{{Name: profile + "-one"}, {Name: profile + "-two"}}
}

func (q *fakeQueue) Fill(_ context.Context, at int, places []string) rotate.Queued {
	q.filled = append(q.filled, strings.Join(places, " "))
	if item := &q.items[at]; places[0] == "env-file:/srv/wrong/.env:KEY" {
		item.Why = "another key is there"
	} else {
		item.Why, item.Hole, item.Places, item.ID = "", false, places, fmt.Sprint("queued", at)
	}
	return q.items[at]
}

func (q *fakeQueue) Again(context.Context) rotate.Queue {
	q.again++
	next := &fakeQueue{now: q.now}
	for _, item := range q.items {
		if q.fails[item.Key.Name] != nil {
			item.Notes = []string{"goes on where it stands: deliver"}
			next.items = append(next.items, item)
		}
	}
	return next
}

func (q *fakeQueue) Look(context.Context, string, apikey.Key, string) (string, error) { return "", nil }
func (q *fakeQueue) CanRemember(string) bool                                          { return true }
func (q *fakeQueue) Remember(_ context.Context, profile string, k apikey.Key, spec string) (string, error) {
	if q.keeps == nil {
		q.kept = append(q.kept, k.Name+" "+spec)
	}
	return k.Name, q.keeps
}

func (q *fakeQueue) Items() []rotate.Queued { return q.items }
func (q *fakeQueue) Close()                 { q.closed = true }
func (q *fakeQueue) Run(_ context.Context, wave int, tell func(rotate.Progress)) {
	q.run, q.wave = true, wave
	for i, item := range q.items {
		if item.Why == "" {
			tell(rotate.Progress{At: i, View: rotation.View{ID: item.ID, Old: item.Key, State: rotation.Over}, Done: true, Err: q.fails[item.Key.Name]})
		}
	}
}

func queueing(t *testing.T, width, height int) (*driver, *fakeQueue) {
	q := &fakeQueue{}
	return start(t, width, height, func(o *Options, h *fakeHost) {
		q.now = h.service.clock.Now
		o.Rotate = func(*ui.Env, ui.Profile, apikey.Capabilities, apikey.Key) ui.Screen { return &holder{} }
		o.Rotations = func(*ui.Env) ui.Screen { return &holder{} }
		o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
			return rotate.NewQueue(env, q, func(string) apikey.Setting { return apikey.Setting{Environment: apikey.Live, Remote: true} }, items)
		}
	}), q
}

// TestOldKeysAreRotatedTogether by "/old enter * r", the number of them, and enter.
func TestOldKeysAreRotatedTogether(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		d, q := queueing(t, size[0], size[1])
		d.press("/").typing("status:old").press("enter", "*", "r").sees("Rotate 29 keys", "LIVE", "billing-sync", "API_KEY in /srv/billing-sync/.env", "Type 28 to rotate 28 keys")
		d.press("enter").sees("type the number of the keys that are rotated: 28")
		if q.run {
			t.Fatal("it began without the number")
		}
		d.typing("28").press("enter").sees("28 of 28 keys rotated")
		if !q.run || !slices.ContainsFunc(q.items, func(i rotate.Queued) bool { return i.Why != "" }) {
			t.Error("nothing was run, or nothing left out")
		}
	}
}

func TestAPlanOfSeveralThatIsLeftBeginsNothing(t *testing.T) {
	d, q := queueing(t, 100, 30)
	d.press("space", "space", "r").sees("Rotate 2 keys").press("esc").seesNot("Rotate 2 keys")
	if q.run || !q.closed {
		t.Errorf("run %v, closed %v", q.run, q.closed)
	}
}

// firstRows are the names in the first rows.
func firstRows(d *driver, n int) (names []string) {
	for range n {
		names = append(names, d.on())
		d.press("j")
	}
	d.press("g")
	return names
}

// A key without a place is red in the plan, and is given one there: by name, with tab, or written out; or it is left out.
func TestAHoleInThePlanIsFilledInIt(t *testing.T) {
	for i, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		d, q := queueing(t, size[0], size[1])
		q.holes = firstRows(d, 3)
		d.press("space", "space", "space", "space", "r").sees("Rotate 4 keys", "no place is known for it: where does the application", "place", "prod-one, prod-two")
		d.press("tab", "tab", "enter") // the second of the profile's
		d.typing("/srv/wrong/.env:KEY").press("enter").sees("another key is there")
		d.press("ctrl+u").typing("/srv/right/.env:KEY").press("enter")
		d.press("enter").sees("Type 3 to rotate 3 keys", "no place is known for it")
		if !slices.Equal(q.filled, []string{"prod-two", "env-file:/srv/wrong/.env:KEY", "env-file:/srv/right/.env:KEY"}) {
			t.Errorf("filled with %q", q.filled)
		}
		d.press("up").sees("▸ place", "1 key without a place: left out")
		if i%2 == 0 {
			d.press("enter") // to the number; else it is typed where the place is asked for
		}
		d.press("2", "enter").sees("type the number of the keys that are rotated: 3").press("ctrl+u", "3", "enter").sees("3 of 3 keys rotated")
	}
}

// How many are under way at once is said below the plan, as --wave does for the command: none said is all.
func TestHowManyOfAQueueAreUnderWayIsSaidInThePlan(t *testing.T) {
	for typed, want := range map[string]int{"": 3, "1": 1, "2": 2, "9": 3} {
		for _, size := range [][2]int{{60, 20}, {120, 40}} {
			d, q := queueing(t, size[0], size[1])
			d.press("space", "space", "space", "r").typing("3").sees("at most under way at once", "all").press("tab").typing(typed).press("enter").sees("3 of 3 keys rotated")
			if q.wave != want {
				t.Errorf("%q: at most %d", typed, q.wave)
			}
		}
	}
	d, q := queueing(t, 120, 40)
	d.press("space", "space", "r").typing("2").press("tab")
	for _, wrong := range []string{"0", "-1", "many", "1.5"} {
		if d.typing(wrong).press("enter").sees("is a number, at least 1"); q.run {
			t.Fatalf("%q was taken", wrong)
		}
		d.press("ctrl+u")
	}
	if d.press("shift+tab", "ctrl+u").typing("1").press("tab", "enter").sees("type the number of the keys that are rotated: 2"); q.run {
		t.Error("begun without the number")
	}
}

// A place that is typed in the plan is remembered for the next time where that is ticked, before anything begins.
func TestThePlacesThatAreTypedInThePlanAreRemembered(t *testing.T) {
	plan := func(holes int) (*driver, *fakeQueue, []string) {
		d, q := queueing(t, 100, 30)
		names := firstRows(d, 3)
		q.holes = names[:holes]
		d.press("space", "space", "space", "r")
		for _, name := range q.holes {
			d.typing("/srv/" + name + "/.env:KEY").press("enter")
		}
		return d.typing("3"), q, names
	}
	d, q, names := plan(2)
	d.sees("[ ] remember the 2 places that were typed").press("tab", "tab", "space").sees("▸ [x] remember").press("enter").sees("3 of 3 keys rotated")
	if want := []string{names[0] + " env-file:/srv/" + names[0] + "/.env:KEY", names[1] + " env-file:/srv/" + names[1] + "/.env:KEY"}; !slices.Equal(q.kept, want) {
		t.Errorf("kept are %q, want %q", q.kept, want)
	}
	d, q, names = plan(1)
	d.sees("[ ] remember the place of " + names[0]).press("enter").sees("3 of 3 keys rotated")
	if len(q.kept) > 0 {
		t.Errorf("kept unasked: %q", q.kept)
	}
	d, q, names = plan(1)
	q.keeps = errors.New("the file is locked")
	if d.press("tab", "tab", "space", "enter").sees("the place of " + names[0] + " is not remembered: the file is locked"); q.run {
		t.Error("begun all the same")
	}
	d.press("space", "enter").sees("3 of 3 keys rotated")
	if d, _, _ = plan(0); true {
		d.seesNot("remember")
	}
}

// What has stopped goes on from where it stands, after another look at its plan and its number.
func TestWhatStoppedInAQueueGoesOnFromWhereItStands(t *testing.T) {
	d, q := queueing(t, 100, 30)
	name := firstRows(d, 2)[1]
	q.fails = map[string]error{name: errors.New("the disk is full")}
	d.press("space", "space", "space", "r").typing("3").press("enter").sees("2 of 3 keys rotated, 1 stopped", "the disk is full", "enter goes on with what stopped")
	d.press("enter").sees("Type 1 to rotate 1 key", name, "goes on where it stands: deliver").typing("1").press("enter").sees("1 of 1 key rotated")
	if q.again != 1 {
		t.Errorf("made ready again %d times", q.again)
	}
}

// What a person has to go on with has not failed: it says so, and enter is not for it.
func TestWhatWaitsForAPersonInAQueueHasNotFailed(t *testing.T) {
	d, q := queueing(t, 100, 30)
	rows := firstRows(d, 3)
	q.fails = map[string]error{rows[0]: rotate.ErrAsks, rows[1]: rotate.ErrAsks}
	d.press("space", "space", "space", "r").typing("3").press("enter").sees("1 of 3 keys rotated, 2 wait for you; R shows them").seesNot("goes on with what stopped")
	if d.press("enter").seesNot("Rotate 3 keys"); q.again != 0 {
		t.Error("made ready again")
	}
}

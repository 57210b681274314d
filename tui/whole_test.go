package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// wholeHost is a host that can do all that screens ask of one: of several profiles, with a record, with destinations.
type wholeHost struct {
	*fleetHost
	acts []ui.Act
}

func (h *wholeHost) Past(context.Context, string, string) (ui.Past, error) {
	return ui.Past{Acts: h.acts}, nil
}
func (h *wholeHost) RemoveProfile(context.Context, string) error             { return nil }
func (h *wholeHost) MakeDefault(context.Context, string) error               { return nil }
func (h *wholeHost) RemoveDestination(context.Context, string, string) error { return nil }
func (h *wholeHost) Destinations(string, string) []rotate.Named {
	return []rotate.Named{{Name: "payments", Describe: "API_KEY in /srv/payments/production/current/.env"}, {Name: "shop", Describe: "API_KEY in /srv/shop/.env"}}
}
func (h *wholeHost) Look(context.Context, string, apikey.Key, string) (string, error) {
	return "holds a secret, psp_…", nil
}
func (h *wholeHost) CanRemember(string) bool { return true }
func (h *wholeHost) Remember(context.Context, string, apikey.Key, string) (string, error) {
	return "", errors.New("no")
}

// startWhole opens the program with every screen that it has.
func startWhole(t testing.TB, width, height int) *driver {
	d, _ := startFleet(t, width, height, func(h *fleetHost) {
		h.options = func(o *Options) {
			h.whole(o)
		}
		for _, s := range h.services {
			for i := range s.keys {
				s.keys[i].ID = fmt.Sprintf("65f03c6ef367aa%010d", i)
			}
		}
		h.refuse["gen"] = errors.New("environment variable GENERIC_TOKEN is not set: set it, or let token be another")
	})
	return d
}

// whole gives a program all that it may have.
func (h *fleetHost) whole(o *Options) {
	host := &wholeHost{fleetHost: h}
	for i := range 6 {
		k := h.services["prod"].keys[i%3]
		host.acts = append(host.acts, ui.Act{At: o.Now().Add(-time.Duration(i) * time.Hour), Who: "adalovelace", From: "10.0.0.7", Profile: "prod", Action: []string{"create", "deliver"}[i%2],
			KeyID: k.ID, KeyName: k.Name, Outcome: "refused", More: []string{"expires in nineteen days", "destination /srv/payments/production/.env"}})
	}
	turns := &walkedRotations{now: o.Now, look: time.Minute}
	o.Host = host
	o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
		return rotate.NewSetup(env, turns, p.Name, k, caps)
	}
	o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
		return rotate.NewQueue(env, &partlyQueue{fakeQueue{now: o.Now}}, func(string) apikey.Setting { return apikey.Setting{Environment: apikey.Live, Remote: true} }, items)
	}
}

// partlyQueue is a queue of which something is left out, something fails and something waits.
type partlyQueue struct{ fakeQueue }

func (q *partlyQueue) Queue(ctx context.Context, items []rotate.Item) rotate.Queue {
	q.fakeQueue.Queue(ctx, items)
	for i := range q.items {
		switch i % 3 {
		case 0:
			q.items[i].Why = "has to be asked about: what reads this key could not be seen by the service"
		case 1:
			q.items[i].Notes = []string{"the service cannot disable a key: there is no rehearsal of the deletion"}
		}
	}
	return q
}

func (q *partlyQueue) Items() []rotate.Queued { return q.items }
func (q *partlyQueue) Run(_ context.Context, _ int, tell func(rotate.Progress)) {
	for i, item := range q.items {
		view := rotation.View{ID: item.ID, Old: item.Key, State: rotation.Open, Step: rotation.Drain}
		switch i % 3 {
		case 1:
			tell(rotate.Progress{At: i, View: view, Done: true, Err: errors.New("the connection was refused by the service while the new key was proven")})
		case 2:
			tell(rotate.Progress{At: i, View: view, Ends: q.now().Add(time.Hour), Total: 2 * time.Hour})
		}
	}
}

// everyScreen are the keys that open each screen and state, from the list of all profiles.
var everyScreen = []struct{ name, keys string }{
	{"list of one profile", "1"},
	{"all profiles", "0"},
	{"counts", "0 tab"},
	{"detail", "0 enter"},
	{"filter", "0 / e x p"},
	{"filter of what is not reported", "0 / r o l e : a d m i n"},
	{"filter that is not understood", "0 / b a : x"},
	{"filter that finds nothing", "0 / z z z"},
	{"marks", "0 *"},
	{"deletion of several", "0 * d"},
	{"switching several off", "0 * x"},
	{"queue", "0 * r"},
	{"queue at work", "0 space space space r 2 enter"},
	{"help", "?"},
	{"palette", ":"},
	{"palette with words", ": r o t"},
	{"copy", "y"},
	{"history", "A"},
	{"history of all", "A A"},
	{"no rotations", "R"},
	{"profiles", "p"},
	{"a profile tested", "p t"},
	{"what can be done with a profile", "p m"},
	{"destinations", "p m j enter"},
	{"a new profile", "p a"},
	{"verify", "v"},
	{"verify, pasted", "v psp_abcdefghijklmnoprstuvwxyz234567"},
	{"a new key", "n"},
	{"a new key, expiry", "n shop-worker tab"},
	{"a new key, permissions", "n shop-worker enter enter"},
	{"a new key, review", "n shop-worker enter enter space enter"},
	{"a new key, shown once", "n shop-worker enter enter space enter enter"},
	{"a new key, to a file", "n shop-worker enter enter space enter enter s"},
	{"a form that is left", "n shop-worker esc"},
	{"deletion", "d"},
	{"deletion, without the name", "d enter"},
	{"switching off", "x"},
	{"edit", "e"},
	{"rotation", "r"},
	{"rotation, preflight done", "r enter"},
	{"rotation, created", "r enter enter"},
	{"rotation, delivered", "r enter enter enter"},
	{"rotation, plan", "r enter enter enter p"},
	{"rotation, evidence", "r enter enter enter i"},
	{"rotation, undo", "r enter enter enter u"},
	{"rotation, proven", "r enter enter enter enter"},
	{"rotation, waited", "r enter enter enter enter enter"},
	{"board", "r enter enter enter enter enter esc R"},
	{"list with a rotation", "r enter enter enter enter enter esc"},
}

// openedAt is the program at a screen.
func openedAt(t testing.TB, keys string, width, height int) *driver {
	t.Helper()
	d := startWhole(t, width, height)
	for _, k := range strings.Fields(keys) {
		if _, named := keyTypes[k]; named || len([]rune(k)) == 1 {
			d.press(k)
		} else {
			d.typing(k)
		}
	}
	return d
}

// words are the words of a frame, line by line: what borders and blanks separate.
func words(view string) (lines [][]string) {
	for line := range strings.SplitSeq(view, "\n") {
		lines = append(lines, strings.FieldsFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x2500 && r < 0x25a0 }))
	}
	return lines
}

// uncovered is what is on the screen and behind nothing: of boxes, the one on top.
func (d *driver) uncovered() string {
	if _, boxes := d.app.layers(); len(boxes) > 0 {
		return ui.Unstyled(strings.Join(d.app.box(boxes[len(boxes)-1]), "\n"))
	}
	return d.view()
}

// TestNoTextIsClippedWithoutASignAtAnyWidth: what is a part of a word at one width is a whole one at another, or ends in an ellipsis.
func TestNoTextIsClippedWithoutASignAtAnyWidth(t *testing.T) {
	known, longer := map[string]bool{}, map[string]string{} // by each beginning of a word, the word
	learn := func(view string) {
		for _, line := range words(view) {
			for _, w := range line {
				known[w] = true
				for i := range w {
					if _, there := longer[w[:i]]; !there {
						longer[w[:i]] = w
					}
				}
			}
		}
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, s := range everyScreen {
		learn(openedAt(t, s.keys, 220, 90).view())
	}
	for _, s := range everyScreen {
		t.Run(s.name, func(t *testing.T) {
			d := openedAt(t, s.keys, 220, 30)
			for width := 219; width >= 60; width -= step {
				d.app.resize(width, 20+width%25)
				d.settle()
				d.check()
				if s := d.app.top(); s != nil {
					room, height := d.app.room(s)
					if view := strings.Split(s.View(), "\n"); len(view) > height {
						t.Fatalf("at %d its content has %d lines, and there is room for %d:\n%s", width, len(view), height, d.view())
					} else {
						for _, line := range view {
							if ui.Width(line) > room {
								t.Fatalf("at %d a line has %d cells, and there is room for %d: %q", width, ui.Width(line), room, line)
							}
						}
					}
				}
				for _, line := range words(d.uncovered()) {
					for _, w := range line {
						if whole, cut := longer[w]; cut && !known[w] && whole != w+"s" && len(w) > 2 && strings.ContainsFunc(w, unicode.IsLetter) {
							t.Fatalf("at %d %q is a part of %q:\n%s", width, w, whole, d.view())
						}
					}
				}
			}
		})
	}
}

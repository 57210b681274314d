package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/palette"
	"detent/tui/rotate"
	"detent/tui/ui"
)

func withRotations(o *Options, h *fakeHost) {
	turns := &walkedRotations{now: o.Now}
	o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
		return rotate.NewSetup(env, turns, p.Name, k, caps)
	}
	o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	for range 3 {
		r, _ := turns.Start(context.Background(), "prod", h.service.keys[len(turns.all)+5], rotate.Plan{})
		h.rotates(append(h.openRotations(), r.View())...)
	}
}

// Every action of the list and the detail is in the palette, and choosing it there does what its key does.
func TestThePaletteDoesWhatTheKeyDoes(t *testing.T) {
	for _, focus := range [][]string{nil, {"enter"}} {
		probe := start(t, 120, 40, withRotations).press(focus...)
		for _, s := range probe.app.env.Keys.Sections()[1:3] {
			for _, b := range s.Keys {
				name := b.Help().Desc
				switch b.Help().Key {
				case probe.app.env.Keys.Palette.Help().Key, probe.app.env.Keys.Suspend.Help().Key: // the painter takes that one
					continue
				}
				if len(focus) > 0 && strings.Contains("/sS", b.Help().Key) { // they act on the list
					continue
				}
				t.Run(fmt.Sprint(focus, name), func(t *testing.T) {
					byKey := start(t, 120, 40, withRotations).press(focus...).press(b.Keys()[0])
					d := start(t, 120, 40, withRotations).press(focus...).press(":")
					d.typing(name)
					p := d.app.top().(*palette.Palette)
					for i := 0; !strings.Contains(d.view(), "▸ "+name); i++ {
						if i > 20 {
							t.Fatalf("%q is not in the palette:\n%s", name, d.view())
						}
						d.press("down")
					}
					d.press("enter")
					if slices.Contains(d.app.overlays, ui.Screen(p)) {
						t.Fatalf("the palette stays:\n%s", d.view())
					}
					if got, want := fmt.Sprintf("%T", d.app.top()), fmt.Sprintf("%T", byKey.app.top()); got != want || d.quit != byKey.quit || d.out.String() != byKey.out.String() || d.app.list.Typing() != byKey.app.list.Typing() {
						t.Errorf("%s opens %s, its key %s:\n%s", name, got, want, d.view())
					}
				})
			}
		}
	}
}

// What cannot be done is there with why, and says so when it is chosen.
func TestThePaletteSaysWhyAnActionCannot(t *testing.T) {
	d := start(t, 120, 40, withProfile("audit"), withRotations)
	d.press("ctrl+p").typing("delete")
	d.sees("▸ delete", "cannot: the profile audit is read-only")
	d.press("enter").sees("delete: the profile audit is read-only")
	if d.host.service.called("delete "+d.host.service.keys[0].ID) > 0 || d.app.top() != nil {
		t.Fatal("it was begun all the same")
	}
}

// A few letters find keys, profiles and rotations, and enter goes there.
func TestThePaletteGoesToKeysProfilesAndRotations(t *testing.T) {
	d := start(t, 80, 24, withRotations)
	d.press(":").typing("frmod")
	d.sees("fraud-model", "key").press("enter").isOn("fraud-model")

	d.press(":").typing("localpros")
	d.sees("local/prosopo", "profile").press("enter")
	if d.app.profile.want != "local/prosopo" {
		t.Fatalf("the profile in use is %s", d.app.profile.want)
	}

	second := d.host.openRotations()[1]
	d.press(":").typing(second.Old.Name)
	d.sees("rotation")
	for i := 0; i < 20 && !strings.Contains(line(d.view(), "▸"), "rotation"); i++ {
		d.press("down")
	}
	d.press("enter")
	if _, is := d.app.top().(*rotate.List); !is || !strings.Contains(line(d.view(), "▸"), second.Old.Name) {
		t.Fatalf("not at the rotation of %s:\n%s", second.Old.Name, d.view())
	}
}

// line is the first line of a view that holds a text.
func line(view, text string) string {
	for l := range strings.SplitSeq(view, "\n") {
		if strings.Contains(l, text) {
			return l
		}
	}
	return ""
}

// What was chosen last comes first, while nothing is typed, and where two are called alike.
func TestThePaletteKnowsWhatWasChosenLast(t *testing.T) {
	d := start(t, 120, 40)
	d.press(":").typing("mobile-app-2")
	d.press("enter").press(":").typing("sort")
	d.press("enter").press(":")
	rows := strings.Split(d.view(), "\n")
	var found []string
	for i, l := range rows {
		if strings.Contains(l, "│ ▸") { // the box's, and not the list's
			found = rows[i : i+2]
			break
		}
	}
	if len(found) != 2 || !strings.Contains(found[0], "sort") || !strings.Contains(found[1], "mobile-app-2") {
		t.Errorf("the last ones are not first: %q\n%s", found, d.view())
	}
}

// Over a screen the palette has that screen's actions, and what is confirmed by the key itself is not confirmed by a choice.
func TestThePaletteOverAScreenHasItsActionsAndConfirmsNothing(t *testing.T) {
	d := start(t, 120, 40)
	d.press("p").press(":").typing("test")
	d.sees("▸ test").press("enter").sees("✓ works")

	d = start(t, 120, 40)
	d.press("d")
	box := d.app.top()
	for _, b := range box.Bindings() {
		if !d.app.confirms(b) {
			continue
		}
		d.press("ctrl+p").typing(b.Help().Desc)
		d.press("enter")
		if d.app.top() != box {
			t.Fatalf("%s left the box:\n%s", b.Help().Desc, d.view())
		}
		d.pass(time.Second)
	}
	if calls := d.host.service.called("delete " + d.host.service.keys[0].ID); calls != 0 {
		t.Fatal("the palette confirmed a deletion")
	}
}

// A read that opens the palette types into it and does nothing else: a paste never chooses.
func TestAReadThatOpensThePaletteChoosesNothing(t *testing.T) {
	d := start(t, 120, 40)
	d.burst(":", "q", "u", "i", "t", "enter")
	if d.quit || d.app.top() == nil {
		t.Fatal("a paste chose in the palette")
	}
	d.sees("quit")
}

// The palette keeps its size, whatever is found.
func TestThePaletteKeepsItsSize(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 20}, {40, 10}} {
		d := start(t, size[0], size[1], withRotations)
		d.press(":")
		want := corners(d.view())
		for _, text := range []string{"p", "a", "y", "zzzz", "\x00"} {
			d.typing(text)
			if got := corners(d.view()); got != want {
				t.Errorf("%v: with %q the box is at %v, not %v:\n%s", size, text, got, want, d.view())
			}
		}
	}
}

func corners(view string) (at [4]int) {
	for y, l := range strings.Split(view, "\n") {
		if x := strings.Index(l, "╭"); x >= 0 {
			at[0], at[1] = len([]rune(l[:x])), y
		}
		if x := strings.Index(l, "╯"); x >= 0 {
			at[2], at[3] = len([]rune(l[:x])), y
		}
	}
	return at
}

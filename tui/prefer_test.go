package tui

import (
	"fmt"
	"strings"
	"testing"

	"detent/tui/ui"
)

func withPreferences(p Preferences) func(*Options, *fakeHost) {
	return func(o *Options, _ *fakeHost) { o.Preferences = p }
}

// A key that was given to an action does what the action's own did, the own one does nothing any more, and footer and help show it.
func TestAnActionIsDoneByTheKeyItWasGiven(t *testing.T) {
	own := ui.NewKeys()
	for _, tc := range []struct{ action, was string }{
		{"new", own.New.Keys()[0]}, {"edit", "e"}, {"delete", "d"}, {"verify", "v"}, {"profiles", "p"}, {"help", "?"}, {"palette", ":"}, {"toggle", "x"},
	} {
		keys := ui.NewKeys()
		if err := keys.Bind(tc.action, []string{"f1", "&"}[1:]); err != nil {
			t.Fatal(err)
		}
		before := start(t, 120, 40).press(tc.was)
		d := start(t, 120, 40, withPreferences(Preferences{Keys: keys})).press("&")
		if got, want := fmt.Sprintf("%T", d.app.top()), fmt.Sprintf("%T", before.app.top()); got != want {
			t.Errorf("%s by & opens %s, by %s %s", tc.action, got, tc.was, want)
		}
		d = start(t, 120, 40, withPreferences(Preferences{Keys: keys})).press(tc.was)
		if d.app.top() != nil {
			t.Errorf("%s still opens %T, though %s has another key", tc.was, d.app.top(), tc.action)
		}
	}
}

func TestTheListBeginsAsPreferred(t *testing.T) {
	d := start(t, 120, 24, withPreferences(Preferences{Columns: []string{"name", "expires", "status"}, Order: "-expires"}))
	title := line(d.view(), "NAME")
	if !strings.Contains(title, "EXPIRES ▼") || strings.Index(title, "EXPIRES") > strings.Index(title, "STATUS") || strings.Contains(title, "ACCESS") {
		t.Errorf("the columns are %q", title)
	}
	if profile, order, _ := d.app.Left(); order != "-expires" || profile != "prod" {
		t.Errorf("left %q, %q", profile, order)
	}
	d.press("s")
	if _, order, _ := d.app.Left(); order != "status" {
		t.Errorf("after s: left %q", order)
	}
}

// What is wrong is left out: the list is there all the same.
func TestAListThatCannotBeAsPreferredIsAsUsual(t *testing.T) {
	want := start(t, 120, 24).view()
	for _, p := range []Preferences{{Columns: []string{"nme"}}, {Columns: []string{"status", "name"}}, {Columns: []string{"name", "name"}}, {Order: "nme"}, {Order: "key"}, {Order: "-"}} {
		if got := start(t, 120, 24, withPreferences(p)).view(); got != want {
			t.Errorf("%+v:\n%s", p, got)
		}
	}
}

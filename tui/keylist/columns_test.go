package keylist

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// An order of something that is not shown looks like no order: presets have names, types and projects have words.
func TestEveryColumnOfTextIsSortedByWhatItShows(t *testing.T) {
	perms := func(names ...string) (out []apikey.Permission) {
		for _, n := range names {
			out = append(out, apikey.Permission{Feature: "F", Name: n})
		}
		return out
	}
	var keys []apikey.Key
	for i, p := range [][]apikey.Permission{perms("zz", "yy"), perms("verify", "a"), perms("alpha"), nil, perms("a", "b", "c"), perms("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")} {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprint(i), Permissions: p, Type: []string{"sk", "pk", ""}[i%3],
			Project: fmt.Sprint(9 - i), ProjectName: []string{"zebra", "", "Apple"}[i%3], Environment: []apikey.Environment{apikey.Live, apikey.Test, ""}[i%3]})
	}
	l := New(newEnv(0))
	l.SetSize(160, 20)
	l.SetProfiles(Profile{Presets: []apikey.PermissionPreset{{Name: "aaa first", Permissions: perms("zz", "yy")}, {Name: "mid", Permissions: perms("verify", "a")}}})
	load(l, keys...)
	for c := range l.columns {
		if l.columns[c].text == nil || !l.store.shown[c] {
			continue
		}
		l.sortBy = c
		run(l, l.resort())
		var shown []string
		for _, i := range l.idx {
			text := strings.ToLower(l.columns[c].cell(&l.ctx, l.seen.key(i, new(apikey.Key)), 0).text)
			if text == "unknown" {
				text = ""
			}
			if n := 0; text != "" {
				if _, err := fmt.Sscanf(text, "%d", &n); err == nil {
					text = fmt.Sprintf("%06d", n)
				}
			}
			shown = append(shown, text)
		}
		for len(shown) > 0 && shown[len(shown)-1] == "" { // what is not said comes last
			shown = shown[:len(shown)-1]
		}
		if slices.Contains(shown, "") || !slices.IsSorted(shown) {
			t.Errorf("%s is in the order %q", l.columns[c].title, shown)
		}
	}
}

// What a column cuts at 80 cells is whole where there is room for it, and the names have theirs.
func TestAColumnIsWholeWhereThereIsRoom(t *testing.T) {
	k := apikey.Key{ID: "1", Name: "payments", Masked: "psp_live_0123456789abcdef…", Role: "content_superadministrator", ProjectName: "the project of the shop"}
	l := New(newEnv(0))
	l.SetSize(60, 10)
	load(l, k)
	for _, width := range []int{150, 200} {
		l.SetSize(width, 10)
		for _, whole := range []string{k.Masked, k.Role, k.ProjectName} {
			if !strings.Contains(l.View(), whole) {
				t.Errorf("%q is cut at %d:\n%s", whole, width, l.View())
			}
		}
	}
}

// s to STATUS brings what wants something done to the top, and keeps it there when the findings come after the keys.
func TestStatusSortsByUrgency(t *testing.T) {
	off := false
	keys := []apikey.Key{{ID: "fine", Name: "a"}, {ID: "off", Name: "b", Enabled: &off}, {ID: "old", Name: "c"}, {ID: "unused", Name: "d"},
		{ID: "expiring", Name: "e", ExpiresAt: at(1e9)}, {ID: "rotating", Name: "f"}, {ID: "expired", Name: "g", ExpiresAt: at(-1e9)}}
	marks := []ui.Marks{0, 0, ui.MarkOf(apikey.FindingAge), ui.MarkOf(apikey.FindingUnused), ui.MarkOf(apikey.FindingExpiring) | ui.MarkOf(apikey.FindingAge), ui.MarkOf(apikey.FindingRotationOpen), 0}
	l := newList(keys...)
	run(l, l.SetMarks(marks))
	var got []string
	for _, i := range l.idx {
		got = append(got, l.seen.key(i, new(apikey.Key)).ID)
	}
	if want := "expired rotating expiring old unused fine off"; strings.Join(got, " ") != want {
		t.Errorf("the order is %v, want %s", got, want)
	}
}

// TestTheWorstKeyIsFirstUnasked: by urgency, then by name; of those that end soon, the soonest first.
func TestTheWorstKeyIsFirstUnasked(t *testing.T) {
	day := 24 * time.Hour
	for _, n := range []int{0, 5000} { // at once, and in a command
		var keys []apikey.Key
		var marks []ui.Marks
		add := func(name string, expires apikey.Moment, found ...apikey.FindingKind) {
			var m ui.Marks
			for _, kind := range found {
				m |= ui.MarkOf(kind)
			}
			keys, marks = append(keys, apikey.Key{ID: name, Name: name, ExpiresAt: expires}), append(marks, m)
		}
		for i := range n {
			add(fmt.Sprintf("zz-%04d", i), apikey.Never())
		}
		add("b-fine", apikey.Never())
		add("a-unused", apikey.Never(), apikey.FindingUnused)
		add("z-old", apikey.Never(), apikey.FindingAge)
		add("a-ends-later", at(9*day), apikey.FindingExpiring)
		add("y-ends-soon", at(time.Hour), apikey.FindingExpiring)
		add("y-half", apikey.Never(), apikey.FindingRotationOpen)
		add("x-expired", at(-day), apikey.FindingExpired)
		add("c-old", apikey.Never(), apikey.FindingAge, apikey.FindingUnused)
		l := newList(keys...)
		run(l, l.SetMarks(marks))
		if got, want := strings.Join(strings.Fields(order(l))[:8], " "), "x-expired y-half y-ends-soon a-ends-later c-old z-old a-unused b-fine"; got != want {
			t.Errorf("%d others: %s, want %s", n, got, want)
		}
		if k, _, ok := l.Selected(); !ok || k.Name != "x-expired" {
			t.Errorf("%d others: the cursor is on %v", n, k)
		}
	}
}

func TestAWordThatIsNearlyOneIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"expire<14d": "did you mean expires", "nmae:x": "did you mean name", "roel:admin": "did you mean role", "status:exipred": "did you mean expired",
		"statsu:old": "did you mean status", "creatd>1d": "did you mean created", "pemr:x": "did you mean perm",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"zzzzzz:x", "a:x", "qqqq<3d"} {
		if _, err := parse(text); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The names have what they need before another column is whole: theirs, and the mark of detent's own credential.
func TestAnOwnKeysNameIsWholeBeforeOtherColumnsAre(t *testing.T) {
	k := apikey.Key{ID: "1", Name: "administrator", Own: true, Masked: "sk-xhjutsgre5jr****", Role: "admin", ProjectName: "Default", Type: apikey.SecretKey, ExpiresAt: apikey.Never(), CreatedAt: at(-1e9)}
	l := New(newEnv(0))
	for width := 60; width <= 200; width++ {
		l.SetSize(width, 10)
		if l.Len() == 0 {
			load(l, k)
		}
		if strings.Contains(l.View(), k.Masked) && !strings.Contains(l.View(), "administrator ◆ own") {
			t.Fatalf("at %d:\n%s", width, l.View())
		}
	}
}

// TestAReloadDoesNotShowAnotherOrderFirst: until the findings of the new keys are known, the old ones stay.
func TestAReloadDoesNotShowAnotherOrderFirst(t *testing.T) {
	keys := []apikey.Key{{ID: "1", Name: "a"}, {ID: "2", Name: "b"}}
	marks := []ui.Marks{0, ui.MarkOf(apikey.FindingAge)}
	l := newList(keys...)
	run(l, l.SetMarks(marks))
	if order(l) != "b a" {
		t.Fatal(order(l))
	}
	load(l, append(keys, apikey.Key{ID: "3", Name: "0"})...)
	if order(l) != "b a" {
		t.Errorf("before the findings are known: %s", order(l))
	}
	run(l, l.SetMarks(append(marks, 0)))
	if order(l) != "b 0 a" {
		t.Errorf("then: %s", order(l))
	}
}

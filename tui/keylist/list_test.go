package keylist

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/tui/ui"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newEnv(p termenv.Profile) *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(p)
	r.SetHasDarkBackground(true)
	return &ui.Env{Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Now: func() time.Time { return noon }, Zone: time.UTC}
}

// run carries out commands until none is left.
func run(l *List, cmd tea.Cmd) {
	for cmd != nil {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				run(l, c)
			}
			return
		}
		cmd = l.Update(msg)
	}
}

func load(l *List, keys ...apikey.Key) {
	l.Begin()
	run(l, l.Add(NewBatch(keys)))
	run(l, l.End(true))
}

func newList(keys ...apikey.Key) *List {
	l := New(newEnv(termenv.Ascii))
	l.SetSize(110, 20)
	load(l, keys...)
	return l
}

func press(l *List, keys ...string) {
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "enter":
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		case "esc":
			msg = tea.KeyMsg{Type: tea.KeyEsc}
		case "backspace":
			msg = tea.KeyMsg{Type: tea.KeyBackspace}
		}
		run(l, l.Update(msg))
	}
}

func order(l *List) string {
	var names []string
	for _, i := range l.idx {
		names = append(names, l.seen.key(i, new(apikey.Key)).Name)
	}
	return strings.Join(names, " ")
}

func at(d time.Duration) apikey.Moment { return apikey.At(noon.Add(d)) }

func TestSortingIsByValueAndWhatIsUnknownComesLastBothWays(t *testing.T) {
	l := newList(
		apikey.Key{ID: "1", Name: "b", ExpiresAt: at(100 * time.Hour), LastUsedAt: at(-time.Minute)},
		apikey.Key{ID: "2", Name: "a", ExpiresAt: apikey.Never(), LastUsedAt: apikey.Never()},
		apikey.Key{ID: "3", Name: "d", ExpiresAt: at(9 * time.Hour), LastUsedAt: at(-time.Hour)},
		apikey.Key{ID: "4", Name: "C"},
	)
	cases := []struct{ title, up, down string }{
		{"NAME", "a b C d", "d C b a"},
		{"EXPIRES", "d b a C", "a b d C"},
		{"LAST USED", "a d b C", "b d a C"},
	}
	for _, c := range cases {
		for l.columns[l.sortBy].title != c.title {
			press(l, "s")
		}
		if got := order(l); got != c.up {
			t.Errorf("by %s: %s, want %s", c.title, got, c.up)
		}
		press(l, "S")
		if got := order(l); got != c.down {
			t.Errorf("by %s reversed: %s, want %s", c.title, got, c.down)
		}
	}
}

func TestSortGoesOnlyToColumnsThatSomeKeyReports(t *testing.T) {
	l := newList(apikey.Key{ID: "1", Name: "a", CreatedAt: at(-time.Hour)})
	var seen []string
	for range 4 {
		press(l, "s")
		seen = append(seen, l.columns[l.sortBy].title)
	}
	if got := strings.Join(seen, " "); got != "CREATED NAME CREATED NAME" {
		t.Errorf("sorted by %s", got)
	}
}

func TestWordsMatchInAnyOrderAndAnyCase(t *testing.T) {
	l := newList(
		apikey.Key{ID: "1", Name: "Payments API", Role: "admin"},
		apikey.Key{ID: "2", Name: "payments cron", Role: "reader"},
		apikey.Key{ID: "3", Name: "ÜBER", Permissions: []apikey.Permission{{Feature: "X", Name: "deleteRule"}}},
	)
	for filter, want := range map[string]string{
		"pay": "Payments API|payments cron", "admin pay": "Payments API", "API PAY": "Payments API",
		"über": "ÜBER", "deleterule": "ÜBER", "reader admin": "", "  ": "Payments API|payments cron|ÜBER",
	} {
		press(l, "/", filter)
		var names []string
		for _, i := range l.idx {
			names = append(names, l.seen.key(i, new(apikey.Key)).Name)
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("%q finds %q, want %q", filter, got, want)
		}
		press(l, "esc")
	}
}

// The quick ways of the filter must find what the slow way finds.
func TestNarrowingFindsWhatAFreshFilterFinds(t *testing.T) {
	var keys []apikey.Key
	for i := range 500 {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("k%d-%d", i*7919%1000, i)})
	}
	l := newList(keys...)
	press(l, "/")
	for _, k := range []string{"1", "2", " ", "3", "backspace", "4", "backspace", "backspace", "backspace", "9", " ", "9"} {
		press(l, k)
		fresh := newList(keys...)
		press(fresh, "/", l.input.Value())
		if order(l) != order(fresh) {
			t.Fatalf("after %q the list differs from a fresh one", l.input.Value())
		}
	}
}

func TestMatchesAreHighlighted(t *testing.T) {
	l := New(newEnv(termenv.ANSI))
	l.SetSize(80, 10)
	load(l, apikey.Key{ID: "1", Name: "first"}, apikey.Key{ID: "2", Name: "payments"})
	press(l, "/", "ment", "enter")
	want := l.env.Styles.Base.Render("pay") + l.env.Styles.Match.Render("ment") + l.env.Styles.Base.Render("s")
	if got := l.render(1, false); !strings.Contains(got, want) || !strings.Contains(want, "\x1b[") {
		t.Errorf("%q does not highlight ment", got)
	}
}

func TestColumnsGoByNeedAsThePaneNarrows(t *testing.T) {
	on := true
	l := newList(apikey.Key{
		ID: "1", Name: "payments-api", Masked: "pk7_****", Role: "admin", Type: "sk", Environment: apikey.Live, Project: "p1",
		Enabled: &on, CreatedAt: at(-time.Hour), ExpiresAt: at(time.Hour), LastUsedAt: at(-time.Hour),
	})
	last := len(columns()) + 1
	for width := 160; width >= 20; width-- {
		l.SetSize(width, 5)
		if len(l.layout) > last {
			t.Errorf("%d cells: more columns than in a wider pane", width)
		}
		last = len(l.layout)
		for _, line := range l.Lines() {
			if ansi.StringWidth(line) != width {
				t.Fatalf("%d cells: a line has %d: %q", width, ansi.StringWidth(line), line)
			}
		}
	}
	titles := func(width int) string {
		l.SetSize(width, 5)
		var out []string
		for _, c := range l.layout {
			out = append(out, c.title)
		}
		return strings.Join(out, " ")
	}
	for width, want := range map[int]string{
		160: "NAME KEY TYPE ACCESS PROJECT ENV STATUS CREATED EXPIRES LAST USED",
		58:  "NAME ACCESS ENV STATUS EXPIRES",
		24:  "NAME ENV",
		18:  "NAME",
	} {
		if got := titles(width); got != want {
			t.Errorf("%d cells: %s, want %s", width, got, want)
		}
	}
}

func TestAColumnThatNoKeyReportsIsNotThere(t *testing.T) {
	l := newList(apikey.Key{ID: "1", Name: "a", Role: "admin"})
	if view := l.View(); strings.Contains(view, "LAST USED") || strings.Contains(view, "ENV") || !strings.Contains(view, "ACCESS") {
		t.Errorf("the columns are wrong:\n%s", view)
	}
	load(l, apikey.Key{ID: "1", Name: "a", LastUsedAt: apikey.Never()}, apikey.Key{ID: "2", Name: "b"})
	if view := l.View(); !strings.Contains(view, "never") || !strings.Contains(view, "unknown") {
		t.Errorf("never and unknown are not told apart:\n%s", view)
	}
}

func TestEveryStateHasAGlyphAndAWord(t *testing.T) {
	off, on := false, true
	cases := []struct {
		key   apikey.Key
		marks ui.Marks
		want  string
	}{
		{apikey.Key{ExpiresAt: at(-time.Hour)}, ui.MarkOf(apikey.FindingExpired), "✗ expired"},
		{apikey.Key{Enabled: &off}, ui.MarkOf(apikey.FindingExpiring), "○ disabled"},
		{apikey.Key{Enabled: &on}, 0, "● enabled"},
		{apikey.Key{}, ui.MarkOf(apikey.FindingExpiring), "! expiring"},
		{apikey.Key{}, ui.MarkOf(apikey.FindingRotationOpen), "↻ retiring"},
		{apikey.Key{Enabled: &off}, ui.MarkOf(apikey.FindingRotationOpen), "↻ disabled"},
		{apikey.Key{Enabled: &off}, ui.MarkReplacement, "↻ disabled"},
		{apikey.Key{}, ui.MarkOf(apikey.FindingUnused), "! unused"},
		{apikey.Key{Own: true, Enabled: &on}, 0, "◆ own"},
		{apikey.Key{Environment: apikey.Live}, 0, "▲ LIVE"},
		{apikey.Key{Environment: apikey.Test}, 0, "△ test"},
	}
	for _, c := range cases {
		c.key.ID, c.key.Name = "1", "k"
		l := newList(c.key)
		l.SetMarks([]ui.Marks{c.marks})
		if !strings.Contains(l.View(), c.want) {
			t.Errorf("%q is not in\n%s", c.want, l.View())
		}
	}
}

func TestTheCursorIsThereWithoutColour(t *testing.T) {
	l := newList(apikey.Key{ID: "1", Name: "a"}, apikey.Key{ID: "2", Name: "b"})
	press(l, "j")
	for _, line := range l.Lines() {
		if strings.Contains(line, "▸") != strings.Contains(line, " b ") {
			t.Errorf("the cursor is wrong in %q", line)
		}
	}
}

func TestKeysComeInWhileTheyAreLoaded(t *testing.T) {
	l := New(newEnv(termenv.Ascii))
	l.SetSize(80, 10)
	l.Begin()
	run(l, l.Add(NewBatch([]apikey.Key{{ID: "1", Name: "m"}})))
	if !strings.Contains(l.View(), " m ") {
		t.Fatal("the first batch is not shown at once")
	}
	run(l, l.Add(NewBatch([]apikey.Key{{ID: "2", Name: "a"}})))
	if k, _, _ := l.Selected(); k.Name != "a" || order(l) != "a m" {
		t.Fatalf("the cursor left the first line before the user moved: %v, %s", k.Name, order(l))
	}
	press(l, "j")
	run(l, l.Add(NewBatch([]apikey.Key{{ID: "3", Name: "b"}})))
	if k, _, _ := l.Selected(); k.Name != "m" {
		t.Fatalf("the cursor left its key: %s", k.Name)
	}
}

func TestAnIncompleteReloadLeavesTheOldList(t *testing.T) {
	l := newList(apikey.Key{ID: "1", Name: "a"}, apikey.Key{ID: "2", Name: "b"})
	l.Begin()
	run(l, l.Add(NewBatch([]apikey.Key{{ID: "3", Name: "c"}})))
	run(l, l.End(false))
	if order(l) != "a b" {
		t.Errorf("the list is %s", order(l))
	}
}

func TestWorkInACommandEndsInTheSameListAsWorkAtOnce(t *testing.T) {
	var keys []apikey.Key
	for i := range sortAtOnce + 1000 {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("%06d", i*7919%100000), CreatedAt: at(-time.Duration(i%977) * time.Hour)})
	}
	l := newList(keys...)
	press(l, "j", "j", "j")
	// Keys typed while commands run: their results come late and out of date.
	var cmds []tea.Cmd
	for _, k := range []string{"s", "S", "/", "1", "2"} {
		cmds = append(cmds, l.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}))
	}
	for _, cmd := range cmds {
		run(l, cmd)
	}
	var want []string
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, func(a, b apikey.Key) int {
		x, _ := a.CreatedAt.Time()
		y, _ := b.CreatedAt.Time()
		if c := y.Compare(x); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, k := range sorted {
		if strings.Contains(k.Name, "12") || strings.Contains(k.ID, "12") {
			want = append(want, k.Name)
		}
	}
	if got := order(l); got != strings.Join(want, " ") {
		t.Fatalf("%d keys are shown in some order, want %d", len(l.idx), len(want))
	}
	press(l, "esc")
	if k, _, _ := l.Selected(); k == nil || len(l.idx) != len(keys) {
		t.Fatal("the list is not whole after the filter")
	}
}

func TestMovementStaysInTheList(t *testing.T) {
	l := New(newEnv(termenv.Ascii))
	l.SetSize(60, 6)
	press(l, "j", "k", "G", "g") // an empty list has nowhere to go
	var keys []apikey.Key
	for i := range 30 {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("k%02d", i)})
	}
	load(l, keys...)
	for _, step := range []struct{ key, on string }{{"k", "k00"}, {"G", "k29"}, {"j", "k29"}, {"g", "k00"}, {"j", "k01"}} {
		press(l, step.key)
		if k, _, _ := l.Selected(); k.Name != step.on {
			t.Errorf("after %s on %s, want %s", step.key, k.Name, step.on)
		}
		if !strings.Contains(l.View(), "▸ "+step.on) {
			t.Errorf("after %s the cursor is not in view:\n%s", step.key, l.View())
		}
	}
}

func TestOnlyTheVisibleRowsAreComputed(t *testing.T) {
	var keys []apikey.Key
	for i := range 10_000 {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("k%05d", i)})
	}
	l := newList(keys...)
	l.View()
	if len(l.rows) > l.height {
		t.Fatalf("%d rows were computed for %d lines", len(l.rows), l.height)
	}
	allocs := testing.AllocsPerRun(20, func() { l.View() })
	big := allocs
	l = newList(keys[:50]...)
	l.View()
	if small := testing.AllocsPerRun(20, func() { l.View() }); big > small+5 {
		t.Errorf("a frame of 10,000 keys allocates %v times, one of 50 keys %v times", big, small)
	}
}

// A rotation under way says which key is the old one, in whatever room there is.
func TestOldAndNewOfARotationAreMarkedInASmallList(t *testing.T) {
	key := func(id, name string) apikey.Key {
		return apikey.Key{ID: id, Name: name, Masked: "sk_live_abc****", Environment: apikey.Live, ExpiresAt: apikey.Never(),
			LastUsedAt: apikey.Never(), Restrictions: &apikey.Restrictions{}}
	}
	l := newList(key("1", "payments-api"), key("2", "payments-api ~r7mgmdycp7r"))
	l.SetMarks([]ui.Marks{ui.MarkOf(apikey.FindingRotationOpen), ui.MarkReplacement | ui.MarkOf(apikey.FindingRotationOpen)})
	l.SetSize(50, 10)
	if view := l.View(); !strings.Contains(view, "↻ retiring") || !strings.Contains(view, "↻ new") {
		t.Errorf("old and new are not marked:\n%s", view)
	}
}

func TestATitleIsNoLetterOfTheFilter(t *testing.T) {
	for _, typed := range []string{"", "p", "pay"} {
		l := newList(apikey.Key{ID: "1", Name: "payments"}, apikey.Key{ID: "2", Name: "pages"})
		press(l, "/")
		if typed != "" {
			press(l, strings.Split(typed, "")...)
		}
		for click := range 3 {
			l.Lines()
			cmd, ok := l.ClickTitle(marker, l.drawn-1)
			if run(l, cmd); !ok {
				t.Fatal("no title was drawn")
			}
			if text, _ := l.Filter(); text != typed || l.reverse != (click%2 == 1) {
				t.Errorf("filter %q: %d clicks on the name type %q, reversed %v", typed, click+1, text, l.reverse)
			}
		}
	}
}

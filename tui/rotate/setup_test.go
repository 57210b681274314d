package rotate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

var (
	inPlace = apikey.Roll{Ability: apikey.Can(), AtOnce: true, Overlap: 7 * 24 * time.Hour, Again: true, End: true, Keep: true}
	atOnce  = apikey.Roll{Ability: apikey.Can(), AtOnce: true}
	brief   = apikey.Roll{Ability: apikey.Can(), Overlap: 2 * time.Hour, Again: true, End: true, Keep: true}
)

func setupOf(t *testing.T, roll apikey.Roll, k apikey.Key) (*driver, *fakeHost) {
	h := &fakeHost{rotation: newScript(), named: []Named{{Name: "payments", Suggested: true}}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", k, apikey.Capabilities{Create: apikey.Can(), Disable: apikey.Can(), LastUsed: apikey.Can(), Roll: roll})
	d.screen.SetSize(118, 34)
	d.run(ui.Begin(d.screen))
	return d, h
}

// A roll is offered where the service can, as what it is, and is never what enter begins unless it was chosen.
func TestARollIsOfferedWhereTheServiceCan(t *testing.T) {
	key := apikey.Key{ID: "k1", Name: "payments-api"}
	own := key
	own.Own = true
	for name, c := range map[string]struct {
		roll apikey.Roll
		key  apikey.Key
		want []string // after the three ways that make another key
	}{
		"both":               {inPlace, key, []string{"roll", "roll at once"}},
		"at once alone":      {atOnce, key, []string{"roll at once"}},
		"with overlap alone": {brief, key, []string{"roll"}},
		"none":               {apikey.Roll{}, key, nil},
		"detent's own key":   {inPlace, own, nil},
	} {
		d, h := setupOf(t, c.roll, c.key)
		var got []string
		for _, m := range d.screen.(*Setup).modes[3:] {
			got = append(got, m.name)
		}
		if strings.Join(got, ",") != strings.Join(c.want, ",") {
			t.Errorf("%s: offered %q, want %q", name, got, c.want)
		}
		for _, size := range [][2]int{{118, 34}, {76, 18}, {56, 14}} { // what is chosen is in sight, whatever the size
			for i, way := range got {
				d.screen.SetSize(size[0], size[1])
				d.screen.(*Setup).focus = d.screen.(*Setup).modeRow() + 3 + i
				if text := ansi.Strip(d.screen.View()); !strings.Contains(text, "(•) "+way) {
					t.Errorf("%s at %v: %s is not in sight:\n%s", name, size, way, text)
				}
			}
		}
		d.screen.(*Setup).focus = 0
		if d.press("enter"); h.plan.Strategy != "" || h.plan.Overlap != nil {
			t.Errorf("%s: enter began %+v", name, h.plan)
		}
	}
}

// What enter does is in sight from every row, and what the row in focus says is whole, whatever the size; more so where something is amiss.
func TestWhatEnterBeginsIsInSight(t *testing.T) {
	for name, roll := range map[string]apikey.Roll{"no roll": {}, "both rolls": inPlace} {
		for _, problem := range []string{"", "Where does the application read this key? Without a place for the new secret nothing is begun."} {
			for _, size := range [][2]int{{118, 34}, {76, 22}, {76, 18}, {56, 18}, {56, 14}} {
				d, _ := setupOf(t, roll, apikey.Key{ID: "k1", Name: "payments-api"})
				s := d.screen.(*Setup)
				s.named = []Named{{Name: "payments"}, {Name: "billing"}, {Name: "shop"}}
				s.ticks = make([]bool, len(s.named))
				for _, n := range s.named {
					s.holds[n.Name] = lookedMsg{err: errors.New("the folder /srv/a-long-name/of/a-place/" + n.Name + " does not exist")}
				}
				s.SetSize(size[0], size[1])
				s.problem = problem
				for s.focus = range s.rows() {
					text := ansi.Strip(s.View())
					words := strings.Join(strings.Fields(text), " ")
					want := []string{"[ Begin: " + s.chosen().name + " ]", "the preflight changes", "nothing", problem}
					switch row := s.focus - s.modeRow(); {
					case s.focus < len(s.named):
						want = append(want, s.named[s.focus].Name+" does not exist")
					case row >= 0 && row < len(s.modes):
						want = append(want, s.modes[row].text)
					case s.focus == s.drainRow():
						want = append(want, s.drainWords())
					case s.focus == s.soakRow():
						want = append(want, soakWords)
					}
					for _, w := range want {
						if !strings.Contains(words, w) {
							t.Errorf("%s at %v, row %d: %q is not in sight:\n%s", name, size, s.focus, w, text)
						}
					}
					if got := strings.Count(text, "\n") + 1; got > size[1] {
						t.Errorf("%s at %v, row %d: %d lines", name, size, s.focus, got)
					}
				}
			}
		}
	}
}

func TestARollIsBegunAsItWasChosen(t *testing.T) {
	day, brieflyLonger, hour := 24*time.Hour, 2*time.Hour, time.Hour
	for name, c := range map[string]struct {
		roll     apikey.Roll
		keys     []string // from the first way on
		strategy string
		overlap  *time.Duration
		problem  string
	}{
		"the usual overlap":         {inPlace, []string{"tab", "tab", "tab"}, rotation.RollWithOverlap.ID, &day, ""},
		"as long as there can be":   {brief, []string{"tab", "tab", "tab"}, rotation.RollWithOverlap.ID, &brieflyLonger, ""},
		"another overlap":           {inPlace, []string{"tab", "tab", "tab", " ", "tab", "tab", "tab", "backspace", "backspace", "1", "h"}, rotation.RollWithOverlap.ID, &hour, ""},
		"none where it was chosen":  {inPlace, []string{"tab", "tab", "tab", " ", "tab", "tab", "tab", "backspace", "backspace", "0"}, "", nil, "that is a roll at once"},
		"no length of time":         {inPlace, []string{"tab", "tab", "tab", " ", "tab", "tab", "tab", "backspace", "backspace", "x"}, "", nil, "✗"},
		"at once, which waits none": {inPlace, []string{"tab", "tab", "tab", "tab"}, rotation.RollAtOnce.ID, nil, ""},
	} {
		d, h := setupOf(t, c.roll, apikey.Key{ID: "k1", Name: "payments-api"})
		s := d.screen.(*Setup)
		s.focus = s.modeRow()
		s.refocus()
		d.press(c.keys...)
		if d.press("enter"); c.problem != "" {
			if d.sees(c.problem); h.plan.Destinations != nil {
				t.Errorf("%s: began %+v", name, h.plan)
			}
			continue
		}
		got := h.plan
		if got.Strategy != c.strategy || (got.Overlap == nil) != (c.overlap == nil) || got.Overlap != nil && *got.Overlap != *c.overlap || got.Soak != nil || got.Mode != rotation.Planned {
			t.Errorf("%s: began %+v", name, got)
		}
	}
}

func TestARollIsBegunByEar(t *testing.T) {
	d, h := setupOf(t, inPlace, apikey.Key{ID: "k1", Name: "payments-api"})
	choose := func(words string) {
		t.Helper()
		for _, c := range d.screen.(*Setup).Speak().Ask.Choices {
			if strings.HasPrefix(c.Words, words) {
				for _, k := range c.Keys {
					d.run(d.screen.Update(k))
				}
				return
			}
		}
		t.Fatalf("no choice begins with %q: %+v", words, d.screen.(*Setup).Speak().Ask.Choices)
	}
	choose("roll: ")
	choose("overlap, now 1d")
	ask := d.screen.(*Setup).Speak().Ask
	if !strings.HasPrefix(ask.Words, "Overlap") {
		t.Fatalf("asks %q", ask.Words)
	}
	keys, err := ask.Text("2h")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		d.run(d.screen.Update(k))
	}
	choose("begin, roll")
	if h.plan.Strategy != rotation.RollWithOverlap.ID || *h.plan.Overlap != 2*time.Hour {
		t.Errorf("began %+v", h.plan)
	}
}

// TestTheOverlapThatIsFilledInIsTaken: whatever is the longest that the service and the key's end let be, enter begins with it.
func TestTheOverlapThatIsFilledInIsTaken(t *testing.T) {
	for most, want := range map[time.Duration]time.Duration{
		7 * 24 * time.Hour: 24 * time.Hour, 24 * time.Hour: 24 * time.Hour, 24*time.Hour - time.Second: 24*time.Hour - time.Second, 90 * time.Minute: 90 * time.Minute,
		5*time.Hour + 10*time.Minute: 310 * time.Minute, time.Hour: time.Hour, 15 * time.Minute: 15 * time.Minute, 100 * time.Second: 100 * time.Second, 30 * time.Second: 30 * time.Second,
	} {
		roll := brief
		roll.Overlap = most
		d, h := setupOf(t, roll, apikey.Key{ID: "k1", Name: "payments-api"})
		s := d.screen.(*Setup)
		s.focus = s.modeRow()
		s.refocus()
		d.press("tab", "tab", "tab")
		d.press("enter")
		if h.plan.Strategy != rotation.RollWithOverlap.ID || h.plan.Overlap == nil || *h.plan.Overlap > most || *h.plan.Overlap != want {
			t.Errorf("at most %s: filled in as %q, began %+v", most, s.overlap.Value(), h.plan)
		}
	}
}

// TestTheOverlapThatIsFilledInIsNoLongerThanTheKey, where a roll gives the key that it takes the place of the overlap's end.
func TestTheOverlapThatIsFilledInIsNoLongerThanTheKey(t *testing.T) {
	for _, newID := range []bool{false, true} {
		roll := inPlace
		roll.NewID = newID
		d, _ := setupOf(t, roll, apikey.Key{ID: "k1", Name: "payments-api", ExpiresAt: apikey.At(noon.Add(6 * time.Hour))})
		want := map[bool]string{false: "1d", true: "359m"}[newID]
		if got := d.screen.(*Setup).overlap.Value(); got != want {
			t.Errorf("a new id %v: filled in as %q, not %q", newID, got, want)
		}
	}
}

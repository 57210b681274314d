package form

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// TestAFormOffersTheLifetimesThatThereAre, and takes no other: of a service that gives a few, one with a limit, and one where each key ends.
func TestAFormOffersTheLifetimesThatThereAre(t *testing.T) {
	const d = 24 * time.Hour
	for name, tc := range map[string]struct {
		gives       apikey.Lifetimes
		offers      string
		first       time.Duration
		typed, want string // what is said of what is typed; no typing where it is empty
	}{
		"any":              {apikey.Lifetimes{}, "1h 1d 7d 30d 90d never", 90 * d, "400d", ""},
		"a limit":          {apikey.Lifetimes{Longest: 30 * d}, "1h 1d 7d 30d never", 30 * d, "31d", "a key 30d at the longest"},
		"an odd limit":     {apikey.Lifetimes{Longest: 45 * d}, "1h 1d 7d 30d 45d never", 45 * d, "46d", "a key 45d at the longest"},
		"a few, over ours": {apikey.Lifetimes{Spans: []time.Duration{180 * d, 365 * d}}, "180d 365d never", 180 * d, "", ""},
		"a limit, always":  {apikey.Lifetimes{Longest: 365 * d, Always: true}, "1h 1d 7d 30d 90d", 90 * d, "never", "no key without an end"},
		"a short limit":    {apikey.Lifetimes{Longest: 90 * time.Minute, Always: true}, "1h 1h30m", 90 * time.Minute, "2h", "1h30m at the longest"},
		"a minute":         {apikey.Lifetimes{Longest: time.Minute, Always: true}, "1m", time.Minute, "2m", "1m at the longest"},
		"a few":            {apikey.Lifetimes{Spans: []time.Duration{36 * time.Hour, 60 * d}}, "1d 12h 60d never", 60 * d, "", ""},
		"a few, with ours": {apikey.Lifetimes{Spans: []time.Duration{d, 90 * d, 365 * d}, Always: true}, "1d 90d 365d", 90 * d, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			caps := generic()
			caps.Create, caps.Expiry, caps.Lifetimes = apikey.Can(), apikey.Can(), tc.gives
			c := NewCreate(plainEnvironment(), caps, testProfile, nil).(*Create)
			if got := strings.Join(c.expiry.presets, " "); got != tc.offers {
				t.Errorf("offers %s, want %s", got, tc.offers)
			}
			if v, err := c.expiry.value(); err != nil || v.After != tc.first {
				t.Errorf("begins with %+v, %v", v, err)
			}
			for range len(c.expiry.presets) {
				if v, err := c.expiry.value(); err != nil || tc.gives.Check(v, noon) != nil {
					t.Errorf("%s is offered: %+v, %v", c.expiry.text(), v, err)
				}
				c.expiry.Update(ui.Press("left"))
			}
			if tc.typed == "" {
				for _, r := range "17d" {
					c.expiry.Update(ui.Press(string(r)))
				}
				for range 9 {
					c.expiry.Update(ui.Press("right"))
				}
				if got := c.expiry.text(); !slices.Contains(c.expiry.presets, got) || c.expiry.typing() {
					t.Errorf("%q is chosen", got)
				}
				if !strings.Contains(strings.Join(c.expiry.lines(20), "\n"), "60d") && name == "a few" {
					t.Errorf("%q", c.expiry.lines(20))
				}
				return
			}
			for _, r := range tc.typed {
				c.expiry.Update(ui.Press(string(r)))
			}
			if _, err := c.expiry.value(); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want %q", tc.typed, err, tc.want)
			}
		})
	}
}

// TestALifetimeIsChosenByItsNumber where keys are asked for line by line.
func TestALifetimeIsChosenByItsNumber(t *testing.T) {
	e := newExpiry(plainEnvironment(), apikey.Lifetimes{Spans: []time.Duration{24 * time.Hour, 48 * time.Hour, 72 * time.Hour}})
	_, q := e.ask()
	if len(q.Choices) != 4 || q.Text != nil {
		t.Fatalf("%+v", q)
	}
	for i, choice := range q.Choices {
		at := newExpiry(plainEnvironment(), e.gives)
		for _, k := range choice.Keys[:len(choice.Keys)-1] {
			at.Update(k)
		}
		if at.text() != choice.Words || at.at != i {
			t.Errorf("%s leads to %s", choice.Words, at.text())
		}
	}
}

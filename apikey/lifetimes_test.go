package apikey

import (
	"strings"
	"testing"
	"time"
)

var lifetimes = map[string]Lifetimes{
	"any":     {},
	"a limit": {Longest: 90 * day},
	"bounded": {Longest: 90 * day, Always: true},
	"a few":   {Spans: []time.Duration{day, 30 * day, 90 * day}},
	"a must":  {Spans: []time.Duration{30 * day, 90 * day}, Always: true},
}

func TestALifetimeThatAServiceDoesNotGiveIsRefused(t *testing.T) {
	for _, tc := range []struct {
		of, want string // why not; empty where it is taken
		asked    Expiry
	}{
		{"any", "", Expiry{}}, {"any", "", Expiry{After: 17}}, {"any", "", Expiry{At: noon.Add(day)}},
		{"a limit", "", Expiry{}}, {"a limit", "", Expiry{After: 90 * day}}, {"a limit", "90d at the longest", Expiry{After: 90*day + 1}},
		{"a limit", "", Expiry{At: noon.Add(90 * day)}}, {"a limit", "90d at the longest", Expiry{At: noon.Add(91 * day)}},
		{"bounded", "no key without an end: at most 90d", Expiry{}}, {"bounded", "", Expiry{After: day}},
		{"a few", "", Expiry{}}, {"a few", "", Expiry{After: 30 * day}}, {"a few", "1d, 30d, 90d or never, not 31d", Expiry{After: 31 * day}},
		{"a few", "an instant is none of these", Expiry{At: noon.Add(30 * day)}},
		{"a must", "no key without an end: 30d or 90d", Expiry{}}, {"a must", "30d or 90d, not 1d", Expiry{After: day}},
	} {
		err := lifetimes[tc.of].Check(tc.asked, noon)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s, %+v: %v; want %q", tc.of, tc.asked, err, tc.want)
		}
	}
	if err := lifetimes["a limit"].Check(Expiry{At: noon.Add(999 * day)}, time.Time{}); err != nil {
		t.Errorf("an instant without a clock: %v", err)
	}
}

// TestALifetimeIsFittedAndNeverLonger: of every service and every lifetime, what comes of it is given, and is none longer but by what a
// service rounds.
func TestALifetimeIsFittedAndNeverLonger(t *testing.T) {
	for of, l := range lifetimes {
		for _, asked := range []Expiry{{}, {After: time.Second}, {After: day - time.Minute}, {After: day}, {After: 29*day + 12*time.Hour}, {After: 30*day - time.Second}, {After: 45 * day}, {After: 90 * day}, {After: 400 * day},
			{At: noon.Add(time.Hour)}, {At: noon.Add(30 * day)}, {At: noon.Add(400 * day)}} {
			got, ok := l.Fit(asked, noon)
			if !ok {
				if shortest := l.Spans; len(shortest) == 0 || asked.IsNever() || shortest[0] <= asked.Instant(noon).Sub(noon) {
					t.Errorf("%s: %+v does not fit", of, asked)
				}
				continue
			}
			if err := l.Check(got, noon); err != nil {
				t.Errorf("%s: %+v is fitted to %+v: %v", of, asked, got, err)
			}
			if !asked.IsNever() && (got.IsNever() || got.Instant(noon).Sub(asked.Instant(noon)) > day) {
				t.Errorf("%s: %+v becomes %+v, which is longer", of, asked, got)
			}
		}
	}
	for _, tc := range []struct {
		of          string
		asked, want time.Duration
	}{{"a few", 30*day - time.Second, 30 * day}, {"a few", 29*day + 12*time.Hour, 30 * day}, {"a few", 89 * day, 90 * day}, {"a few", 45 * day, 30 * day}, {"a few", 0, 0}, {"a must", 0, 90 * day}, {"bounded", 0, 90 * day}, {"a limit", 400 * day, 90 * day}} {
		if got, ok := lifetimes[tc.of].Fit(Expiry{After: tc.asked}, noon); !ok || got.After != tc.want {
			t.Errorf("%s: %s becomes %+v, want %s", tc.of, tc.asked, got, tc.want)
		}
	}
}

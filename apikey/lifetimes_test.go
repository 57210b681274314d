package apikey

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var lifetimes = map[string]Lifetimes{
	"any":     {},
	"days":    {Days: true, Longest: 90 * day},
	"a limit": {Longest: 90 * day},
	"bounded": {Longest: 90 * day, Always: true},
	"a few":   {Spans: []time.Duration{day, 30 * day, 90 * day}},
	"a must":  {Spans: []time.Duration{30 * day, 90 * day}, Always: true},
}

// TestALifetimeIsSuggestedThatThereIs: 90d, else the longest that is shorter, else the shortest.
func TestALifetimeIsSuggestedThatThereIs(t *testing.T) {
	for want, of := range map[time.Duration][]Lifetimes{90 * day: {{}, {Longest: 365 * day}, {Days: true}, {Spans: []time.Duration{day, 90 * day, 365 * day}}}, 45 * day: {{Longest: 45 * day, Always: true}},
		60 * day: {{Spans: []time.Duration{30 * day, 60 * day, 365 * day}}}, 180 * day: {{Spans: []time.Duration{180 * day, 365 * day}}}} {
		for _, l := range of {
			if got := l.Suggested(); got != want {
				t.Errorf("%+v: %v, want %v", l, got, want)
			}
		}
	}
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

// TestAKeyThatEndsWithADayIsGivenTheSameDaysAgain: made anew at any time of the day, again and again, it keeps its days, and no comparison
// holds a rotation back for the part of one.
func TestAKeyThatEndsWithADayIsGivenTheSameDaysAgain(t *testing.T) {
	l := Lifetimes{Days: true}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, days := range []int{4, 30, 365} {
		asked, now := time.Duration(days)*day, time.Date(2026, 11, 30, 1, 9, 47, 828e6, time.UTC)
		made := func(e Expiry) Key { // the service's clock is told in whole seconds
			return Key{CreatedAt: At(now), ExpiresAt: At(e.Instant(now.Truncate(time.Second)).Truncate(day))}
		}
		old := made(Expiry{After: asked})
		for round := range 200 {
			switch round % 3 {
			case 0: // by a schedule, at the same time of the day but for a part of a second
				now = now.Add(time.Duration(rng.Int64N(int64(asked/day)))*day + time.Duration(rng.Int64N(int64(time.Second))))
			default:
				now = now.Add(time.Duration(rng.Int64N(int64(asked))))
			}
			e, fits := l.Fit(LifetimeOf(old), now)
			fresh := made(e)
			life, known := Lifetime(fresh)
			if !fits || !known || life > asked || life <= asked-day {
				t.Fatalf("%dd, made anew %d times: lives %s", days, round+1, life)
			}
			for _, d := range Compare(old, fresh, []Field{FieldExpiry}) {
				if d.Verdict != Equal {
					t.Fatalf("%dd, made anew %d times: %+v", days, round+1, d)
				}
			}
			old = fresh
		}
	}
	for _, short := range []time.Duration{time.Hour, 36 * time.Hour} {
		if e, fits := l.Fit(Expiry{After: short}, time.Now()); !fits || e.After != short {
			t.Errorf("%s became %+v", short, e)
		}
	}
	if e, _ := (Lifetimes{}).Fit(Expiry{After: 90*time.Hour + time.Second}, time.Now()); e.After != 90*time.Hour+time.Second {
		t.Errorf("where keys end at any time: %+v", e)
	}
}

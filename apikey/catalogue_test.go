package apikey

import (
	"testing"
	"time"
)

func TestACatalogueSaysSinceWhenItIsSo(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for want, c := range map[string]Catalogue{
		"as documented":                            {Can: true},
		"as the service said just now":             {Can: true, Asked: now.Add(-59 * time.Second)},
		"as the service said 1m ago":               {Can: true, Asked: now.Add(-119 * time.Second)},
		"as the service said 3h2m ago":             {Can: true, Asked: now.Add(-3*time.Hour - 2*time.Minute)},
		"as the service said 2d ago":               {Can: true, Asked: now.Add(-71 * time.Hour)},
		"as documented, and seen on keys just now": {Can: true, OfKeys: true, Asked: now.Add(time.Hour)},
		"as documented, and seen on keys 1h ago":   {Can: true, OfKeys: true, Asked: now.Add(-time.Hour)},
	} {
		if got := c.Words(now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

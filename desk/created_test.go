package desk

import (
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// TestTheEndOfANewKeyIsSaidWithItsSource: what the answer says, else what was asked for; "unknown" is no end.
func TestTheEndOfANewKeyIsSaidWithItsSource(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		key, asked apikey.Moment
		draft      apikey.Expiry
		want       string
	}{
		{apikey.At(at), apikey.Moment{}, apikey.Expiry{}, "expires: 2026-12-01T10:00:00Z\n"},
		{apikey.Never(), apikey.Moment{}, apikey.Expiry{}, "expires: never\n"},
		{apikey.At(at), apikey.At(at.Add(time.Hour)), apikey.Expiry{At: at.Add(time.Hour)}, "expires: 2026-12-01T10:00:00Z\n"},
		{apikey.Moment{}, apikey.At(at), apikey.Expiry{At: at}, "expires: 2026-12-01T10:00:00Z, as it was asked for (the answer does not say)\n"},
		{apikey.Moment{}, apikey.Never(), apikey.Expiry{}, "expires: never, as it was asked for (the answer does not say)\n"},
		{apikey.Moment{}, apikey.Moment{}, apikey.Expiry{}, "expires: no end was asked for, and the answer does not say: detent show k1\n"},
	} {
		var said strings.Builder
		o := Order{What: Create, Draft: apikey.Draft{Name: "ci", Expiry: c.draft}, Before: func() ([]apikey.Key, error) { return nil, nil }, Note: func(text string) { said.WriteString(text + "\n") }}
		(&Desk{o: Options{Profile: "p"}}).reportCreated(o, apikey.Created{Key: apikey.Key{ID: "k1", Name: "ci", ExpiresAt: c.key}, Asked: c.asked})
		if !strings.Contains(said.String(), c.want) {
			t.Errorf("%q, want %q", said.String(), c.want)
		}
	}
}

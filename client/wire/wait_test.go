package wire

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestAWaitIsNeverMadeUp: what is over, no number, or beside the point is our own pace, and what is endless is not waited for.
func TestAWaitIsNeverMadeUp(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	for _, c := range []struct {
		name, value string
		status      int
		want        time.Duration
	}{
		{"Retry-After", "2.5", 429, 2500 * time.Millisecond}, {"Retry-After", ".5", 503, 500 * time.Millisecond}, {"Retry-After", "1m30s", 429, 90 * time.Second},
		{"Retry-After", "2 minutes", 429, 2 * time.Minute}, {"Retry-After", "1h2m3s", 429, time.Hour + 2*time.Minute + 3*time.Second}, {"Retry-After", "1 hour", 429, time.Hour}, {"Retry-After", "1 hour, 30 secs", 429, time.Hour + 30*time.Second},
		{"Retry-After", "40 millis", 429, 40 * time.Millisecond}, {"Retry-After-Minutes", "3", 429, 3 * time.Minute}, {"Retry-After", "250ms", 429, 250 * time.Millisecond}, {"Retry-After-Ms", "1500", 502, 1500 * time.Millisecond},
		{"Retry-After", "-1", 429, 0}, {"Retry-After", "NaN", 429, 0}, {"Retry-After", "Inf", 429, 0}, {"Retry-After", "40 apples", 429, 0}, {"Retry-After", "", 429, 0},
		{"Retry-After", "1e400", 429, longest}, {"Retry-After", "99999999999999999999", 429, longest}, {"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT", 429, longest},
		{"Retry-After", fmt.Sprint(now.Unix() - 9), 429, 0}, {"X-RateLimit-Reset", fmt.Sprint(now.Unix() - 9), 429, 0},
		{"X-RateLimit-Reset", "40", 503, 0}, {"RateLimit", `"default";r=7;t=40`, 429, 0}, {"X-RateLimit-Limit", "40", 429, 0}, {"X-RateLimit-Policy", "40;w=60", 429, 0}, {"X-Reset", "40", 429, 0},
	} {
		got := WaitAsked(http.Header{c.name: {c.value}, "Date": {now.Format(http.TimeFormat)}}, c.status == 429, clock)
		if got != c.want {
			t.Errorf("%d with %s: %s asks for %v, want %v", c.status, c.name, c.value, got, c.want)
		}
	}
	for want, h := range map[time.Duration]http.Header{
		3 * time.Second:         {"Retry-After": {"3"}, "Retry-After-Ms": {"2200"}, "X-Ratelimit-Reset": {"60"}},
		2200 * time.Millisecond: {"Retry-After": {"2"}, "Retry-After-Ms": {"2200"}},
		0:                       {"X-Ratelimit-Reset": {"60"}, "X-Ratelimit-Remaining": {"12"}},
		60 * time.Second:        {"X-Ratelimit-Reset": {"60"}, "X-Ratelimit-Remaining": {"0"}},
	} {
		if got := WaitAsked(h, true, clock); got != want {
			t.Errorf("%v asks for %v, want %v", h, got, want)
		}
	}
}

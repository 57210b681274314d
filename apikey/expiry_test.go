package apikey

import (
	"testing"
	"time"
)

func TestALifetimeIsWholeSecondsAndNeverLongerThanAsked(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]int64{
		time.Second: 1, 1999 * time.Millisecond: 1, 2 * time.Second: 2, time.Hour: 3600,
		300 * time.Millisecond: 1, -time.Hour: 1, // Check refuses these; 0 would be never
	} {
		if got := (Expiry{At: now.Add(left)}).Seconds(now); got != want {
			t.Errorf("%v: %d seconds, want %d", left, got, want)
		}
	}
	if got := (Expiry{}).Seconds(now); got != 0 {
		t.Errorf("never: %d seconds", got)
	}
	for left, ok := range map[time.Duration]bool{-time.Second: false, 0: false, 999 * time.Millisecond: false, time.Second: true,
		MaxLifetime: true, MaxLifetime + time.Second: false} {
		if err := (Expiry{At: now.Add(left)}).Check(now); (err == nil) != ok {
			t.Errorf("%v: %v", left, err)
		}
	}
}

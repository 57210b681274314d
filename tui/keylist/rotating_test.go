package keylist

import (
	"testing"
	"time"
)

// TestAWaitIsDrawnWhenItSaysAnotherTimeAndNotBefore: for each second of some hours, with instants between the seconds.
func TestAWaitIsDrawnWhenItSaysAnotherTimeAndNotBefore(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	says := func(r Rotating, after time.Duration) string { return r.cell(now.Add(after)).text }
	for left := time.Second; left < 3*time.Hour; left += 7*time.Second + 130*time.Millisecond {
		r := Rotating{Step: "drain", Ends: now.Add(left)}
		next := r.Changes(now)
		if next <= 0 || next > time.Minute+time.Second {
			t.Fatalf("%v left: drawn after %v", left, next)
		}
		if left > time.Hour+2*time.Minute {
			for at := time.Duration(0); at < next-time.Second; at += time.Second {
				if says(r, at) != says(r, 0) {
					t.Fatalf("%v left: %q for %q, %v before it is drawn", left, says(r, at), says(r, 0), next-at)
				}
			}
		}
		if says(r, next) == says(r, 0) {
			t.Fatalf("%v left: drawn after %v, and %q as before", left, next, says(r, 0))
		}
	}
	for left, want := range map[time.Duration]string{
		2 * time.Hour: "↻ drain 2:00h", 2*time.Hour - 29*time.Second: "↻ drain 2:00h", 2*time.Hour - 31*time.Second: "↻ drain 1:59h",
		time.Hour: "↻ drain 1:00h", time.Hour - time.Second: "↻ drain 59:59", 12*time.Minute + 40*time.Second: "↻ drain 12:40", 9 * time.Second: "↻ drain 0:09", 0: waitsForYou,
	} {
		if got := says(Rotating{Step: "drain", Ends: now.Add(left)}, 0); got != want {
			t.Errorf("%v: %q, want %q", left, got, want)
		}
	}
}

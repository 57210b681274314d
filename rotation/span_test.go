package rotation

import (
	"testing"
	"time"
)

func TestSpansReadAsPeopleWriteThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30*24*time.Hour - time.Second: "30d", 30*24*time.Hour - 20*time.Minute: "29d 23h",
		15 * time.Minute: "15m", 70 * time.Second: "1m10s", 70 * time.Minute: "1h10m", time.Hour: "1h",
		10 * time.Second: "10s", 90 * 24 * time.Hour: "90d", 30 * time.Hour: "1d 6h", 0: "0s",
	} {
		if got := span(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

package contract

import (
	"testing"
	"time"
)

// wireTime is how the contracts write a time.
const wireTime = "2006-01-02T15:04:05.000Z"

func TestATimeIsWrittenAsItsLayoutSays(t *testing.T) {
	for _, ms := range []int64{1, 999, 1000, 59_999, 86_399_999, 951_782_400_000, 1_709_164_800_010, 1_764_158_400_123, 4_102_444_800_000, 253_402_300_799_999} {
		at := time.UnixMilli(ms).UTC()
		if got, want := string(AppendWireTime(nil, at)), at.Format(wireTime); got != want {
			t.Errorf("%d: %s, want %s", ms, got, want)
		}
	}
}

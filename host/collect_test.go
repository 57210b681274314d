package host

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// collectsAt is how much is collected at, as a part of what is in use.
func collectsAt() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// collections are how often garbage was collected.
func collections() uint32 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NumGC
}

func TestGarbageIsCollectedAsUsualAfterTheStart(t *testing.T) {
	usual := collectsAt()
	if usual == startPercent {
		t.Skip("whoever runs the tests collects as the start does")
	}
	for name, end := range map[string]func(over func()){
		"time":         func(over func()) { over() },
		"a collection": func(func()) { runtime.GC() },
	} {
		var over func()
		before := collections()
		uncollected(func(d time.Duration, f func()) {
			if d <= 0 || d > 2*time.Second {
				t.Errorf("%s: over after %v", name, d)
			}
			over = f
		})
		if at := collectsAt(); at != startPercent && collections() == before { // where something was collected the start is over
			t.Errorf("%s: %d at the start", name, at)
		}
		end(over)
		for deadline := time.Now().Add(20 * time.Second); collectsAt() != usual; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d afterwards, %d before", name, collectsAt(), usual)
			}
		}
		over()
		if collectsAt() != usual {
			t.Errorf("%s: twice over, %d", name, collectsAt())
		}
	}
}

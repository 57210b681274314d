package host

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// The start takes some megabytes at once, of which most are still in use when the first list is shown: to look for garbage among them
// takes a sixth of its processor time and finds little. So nothing is collected below 16 MB until the start is over, which it is after a
// second, or when there was something to collect.
const (
	startPercent = 400 // of the 4 MB at which Go collects first
	startLasts   = time.Second
)

// startUncollected lets the start be without collecting garbage. Who says how garbage is collected is heeded.
var startUncollected = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		uncollected(func(d time.Duration, f func()) { time.AfterFunc(d, f) })
	}
})

func uncollected(after func(time.Duration, func())) {
	usual := debug.SetGCPercent(startPercent)
	over := sync.OnceFunc(func() { debug.SetGCPercent(usual) })
	after(startLasts, over)
	type sentinel struct{ _ *byte }
	runtime.AddCleanup(&sentinel{}, func(int) { over() }, 0) // the first collection finds it
}

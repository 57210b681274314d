package host

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

// startPercent is of the 4 MB at which Go collects first. The start takes some megabytes at once, of which most are still in use when the
// first list is shown: to look for garbage among them takes a sixth of its processor time and finds little. So nothing is collected below
// 16 MB until that list is there, or there was something to collect.
const startPercent = 400

// startUncollected lets the start be without collecting garbage, until what it returns is called. Who says how garbage is collected is heeded.
var startUncollected = sync.OnceValue(func() (over func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	return uncollected()
})

// started ends what is only for the start: the first list is shown, and of the code that brought it keys need little.
var started = sync.OnceFunc(func() {
	startUncollected()()
	go dropCode()
})

func uncollected() (over func()) {
	usual := debug.SetGCPercent(startPercent)
	over = sync.OnceFunc(func() { debug.SetGCPercent(usual) })
	type sentinel struct{ _ *byte }
	runtime.AddCleanup(&sentinel{}, func(int) { over() }, 0) // the first collection finds it
	return over
}

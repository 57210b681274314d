package paint

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// frameGap is the least time from one frame to the next. The first key is
// painted at once; what comes right behind it, such as a held key's queue or
// letters of one read, shares a frame.
const frameGap = 3 * time.Millisecond

// slack is how much of a thin line's time may be in its buffers when the next
// frame is begun: less, and the line is idle between frames; more, and the
// picture runs on after a held key is released.
const slack = 200 * time.Millisecond

// wrapped is what SSH, TCP and IP put around a frame on its way. A fifth of the line is left to what comes beside
// frames: each key of a held one is acknowledged.
const wrapped = 96

// A painter holds the one frame that waits, and writes it from its own
// goroutine. It never makes the program wait, and it has no ticker: while
// nothing changes nothing runs.
type painter struct {
	paint func(frame) (bytes int, err error)
	ask   func() // tells the program that a frame is wanted; must not block
	rate  int    // bytes a second that the line carries; 0: any number
	wake  chan struct{}

	mu       sync.Mutex
	slot     *frame
	painting bool
	stale    bool // the program changed since the frame that it gave last
	timed    bool // a timer will ask
	off      bool
	next     time.Time // no frame before
	sent     time.Time // when the line will have carried what was written
	failed   error
}

func newPainter(paint func(frame) (int, error), ask func(), rate int) *painter {
	return &painter{paint: paint, ask: ask, rate: rate, wake: make(chan struct{}, 1)}
}

// ready says whether a frame would be painted now. If not, the painter asks
// for one once it is free: until then no frame need be made, let alone kept.
func (p *painter) ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return false
	}
	p.stale = p.slot != nil || p.painting || time.Now().Before(p.next)
	p.askLater()
	return !p.stale
}

// askLater sets a timer if a frame is wanted and nothing else will ask for it.
func (p *painter) askLater() {
	if !p.stale || p.off || p.timed || p.painting || p.slot != nil {
		return
	}
	p.timed = true
	time.AfterFunc(time.Until(p.next), func() {
		p.mu.Lock()
		p.timed = false
		ask := p.stale && !p.off
		p.mu.Unlock()
		if ask {
			p.ask()
		}
	})
}

// offer hands over the frame that wants asked for.
func (p *painter) offer(f frame) {
	p.mu.Lock()
	p.slot, p.stale = &f, false
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake already
	}
}

// run paints until stop. A crash in it is the program's end, not the process's:
// the terminal must be restored.
func (p *painter) run() {
	defer func() {
		if r := recover(); r != nil {
			p.fail(fmt.Errorf("paint: %v\n%s", r, debug.Stack()))
		}
	}()
	for range p.wake {
		p.mu.Lock()
		f := p.slot
		p.slot = nil
		if f == nil || p.off {
			p.mu.Unlock()
			continue
		}
		p.painting = true
		p.mu.Unlock()

		begun := time.Now()
		n, err := p.paint(*f)
		if err != nil {
			p.fail(fmt.Errorf("cannot write to the terminal: %w", err))
			return
		}

		p.mu.Lock()
		p.painting = false
		p.next = begun.Add(frameGap)
		if p.rate > 0 {
			p.pace(begun, n)
		}
		p.askLater()
		p.mu.Unlock()
	}
}

// pace puts the next frame off if n more bytes fill a thin line too far.
func (p *painter) pace(begun time.Time, n int) {
	if p.sent.Before(begun) {
		p.sent = begun
	}
	p.sent = p.sent.Add(time.Duration(n+wrapped) * time.Second / time.Duration(p.rate-p.rate/5))
	if ready := p.sent.Add(-slack); ready.After(p.next) {
		p.next = ready
	}
}

// quiet ends painting: no frame is begun any more.
func (p *painter) quiet() {
	p.mu.Lock()
	p.off, p.slot = true, nil
	p.mu.Unlock()
}

// stop ends the goroutine, after the frame that it is writing.
func (p *painter) stop() {
	p.quiet()
	close(p.wake)
}

// fail ends painting, and the program with it.
func (p *painter) fail(err error) {
	p.mu.Lock()
	p.off, p.failed = true, err
	p.mu.Unlock()
	p.ask()
}

func (p *painter) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

package rotate

import (
	"context"
	"errors"
	"sync"
	"time"

	"detent/apikey"
	"detent/rotation"
)

// Queuer is a Host that can rotate several keys together. Its methods are called in commands.
type Queuer interface {
	// Queue looks ahead for all of them side by side and begins nothing.
	Queue(ctx context.Context, items []Item) Queue
}

// Queue is several rotations that are ready.
type Queue interface {
	Items() []Queued
	// Fill gives an item that has no place the places that were named or written out for it, and looks ahead for it alone.
	Fill(ctx context.Context, at int, places []string) Queued
	// Again is what has stopped or was not begun, ready once more from where it stands; it is asked for when Run has returned.
	Again(ctx context.Context) Queue
	// Run rotates what can be, at most wave of them under way at once, and tells of each how it goes, from several goroutines. It returns when all have ended; the first that
	// fails keeps those from beginning that have not.
	Run(ctx context.Context, wave int, tell func(Progress))
	// Close gives up what was not run.
	Close()
}

// Item is a key to rotate.
type Item struct {
	Profile string
	Key     apikey.Key
}

// Queued is what would be done to a key; Why, that it cannot be done with the others.
type Queued struct {
	Item
	ID          string // of its rotation
	Mode        rotation.Mode
	Places      []string
	Drain, Soak time.Duration
	Notes       []string
	Why         string
	Hole        bool // it can be once its place is known
}

// Progress is how one of a queue stands.
type Progress struct {
	At    int // among the items
	View  rotation.View
	Ends  time.Time // of a wait
	Total time.Duration
	Done  bool
	Err   error
}

// ErrAsks is the end of a rotation in a queue that a person has to go on with.
var ErrAsks = errors.New("waits for you: R goes on with it")

// Destined is a Queuer that knows the places of a profile.
type Destined interface {
	Destinations(profile, key string) []Named
}

// hand has the queue from when it is ready until the screen is left.
type hand struct {
	mu    sync.Mutex
	queue Queue
	left  bool
}

func (h *hand) take(q Queue) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queue = q; h.left {
		q.Close()
	}
	return !h.left
}

// leave gives up what was not run.
func (h *hand) leave(run bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left = true; h.queue != nil && !run {
		h.queue.Close()
	}
}

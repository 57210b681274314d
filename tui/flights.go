package tui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/ui"
)

// inFlight are the writes on their way to a service. The program may end under them, by
// a signal or a hangup; what comes back then is nobody's.
type inFlight struct {
	mu      sync.Mutex
	over    bool // the program has ended: nothing more is sent
	running sync.WaitGroup
	made    map[int]orphan // new keys by ticket, until Update has their secrets
}

// orphan is a new key whose secret nobody has, and where it is.
type orphan struct {
	conn *ui.Connection
	key  apikey.Key
}

// do does a write, unless the program has ended.
func (f *inFlight) do(ticket int, conn *ui.Connection, do func() tea.Msg) tea.Msg {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return nil
	}
	f.running.Add(1)
	f.mu.Unlock()
	defer f.running.Done()
	out := do()
	if r, ok := out.(result); ok && r.err == nil {
		if made, ok := r.msg.(ui.KeyCreated); ok {
			f.mu.Lock()
			f.made[ticket] = orphan{conn, made.Created.Key}
			f.mu.Unlock()
		}
	}
	return out
}

// done says that the program has the answer of a write.
func (f *inFlight) done(ticket int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.made, ticket)
}

// Abandon is for when the program has ended: it waits for the writes under way and
// deletes the new keys whose secrets reached nobody. It returns what the operator should
// know, a line each.
func (a *App) Abandon(ctx context.Context) []string {
	f := a.requests.inFlight
	f.mu.Lock()
	f.over = true
	f.mu.Unlock()
	done := make(chan struct{})
	go func() { f.running.Wait(); close(done) }()
	var said []string
	select {
	case <-done:
	case <-ctx.Done():
		said = append(said, "ended before the answer to a write: it is not known whether that happened; look with detent list")
	}
	for _, o := range a.orphans() {
		if _, err := o.conn.Order(ctx, desk.Order{What: desk.Delete, Key: apikey.Key{ID: o.key.ID, Masked: o.key.Masked}}); err != nil {
			said = append(said, fmt.Sprintf("ended before the secret of the new key %s (%s) reached anybody, and the key could not be deleted: %v; delete it with detent delete %s", o.key.Name, o.key.ID, err, o.key.ID))
			continue
		}
		said = append(said, fmt.Sprintf("ended before the secret of the new key %s (%s) reached anybody: the key was deleted again", o.key.Name, o.key.ID))
	}
	return said
}

// orphans are the new keys whose secrets nobody has: the answer came too late for a screen,
// or the screen was left as it came.
func (a *App) orphans() []orphan {
	f := a.requests.inFlight
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Collect(maps.Values(f.made))
	clear(f.made)
	for _, s := range a.overlays {
		if u, ok := s.(interface{ Unclaimed() (apikey.Key, bool) }); ok {
			if k, unclaimed := u.Unclaimed(); unclaimed {
				if conn := a.connectionOf(s); conn != nil {
					out = append(out, orphan{conn, k})
				}
			}
		}
	}
	return out
}

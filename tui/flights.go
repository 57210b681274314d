package tui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// requests are the writes under way: who asked, and how many. They are never cancelled by
// leaving a screen.
type requests struct {
	asked    map[int]ui.Screen // by ticket
	flying   int
	inFlight *inFlight
}

func newRequests() requests {
	return requests{asked: map[int]ui.Screen{}, inFlight: &inFlight{made: map[int]orphan{}}}
}

// result is the end of an intent: what the screens are told, and what the root makes of it.
type result struct {
	ticket int
	write  bool
	partly bool    // it failed after a part was done
	msg    tea.Msg // ui.KeyCreated and its like
	err    error
	title  string         // of the error box: "Could not create payments-api"
	done   string         // the toast of a success; empty for none
	then   func() tea.Cmd // after a success
}

// send starts a write, which is refused where the profile is read-only.
func (a *App) send(p *profile, ticket int, do func(ctx context.Context) result) tea.Cmd {
	why, no := a.noWritesOf(p)
	if p.conn == nil {
		why, no = "no profile is open", true
	}
	if no {
		do = func(context.Context) result { return result{err: refusedWrite(why), title: "Nothing was changed"} }
	}
	return a.fly(ticket, p.conn, do)
}

// refusedWrite says why nothing may be changed.
func refusedWrite(why string) error {
	return &client.Error{Op: "change keys", Kind: client.ReadOnly, Outcome: client.NotDone, Message: why}
}

// fly counts a write until its answer is there.
func (a *App) fly(ticket int, conn *ui.Connection, do func(ctx context.Context) result) tea.Cmd {
	a.requests.flying++
	cmd := a.query(ticket, do)
	return func() tea.Msg {
		return a.requests.inFlight.do(ticket, conn, func() tea.Msg {
			out := cmd().(result)
			out.write = true
			return out
		})
	}
}

// query starts what only asks. The services bound every call by their own timeout.
func (a *App) query(ticket int, do func(ctx context.Context) result) tea.Cmd {
	a.requests.asked[ticket] = a.top()
	return func() tea.Msg {
		out := do(context.Background())
		out.ticket = ticket
		return out
	}
}

// answer ends an intent: the screen that asked shows it; where that is gone, a toast or the error box does.
func (a *App) answer(r result) tea.Cmd {
	if r.write {
		a.requests.flying--
		a.requests.inFlight.done(r.ticket)
	}
	asker := a.requests.asked[r.ticket]
	delete(a.requests.asked, r.ticket)
	there := asker != nil && slices.Contains(a.overlays, asker)
	cmds := []tea.Cmd{}
	if r.msg != nil {
		cmds = append(cmds, a.tellAll(r.msg))
	}
	switch {
	case r.err != nil && (!there || r.msg == nil):
		if _, tested := r.msg.(ui.ProfileTested); tested { // it may be another profile's token
			cmds = append(cmds, a.push(dialog.NewError(a.env, r.title, r.err)))
			break
		}
		cmds = append(cmds, a.fail(r.title, r.err))
	case r.err != nil:
	default:
		if r.done != "" {
			cmds = append(cmds, a.say(r.done, true))
		}
		if r.then != nil {
			cmds = append(cmds, r.then())
		}
	}
	if r.write && (r.partly || client.MayHaveHappened(r.err)) {
		cmds = append(cmds, a.reload())
	}
	return tea.Batch(cmds...)
}

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

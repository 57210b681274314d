package tui

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/keylist"
	"detent/tui/ui"
)

type opened struct {
	gen  int
	conn ui.Connection
	err  error
}

// open switches to a profile. What the old one was loading is given up.
func (a *App) open(name string) tea.Cmd {
	ctx, cancel := context.WithCancel(context.Background())
	a.leave(profile{want: name, cancel: cancel})
	a.list.SetProfiles(a.profile.listed())
	gen := a.profile.gen
	if a.host.NeedsTerminal(name) {
		var conn ui.Connection
		run := &execFunc{run: func() (err error) { conn, err = a.host.Open(ctx, name); return err }}
		return tea.Exec(run, func(err error) tea.Msg { return opened{gen, conn, err} })
	}
	return func() tea.Msg {
		conn, err := a.host.Open(ctx, name)
		return opened{gen, conn, err}
	}
}

// leave ends what is listed, for another profile or for all.
func (a *App) leave(to profile) {
	a.load.stop()
	if a.profile.cancel != nil {
		a.profile.cancel()
	}
	a.leaveFleet()
	to.gen = a.profile.gen + 1
	a.profile, a.load, a.focus = to, load{gen: a.load.gen + 1}, onList
	a.list.Clear()
}

// use switches to another profile, but not away from a change or a secret that is on
// its way: its answer belongs to this one.
func (a *App) use(name string) tea.Cmd {
	if a.requests.flying > 0 || a.held() != nil {
		return a.say("a change is on its way: switch when its answer is there", false)
	}
	a.overlays = nil
	return a.open(name)
}

// execFunc runs a function outside the alternate screen, where a command may ask on the terminal.
type execFunc struct{ run func() error }

func (o *execFunc) Run() error          { return o.run() }
func (o *execFunc) SetStdin(io.Reader)  {}
func (o *execFunc) SetStdout(io.Writer) {}
func (o *execFunc) SetStderr(io.Writer) {}

func (a *App) openDone(msg opened) tea.Cmd {
	if msg.gen != a.profile.gen {
		return nil
	}
	if msg.err != nil {
		a.profile.err = msg.err
		return nil
	}
	a.profile.connect(msg.conn)
	a.list.SetProfiles(a.profile.listed())
	var hello tea.Cmd
	if a.notice != "" {
		hello, a.notice = a.say(a.notice, false), ""
	}
	return tea.Batch(a.reload(), hello)
}

// counts are what the header says.
type counts struct {
	of       [8]int // keys, by the place of their state in ui.Urgent
	rotating int
	ends     keylist.Expiries
	open     []rotation.View
}

type loadMsg struct {
	gen     int
	of      *hearing // where several profiles are asked
	batches []keylist.Batch
	heard   []heard
	done    bool
	err     error
}

// reload asks for the list anew. The old one stays until the new one is complete.
func (a *App) reload() tea.Cmd {
	if a.fleet != nil {
		return a.hear(nil)
	}
	if a.profile.conn == nil {
		return a.open(a.profile.want)
	}
	a.load.stop()
	ctx, cancel := context.WithCancel(context.Background())
	l := &a.load
	l.gen++
	l.running, l.err, l.cancel, l.box = true, nil, cancel, newMailbox()
	a.list.Begin()
	service, box, gen := a.profile.conn.Service, l.box, l.gen
	fetch := func() tea.Msg {
		box.close(service.List(ctx, box.put))
		return nil
	}
	return tea.Batch(fetch, box.next(gen, true))
}

func (a *App) loadStep(msg loadMsg) tea.Cmd {
	if msg.of != nil && msg.of.knows {
		return a.knowMore(msg)
	}
	if msg.of != nil {
		return a.fleetStep(msg)
	}
	if msg.gen != a.load.gen {
		return nil
	}
	var cmds []tea.Cmd
	if len(msg.batches) > 0 {
		cmds = append(cmds, a.list.Add(msg.batches...))
	}
	if !msg.done {
		return tea.Batch(append(cmds, a.load.box.next(msg.gen, false))...)
	}
	a.load.stop()
	a.load.running, a.load.box = false, nil
	if errors.Is(msg.err, context.Canceled) {
		msg.err = nil
	}
	a.load.err = msg.err
	a.load.loaded = a.load.loaded || msg.err == nil
	cmds = append(cmds, a.list.End(msg.err == nil))
	if msg.err == nil {
		a.profile.caps = a.profile.conn.Service.Capabilities() // a list may tell more of what can be granted
		if a.load.made != nil {
			a.load.after, a.load.made = a.newest(0, a.load.made), nil
		}
		if a.load.after != "" {
			a.list.Select(a.load.after)
			a.load.after = ""
		}
		cmds = append(cmds, a.examine())
	}
	if cmd := a.arrive(msg.err == nil); cmd != nil {
		cmds = append(cmds, cmd)
	}
	if len(a.overlays) > 0 {
		cmds = append(cmds, a.tellAll(ui.Listed{Profile: a.profile.want, Keys: a.allKeys(), Err: msg.err}))
	}
	return tea.Batch(cmds...)
}

// madeAs means public keys of a name; any where none was asked for. The answer to a request has no id.
func madeAs(name string) func(k *apikey.Key) bool {
	return func(k *apikey.Key) bool { return k.Type == apikey.PublicKey && (name == "" || k.Name == name) }
}

// newest is the id of the key that was made last among those of a profile that are meant; empty for none.
func (a *App) newest(profile int, meant func(k *apikey.Key) bool) (id string) {
	var last time.Time
	_, keys := a.list.Keys().Of(profile)
	for _, k := range keys {
		if at, _ := k.CreatedAt.Time(); meant(k) && (id == "" || at.After(last)) {
			id, last = k.ID, at
		}
	}
	return id
}

// examined are the findings of a load, as marks by key, and which examination found them.
type examined struct {
	gen    int
	nr     int
	marks  []ui.Marks
	counts counts
}

// examine finds what is to be said about the keys, once a load, in a command.
func (a *App) examine() tea.Cmd {
	if a.fleet != nil {
		return a.fleet.examine(a)
	}
	if a.profile.conn == nil {
		return nil
	}
	a.load.asked++
	keys, p, gen, nr, now := a.list.Keys(), a.profile, a.load.gen, a.load.asked, a.env.Now()
	return func() tea.Msg {
		out := p.examine(keys.Len(), keys.All(), now)
		out.gen, out.nr = gen, nr
		return out
	}
}

// examine finds what is to be said about n keys of the profile. It runs in a command.
func (p *profile) examine(n int, keys iter.Seq2[int, *apikey.Key], now time.Time) examined {
	out := examined{marks: make([]ui.Marks, n)}
	open := openRotations(p.conn)
	apikey.ExamineKinds(n, keys, p.caps, p.conn.Policy, rotation.Concerns(open, p.conn.Profile.Name), now, func(at int, kind apikey.FindingKind) {
		out.marks[at] |= ui.MarkOf(kind)
		if i := slices.IndexFunc(ui.Urgent, func(u ui.Urgency) bool { return u.Kind == kind }); i >= 0 {
			out.counts.of[i]++
		}
	})
	replacements := make(map[string]bool, len(open))
	for _, v := range open {
		replacements[v.NewID()] = true
	}
	if len(open) > 0 {
		for i, k := range keys {
			if replacements[k.ID] {
				out.marks[i] |= ui.MarkReplacement
			}
		}
	}
	for _, k := range keys {
		days := 0
		if at, ok := k.ExpiresAt.Time(); ok {
			days = int(math.Floor(at.Sub(now).Hours() / 24))
		}
		out.counts.ends.Count(k.ExpiresAt, days)
	}
	out.counts.rotating, out.counts.open = len(open), open
	return out
}

func openRotations(c *ui.Connection) []rotation.View {
	if c.Rotations == nil {
		return nil
	}
	return c.Rotations()
}

func (a *App) examineDone(of tea.Msg) tea.Cmd {
	if a.shown != nil {
		a.shown()
	}
	msg, one := of.(examined)
	if !one {
		return a.fleetExamined(of.(fleetExamined))
	}
	if msg.gen != a.load.gen || msg.nr != a.load.asked {
		return nil
	}
	a.load.counts, a.spoken.examined = msg.counts, msg.gen
	a.list.SetOverview(a.chips())
	return tea.Batch(a.list.SetMarks(msg.marks), a.recall())
}

// mailbox carries batches from the command that lists to the program: as many as are
// there when it asks, so that a fast service does not make a frame for every batch.
type mailbox struct {
	mu        sync.Mutex
	batches   []keylist.Batch
	heard     []heard // instead, where several profiles are asked
	ended     bool    // one of which has
	keys      int
	delivered int
	done      bool
	err       error
	wake      chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) put(keys []apikey.Key) {
	batch := keylist.NewBatch(keys)
	m.mu.Lock()
	m.batches = append(m.batches, batch)
	m.keys += batch.Len()
	m.mu.Unlock()
	m.ring()
}

// hear takes what one of several profiles says. That one of them has ended is told at once.
func (m *mailbox) hear(said ui.Heard) {
	part := heard{Heard: said, batch: keylist.NewBatch(said.Keys)}
	part.Keys = nil
	m.mu.Lock()
	m.heard = append(m.heard, part)
	m.keys += part.batch.Len()
	m.ended = m.ended || said.Done
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) close(err error) {
	m.mu.Lock()
	m.done, m.err = true, err
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) ring() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// pace is the longest that keys wait to be shown beside more of them.
const pace = 100 * time.Millisecond

// next waits for keys: the first ones come at once, later ones when there are as
// many as the list has, or after a while.
func (m *mailbox) next(gen int, first bool) tea.Cmd {
	return func() tea.Msg {
		patience := time.NewTimer(pace)
		defer patience.Stop()
		late := first
		for {
			if msg, ok := m.take(gen, late); ok {
				return msg
			}
			select {
			case <-m.wake:
			case <-patience.C:
				late = true
			}
		}
	}
}

func (m *mailbox) take(gen int, late bool) (loadMsg, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.done && !m.ended && (m.keys == 0 || !late && m.keys < m.delivered) {
		return loadMsg{}, false
	}
	msg := loadMsg{gen: gen, batches: m.batches, heard: m.heard, done: m.done, err: m.err}
	m.batches, m.heard, m.ended, m.delivered, m.keys = nil, nil, false, m.delivered+m.keys, 0
	return msg, true
}

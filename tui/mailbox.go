package tui

import (
	"context"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/keylist"
	"detent/tui/ui"
)

type loadMsg struct {
	gen     int
	of      *hearing // where several profiles are asked
	batches []keylist.Batch
	heard   []heard
	done    bool
	err     error
}

// mailbox carries batches from the command that lists to the program: as many as are
// there when it asks, so that a fast service does not make a frame for every batch.
type mailbox struct {
	gen       int      // of the load that it is for
	of        *hearing // instead, where several profiles are asked
	mu        sync.Mutex
	batches   []keylist.Batch
	heard     []heard // of several profiles
	ended     bool    // one of which has
	keys      int
	delivered int
	done      bool
	err       error
	wake      chan struct{}
}

func newMailbox(gen int, of *hearing) *mailbox {
	return &mailbox{gen: gen, of: of, wake: make(chan struct{}, 1)}
}

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
func (m *mailbox) next(first bool) tea.Cmd {
	return func() tea.Msg {
		patience := time.NewTimer(pace)
		defer patience.Stop()
		late := first
		for {
			if msg, ok := m.take(late); ok {
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

func (m *mailbox) take(late bool) (loadMsg, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.done && !m.ended && (m.keys == 0 || !late && m.keys < m.delivered) {
		return loadMsg{}, false
	}
	msg := loadMsg{gen: m.gen, of: m.of, batches: m.batches, heard: m.heard, done: m.done, err: m.err}
	m.batches, m.heard, m.ended, m.delivered, m.keys = nil, nil, false, m.delivered+m.keys, 0
	return msg, true
}

// hearing is one question to several profiles.
type hearing struct {
	knows  bool // it is for what a secret is compared with
	box    *mailbox
	cancel context.CancelFunc
}

// heard is a part of an answer, its keys packed.
type heard struct {
	ui.Heard
	batch keylist.Batch
}

// newHearing is a question to profiles, nil for all, and the command that asks it.
func newHearing(host ui.Fleet, names []string, knows bool) (*hearing, tea.Cmd) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hearing{knows: knows, cancel: cancel}
	h.box = newMailbox(0, h)
	fetch := func() tea.Msg {
		host.Hear(ctx, names, h.box.hear)
		h.box.close(nil)
		return nil
	}
	return h, tea.Batch(fetch, h.box.next(true))
}

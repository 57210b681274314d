package client

import (
	"net/http"
	"time"
)

// clock keeps what the service says about the time.
func (t *transport) clock(h http.Header) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server, t.local = at, t.opts.Now()
}

// serverTime is the time that the service showed last, and ours at that moment.
func (t *transport) serverTime() (server, local time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server, t.local, !t.server.IsZero()
}

// now is the service's own time as far as it is known, for what is compared with its answers.
func (t *transport) now() time.Time {
	now := t.opts.Now()
	if server, local, ok := t.serverTime(); ok {
		now = now.Add(server.Sub(local))
	}
	return now
}

package keyserver

import (
	"net/http"
	"sync"
	"time"

	"detent/keyserver/store"
)

// Bounds of a list. What is in memory of it at once is a page of so many keys, and of so many bytes: a key may have hundreds of
// kilobytes, if it is made to.
const (
	pageSize  = 1000
	pageBytes = 512 << 10
	// A page that was asked for ends after so many bytes, one that was not, where a next one can be named, after more.
	answerBytes = 4 << 20
	wholeBytes  = 64 << 20
	// maxKept is how large a buffer may be that is kept for the next list.
	maxKept = 2 * pageBytes
)

// pages are the buffers of lists that are being written.
var pages = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// list is how a contract writes a list.
type list struct {
	head string
	each func([]byte, *store.Key) []byte
	// tail is given the place to go on from when there are more.
	tail func(next *store.Position) string
	// paged: the tail can name it, so that an answer may end before the list does.
	paged bool
}

// stream writes the keys of a view, a page at a time. limit 0 is all.
func (c *call) stream(v store.View, after store.Position, limit int, l list) error {
	buffer := pages.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxKept {
			pages.Put(buffer)
		}
	}()
	most := wholeBytes
	if limit > 0 {
		most = answerBytes
	}
	out := append((*buffer)[:0], l.head...)
	written := 0
	for sent := 0; ; {
		want := pageSize
		if limit > 0 {
			want = min(want, limit-sent+1) // one more says whether there are more
		}
		var more, cut bool
		begun := sent
		n, err := c.page(v, after, want, func(k *store.Key) bool {
			if more = limit > 0 && sent == limit; more {
				return false
			}
			start := len(out)
			if sent > 0 {
				out = append(out, ',')
			}
			out = l.each(out, k)
			// At least one key goes, however large it is.
			if more = l.paged && sent > 0 && written+len(out) > most; !more {
				cut = sent > begun && len(out) > pageBytes
			}
			if more || cut {
				out = out[:start]
				return false
			}
			after = store.Position{CreatedAt: k.CreatedAt, ID: k.ID}
			sent++
			return true
		})
		if err != nil {
			return err
		}
		last := more || !cut && n < want
		switch {
		case more:
			out = append(out, l.tail(&after)...)
		case last:
			out = append(out, l.tail(nil)...)
		}
		*buffer = out
		if _, err := c.w.Write(out); err != nil {
			panic(http.ErrAbortHandler) // the client went away or stopped reading
		}
		if last {
			return nil
		}
		written += len(out)
		out = out[:0]
		// A client that reads on may take long over a long list; a recorder has no deadline.
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(c.limits.write))
	}
}

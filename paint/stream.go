package paint

import (
	"io"
	"sync"
	"time"
)

// streamBuffer is how much that was typed waits to be read; beyond it the line has to wait.
const streamBuffer = 4 << 10

// Stream is a terminal at the far end of a connection, such as an SSH channel: bytes go both ways, and
// somebody else says its size. Nothing is ever asked of it.
type Stream struct {
	rw io.ReadWriter

	mu            sync.Mutex
	width, height int
	typed         []byte
	err           error         // why nothing more comes
	changed       chan struct{} // closed and made anew when one of the above changes
	onResize      func()
}

// NewStream reads rw until its end, or until Close. What is written to rw must come out whole and
// unchanged, and its Write must return once the connection is gone.
func NewStream(rw io.ReadWriter, width, height int) *Stream {
	s := &Stream{rw: rw, changed: make(chan struct{})}
	s.Resize(width, height)
	go s.pump()
	return s
}

// Resize says that the terminal has another size, in cells; one that is not above zero is 80 by 24.
func (s *Stream) Resize(width, height int) {
	if width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	s.mu.Lock()
	s.width, s.height = min(width, maxSide), min(height, maxSide)
	tell := s.onResize
	s.mu.Unlock()
	if tell != nil {
		tell()
	}
}

// maxSide bounds a size that a client claims: a frame of it must be affordable.
const maxSide = 1000

// Close ends reading. It does not close the connection.
func (s *Stream) Close() { s.end(io.EOF) }

func (s *Stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		s.tell()
	}
}

// tell wakes whoever waits; mu is held.
func (s *Stream) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await lets go of mu until somebody tells, or it is late.
func (s *Stream) await(late <-chan time.Time) (expired bool) {
	changed := s.changed
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-changed:
	case <-late:
		expired = true
	}
	return expired
}

// pump moves what was typed from the line to the buffer.
func (s *Stream) pump() {
	buf := make([]byte, 1<<10)
	for {
		n, err := s.rw.Read(buf)
		s.mu.Lock()
		s.typed = append(s.typed, buf[:n]...)
		s.tell()
		for len(s.typed) >= streamBuffer && s.err == nil {
			s.await(nil)
		}
		over := s.err != nil
		s.mu.Unlock()
		if err != nil {
			s.end(err)
			return
		}
		if over {
			return
		}
	}
}

// Read takes what was typed, as it came.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.typed) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.await(nil)
	}
	n := copy(p, s.typed)
	s.typed = append(s.typed[:0], s.typed[n:]...)
	s.tell()
	return n, nil
}

func (s *Stream) readable(within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for expired := false; len(s.typed) == 0 && s.err == nil && !expired; {
		expired = s.await(late.C)
	}
	return len(s.typed) > 0
}

func (s *Stream) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.typed)
}

func (s *Stream) Write(p []byte) (int, error) { return s.rw.Write(p) }

func (s *Stream) size() (width, height int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.width, s.height, nil
}

func (s *Stream) raw() error     { return nil } // the client has done that for its own
func (s *Stream) restore() error { return nil }

// watch has tell called at each new size.
func (s *Stream) watch(tell func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onResize = tell
}

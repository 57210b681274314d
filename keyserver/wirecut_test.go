package keyserver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"detent/e2e/servers/pgtest"
)

// spoil is what happens to a message of a client that is to be spoiled.
type spoil int

const (
	pass        spoil = iota
	cutBefore         // the connection ends before the message reaches the database
	cutAfter          // the database gets it, and its answer is lost
	serializing       // of a commit: the database rolls back and says 40001
)

// wire is a line to PostgreSQL that can be spoiled at a message whose text contains what the test names.
type wire struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	at    string
	spoil spoil
	left  int
	hits  int
	conns map[net.Conn]bool
}

// openOnWire starts a server whose connections to PostgreSQL run through a wire.
func openOnWire(t *testing.T) (*bench, *wire) {
	t.Helper()
	direct := pgtest.Schema(t)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: u.Host, conns: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable") // the wire reads along
	u.RawQuery = q.Encode()
	go w.accept()
	t.Cleanup(func() {
		_ = l.Close()
		w.cutAll()
	})
	return openStoreAt(t, Options{URL: u.String()}, newClock()), w
}

// set spoils the next times messages with that text.
func (w *wire) set(at string, how spoil, times int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.spoil, w.left, w.hits = at, how, times, 0
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits
}

func (w *wire) cutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) decide(message []byte) spoil {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == 0 || !bytes.Contains(message, []byte(w.at)) {
		return pass
	}
	w.left--
	w.hits++
	return w.spoil
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.carry(client)
	}
}

func (w *wire) carry(client net.Conn) {
	server, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.conns[client] = true
	w.mu.Unlock()
	var mu sync.Mutex
	answer := pass
	end := func() {
		_ = client.Close()
		_ = server.Close()
	}
	go func() {
		defer end()
		for {
			m, err := readMessage(server, true)
			if err != nil {
				return
			}
			mu.Lock()
			how := answer
			mu.Unlock()
			switch {
			case how == cutAfter:
				return
			case how == serializing && m[0] == 'Z':
				fields := "SERROR\x00C40001\x00Mcould not serialize access\x00\x00"
				e := append([]byte{'E', 0, 0, 0, 0}, fields...)
				binary.BigEndian.PutUint32(e[1:], uint32(len(fields)+4))
				m = append(e, m...)
				mu.Lock()
				answer = pass
				mu.Unlock()
			case how == serializing:
				continue
			}
			if _, err := client.Write(m); err != nil {
				return
			}
		}
	}()
	defer end()
	for typed := false; ; typed = true {
		m, err := readMessage(client, typed)
		if err != nil {
			return
		}
		how := pass
		if typed {
			how = w.decide(m)
		}
		mu.Lock()
		answer = how
		mu.Unlock()
		switch how {
		case cutBefore:
			return
		case serializing:
			m = append([]byte{'Q', 0, 0, 0, 13}, "rollback\x00"...)
		}
		if _, err := server.Write(m); err != nil {
			return
		}
	}
}

// readMessage reads one message of PostgreSQL's protocol, whole; the first one of a client has no type.
func readMessage(r io.Reader, typed bool) ([]byte, error) {
	head := make([]byte, 4, 5)
	at := 0
	if typed {
		head, at = head[:5], 1
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[at:]))
	if size < 4 || size > 1<<26 {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	m := append(head, make([]byte, size-4)...)
	_, err := io.ReadFull(r, m[len(head):])
	return m, err
}

// unavailableAnswer fails the test at an answer that is not a 503 in its contract's shape.
func unavailableAnswer(t *testing.T, service string, a answer, unknown bool) {
	t.Helper()
	shape(t, service, 503, a)
	if uncertain := strings.Contains(string(a.raw), "may have happened"); uncertain != unknown {
		t.Errorf("%s: want it to say that it may have happened: %v", a.raw, unknown)
	}
	if got := a.header.Get("Retry-After"); (got == "") != unknown {
		t.Errorf("Retry-After is %q where the outcome is unknown: %v", got, unknown)
	}
}

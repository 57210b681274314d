package sshd

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

const (
	maxChannels = 10 // sessions of one connection, as OpenSSH has it
	maxCommand  = 8 << 10
	maxVariable = 256
	maxWidth    = 1000 // cells: what a client says decides how large a screen is kept
	maxHeight   = 500
	// closeTime is how long a client may take to agree that a session is over.
	closeTime = 5 * time.Second
)

// variables are those that a client may set.
var variables = []string{"TERM", "COLORTERM", "LANG", "NO_COLOR", "ACCESSIBLE"}

// ErrGone is why a session ends whose client closed it or was lost.
var ErrGone = errors.New("the client is gone")

// Session is one session of somebody who has logged in: a command, or a terminal. Reading it is reading
// what was typed; writing goes to the client.
type Session struct {
	Operator string
	Key      gossh.PublicKey
	From     string // address and port
	Command  string // empty for a shell
	Environ  []string
	Terminal bool // it has one: Term and the size are those of the client

	ch     gossh.Channel
	ctx    context.Context
	end    context.CancelCauseFunc
	news   chan string
	closed chan struct{} // the client has closed the channel, or is lost
	mu     sync.Mutex
	size   [2]int
	rights any
	resize func(width, height int)
}

// Context is done when the session must end; its cause says why.
func (s *Session) Context() context.Context { return s.ctx }

// News are lines for whoever sits there.
func (s *Session) News() <-chan string { return s.news }

// SetRights remembers what the session was begun with, for whoever decides later whether that still holds.
func (s *Session) SetRights(r any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rights = r
}

// Rights is what SetRights was given; nil before.
func (s *Session) Rights() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rights
}

// Read reads what the client sends.
func (s *Session) Read(p []byte) (int, error) { return s.ch.Read(p) }

// Write sends to the client; it blocks while that does not read.
func (s *Session) Write(p []byte) (int, error) { return s.ch.Write(p) }

// Stderr is the client's standard error.
func (s *Session) Stderr() io.Writer { return s.ch.Stderr() }

// Size is the terminal's, in cells. From now on each new one is told to changed.
func (s *Session) Size(changed func(width, height int)) (width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resize = changed
	return s.size[0], s.size[1]
}

func (s *Session) setSize(width, height uint32) {
	s.mu.Lock()
	if width == 0 || height == 0 {
		width, height = 80, 24 // a client that knows no size
	}
	s.size = [2]int{int(min(width, maxWidth)), int(min(height, maxHeight))}
	tell := s.resize
	s.mu.Unlock()
	if tell != nil {
		tell(s.size[0], s.size[1])
	}
}

// channel serves one session channel, until the client has closed it.
func (s *Server) channel(_ *ssh.Server, conn *gossh.ServerConn, wanted gossh.NewChannel, ctx ssh.Context) {
	line := connOf(ctx)
	defer line.channels.Add(-1)
	if line.channels.Add(1) > maxChannels {
		_ = wanted.Reject(gossh.ResourceShortage, TooManyChannels)
		s.refused(line.refusal(TooManyChannels, ""))
		return
	}
	key := ctxKey(ctx)
	name, ok := s.opts.Who(key)
	if !ok {
		_ = wanted.Reject(gossh.Prohibited, "this key may not log in any more")
		s.refused(line.refusal(Removed, gossh.FingerprintSHA256(key)))
		_ = conn.Close()
		return
	}
	ch, requests, err := wanted.Accept()
	if err != nil {
		return
	}
	one := &Session{Operator: name, Key: key, From: conn.RemoteAddr().String(), ch: ch, news: make(chan string, 1), closed: make(chan struct{})}
	one.ctx, one.end = context.WithCancelCause(context.Background())
	var begun bool
	for r := range requests {
		ok, begins := false, false
		if !begun {
			ok = one.before(r)
			begins = ok && (r.Type == "shell" || r.Type == "exec")
		}
		if r.Type == "window-change" {
			var w struct{ Columns, Rows, Width, Height uint32 }
			if ok = gossh.Unmarshal(r.Payload, &w) == nil && one.Terminal; ok {
				one.setSize(w.Columns, w.Rows)
			}
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if !ok && (r.Type == "exec" || r.Type == "subsystem") { // an agent or a variable is what a client's defaults offer
			s.refused(line.refusal(NotOffered, "a request of the session"))
		}
		if begins { // after the reply: a short command closes the channel at once
			begun = true
			go s.run(one, conn, line, s.track())
		}
	}
	one.end(ErrGone)
	close(one.closed)
	_ = ch.Close()
}

// before takes what a client says before its session begins. Whatever is not named is refused.
func (s *Session) before(r *gossh.Request) bool {
	switch r.Type {
	case "env":
		var v struct{ Name, Value string }
		if gossh.Unmarshal(r.Payload, &v) != nil || !slices.Contains(variables, v.Name) || len(v.Value) > maxVariable || len(s.Environ) > 2*len(variables) {
			return false
		}
		s.Environ = append(s.Environ, v.Name+"="+v.Value)
		return true
	case "pty-req":
		var p struct {
			Term                         string
			Columns, Rows, Width, Height uint32
			Modes                        string
		}
		if s.Terminal || gossh.Unmarshal(r.Payload, &p) != nil || len(p.Term) > maxVariable {
			return false
		}
		s.Terminal = true
		s.Environ = append(s.Environ, "TERM="+p.Term)
		s.setSize(p.Columns, p.Rows)
		return true
	case "shell":
		return true
	case "exec":
		var c struct{ Command string }
		if gossh.Unmarshal(r.Payload, &c) != nil || len(c.Command) > maxCommand {
			return false
		}
		s.Command = c.Command
		return true
	}
	return false
}

// track counts a session in that Shutdown waits for. One that begins later is only turned away.
func (s *Server) track() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.running.Add(1)
	}
	return !s.closing
}

// run does a session whose client has said what it wants.
func (s *Server) run(one *Session, conn *gossh.ServerConn, line *guarded, waited bool) {
	if waited {
		defer s.running.Done()
	}
	// A client whose line is full, or that does not agree that the session is over, holds on to nothing of ours.
	forced := func() { s.opts.After(closeTime, func() { one.drop(conn) }) }
	stop := context.AfterFunc(one.ctx, forced)
	code := 1
	if why := s.enter(one); why != "" {
		_, _ = io.WriteString(one.Stderr(), "detent: "+why+"; try again later\r\n")
		s.refused(line.refusal(why, ""))
	} else {
		line.enter()
		code = s.handled(one)
		line.leave()
		s.mu.Lock()
		delete(s.sessions, one)
		s.mu.Unlock()
	}
	if stop() {
		forced()
	}
	_, _ = one.ch.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(code)}))
	_ = one.ch.Close()
}

// handled is the handler's code. One that panics has failed, and ends nobody else's session; the value is not
// told, it may hold anything.
func (s *Server) handled(one *Session) (code int) {
	defer func() {
		if recover() != nil {
			code = 1
		}
	}()
	return s.opts.Handle(one)
}

// drop closes the connection of a session that the client has not closed.
func (s *Session) drop(conn *gossh.ServerConn) {
	select {
	case <-s.closed:
	default:
		_ = conn.Close()
	}
}

// enter counts a session in, or says why not.
func (s *Server) enter(one *Session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return Stopping
	case len(s.sessions) >= s.opts.MaxSessions, len(s.sessions) >= s.opts.MaxSessions-s.opts.MaxSessions/10 && !s.opts.Reserved(one.Key):
		return TooManySessions
	case s.ofOperator(one.Operator) >= s.opts.MaxEach:
		return TooManyOfYours
	case !s.paced(one.Operator):
		return TooFast
	}
	s.sessions[one] = struct{}{}
	return ""
}

// ofOperator counts an operator's sessions. mu is held.
func (s *Server) ofOperator(name string) (n int) {
	for one := range s.sessions {
		if one.Operator == name {
			n++
		}
	}
	return n
}

// pace is how many sessions an operator may still begin, as of a time.
type pace struct {
	left float64
	at   time.Time
}

// paced takes one of an operator's beginnings, if there is one left. mu is held.
func (s *Server) paced(name string) bool {
	if s.opts.PerMinute <= 0 {
		return true
	}
	most := float64(s.opts.PerMinute)
	now := s.opts.Now()
	p := s.pace[name]
	if p == nil {
		p = &pace{most, now}
		s.pace[name] = p
	}
	p.left, p.at = min(p.left+max(now.Sub(p.at).Minutes(), 0)*most, most), now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}

// Package sshd is an SSH server for people whose public keys are known: it listens, authenticates,
// limits, and hands sessions on. What a session does it does not know.
//
// The listener, the handshake and the host key are those of Charm's ssh. Its session handling
// is not used: it says yes to every variable and to agent forwarding, blocks the channel's requests when
// nobody takes a new size, and ends a session with the connection, not with its channel. It is replaced
// where the fork lets one, by a channel handler.
//
// A connection passes gate.go (with visitors.go, what is remembered of an address), then login.go (whose key it is), then session.go;
// refusal.go is who was turned away on that way, and this file makes and ends it all.
package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Options make a Server. HostKey, Who and Handle are required.
type Options struct {
	HostKey []byte // PEM
	// Who says whose key it is. Every key is asked for at the handshake, and again when a session begins.
	Who func(key gossh.PublicKey) (name string, ok bool)
	// Handle does a session, and returns its exit code. It must return soon after the session's context is done.
	Handle      func(s *Session) int
	MaxSessions int // at once, over all connections
	// MaxEach are those of one operator, who may have twice as many connections; 0 for all.
	MaxEach int
	// Reserved says whose key the last tenth of the sessions is kept for; nil for nobody's.
	Reserved func(key gossh.PublicKey) bool
	// PerMinute is how many sessions an operator may begin in a minute; 0 for any number.
	PerMinute int
	// Refused is told of everybody who is turned away, but not after Shutdown. It is called by many at once, and may take its
	// time; nil for nobody.
	Refused func(Refusal)
	// Now and After are the clock; nil for the real one.
	Now   func() time.Time
	After func(d time.Duration, f func()) (stop func() bool)
}

// Server is a running or stopped server.
type Server struct {
	opts Options
	gate *gate
	ssh  *ssh.Server

	mu       sync.Mutex
	sessions map[*Session]struct{}
	pace     map[string]*pace // of an operator
	closing  bool
	over     bool // nothing is told any more
	running  sync.WaitGroup
	telling  sync.WaitGroup
}

// New makes a server.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	if o.MaxEach == 0 {
		o.MaxEach = o.MaxSessions
	}
	if o.Reserved == nil {
		o.Reserved = func(gossh.PublicKey) bool { return true }
	}
	if o.Refused == nil {
		o.Refused = func(Refusal) {}
	}
	s := &Server{opts: o, sessions: map[*Session]struct{}{}, pace: map[string]*pace{}}
	s.gate = newGate(o.Now, o.After, s.refused, 2*o.MaxSessions+maxPending, 2*o.MaxEach)
	s.ssh = &ssh.Server{Version: "detent", PublicKeyHandler: s.authenticate, ConnCallback: s.connect, ServerConfigCallback: s.config}
	if err := s.ssh.SetOption(ssh.HostKeyPEM(o.HostKey)); err != nil {
		return nil, fmt.Errorf("the host key: %w", err)
	}
	s.ssh.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.channel, "default": s.rejectChannel}
	s.ssh.RequestHandlers = map[string]ssh.RequestHandler{"keepalive@openssh.com": alive, "default": s.rejectRequest}
	s.ssh.SubsystemHandlers = map[string]ssh.SubsystemHandler{}
	return s, nil
}

// alive answers a client that asks whether we are there.
func alive(ssh.Context, *ssh.Server, *gossh.Request) (bool, []byte) { return true, nil }

// rejectChannel and rejectRequest turn away who wants something else than a session.
func (s *Server) rejectChannel(_ *ssh.Server, _ *gossh.ServerConn, wanted gossh.NewChannel, ctx ssh.Context) {
	_ = wanted.Reject(gossh.UnknownChannelType, "only sessions are served")
	s.refused(connOf(ctx).refusal(NotOffered, "a channel"))
}

func (s *Server) rejectRequest(ctx ssh.Context, _ *ssh.Server, r *gossh.Request) (bool, []byte) {
	if r.WantReply && r.Type != "no-more-sessions@openssh.com" && r.Type != "hostkeys-prove-00@openssh.com" {
		s.refused(connOf(ctx).refusal(NotOffered, "a request"))
	}
	return false, nil
}

// Serve accepts connections until Shutdown. It returns nil after that.
func (s *Server) Serve(l net.Listener) error {
	if err := s.ssh.Serve(l); !errors.Is(err, ssh.ErrServerClosed) {
		return err
	}
	return nil
}

// Broadcast hands a line to every session that which picks; nil picks all.
func (s *Server) Broadcast(text string, which func(*Session) bool) {
	for _, one := range s.picked(which) {
		select {
		case one.news <- text:
		default: // the one before was not read yet
		}
	}
}

// End ends the sessions that which picks, with the reason.
func (s *Server) End(why error, which func(*Session) bool) {
	for _, one := range s.picked(which) {
		one.end(why)
	}
}

func (s *Server) picked(which func(*Session) bool) []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Session
	for one := range s.sessions {
		if which == nil || which(one) {
			out = append(out, one)
		}
	}
	return out
}

// Shutdown takes no more connections, gives the sessions grace to end by themselves, ends those that are
// left with the reason, waits for them as long as ctx lasts, and closes every connection.
func (s *Server) Shutdown(ctx context.Context, why error, grace time.Duration) {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_ = s.ssh.Shutdown(stopped) // closes the listener; the wait is ours
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		s.End(why, nil)
		select {
		case <-done:
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	_ = s.ssh.Close()
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.telling.Wait()
}

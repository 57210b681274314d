// Package remote is the front for those who come over SSH: who they are and what they may do, their sessions, the screens at the
// far end, and the commands that work without a terminal. What a command line means is not its matter: whoever opens it gives a
// function for that.
//
// Its files, from the bottom up: hostkey.go; command.go, what may be asked for without a terminal; accesslog.go, who came and how that
// ended; operators.go, who may; guest.go, one of them, and what a changed configuration means to each; screens.go; session.go; this one.
package remote

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"detent/host"
	"detent/sshd"
)

const (
	// beginsPerMinute is how many sessions an operator may begin in a minute, commands and screens alike.
	beginsPerMinute = 60
	// stopGrace is how long sessions may go on after they were told that the server stops, stopTime how long
	// the end of what they have under way is waited for.
	stopGrace = 5 * time.Second
	stopTime  = 45 * time.Second
)

// Options are what a server is made of.
type Options struct {
	// Host is that of the process that serves.
	Host *host.Host
	// HostKey is the server's private key, PEM.
	HostKey []byte
	// MaxSessions bounds the sessions at once, MaxEach those of one operator.
	MaxSessions, MaxEach int
	// LineRate is how many bytes a second the line to a screen carries; 0 for any number.
	LineRate int
	Now      func() time.Time
	// Say tells whoever runs the server a line. It is called from many goroutines.
	Say func(format string, args ...any)
	// Run carries out a command line of a session, and returns its exit code and the error that it has told already. It is called
	// from many goroutines.
	Run func(ctx context.Context, c Command) (code int, err error)
}

// Command is a command line of a session.
type Command struct {
	// Args are words of ours: the name of a command and its flags; none for the screens.
	Args     []string
	In       io.Reader
	Out, Err io.Writer
	// Guest is who acts.
	Guest *host.Guest
	// Screens opens the screens at the far end.
	Screens func(ctx context.Context, h *host.Host) error
}

// Server serves the operators of a configuration.
type Server struct {
	o         Options
	access    *accessLog
	operators *operators
	ssh       *sshd.Server
}

// New makes a server; Close ends what it has recorded.
func New(o Options) (*Server, error) {
	cfg, err := o.Host.Config()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o}
	if s.access, err = newAccessLog(o.Host.Ledger(), o.Say); err != nil {
		return nil, err
	}
	s.operators = newOperators(cfg, o.Now, o.Say)
	s.ssh, err = sshd.New(sshd.Options{
		HostKey: o.HostKey, Who: s.operators.nameOf, Reserved: s.operators.isAdmin, Refused: s.access.loginRefused, Now: o.Now,
		MaxSessions: o.MaxSessions, MaxEach: o.MaxEach, PerMinute: beginsPerMinute, Handle: s.session,
	})
	if err != nil {
		s.Close()
		return nil, host.Usage(err)
	}
	return s, nil
}

// Close records what was counted so far.
func (s *Server) Close() { s.access.close() }

// Serve lets operators in, until the context is done and their sessions have ended.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.ssh.Serve(listener) }()
	looking, stop := context.WithCancel(ctx)
	looked := make(chan struct{})
	defer func() { stop(); <-looked }()
	go func() {
		defer close(looked)
		for s.o.Host.Pause(looking, RereadEvery) == nil {
			s.operators.reread(s.ssh)
			s.access.tick()
		}
	}()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		s.o.Say("stopping")
		s.ssh.Broadcast(fmt.Sprintf("the server is stopping: this session ends in %s", stopGrace), nil)
		waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		s.ssh.Shutdown(waiting, errStopped, stopGrace)
		return nil
	}
}

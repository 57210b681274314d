//go:build unix

package paint

import (
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// supported says that this system has the signals that painting relies on.
const supported = true

// suspendWait is how long a suspended process waits to be continued before it
// takes it that it was never stopped: the kernel stops no orphan.
const suspendWait = 500 * time.Millisecond

// signals tells a program what happens to its terminal, beside what Bubble Tea
// listens for.
type signals struct {
	program    *tea.Program
	hungUp     atomic.Bool
	away       atomic.Bool // another program has the terminal: what is typed there is not for us
	suspending atomic.Bool
	continued  chan struct{}
	channels   []chan os.Signal
	ended      chan struct{}
}

// listen ends the program on a hangup, also while another program has the terminal.
func listen(program *tea.Program) *signals {
	s := &signals{program: program, continued: make(chan struct{}, 1), ended: make(chan struct{})}
	s.on(syscall.SIGHUP, func() {
		s.hungUp.Store(true)
		program.Quit()
	})
	return s
}

// jobs listens for what concerns the terminal: the two signals that end the
// program, which Bubble Tea would not catch until after the first frame; a new
// size; and that the process goes on after a stop from outside. SIGTSTP itself must not be caught:
// Go cannot give it its default action back, and then suspend would not stop.
func (s *signals) jobs() {
	s.on(syscall.SIGTERM, func() { s.end(tea.Quit()) })
	s.on(syscall.SIGINT, func() { s.end(tea.Interrupt()) })
	s.on(syscall.SIGWINCH, func() { s.program.Send(resizedMsg{}) })
	s.on(syscall.SIGCONT, func() {
		if !s.suspending.Load() {
			s.program.Send(resumedMsg{})
			return
		}
		select {
		case s.continued <- struct{}{}:
		default:
		}
	})
}

func (s *signals) end(msg tea.Msg) {
	if !s.away.Load() {
		s.program.Send(msg)
	}
}

// lend says whether another program has the terminal.
func (s *signals) lend(away bool) { s.away.Store(away) }

// on calls do for each signal; signals that come meanwhile are one.
func (s *signals) on(sig os.Signal, do func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, sig)
	s.channels = append(s.channels, c)
	go func() {
		for {
			select {
			case <-c:
				do()
			case <-s.ended:
				return
			}
		}
	}()
}

func (s *signals) stop() {
	for _, c := range s.channels {
		signal.Stop(c)
	}
	close(s.ended)
}

// resized asks for a look at the size.
func (s *signals) resized() { go s.program.Send(resizedMsg{}) }

// suspend stops the process group, as ctrl+z does, and returns when it goes on.
func (s *signals) suspend() {
	select { // a leftover
	case <-s.continued:
	default:
	}
	s.suspending.Store(true)
	defer s.suspending.Store(false)
	_ = syscall.Kill(0, syscall.SIGTSTP)
	select {
	case <-s.continued:
	case <-time.After(suspendWait):
	}
}

// canSuspend is false for a session leader (ssh host detent): there is no shell
// to go back to, and nobody to continue it.
func canSuspend() bool {
	session, err := unix.Getsid(0)
	return err == nil && session != os.Getpid()
}

// explain says why the program ended, if it was a hangup.
func (s *signals) explain(err error) error {
	if s.hungUp.Load() {
		return errors.Join(ErrHangup, err)
	}
	return err
}

func (*signals) canSuspend() bool { return canSuspend() }
func (*signals) canExec() bool    { return true }

package paint

import (
	"fmt"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"
)

// A device is the terminal itself: one of this machine, or one at the far end of a Stream.
type device interface {
	io.Writer
	size() (width, height int, err error)
	// raw takes the input, key by key; restore gives it back as it was.
	raw() error
	restore() error
}

// job is what the system does with a program in a terminal: stops it, lends its terminal, tells its size.
type job interface {
	canSuspend() bool
	suspend()  // stops, and returns when it goes on
	resized()  // asks for a look at the size
	lend(bool) // another program has the terminal, or no longer
	canExec() bool
}

// local is a terminal of this machine.
type local struct {
	in, out *os.File
	opened  *os.File    // the controlling terminal, if in is none
	cooked  *term.State // the input's modes before ours
}

func (l *local) Write(p []byte) (int, error) { return l.out.Write(p) }

func (l *local) size() (width, height int, err error) {
	if width, height, err = term.GetSize(l.out.Fd()); err != nil {
		return 0, 0, fmt.Errorf("the output is not a terminal: %w", err)
	}
	if width <= 0 || height <= 0 {
		width, height = 80, 24 // a serial line knows no size
	}
	return width, height, nil
}

func (l *local) raw() error {
	cooked, err := term.MakeRaw(l.input().Fd())
	if err != nil {
		return fmt.Errorf("the input is not a terminal: %w", err)
	}
	l.cooked = cooked
	return nil
}

func (l *local) restore() error {
	if l.cooked == nil {
		return nil
	}
	return term.Restore(l.input().Fd(), l.cooked)
}

func (l *local) input() *os.File {
	if l.opened != nil {
		return l.opened
	}
	return l.in
}

// open finds where keys come from.
func (l *local) open() error {
	if term.IsTerminal(l.in.Fd()) {
		return nil
	}
	f, err := os.Open("/dev/tty")
	if err != nil {
		return fmt.Errorf("the input is not a terminal: %w", err)
	}
	l.opened = f
	return nil
}

func (l *local) close() {
	if l.opened != nil {
		_ = l.opened.Close()
		l.opened = nil
	}
}

// remoteJob is a program whose terminal is on another machine: there is nobody to stop it for,
// and no other program could have that terminal.
type remoteJob struct{ program *tea.Program }

func (remoteJob) canSuspend() bool { return false }
func (remoteJob) canExec() bool    { return false }
func (remoteJob) suspend()         {}
func (remoteJob) lend(bool)        {}
func (j remoteJob) resized()       { go j.program.Send(resizedMsg{}) }

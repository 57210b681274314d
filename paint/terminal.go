package paint

import (
	"errors"
	"io"
	"time"
)

const (
	enterModes = "\x1b[?1049h" + // the alternate screen
		"\x1b[?25l" + // no cursor
		"\x1b[?2004h" + // bracketed paste
		"\x1b[?7l" // a character that is wider than we think must not wrap
	focusOn  = "\x1b[?1004h"
	focusOff = "\x1b[?1004l"
	mouseOn  = "\x1b[?1002h\x1b[?1006h" // buttons, the wheel and what is dragged, with places beyond 223
	mouseOff = "\x1b[?1006l\x1b[?1002l"

	// leaveModes begins with the end of a frame that may have been cut off, and
	// blanks the screen, so that nothing of it comes back with the next program
	// that enters the alternate screen.
	leaveModes = endFrame + resetRegion + resetPen + clearScreen +
		"\x1b[?7h" + "\x1b[?2004l" + "\x1b[?25h" + "\x1b[?1049l"

	// patience is how long leaving waits for a terminal that does not read.
	patience = time.Second
)

// ErrAway says that the terminal is not ours: the program is suspended, runs
// another program in the foreground, or has ended.
var ErrAway = errors.New("the terminal belongs to another program now")

// ErrHangup is why a program ended whose terminal went away.
var ErrHangup = errors.New("the terminal hung up")

var errStuck = errors.New("the terminal does not take what is written")

// A tty is what a screen is painted on, and who may write to it. All
// that is written goes through it, one whole piece at a time.
type tty struct {
	dev   device
	focus bool
	mouse bool
	plain bool // its modes stay as they are

	turn   chan struct{} // holds one token; who has it may write and may touch the fields below
	canvas canvas
	ours   bool
}

func newTTY(dev device, o Options) *tty {
	t := &tty{dev: dev, focus: o.ReportFocus, mouse: o.Mouse, plain: o.Plain, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// enter takes the terminal: raw input, alternate screen, an empty picture.
func (t *tty) enter() error {
	<-t.turn
	defer t.release()
	if t.ours {
		return nil
	}
	if err := t.dev.raw(); err != nil {
		return err
	}
	if t.ours, t.canvas = true, (canvas{}); t.plain {
		return nil
	}
	modes := enterModes
	if t.focus {
		modes += focusOn
	}
	if t.mouse {
		modes += mouseOn
	}
	_, err := io.WriteString(t.dev, modes)
	return err
}

func (t *tty) release() { t.turn <- struct{}{} }

// leave gives the terminal back as it was. A terminal that does not take its
// bytes in time at least gets its input modes back. Leaving twice does nothing.
func (t *tty) leave() error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-t.turn:
	case <-late.C:
		return errors.Join(errStuck, t.dev.restore())
	}
	if !t.ours {
		t.release()
		return nil
	}
	if t.ours = false; t.plain {
		t.release()
		return t.dev.restore()
	}
	left := make(chan error, 1)
	go func() {
		modes := leaveModes
		if t.focus {
			modes = focusOff + modes
		}
		if t.mouse {
			modes = mouseOff + modes
		}
		_, err := io.WriteString(t.dev, modes)
		t.release()
		left <- err
	}()
	select {
	case err := <-left:
		return errors.Join(err, t.dev.restore())
	case <-late.C:
		return errors.Join(errStuck, t.dev.restore())
	}
}

// paint writes a frame and returns its bytes.
func (t *tty) paint(f frame) (int, error) {
	<-t.turn
	defer t.release()
	if !t.ours {
		return 0, nil
	}
	out := t.canvas.paint(f)
	if len(out) == 0 {
		return 0, nil
	}
	return t.dev.Write(out)
}

// Write sends bytes that do not move the cursor, between two frames.
func (t *tty) Write(p []byte) (int, error) {
	<-t.turn
	defer t.release()
	if !t.ours {
		return 0, ErrAway
	}
	return t.dev.Write(p)
}

// Package paint puts the frames of a Bubble Tea program on the terminal: only
// what changed, at once.
//
// Bubble Tea v1's own renderer waits for a tick, wakes up for every tick, and
// writes whole lines. A Screen compares the frame that View returns with what
// the terminal shows, cell by cell, and writes the difference in one write as
// soon as there is one; rows that moved are scrolled. Nothing is ever asked of
// the terminal, and an idle program does nothing.
package paint

import (
	"errors"
	"io"
	"os"
	"slices"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"
)

// Options say how a Screen paints.
type Options struct {
	// Standard leaves painting to Bubble Tea's own renderer.
	Standard bool
	// Plain takes the keys and leaves the terminal as it is: no alternate screen, no picture. What a program shows it writes itself,
	// to Writer, and its View is not asked.
	Plain bool
	// Mouse makes the terminal report clicks, the wheel and what is dragged (tea.MouseMsg), not where an idle mouse moves.
	Mouse bool
	// ReportFocus makes the terminal report focus (tea.FocusMsg, tea.BlurMsg).
	ReportFocus bool
	// Rate is how many bytes a second the line to the terminal carries; 0 is as
	// many as it takes. Frames come no faster than that, so that they do not queue
	// up in the buffers of a thin line and run on when a key is released. Only who
	// starts the program can know it: a terminal over SSH reads at once what the
	// line then carries slowly.
	Rate int
}

// ThinLine is the Rate of a line of 64 kbit/s.
const ThinLine = 8000

// A Screen runs programs on a terminal, in its alternate screen.
type Screen struct {
	local  *local  // a terminal of this machine,
	stream *Stream // or one at the far end of a connection
	opts   Options
	tty    *tty
}

// New makes a screen for a terminal; nothing is written before Run. If in is
// not a terminal, keys are read from the controlling terminal.
func New(in, out *os.File, opts Options) *Screen {
	opts.Standard = (opts.Standard || !supported) && !opts.Plain
	l := &local{in: in, out: out}
	return &Screen{local: l, opts: opts, tty: newTTY(l, opts)}
}

// NewOnStream makes a screen for the far end of a connection. There Run ends with its context
// (tea.WithContext), is not suspended, and runs no other program.
func NewOnStream(s *Stream, opts Options) *Screen {
	opts.Standard = false
	return &Screen{stream: s, opts: opts, tty: newTTY(s, opts)}
}

// Writer is for sequences that do not move the cursor, such as OSC 52. They
// never land inside a frame. A write fails with ErrAway while the terminal is
// not the program's. Write from a command, not from Update: it waits for its turn.
func (s *Screen) Writer() io.Writer {
	if s.opts.Standard {
		return s.local.out // each of Bubble Tea's frames is one write
	}
	return s.tty
}

// Run runs a program until it ends and returns its last model. However it
// ends, by itself, by a signal or by a panic, the terminal is left as it was
// and the screen blank. The options must not set input, output, renderer,
// signal handling or filter; the modes of the terminal are the screen's. Before the keys of each
// read the model gets a ReadBegin. A program run by tea.Exec that reads the terminal sets its own Stdin.
//
// Errors are Bubble Tea's (tea.ErrInterrupted, tea.ErrProgramKilled,
// tea.ErrProgramPanic), ErrHangup, and what keeps the program from starting.
func (s *Screen) Run(model tea.Model, opts ...tea.ProgramOption) (tea.Model, error) {
	switch {
	case s.stream != nil:
		return s.runStream(model, opts)
	case s.opts.Standard:
		return s.runStandard(model, opts)
	}
	if err := s.local.open(); err != nil {
		return model, err
	}
	defer s.local.close()

	attached := &attachment{model: model, tty: s.tty, plain: s.opts.Plain}
	program := s.program(attached, opts, newFileKeyboard(s.local.input()), s.local.out)
	signals := listen(program)
	signals.jobs()
	attached.job = signals
	defer signals.stop()
	err := s.paint(program, attached)
	return attached.model, signals.explain(err)
}

// runStream is the same at the far end of a connection.
func (s *Screen) runStream(model tea.Model, opts []tea.ProgramOption) (tea.Model, error) {
	attached := &attachment{model: model, tty: s.tty, plain: s.opts.Plain}
	program := s.program(attached, opts, &keyboard{source: s.stream}, io.Discard)
	attached.job = remoteJob{program}
	s.stream.watch(attached.job.resized)
	defer s.stream.watch(nil)
	err := s.paint(program, attached)
	s.stream.Close()
	return attached.model, err
}

// program makes the program round an attached model.
func (s *Screen) program(attached *attachment, opts []tea.ProgramOption, in io.Reader, out io.Writer) *tea.Program {
	program := tea.NewProgram(attached, append(slices.Clone(opts),
		tea.WithInput(in), tea.WithOutput(out), tea.WithoutRenderer(), tea.WithoutSignalHandler(),
		tea.WithFilter(attached.filter))...)
	attached.painter = newPainter(s.tty.paint, func() { go program.Send(wantMsg{}) }, s.opts.Rate)
	return program
}

// paint runs a program and its painter.
func (s *Screen) paint(program *tea.Program, attached *attachment) (err error) {
	if attached.width, attached.height, err = s.tty.dev.size(); err != nil {
		return err
	}
	if err := s.tty.enter(); err != nil {
		return err
	}
	go attached.painter.run()
	_, err = program.Run()
	attached.painter.stop()
	return errors.Join(attached.ending.explain(err), s.tty.leave(), attached.painter.failure())
}

// runStandard is the same with Bubble Tea's renderer.
func (s *Screen) runStandard(model tea.Model, opts []tea.ProgramOption) (tea.Model, error) {
	plain := &blanking{model: model}
	opts = append(slices.Clone(opts), tea.WithOutput(s.local.out), tea.WithAltScreen(), tea.WithFilter(plain.filter))
	if term.IsTerminal(s.local.in.Fd()) {
		opts = append(opts, tea.WithInput(newFileKeyboard(s.local.in)))
	}
	if s.opts.ReportFocus {
		opts = append(opts, tea.WithReportFocus())
	}
	if s.opts.Mouse {
		opts = append(opts, tea.WithMouseCellMotion())
	}
	program := tea.NewProgram(plain, opts...)
	signals := listen(program)
	defer signals.stop()
	_, err := program.Run()
	if err != nil { // killed, by a panic: its last frame is still there, for the next program that takes that screen
		_, _ = io.WriteString(s.local.out, "\x1b[?1049h"+resetPen+clearScreen+"\x1b[?1049l")
	}
	return plain.model, signals.explain(plain.ending.explain(err))
}

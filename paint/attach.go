package paint

import (
	"reflect"

	tea "github.com/charmbracelet/bubbletea"
)

// An attachment sits between Bubble Tea and the program's model. Bubble Tea
// runs without a renderer, that is without any care for the terminal: it calls
// the filter with a message, carries out the messages that are its own, then
// calls Update and View. What a renderer would do is done around that.
type attachment struct {
	model   tea.Model
	tty     *tty
	painter *painter
	job     job
	plain   bool // there is no picture

	width, height int
	fresh         bool // the next frame repaints everything
	mark          bool // the last message was a ReadBegin
	ending        ending
}

// ending knows whether a program was interrupted. Bubble Tea kills one that is, and one that is killed closes its
// keyboard while that is being read. So it quits, and why is said when it has.
type ending struct{ interrupted bool }

func (e *ending) quit(msg tea.Msg) tea.Msg {
	_, interrupt := msg.(tea.InterruptMsg)
	e.interrupted = e.interrupted || interrupt
	return tea.QuitMsg{}
}

func (e *ending) explain(err error) error {
	if err == nil && e.interrupted {
		return tea.ErrInterrupted
	}
	return err
}

// Messages of our own, which the model never sees.
type (
	wantMsg    struct{} // the painter is free for a frame
	resizedMsg struct{} // the terminal says that its size changed
	resumedMsg struct{} // the process goes on after a stop that was not ours
)

// Bubble Tea's messages that have no public name.
var (
	execType   = reflect.TypeOf(tea.Exec(nil, nil)())
	clearType  = reflect.TypeOf(tea.ClearScreen())
	windowType = reflect.TypeOf(tea.WindowSize()())
)

// Init tells the model the size before the first frame, so that the first
// frame is the right one.
func (a *attachment) Init() tea.Cmd {
	var init tea.Cmd
	a.guarded(func() { init = a.model.Init() })
	return tea.Batch(init, a.update(a.sizeMsg()))
}

// guarded gives the terminal back before a panic of the model goes on, so that
// what Bubble Tea prints about it can be read.
func (a *attachment) guarded(f func()) {
	returned := false
	defer func() {
		if !returned {
			a.painter.quiet()
			_ = a.tty.leave()
		}
	}()
	f()
	returned = true
}

// asked makes ctrl+z what the shell makes of it before a program takes the terminal's keys, on every screen. Where there is
// nobody to continue us, the key does nothing.
func asked(msg tea.Msg) tea.Msg {
	if key, ok := msg.(tea.KeyMsg); ok && key.Type == tea.KeyCtrlZ && !key.Alt {
		return tea.SuspendMsg{}
	}
	return msg
}

func (a *attachment) sizeMsg() tea.Msg { return tea.WindowSizeMsg{Width: a.width, Height: a.height} }

// filter sees every message before Bubble Tea acts on it.
func (a *attachment) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if isReadBegin(msg) {
		return ReadBegin{}
	}
	switch msg = asked(msg); msg.(type) {
	case tea.QuitMsg, tea.InterruptMsg:
		a.painter.quiet() // the next picture is the blank one of leave
		return a.ending.quit(msg)
	case tea.SuspendMsg:
		if !a.job.canSuspend() {
			return nil
		}
		_ = a.tty.leave()
		a.job.suspend()
		a.back()
		return tea.ResumeMsg{}
	case resumedMsg:
		_ = a.tty.leave()
		a.back()
		return tea.ResumeMsg{}
	case resizedMsg:
		a.resize()
		a.fresh = true
		return a.sizeMsg()
	}
	if reflect.TypeOf(msg) == execType {
		if !a.job.canExec() {
			return nil
		}
		a.job.lend(true)
		_ = a.tty.leave() // Bubble Tea runs the other program now; Update follows
	}
	return msg
}

// back takes the terminal again after somebody else had it.
func (a *attachment) back() {
	_ = a.tty.enter()
	before := a.sizeMsg()
	if a.resize(); a.sizeMsg() != before {
		a.job.resized()
	}
}

func (a *attachment) resize() {
	if width, height, err := a.tty.dev.size(); err == nil {
		a.width, a.height = width, height
	}
}

// Update passes messages on.
func (a *attachment) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, a.mark = msg.(ReadBegin)
	if _, ours := msg.(wantMsg); ours {
		if a.painter.failure() != nil {
			return a, tea.Quit
		}
		return a, nil // View follows
	}
	switch reflect.TypeOf(msg) {
	case execType:
		a.back()
		a.job.lend(false)
	case clearType:
		a.fresh = true
	case windowType:
		size := a.sizeMsg()
		return a, tea.Batch(a.update(msg), func() tea.Msg { return size })
	}
	return a, a.update(msg)
}

func (a *attachment) update(msg tea.Msg) (cmd tea.Cmd) {
	a.guarded(func() { a.model, cmd = a.model.Update(msg) })
	return cmd
}

// View hands the frame to the painter if that can take one, and shows Bubble
// Tea nothing. The model's own View is not called for a frame that nobody paints.
func (a *attachment) View() string {
	if a.mark || a.plain {
		return "" // nothing changed, and the frame of the key that follows would wait for this one's gap
	}
	if a.painter.ready() {
		var text string
		a.guarded(func() { text = a.model.View() })
		a.painter.offer(frame{text, a.width, a.height, a.fresh})
		a.fresh = false
	}
	return ""
}

// blanking makes a program's last frame an empty one on Bubble Tea's renderer.
type blanking struct {
	model  tea.Model
	ended  bool
	ending ending
}

func (b *blanking) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if isReadBegin(msg) {
		return ReadBegin{}
	}
	switch msg = asked(msg); msg.(type) {
	case tea.QuitMsg, tea.InterruptMsg:
		b.ended = true
		return b.ending.quit(msg)
	case tea.SuspendMsg:
		if !canSuspend() {
			return nil
		}
	}
	return msg
}

// Init, Update and View pass on to the model.
func (b *blanking) Init() tea.Cmd { return b.model.Init() }

func (b *blanking) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	b.model, cmd = b.model.Update(msg)
	return b, cmd
}

func (b *blanking) View() string {
	if b.ended {
		return ""
	}
	return b.model.View()
}

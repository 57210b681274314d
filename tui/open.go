package tui

import (
	"context"
	"io"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

type opened struct {
	gen  int
	conn ui.Connection
	err  error
}

// open switches to a profile. What the old one was loading is given up.
func (a *App) open(name string) tea.Cmd {
	ctx, cancel := context.WithCancel(context.Background())
	a.leave(profile{want: name, cancel: cancel})
	a.list.SetProfiles(a.profile.listed())
	gen := a.profile.gen
	if a.host.NeedsTerminal(name) {
		var conn ui.Connection
		run := &execFunc{run: func() (err error) { conn, err = a.host.Open(ctx, name); return err }}
		return tea.Exec(run, func(err error) tea.Msg { return opened{gen, conn, err} })
	}
	return func() tea.Msg {
		conn, err := a.host.Open(ctx, name)
		return opened{gen, conn, err}
	}
}

// execFunc runs a function outside the alternate screen, where a command may ask on the terminal.
type execFunc struct{ run func() error }

func (o *execFunc) Run() error          { return o.run() }
func (o *execFunc) SetStdin(io.Reader)  {}
func (o *execFunc) SetStdout(io.Writer) {}
func (o *execFunc) SetStderr(io.Writer) {}

// use switches to another profile, but not away from a change or a secret that is on
// its way: its answer belongs to this one.
func (a *App) use(name string) tea.Cmd {
	if a.requests.flying > 0 || a.held() != nil {
		return a.say("a change is on its way: switch when its answer is there", false)
	}
	a.overlays = nil
	return a.open(name)
}

// leave ends what is listed, for another profile or for all.
func (a *App) leave(to profile) {
	a.load.stop()
	if a.profile.cancel != nil {
		a.profile.cancel()
	}
	a.fleet.stop()
	a.fleet = nil
	to.gen = a.profile.gen + 1
	a.profile, a.load, a.focus = to, load{gen: a.load.gen + 1}, onList
	a.list.Clear()
}

// quit stops what is under way and ends the program. What is listed stays: messages come until the program has ended.
func (a *App) quit() tea.Cmd {
	a.load.stop()
	a.fleet.stop()
	return tea.Quit
}

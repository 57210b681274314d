package tui

import (
	"context"
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// reload asks for the list anew. The old one stays until the new one is complete.
func (a *App) reload() tea.Cmd {
	if a.fleet != nil {
		return a.hear(nil)
	}
	if a.profile.conn == nil {
		return a.open(a.profile.want)
	}
	a.load.stop()
	ctx, cancel := context.WithCancel(context.Background())
	l := &a.load
	l.gen++
	l.running, l.err, l.cancel, l.box = true, nil, cancel, newMailbox()
	a.list.Begin()
	service, box, gen := a.profile.conn.Service, l.box, l.gen
	fetch := func() tea.Msg {
		box.close(service.List(ctx, box.put))
		return nil
	}
	return tea.Batch(fetch, box.next(gen, true))
}

// reloadOf asks for the keys of one profile anew.
func (a *App) reloadOf(p *profile) tea.Cmd {
	if a.fleet == nil {
		return a.reload()
	}
	return a.hear([]string{p.want})
}

func (a *App) openDone(msg opened) tea.Cmd {
	if msg.gen != a.profile.gen {
		return nil
	}
	if msg.err != nil {
		a.profile.err = msg.err
		return nil
	}
	a.profile.connect(msg.conn)
	a.list.SetProfiles(a.profile.listed())
	var hello tea.Cmd
	if a.notice != "" {
		hello, a.notice = a.say(a.notice, false), ""
	}
	return tea.Batch(a.reload(), hello)
}

func (a *App) loadStep(msg loadMsg) tea.Cmd {
	if msg.gen != a.load.gen {
		return nil
	}
	var cmds []tea.Cmd
	if len(msg.batches) > 0 {
		cmds = append(cmds, a.list.Add(msg.batches...))
	}
	if !msg.done {
		return tea.Batch(append(cmds, a.load.box.next(msg.gen, false))...)
	}
	a.load.stop()
	a.load.running, a.load.box = false, nil
	if errors.Is(msg.err, context.Canceled) {
		msg.err = nil
	}
	a.load.err = msg.err
	a.load.loaded = a.load.loaded || msg.err == nil
	cmds = append(cmds, a.list.End(msg.err == nil))
	if msg.err == nil {
		a.profile.caps = a.profile.conn.Service.Capabilities() // a list may tell more of what can be granted
		a.reached(0, &a.load.awaited)
		cmds = append(cmds, a.examine())
	}
	if cmd := a.arrive(msg.err == nil); cmd != nil {
		cmds = append(cmds, cmd)
	}
	if len(a.overlays) > 0 {
		cmds = append(cmds, a.tellAll(ui.Listed{Profile: a.profile.want, Keys: a.keysOf(&a.profile), Err: msg.err}))
	}
	return tea.Batch(cmds...)
}

package tui

import (
	"context"
	"errors"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// openAll lists the keys of all profiles together.
func (a *App) openAll() tea.Cmd {
	if _, can := a.host.(ui.Fleet); !can {
		return a.say("all profiles cannot be asked together here", false)
	}
	if a.requests.flying > 0 || a.held() != nil {
		return a.say("a change is on its way: switch when its answer is there", false)
	}
	if a.fleet != nil {
		return nil
	}
	a.leave(profile{})
	a.overlays, a.fleet = nil, &fleet{owners: map[ui.Screen]string{}}
	for _, p := range a.host.Profiles() {
		a.fleet.members = append(a.fleet.members, &member{profile: profile{want: p.Name}})
		if p.Setting.Demo {
			a.fleet.setting = p.Setting
		}
	}
	a.list.SetProfiles(a.fleet.forList()...)
	return a.hear(nil)
}

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
	l.running, l.err, l.cancel, l.box = true, nil, cancel, newMailbox(l.gen, nil)
	a.list.Begin()
	service, box := a.profile.conn.Service, l.box
	fetch := func() tea.Msg {
		box.close(service.List(ctx, box.put))
		return nil
	}
	return tea.Batch(fetch, box.next(true))
}

// reloadOf asks for the keys of one profile anew.
func (a *App) reloadOf(p *profile) tea.Cmd {
	if a.fleet == nil {
		return a.reload()
	}
	return a.hear([]string{p.want})
}

// hear asks profiles for their keys, nil for all. What is listed stays until the profile has said all.
func (a *App) hear(names []string) tea.Cmd {
	host, can := a.host.(ui.Fleet)
	if !can {
		return nil
	}
	h, ask := newHearing(host, names, false)
	for i, m := range a.fleet.members {
		if names == nil || slices.Contains(names, m.want) {
			if m.hearing != nil && names == nil {
				m.stop()
			}
			m.hearing = h
			a.list.BeginOf(i)
		}
	}
	return ask
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
		return tea.Batch(append(cmds, a.load.box.next(false))...)
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
		a.reached(0, &a.load.known)
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

// fleetStep takes what profiles said.
func (a *App) fleetStep(msg loadMsg) tea.Cmd {
	if a.fleet == nil {
		msg.of.cancel()
		return nil
	}
	var cmds []tea.Cmd
	ended := map[int]bool{}
	for _, part := range msg.heard {
		at := a.fleet.place(part.Profile)
		if at < 0 {
			if part.Err != nil { // no profile could be read at all
				cmds = append(cmds, a.fail("The profiles cannot be read", part.Err))
			}
			continue
		}
		m := a.fleet.members[at]
		if m.hearing != msg.of {
			continue
		}
		if part.Connection != nil && (m.conn == nil || m.conn.Service != part.Connection.Service) {
			m.connect(*part.Connection)
			a.list.SetProfiles(a.fleet.forList()...)
		}
		if part.batch.Len() > 0 {
			cmds = append(cmds, a.list.AddOf(at, part.batch))
		}
		if part.Done {
			m.hearing, m.answered = nil, true
			if m.err = part.Err; errors.Is(part.Err, context.Canceled) {
				m.err = nil
			}
			ended[at] = m.err == nil
		}
	}
	for at, complete := range ended {
		cmds = append(cmds, a.memberEnded(at, complete))
	}
	if len(ended) > 0 {
		cmds = append(cmds, a.fleet.examine(a, ended))
		for at := range ended {
			a.fleet.members[at].came = a.fleet.members[at].asked
		}
	}
	if msg.done {
		msg.of.cancel()
		return tea.Batch(cmds...)
	}
	return tea.Batch(append(cmds, msg.of.box.next(false))...)
}

func (a *App) memberEnded(at int, complete bool) tea.Cmd {
	m := a.fleet.members[at]
	cmd := a.list.EndOf(at, complete, a.fleet.asks())
	if complete {
		if m.conn != nil {
			m.caps = m.conn.Service.Capabilities()
		}
		a.reached(at, &m.known)
	}
	if len(a.overlays) > 0 {
		cmd = tea.Batch(cmd, a.tellAll(ui.Listed{Profile: m.want, Keys: a.keysOf(&m.profile), Err: m.err}))
	}
	return cmd
}

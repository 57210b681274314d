package tui

import (
	"context"
	"errors"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/dialog"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// fleet is all profiles in one list. Nil is the list of one profile.
type fleet struct {
	members []*member
	setting apikey.Setting       // of a demo, which has no others; else empty
	owners  map[ui.Screen]string // whose a screen is, by profile; the frame tells it
	making  string               // whose the screen is that is opened next
	chosen  *profile             // whose screens are made, where that is not the one of the row under the cursor
}

// member is a profile among all.
type member struct {
	profile
	hearing  *hearing // the question under way; answers to others are stale
	answered bool     // it said all its keys, or why not
	asked    int      // examinations of its keys: the answer to the last counts
	counts   counts
	after    string // the key to put the cursor on when it is there
	made     func(k *apikey.Key) bool
}

// hearing is one question to several profiles.
type hearing struct {
	knows  bool // it is for what a secret is compared with
	box    *mailbox
	cancel context.CancelFunc
}

// heard is a part of an answer, its keys packed.
type heard struct {
	ui.Heard
	batch keylist.Batch
}

// fleetExamined are the findings of the profiles that were looked at.
type fleetExamined struct {
	fleet *fleet
	of    map[int]examined // by the place of the profile
}

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

func (m *member) stop() {
	if m.hearing != nil {
		m.hearing.cancel()
		m.hearing = nil
	}
}

// asks reports whether some profile has not said all.
func (f *fleet) asks() bool {
	return slices.ContainsFunc(f.members, func(m *member) bool { return m.hearing != nil })
}

// forList are the profiles as the list knows them.
func (f *fleet) forList() []keylist.Profile {
	out := make([]keylist.Profile, len(f.members))
	for i, m := range f.members {
		out[i] = m.listed()
	}
	return out
}

// place is where a profile stands among all; -1 where it does not, or none is named.
func (f *fleet) place(name string) int {
	if f == nil {
		return -1
	}
	return slices.IndexFunc(f.members, func(m *member) bool { return m.want == name })
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

// newHearing is a question to profiles, nil for all, and the command that asks it.
func newHearing(host ui.Fleet, names []string, knows bool) (*hearing, tea.Cmd) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hearing{knows: knows, box: newMailbox(), cancel: cancel}
	fetch := func() tea.Msg {
		host.Hear(ctx, names, h.box.hear)
		h.box.close(nil)
		return nil
	}
	return h, tea.Batch(fetch, h.next(true))
}

func (h *hearing) next(first bool) tea.Cmd {
	wait := h.box.next(0, first)
	return func() tea.Msg {
		msg := wait().(loadMsg)
		msg.of = h
		return msg
	}
}

// fleetStep takes what profiles said.
func (a *App) fleetStep(msg loadMsg) tea.Cmd {
	if a.fleet == nil {
		msg.of.cancel()
		return nil
	}
	var cmds []tea.Cmd
	opened := false
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
			opened = true
		}
		if part.batch.Len() > 0 {
			if opened {
				a.list.SetProfiles(a.fleet.forList()...)
				opened = false
			}
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
	if opened {
		a.list.SetProfiles(a.fleet.forList()...)
	}
	for at, complete := range ended {
		cmds = append(cmds, a.memberEnded(at, complete))
	}
	if len(ended) > 0 {
		cmds = append(cmds, a.fleet.examineSome(a, ended))
	}
	if msg.done {
		msg.of.cancel()
		return tea.Batch(cmds...)
	}
	return tea.Batch(append(cmds, msg.of.next(false))...)
}

func (a *App) memberEnded(at int, complete bool) tea.Cmd {
	m := a.fleet.members[at]
	cmd := a.list.EndOf(at, complete, a.fleet.asks())
	if complete {
		if m.conn != nil {
			m.caps = m.conn.Service.Capabilities()
		}
		if m.made != nil {
			m.after, m.made = a.newest(at, m.made), nil
		}
		if m.after != "" {
			a.list.SelectOf(at, m.after)
			m.after = ""
		}
	}
	if len(a.overlays) > 0 {
		_, seq := a.list.Keys().Of(at)
		told := ui.Listed{Profile: m.want, Err: m.err}
		for _, k := range seq {
			told.Keys = append(told.Keys, *k)
		}
		cmd = tea.Batch(cmd, a.tellAll(told))
	}
	return cmd
}

// examine finds what is to be said about the keys of all profiles that have answered.
func (f *fleet) examine(a *App) tea.Cmd {
	all := map[int]bool{}
	for i := range f.members {
		all[i] = true
	}
	return f.examineSome(a, all)
}

func (f *fleet) examineSome(a *App, which map[int]bool) tea.Cmd {
	keys, now, of, nr := a.list.Keys(), a.env.Now(), map[int]profile{}, map[int]int{}
	for at := range which {
		if m := f.members[at]; m.conn != nil {
			m.asked++
			of[at], nr[at] = m.profile, m.asked
		}
	}
	if len(of) == 0 {
		return nil
	}
	return func() tea.Msg {
		out := fleetExamined{f, map[int]examined{}}
		for at, p := range of {
			n, seq := keys.Of(at)
			found := p.examine(n, seq, now)
			found.nr = nr[at]
			out.of[at] = found
		}
		return out
	}
}

func (a *App) fleetExamined(msg fleetExamined) tea.Cmd {
	if msg.fleet != a.fleet {
		return nil
	}
	a.spoken.examined = a.load.gen
	var cmds []tea.Cmd
	for at, found := range msg.of {
		if found.nr != a.fleet.members[at].asked {
			continue
		}
		a.fleet.members[at].counts = found.counts
		cmds = append(cmds, a.list.SetMarksOf(at, found.marks))
	}
	a.list.SetOverview(a.chips())
	return tea.Batch(append(cmds, a.recall())...)
}

// reach puts the cursor on a key of a profile when it is there: by its id, or the newest that is meant.
func (a *App) reach(p *profile, id string, made func(k *apikey.Key) bool) {
	if at := a.fleet.place(p.want); at >= 0 {
		a.fleet.members[at].after, a.fleet.members[at].made = id, made
		return
	}
	a.load.after, a.load.made = id, made
}

// reloadOf asks for the keys of one profile anew.
func (a *App) reloadOf(p *profile) tea.Cmd {
	if a.fleet == nil {
		return a.reload()
	}
	return a.hear([]string{p.want})
}

// createWhere asks in which profile a key is to be made; that of the row under the cursor comes first.
func (a *App) createWhere() tea.Cmd {
	var options []dialog.Option
	at := a.list.SelectedProfile()
	for i, m := range a.fleet.members {
		if m.conn == nil || !canCreate(m.caps).OK {
			continue
		}
		if _, no := a.noWritesOf(&m.profile); no {
			continue
		}
		o := dialog.Option{Label: ui.Clean(m.want), About: ui.Clean(m.caps.Title), Then: func() ui.Screen { return a.of(&m.profile, a.createScreen) }}
		if i == at {
			options = append([]dialog.Option{o}, options...)
		} else {
			options = append(options, o)
		}
	}
	if len(options) == 0 {
		return a.say(a.env.Keys.New.Help().Desc+": no profile that answered can create keys", false)
	}
	return a.push(dialog.NewChoice(a.env, "New key where?", options))
}

// actOnProfile is a key that is about a profile: a digit jumps to one, and on the line of one that failed e mends it and enter says why.
func (a *App) actOnProfile(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := a.env.Keys
	if key.Matches(msg, k.Jump) {
		profiles := a.host.Profiles()
		if at := int(msg.Runes[0] - '1'); at < len(profiles) {
			return a.use(profiles[at].Name), true
		}
		return a.say("there is no profile "+string(msg.Runes), false), true
	}
	m := a.fleet.onProblem(a)
	switch {
	case m == nil:
		return nil, false
	case key.Matches(msg, k.Open):
		return a.push(dialog.NewError(a.env, "The profile "+m.want+" did not answer", m.err, a.whereFromOf(m.want, m.err)...)), true
	case key.Matches(msg, k.Edit):
		return a.mend(m), true
	}
	return nil, false
}

// mend opens what makes a profile work again that failed.
func (a *App) mend(m *member) tea.Cmd {
	switch p, is := a.hosted(m.want); {
	case !is:
		return nil
	case a.host.NeedsTerminal(p.Name):
		return a.use(p.Name)
	case a.lock.NoProfiles != "":
		return a.refuseProfile(ui.ProfileRefused{Name: p.Name, What: desk.EditProfile, Why: a.lock.NoProfiles})
	case p.Embedded, client.IsKind(m.err, client.Unreachable), client.IsKind(m.err, client.Timeout):
		return a.hear([]string{m.want})
	default:
		return a.push(a.screens.editProfile(p))
	}
}

func (a *App) leaveFleet() {
	if a.fleet != nil {
		for _, m := range a.fleet.members {
			m.stop()
		}
		a.fleet = nil
	}
}

// owns takes note of whose a screen is that is about to be opened.
func (f *fleet) owns(s ui.Screen) {
	if f != nil && f.making != "" {
		f.owners[s], f.making = f.making, ""
	}
}

// failed are the profiles that did not answer.
func (f *fleet) failed() (out []*member) {
	if f == nil {
		return nil
	}
	for _, m := range f.members {
		if m.err != nil {
			out = append(out, m)
		}
	}
	return out
}

// onProblem is the profile on whose line the cursor stands; nil for none.
func (f *fleet) onProblem(a *App) *member {
	failed := f.failed()
	if at := a.list.Problem(); at >= 0 && at < len(failed) && a.focus == onList {
		return failed[at]
	}
	return nil
}

package tui

import (
	"context"
	"slices"

	"detent/apikey"
	"detent/desk"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// profile is the profile in use, or on its way to be.
type profile struct {
	want   string
	gen    int
	conn   *ui.Connection // nil until it is open
	caps   apikey.Capabilities
	err    error // why it could not be opened
	cancel context.CancelFunc
}

// connect makes the profile one that is open.
func (p *profile) connect(c ui.Connection) {
	p.conn, p.caps, p.err = &c, c.Service.Capabilities(), nil
	p.conn.Profile.Setting.Token = p.caps.Credential
}

// listed is the profile as the list knows it.
func (p *profile) listed() keylist.Profile {
	out := keylist.Profile{Name: p.want, Presets: p.caps.PermissionPresets, Properties: p.caps.Properties}
	if p.conn != nil {
		out.Setting = p.conn.Profile.Setting
	}
	return out
}

// place is what the frame says of an open profile.
func (p *profile) place() ui.Place {
	if p.conn == nil {
		return ui.Place{Profile: p.want}
	}
	out := ui.Place{Profile: p.want, Service: p.caps.Service, Setting: p.conn.Profile.Setting}
	if s := out.Setting; s.Contradicted() {
		out.Alarm = "the profile says " + string(s.Environment)
		if s.Token != apikey.Live {
			out.Alarm = "the token is " + string(s.Token)
		}
	}
	return out
}

// load is one load of the list: a generation that makes stale answers known, and a cancel.
type load struct {
	gen     int
	running bool
	loaded  bool // a list was once complete
	err     error
	cancel  context.CancelFunc
	box     *mailbox
	known
}

// known is what is known of the keys of a profile.
type known struct {
	asked  int // examinations of them: the answer to the last counts
	found  int // the last one that was answered
	came   int // the one of the keys that came last
	counts counts
	after  string                   // the key to put the cursor on when it is there
	made   func(k *apikey.Key) bool // the same, where its id is not known: the newest that is like this
}

func (l *load) stop() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
}

// hosted is a profile as the host knows it now.
func (a *App) hosted(name string) (ui.Profile, bool) {
	all := a.host.Profiles()
	at := slices.IndexFunc(all, func(p ui.Profile) bool { return p.Name == name })
	if at < 0 {
		return ui.Profile{}, false
	}
	return all[at], true
}

func (a *App) noWritesOf(p *profile) (why string, no bool) {
	switch {
	case a.env.NoWrites != "":
		return a.env.NoWrites, true
	case a.readOnly, p.conn != nil && p.conn.Profile.ReadOnly:
		return desk.ReadOnlyWords(ui.Clean(p.want), a.readOnly), true
	}
	return "", false
}

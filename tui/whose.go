package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// here is the profile at hand: the one in use, or where all are listed that of the row under the cursor.
func (a *App) here() *profile {
	switch {
	case a.fleet == nil:
		return &a.profile
	case a.fleet.chosen != nil:
		return a.fleet.chosen
	}
	if at := a.list.SelectedProfile(); at >= 0 {
		return &a.fleet.members[at].profile
	}
	return &profile{}
}

// named is a profile that is listed; where none is named, the one at hand.
func (a *App) named(name string) *profile {
	if name == "" {
		return a.here()
	}
	if at := a.fleet.place(name); at >= 0 {
		return &a.fleet.members[at].profile
	}
	if a.fleet == nil && a.profile.want == name {
		return &a.profile
	}
	return &profile{want: name}
}

// of makes a screen of a profile.
func (a *App) of(p *profile, make func() ui.Screen) ui.Screen {
	if a.fleet == nil {
		return make()
	}
	before := a.fleet.chosen
	a.fleet.chosen = p
	defer func() { a.fleet.chosen = before }()
	return make()
}

// pushOf opens a screen of a profile.
func (a *App) pushOf(p *profile, make func() ui.Screen) tea.Cmd { return a.push(a.of(p, make)) }

// ofMark is the profile of a marked key.
func (a *App) ofMark(m keylist.Marked) *profile {
	if a.fleet == nil {
		return &a.profile
	}
	return &a.fleet.members[m.Profile].profile
}

// owner is the profile that the topmost screen is of which is of one; empty where the frame speaks of the list.
func (a *App) owner() string {
	if a.fleet != nil {
		for i := len(a.overlays) - 1; i >= 0; i-- {
			if name := a.fleet.owners[a.overlays[i]]; name != "" {
				return name
			}
		}
	}
	return ""
}

// connectionOf is that of a screen's profile.
func (a *App) connectionOf(s ui.Screen) *ui.Connection {
	if a.fleet == nil {
		return a.profile.conn
	}
	return a.named(a.fleet.owners[s]).conn
}

// framed is the profile that the frame speaks of; of all of them, none.
func (a *App) framed() *profile {
	switch name := a.owner(); {
	case a.fleet == nil:
		return &a.profile
	case name != "":
		return a.named(name)
	}
	return &profile{}
}

// whose is what the frame speaks of: of the screen in it, whose profile may be another than the list's; else of
// the profile in use.
func (a *App) whose() ui.Place {
	if wide, _ := a.layers(); wide != nil {
		if p, ok := wide.(ui.Placed); ok {
			return p.Place()
		}
	}
	if name := a.owner(); name != "" {
		return a.named(name).place()
	}
	return a.listed()
}

// listed is the profile in use, or on its way to be.
func (a *App) listed() ui.Place {
	if a.fleet != nil {
		return a.fleet.listed()
	}
	if a.profile.conn != nil {
		return a.profile.place()
	}
	p, _ := a.hosted(a.profile.want)
	return ui.Place{Profile: a.profile.want, Setting: p.Setting}
}

// noWrites says why nothing may be changed in the profile at hand, if nothing may.
func (a *App) noWrites() (why string, no bool) { return a.noWritesOf(a.here()) }

// isLive reports whether a key works in a live environment, as far as is known.
func (a *App) isLive(k *apikey.Key) bool {
	return a.here().place().Setting.Guard(k.Environment) == apikey.Live
}

// keysOf are the keys of a profile.
func (a *App) keysOf(p *profile) []apikey.Key {
	n, keys := a.list.Keys().Of(max(a.fleet.place(p.want), 0))
	out := make([]apikey.Key, n)
	for i, k := range keys {
		out[i] = *k
	}
	return out
}

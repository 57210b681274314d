package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// reach puts the cursor on a key of a profile when it is there: by its id, or the newest that is meant.
func (a *App) reach(p *profile, id string, made func(k *apikey.Key) bool) {
	to := &a.load.known
	if at := a.fleet.place(p.want); at >= 0 {
		to = &a.fleet.members[at].known
	}
	to.after, to.made = id, made
}

// reached puts it there, among the keys of a profile that have come.
func (a *App) reached(profile int, of *known) {
	if of.made != nil {
		of.after = a.newest(profile, of.made)
	}
	if of.after != "" {
		a.list.SelectOf(profile, of.after)
	}
	of.after, of.made = "", nil
}

// madeAs means public keys of a name; any where none was asked for. The answer to a request has no id.
func madeAs(name string) func(k *apikey.Key) bool {
	return func(k *apikey.Key) bool { return k.Type == apikey.PublicKey && (name == "" || k.Name == name) }
}

// newest is the id of the key that was made last among those of a profile that are meant; empty for none.
func (a *App) newest(profile int, meant func(k *apikey.Key) bool) (id string) {
	var last time.Time
	_, keys := a.list.Keys().Of(profile)
	for _, k := range keys {
		if at, _ := k.CreatedAt.Time(); meant(k) && (id == "" || at.After(last)) {
			id, last = k.ID, at
		}
	}
	return id
}

// goTo puts the cursor on a key, past any filter.
func (a *App) goTo(msg ui.GoTo) tea.Cmd {
	if a.elsewhere(msg) {
		return a.goThere(msg)
	}
	shown := a.list.ShowAll()
	a.focus = onList
	a.list.SelectOf(a.fleet.place(msg.Profile), msg.ID)
	k, _, ok := a.list.Selected()
	if !ok || k.ID != msg.ID {
		return tea.Batch(shown, a.say("that key is not in this list: "+a.env.Keys.Reload.Help().Key+" loads it anew", false))
	}
	if msg.Off || msg.Delete || msg.Replace {
		return tea.Batch(shown, a.actOn(k, msg))
	}
	if a.spoken.on { // a cursor is not heard
		a.focus, a.spoken.open = onDetail, a.list.SelectedRef()
		a.spoken.visit++
	}
	return shown
}

// elsewhere reports whether a key is of a profile that is not listed.
func (a *App) elsewhere(to ui.GoTo) bool {
	return to.Profile != "" && (a.fleet == nil && to.Profile != a.profile.want || a.fleet != nil && a.fleet.place(to.Profile) < 0)
}

// goThere opens the profile of a key and goes on when its keys are there.
func (a *App) goThere(to ui.GoTo) tea.Cmd {
	cmd := a.use(to.Profile)
	if a.profile.want == to.Profile {
		a.there = &to
	}
	return cmd
}

// arrive goes on with what was asked of a key of another profile.
func (a *App) arrive(complete bool) tea.Cmd {
	to := a.there
	if to == nil || to.Profile != a.profile.want {
		return nil
	}
	if a.there = nil; !complete {
		return nil
	}
	return a.goTo(*to)
}

// actOn asks about replacing, switching off or deleting the key that was gone to.
func (a *App) actOn(k *apikey.Key, to ui.GoTo) tea.Cmd {
	b, asks := a.env.Keys.Rotate, a.screens.rotate
	switch {
	case to.Delete:
		b, asks = a.env.Keys.Delete, a.screens.remove
	case to.Off: // asked, whatever its environment: the key came from a secret and not from a row
		b, asks = a.env.Keys.Toggle, a.screens.toggle
	}
	if why := a.refusal(a.actionOf(b)); why != "" {
		return a.say(b.Help().Desc+": "+why, false)
	}
	if to.Replace && a.inRotation(k.ID) {
		return a.push(a.screens.rotations())
	}
	s := asks(*k)
	if leaked, can := s.(ui.Leaked); can {
		leaked.Compromised()
	}
	if by, can := s.(ui.DeletedBy); can && to.Delete && !to.Secret.IsZero() && a.here().caps.SelfDelete != "" {
		by.BySecret(a.here().caps.SelfDelete, to.Secret)
	}
	return a.push(s)
}

package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/detail"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// action is what a key does on the list and the detail. Help, footer and the answer of a key
// that cannot act come from the same row, so that they cannot disagree.
type action struct {
	binding key.Binding
	// what it orders; empty where it changes nothing. What does is gone in read-only mode, and answers with why.
	what desk.What
	// asks: is of no use without the service, though it changes nothing.
	asks bool
	// ofAll: where all profiles are listed, it is of no single one.
	ofAll bool
	// needsKey: acts on the key under the cursor.
	needsKey bool
	// able says whether the service can; nil for what needs no service, such as quitting.
	able func(c apikey.Capabilities) apikey.Ability
	run  func(k *apikey.Key) tea.Cmd
}

func (a *App) newActions() []action {
	k := a.env.Keys
	always := func(apikey.Capabilities) apikey.Ability { return apikey.Can() }
	return []action{
		{binding: k.Open, needsKey: true, able: always, run: func(*apikey.Key) tea.Cmd { a.focus = onDetail; return nil }},
		{binding: k.New, what: desk.Create, able: canCreate, ofAll: true, run: func(*apikey.Key) tea.Cmd { return a.create() }},
		{binding: k.Rotate, what: desk.Rotate, needsKey: true, able: a.canRotate, run: a.rotate},
		{binding: k.Edit, what: desk.Update, needsKey: true, able: canEdit, run: func(k *apikey.Key) tea.Cmd { return a.push(a.screens.edit(*k)) }},
		{binding: k.Toggle, what: desk.Update, needsKey: true, able: func(c apikey.Capabilities) apikey.Ability { return c.Disable }, run: a.toggle},
		{binding: k.Delete, what: desk.Delete, needsKey: true, able: func(c apikey.Capabilities) apikey.Ability { return c.Delete }, run: func(k *apikey.Key) tea.Cmd {
			return a.push(a.screens.remove(*k))
		}},
		{binding: k.CopyID, needsKey: true, able: always, run: func(k *apikey.Key) tea.Cmd { return a.push(a.copyable(k)) }},
		{binding: k.Verify, able: always, asks: true, ofAll: true, run: func(*apikey.Key) tea.Cmd { return a.verify() }},
		{binding: k.Rotations, able: a.canRotate, ofAll: true, run: func(*apikey.Key) tea.Cmd { return a.push(a.screens.rotations()) }},
		{binding: k.History, able: a.canRecall, ofAll: true, run: func(*apikey.Key) tea.Cmd { return a.push(a.history()) }},
		{binding: k.Profiles, run: func(*apikey.Key) tea.Cmd {
			return a.push(dialog.NewProfiles(a.env, a.host.Profiles, a.profile.want,
				dialog.ProfileForms{Add: a.screens.addProfile, Edit: a.screens.editProfile, More: a.moreOf(), No: a.lock.NoProfiles}))
		}},
		{binding: k.All, run: func(*apikey.Key) tea.Cmd { return a.openAll() }},
		{binding: k.Reload, run: func(*apikey.Key) tea.Cmd { return a.reload() }},
		{binding: k.Palette, run: func(*apikey.Key) tea.Cmd { return a.push(a.palette()) }},
		{binding: k.Help, run: func(*apikey.Key) tea.Cmd { return a.push(dialog.NewHelp(a.env, a.helpSections)) }},
		{binding: k.Quit, run: func(*apikey.Key) tea.Cmd { return a.askQuit() }},
	}
}

// rotate begins a rotation; where one of the key is open already, that is what there is to do.
func (a *App) rotate(k *apikey.Key) tea.Cmd {
	if a.inRotation(k.ID) {
		return a.push(a.screens.rotations())
	}
	return a.push(a.screens.rotate(*k))
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
	if msg.Off || msg.Delete {
		return tea.Batch(shown, a.actOn(k, msg))
	}
	if !msg.Replace {
		if a.spoken.on { // a cursor is not heard
			a.focus, a.spoken.open = onDetail, a.list.SelectedRef()
			a.spoken.visit++
		}
		return shown
	}
	for i := range a.actions {
		if x := &a.actions[i]; x.what == desk.Rotate {
			if why := a.refusal(x); why != "" {
				return tea.Batch(shown, a.say(x.binding.Help().Desc+": "+why, false))
			}
		}
	}
	if a.inRotation(k.ID) {
		return tea.Batch(shown, a.push(a.screens.rotations()))
	}
	setup := a.screens.rotate(*k)
	if leaked, can := setup.(ui.Leaked); can {
		leaked.Compromised()
	}
	return tea.Batch(shown, a.push(setup))
}

// inRotation says that an open rotation concerns the key under the cursor.
func (a *App) inRotation(id string) bool {
	k, marks, ok := a.list.Selected()
	return ok && k.ID == id && marks.Has(apikey.FindingRotationOpen)
}

// canCreate: a new key of either kind.
func canCreate(c apikey.Capabilities) apikey.Ability {
	if c.PublicKeys.OK {
		return c.PublicKeys
	}
	return c.Create
}

func canEdit(c apikey.Capabilities) apikey.Ability {
	if c.Rename.OK || c.ChangeRole.OK || c.ChangeExpiry.OK || c.ChangesNumbers() {
		return apikey.Can()
	}
	return c.Rename
}

func (a *App) canRotate(apikey.Capabilities) apikey.Ability {
	if a.screens.rotate == nil || a.screens.rotations == nil {
		return apikey.Cannot("there are no rotations here")
	}
	return apikey.Can()
}

// refusal says why an action cannot act now; empty when it can.
func (a *App) refusal(x *action) string {
	p, loadErr := a.here(), a.load.err
	if a.fleet != nil {
		if x.ofAll {
			if can := x.able(apikey.Capabilities{}); x.what != desk.Create && !can.OK { // where a key is made is asked
				return can.Why
			}
			return ""
		}
		loadErr = p.err
	}
	if x.able != nil && p.conn != nil { // whose it is comes first, as for an order
		if can := x.able(p.caps); !can.OK && desk.OfRole(can.Why) {
			return can.Why
		}
	}
	if x.what != "" {
		if why, no := a.noWritesOf(p); no {
			return why
		}
	}
	if (x.what != "" || x.asks) && client.IsKind(loadErr, client.Unreachable) {
		return "offline: " + a.env.Keys.Reload.Help().Key + " looks again whether the service is there"
	}
	if x.what != "" && client.IsKind(loadErr, client.Unauthorized) {
		return "the token was refused: " + a.env.Keys.Reload.Help().Key + " tries it again"
	}
	if x.able == nil {
		return ""
	}
	if p.conn == nil {
		return "the profile is not open yet"
	}
	if can := x.able(p.caps); !can.OK {
		if can.Why == "" {
			return "this service cannot do that"
		}
		return can.Why
	}
	return ""
}

// act carries out a key that has the same meaning on list and detail.
func (a *App) act(msg tea.KeyMsg) (tea.Cmd, bool) {
	if a.focus == onDetail && key.Matches(msg, a.env.Keys.Back) {
		a.focus = onList
		return nil, true
	}
	if cmd, done := a.actOnProfile(msg); done {
		return cmd, true
	}
	for i := range a.actions {
		x := &a.actions[i]
		if !key.Matches(msg, x.binding) || a.focus == onDetail && key.Matches(msg, a.env.Keys.Open) {
			continue
		}
		if cmd, done := a.onMarks(x); done {
			return cmd, true
		}
		if why := a.refusal(x); why != "" {
			var k apikey.Key
			if at, _, ok := a.list.Selected(); ok && x.needsKey {
				k = *at
			}
			return tea.Batch(a.say(x.binding.Help().Desc+": "+why, false), a.lock.refused(a.here().want, desk.Order{What: x.what, Key: k}, why)), true
		}
		var k *apikey.Key
		if x.needsKey {
			var ok bool
			if k, _, ok = a.list.Selected(); !ok {
				return a.say(x.binding.Help().Desc+": no key is selected", false), true
			}
		}
		return x.run(k), true
	}
	return nil, false
}

// bindings are the keys that act now, in the order of the footer; help is always there.
func (a *App) bindings() []key.Binding {
	k := a.env.Keys
	_, _, selected := a.list.Selected()
	can := map[string]bool{}
	for i := range a.actions {
		if x := &a.actions[i]; a.refusal(x) == "" && (selected || !x.needsKey) {
			can[x.binding.Help().Key] = true
		}
	}
	order := []key.Binding{k.New, k.Rotate, k.Edit, k.Delete, k.Filter, k.Sort, k.Profiles, k.Toggle, k.CopyID, k.Verify, k.Rotations, k.History, k.Reload, k.Quit}
	if a.focus == onDetail {
		order = append([]key.Binding{k.Back}, order...)
		can[k.Back.Help().Key] = true
	} else {
		order = append([]key.Binding{k.Open}, order...)
		filtered := a.list.Filtered()
		can[k.Filter.Help().Key], can[k.Sort.Help().Key] = selected || filtered, selected
		if filtered { // kept, while all keys mean what they do without
			order = append([]key.Binding{ui.Does(k.FilterClear, "clear the filter")}, order...)
			can[k.FilterClear.Help().Key] = true
		}
	}
	var out []key.Binding
	for _, b := range order {
		if can[b.Help().Key] {
			out = append(out, b)
		}
	}
	return out
}

// helpSections are the program's keys without those that cannot act here.
func (a *App) helpSections() []ui.Section {
	gone := map[string]bool{}
	for i := range a.actions {
		if x := &a.actions[i]; a.refusal(x) != "" {
			gone[x.binding.Help().Key] = true
		}
	}
	var out []ui.Section
	for _, s := range a.env.Keys.Sections()[:4] {
		shown := ui.Section{Title: s.Title}
		for _, b := range s.Keys {
			if !gone[b.Help().Key] && b.Enabled() {
				shown.Keys = append(shown.Keys, b)
			}
		}
		out = append(out, shown)
	}
	return append(out, ui.FilterWords())
}

// helpKey is what opens the help of a screen: while text is typed ? is text. Help itself has none.
func (a *App) helpKey(top ui.Screen) key.Binding {
	k := a.env.Keys.Help
	if _, is := top.(*dialog.Help); is {
		k.SetEnabled(false)
	}
	if t, ok := top.(ui.Typist); ok && t.Typing() {
		k.SetKeys("f1")
		k.SetHelp("f1", k.Help().Desc)
	}
	return k
}

// helpOf are the keys of a screen as it stands.
func (a *App) helpOf(s ui.Screen) func() []ui.Section {
	return func() []ui.Section {
		k := a.env.Keys
		out := []ui.Section{{Title: "Here", Keys: s.Bindings()}}
		if t, ok := s.(ui.Titled); ok {
			out[0].Title = ui.Clean(t.Title())
		}
		if wantsAll(s) {
			out = append(out, ui.Section{Title: "Move", Keys: []key.Binding{k.Up, k.Down, k.HalfUp, k.HalfDown, k.PageUp, k.PageDown}})
		}
		return append(out, ui.Section{Title: "Everywhere", Keys: []key.Binding{key.NewBinding(key.WithKeys("?"), key.WithHelp("? f1", "help of what is on the screen")), a.paletteKey(s), k.Suspend}})
	}
}

// create opens the form for a new key, after the question of its kind where there are two.
func (a *App) create() tea.Cmd {
	if a.fleet != nil {
		return a.createWhere()
	}
	return a.push(a.createScreen())
}

func (a *App) createScreen() ui.Screen {
	p := a.here()
	switch c := p.caps; {
	case !c.PublicKeys.OK:
		return a.screens.create()
	case !c.Create.OK:
		return a.screens.requestPublic()
	}
	return dialog.NewChoice(a.env, "New key", []dialog.Option{
		{Label: "secret key", About: "for a server: made with a role, shown once", Then: func() ui.Screen { return a.of(p, a.screens.create) }},
		{Label: "public key", About: "for a browser or an app: read-only, valid for a time", Then: func() ui.Screen { return a.of(p, a.screens.requestPublic) }},
	})
}

// toggle enables or disables a key, with a question for a live one.
func (a *App) toggle(k *apikey.Key) tea.Cmd {
	if a.isLive(k) || k.Own {
		return a.push(a.screens.toggle(*k))
	}
	on := k.IsDisabled()
	return ui.Do(ui.UpdateKey{Ticket: a.env.Ticket(), Profile: a.here().want, ID: k.ID, Name: k.Name, Patch: apikey.Patch{Enabled: &on}})
}

// askQuit quits at once unless a change is on its way.
func (a *App) askQuit() tea.Cmd {
	if n := a.requests.flying; n > 0 {
		return a.push(dialog.NewQuit(a.env, n))
	}
	return a.quit()
}

// showSelected lets the detail follow the cursor.
func (a *App) showSelected() {
	a.spoken.leave(a)
	k, marks, ok := a.list.Selected()
	if !ok {
		a.detail.Show(detail.Subject{})
		if a.focus == onDetail {
			a.focus = onList
		}
		return
	}
	a.detail.Follow(k, marks, a.subject)
}

// subject is what the detail shows of a key. Its findings are asked of the one place that
// decides them; other keys matter to it only where they have the same name.
func (a *App) subject(k *apikey.Key, marks ui.Marks) detail.Subject {
	p := a.here()
	out := detail.Subject{Key: k, Marks: marks, Caps: p.caps, Past: a.pastOf(k.ID)}
	if a.fleet != nil && p.conn != nil {
		out.Profile, out.Environment = p.want, p.conn.Profile.Setting.ForKey(k.Environment).Word(k.Environment)
	}
	keys := []apikey.Key{*k}
	if marks.Has(apikey.FindingDuplicateName) {
		_, all := a.list.Keys().Of(max(a.list.SelectedProfile(), 0))
		for _, other := range all {
			if other.Name == k.Name && other.ID != k.ID {
				keys = append(keys, *other)
			}
		}
	}
	open := map[string]bool{k.ID: marks.Has(apikey.FindingRotationOpen)}
	for _, f := range apikey.Examine(keys, p.caps, p.conn.Policy, open, a.env.Now()) {
		if f.KeyID == k.ID {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}

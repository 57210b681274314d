package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/dialog"
	"detent/tui/history"
	"detent/tui/ui"
)

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
		var of apikey.Key
		k, _, selected := a.list.Selected()
		if selected && x.needsKey {
			of = *k
		}
		switch why := a.refusal(x); {
		case why != "":
			return tea.Batch(a.say(x.binding.Help().Desc+": "+why, false), a.lock.refused(a.here().want, desk.Order{What: x.what, Key: of}, why)), true
		case x.needsKey && !selected:
			return a.say(x.binding.Help().Desc+": no key is selected", false), true
		}
		return x.run(k), true
	}
	return nil, false
}

// create opens the form for a new key, after the question of its kind where there are two.
func (a *App) create() tea.Cmd {
	if a.fleet != nil {
		return a.createWhere()
	}
	return a.push(a.createScreen())
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

// rotate begins a rotation; where one of the key is open already, that is what there is to do.
func (a *App) rotate(k *apikey.Key) tea.Cmd {
	if a.inRotation(k.ID) {
		return a.push(a.screens.rotations())
	}
	return a.push(a.screens.rotate(*k))
}

// toggle enables or disables a key, with a question for a live one.
func (a *App) toggle(k *apikey.Key) tea.Cmd {
	if a.isLive(k) || k.Own {
		return a.push(a.screens.toggle(*k))
	}
	on := k.IsDisabled()
	return ui.Do(ui.UpdateKey{Ticket: a.env.Ticket(), Profile: a.here().want, ID: k.ID, Name: k.Name, Patch: apikey.Patch{Enabled: &on}})
}

// history is that of the key under the cursor, or of all where there is none.
func (a *App) history() ui.Screen {
	k, _, ok := a.list.Selected()
	if !ok {
		k = &apikey.Key{}
	}
	return history.New(a.env, a.host.(ui.Recorder), a.here().want, *k)
}

// askQuit quits at once unless a change is on its way.
func (a *App) askQuit() tea.Cmd {
	if n := a.requests.flying; n > 0 {
		return a.push(dialog.NewQuit(a.env, n))
	}
	return a.quit()
}

// copyable asks what of a key is to be copied: of what is known of it, and the lines that a program reads it by. A secret is in none.
func (a *App) copyable(k *apikey.Key) ui.Screen {
	var options []dialog.Option
	add := func(label, text string) {
		if text != "" {
			options = append(options, dialog.Option{Label: label, About: ui.Clean(text), Do: ui.CopyText{What: "the " + label, Text: ui.Clean(text)}})
		}
	}
	variable := variableOf(k.Name)
	add("id", k.ID)
	name, _ := apikey.SplitName(k.Name)
	add("name", name)
	add("mask", k.Masked)
	add(".env line", variable+"=  # "+strings.Join(strings.Fields(ui.Clean(name)+" "+k.Masked+" "+k.ID), " "))
	if c := a.here().conn; c != nil && !c.Profile.Embedded {
		add("curl line", `curl -H "Authorization: Bearer $`+variable+`" `+c.Profile.URL)
	}
	return dialog.NewChoice(a.env, "Copy", options)
}

// variableOf is a usual name for the variable of a key: payments-api is PAYMENTS_API.
func variableOf(name string) string {
	name, _ = apikey.SplitName(name)
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch out := strings.Join(words, "_"); {
	case out == "":
		return "API_KEY"
	case unicode.IsDigit(rune(out[0])):
		return "KEY_" + out
	default:
		return out
	}
}

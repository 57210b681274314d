package tui

import (
	"context"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/dialog"
	"detent/tui/rotate"
	"detent/tui/ui"
)

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

// moreOf makes the question of what else is to be done with a profile; nil where the host changes none.
func (a *App) moreOf() func(ui.Profile) ui.Screen {
	if _, ok := a.host.(ui.Keeper); !ok {
		return nil
	}
	return func(p ui.Profile) ui.Screen {
		options := []dialog.Option{{Label: "default", About: "begin with it, where nothing else is said", Do: ui.MakeDefault{Name: p.Name}}}
		if p.Embedded {
			return dialog.NewChoice(a.env, p.Name, options)
		}
		destinations := dialog.Option{Label: "destinations", About: "there are none: a rotation remembers one",
			Do: ui.Toast{Text: p.Name + " names no destination; the setup of a rotation remembers one"}}
		if places := a.placesOf(p); len(places) > 0 {
			destinations = dialog.Option{Label: "destinations", About: "what each holds; take one away",
				Then: func() ui.Screen { return dialog.NewChoice(a.env, "Destinations of "+p.Name, places) }}
		}
		options = append(options, destinations, dialog.Option{Label: "remove", About: "out of the configuration; its keys stay", Then: func() ui.Screen {
			return dialog.NewChoice(a.env, "Remove the profile "+p.Name+"?", []dialog.Option{
				{Label: "keep it", About: "nothing changes", Do: ui.Toast{Text: "nothing was removed", Good: true}},
				{Label: "remove it", About: "from the file, with its destinations", Do: ui.RemoveProfile{Name: p.Name}},
			}).Guarded()
		}})
		options = append(options, dialog.Option{Label: "rename", About: "with its destinations", Then: func() ui.Screen {
			return dialog.NewLine(a.env, "Rename the profile "+p.Name, p.Name, func(to string) tea.Msg { return ui.RenameProfile{Name: p.Name, To: to} })
		}})
		return dialog.NewChoice(a.env, p.Name, options)
	}
}

// refuseProfile says, and has recorded, that an act on a profile is not for whoever asked for it.
func (a *App) refuseProfile(msg ui.ProfileRefused) tea.Cmd {
	return tea.Batch(a.say(msg.Why, false), a.lock.refused(msg.Name, desk.Order{What: msg.What}, msg.Why))
}

// placesOf are the named destinations of a profile, each with what can be done with it.
func (a *App) placesOf(p ui.Profile) []dialog.Option {
	host, ok := a.host.(interface {
		Destinations(profile, key string) []rotate.Named
	})
	if !ok {
		return nil
	}
	var out []dialog.Option
	for _, n := range host.Destinations(p.Name, "") {
		out = append(out, dialog.Option{Label: ui.Clean(n.Name), About: ui.Clean(n.Describe), Then: func() ui.Screen {
			return dialog.NewChoice(a.env, n.Name, []dialog.Option{
				{Label: "look", About: "what it holds now; nothing is changed", Do: ui.LookAt{Profile: p.Name, Name: n.Name}},
				{Label: "remove", About: "from the profile; what the place holds stays", Do: ui.RemoveDestination{Profile: p.Name, Name: n.Name}},
			}).Guarded()
		}})
	}
	return out
}

// configure carries out what changes the profiles and destinations that there are, or looks at one.
func (a *App) configure(msg tea.Msg) tea.Cmd {
	keeper, ok := a.host.(ui.Keeper)
	if !ok {
		return a.say("profiles are not changed from here", false)
	}
	change := func(done, failed string, do func(ctx context.Context) error) tea.Cmd {
		return a.query(a.env.Ticket(), func(ctx context.Context) result {
			return result{err: do(ctx), title: "Could not " + failed, done: done}
		})
	}
	switch msg := msg.(type) {
	case ui.RemoveProfile:
		if msg.Name == a.profile.want {
			return a.say(msg.Name+" is in use: switch to another profile first", false)
		}
		return change("profile "+msg.Name+" removed", "remove the profile "+msg.Name, func(ctx context.Context) error { return keeper.RemoveProfile(ctx, msg.Name) })
	case ui.RenameProfile:
		if msg.Name == a.profile.want {
			return a.say(msg.Name+" is in use: switch to another profile first", false)
		}
		return change("profile "+msg.Name+" is called "+msg.To+" now", "rename the profile "+msg.Name, func(ctx context.Context) error { return keeper.RenameProfile(ctx, msg.Name, msg.To) })
	case ui.MakeDefault:
		return change("detent begins with "+msg.Name+" now", "make "+msg.Name+" the default", func(ctx context.Context) error { return keeper.MakeDefault(ctx, msg.Name) })
	case ui.RemoveDestination:
		return change("destination "+msg.Name+" removed", "remove the destination "+msg.Name, func(ctx context.Context) error { return keeper.RemoveDestination(ctx, msg.Profile, msg.Name) })
	case ui.LookAt:
		places, can := a.host.(rotate.Places)
		if !can {
			return a.say("places cannot be looked at here", false)
		}
		return a.query(a.env.Ticket(), func(ctx context.Context) result {
			words, err := places.Look(ctx, msg.Profile, apikey.Key{}, msg.Name)
			return result{err: err, title: "Could not look at " + msg.Name, done: msg.Name + " " + words}
		})
	}
	return nil
}

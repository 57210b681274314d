package tui

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

// ask starts an intent that changes nothing on the service.
func (a *App) ask(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case ui.Verify:
		if len(msg.Profiles) > 0 {
			return a.verifyAmong(msg), true
		}
		c := a.profile.conn
		return a.query(msg.Ticket, func(ctx context.Context) result {
			if ok, why := client.Belongs(ctx, c.Service, msg.Secret); !ok {
				return result{msg: ui.Verified{Ticket: msg.Ticket, Proof: apikey.Proof{Why: why + ". It was not sent."}}}
			}
			proof, _, err := client.Verify(ctx, c.Service, msg.Secret)
			return result{msg: ui.Verified{Ticket: msg.Ticket, Proof: proof, Err: err}, err: err, title: "Could not verify the secret"}
		}), true
	case ui.RevealSecret:
		name := a.named(msg.Profile).want
		return a.query(msg.Ticket, func(ctx context.Context) result {
			err := a.host.Showing(ctx, name, msg.Key)
			return result{msg: ui.SecretRevealed{Ticket: msg.Ticket, Err: err}, err: err, title: "Could not show the secret"}
		}), true
	case ui.Deliver:
		c := a.named(msg.Profile).conn
		return a.query(msg.Ticket, func(ctx context.Context) result {
			d, err := a.host.Deliver(ctx, c.Profile.Name, msg.Key, msg.Destination, msg.Secret, msg.Replace)
			return result{msg: ui.SecretDelivered{Ticket: msg.Ticket, Delivered: d, Err: err}, err: err, title: "Could not store the secret", done: d.Summary}
		}), true
	case ui.SaveProfile:
		return a.saveProfile(msg), true
	case ui.RemoveProfile, ui.RenameProfile, ui.MakeDefault, ui.RemoveDestination, ui.LookAt:
		return a.configure(msg), true
	case ui.TestProfile:
		return a.testProfile(msg), true
	case ui.AskParents:
		return a.askParents(msg), true
	case ui.AskCatalogue:
		return a.askCatalogue(a.named(msg.Profile)), true
	case ui.Catalogued:
		if p := a.named(msg.Profile); p.conn != nil {
			p.caps = msg.Caps
		}
		return a.tellAll(msg), true
	}
	return nil, false
}

// askCatalogue asks a profile's service which permissions there are. Nobody waits for the answer: it reaches the form that is open then.
func (a *App) askCatalogue(p *profile) tea.Cmd {
	name, c := p.want, p.conn
	if c == nil || c.Catalogue == nil {
		return nil
	}
	return func() tea.Msg {
		err := c.Catalogue(context.Background())
		return ui.Catalogued{Profile: name, Caps: c.Service.Capabilities(), Err: err}
	}
}

// saveProfile writes a profile. The one in use is opened anew, so that what was changed holds.
func (a *App) saveProfile(msg ui.SaveProfile) tea.Cmd {
	name, verb := msg.Profile.Name, "add"
	var then func() tea.Cmd
	if msg.Before != nil {
		verb = "change"
		then = func() tea.Cmd {
			switch p := a.named(name); {
			case a.fleet != nil:
				return a.reloadOf(p)
			case name != a.profile.want:
				return nil
			}
			return a.use(name)
		}
	}
	return a.query(msg.Ticket, func(ctx context.Context) result {
		err := a.host.SaveProfile(ctx, msg.Before, msg.Profile)
		return result{
			msg: ui.ProfileSaved{Ticket: msg.Ticket, Name: name, Err: err}, err: err,
			title: "Could not " + verb + " the profile " + name, done: "profile " + name + " " + strings.TrimSuffix(verb, "e") + "ed", then: then,
		}
	})
}

// testProfile opens a profile and lists its keys, without leaving the one in use.
func (a *App) testProfile(msg ui.TestProfile) tea.Cmd {
	var conn ui.Connection
	open := func(ctx context.Context) (err error) { conn, err = a.host.Open(ctx, msg.Name); return err }
	try := func(ctx context.Context, err error) result {
		out := ui.ProfileTested{Ticket: msg.Ticket, Name: msg.Name, Err: err}
		if err != nil {
			return result{ticket: msg.Ticket, msg: out, err: err, title: "The profile " + msg.Name + " does not open"}
		}
		if conn.Service != nil {
			out.Err = conn.Service.List(ctx, func(batch []apikey.Key) { out.Keys += len(batch) })
			out.Notes = abilities(conn.Service.Capabilities())
		}
		return result{ticket: msg.Ticket, msg: out, err: out.Err, title: "The profile " + msg.Name + " does not work"}
	}
	if !a.host.NeedsTerminal(msg.Name) {
		return a.query(msg.Ticket, func(ctx context.Context) result { return try(ctx, open(ctx)) })
	}
	a.requests.asked[msg.Ticket] = a.top()
	run := &execFunc{run: func() error { return open(context.Background()) }}
	return tea.Exec(run, func(err error) tea.Msg { return try(context.Background(), err) })
}

// abilities say in words what a service lets one do.
func abilities(c apikey.Capabilities) []string {
	var notes []string
	for _, x := range []struct {
		what string
		can  apikey.Ability
	}{
		{"create", c.Create}, {"delete", c.Delete}, {"rename", c.Rename}, {"change the role", c.ChangeRole},
		{"enable and disable", c.Disable}, {"make public keys", c.PublicKeys},
	} {
		switch {
		case x.can.OK:
			notes = append(notes, "✓ "+x.what)
		case x.can.Why != "":
			notes = append(notes, "· cannot "+x.what+": "+x.can.Why)
		}
	}
	return notes
}

// copy sends text to the terminal's clipboard. Nothing confirms that it took it.
func (a *App) copy(what, text string) tea.Cmd {
	send := a.copyText
	return func() tea.Msg {
		if err := send(text); err != nil {
			return ui.Toast{Text: err.Error()}
		}
		return ui.Toast{Text: what + " sent to your terminal's clipboard", Good: true}
	}
}

// copySecret goes the way of a delivery, which alone may see the bytes.
func (a *App) copySecret(msg ui.CopySecret) tea.Cmd {
	name := a.named(msg.Profile).want
	return func() tea.Msg {
		if _, err := a.host.Deliver(context.Background(), name, msg.Key, "clipboard", msg.Secret, false); err != nil {
			return ui.Fail{Title: "Could not copy the secret", Err: err}
		}
		return ui.Toast{Text: "sent to your terminal's clipboard, which does not confirm it", Good: true}
	}
}

// letGo lets go of what places held. Nobody waits for it: what is left undone at the end, the end of the program does.
func (a *App) letGo(msg ui.Settle) tea.Cmd {
	name := a.named(msg.Profile).want
	return func() tea.Msg {
		a.host.Settle(context.Background(), name, msg.Key)
		return nil
	}
}

// askParents has a service asked for a profile that is being written, from the machine that the operator sits at alone.
func (a *App) askParents(msg ui.AskParents) tea.Cmd {
	host, can := a.host.(ui.ParentTeller)
	if !can || a.env.Remote {
		return ui.Do(ui.ParentsTold{Ticket: msg.Ticket, Err: errors.New("nobody is asked from here")})
	}
	return func() tea.Msg {
		told, err := host.ParentChoices(context.Background(), msg.Profile, msg.Parent)
		return ui.ParentsTold{Ticket: msg.Ticket, Choices: told, Err: err}
	}
}

// complete asks the machine that the operator sits at how a destination may go on.
func (a *App) complete(msg ui.Complete) tea.Cmd {
	host, can := a.host.(ui.Completer)
	if !can || a.env.Remote {
		return ui.Do(ui.Completed{Ticket: msg.Ticket})
	}
	return func() tea.Msg {
		return ui.Completed{Ticket: msg.Ticket, Found: host.Complete(context.Background(), msg.Text)}
	}
}

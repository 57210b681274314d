package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/rotation"
	"detent/tui/ui"
)

// leaked is what is known for a pasted secret: the profiles that answered with their keys.
type leaked struct {
	others  map[string]ui.Connection
	targets []ui.Target
	asked   *hearing
	asking  bool // others may come
	formers []rotation.Recalled
	there   *ui.GoTo // where to go once the profile's keys are there
}

// verify opens the screen that takes a secret, and asks all profiles for the masks of their keys meanwhile.
func (a *App) verify() tea.Cmd {
	host, several := a.host.(ui.Fleet)
	open := a.push(a.screens.verify())
	if !several {
		return open
	}
	if a.asked != nil {
		a.asked.cancel()
	}
	a.leaked = leaked{others: map[string]ui.Connection{}}
	var ask tea.Cmd
	if names := a.takeListed(); len(names) > 0 {
		a.asked, ask = newHearing(host, names, true)
	}
	h := a.asked
	recall := func() tea.Msg {
		if r, can := a.host.(ui.Recaller); can {
			past, _ := r.Recall() // what cannot be read tells nothing
			return remembered{h, past}
		}
		return nil
	}
	return tea.Batch(open, a.tellKnown(h != nil), recall, ask)
}

// takeListed takes the keys that are listed; the profiles that are not are those to ask.
func (a *App) takeListed() (rest []string) {
	for _, hosted := range a.host.Profiles() {
		p := a.named(hosted.Name)
		if p.conn == nil {
			rest = append(rest, p.want)
			continue
		}
		a.others[p.want] = *p.conn
		t := a.target(*p.conn)
		_, keys := a.list.Keys().Of(max(a.fleet.place(p.want), 0))
		for _, k := range keys {
			t.Keys = append(t.Keys, apikey.Key{ID: k.ID, Name: k.Name, Masked: k.Masked, Environment: k.Environment, Enabled: k.Enabled, ExpiresAt: k.ExpiresAt})
		}
		a.targets = append(a.targets, t)
	}
	return rest
}

// knowMore takes the keys of profiles that a secret is compared with.
func (a *App) knowMore(msg loadMsg) tea.Cmd {
	if msg.of != a.asked {
		msg.of.cancel()
		return nil
	}
	for _, part := range msg.heard {
		if part.Connection == nil {
			continue
		}
		if _, known := a.others[part.Profile]; !known {
			a.others[part.Profile] = *part.Connection
			a.targets = append(a.targets, a.target(*part.Connection))
		}
		for i := range a.targets {
			if t := &a.targets[i]; t.Profile.Name == part.Profile {
				t.Keys = append(t.Keys, part.batch.Masks()...)
			}
		}
	}
	tell := a.tellKnown(!msg.done)
	if msg.done {
		msg.of.cancel()
		return tell
	}
	return tea.Batch(tell, msg.of.box.next(false))
}

// remembered are the keys that rotations ended or made.
type remembered struct {
	of   *hearing
	past []rotation.Recalled
}

// remember takes them, where the question that they are for is still asked.
func (a *App) remember(msg remembered) tea.Cmd {
	a.formers = msg.past
	return a.tellKnown(a.asked != nil && a.asked == msg.of && a.asking)
}

func (a *App) tellKnown(asking bool) tea.Cmd {
	a.asking = asking
	return a.tellAll(ui.Known{Targets: a.targets, Asking: asking, Past: a.formers})
}

// target is a profile that a secret may be of, and what cannot be done there about a key.
func (a *App) target(c ui.Connection) ui.Target {
	caps := c.Service.Capabilities()
	why := func(can apikey.Ability) string {
		no, is := a.noWritesOf(&profile{want: c.Profile.Name, conn: &c})
		if is && (can.OK || !desk.OfRole(can.Why)) { // a role comes first, as for an order
			return no
		}
		return whyNot(can)
	}
	return ui.Target{Profile: c.Profile, Caps: caps, Not: ui.Acts{Replace: why(a.canRotate(caps)), Off: why(caps.Disable), Delete: why(caps.Delete)}}
}

// verifyAmong asks profiles one after another until one accepts a secret.
func (a *App) verifyAmong(msg ui.Verify) tea.Cmd {
	var all []client.Asked
	for _, name := range msg.Profiles {
		if c, ok := a.others[name]; ok {
			all = append(all, client.Asked{Profile: name, Service: c.Service})
		}
	}
	return a.query(msg.Ticket, func(ctx context.Context) result {
		whose := client.VerifyAmong(ctx, msg.Secret, all)
		out := ui.Verified{Ticket: msg.Ticket, Profile: whose.Profile, Proof: whose.Proof, Err: whose.Failed}
		return result{msg: out, err: out.Err, title: "Could not verify the secret"}
	})
}

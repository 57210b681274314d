package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

// leaked is what is known for a pasted secret: the profiles that answered with their keys.
type leaked struct {
	others  map[string]ui.Connection
	targets []ui.Target
	asked   *hearing
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
	ctx, cancel := context.WithCancel(context.Background())
	h := &hearing{knows: true, box: newMailbox(), cancel: cancel}
	a.leaked = leaked{others: map[string]ui.Connection{}, asked: h}
	names := a.takeListed()
	if len(names) == 0 {
		cancel()
		a.asked = nil
		return tea.Batch(open, a.tellAll(ui.Known{Targets: a.targets}))
	}
	fetch := func() tea.Msg {
		host.Hear(ctx, names, h.box.hear)
		h.box.close(nil)
		return nil
	}
	return tea.Batch(open, a.tellAll(ui.Known{Targets: a.targets, Asking: true}), fetch, h.next(true))
}

// takeListed takes the keys that are listed; the profiles that are not are those to ask.
func (a *App) takeListed() (rest []string) {
	take := func(p *profile, at int) {
		a.others[p.want] = *p.conn
		t := ui.Target{Profile: p.conn.Profile, Caps: p.caps}
		_, keys := a.list.Keys().Of(at)
		for _, k := range keys {
			t.Keys = append(t.Keys, apikey.Key{ID: k.ID, Name: k.Name, Masked: k.Masked, Environment: k.Environment})
		}
		a.targets = append(a.targets, t)
	}
	for _, p := range a.host.Profiles() {
		switch at := a.fleet.place(p.Name); {
		case a.fleet == nil && p.Name == a.profile.want && a.profile.conn != nil:
			take(&a.profile, 0)
		case at >= 0 && a.fleet.members[at].conn != nil:
			take(&a.fleet.members[at].profile, at)
		default:
			rest = append(rest, p.Name)
		}
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
			a.targets = append(a.targets, ui.Target{Profile: part.Connection.Profile, Caps: part.Connection.Service.Capabilities()})
		}
		for i := range a.targets {
			if t := &a.targets[i]; t.Profile.Name == part.Profile {
				t.Keys = append(t.Keys, part.batch.Masks()...)
			}
		}
	}
	tell := a.tellAll(ui.Known{Targets: a.targets, Asking: !msg.done})
	if msg.done {
		msg.of.cancel()
		return tell
	}
	return tea.Batch(tell, msg.of.next(false))
}

// verifyAmong asks profiles one after another until one accepts a secret. What none accepts is refused only where all refused it.
func (a *App) verifyAmong(msg ui.Verify) tea.Cmd {
	type asked struct {
		name string
		conn ui.Connection
	}
	var all []asked
	for _, name := range msg.Profiles {
		if c, ok := a.others[name]; ok {
			all = append(all, asked{name, c})
		}
	}
	return a.query(msg.Ticket, func(ctx context.Context) result {
		out, doubts := ui.Verified{Ticket: msg.Ticket, Proof: apikey.Proof{Verdict: apikey.Silent, Why: "nobody was asked"}}, []string{}
		var failed error
		for _, to := range all {
			proof, _, err := client.Verify(ctx, to.conn.Service, msg.Secret)
			switch {
			case err != nil:
				failed = errors.Join(failed, fmt.Errorf("%s: %w", to.name, err))
			case proof.Accepted():
				return result{msg: ui.Verified{Ticket: msg.Ticket, Profile: to.name, Proof: proof}}
			case !proof.Refused():
				doubts = append(doubts, to.name+": "+proof.Why)
			default:
				out.Proof = proof
			}
		}
		switch {
		case failed != nil:
			out.Err = failed
		case len(doubts) > 0:
			out.Proof = apikey.Proof{Verdict: apikey.Silent, Why: strings.Join(doubts, "; ")}
		}
		return result{msg: out, err: out.Err, title: "Could not verify the secret"}
	})
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

// actOn asks about switching off or deleting the key that was gone to.
func (a *App) actOn(k *apikey.Key, to ui.GoTo) tea.Cmd {
	b := a.env.Keys.Toggle
	if to.Delete {
		b = a.env.Keys.Delete
	}
	for i := range a.actions {
		x := &a.actions[i]
		if !key.Matches(ui.Press(b.Keys()[0]), x.binding) {
			continue
		}
		if why := a.refusal(x); why != "" {
			return a.say(x.binding.Help().Desc+": "+why, false)
		}
		asks := a.screens.remove
		if to.Off { // asked, whatever its environment: the key came from a secret and not from a row
			asks = a.screens.toggle
		}
		s := asks(*k)
		if leaked, can := s.(ui.Leaked); can {
			leaked.Compromised()
		}
		return a.push(s)
	}
	return nil
}

package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/dialog"
	"detent/tui/palette"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// requests are the writes under way: who asked, and how many. They are never cancelled by
// leaving a screen.
type requests struct {
	asked    map[int]ui.Screen // by ticket
	flying   int
	inFlight *inFlight
}

func newRequests() requests {
	return requests{asked: map[int]ui.Screen{}, inFlight: &inFlight{made: map[int]orphan{}}}
}

// result is the end of an intent: what the screens are told, and what the root makes of it.
type result struct {
	ticket int
	write  bool
	partly bool    // it failed after a part was done
	msg    tea.Msg // ui.KeyCreated and its like
	err    error
	title  string         // of the error box: "Could not create payments-api"
	done   string         // the toast of a success; empty for none
	then   func() tea.Cmd // after a success
}

// intent carries out what a screen asks for.
func (a *App) intent(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.Push:
		return a.push(msg.Screen)
	case ui.Pop:
		a.pop(msg.Screen)
		return nil
	case ui.Keep:
		a.keep(msg.Screen)
		return nil
	case ui.Toast:
		return a.say(msg.Text, msg.Good)
	case ui.ProfileRefused:
		return a.refuseProfile(msg)
	case ui.Fail:
		return a.fail(msg.Title, msg.Err)
	case ui.Reload:
		return a.reload()
	case rotate.Changed:
		if p := a.named(msg.Profile); msg.On != "" && p.conn != nil {
			a.reach(p, msg.On, nil)
		}
		if msg.Reload {
			return a.reload()
		}
		return a.examine()
	case ui.UseProfile:
		return a.use(msg.Name)
	case ui.GoTo:
		return a.goTo(msg)
	case staged:
		return a.staged(msg)
	case palette.Chosen:
		return a.choose(msg)
	case ui.Ring:
		return a.ring(msg.Text)
	case ui.CopyText:
		return a.copy(msg.What, msg.Text)
	case ui.CopySecret:
		return a.copySecret(msg)
	case ui.Complete:
		return a.complete(msg)
	case ui.Settle:
		return a.letGo(msg)
	case ui.Quit:
		return a.quit()
	}
	if cmd, ok := a.write(msg); ok {
		return cmd
	}
	if cmd, ok := a.ask(msg); ok {
		return cmd
	}
	return a.tellAll(msg)
}

// write starts an intent that changes something on the service.
func (a *App) write(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case ui.CreateKey:
		p := a.named(msg.Profile)
		c := p.conn
		return a.send(p, msg.Ticket, func(ctx context.Context) result {
			out, err := c.Order(ctx, desk.Order{What: desk.Create, Draft: msg.Draft})
			made := out.Created
			return result{
				msg: ui.KeyCreated{Ticket: msg.Ticket, Created: made, Err: err}, err: err,
				title: "Could not create " + msg.Draft.Name,
				then: func() tea.Cmd {
					a.reach(p, made.Key.ID, nil)
					return tea.Batch(a.pushOf(p, func() ui.Screen { return a.screens.secret(made) }), a.reloadOf(p))
				},
			}
		}), true
	case ui.UpdateKey:
		p := a.named(msg.Profile)
		c := p.conn
		return a.send(p, msg.Ticket, func(ctx context.Context) result {
			out, err := c.Order(ctx, desk.Order{What: desk.Update, Key: apikey.Key{ID: msg.ID}, Patch: msg.Patch})
			return result{
				msg: ui.KeyUpdated{Ticket: msg.Ticket, Key: out.Key, Err: err}, err: err,
				title: "Could not change " + msg.Name, done: changed(msg), then: func() tea.Cmd { return a.reloadOf(p) },
			}
		}), true
	case ui.DeleteKey:
		p := a.named(msg.Profile)
		return a.send(p, msg.Ticket, func(ctx context.Context) result { return a.deleteKey(ctx, p, msg) }), true
	case ui.Bulk:
		return a.doBulk(msg), true
	case ui.RequestPublicKey:
		p := a.named(msg.Profile)
		c := p.conn
		return a.send(p, msg.Ticket, func(ctx context.Context) result {
			out, err := c.Order(ctx, desk.Order{What: desk.PublicKey, Request: msg.Request})
			value := out.Public
			return result{
				msg: ui.PublicKeyReady{Ticket: msg.Ticket, Value: value, Err: err}, err: err,
				title: "Could not get a public key",
				then: func() tea.Cmd {
					a.reach(p, "", madeAs(msg.Request.Name))
					return tea.Batch(a.pushOf(p, func() ui.Screen { return a.screens.publicKey(msg.Request.Name, value) }), a.reloadOf(p))
				},
			}
		}), true
	}
	return nil, false
}

// deleteKey deletes a key. Before, what the places held that were given its secret comes back: an application must not be left
// with a dead one.
func (a *App) deleteKey(ctx context.Context, p *profile, msg ui.DeleteKey) result {
	k := apikey.Key{ID: msg.ID, Name: msg.Name}
	var back []string
	var err error
	if msg.TakeBack {
		if back, err = a.host.TakeBack(ctx, p.conn.Profile.Name, k); err != nil {
			err = fmt.Errorf("the key was not deleted: %w", err)
		}
	}
	var out desk.Outcome
	if err == nil {
		out, err = p.conn.Order(ctx, desk.Order{What: desk.Delete, Key: apikey.Key{ID: msg.ID, Masked: msg.Masked}, Secret: msg.Secret})
	}
	done := msg.Name + " deleted"
	if out.Deleted.AlreadyGone {
		done = msg.Name + " was already gone"
	}
	return result{
		msg: ui.KeyDeleted{Ticket: msg.Ticket, ID: msg.ID, Deleted: out.Deleted, Back: back, Err: err}, err: err,
		title: "Could not delete " + msg.Name, done: strings.Join(append([]string{done}, back...), "; "), then: func() tea.Cmd { return a.reloadOf(p) },
	}
}

// changed says what an update did.
func changed(msg ui.UpdateKey) string {
	if on := msg.Patch.Enabled; on != nil && msg.Patch.Name == nil && msg.Patch.Role == nil {
		if *on {
			return msg.Name + " enabled"
		}
		return msg.Name + " disabled"
	}
	return msg.Name + " changed"
}

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
	try := func(ctx context.Context) result {
		out := ui.ProfileTested{Ticket: msg.Ticket, Name: msg.Name}
		if conn.Service != nil {
			out.Err = conn.Service.List(ctx, func(batch []apikey.Key) { out.Keys += len(batch) })
			out.Notes = abilities(conn.Service.Capabilities())
		}
		return result{msg: out, err: out.Err, title: "The profile " + msg.Name + " does not work"}
	}
	if !a.host.NeedsTerminal(msg.Name) {
		return a.query(msg.Ticket, func(ctx context.Context) result {
			var err error
			if conn, err = a.host.Open(ctx, msg.Name); err != nil {
				return result{msg: ui.ProfileTested{Ticket: msg.Ticket, Name: msg.Name, Err: err}, err: err, title: "The profile " + msg.Name + " does not open"}
			}
			return try(ctx)
		})
	}
	a.requests.asked[msg.Ticket] = a.top()
	run := &execFunc{run: func() (err error) { conn, err = a.host.Open(context.Background(), msg.Name); return err }}
	return tea.Exec(run, func(err error) tea.Msg {
		if err != nil {
			return result{ticket: msg.Ticket, msg: ui.ProfileTested{Ticket: msg.Ticket, Name: msg.Name, Err: err}, err: err, title: "The profile " + msg.Name + " does not open"}
		}
		out := try(context.Background())
		out.ticket = msg.Ticket
		return out
	})
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

// send starts a write, which is refused where the profile is read-only.
func (a *App) send(p *profile, ticket int, do func(ctx context.Context) result) tea.Cmd {
	why, no := a.noWritesOf(p)
	if p.conn == nil {
		why, no = "no profile is open", true
	}
	if no {
		do = func(context.Context) result { return result{err: refusedWrite(why), title: "Nothing was changed"} }
	}
	return a.fly(ticket, p.conn, do)
}

// refusedWrite says why nothing may be changed.
func refusedWrite(why string) error {
	return &client.Error{Op: "change keys", Kind: client.ReadOnly, Outcome: client.NotDone, Message: why}
}

// fly counts a write until its answer is there.
func (a *App) fly(ticket int, conn *ui.Connection, do func(ctx context.Context) result) tea.Cmd {
	a.requests.flying++
	cmd := a.query(ticket, do)
	return func() tea.Msg {
		return a.requests.inFlight.do(ticket, conn, func() tea.Msg {
			out := cmd().(result)
			out.write = true
			return out
		})
	}
}

// query starts what only asks. The services bound every call by their own timeout.
func (a *App) query(ticket int, do func(ctx context.Context) result) tea.Cmd {
	a.requests.asked[ticket] = a.top()
	return func() tea.Msg {
		out := do(context.Background())
		out.ticket = ticket
		return out
	}
}

// answer ends an intent: the screen that asked shows it; where that is gone, a toast or the error box does.
func (a *App) answer(r result) tea.Cmd {
	if r.write {
		a.requests.flying--
		a.requests.inFlight.done(r.ticket)
	}
	asker := a.requests.asked[r.ticket]
	delete(a.requests.asked, r.ticket)
	there := asker != nil && slices.Contains(a.overlays, asker)
	cmds := []tea.Cmd{}
	if r.msg != nil {
		cmds = append(cmds, a.tellAll(r.msg))
	}
	switch {
	case r.err != nil && (!there || r.msg == nil):
		if _, tested := r.msg.(ui.ProfileTested); tested { // it may be another profile's token
			cmds = append(cmds, a.push(dialog.NewError(a.env, r.title, r.err)))
			break
		}
		cmds = append(cmds, a.fail(r.title, r.err))
	case r.err != nil:
	default:
		if r.done != "" {
			cmds = append(cmds, a.say(r.done, true))
		}
		if r.then != nil {
			cmds = append(cmds, r.then())
		}
	}
	if r.write && (r.partly || client.MayHaveHappened(r.err)) {
		cmds = append(cmds, a.reload())
	}
	return tea.Batch(cmds...)
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

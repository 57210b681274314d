package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/palette"
	"detent/tui/rotate"
	"detent/tui/ui"
)

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
	case shown:
		return a.showRotation(msg.id)
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
		c := p.conn
		return a.send(p, msg.Ticket, func(ctx context.Context) result { return a.deleteKey(ctx, p, c, msg) }), true
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
func (a *App) deleteKey(ctx context.Context, p *profile, c *ui.Connection, msg ui.DeleteKey) result {
	k := apikey.Key{ID: msg.ID, Name: msg.Name}
	var back []string
	var err error
	if msg.TakeBack {
		if back, err = a.host.TakeBack(ctx, c.Profile.Name, k); err != nil {
			err = fmt.Errorf("the key was not deleted: %w", err)
		}
	}
	var out desk.Outcome
	if err == nil {
		out, err = c.Order(ctx, desk.Order{What: desk.Delete, Key: apikey.Key{ID: msg.ID, Masked: msg.Masked}, Secret: msg.Secret})
	}
	return result{
		msg: ui.KeyDeleted{Ticket: msg.Ticket, ID: msg.ID, Deleted: out.Deleted, Back: back, Err: err}, err: err,
		title: "Could not delete " + msg.Name, done: strings.Join(append([]string{out.Deleted.Words(msg.Name)}, back...), "; "), then: func() tea.Cmd { return a.reloadOf(p) },
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

// chosenLast is how many things are known again that were chosen in the palette.
const chosenLast = 12

// choose does what was chosen in the palette, or says why it cannot be done, as the key itself does.
func (a *App) choose(msg palette.Chosen) tea.Cmd {
	it := msg.Item
	a.pop(msg.Palette)
	a.chosen = slices.DeleteFunc(a.chosen, func(id string) bool { return id == it.ID })
	a.chosen = append([]string{it.ID}, a.chosen[:min(len(a.chosen), chosenLast-1)]...)
	then, isKey := it.Then.(pressed)
	switch {
	case it.Why != "" && (!isKey || len(a.overlays) > 0):
		return a.say(it.Name+": "+it.Why, false)
	case isKey:
		return a.press(then.binding)
	}
	return a.intent(it.Then)
}

// press is a key of a binding, pressed on the screen that is on top.
func (a *App) press(b key.Binding) tea.Cmd {
	for _, name := range b.Keys() {
		if msg, ok := ui.KeyNamed(name); ok {
			a.read.watch(a.top(), a.env.Now())
			if a.guards(msg) {
				return nil
			}
			return a.focused(msg)
		}
	}
	return nil
}

// showRotation opens the list of rotations, with the cursor on one of them.
func (a *App) showRotation(id string) tea.Cmd {
	if a.screens.rotations == nil {
		return nil
	}
	list := a.screens.rotations()
	if at, can := list.(interface{ Show(id string) }); can {
		at.Show(id)
	}
	return a.push(list)
}

package tui

import (
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/form"
	"detent/tui/keylist"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// onMarks is an action on the keys that are marked; done says that it was one. A single one is asked about as any key is, by what guards
// it alone: a number that is 1 is no question.
func (a *App) onMarks(x *action) (cmd tea.Cmd, done bool) {
	k := a.env.Keys
	together := map[string]func() tea.Cmd{
		k.Delete.Help().Key: func() tea.Cmd { return a.bulk(desk.Delete, "delete") },
		k.Toggle.Help().Key: func() tea.Cmd { return a.bulk(desk.Update, "disable") },
		k.Rotate.Help().Key: a.queue,
	}[x.binding.Help().Key]
	if together == nil || a.list.MarkCount() == 0 || a.onlyMark() {
		return nil, false
	}
	return together(), true
}

// onlyMark goes to the key that alone is marked, where one is.
func (a *App) onlyMark() bool {
	marked := a.list.Marked()
	if len(marked) != 1 {
		return false
	}
	m := marked[0]
	a.list.SelectOf(m.Profile, m.Key.ID)
	k, _, ok := a.list.Selected()
	return ok && k.ID == m.Key.ID && a.list.SelectedProfile() == m.Profile
}

// bulk asks about the marked keys together. What cannot be done is named with the reason, and left out.
func (a *App) bulk(what desk.What, verb string) tea.Cmd {
	var items []form.BulkItem
	for _, m := range a.list.Marked() {
		p := a.ofMark(m)
		items = append(items, form.BulkItem{Profile: p.want, Key: m.Key, Live: p.place().Setting.Guard(m.Key.Environment) == apikey.Live, Why: a.notInBulk(p, m, what)})
	}
	return a.push(form.NewBulk(a.env, verb, what == desk.Delete, items))
}

// notInBulk says why a marked key is left out; empty where it is not.
func (a *App) notInBulk(p *profile, m keylist.Marked, what desk.What) string {
	if p.conn == nil {
		return "the profile is not open"
	}
	can := p.caps.Disable
	if what == desk.Delete {
		can = p.caps.Delete
	}
	why, no := a.noWritesOf(p)
	switch {
	case no:
		return why
	case !can.OK:
		return can.Why
	case m.Key.Own:
		return "detent itself works with it: do that by itself"
	case m.Open:
		return "a rotation of it is open"
	case what == desk.Update && m.Key.IsDisabled():
		return "already disabled"
	}
	return ""
}

// doBulk makes the orders one after another; the first that fails keeps the rest from being made.
func (a *App) doBulk(msg ui.Bulk) tea.Cmd {
	orders := make([]func(ctx context.Context) error, len(msg.Items))
	var conn *ui.Connection
	for i, item := range msg.Items {
		p := a.named(item.Profile)
		if p.conn == nil {
			return a.say("the profile "+item.Profile+" is not open: nothing was changed", false)
		}
		conn = p.conn
		off, order := false, desk.Order{What: desk.Delete, Key: apikey.Key{ID: item.ID, Masked: item.Masked}}
		if !msg.Delete {
			order = desk.Order{What: desk.Update, Key: apikey.Key{ID: item.ID}, Patch: apikey.Patch{Enabled: &off}}
		}
		send := p.conn.Order
		why, no := a.noWritesOf(p)
		orders[i] = func(ctx context.Context) error {
			if no {
				return refusedWrite(why)
			}
			_, err := send(ctx, order)
			return err
		}
	}
	return a.fly(msg.Ticket, conn, func(ctx context.Context) result {
		done, verb := 0, "disabled"
		if msg.Delete {
			verb = "deleted"
		}
		var err error
		for i, order := range orders {
			if err = order(ctx); err != nil {
				err = fmt.Errorf("%d of %d are %s; %s was not, and nothing after it was tried: %w", done, len(orders), verb, msg.Items[i].Name, err)
				break
			}
			done++
		}
		return result{msg: ui.BulkDone{Ticket: msg.Ticket, Err: err}, err: err, partly: err != nil && done > 0, title: "Not all keys are " + verb, done: ui.Count(done, "key") + " " + verb,
			then: func() tea.Cmd { a.list.ClearMarks(); return a.reload() }}
	})
}

// queue opens the plan of the rotations of all marked keys.
func (a *App) queue() tea.Cmd {
	rotates := a.env.Keys.Rotate.Help().Desc
	if a.screens.rotateAll == nil {
		return a.say(rotates+": several keys cannot be rotated together here", false)
	}
	var items []rotate.Item
	for _, m := range a.list.Marked() {
		p := a.ofMark(m)
		why, no := a.noWritesOf(p)
		if p.conn == nil {
			why, no = "the profile "+p.want+" is not open", true
		}
		if no {
			return tea.Batch(a.say(rotates+": "+why, false), a.lock.refused(p.want, desk.Order{What: desk.Rotate, Key: m.Key}, why))
		}
		items = append(items, rotate.Item{Profile: p.want, Key: m.Key})
	}
	if len(items) == 0 {
		return nil
	}
	a.list.ClearMarks()
	return a.push(a.screens.rotateAll(a.env, items))
}

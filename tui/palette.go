package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"

	"detent/rotation"
	"detent/tui/palette"
	"detent/tui/ui"
)

// pressed does what a key does on the screen below the palette.
type pressed struct{ binding key.Binding }

// shown opens the list of rotations at one of them.
type shown struct{ id string }

// doing says of each action in a sentence what its name says in a word.
func doing(k *ui.Keys) map[string]string {
	out := map[string]string{}
	for _, x := range []struct {
		binding key.Binding
		does    string
	}{
		{k.Open, "all that is known of the key"},
		{k.Back, "to the list"},
		{k.New, "make a key: what it may do, and until when"},
		{k.Rotate, "replace the key: make a new one, deliver it, prove it, delete the old one"},
		{k.History, "what was done with the key, by whom; and with all"},
		{k.Rotations, "those that are open and those that are past: go on, undo"},
		{k.Edit, "rename the key, or change its role"},
		{k.Toggle, "switch the key off or on, without deleting it"},
		{k.Delete, "delete the key for good"},
		{k.CopyID, "the id, the name, the mask, a line for curl or .env: to the terminal's clipboard"},
		{k.Verify, "paste a secret: which key is it, does it work"},
		{k.Profiles, "use another, add one, change one, test it"},
		{k.Mark, "the key under the cursor: rotate, disable and delete are then of the marked keys"},
		{k.MarkAll, "every key that the filter leaves"},
		{k.All, "the keys of all profiles in one list, the worst first"},
		{k.Reload, "ask the service anew"},
		{k.Filter, "leave only the keys that match"},
		{k.Sort, "by the next column"},
		{k.Reverse, "the order of the list"},
		{k.Help, "the keys of this screen, and the words of the filter"},
		{k.Quit, "end the program; an open rotation stays open"},
	} {
		out[x.binding.Help().Key] = x.does
	}
	return out
}

// palette is all that the program can do or show from the list or the detail.
func (a *App) palette() *palette.Palette {
	k, does := a.env.Keys, doing(a.env.Keys)
	selected, _, some := a.list.Selected()
	item := func(b key.Binding) palette.Item {
		h := b.Help()
		return palette.Item{ID: "key " + h.Key, Name: h.Desc, About: does[h.Key], Key: h.Key, Then: pressed{b}}
	}
	var items []palette.Item
	if a.focus == onDetail {
		items = append(items, item(k.Back))
	}
	for i := range a.actions {
		x := &a.actions[i]
		if h := x.binding.Help().Key; h == k.Palette.Help().Key || a.focus == onDetail && h == k.Open.Help().Key {
			continue
		}
		it := item(x.binding)
		it.Why = a.refusal(x)
		switch {
		case x.needsKey && !some && it.Why == "":
			it.Why = "no key is selected"
		case x.needsKey && some:
			it.Of = ui.Truncate(ui.Clean(selected.Name), 24)
		}
		items = append(items, it)
	}
	for _, b := range []key.Binding{k.Filter, k.Sort, k.Reverse} {
		it := item(b)
		if a.focus != onList {
			it.Why = "it acts on the list: " + k.Back.Help().Key + " goes there"
		}
		items = append(items, it)
	}
	for _, p := range a.host.Profiles() {
		it := palette.Item{ID: "profile " + p.Name, Kind: "profile", Name: p.Name, About: p.Service + ", " + p.URL, Then: ui.UseProfile{Name: p.Name}}
		if p.Embedded {
			it.About = p.Service + ", embedded"
		}
		if p.Name == a.profile.want {
			it.Why = "it is the one in use"
		}
		items = append(items, it)
	}
	return palette.New(a.env, items, a.findable(), a.chosen)
}

// findable are the keys and rotations of the profile in use, gathered in a command.
func (a *App) findable() func() palette.More {
	keys, of := a.list.Keys(), []profile{a.profile}
	if a.fleet != nil {
		of = nil
		for _, m := range a.fleet.members {
			of = append(of, m.profile)
		}
	}
	return func() palette.More {
		var out palette.More
		for _, p := range of {
			if p.conn == nil {
				continue
			}
			for _, v := range openRotations(p.conn) {
				if v.Err == nil && v.State == rotation.Open {
					out.Items = append(out.Items, palette.Item{ID: "rotation " + v.ID, Kind: "rotation", Name: v.Old.Called(), About: "open, at " + v.PublicStep(), Then: shown{v.ID}})
				}
			}
		}
		out.Many = make([]palette.Named, keys.Len())
		for i, k := range keys.All() {
			p := of[min(keys.Profile(i), len(of)-1)].want
			out.Many[i] = palette.Named{ID: p + palette.InProfile + k.ID, Name: k.Name, About: k.Masked}
			if len(of) > 1 {
				out.Many[i].About = p + " " + k.Masked
			}
		}
		out.As = func(n palette.Named) palette.Item {
			p, id, _ := strings.Cut(n.ID, palette.InProfile)
			return palette.Item{ID: n.ID, Kind: "key", Name: n.Name, About: n.About, Then: ui.GoTo{Profile: p, ID: id}}
		}
		return out
	}
}

// paletteOf are the actions of an overlay. What is typed in it would be lost on a way elsewhere: that way leads over its own keys.
func (a *App) paletteOf(top ui.Screen) *palette.Palette {
	var items []palette.Item
	for _, b := range append(slices.Clone(top.Bindings()), a.helpKey(top)) {
		if h := b.Help(); b.Enabled() {
			it := palette.Item{ID: "key " + h.Key, Name: h.Desc, Key: h.Key, Then: pressed{b}}
			if g, ok := top.(ui.Guarded); ok && g.Guard() != 0 && a.confirms(b) {
				it.Why = "this is confirmed by the key itself: close this, and press it"
			}
			items = append(items, it)
		}
	}
	return palette.New(a.env, items, nil, a.chosen)
}

// confirms reports whether a binding is one of those that a confirmation takes only after a while.
func (a *App) confirms(b key.Binding) bool {
	k := a.env.Keys
	for _, name := range b.Keys() {
		if slices.ContainsFunc([]key.Binding{k.Confirm, k.Yes, k.Discard}, func(c key.Binding) bool { return slices.Contains(c.Keys(), name) }) {
			return true
		}
	}
	return false
}

package tui

import (
	"github.com/charmbracelet/bubbles/key"

	"detent/tui/dialog"
	"detent/tui/palette"
	"detent/tui/ui"
)

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

// hints are the bindings that act now, the most used first, and those that always show.
func (a *App) hints() (now, always []key.Binding) {
	if top := a.top(); top != nil {
		always = []key.Binding{a.paletteKey(top), a.helpKey(top)}
		if wantsAll(top) {
			return top.Bindings(), always
		}
		return nil, always // the others are on the box itself
	}
	if a.list.Typing() {
		return a.list.Bindings(), nil
	}
	return a.bindings(), []key.Binding{a.env.Keys.Palette, a.env.Keys.Help}
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

// paletteKey is what opens the palette on an overlay: where text is typed, : is text. The palette itself has none.
func (a *App) paletteKey(top ui.Screen) key.Binding {
	k := a.env.Keys.Palette
	if _, is := top.(*palette.Palette); is {
		k.SetEnabled(false)
	}
	if t, ok := top.(ui.Typist); ok && t.Typing() {
		k.SetKeys("ctrl+p")
		k.SetHelp("ctrl+p", k.Help().Desc)
	}
	return k
}

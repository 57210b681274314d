package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// everywhere are the sections of the keys that act on the list and the detail.
const everywhere = 3

// action is a binding that may be given other keys.
type action struct {
	name    string
	binding *key.Binding
}

// actions are the bindings that may be given other keys, by the name that a configuration calls them.
func (k *Keys) actions() []action {
	return []action{
		{"up", &k.Up}, {"down", &k.Down}, {"first", &k.Top}, {"last", &k.Bottom}, {"half_page_up", &k.HalfUp}, {"half_page_down", &k.HalfDown},
		{"page_up", &k.PageUp}, {"page_down", &k.PageDown}, {"detail", &k.Open}, {"back", &k.Back},
		{"new", &k.New}, {"edit", &k.Edit}, {"rotate", &k.Rotate}, {"rotations", &k.Rotations}, {"toggle", &k.Toggle}, {"delete", &k.Delete},
		{"copy", &k.CopyID}, {"history", &k.History}, {"verify", &k.Verify}, {"profiles", &k.Profiles}, {"reload", &k.Reload}, {"filter", &k.Filter}, {"sort", &k.Sort},
		{"reverse", &k.Reverse}, {"palette", &k.Palette}, {"help", &k.Help}, {"quit", &k.Quit},
	}
}

// Actions names what may be given other keys.
func (k *Keys) Actions() []string {
	var out []string
	for _, a := range k.actions() {
		out = append(out, a.name)
	}
	return out
}

// fixed are keys that no configuration takes from what they do: a way out is the same everywhere.
var fixed = []string{"ctrl+c", "ctrl+z"}

// Bind gives an action other keys in the place of its own. ctrl+c quits whatever else does.
func (k *Keys) Bind(action string, names []string) error {
	for _, a := range k.actions() {
		if a.name != action {
			continue
		}
		for _, name := range names {
			if err := isKey(name); err != nil {
				return err
			}
			if slices.Contains(fixed, name) {
				return fmt.Errorf("%s does the same everywhere and cannot be given to an action", name)
			}
		}
		h := a.binding.Help()
		enabled := a.binding.Enabled()
		keys := make([]string, len(names), len(names)+1)
		shown := make([]string, len(names))
		for i, name := range names {
			if shown[i] = name; name == "space" {
				name = " "
			}
			keys[i] = name
		}
		if a.binding == &k.Quit {
			keys = append(keys, "ctrl+c")
		}
		*a.binding = key.NewBinding(key.WithKeys(keys...), key.WithHelp(strings.Join(shown[:min(len(shown), 2)], "/"), h.Desc))
		a.binding.SetEnabled(enabled)
		return nil
	}
	return fmt.Errorf("there is no action of that name; there are %s", strings.Join(k.Actions(), ", "))
}

// Conflict says which of the actions that were bound, in that order, has a key that another has too. Empty where there is none.
func (k *Keys) Conflict(bound []string) (action, problem string) {
	owners := map[string]string{}
	for _, s := range k.Sections()[:everywhere] {
		for _, b := range s.Keys {
			if name := k.nameOf(b); !slices.Contains(bound, name) {
				for _, key := range b.Keys() {
					owners[key] = name
				}
			}
		}
	}
	for _, name := range bound {
		for _, a := range k.actions() {
			if a.name != name {
				continue
			}
			for _, key := range a.binding.Keys() {
				if other, taken := owners[key]; taken {
					return name, fmt.Sprintf("%s is the key of %s too: give that one another", shownKey(key), other)
				}
				owners[key] = name
			}
		}
	}
	return "", ""
}

// nameOf is what a configuration calls a binding; of one that it cannot change, what it does.
func (k *Keys) nameOf(b key.Binding) string {
	for _, a := range k.actions() {
		if a.binding.Help() == b.Help() {
			return a.name
		}
	}
	return b.Help().Desc
}

func shownKey(name string) string {
	if name == " " {
		return "space"
	}
	return name
}

// isKey reports whether a terminal can send a key of this name: a character, or a name that Bubble Tea has.
func isKey(name string) error {
	if r := []rune(name); len(r) == 1 && unicode.IsGraphic(r[0]) && r[0] != ' ' && r[0] != unicode.ReplacementChar {
		return nil
	}
	if _, ok := KeyNamed(name); ok && len([]rune(name)) > 1 {
		return nil
	}
	return fmt.Errorf(`there is no key %q: a character such as "r" or "G", or such as "ctrl+t", "f2", "pgup", "space"`, name)
}

// KeyNamed is the message of a key by its name.
func KeyNamed(name string) (tea.KeyMsg, bool) {
	if name == " " || name == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}, true
	}
	if _, known := pressed[name]; known || len([]rune(name)) == 1 {
		return Press(name), name != tea.KeyRunes.String()
	}
	return tea.KeyMsg{}, false
}

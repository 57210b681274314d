package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Keys is every binding of the program with its help text: what acts and what
// help, footer and docs/KEYS.md say come from here, so that they cannot disagree.
type Keys struct {
	Up, Down, Top, Bottom, HalfUp, HalfDown, PageUp, PageDown key.Binding
	Open, Back                                                key.Binding

	Filter, Sort, Reverse key.Binding
	// While the filter is typed.
	FilterKeep, FilterClear, FilterComplete key.Binding

	New, Edit, Rotate, Rotations, Toggle, Delete          key.Binding
	CopyID, Verify, Profiles, Reload, Help, Suspend, Quit key.Binding
	Chips, All, Jump, Palette, History, Mark, MarkAll     key.Binding

	// In the dialogs that tell.
	Dismiss, CopyText, Switch, TestProfile, AddProfile, EditProfile, MoreProfile key.Binding
	// In dialogs and forms.
	Next, Prev, Confirm, Cancel, Yes, No key.Binding
	// In the permission field.
	Tick, TickGroup, TickAll, Preset key.Binding
	// In show-once.
	Reveal, Copy, Named, Save, EnvLine, Pipe, Stored, Discard key.Binding
	// In the rotation.
	Undo, Attest, Every, Evidence, Plan, TurnAround, CloseAsIs key.Binding
}

// NewKeys makes the bindings, of which docs/KEYS.md is made.
func NewKeys() *Keys {
	bind := func(help, desc string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, desc))
	}
	return &Keys{
		Up:       bind("k/↑", "up", "k", "up"),
		Down:     bind("j/↓", "down", "j", "down"),
		Top:      bind("g", "first", "g", "home"),
		Bottom:   bind("G", "last", "G", "end"),
		HalfUp:   bind("ctrl+u", "half a page up", "ctrl+u"),
		HalfDown: bind("ctrl+d", "half a page down", "ctrl+d"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		Open:     bind("enter", "detail", "enter", "l", "right"),
		Back:     bind("esc", "back", "esc", "h", "left"),

		Filter:  bind("/", "filter", "/"),
		Sort:    bind("s", "sort", "s"),
		Reverse: bind("S", "reverse", "S"),

		FilterKeep:  bind("enter", "keep", "enter"),
		FilterClear: bind("esc", "clear", "esc"),

		FilterComplete: bind("tab", "complete", "tab"),

		New:       bind("n", "new", "n"),
		Edit:      bind("e", "edit", "e"),
		Rotate:    bind("r", "rotate", "r"),
		Rotations: bind("R", "rotations", "R"),
		Toggle:    bind("x", "enable/disable", "x"),
		Delete:    bind("d", "delete", "d"),
		CopyID:    bind("y", "copy …", "y"),
		Verify:    bind("v", "verify a secret", "v"),
		Profiles:  bind("p", "profiles", "p"),
		History:   bind("A", "history", "A"),
		Mark:      bind("space", "mark, and go on to the next; r x d are then of the marked keys", " "),
		MarkAll:   bind("*", "mark all that match, or none", "*"),
		Chips:     bind("tab", "to the counts; enter shows those", "tab"),
		All:       bind("0", "all profiles", "0"),
		Jump:      bind("1-9", "a profile", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
		Reload:    bind("ctrl+r", "reload", "ctrl+r"),
		Palette:   bind(":", "do or go to", ":", "ctrl+p"),
		Help:      bind("?", "help", "?", "f1"),
		Quit:      bind("q", "quit", "q", "ctrl+c"),
		Suspend:   bind("ctrl+z", "suspend", "ctrl+z"), // the painter takes it, on every screen

		Dismiss:     bind("esc", "close", "esc", "q", "enter"),
		CopyText:    bind("y", "copy", "y"),
		Switch:      bind("enter", "use it", "enter"),
		TestProfile: bind("t", "test", "t"),
		AddProfile:  bind("a", "add", "a", "n"),
		EditProfile: bind("e", "edit", "e"),
		MoreProfile: bind("m", "more", "m"),

		Next:    bind("tab", "next", "tab", "down"),
		Prev:    bind("shift+tab", "previous", "shift+tab", "up"),
		Confirm: bind("enter", "confirm", "enter"),
		Cancel:  bind("esc", "cancel", "esc"),
		Yes:     bind("y", "yes", "y"),
		No:      bind("n", "no", "n"),

		Tick:      bind("space", "pick", " "),
		TickGroup: bind("g", "whole group", "g"),
		TickAll:   bind("a", "all or none", "a"),
		Preset:    bind("p", "preset", "p"),

		Reveal:  bind("r", "reveal/hide", "r"),
		Copy:    bind("c", "copy", "c"),
		Named:   bind("n", "to a named place", "n"),
		Save:    bind("s", "save to a file", "s"),
		EnvLine: bind("e", "write to .env", "e"),
		Pipe:    bind("p", "pipe to a command", "p"),
		Stored:  bind("enter", "I have stored it", "enter"),
		Discard: bind("d", "delete this key", "d"),

		Undo:       bind("u", "undo", "u"),
		Attest:     bind("a", "confirm it yourself and wait no longer", "a"),
		Every:      bind("*", "tick all", "*"),
		Evidence:   bind("i", "evidence", "i"),
		Plan:       bind("p", "the plan", "p"),
		TurnAround: bind("t", "give an undo up and go on", "t"),
		CloseAsIs:  bind("c", "close as it stands", "c"),
	}
}

// Does is a binding where it does something of its own.
func Does(b key.Binding, what string) key.Binding {
	b.SetHelp(b.Help().Key, what)
	return b
}

// Move is where a key takes the cursor of rows whose last one is last; page and half are how far the keys of those names go.
func (k *Keys) Move(msg tea.KeyMsg, at, page, half, last int) (to int, moves bool) {
	switch {
	case key.Matches(msg, k.Up):
		to = at - 1
	case key.Matches(msg, k.Down):
		to = at + 1
	case key.Matches(msg, k.HalfUp):
		to = at - half
	case key.Matches(msg, k.HalfDown):
		to = at + half
	case key.Matches(msg, k.PageUp):
		to = at - page
	case key.Matches(msg, k.PageDown):
		to = at + page
	case key.Matches(msg, k.Top):
	case key.Matches(msg, k.Bottom):
		to = last
	default:
		return at, false
	}
	return max(min(to, last), 0), true
}

// Section is a group of bindings in help and in docs/KEYS.md.
type Section struct {
	Title string
	Keys  []key.Binding
}

// Sections are all bindings, grouped by where they act.
func (k *Keys) Sections() []Section {
	return []Section{
		{"Move", []key.Binding{k.Up, k.Down, k.Top, k.Bottom, k.HalfUp, k.HalfDown, k.PageUp, k.PageDown, k.Open, k.Back}},
		{"Keys", []key.Binding{k.New, k.Edit, k.Rotate, k.Toggle, k.Delete, k.CopyID, k.Verify, k.Rotations, k.History}},
		{"List", []key.Binding{k.Palette, k.Filter, k.Sort, k.Reverse, k.Reload, k.Profiles, k.All, k.Help, k.Suspend, k.Quit}},
		{"Marks, counts, profiles", []key.Binding{k.Mark, k.MarkAll, k.Chips, k.Jump}},
		{"While the filter is typed", []key.Binding{k.FilterKeep, k.FilterComplete, k.FilterClear}},
		{"Profiles", []key.Binding{k.Switch, k.TestProfile, k.AddProfile, k.EditProfile, k.MoreProfile}},
		{"Error box", []key.Binding{k.CopyText, k.Dismiss}},
		{"Dialogs and forms", []key.Binding{k.Next, k.Prev, k.Confirm, k.Cancel, k.Yes, k.No}},
		{"Permissions", []key.Binding{k.Tick, k.TickGroup, k.TickAll, k.Preset}},
		{"A new secret", []key.Binding{k.Reveal, k.Copy, k.Named, k.Save, k.EnvLine, k.Pipe, k.Stored, k.Discard}},
		{"Rotation", []key.Binding{k.Confirm, k.Undo, k.Cancel, k.Tick, k.Every, k.Attest, k.Plan, k.Evidence, k.TurnAround, k.CloseAsIs}},
	}
}

// FilterWords are no keys: they say what the filter understands, where help says what the keys do.
func FilterWords() Section {
	out := Section{Title: "Words of the filter"}
	for _, w := range [][2]string{
		{"pay api", "both words, anywhere in the row"},
		{"env:live role:admin", "also name id key type project perm status"},
		{"expires<14d unused>90d", "also created updated used; m h d w y"},
		{"created>2026-01-31", "or a date"},
		{"perm:deleteRule", "keys that may do that"},
		{"expired disabled own", "states: also old unused never-expires …"},
		{"!ci", "not that"},
		{`"a: b"`, "just that text"},
	} {
		out.Keys = append(out.Keys, key.NewBinding(key.WithKeys(w[0]), key.WithHelp(w[0], w[1])))
	}
	return out
}

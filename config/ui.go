package config

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// The themes: the terminal's own colours, ours for a dark or a light background, and ours with nothing faint in them.
const (
	ThemeTerminal = "terminal"
	ThemeDark     = "dark"
	ThemeLight    = "light"
	ThemeContrast = "high-contrast"
)

// UI is how the screens look and what their keys are.
type UI struct {
	Theme string // empty is the terminal's
	// Keys are those of an action in the place of its own, by its name.
	Keys    []KeysOf
	NoMouse bool
	NoBell  bool
	// Columns are those of the list, in their order; nil for what there is room for.
	Columns []string
	// Order is what the list is sorted by at first: a column, with - before it in the reverse order.
	Order        string
	ScreenReader bool

	lines map[string]int
	path  string
}

// KeysOf are the keys of an action.
type KeysOf struct {
	Action string
	Keys   []string
}

// readUI reads [ui]. What names an action, a key or a column is known only to the screens, which say with At where it stands.
func (c *Config) readUI(root *section) {
	t := root.sub("ui", "a table: [ui]")
	if t == nil {
		return
	}
	c.UI.path, c.UI.lines = t.doc.path, map[string]int{}
	note := func(s *section, field string) { c.UI.lines[field] = s.doc.line(s.at(field)) }
	c.UI.Theme = t.choice("theme", ThemeTerminal, ThemeDark, ThemeLight, ThemeContrast)
	mouse, bell := t.flag("mouse"), t.flag("bell")
	c.UI.NoMouse, c.UI.NoBell = t.has("mouse") && !mouse, t.has("bell") && !bell
	c.UI.ScreenReader = t.flag("screen_reader")
	c.UI.Columns = t.words("columns", `["name", "status", "expires"]`)
	c.UI.Order, _ = t.text("order", `a column: "status", or "-created" for the reverse order`)
	for _, f := range []string{"columns", "order"} {
		note(t, f)
	}
	if keys := t.sub("keys", `a table: [ui.keys], with rotate = ["r", "ctrl+t"]`); keys != nil {
		for _, action := range keys.names() {
			of := KeysOf{Action: action}
			if one, isText := keys.fields[action].(string); isText {
				keys.take(action)
				of.Keys = []string{one}
			} else {
				of.Keys = keys.words(action, `["r", "ctrl+t"]`)
			}
			note(keys, action)
			c.UI.Keys = append(c.UI.Keys, of)
		}
		keys.finish()
	}
	t.finish()
}

// At is an error about what [ui] says, with the file and the line.
func (u UI) At(field string, err error) error {
	name := "ui." + quoteKey(field)
	if slices.ContainsFunc(u.Keys, func(k KeysOf) bool { return k.Action == field }) {
		name = "ui.keys." + quoteKey(field)
	}
	return &Error{File: u.path, Line: u.lines[field], Field: name, Text: err.Error()}
}

// Last is what the screens were like when they were left. It holds no secret.
type Last struct {
	Profile string   `toml:"profile,omitempty"`
	Order   string   `toml:"order,omitempty"`
	Chosen  []string `toml:"chosen,omitempty"` // in the palette
}

const lastFile = "screens.toml"

// ReadLast reads what a former session left in the state folder. One that cannot be read is none: it is a convenience.
func ReadLast(dir string) Last {
	var out Last
	if data := Recall(dir, lastFile); data == nil || toml.Unmarshal(data, &out) != nil {
		return Last{}
	}
	return out
}

// WriteLast keeps it for the next session, in one step.
func WriteLast(dir string, last Last) error {
	data, err := toml.Marshal(last)
	if err != nil {
		return err
	}
	return Remember(dir, lastFile, data)
}

// maxRecalled bounds what is read of a former session.
const maxRecalled = 4 << 20

// Recall reads a file that a former session left in the state folder; nil where there is none that can be read.
func Recall(dir, name string) []byte {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || len(data) > maxRecalled {
		return nil
	}
	return data
}

// Remember leaves one for the next session, in one step. It holds no secret.
func Remember(dir, name string, data []byte) error {
	return inOneStep(filepath.Join(dir, name), string(data), 0o600)
}

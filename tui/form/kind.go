package form

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// Kind asks which kind of key is meant, where a service has secret and public ones.
type Kind struct {
	env    *ui.Env
	choice *choice
	open   map[string]func() ui.Screen
	pane   pane
}

func newKind(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, existing []apikey.Key) *Kind {
	secret := option{value: apikey.SecretKey, label: "secret key", about: "for servers; shown once, with the role that you choose"}
	if !caps.Create.OK {
		secret.mark, secret.about = "! ", "not here: "+ui.Clean(caps.Create.Why)
	}
	k := &Kind{env: env, open: map[string]func() ui.Screen{
		apikey.SecretKey: func() ui.Screen { return newCreate(env, caps, profile, existing) },
		apikey.PublicKey: func() ui.Screen { return NewPublicKey(env, caps, profile) },
	}}
	k.choice = newChoice(env, "Which kind of key?", apikey.SecretKey, []option{secret,
		{value: apikey.PublicKey, label: "public key", about: "for browsers and apps; short-lived, read-only, public by design"}})
	k.choice.column = true
	k.choice.Focus()
	if !caps.Create.OK {
		delete(k.open, apikey.SecretKey)
	}
	return k
}

// Title names the box.
func (k *Kind) Title() string { return "New key" }

// Init does nothing.
func (k *Kind) Init() tea.Cmd { return nil }

// SetSize is the largest content that fits.
func (k *Kind) SetSize(width, height int) {
	k.pane.setSize(width, height)
	k.choice.WithWidth(min(width, 76))
}

// Bindings are the keys that act now.
func (k *Kind) Bindings() []key.Binding {
	keys := k.env.Keys
	return []key.Binding{keys.Up, keys.Down, keys.Confirm, keys.Cancel}
}

// Update chooses.
func (k *Kind) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
		return nil
	case key.Matches(press, k.env.Keys.Cancel), press.String() == "q":
		return ui.Do(ui.Pop{Screen: k})
	case key.Matches(press, k.env.Keys.Confirm):
		if open, can := k.open[k.choice.value()]; can {
			return tea.Sequence(ui.Do(ui.Pop{Screen: k}), ui.Do(ui.Push{Screen: open()}))
		}
		return nil
	}
	if slices.Contains([]string{"s", "p"}, press.String()) {
		k.choice.at = map[string]int{"s": 0, "p": 1}[press.String()]
		return nil
	}
	k.choice.Update(msg)
	return nil
}

// View is the choice.
func (k *Kind) View() string { return k.pane.view(k.env, splitLines(k.choice.View()), nil) }

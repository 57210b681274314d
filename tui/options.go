package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// Options make an App.
type Options struct {
	Host    ui.Host
	Profile string // the profile to begin with
	// ReadOnly refuses every write, whatever the profile says.
	ReadOnly bool
	// Now and Zone are the clock; nil for the real ones.
	Now  func() time.Time
	Zone *time.Location
	// After sends a message after a time; nil for the real clock.
	After func(d time.Duration, msg tea.Msg) tea.Cmd
	// Renderer has the terminal's colours; nil for lipgloss's default one.
	Renderer *lipgloss.Renderer
	// NoColour leaves colours out, and what is bold or reversed as it is.
	NoColour bool
	// Copy hands text that is no secret to the terminal's clipboard; the error says why it cannot arrive.
	Copy func(text string) error
	// Bell calls somebody who looks elsewhere; nil for nobody. It is called in a command.
	Bell func(text string)
	// Remote is for a session whose operator sits elsewhere.
	Remote Remote
	// Shown is called whenever what is to be said of the keys of a list is known: it is on the screen then; nil for nothing.
	Shown func()
	// News is what happens outside of the screens while they are open.
	News   News
	Spoken bool // for a front that says what there is instead of drawing it
	// Notice is shown once at the start: rotations that a crash left open, say.
	Notice string
	// Rotate makes the screen that begins a rotation of a key, Rotations the list of
	// the open ones. Where they are nil, no key offers them.
	Rotate    func(env *ui.Env, profile ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen
	Rotations func(env *ui.Env) ui.Screen
	RotateAll func(env *ui.Env, items []rotate.Item) ui.Screen // that of several keys; nil for none
	// All begins with all profiles in one list. Stage is called in a command as soon as all have answered: the screens that it has made
	// go on behind the list, which is then asked for anew; nil for nothing.
	All   bool
	Stage func() (screens func(env *ui.Env) []ui.Screen)
	Preferences
}

// Preferences are the user's: of the configuration, and of the session before.
type Preferences struct {
	Look ui.Look
	// Keys are the program's with those that the user gave to actions; nil for its own.
	Keys *ui.Keys
	// Columns and Order are those of the list, as keylist.Columns names them.
	Columns []string
	Order   string
	// Chosen are the things that were chosen last in the palette.
	Chosen []string
}

// prefer gives what is not said its usual value, and the list what the user prefers.
func (a *App) prefer(p Preferences) {
	a.list.Prefer(p.Columns, p.Order)
	a.chosen = p.Chosen
}

// Left is what to begin with next time. The profile is one that was open.
func (a *App) Left() (profile, order string, chosen []string) {
	if a.profile.conn != nil {
		profile = a.profile.want
	}
	return profile, a.list.SortedBy(), a.chosen
}

// Package tui is the screens of detent. The root model here knows the size, the
// stack of overlays, which pane has the focus, and the toast; everything else lies in the file of its
// name. It knows no HTTP and no files: it shows state, asks, and hands typed intents on.
package tui

import (
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/paint"
	"detent/tui/detail"
	"detent/tui/keylist"
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

// Where the keys go when no overlay is open.
type focus int

const (
	onList focus = iota
	onDetail
)

// App is the root model.
type App struct {
	env      *ui.Env
	host     ui.Host
	copyText func(text string) error

	width, height int
	shared        measures
	overlays      []ui.Screen
	kept          []ui.Screen // left, but going on
	focus         focus
	toast         toast

	list    *keylist.List
	detail  *detail.Detail
	actions []action
	chosen  []string            // in the palette, the last first
	past    map[string][]ui.Act // the last acts on record, by key
	screens screens

	begin   begin
	profile profile // in use
	fleet   *fleet  // all of them instead
	countdown
	load     load
	read     read     // the keys of one read, and the guard
	requests requests // writes under way
	notice   string
	readOnly bool
	lock     lock
	spoken   spoken
}

// New makes the program's model.
func New(o Options) *App {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Renderer == nil {
		o.Renderer = lipgloss.DefaultRenderer()
	}
	if o.Copy == nil {
		o.Copy = func(string) error { return errors.New("there is no terminal to copy through") }
	}
	if o.Keys == nil {
		o.Keys = ui.NewKeys()
	}
	o.Look.NoColour = o.Look.NoColour || o.NoColour
	env := &ui.Env{Styles: ui.StylesOf(o.Renderer, o.Look), Keys: o.Keys, Now: o.Now, Zone: o.Zone, After: o.After, Remote: o.Remote.On, NoWrites: o.Remote.NoWrites}
	env.Keys.Suspend.SetEnabled(!o.Remote.On)
	a := &App{
		env: env, host: o.Host, copyText: o.Copy, countdown: countdown{bell: o.Bell, rotateAll: o.RotateAll}, notice: o.Notice, readOnly: o.ReadOnly,
		list: keylist.New(env), detail: detail.New(env), requests: newRequests(),
	}
	a.lock, a.spoken = lock{Remote: o.Remote, last: o.Now()}, spoken{on: o.Spoken}
	a.screens = newScreens(a, o)
	a.actions = a.newActions()
	a.profile.want, a.begin = o.Profile, begin{o.All, o.Stage}
	a.prefer(o.Preferences)
	return a
}

// Init opens the first profile. The frame is on screen before it is there.
func (a *App) Init() tea.Cmd {
	return tea.Batch(a.first(), a.minute(), a.lock.begin(a))
}

// Update is the one way in: size, results of commands, then keys.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	a.read.begin(a.env.Now())
	if cmd, done := a.locking(msg); done {
		return a, cmd
	}
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.resize(msg.Width, msg.Height)
	case tea.KeyMsg, tea.MouseMsg:
		cmd = a.input(msg)
	case paint.ReadBegin:
		a.read.anew()
	case opened:
		cmd = a.openDone(msg)
	case remembered:
		cmd = a.remember(msg)
	case loadMsg:
		cmd = a.loadStep(msg)
	case examined, fleetExamined:
		cmd = a.examineDone(msg)
	case recalled:
		a.recallDone(msg)
	case minuteMsg, tickMsg:
		cmd = a.tick(msg)
	case toastOver:
		a.toast.end(msg)
	case result:
		cmd = a.answer(msg)
	default:
		cmd = a.intent(msg)
	}
	return a, tea.Batch(cmd, a.settle())
}

// settle brings what depends on other state up to date: the detail follows the cursor,
// the placeholder the state of the load, the guard the overlay on top.
func (a *App) settle() tea.Cmd {
	a.showSelected()
	a.share()
	a.list.SetPlaceholder(a.placeholder())
	a.list.SetBanner(a.banner())
	a.list.SetProblems(a.fleet.problems(a))
	a.list.SetFocused(a.focus == onList && len(a.overlays) == 0)
	a.detail.SetBrief(a.focus == onList)
	a.detail.SetFocused(a.focus == onDetail && len(a.overlays) == 0)
	return tea.Batch(a.count(), a.guard())
}

// resize gives everybody their new size.
func (a *App) resize(width, height int) {
	width, height = a.spoken.size(width, height)
	a.width, a.height = width, height
	a.share()
	for _, s := range a.overlays {
		s.SetSize(a.room(s))
	}
}

func (a *App) top() ui.Screen {
	if len(a.overlays) == 0 {
		return nil
	}
	return a.overlays[len(a.overlays)-1]
}

// push opens an overlay.
func (a *App) push(s ui.Screen) tea.Cmd {
	a.toast.text = "" // it would hide the keys of the screen
	kept, cmd, found := a.back(s)
	if found {
		s = kept
	} else {
		cmd = s.Init
	}
	s.SetSize(a.room(s))
	a.fleet.owns(s)
	a.overlays = append(a.overlays, s)
	return cmd()
}

// pop closes an overlay; nil is the top one.
func (a *App) pop(s ui.Screen) {
	if len(a.overlays) == 0 {
		return
	}
	at := len(a.overlays) - 1
	if s != nil {
		for at >= 0 && a.overlays[at] != s {
			at--
		}
	}
	if at >= 0 {
		a.overlays = append(a.overlays[:at:at], a.overlays[at+1:]...)
	}
}

// tellAll hands a message to every overlay, and to the list, whose commands are its own.
func (a *App) tellAll(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{a.list.Update(msg)}
	for _, s := range append(append([]ui.Screen(nil), a.overlays...), a.kept...) {
		cmds = append(cmds, s.Update(msg))
	}
	return tea.Batch(cmds...)
}

// held reports whether an overlay does not let ctrl+c leave silently.
func (a *App) held() ui.Screen {
	for i := len(a.overlays) - 1; i >= 0; i-- {
		if l, ok := a.overlays[i].(ui.Leaver); ok && l.HoldsKeys() {
			return a.overlays[i]
		}
	}
	return nil
}

// Package tui is the screens of detent. The root model here knows the size, the
// stack of overlays, which pane has the focus, and the toast; everything else lies in the file of its
// name. It knows no HTTP and no files: it shows state, asks, and hands typed intents on.
//
// A file needs only those below it. From the bottom up:
//
//	profile, fleet, stack, whose, measures, toast     the state: a profile or all of them, the overlays, whose each is, the room for them
//	failures, actions, help, subject, examine         what is known: why something failed, what a key may do now, what is to be said of keys
//	states, frame, speech                             what is drawn of that, and what is spoken
//	mailbox, open, reach, load, begin, lock           how keys come, and how the program begins, is covered and ends
//	flights, bulk, keeper, leaked, palette            requests under way, and what is done by them
//	acts, read, mouse                                 keys and clicks, and what they do
//	asks, intents                                     what screens ask for
//	app                                               where each message goes
package tui

import (
	"cmp"
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/paint"
	"detent/tui/detail"
	"detent/tui/keylist"
	"detent/tui/ui"
)

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
	shown    func()

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
	leaked
	load     load
	bound    bool     // an examination is on its way for what changes within a minute
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
	o.Zone, o.Renderer, o.Keys = cmp.Or(o.Zone, time.Local), cmp.Or(o.Renderer, lipgloss.DefaultRenderer()), cmp.Or(o.Keys, ui.NewKeys())
	if o.Copy == nil {
		o.Copy = func(string) error { return errors.New("there is no terminal to copy through") }
	}
	o.Look.NoColour = o.Look.NoColour || o.NoColour
	env := &ui.Env{Styles: ui.StylesOf(o.Renderer, o.Look), Keys: o.Keys, Now: o.Now, Zone: o.Zone, After: o.After, Remote: o.Remote.On, NoWrites: o.Remote.NoWrites}
	env.Keys.Suspend.SetEnabled(!o.Remote.On)
	a := &App{
		env: env, host: o.Host, copyText: o.Copy, shown: o.Shown, countdown: countdown{bell: o.Bell}, notice: o.Notice, readOnly: o.ReadOnly,
		list: keylist.New(env), detail: detail.New(env), requests: newRequests(),
	}
	a.lock, a.spoken = lock{Remote: o.Remote, News: o.News, last: o.Now()}, spoken{on: o.Spoken}
	a.screens = newScreens(a, o)
	a.actions = a.newActions()
	a.profile.want, a.begin = o.Profile, begin{o.All, o.Stage}
	a.prefer(o.Preferences)
	return a
}

// Init opens the first profile. The frame is on screen before it is there.
func (a *App) Init() tea.Cmd {
	return tea.Batch(a.first(), a.minute(), a.lock.begin(a), a.lock.listen())
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
	case tea.KeyMsg:
		cmd = a.keys(msg)
	case tea.MouseMsg:
		cmd = a.pointed(msg)
	case paint.ReadBegin:
		a.read.anew()
	case opened:
		cmd = a.openDone(msg)
	case remembered:
		cmd = a.remember(msg)
	case loadMsg:
		cmd = a.keysCame(msg)
	case examined, fleetExamined:
		cmd = a.examineDone(msg)
	case recalled:
		a.recallDone(msg)
	case minuteMsg:
		cmd = a.tick()
	case boundMsg:
		cmd = a.bounded()
	case tickMsg:
		a.ticked(msg)
	case toastOver:
		a.toast.end(msg)
	case result:
		cmd = a.answer(msg)
	default:
		cmd = a.intent(msg)
	}
	return a, tea.Batch(cmd, a.settle())
}

// keysCame hands keys on to who asked for them: what compares a secret with them, the list of all profiles, or that of one.
func (a *App) keysCame(msg loadMsg) tea.Cmd {
	switch {
	case msg.of == nil:
		return a.loadStep(msg)
	case msg.of.knows:
		return a.knowMore(msg)
	}
	return a.fleetStep(msg)
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

// showSelected lets the detail follow the cursor.
func (a *App) showSelected() {
	a.spoken.leave(a)
	k, marks, ok := a.list.Selected()
	if !ok {
		a.detail.Show(detail.Subject{})
		if a.focus == onDetail {
			a.focus = onList
		}
		return
	}
	a.detail.Follow(k, marks, a.subject)
}

package rotate

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Queuer is a Host that can rotate several keys together. Its methods are called in commands.
type Queuer interface {
	// Queue looks ahead for all of them side by side and begins nothing.
	Queue(ctx context.Context, items []Item) Queue
}

// Queue is several rotations that are ready.
type Queue interface {
	Items() []Queued
	// Fill gives an item that has no place the places that were named or written out for it, and looks ahead for it alone.
	Fill(ctx context.Context, at int, places []string) Queued
	// Again is what has stopped or was not begun, ready once more from where it stands; it is asked for when Run has returned.
	Again(ctx context.Context) Queue
	// Run rotates what can be, at most wave of them under way at once, and tells of each how it goes, from several goroutines. It returns when all have ended; the first that
	// fails keeps those from beginning that have not.
	Run(ctx context.Context, wave int, tell func(Progress))
	// Close gives up what was not run.
	Close()
}

// Item is a key to rotate.
type Item struct {
	Profile string
	Key     apikey.Key
}

// Queued is what would be done to a key; Why, that it cannot be done with the others.
type Queued struct {
	Item
	ID          string // of its rotation
	Mode        rotation.Mode
	Places      []string
	Drain, Soak time.Duration
	Notes       []string
	Why         string
	Hole        bool // it can be once its place is known
}

// Progress is how one of a queue stands.
type Progress struct {
	At    int // among the items
	View  rotation.View
	Ends  time.Time // of a wait
	Total time.Duration
	Done  bool
	Err   error
}

type (
	queuedMsg struct {
		screen *QueueScreen
		queue  Queue
	}
	filledMsg struct {
		screen *QueueScreen
		at     int
		spec   string // the place as it was written out; empty for a named one
		item   Queued
	}
	progressMsg struct {
		screen *QueueScreen
		came   []Progress
		over   bool
	}
)

// QueueScreen is the plan of several rotations, and then how they go.
type QueueScreen struct {
	env   *ui.Env
	host  Queuer
	of    func(profile string) apikey.Setting
	asked []Item

	queue  Queue
	items  []Queued
	states []Progress
	begun  bool
	over   bool
	mail   *progressBox
	beginning
	problem string
	hand    *hand
	hole         // that is being filled
	busy    bool // a preflight is under way
	text    widget.Scroller
	width   int
	height  int
}

// NewQueue looks ahead for keys that are to be rotated together.
func NewQueue(env *ui.Env, host Queuer, setting func(profile string) apikey.Setting, items []Item) *QueueScreen {
	s := &QueueScreen{env: env, host: host, hand: &hand{}, of: setting, asked: items, beginning: newBeginning(env), text: widget.NewPager(env), mail: &progressBox{wake: make(chan struct{}, 1)}}
	return s
}

// Init runs the preflights.
func (s *QueueScreen) Init() tea.Cmd {
	return func() tea.Msg { return s.prepared(s.host.Queue(background(), s.asked)) }
}

// Title names the frame.
func (s *QueueScreen) Title() string { return "Rotate " + ui.Count(len(s.asked), "key") }

// WantsAll takes the whole frame.
func (s *QueueScreen) WantsAll() bool { return true }

// Place is that of the keys, where they are of one profile; it is live where one of them is.
func (s *QueueScreen) Place() ui.Place {
	out := ui.Place{Profile: s.asked[0].Profile}
	for _, i := range s.asked {
		if i.Profile != out.Profile {
			out.Profile = "all profiles"
		}
		if set := s.of(i.Profile).ForKey(i.Key.Environment); set.LooksLive() || out.Setting == (apikey.Setting{}) {
			out.Setting = set
		}
	}
	return out
}

// Guard keeps the key that opened the plan from beginning it.
func (s *QueueScreen) Guard() int {
	if s.begun {
		return 0
	}
	return 1
}

// Typing is true while the number is typed, or a place.
func (s *QueueScreen) Typing() bool {
	return s.queue != nil && !s.begun && !s.busy && (s.ready() > 0 || s.filling())
}

// SetSize sets the size of the content.
func (s *QueueScreen) SetSize(width, height int) { s.width, s.height = width, height }

// KeptID keeps the queue behind the list while it goes on.
func (s *QueueScreen) KeptID() string {
	if s.begun && !s.over {
		return "queue"
	}
	return ""
}

// Back has nothing to begin again.
func (s *QueueScreen) Back() tea.Cmd { return nil }

// Waits are those that count down.
func (s *QueueScreen) Waits() []ui.Wait {
	var out []ui.Wait
	for _, p := range s.states {
		if s.begun && !p.Done && p.View.ID != "" {
			out = append(out, ui.Wait{Rotation: p.View.ID, Step: p.View.PublicStep(), Ends: p.Ends, Total: p.Total, Busy: p.Ends.IsZero()})
		}
	}
	return out
}

func (s *QueueScreen) ready() int { return count(s.items, func(q Queued) bool { return q.Why == "" }) }

// Bindings are the keys that act now.
func (s *QueueScreen) Bindings() []key.Binding {
	k := s.env.Keys
	switch {
	case s.Typing() && s.filling():
		return []key.Binding{ui.Does(k.Confirm, "fill, or leave it out"), ui.Does(k.Next, "complete, next"), k.Prev, k.Cancel}
	case s.Typing():
		out := []key.Binding{ui.Does(k.Confirm, "begin")}
		if s.row == rowRemember {
			out = append(out, ui.Does(k.Tick, "tick"))
		}
		if len(s.rows()) > 1 {
			out = append(out, k.Next)
		}
		if s.holes() > 0 {
			out = append(out, k.Prev)
		}
		return append(out, k.Cancel)
	case s.over && s.stopped() > 0:
		return []key.Binding{ui.Does(k.Confirm, "go on with what stopped"), k.Cancel}
	case s.begun && !s.over:
		return []key.Binding{ui.Does(k.Cancel, "leave; it goes on")}
	}
	return []key.Binding{k.Dismiss}
}

// Update takes keys, the plan, and how it goes.
func (s *QueueScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case queuedMsg:
		if msg.screen == s {
			s.queue, s.items, s.busy, s.begun, s.over = msg.queue, msg.queue.Items(), false, false, false
			s.states, s.mail = make([]Progress, len(s.items)), &progressBox{wake: make(chan struct{}, 1)}
			s.number.Wipe()
			s.toRow(rowNumber)
			s.toHole(0)
		}
	case filledMsg:
		if msg.screen == s {
			s.filled(msg)
		}
	case keptMsg:
		if msg.screen == s {
			return s.kept(msg)
		}
	case ui.Completed:
		return s.completed(msg)
	case progressMsg:
		if msg.screen == s {
			return s.went(msg)
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return nil
}

func (s *QueueScreen) went(msg progressMsg) tea.Cmd {
	made := false
	for _, p := range msg.came {
		before := s.states[p.At]
		made = made || p.Done || before.View.PublicStep() != p.View.PublicStep()
		s.states[p.At] = p
	}
	cmds := []tea.Cmd{changed(made)}
	if msg.over {
		s.over = true
		done, asks, failed := s.sum()
		text := strconv.Itoa(done) + " of " + ui.Count(s.ready(), "key") + " rotated"
		if asks > 0 {
			text += ", " + strconv.Itoa(asks) + " " + map[bool]string{true: "waits", false: "wait"}[asks == 1] + " for you"
		}
		if failed > 0 {
			text += ", " + strconv.Itoa(failed) + " stopped"
		}
		if asks+failed > 0 {
			text += "; R shows them"
		}
		return tea.Batch(append(cmds, ui.Do(ui.Toast{Text: text, Good: asks+failed == 0}), ui.Do(ui.Ring{Text: text}))...)
	}
	return tea.Batch(append(cmds, s.mail.next(s))...)
}

func (s *QueueScreen) sum() (done, asks, failed int) {
	for _, p := range s.states {
		switch {
		case !p.Done:
		case p.Err == nil:
			done++
		case errors.Is(p.Err, ErrAsks):
			asks++
		default:
			failed++
		}
	}
	return done, asks, failed
}

func (s *QueueScreen) press(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	switch {
	case msg.Type == tea.KeyEsc, msg.Type == tea.KeyCtrlC:
		return s.leave()
	case s.over && s.stopped() > 0 && key.Matches(msg, k.Confirm):
		return s.again()
	case !s.Typing() && !s.busy && key.Matches(msg, k.Dismiss):
		return s.leave()
	case s.Typing() && s.fills(msg):
		return s.fill(msg)
	case !s.Typing():
		s.text.Update(msg)
	default:
		return s.below(msg)
	}
	return nil
}

func (s *QueueScreen) leave() tea.Cmd {
	if s.begun && !s.over {
		return ui.Do(ui.Keep{Screen: s})
	}
	gone := s.begun
	return tea.Sequence(ui.Do(ui.Pop{Screen: s}), func() tea.Msg {
		s.hand.leave(gone)
		return nil
	})
}

// prepared hands a queue to the screen. One that was left while it was made ready gives it up: its keys are free again.
func (s *QueueScreen) prepared(q Queue) tea.Msg {
	if !s.hand.take(q) {
		return nil
	}
	return queuedMsg{s, q}
}

// hand has the queue from when it is ready until the screen is left.
type hand struct {
	mu    sync.Mutex
	queue Queue
	left  bool
}

func (h *hand) take(q Queue) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queue = q; h.left {
		q.Close()
	}
	return !h.left
}

// leave gives up what was not run.
func (h *hand) leave(run bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left = true; h.queue != nil && !run {
		h.queue.Close()
	}
}

// View is the plan, or how it goes.
func (s *QueueScreen) View() string {
	st := s.env.Styles
	p := page{env: s.env, width: s.width}
	if s.queue == nil {
		p.line(st.Dim.Render("preflight of " + ui.Count(len(s.asked), "key") + ": nothing is changed by it …"))
		return strings.Join(ui.Fit(strings.Join(p.lines, "\n"), s.width, s.height), "\n")
	}
	at, about := 0, 1
	for i, item := range s.items {
		if i > 0 && !s.begun {
			p.lines = append(p.lines, "") // the first to go where there is little room
		}
		from := len(p.lines)
		s.viewItem(&p, i, item)
		if s.filling() && i == s.hole.at {
			at, about = from, len(p.lines)-from
		}
	}
	foot := page{env: s.env, width: s.width, lines: []string{""}}
	switch n := s.ready(); {
	case s.begun && s.over && s.stopped() > 0:
		foot.wrap("", st.Base, "enter goes on with what stopped, from where it stands: its preflight comes first.")
	case s.begun:
		foot.lines = nil
	case s.busy:
		foot.lines = append(foot.lines, st.Dim.Render("looking ahead: nothing is changed by it …"))
	case n == 0 && s.holes() > 0:
		foot.wrap("", st.Base, "Name a place, and what has none can be rotated; enter without one leaves the key out.")
	case n == 0:
		foot.wrap(st.Bad.Render("✗ "), st.Base, "none of them can be rotated with the others: nothing was changed")
	default:
		foot.wrap("", st.Base, "One acts at a time, their waits run side by side; the first that fails keeps the rest from beginning.")
		if s.holes() > 0 {
			foot.wrap("", st.Base, ui.Count(s.holes(), "key")+" without a place: left out, unless one is named above.")
		}
		s.viewBelow(&foot, n)
		if s.problem != "" {
			foot.wrap(st.Bad.Render("✗ "), st.Base, s.problem)
		}
	}
	s.text.SetSize(s.width, s.height)
	if s.filling() {
		s.text.Show(at, about, len(foot.lines))
	}
	return strings.Join(s.text.Lines(p.lines, foot.lines), "\n")
}

// head is a key, its profile and its environment, under those of the others.
func (s *QueueScreen) head(item Queued) string {
	st := s.env.Styles
	name, profile, env := 0, 0, 0
	for _, i := range s.items {
		name, profile, env = max(name, ui.Width(clean(i.Key.Name))), max(profile, ui.Width(clean(i.Profile))), max(env, ui.Width(s.environment(i)))
	}
	name, profile = min(name, max(s.width/2-8, 12)), min(profile, 17)
	return ui.Pad(ui.KeyName(st, st.Strong, clean(item.Key.Name)), name) + "  " + st.Dim.Render(ui.Pad(clean(item.Profile), profile)) + "  " + ui.Pad(s.environment(item), env)
}

func (s *QueueScreen) environment(item Queued) string {
	word := clean(s.of(item.Profile).ForKey(item.Key.Environment).Word(item.Key.Environment))
	if word == apikey.WordLive {
		return s.env.Styles.Bad.Render("▲ " + word)
	}
	return word
}

// stands is a rotation under way, with where it stands beside its key; at the end of the line where it has no room there.
func (s *QueueScreen) stands(p *page, v rotation.View, head, where string) {
	line := sign(p.style(), v, "━━") + " " + head
	if ui.Width(line)+3+ui.Width(where) > p.width {
		p.split(strings.TrimRight(line, " "), where+" ")
		return
	}
	p.line(line + "   " + where)
}

func (s *QueueScreen) viewItem(p *page, i int, item Queued) {
	st, head := p.style(), s.head(item)
	lead := st.Bad.Render("✗ ")
	if s.begun {
		lead = ui.Pad(lead, ui.Width(sign(st, rotation.View{}, "━━"))+1)
	}
	switch now := s.states[i]; {
	case item.Hole:
		s.viewHole(p, i, item, lead+head)
		return
	case item.Why != "":
		p.line(lead + head)
		p.wrap("    ", st.Base, "left out: "+item.Why)
		return
	case s.begun && now.Done && now.Err == nil:
		s.stands(p, now.View, head, st.Good.Render("✓ done"))
	case s.begun && now.Done:
		p.line(sign(st, now.View, "━━") + " " + head)
		style := st.Bad
		if errors.Is(now.Err, context.Canceled) || errors.Is(now.Err, ErrAsks) {
			style = st.Warn
		}
		p.wrap("    ", style, now.Err.Error())
	case s.begun && now.View.ID != "":
		step := now.View.PublicStep()
		if left := now.Ends.Sub(s.env.Now()); left > 0 {
			step += " " + bar(st, 1-float64(left)/float64(max(now.Total, left)), 5) + " " + clock(left)
		}
		s.stands(p, now.View, head, st.Accent.Render(step))
	case s.begun:
		s.stands(p, now.View, head, st.Dim.Render("not begun"))
	default:
		p.line(st.Good.Render("✓ ") + head)
		p.wrap("    → ", st.Base, strings.Join(item.Places, ", "))
		waits := string(item.Mode) + ", drain " + ui.Span(item.Drain) + ", soak " + ui.Span(item.Soak)
		p.wrap("    ", st.Dim, waits)
		for _, n := range item.Notes {
			p.wrap(st.Warn.Render("    ! "), st.Base, n)
		}
	}
}

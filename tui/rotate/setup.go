package rotate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Setup asks where the new secret goes and how the rotation runs. Nothing is
// begun before enter on it, and a plan that fits is one enter away.
type Setup struct {
	env    *ui.Env
	host   Host
	place  ui.Place
	key    apikey.Key
	manual bool // the service cannot create: the operator does
	sees   bool // the service shows when a key was last used
	off    bool // and can disable one
	rolls  apikey.Roll
	leaked bool // somebody else has the key: begin without a question where the places are known
	// What can be done about it otherwise than by a rotation.
	disable, remove apikey.Ability
	unnamed         bool // the profile names no destination

	named   []Named
	ticks   []bool
	modes   []mode
	mode    int
	other   *widget.Text // a destination typed as docs/REFERENCE.md writes it
	goes    *widget.Completion
	drain   *widget.Text
	soak    *widget.Text
	overlap *widget.Text // of a roll: how long the former secret lives on

	remember bool // the typed place, for the next time
	keeping  bool // that is under way
	started  bool // the rotation takes its place
	holds    map[string]lookedMsg

	focus         int
	problem       string
	text          widget.Scroller
	width, height int
}

type mode struct {
	name, text string
	mode       rotation.Mode
	oldFirst   bool
	strategy   string // empty is the safest that the service can
}

var modes = []mode{
	{"planned", "side by side until the old key is quiet", rotation.Planned, false, ""},
	{"compromised", "the old key goes once the new one works", rotation.Compromised, false, ""},
	{"compromised, old first", "the application fails until it has the new one", rotation.Compromised, true, ""},
}

// modesOf are the ways of replacing a key there: those that make a second key, then the rolls that the service can. None is chosen unasked.
func modesOf(k apikey.Key, caps apikey.Capabilities) []mode {
	out, can := slices.Clone(modes), rotation.AbilitiesOf(caps)
	if k.Own { // its credential would have to change in between
		return out
	}
	if rotation.RollWithOverlap.Able(can) == "" {
		out = append(out, mode{"roll", "the key stays, with a new secret; the former one works on for a time", rotation.Planned, false, rotation.RollWithOverlap.ID})
	}
	if rotation.RollAtOnce.Able(can) == "" {
		out = append(out, mode{"roll at once", "the key stays, with a new secret; the application fails until it has it", rotation.Planned, false, rotation.RollAtOnce.ID})
	}
	return out
}

// NewSetup makes the setup of one key's rotation. The key is the one that the
// screen was opened for, whatever the list does meanwhile.
func NewSetup(env *ui.Env, host Host, profile string, k apikey.Key, caps apikey.Capabilities) *Setup {
	s := &Setup{env: env, host: host, key: k, manual: !caps.Create.OK, sees: caps.LastUsed.OK, off: caps.Disable.OK, disable: caps.Disable, remove: caps.Delete, modes: modesOf(k, caps), rolls: caps.Roll,
		named: host.Destinations(profile, k.Name), other: widget.NewText(env, ""), drain: widget.NewText(env, ""), soak: widget.NewText(env, "10m"), overlap: widget.NewText(env, ""), text: widget.NewPager(env), holds: map[string]lookedMsg{}}
	s.place = ui.Place{Profile: profile, Service: caps.Service, Setting: host.Setting(profile).ForKey(k.Environment)}
	s.unnamed = len(s.named) == 0
	s.focus = len(s.named) // the typed destination, unless one is suggested
	if env.Remote {
		s.named, s.focus = append(slices.Clone(s.named), ownTerminal), 0
	}
	s.ticks = make([]bool, len(s.named))
	for i, n := range s.named {
		if s.ticks[i] = n.Suggested; n.Suggested {
			s.focus = s.rows() - 1
		}
	}
	if _, can := host.(ui.Completer); can {
		s.goes = widget.NewCompletion(env, "")
	}
	s.overlap.Set(apikey.TypedSpan(rotation.UsualOverlap(s.rolls, k, env.Now())))
	s.other.Example("/srv/app/.env:API_KEY")
	if s.drain.Meaning("ask me"); s.sees {
		s.drain.Set("15m")
	}
	return s
}

// Compromised is the setup for a key that somebody else has: there is no planned way for it, wherever the cursor is.
func (s *Setup) Compromised() {
	s.leaked = true
	begin := s.focus == s.rows()-1
	s.modes = slices.DeleteFunc(slices.Clone(s.modes), func(m mode) bool { return m.mode != rotation.Compromised })
	if s.mode = 0; begin { // there are fewer rows above it now
		s.focus = s.rows() - 1
	}
	s.refocus()
}

// Init focuses the first row that needs the operator.
func (s *Setup) Init() tea.Cmd {
	s.refocus()
	if _, _, problem := s.plan(); s.leaked && problem == "" { // all is known, time is short, and the preflight changes nothing
		return s.begin()
	}
	return s.lookAll()
}

// Title names the frame.
func (s *Setup) Title() string { return "Rotate " + ui.Clean(s.key.Name) }

// WantsAll takes the whole frame, as the rotation that follows does.
func (s *Setup) WantsAll() bool { return true }

// Place is where the key is; a rotation of a compromised key says so in the header before it is begun.
func (s *Setup) Place() ui.Place {
	p := s.place
	if s.chosen().mode == rotation.Compromised {
		p.Alarm = compromisedWord
	}
	return p
}

// Guard keeps the key that opened the setup from beginning the rotation.
func (s *Setup) Guard() int { return 1 }

// Typing says that letters are text.
func (s *Setup) Typing() bool { return s.input() != nil }

// SetSize sets the size of the content.
func (s *Setup) SetSize(width, height int) {
	s.width, s.height = width, height
}

// Bindings are the keys that act now.
func (s *Setup) Bindings() []key.Binding {
	k := s.env.Keys
	out := []key.Binding{ui.Does(k.Confirm, "begin with the preflight"), k.Cancel}
	if s.focus < len(s.named) || s.focus == s.rememberRow() || s.focus >= s.modeRow() && s.focus < s.drainRow() {
		out = append(out, k.Tick)
	}
	next := k.Next
	if s.focus == s.otherRow() && s.typedPlace() != "" {
		next = ui.Does(k.Next, "complete")
	}
	return append(out, next, k.Prev)
}

// Update takes keys.
func (s *Setup) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case lookedMsg:
		if msg.setup == s {
			s.holds[msg.spec] = msg
		}
	case rememberedMsg:
		if msg.setup == s {
			return s.remembered(msg)
		}
	case ui.Completed:
		return s.completed(msg)
	case tea.KeyMsg:
		return s.press(msg)
	}
	return nil
}

// completed takes how the typed place may go on.
func (s *Setup) completed(msg ui.Completed) tea.Cmd {
	mine, whole := s.goes.Take(msg, s.other)
	if !mine {
		return nil
	}
	cmds := []tea.Cmd{s.look(s.wholePlace())}
	if whole {
		cmds = append(cmds, s.move(1))
	}
	return tea.Batch(append(cmds, s.goes.Release(s.press))...)
}

// move goes to another row. What was typed is looked at when it is left.
func (s *Setup) move(by int) tea.Cmd {
	left := s.focus == s.otherRow()
	s.focus = (s.focus + s.rows() + by) % s.rows()
	s.refocus()
	if !left {
		return nil
	}
	return s.look(s.typedPlace())
}

func (s *Setup) press(press tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	in := s.input()
	if s.goes.Hold(press) {
		return nil
	}
	if press.Type == tea.KeyTab && s.focus == s.otherRow() {
		if cmd, ok := s.goes.Next(s.other); ok {
			return tea.Batch(cmd, s.look(s.wholePlace()))
		}
	}
	switch {
	case press.Type == tea.KeyEsc, press.Type == tea.KeyCtrlC, in == nil && key.Matches(press, k.Quit):
		return ui.Do(ui.Pop{Screen: s})
	case key.Matches(press, k.Next), in == nil && key.Matches(press, k.Down):
		return s.move(1)
	case key.Matches(press, k.Prev), in == nil && key.Matches(press, k.Up):
		return s.move(-1)
	case key.Matches(press, k.Confirm):
		return s.begin()
	case in != nil:
		s.problem = ""
		in.Update(press)
		s.goes.Forget()
	case key.Matches(press, k.Tick):
		s.tick()
	}
	return nil
}

func (s *Setup) tick() {
	s.problem = ""
	switch {
	case s.focus < len(s.named):
		s.ticks[s.focus] = !s.ticks[s.focus]
	case s.focus == s.rememberRow():
		s.remember = !s.remember
	case s.focus >= s.modeRow() && s.focus < s.drainRow():
		s.mode = s.focus - s.modeRow()
	}
}

func (s *Setup) begin() tea.Cmd {
	plan, row, problem := s.plan()
	if problem != "" {
		s.problem, s.focus = problem, row
		s.refocus()
		return nil
	}
	switch {
	case s.keeping, s.started:
		return nil
	case s.remember && s.typedPlace() != "":
		return s.keep(plan)
	}
	return s.start(plan)
}

// keep has the typed place kept before the rotation begins.
func (s *Setup) keep(plan Plan) tea.Cmd {
	places, profile, k, spec := s.host.(Places), s.place.Profile, s.key, s.typedPlace()
	s.keeping = true
	return func() tea.Msg {
		name, err := places.Remember(context.Background(), profile, k, spec)
		return rememberedMsg{s, name, plan, err}
	}
}

// remembered begins the rotation when the place is kept, by the name that it has now.
func (s *Setup) remembered(msg rememberedMsg) tea.Cmd {
	s.keeping = false
	if msg.err != nil {
		s.problem, s.focus = "the place is not remembered: "+msg.err.Error(), max(s.rememberRow(), 0)
		s.refocus()
		return nil
	}
	plan := msg.plan
	plan.Destinations[len(plan.Destinations)-1] = msg.name
	return s.start(plan)
}

// start leaves the setup for the rotation, which is there before it goes: the list between them is not for whoever hears or sees the screen.
func (s *Setup) start(plan Plan) tea.Cmd {
	s.started = true
	return tea.Sequence(ui.Do(ui.Push{Screen: Start(s.env, s.host, s.Place(), s.key, plan)}), ui.Do(ui.Pop{Screen: s}))
}

// plan reads the form; a problem names the row where it is.
func (s *Setup) plan() (plan Plan, row int, problem string) {
	for i, on := range s.ticks {
		if on {
			plan.Destinations = append(plan.Destinations, s.named[i].Name)
		}
	}
	if spec := strings.TrimSpace(s.other.Value()); spec != "" {
		plan.Destinations = append(plan.Destinations, destination(spec))
	}
	if len(plan.Destinations) == 0 && !s.key.Own {
		return plan, max(s.otherRow(), 0), "Where does the application read this key? Without a place for the new secret nothing is begun."
	}
	chosen := s.chosen()
	plan.Mode, plan.OldFirst, plan.Strategy = chosen.mode, chosen.oldFirst, chosen.strategy
	if !s.drains() {
		return plan, 0, ""
	}
	var err error
	usual := rotation.DefaultDrain
	if !s.sees { // nothing to watch: any time is the operator's word
		usual = -1
	}
	if plan.Drain, err = wait(s.drain.Value(), usual); err != nil {
		return plan, s.drainRow(), err.Error()
	}
	if s.overlaps() {
		if plan.Overlap, err = wait(s.overlap.Value(), -1); err != nil {
			return plan, s.soakRow(), err.Error()
		}
		if plan.Overlap != nil && *plan.Overlap == 0 {
			return plan, s.soakRow(), "Without an overlap the former secret dies with the call: that is a roll at once."
		}
		return plan, 0, ""
	}
	if !s.off {
		return plan, 0, ""
	}
	if plan.Soak, err = wait(s.soak.Value(), rotation.DefaultSoak); err != nil {
		return plan, s.soakRow(), err.Error()
	}
	return plan, 0, ""
}

// wait reads a length of time; the default is not the operator's word, anything else is.
func wait(text string, standard time.Duration) (*time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if strings.Trim(text, "0smhd") == "" && strings.HasPrefix(text, "0") {
		return new(time.Duration), nil
	}
	d, err := apikey.ParseSpan(text)
	if err != nil {
		return nil, err
	}
	if d == standard {
		return nil, nil
	}
	return &d, nil
}

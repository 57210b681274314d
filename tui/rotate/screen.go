package rotate

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/delivery"
	"detent/rotation"
	"detent/tui/ui"
)

// Screen is one rotation at work. It never cancels a step: leaving waits for it.
type Screen struct {
	env  *ui.Env
	host Host
	open func() (Rotation, error) // begins or resumes; a command
	plan Plan                     // of a rotation that begins
	name string                   // of the key, for the title
	id   string                   // of the rotation; empty before it has one
	away bool                     // left while it waits; it goes on

	rotation Rotation
	view     rotation.View

	busy    bool // a step is under way
	polling bool // the step is one more look of a wait
	undoing bool // that step is an undo
	since   time.Time
	leaving bool // leave when the step has ended
	quit    bool // and end the program

	last  rotation.Result
	asked rotation.Result // the last one that stopped for a decision
	err   error
	// waitEnds is when the wait that is shown ends, by our clock.
	waitEnds time.Time
	turn     int // the current tick; ticks of older turns are dropped

	refusal *delivery.ConsentError // what asks for an explicit yes
	asking  question
	input   textinput.Model // for a reason or a pasted secret
	problem string          // what is wrong with the input
	stated  int             // how many statements were confirmed

	guard         int
	scroll        int
	width, height int
}

// question is what a key press answers before a rotation goes on.
type question int

const (
	askNothing question = iota
	askLeave            // a new secret is in hand
	askUndo
	askReason // for accepting differences
	askPaste
	askStatements
	askConsent // to what a destination refuses without an explicit yes
)

// Start begins the rotation of a key by a plan.
func Start(env *ui.Env, host Host, profile string, k apikey.Key, plan Plan) *Screen {
	s := newScreen(env, host, k.Name)
	s.plan = plan
	s.open = func() (Rotation, error) { return host.Start(background(), profile, k, s.plan) }
	return s
}

// Resume goes on with a rotation of the journal.
func Resume(env *ui.Env, host Host, v rotation.View) *Screen {
	s := newScreen(env, host, v.Old.Name)
	s.id = v.ID
	s.open = func() (Rotation, error) { return host.Resume(background(), v.ID) }
	return s
}

func newScreen(env *ui.Env, host Host, name string) *Screen {
	return &Screen{env: env, host: host, name: name, input: ui.NewInput(env)}
}

// Init opens the rotation and, since it changes nothing, runs the preflight at once.
func (s *Screen) Init() tea.Cmd {
	s.begin(false)
	return tea.Batch(func() tea.Msg {
		r, err := s.open()
		return openedMsg{s, r, err}
	}, s.tick(time.Second))
}

// Title names the frame.
func (s *Screen) Title() string { return "Rotate " + ui.Clean(s.name) }

// WantsAll takes the whole frame: a checklist that does not jump.
func (s *Screen) WantsAll() bool { return true }

// Guard changes with every step, so that a key meant for one step never does the next.
func (s *Screen) Guard() int { return s.guard + 1 }

// Typing says that letters are text.
func (s *Screen) Typing() bool { return s.asking == askReason || s.asking == askPaste }

// HoldsKeys keeps quit keys here while leaving would lose something.
func (s *Screen) HoldsKeys() bool { return s.busy || s.view.SecretInHand }

// KeptID is the rotation's id.
func (s *Screen) KeptID() string { return s.id }

// Back shows the rotation again; its wait went on.
func (s *Screen) Back() tea.Cmd {
	s.away = false
	s.guard++
	if s.waiting() {
		return s.tick(time.Second)
	}
	return nil
}

// SetSize sets the size of the content.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width, height
}

// Bindings are the keys that act now.
func (s *Screen) Bindings() []key.Binding {
	k := s.env.Keys
	named := func(b key.Binding, desc string) key.Binding {
		b.SetHelp(b.Help().Key, desc)
		return b
	}
	switch {
	case s.busy:
		return []key.Binding{named(k.Cancel, "leave after this step")}
	case s.asking == askLeave:
		return []key.Binding{named(k.Confirm, "deliver it"), named(k.Discard, "delete the new key"), named(k.Cancel, "stay")}
	case s.asking == askConsent:
		return []key.Binding{named(k.Yes, "deliver there all the same"), named(k.Cancel, "leave")}
	case s.asking == askUndo:
		return []key.Binding{named(k.Yes, "undo"), named(k.Cancel, "stay")}
	case s.Typing():
		return []key.Binding{named(k.Confirm, "go on"), named(k.Cancel, "back")}
	case s.asking == askStatements:
		return []key.Binding{named(k.Yes, "yes"), named(k.Cancel, "not yet: leave for later")}
	case s.rotation == nil, s.finished():
		return []key.Binding{named(k.Confirm, "close")}
	}
	// Where the line is short the last ones give way; the screen itself names them.
	enter := s.enterDoes()
	if s.err != nil {
		enter = "try again"
	}
	out := []key.Binding{named(k.Confirm, enter)}
	if s.view.Next.Undo != "" {
		out = append(out, k.Undo)
	}
	away := "leave"
	if s.waiting() {
		away = "to the list"
	}
	out = append(out, named(k.Cancel, away))
	if s.view.Step == rotation.Soak {
		out = append(out, named(k.Toggle, "turn the old key on"))
	}
	if s.canAttest() {
		out = append(out, named(k.Attest, "wait no longer"))
	}
	return out
}

func (s *Screen) enterDoes() string {
	if s.waiting() || s.last.Need == rotation.NeedSwitch || s.last.Need == rotation.NeedCleanup {
		return "look again now"
	}
	if s.err != nil && s.goesBack() && !s.view.Undoing {
		return "try again: undo"
	}
	if s.err != nil {
		return strings.TrimSuffix("try again: "+s.view.Next.Default, ": ")
	}
	return s.view.Next.Default
}

// canAttest says that the operator's word may end the wait.
func (s *Screen) canAttest() bool {
	return s.waiting() && !s.view.Undoing && s.waits()
}

// waits says that the step that is next is a wait.
func (s *Screen) waits() bool {
	return s.view.Step == rotation.Drain || s.view.Step == rotation.Soak
}

func (s *Screen) waiting() bool { return s.last.Status == rotation.Waiting && s.err == nil }
func (s *Screen) finished() bool {
	return s.view.State == rotation.Over || s.view.State == rotation.Aborted
}

// Update takes keys and the answers of steps.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case openedMsg:
		if msg.screen == s {
			return s.opened(msg)
		}
	case didMsg:
		if msg.screen == s {
			return s.did(msg)
		}
	case tickMsg:
		if msg.screen == s && msg.turn == s.turn {
			return s.ticked()
		}
	case tea.KeyMsg:
		return s.key(msg)
	}
	return nil
}

func (s *Screen) opened(msg openedMsg) tea.Cmd {
	s.busy = false
	if msg.err != nil {
		s.err = msg.err
		s.guard++
		return nil
	}
	s.rotation = msg.rotation
	s.view = msg.rotation.View()
	s.id = s.view.ID
	if (s.view.Step == rotation.Preflight || s.waits()) && !s.view.Undoing { // neither changes anything
		return tea.Batch(s.do(false), changed(false))
	}
	s.guard++
	return changed(false)
}

// do runs the next step, or the next part of an undo, in a command.
func (s *Screen) do(undo bool) tea.Cmd {
	if undo {
		return s.run(true, s.rotation.Undo)
	}
	return s.run(false, s.rotation.Do)
}

// run does one thing to the rotation in a command.
func (s *Screen) run(undo bool, act func(context.Context) (rotation.Result, error)) tea.Cmd {
	return s.act(didMsg{screen: s, undo: undo}, act)
}

// act runs something in a command, whose message gets the answer.
func (s *Screen) act(msg didMsg, act func(context.Context) (rotation.Result, error)) tea.Cmd {
	s.begin(msg.undo)
	return tea.Batch(func() tea.Msg {
		msg.result, msg.err = act(background())
		return msg
	}, s.tick(time.Second))
}

func (s *Screen) begin(undo bool) {
	s.busy, s.polling, s.undoing, s.since = true, false, undo, s.env.Now()
	s.err, s.problem, s.asking, s.scroll = nil, "", askNothing, 0
	s.guard++
}

func (s *Screen) did(msg didMsg) tea.Cmd {
	before := s.view.Step
	s.busy, s.polling, s.err, s.last = false, false, msg.err, msg.result
	s.view = s.rotation.View()
	if s.err != nil || s.view.Step != before {
		s.guard++
	}
	touched := changed(msg.result.Did == rotation.Create || msg.result.Did == rotation.Delete || msg.result.Did == rotation.Disable || msg.undo)
	if s.away && !s.waiting() {
		touched = tea.Batch(touched, s.news())
	}
	if s.leaving && !s.view.SecretInHand {
		return tea.Batch(s.leave(), touched)
	}
	if s.leaving { // with the secret that this step brought
		s.leaving, s.quit = false, false
		if s.err == nil {
			return tea.Batch(s.askToLeave(), touched)
		}
	}
	if s.err != nil {
		var refused *rotation.RefusedError
		switch {
		case errors.As(s.err, &s.refusal) && s.view.Step == rotation.Preflight:
			s.asking = askConsent
		case msg.pasted && errors.As(s.err, &refused): // asked again, and why
			s.err, s.last, s.problem = nil, s.asked, refused.Error()
			return tea.Batch(s.ask(rotation.NeedPaste), touched)
		}
		return touched
	}
	if s.waiting() {
		s.waitEnds = s.env.Now().Add(msg.result.Left)
		return tea.Batch(s.tick(min(time.Second, max(msg.result.Wait, 0))), touched)
	}
	if msg.result.Status == rotation.Stopped {
		s.asked = msg.result
		return tea.Batch(s.ask(msg.result.Need), touched)
	}
	if s.view.Undoing && msg.result.Status == rotation.Moved {
		return tea.Batch(s.do(true), touched)
	}
	if msg.result.Status == rotation.Moved && s.waits() {
		return tea.Batch(s.do(false), touched) // a wait changes nothing: it begins by itself
	}
	return touched
}

// news says what became of a wait that nobody looks at.
func (s *Screen) news() tea.Cmd {
	said := s.last.Said
	if s.err != nil {
		said = s.err.Error()
	}
	return ui.Do(ui.Toast{Text: s.name + ": " + said + "; R goes on", Good: s.err == nil})
}

// ask turns what a stopped rotation needs into a question.
func (s *Screen) ask(need rotation.Need) tea.Cmd {
	s.guard++
	s.scroll = 0
	s.input.Reset()
	switch need {
	case rotation.NeedPaste:
		s.asking = askPaste
		s.input.EchoMode = textinput.EchoPassword
		return s.input.Focus()
	case rotation.NeedAccept:
		s.asking = askReason
		s.input.EchoMode = textinput.EchoNormal
		return s.input.Focus()
	case rotation.NeedAttest:
		s.asking, s.stated = askStatements, 0
	}
	return nil
}

// tick asks to be woken; only the newest tick counts, so that there is never more than one.
func (s *Screen) tick(after time.Duration) tea.Cmd {
	s.turn++
	return s.env.Later(after, tickMsg{s, s.turn})
}

func (s *Screen) ticked() tea.Cmd {
	switch {
	case s.busy:
		return s.tick(time.Second)
	case !s.waiting():
		return nil
	case s.env.Now().Sub(s.since) >= s.last.Wait:
		return s.poll()
	case s.away: // nothing counts down on the screen
		return s.tick(max(s.last.Wait-s.env.Now().Sub(s.since), time.Second))
	}
	return s.tick(time.Second)
}

// poll looks at a wait again. It keeps the guard: nothing on the screen changes its meaning.
func (s *Screen) poll() tea.Cmd {
	guard := s.guard
	cmd := s.do(false)
	s.guard, s.polling = guard, true
	return cmd
}

func (s *Screen) leave() tea.Cmd {
	if s.waiting() && !s.quit {
		s.away = true
		return ui.Do(ui.Keep{Screen: s})
	}
	r := s.rotation
	s.turn++
	var next tea.Msg = Changed{}
	if s.quit {
		next = ui.Quit{}
	}
	return tea.Sequence(ui.Do(ui.Pop{Screen: s}), func() tea.Msg {
		if r != nil {
			r.Close()
		}
		return next
	})
}

// consent begins again with the operator's yes. Nothing was changed until now: the rotation
// stands at its preflight.
func (s *Screen) consent() tea.Cmd {
	switch s.refusal.Needs {
	case delivery.MixedEnvironments:
		s.plan.AllowMixed = true
	case delivery.TrackedByGit:
		s.plan.AllowTracked = true
	}
	s.rotation.Close()
	s.rotation = nil
	return s.Init()
}

func (s *Screen) attest() tea.Cmd {
	s.asking = askNothing
	if err := s.rotation.Attest(strings.Join(s.view.Statements(), "; ")); err != nil {
		s.err = err
		return nil
	}
	return s.do(false)
}

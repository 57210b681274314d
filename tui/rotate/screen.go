package rotate

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Screen is one rotation at work. What it does next is decided by next alone: Update makes an event of a message, and
// carries out the effects.
type Screen struct {
	env   *ui.Env
	host  Host
	open  func() (Rotation, error) // begins or resumes; a command
	name  string                   // of the key, for the title
	id    string                   // of the rotation; empty before it has one
	place ui.Place

	rotation Rotation
	view     rotation.View
	phase    phase
	away     bool // left while it waits; it goes on
	turn     int  // the current tick; ticks of older turns are dropped
	guard    int

	input *widget.Text // for a reason or a pasted secret

	full     *rotation.FullPlan
	fullErr  error
	unfolded bool // the plan, whole

	text          widget.Scroller
	moved         bool // the operator scrolled; else what is asked is on the screen
	width, height int
}

// Start begins the rotation of a key by a plan.
func Start(env *ui.Env, host Host, place ui.Place, k apikey.Key, plan Plan) *Screen {
	s := newScreen(env, host, k.Called())
	s.place = place
	s.open = func() (Rotation, error) { return host.Start(background(), place.Profile, k, plan) }
	return s
}

// Resume goes on with a rotation of the journal.
func Resume(env *ui.Env, host Host, v rotation.View) *Screen {
	s := newScreen(env, host, v.Old.Called())
	s.id, s.place = v.ID, placeOf(host, v)
	s.open = func() (Rotation, error) { return host.Resume(background(), v.ID) }
	return s
}

// Behind goes on with a rotation of the journal that waits, behind the list from the start.
func Behind(env *ui.Env, host Host, v rotation.View) *Screen {
	s := Resume(env, host, v)
	s.away = true
	return s
}

func newScreen(env *ui.Env, host Host, name string) *Screen {
	return &Screen{env: env, host: host, name: name, input: widget.NewText(env, ""), text: widget.NewScroller(env), phase: opening{since: env.Now()}}
}

// Init opens the rotation and, since it changes nothing, runs the preflight at once.
func (s *Screen) Init() tea.Cmd {
	return tea.Batch(func() tea.Msg {
		r, err := s.open()
		return openedMsg{s, r, err}
	}, s.wake(time.Second))
}

// Title names the frame.
func (s *Screen) Title() string { return "Rotate " + ui.Clean(s.name) }

// Place is where the rotation is, whatever profile the list shows.
func (s *Screen) Place() ui.Place { return s.place }

// WantsAll takes the whole frame: a checklist that does not jump.
func (s *Screen) WantsAll() bool { return true }

// Guard changes with what a key means, so that a key meant for one step never does the next.
func (s *Screen) Guard() int { return s.guard + 1 }

// Typing says that letters are text.
func (s *Screen) Typing() bool {
	a, asks := s.phase.(asking)
	return asks && a.typing != ""
}

// HoldsKeys keeps quit keys here while leaving would lose something.
func (s *Screen) HoldsKeys() bool {
	switch s.phase.(type) {
	case opening, working:
		return true
	}
	return s.view.SecretInHand
}

// Waits is what the rotation waits for.
func (s *Screen) Waits() []ui.Wait { return []ui.Wait{s.wait()} }

func (s *Screen) wait() ui.Wait {
	out := ui.Wait{Rotation: s.id, Step: s.view.PublicStep()}
	over := func(w waiting) ui.Wait {
		out.Ends, out.Total = w.ends, w.last.Total
		return out
	}
	switch p := s.phase.(type) {
	case waiting:
		return over(p)
	case working:
		if p.over != nil { // one more look at it
			return over(*p.over)
		}
		out.Busy = true
	case opening:
		out.Busy = true
	}
	return out
}

// KeptID is the rotation's id.
func (s *Screen) KeptID() string { return s.id }

// Back shows the rotation again; its wait went on.
func (s *Screen) Back() tea.Cmd {
	s.away = false
	s.guard++
	return s.handle(returned{})
}

// SetSize sets the size of the content.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width, height
}

// Update makes an event of a message.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case openedMsg:
		if msg.screen != s {
			return nil
		}
		if s.rotation = msg.rotation; msg.err == nil {
			s.refresh()
			s.id = s.view.ID
		}
		return s.handle(opened{msg.err})
	case didMsg:
		if msg.screen != s {
			return nil
		}
		s.refresh()
		s.moved = false
		return s.handle(msg.did)
	case planMsg:
		if msg.screen == s {
			s.full, s.fullErr = &msg.plan, msg.err
		}
	case tickMsg:
		if msg.screen == s && msg.turn == s.turn {
			return s.handle(timerFired{})
		}
	case tea.KeyMsg:
		e, cmd := s.key(msg)
		if e == nil {
			return cmd
		}
		return tea.Batch(cmd, s.handle(e))
	}
	return nil
}

// refresh takes the rotation as it stands now.
func (s *Screen) refresh() {
	stood := s.view.Plan
	if s.view = s.rotation.View(); s.view.State == rotation.Closed {
		s.view.Plan = stood // what was done stays on the screen
	}
	s.place = placeOf(s.host, s.view)
}

// handle is the one trip of an event through the screen.
func (s *Screen) handle(e event) tea.Cmd {
	before := meaning(s.phase, s.view)
	to, effects := next(s.phase, input{now: s.env.Now(), view: s.view, away: s.away}, e)
	s.phase = to
	if meaning(to, s.view) != before {
		s.guard++
		s.moved = false
	}
	cmds := make([]tea.Cmd, 0, len(effects))
	for _, x := range effects {
		cmds = append(cmds, s.carryOut(x))
	}
	return tea.Batch(cmds...)
}

// meaning is what the keys mean in a phase: one more look at a wait changes nothing of it.
func meaning(p phase, v rotation.View) string {
	name := func(s string) string { return s + " " + string(v.Step) }
	switch p := p.(type) {
	case ready:
		return name("ready")
	case working:
		if p.over != nil {
			return name("wait")
		}
		return name("working") + p.since.String()
	case waiting:
		return name("wait")
	case asking:
		return name("asking") + string(p.q.Kind) + p.q.Subject + p.typing
	case failed:
		return name("failed")
	case finished:
		return "finished"
	}
	return ""
}

func (s *Screen) carryOut(x effect) tea.Cmd {
	switch x := x.(type) {
	case call:
		return s.call(x)
	case wake:
		return s.wake(x.after)
	case tell:
		return changed(x.reload)
	case plan:
		return s.readPlan()
	case keep:
		s.away = true
		return ui.Do(ui.Keep{Screen: s})
	case news:
		return tea.Batch(ui.Do(ui.Toast{Text: s.name + ": " + x.text + "; R goes on", Good: x.good}), ui.Do(ui.Ring{Text: s.name + ": " + x.text}))
	case write:
		return s.write(x.wants)
	case exits:
		return s.exit(x.quit)
	}
	return nil
}

// call asks something of the rotation, in a command.
func (s *Screen) call(c call) tea.Cmd {
	r, ctx := s.rotation, background()
	return func() tea.Msg {
		var d callDone
		switch c.verb {
		case toDo:
			d.result, d.err = r.Do(ctx)
		case toUndo:
			d.result, d.err = r.Undo(ctx)
		case toAnswer:
			d.result, d.err = r.Answer(ctx, c.answer)
		case toReenable:
			d.result, d.err = r.Reenable(ctx)
		case toAttest:
			d.err = r.Attest(c.reason)
		case toTurn:
			d.result, d.err = r.TurnAround()
		case toEnd:
			d.result, d.err = r.End(ctx, c.reason)
		}
		return didMsg{s, d}
	}
}

func (s *Screen) readPlan() tea.Cmd {
	r := s.rotation
	if s.full != nil && s.fullErr == nil {
		return nil // it says all stages
	}
	return func() tea.Msg {
		full, err := r.Plan(background())
		return planMsg{s, full, err}
	}
}

// wake asks to be woken; only the newest tick counts, so that there is never more than one.
func (s *Screen) wake(after time.Duration) tea.Cmd {
	s.turn++
	return s.env.Later(after, tickMsg{s, s.turn})
}

// write opens the input for what a choice wants, or closes it.
func (s *Screen) write(wants rotation.Wants) tea.Cmd {
	s.input.Wipe()
	s.input = widget.NewText(s.env, "")
	switch wants {
	case rotation.WantsNothing:
		return nil
	case rotation.WantsSecret:
		s.input = widget.NewSecret(s.env)
	}
	s.input.Focus()
	return nil
}

func (s *Screen) exit(quit bool) tea.Cmd {
	r := s.rotation
	s.turn++
	var after tea.Msg = s.left()
	if quit {
		after = ui.Quit{}
	}
	return tea.Sequence(ui.Do(ui.Pop{Screen: s}), func() tea.Msg {
		if r != nil {
			r.Close()
		}
		return after
	})
}

// left is what a rotation leaves the list with: of one that is over the cursor is on the key that stays, which the list has since it was made.
func (s *Screen) left() Changed {
	v := s.view
	switch {
	case v.State == rotation.Over && v.New != nil:
		return Changed{Reload: true, Profile: v.Profile, On: v.New.ID}
	case v.State == rotation.Aborted:
		return Changed{Reload: true, Profile: v.Profile, On: v.Old.ID}
	}
	return Changed{}
}

// placeOf is where a rotation is. Its environment is the stricter of what the profile and the key say.
func placeOf(host Host, v rotation.View) ui.Place {
	p := ui.Place{Profile: v.Profile, Service: v.Service, Setting: host.Setting(v.Profile).ForKey(v.Old.Environment)}
	if v.Mode == rotation.Compromised {
		p.Alarm = compromisedWord
	}
	return p
}

const compromisedWord = "COMPROMISED"

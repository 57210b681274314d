package rotate

import (
	"time"

	"detent/apikey"
	"detent/rotation"
)

// phase is what the screen is doing: one of the types below. next is the one way from a phase to another.
type phase interface{ isPhase() }

type (
	// opening: the rotation is begun, or its journal is opened.
	opening struct {
		since time.Time
		exit  exit
	}
	// ready: the next step is shown, and waits for enter.
	ready struct{ last rotation.Result }
	// working: a call is under way. It is never cancelled: what was asked of the service cannot be taken back by looking away.
	working struct {
		verb  verb
		undo  bool
		since time.Time
		exit  exit     // what to do once it has ended
		over  *waiting // the wait that this is one more look of
		redo  *asking  // the question whose answer this is
		why   string   // why an answer was not taken, until it is asked again
	}
	// waiting: nothing to do before a time has passed.
	waiting struct {
		last        rotation.Result
		since, ends time.Time
	}
	// asking: a person has to say something.
	asking struct {
		q      rotation.Question
		undo   bool  // what goes on with the answer is an undo
		begun  bool  // and that had begun when it was asked
		back   phase // of a question of the screen's own: where one is that stays
		last   rotation.Result
		ticked []bool // of the statements
		at     int    // the statement under the cursor
		typing string // the choice that is written for; empty while none is
		wants  rotation.Wants
		why    string // what is wrong with the answer
	}
	// failed: a call did not do what it should.
	failed struct {
		err   error
		undo  bool
		fatal bool // there is no rotation to go on with
		last  rotation.Result
	}
	// finished: the rotation is over.
	finished struct{ last rotation.Result }
	// left: the screen is.
	left struct{}
)

func (opening) isPhase()  {}
func (ready) isPhase()    {}
func (working) isPhase()  {}
func (waiting) isPhase()  {}
func (asking) isPhase()   {}
func (failed) isPhase()   {}
func (finished) isPhase() {}
func (left) isPhase()     {}

// exit is what a person wants as soon as a call has ended.
type exit int

const (
	stays exit = iota
	leaves
	quits
)

// verb is what is asked of a rotation.
type verb int

const (
	toDo verb = iota
	toUndo
	toAnswer
	toReenable
	toAttest
	toTurn
	toEnd
)

// The events. Keys come as what they mean.
type (
	opened   struct{ err error }
	callDone struct {
		result rotation.Result
		err    error
	}
	timerFired struct{}
	returned   struct{} // it is on the screen again
	pressed    struct{ press press }
	chose      struct{ id string }
	wrote      struct { // what was typed for a choice
		reason string
		secret apikey.Secret
		wrong  string
	}
	edited struct{ wrong string }
)

type event interface{ isEvent() }

func (opened) isEvent()     {}
func (callDone) isEvent()   {}
func (timerFired) isEvent() {}
func (returned) isEvent()   {}
func (pressed) isEvent()    {}
func (chose) isEvent()      {}
func (wrote) isEvent()      {}
func (edited) isEvent()     {}

// press is a key by its meaning.
type press int

const (
	pressEnter press = iota
	pressUndo
	pressLeave
	pressQuit
	pressAttest
	pressReenable
	pressClose
	pressTurn
	pressTick
	pressTickAll
	pressUp
	pressDown
)

// The effects, which the screen carries out.
type (
	call struct {
		verb   verb
		answer rotation.Answer
		reason string
	}
	wake  struct{ after time.Duration }
	tell  struct{ reload bool } // the root: rotations have changed
	plan  struct{}              // read what the rotation will do from here
	exits struct{ quit bool }
	keep  struct{} // leave, and go on
	news  struct {
		text string
		good bool
	}
	write struct{ wants rotation.Wants } // open the input; WantsNothing closes it
)

type effect interface{ isEffect() }

func (call) isEffect()  {}
func (wake) isEffect()  {}
func (tell) isEffect()  {}
func (plan) isEffect()  {}
func (exits) isEffect() {}
func (keep) isEffect()  {}
func (news) isEffect()  {}
func (write) isEffect() {}

// input is what next looks at beside phase and event.
type input struct {
	now  time.Time
	view rotation.View
	away bool // kept behind the list
}

// next is what comes of an event. It does nothing itself.
func next(p phase, in input, e event) (phase, []effect) {
	switch e := e.(type) {
	case opened:
		return afterOpening(p, in, e)
	case callDone:
		return afterCall(p, in, e)
	case timerFired:
		return afterTime(p, in)
	case returned:
		if w, ok := p.(waiting); ok {
			return w, []effect{wake{time.Second}}
		}
		return p, nil
	}
	switch p := p.(type) {
	case opening:
		p.exit = exitBy(e, p.exit)
		return p, nil
	case working:
		p.exit = exitBy(e, p.exit)
		return p, nil
	case asking:
		return whileAsking(p, in, e)
	}
	if e, ok := e.(pressed); ok {
		return whileShowing(p, in, e.press)
	}
	return p, nil
}

func exitBy(e event, now exit) exit {
	switch e {
	case pressed{pressLeave}:
		return max(now, leaves)
	case pressed{pressQuit}:
		return quits
	}
	return now
}

func afterOpening(p phase, in input, e opened) (phase, []effect) {
	o, _ := p.(opening)
	switch {
	case e.err != nil:
		return failed{err: e.err, fatal: true}, nil
	case o.exit != stays:
		return left{}, []effect{exits{o.exit == quits}}
	case in.view.State != rotation.Open:
		return finished{}, []effect{tell{}}
	case (in.view.Step == rotation.Preflight || in.view.Next.Waits) && !in.view.Undoing: // neither changes anything
		return start(in, working{verb: toDo}, call{}, tell{})
	}
	return ready{}, []effect{tell{}, plan{}}
}

// start begins a call.
func start(in input, w working, c call, more ...effect) (phase, []effect) {
	w.since = in.now
	c.verb = w.verb
	return w, append([]effect{c, wake{time.Second}}, more...)
}

// step begins the next step, or the next part of an undo.
func step(in input, undo bool, more ...effect) (phase, []effect) {
	if undo {
		return start(in, working{verb: toUndo, undo: true}, call{}, more...)
	}
	return start(in, working{verb: toDo}, call{}, more...)
}

func afterCall(p phase, in input, e callDone) (phase, []effect) {
	w, ok := p.(working)
	if !ok {
		return p, nil
	}
	touched := tell{reload: w.undo || e.result.Did == rotation.Create || e.result.Did == rotation.Retire || e.result.Did == rotation.Disable || e.result.Did == rotation.Delete}
	to, effects := came(w, in, e)
	effects = append(effects, touched)
	_, works := to.(working)
	_, waits := to.(waiting)
	if in.away && !works && !waits {
		said := news{e.result.Message, e.err == nil}
		if e.err != nil {
			said.text = e.err.Error()
		}
		effects = append(effects, said)
	}
	_, failure := to.(failed)
	switch {
	case w.exit == stays, works, failure: // a failure is seen before one leaves
	case in.view.SecretInHand:
		return leave(to, in, false, effects...)
	default:
		return leave(to, in, w.exit == quits, effects...)
	}
	return to, effects
}

// came is what came of a call.
func came(w working, in input, e callDone) (phase, []effect) {
	switch {
	case e.err != nil && w.redo != nil: // asked again, and why
		again, effects := step(in, w.redo.undo)
		next := again.(working)
		next.why, next.exit = e.err.Error(), w.exit
		return next, effects
	case e.err != nil:
		return failed{err: e.err, undo: w.undo, last: e.result}, nil
	case in.view.State != rotation.Open:
		return finished{e.result}, nil
	}
	switch e.result.Status {
	case rotation.Finished:
		return finished{e.result}, nil
	case rotation.Waiting:
		wait := waiting{last: e.result, since: in.now, ends: in.now.Add(e.result.Left)}
		return wait, []effect{wake{min(time.Second, max(e.result.Wait, 0))}}
	case rotation.Stopped:
		if e.result.Question == nil {
			return ready{e.result}, []effect{plan{}}
		}
		return ask(*e.result.Question, asking{undo: w.undo || in.view.Undoing, begun: in.view.Undoing, last: e.result, why: w.why})
	}
	switch {
	case w.exit != stays: // between two steps
	case w.redo != nil && w.redo.begun && !in.view.Undoing: // the undo was given up
	case w.redo != nil:
		return step(in, w.redo.undo)
	case w.verb == toAttest:
		return step(in, false)
	case in.view.Undoing:
		return step(in, true)
	case in.view.Next.Waits: // a wait changes nothing: it begins by itself
		return step(in, false)
	}
	return ready{e.result}, []effect{plan{}}
}

// afterTime is a tick: of a wait it shows how long it still takes, and looks again when that is due.
func afterTime(p phase, in input) (phase, []effect) {
	switch p := p.(type) {
	case opening, working:
		return p, []effect{wake{time.Second}}
	case waiting:
		past := in.now.Sub(p.since)
		switch {
		case past >= p.last.Wait:
			return lookAgain(p, in)
		case in.away: // nothing counts down on the screen
			return p, []effect{wake{max(p.last.Wait-past, time.Second)}}
		}
		return p, []effect{wake{time.Second}}
	}
	return p, nil
}

func lookAgain(p waiting, in input) (phase, []effect) {
	return start(in, working{verb: toDo, over: &p}, call{})
}

// whileShowing is a key where a step, a wait, a failure or the end is shown.
func whileShowing(p phase, in input, key press) (phase, []effect) {
	f, failure := p.(failed)
	w, waits := p.(waiting)
	_, over := p.(finished)
	if over || failure && f.fatal {
		switch key {
		case pressEnter, pressLeave, pressQuit:
			return left{}, []effect{exits{key == pressQuit}}
		}
		return p, nil
	}
	v := in.view
	switch {
	case key == pressEnter && waits:
		return lookAgain(w, in)
	case key == pressEnter:
		return step(in, goesBack(p, v))
	case key == pressUndo && v.Next.Undo != "":
		return own(p, undoQuestion(v)), nil
	case key == pressClose:
		return own(p, closeQuestion(v)), nil
	case key == pressTurn && v.Undoing:
		return start(in, working{verb: toTurn}, call{})
	case key == pressAttest && waits && canAttest(v):
		return own(p, waitQuestion(v)), nil
	case key == pressReenable && canReenable(v):
		return start(in, working{verb: toReenable}, call{})
	case key == pressLeave && failure && f.undo && !v.Undoing: // the undo changed nothing
		return ready{}, []effect{plan{}}
	case key == pressLeave, key == pressQuit:
		return leave(p, in, key == pressQuit)
	}
	return p, nil
}

// goesBack says that enter goes on with an undo, or tries one again that failed before it had begun.
func goesBack(p phase, v rotation.View) bool {
	f, failure := p.(failed)
	return v.Undoing || failure && f.undo
}

func canAttest(v rotation.View) bool   { return v.Next.Waits && !v.Undoing }
func canReenable(v rotation.View) bool { return v.OldOff && v.Next.Waits && !v.Undoing }

// leave leaves, or asks first where that would lose the new secret.
func leave(p phase, in input, quit bool, effects ...effect) (phase, []effect) {
	if in.view.SecretInHand { // deliver it, or delete the new key, but do not lose it
		return own(p, leaveQuestion()), effects
	}
	if _, waits := p.(waiting); waits && !quit {
		return p, append(effects, keep{})
	}
	return left{}, append(effects, exits{quit})
}

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

// own is a question of the screen's own, over a phase that it may go back to.
func own(back phase, q rotation.Question) phase {
	if a, ok := back.(asking); ok && a.back != nil {
		back = a.back
	}
	return asking{q: q, back: back, ticked: make([]bool, len(q.Lines))}
}

// backTo is a phase that is shown again; a wait counts down again.
func backTo(p phase) (phase, []effect) {
	if _, waits := p.(waiting); waits {
		return p, []effect{wake{time.Second}}
	}
	return p, nil
}

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

// goesBack says that enter goes on with an undo, or tries one again that failed before it had begun.
func goesBack(p phase, v rotation.View) bool {
	f, failure := p.(failed)
	return v.Undoing || failure && f.undo
}

func canAttest(v rotation.View) bool   { return v.Next.Waits && !v.Undoing }
func canReenable(v rotation.View) bool { return v.OldOff && v.Next.Waits && !v.Undoing }

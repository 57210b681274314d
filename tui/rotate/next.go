package rotate

import (
	"time"

	"detent/rotation"
)

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
		return backTo(p)
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

// ask asks. What the safe answer wants can be written at once.
func ask(q rotation.Question, a asking) (phase, []effect) {
	a.q, a.ticked = q, make([]bool, len(q.Lines))
	if c, ok := q.Choice(q.Default); ok && c.Wants != rotation.WantsNothing {
		a.typing, a.wants = c.ID, c.Wants
		return a, []effect{write{c.Wants}}
	}
	return a, nil
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

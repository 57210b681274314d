package rotate

import (
	"strings"

	"detent/rotation"
)

func whileAsking(a asking, in input, e event) (phase, []effect) {
	switch e := e.(type) {
	case edited:
		a.why = e.wrong
		return a, nil
	case wrote:
		return a.written(in, e)
	case chose:
		return a.pick(in, e.id)
	case pressed:
		if a.typing != "" {
			if e.press == pressLeave || e.press == pressQuit {
				a.typing, a.wants, a.why = "", rotation.WantsNothing, ""
				return a, []effect{write{}}
			}
			return a, nil
		}
		return a.key(in, e.press)
	}
	return a, nil
}

func (a asking) key(in input, key press) (phase, []effect) {
	n := len(a.ticked)
	switch key {
	case pressEnter:
		if a.q.Each {
			return a.pick(in, rotation.Yes)
		}
		return a.pick(in, a.q.Default)
	case pressTick, pressTickAll:
		if !a.q.Each || n == 0 {
			return a, nil
		}
		a.ticked, a.why = append([]bool(nil), a.ticked...), ""
		if key == pressTickAll {
			to := a.left() > 0
			for i := range a.ticked {
				a.ticked[i] = to
			}
			return a, nil
		}
		a.ticked[a.at] = !a.ticked[a.at]
		if a.ticked[a.at] && a.at+1 < n {
			a.at++
		}
	case pressUp:
		a.at = max(a.at-1, 0)
	case pressDown:
		a.at = max(min(a.at+1, n-1), 0)
	case pressUndo:
		if !a.undo && a.back == nil && in.view.Next.Undo != "" {
			return own(a, undoQuestion(in.view)), nil
		}
	case pressClose:
		if a.back == nil {
			return own(a, closeQuestion(in.view)), nil
		}
	case pressLeave:
		return a.pick(in, rotation.No)
	case pressQuit:
		if a.back == nil {
			return leave(a, in, true)
		}
		return a.pick(in, rotation.No)
	}
	return a, nil
}

// left is how many statements are not ticked.
func (a asking) left() int { return count(a.ticked, func(on bool) bool { return !on }) }

// pick makes a choice, or lets what it wants be written first.
func (a asking) pick(in input, id string) (phase, []effect) {
	c, known := a.q.Choice(id)
	switch {
	case id == rotation.No && a.back != nil:
		return backTo(a.back)
	case id == rotation.No:
		return leave(a, in, false)
	case !known:
		return a, nil
	case c.ID == rotation.Yes && a.q.Each && a.left() > 0:
		a.why = "tick every line that is so: space, or * for all of them"
		return a, nil
	case c.Wants != rotation.WantsNothing:
		a.typing, a.wants, a.why = c.ID, c.Wants, ""
		return a, []effect{write{c.Wants}}
	}
	return a.answer(in, rotation.Answer{Choice: id})
}

func (a asking) written(in input, e wrote) (phase, []effect) {
	switch {
	case a.typing == "":
		return a, nil
	case e.wrong != "":
		a.why = e.wrong
		return a, nil
	case a.wants == rotation.WantsReason && strings.TrimSpace(e.reason) == "":
		a.why = "say why: the reason is recorded"
		return a, nil
	}
	return a.answer(in, rotation.Answer{Choice: a.typing, Reason: strings.TrimSpace(e.reason), Secret: e.secret})
}

// answer hands an answer on: to the rotation, or, of a question of the screen's own, as what it stands for.
func (a asking) answer(in input, said rotation.Answer) (phase, []effect) {
	shut := []effect{}
	if a.typing != "" {
		shut = append(shut, write{})
	}
	switch a.q.Kind {
	case askUndo:
		return step(in, true, shut...)
	case askLeave:
		return step(in, said.Choice != deliverIt, shut...)
	case askClose:
		return start(in, working{verb: toEnd}, call{reason: said.Reason}, shut...)
	case askWait:
		return start(in, working{verb: toAttest}, call{reason: strings.Join(a.q.Lines, "; ")}, shut...)
	}
	said.Kind, said.Subject = a.q.Kind, a.q.Subject
	a.typing, a.wants, a.why = "", rotation.WantsNothing, ""
	return start(in, working{verb: toAnswer, undo: a.undo, redo: &a}, call{answer: said}, shut...)
}

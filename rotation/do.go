package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Do does the next step, or the next look of a step that waits, and says what
// came of it. A rotation whose undo has begun goes on with the undo. An error leaves the
// rotation where the journal says; Do again tries again, Undo goes back.
func (r *Rotation) Do(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		switch {
		case r.j.State != Open:
			return r.isOver(), nil
		case r.j.Undoing:
			return r.undo(r.within(ctx))
		}
		if again := r.takeVouchesBack(); again != "" {
			return r.move(Deliver, again+" had the old value by your word: the new one is delivered there again next")
		}
		return r.step(r.within(ctx))
	})
}

// takeVouchesBack takes back a person's word that a place has its old value, where the undo that it was given for has not begun and the
// rotation goes on: the new secret goes there again. It names those places where that is a step back.
func (r *Rotation) takeVouchesBack() string {
	var again []*destinationRecord
	for i := range r.j.Destinations {
		if rec := &r.j.Destinations[i]; rec.Undid != "" && rule("undone: delivered to again where the rotation goes on") {
			rec.Undid = ""
			if rec.Begun && rec.Without == "" {
				rec.Put, rec.Then = false, false
				again = append(again, rec)
			}
		}
	}
	if len(again) == 0 || r.j.New == nil || r.j.Step == Create || r.j.Step == Deliver {
		return ""
	}
	return placesText(again)
}

func (r *Rotation) step(ctx context.Context) (Result, error) {
	stage, known := r.strategy.stage(r.j.Step)
	if !known {
		return Result{}, &RefusedError{Reason: fmt.Sprintf("%.40q is no stage of the strategy %s", r.j.Step, r.strategy.ID),
			Next: fmt.Sprintf("end it as it stands with `detent rotate --close %s --reason R`", r.j.ID)}
	}
	return stage.Run(ctx, r)
}

// Undo goes back: the old value is put where it was, the commands after it run again, and only
// then is the new key deleted. Refused with ErrOldGone once a deletion of the old key was sent. In preflight it just ends.
func (r *Rotation) Undo(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		if r.j.State != Open {
			return r.isOver(), nil
		}
		return r.undo(r.within(ctx))
	})
}

// Reenable turns a disabled old key on again, and goes back to the drain.
func (r *Rotation) Reenable(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) { return r.reenable(r.within(ctx)) })
}

// SecretInHand reports whether leaving now loses the new secret.
func (r *Rotation) SecretInHand() bool { return r.View().SecretInHand }

// Answer takes a person's answer to the question that the last Do or Undo stopped with. Do, or Undo, then goes
// on with it. A choice to leave it changes nothing. An answer that is refused leaves the question as it stands.
func (r *Rotation) Answer(ctx context.Context, a Answer) (Result, error) {
	return r.act(func() (Result, error) {
		q := r.asked
		res, err := r.take(r.within(ctx), q, a)
		var refused *RefusedError
		if errors.As(err, &refused) {
			res.Question = q
		}
		return res, err
	})
}

func (r *Rotation) take(ctx context.Context, q *Question, a Answer) (Result, error) {
	if q == nil || q.Kind != a.Kind || q.Subject != a.Subject {
		return Result{}, &RefusedError{Reason: "that is not what was asked"}
	}
	c, known := q.Choice(a.Choice)
	switch {
	case !known:
		return Result{}, &RefusedError{Reason: fmt.Sprintf("%.40q is no answer to this", a.Choice)}
	case c.Wants == WantsReason && strings.TrimSpace(a.Reason) == "":
		return Result{}, &RefusedError{Reason: "say why: the reason is recorded"}
	case c.ID == No:
		return Result{Status: Stopped, Message: "left as it is"}, nil
	}
	take := answerFor(a.Kind)
	if take == nil {
		return Result{Status: Moved}, nil // nothing to record: the next Do looks again
	}
	return take(ctx, r, *q, a)
}

type answerFunc func(ctx context.Context, r *Rotation, q Question, a Answer) (Result, error)

// answerFor says what an answer of that kind does. After kinds that are not here Do only looks again.
func answerFor(kind QuestionKind) answerFunc {
	return map[QuestionKind]answerFunc{
		AskPaste: func(ctx context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
			return r.paste(ctx, a.Secret)
		},
		AskWhose: func(ctx context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
			return r.vouchForPaste(ctx, a.Reason)
		},
		AskAttest:    answerAttest,
		AskAccept:    answerAccept,
		AskMixed:     consent(func(j *journal) { j.AllowMixed = true }),
		AskTracked:   consent(func(j *journal) { j.AllowTracked = true }),
		AskOwner:     consent(func(j *journal) { j.AllowOwner = true }),
		AskReplace:   answerReplace,
		AskRevive:    consent(func(j *journal) { j.Revive = true }),
		AskLacks:     answerLacks,
		AskOutage:    answerOutage,
		AskUnknown:   answerUnknown,
		AskUnproven:  answerUnproven,
		AskUnread:    answerUnread,
		AskAgain:     answerAgain,
		AskUndone:    answerUndone,
		AskCarries:   answerCarries,
		AskLives:     answerLives,
		AskTurn:      func(_ context.Context, r *Rotation, _ Question, _ Answer) (Result, error) { return r.turnAround() },
		AskBothGone:  answerBothGone,
		AskDashboard: answerDashboard,
	}[kind]
}

func consent(set func(*journal)) answerFunc {
	return func(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
		set(r.j)
		r.recordStatement(cmp.Or(q.Subject, SubjectNew), "%s: yes%s", q.Kind, because(a.Reason))
		var err error
		if r.saved {
			err = r.save("consent")
		}
		return Result{Status: Moved, Message: "noted"}, err
	}
}

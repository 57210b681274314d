package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detent/apikey"
	"detent/client"
)

// DefaultOverlap is how long a former secret lives on where nothing is said.
const DefaultOverlap = 24 * time.Hour

// namedFor is how long a service is relied upon to know a call by its name. The wire promises a day.
const namedFor = 23 * time.Hour

// rolls puts that view between a rotation and its service.
func (r *Rotation) rolls() error {
	roller, ok := client.As[client.Roller](r.svc)
	if !ok {
		return &RefusedError{Reason: "the service gives no key a new secret"}
	}
	var s client.Service = &rolling{Service: r.svc, roller: roller, r: r}
	if r.caps.Roll.NewID {
		s = &renewing{Service: r.svc, roller: roller, r: r}
	}
	r.svc, r.caps = s, s.Capabilities()
	return nil
}

// roll gives the key a new secret. A lost answer is asked for again under the same name, so that it is done once; where the answer comes
// without the secret, which nobody has then, that roll is taken back before another one is made.
func (r *Rotation) roll(ctx context.Context) (Result, error) {
	for range maxMints {
		if r.j.New != nil {
			have, err := r.needSecret(ctx)
			if err != nil {
				return Result{}, err
			}
			if have {
				return r.created(ctx, r.j.hasNewSecret())
			}
			if err := r.forgoRoll(ctx); err != nil {
				return Result{}, err
			}
		}
		if res, err := r.mayRoll(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
		if r.j.atOnce() && !r.j.pending(opCreate) && !r.j.Roll.NoWayBack && rule("roll: every place is ready first") {
			if err := r.ready(ctx); err != nil {
				return Result{}, err
			}
		}
		if err := r.rollOnce(ctx); err != nil {
			s := r.svc.(*rolling)
			s.gone = client.IsKind(err, client.NotFound) && certainlyRefused(err)
			switch {
			case client.MayHaveHappened(err):
				continue
			case s.gone:
				return r.bothGone(), nil
			}
			return Result{}, err
		}
		if r.j.New != nil && !r.secret.IsZero() {
			return r.created(ctx, r.j.hasNewSecret())
		}
	}
	return Result{}, fmt.Errorf("%d times the key was to be rolled, and no answer brought its secret", maxMints)
}

// rollOnce makes the call, under the name that it has.
func (r *Rotation) rollOnce(ctx context.Context) error {
	if r.j.Roll.Once == "" || !rule("roll: asked for again under its name") {
		once, err := newNonce(r.w.Random)
		if err != nil {
			return err
		}
		before := r.j.Roll.Asked
		r.j.Roll.Once, r.j.Roll.Asked = once, r.w.Wall().UTC()
		if r.j.unnamed() { // its secret is called by when it was asked for
			at := r.j.Roll.Asked.Truncate(time.Millisecond)
			if !at.After(before) {
				at = before.Add(time.Millisecond)
			}
			r.j.Roll.Once, r.j.Roll.Asked = at.Format(time.RFC3339Nano), at
		}
		// The former secret is the one that the key has now, whatever became of others before.
		r.j.OldGone, r.j.ToldGone, r.j.Unanswered, r.j.Roll.ByItself, r.j.DeletedAt, r.j.Dead = false, false, false, false, time.Time{}, deadState{}
		r.j.settled(opDelete)
	}
	if r.j.atOnce() && !r.j.pending(opDelete) {
		r.j.begun(opDelete) // the former secret dies with it
	}
	again := r.j.pending(opCreate)
	err := r.mint(ctx)
	switch {
	case again && errors.Is(err, errNotRolled) && rule("roll: a name under which nothing comes is given up"):
		// The service knows the call by its name, and what came of it is not there any more: under that name nothing comes any more.
		r.j.settled(opCreate)
		r.j.Roll.Once = ""
		r.j.Unfound++
		if err := r.save("the roll is not there"); err != nil {
			return err
		}
		return err
	case err == nil && r.j.atOnce() && r.j.New != nil:
		r.isDeleted()
		r.j.settled(opDelete)
		return r.save("rolled")
	case certainlyRefused(err) && !r.j.pending(opCreate):
		if !r.j.Roll.Lost { // else one before it was sent, and not refused
			r.j.settled(opDelete)
		}
		r.j.Roll.Once = ""
		return errors.Join(err, r.save("the roll was refused"))
	}
	return err
}

// mayRoll looks at the key before it is rolled: it has the secret that it had when the rotation began, or the call was sent already, and is asked
// for again.
func (r *Rotation) mayRoll(ctx context.Context) (*Result, error) {
	if r.j.unnamed() {
		return r.mayRollUnnamed(ctx)
	}
	again := r.j.pending(opCreate)
	bound := r.lostLag()
	switch {
	case again && r.j.atOnce(): // the application waits for it, and the name keeps it from being done twice
		bound = 0
	case again:
		if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
			return nil, err
		}
	}
	s, _, err := r.lookFor(ctx, bound, hasOld)
	if err != nil {
		return nil, err
	}
	row := r.svc.(*rolling).row
	if r.keyOver() {
		res := r.bothGone()
		return &res, nil
	}
	untouched := row.RolledAt.Equal(r.j.Roll.Before.Moment) || r.j.Roll.behind(*row)
	switch {
	case untouched, !rule("roll: not over another's"):
		r.j.MintAnyway = false
		return nil, nil
	case r.j.MintAnyway && !again:
		if rec := r.j.Roll; !rec.NoWayBack && !rec.Others {
			rec.First, rec.Others = rec.Before, true
		}
		r.j.Roll.Before, r.j.MintAnyway = moment{row.RolledAt}, false
		return nil, nil
	case again && r.w.Wall().Sub(r.j.Roll.Asked) < namedFor && (s.old != nil || r.j.atOnce()):
		return nil, nil
	case s.old != nil:
		return nil, errors.New("somebody else has rolled this key, and its former secret lives until the overlap of that is over: see who uses the new one")
	}
	res := r.bothGone()
	res.Question.Text = "whether the secret that the places had still works is not known: the key was rolled since, or is not listed any more"
	res.Message = res.Question.Text
	return &res, nil
}

// keyOver reports whether the list shows that no new secret of the key helps: it is not there, or it has expired with all its secrets.
func (r *Rotation) keyOver() bool {
	s, rolls := r.svc.(*rolling)
	switch {
	case !rolls:
		return false
	case s.row == nil:
		return s.gone || s.listed
	}
	return s.gone || s.row.ExpiresAt.Before(r.serviceNow().Add(time.Minute))
}

// forgoRoll gives up a roll whose secret nobody has: while its overlap runs the key is given back to its former secret, which the places
// have; where none runs there is nothing to go back to, and the key is rolled once more.
func (r *Rotation) forgoRoll(ctx context.Context) error {
	if !r.j.atOnce() && rule("roll: a lost secret's is taken back first") {
		err := r.discardNew(ctx)
		if !errors.Is(err, errNoOverlap) {
			return err
		}
	}
	if !r.j.Roll.NoWayBack {
		r.j.Roll.First = r.j.Roll.Before
	}
	r.j.Roll.Before, r.j.Roll.NoWayBack = r.j.Roll.At, true
	r.forgetRolled()
	r.deliverAnew()
	r.j.Step = Create
	r.log("the secret of the roll was lost, and no former one lives: the key is rolled once more")
	return r.save("rolled once more next")
}

// forgetRolled forgets the new secret of a roll that is taken back, but what it is recognised by: where it was put, it may come back.
func (r *Rotation) forgetRolled() {
	if r.j.Roll != nil && r.j.Print != "" && rule("roll: one that was taken back is known by its secret") {
		r.j.OldPrints = append(r.j.OldPrints, r.j.Print)
	}
	r.j.New, r.j.Print, r.j.Proved, r.secret = nil, "", 0, apikey.Secret{}
	if r.j.Roll != nil {
		if r.j.Roll.At.Known() {
			r.j.Roll.TakenBack = append(r.j.Roll.TakenBack, r.j.Roll.At)
		}
		r.j.Roll.At, r.j.Roll.Ends, r.j.Roll.Once = moment{}, moment{}, ""
	}
}

// lostRoll deals with a new secret that is gone before it was everywhere. Where it may be in use somewhere and an overlap runs, no second
// roll is made: the key goes back to its former secret, by an undo.
func (r *Rotation) lostRoll(ctx context.Context) (Result, error) {
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	if r.keyOver() {
		return r.bothGone(), nil
	}
	if s.old != nil && !r.j.atOnce() && !r.nowhere(ctx) && rule("roll: not a second time while the overlap runs") {
		back := r.j.undoWords()
		next := "undo: " + back
		if back == "" {
			next = "find the new secret where it was put; or go on once the overlap is over, at " + r.j.Roll.endsAt() + ": then the key is rolled once more"
		}
		return Result{}, &StepError{Step: r.j.Step, Err: errors.New("the new secret was lost while it was delivered, and while the overlap runs the key is not rolled a second time"),
			Certain: r.j.certain(), Next: next, Undo: back}
	}
	if err := r.forgoRoll(ctx); err != nil {
		return Result{}, err
	}
	return r.move(Create, "the new secret was lost before it was everywhere: the key is rolled once more next")
}

// rollAgain rolls the key once more, by a person's word. A roll whose overlap runs is taken back first, and only where its secret is nowhere.
func (r *Rotation) rollAgain(ctx context.Context, reason string) (Result, error) {
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	row := r.svc.(*rolling).row
	switch {
	case row == nil:
		return Result{}, &RefusedError{Reason: "the list does not show the key: it is not rolled again before it does"}
	case s.old != nil && s.new != nil && !r.nowhere(ctx):
		return Result{}, &RefusedError{Reason: "an overlap runs, and the new secret may be in use: the key is not rolled a second time", Next: "undo, which gives it back to its former secret, or wait until the overlap is over"}
	}
	r.recordStatement(SubjectNew, "the key is to be rolled once more (%s)", reason)
	if s.new != nil {
		if err := r.forgoRoll(ctx); err != nil {
			return Result{}, err
		}
	}
	r.forgetRolled()
	if r.j.pending(opCreate) { // what became of that call is not known, and is not learned any more
		r.j.settled(opCreate)
		r.j.Unfound++
	}
	r.deliverAnew()
	r.j.MintAnyway = true
	return r.move(Create, "the key is rolled once more next, by your word")
}

// settleRoll learns, before an undo, what became of a roll whose answer was lost: asked for again under its name it is done by then, and
// what arrives later does nothing.
func (r *Rotation) settleRoll(ctx context.Context) error {
	if !r.j.inPlace() || !r.j.pending(opCreate) || r.j.New != nil || !rule("roll: its outcome is learned before an undo") {
		return nil
	}
	if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
		return err
	}
	err := r.rollOnce(ctx)
	if certainlyRefused(err) && (client.IsKind(err, client.NotFound) || client.IsKind(err, client.Conflict) || !rule("roll: that we may not ask is no answer")) {
		// Somebody else's, or the key is gone: nothing of ours came of it. That we may not ask any more says nothing of what was asked.
		r.j.settled(opCreate)
		return r.save("the roll was refused")
	}
	if !client.MayHaveHappened(err) || !r.j.pending(opCreate) {
		return ignore(err, errNotRolled)
	}
	there, lookErr := r.lookUntil(ctx, r.lag(), func() (bool, error) {
		_, err := r.look(ctx)
		return err == nil && !r.keyOver(), err
	})
	if there || lookErr != nil {
		return errors.Join(err, lookErr)
	}
	r.j.settled(opCreate) // of a key that is not there, or over, no answer tells any more
	r.j.Unfound++
	return r.save("the key is over, and what became of its roll is not known")
}

// ignore is err, or nothing where it is that one.
func ignore(err, that error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}

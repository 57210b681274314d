package rotation

import (
	"context"
	"errors"
	"time"

	"detent/apikey"
	"detent/client"
)

// DefaultOverlap is how long a former secret lives on where nothing is said.
const DefaultOverlap = 24 * time.Hour

// namedFor is how long a service is relied upon to know a call by its name. The wire promises a day.
const namedFor = 23 * time.Hour

// roll gives the key a new secret. A lost answer is asked for again under the same name, so that it is done once; where the answer comes
// without the secret, which nobody has then, that roll is taken back before another one is made.
func (r *Rotation) roll(ctx context.Context) (Result, error) {
	return r.makeBy(ctx, making{forgo: unasked(r.forgoRoll), may: r.mayRollNow, call: r.rollCall, none: r.bothGone,
		said:  func(string) string { return r.j.hasNewSecret() },
		never: "the key was to be rolled, and no answer brought its secret"})
}

// mayRollNow looks at the key, and then at the places where the former secret dies with the call.
func (r *Rotation) mayRollNow(ctx context.Context) (*Result, error) {
	res, err := r.mayRoll(ctx)
	if err == nil && res == nil && r.j.atOnce() && !r.j.pending(opCreate) && !r.j.Roll.NoWayBack && rule("roll: every place is ready first") {
		err = r.ready(ctx)
	}
	return res, err
}

// rollCall makes the call, and notes that the service has no such key.
func (r *Rotation) rollCall(ctx context.Context) error {
	err := r.rollOnce(ctx)
	if err != nil {
		r.svc.(*rolling).gone = client.IsKind(err, client.NotFound) && certainlyRefused(err)
	}
	return err
}

// rollOnce makes the call, under the name that it has.
func (r *Rotation) rollOnce(ctx context.Context) error {
	if r.j.Roll.Once == "" || !rule("roll: asked for again under its name") {
		once, err := apikey.NewNonce(r.w.Random)
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
		return r.bothGone(), nil
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
	return r.bothGone().asking("whether the secret that the places had still works is not known: the key was rolled since, or is not listed any more"), nil
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

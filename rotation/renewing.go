package rotation

import (
	"context"
	"errors"
	"slices"

	"detent/apikey"
)

// renew rolls the key where that makes another. A lost answer is looked for in the list, as that of a create is; a new key whose secret nobody
// has is deleted and the old one rolled again, or rolled itself where the old one ended with the call.
func (r *Rotation) renew(ctx context.Context) (Result, error) {
	return r.makeBy(ctx, making{lost: r.findRenewed, forgo: r.forgoRenewed, may: r.mayRenew, call: r.renewOnce, none: r.noneToRoll, said: r.newKeySaid,
		never: "the key was to be rolled, and no answer brought a secret"})
}

// findRenewed notes that an answer was lost: what a roll has made is not told by a mark.
func (r *Rotation) findRenewed(ctx context.Context) (*Result, error) {
	r.j.Roll.Lost = true
	return r.findLost(ctx)
}

// forgoRenewed gives a new key up whose secret nobody has. While the old one works it is rolled again; where a list shows that it is over, or a call has
// ended it, the new one is rolled in its turn. A list that lacks it says neither.
func (r *Rotation) forgoRenewed(ctx context.Context) (*Result, error) {
	if !r.j.atOnce() && !r.ended() {
		s, there, err := r.lookFor(ctx, r.lostLag(), func(s *listing) bool { return s.target != nil })
		switch {
		case err != nil:
			return nil, err
		case !there && rule("roll: a list that lacks the old key does not end it"):
			return r.bothGone().asking("the list does not show the old key, and nobody has the new one's secret: somebody may have deleted the old one on purpose"), nil
		case there && !r.overByRoll(*s.target):
			return nil, r.discardNew(ctx)
		}
	}
	r.log("the secret of %s was lost, and the old key is over: that one is rolled next", keyWords(*r.j.New))
	r.rollNext(r.j.New.ID)
	r.forgetRolled()
	r.j.Step = Create
	r.deliverAnew()
	return nil, r.save("rolled once more next")
}

// ended reports whether the old key is deleted, or may be: it is not rolled again, whatever a list shows.
func (r *Rotation) ended() bool {
	return !r.j.atOnce() && r.rollTarget() == r.j.Old.ID && r.j.deleteSent()
}

// rollNext has a key rolled that a roll has made, since the old one is over. Where it does not end with that, it goes with the old one.
func (r *Rotation) rollNext(id string) {
	r.j.Roll.Target, r.j.Roll.NoWayBack = id, true
	r.j.Seen = append(r.j.Seen, id)
	if !r.j.atOnce() && rule("roll: what was rolled goes with the old key") {
		r.j.Superseded = append(r.j.Superseded, id)
	}
}

// mayRenew looks at the key before it is rolled: a list shows it, and on. It has its own end, not that of a roll before.
func (r *Rotation) mayRenew(ctx context.Context) (*Result, error) {
	s, _, err := r.lookFor(ctx, r.lostLag(), func(s *listing) bool { return s.target != nil })
	if err != nil {
		return nil, err
	}
	switch {
	case s.target == nil || r.overByRoll(*s.target) || r.ended():
		if hits := slices.DeleteFunc(slices.Clone(s.ours), func(k apikey.Key) bool { return r.isForgotten(k.ID) }); len(hits) == 1 && r.asDrafted(hits[0]) { // listed late
			r.rollNext(hits[0].ID)
			r.log("the list shows what the roll has made whose answer was lost, %s: that one is rolled next", hits[0].Quoted())
			return nil, r.save("the roll was done")
		}
		for _, k := range s.ours { // its secret was put somewhere and lost: it carries on while what takes its place is delivered
			if !slices.Contains(r.j.Superseded, k.ID) || r.overByRoll(k) || r.j.atOnce() {
				continue
			}
			if r.j.MintAnyway {
				r.j.Roll.Target, r.j.MintAnyway = k.ID, false
				return nil, r.save("another is rolled")
			}
			return r.bothGone(), nil
		}
		return r.noneToRoll(), nil
	}
	if err := r.giveEndBack(ctx, s); err != nil {
		return nil, err
	}
	r.j.MintAnyway = false
	if r.j.atOnce() && !r.j.Roll.NoWayBack {
		return nil, r.ready(ctx)
	}
	return nil, nil
}

// giveEndBack gives the old key the end back that it had, where a list shows it with another after a roll was sent.
func (r *Rotation) giveEndBack(ctx context.Context, s *listing) error {
	rolls, renews := r.svc.(*renewing)
	if !renews || r.j.atOnce() || s.target == nil || r.rollTarget() != r.j.Old.ID || r.j.Roll.Asked.IsZero() || !r.showsRoll(s) || r.overByRoll(*s.target) {
		return nil
	}
	return r.change("give the old key its own end back", func() error {
		_, err := rolls.keepFormer(ctx)
		return err
	}, func() { r.log("the service answered that the old key has the end again that it had") })
}

// renewOnce makes the call.
func (r *Rotation) renewOnce(ctx context.Context) error {
	r.j.Roll.Asked = r.serviceNow().UTC() // it is compared with when keys were made
	ends := r.j.atOnce() && !r.j.pending(opDelete)
	if ends {
		r.j.begun(opDelete) // the old key ends with it
	}
	err := r.mint(ctx)
	switch {
	case err == nil && r.j.atOnce() && r.j.New != nil && !r.secret.IsZero():
		r.endedByRoll()
		return r.save("rolled")
	case ends && certainlyRefused(err) && !r.j.pending(opCreate) && !r.j.Roll.Lost && !r.j.Roll.NoWayBack:
		r.j.settled(opDelete)
		return errors.Join(err, r.save("the roll was refused"))
	}
	return err
}

// endedByRoll: the old key ended with the roll that was answered, or with one before, as a list has shown.
func (r *Rotation) endedByRoll() {
	_, answered := r.j.claimed(DeleteAnswered, SubjectOld)
	if r.rollTarget() == r.j.Old.ID {
		r.isDeleted()
		answered = true
	}
	if r.j.OldGone, r.j.Roll.ByItself = true, !answered; r.j.DeletedAt.IsZero() {
		r.j.DeletedAt = r.w.Wall().UTC()
	}
	r.j.settled(opDelete)
}

// noneToRoll asks how to end where there is no key to be rolled.
func (r *Rotation) noneToRoll() *Result {
	text := "the key that is to be rolled is not listed any more, or is over: somebody may have ended it"
	if r.j.Roll.Lost {
		text += ", or the roll whose answer was lost, of which the list shows no key"
	}
	return r.askOrClose(text)
}

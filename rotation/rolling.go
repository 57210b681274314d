package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// around is what lies between a rotation and a service that rolls: what is not said of it below is the service's own.
type around struct {
	client.Service
	can client.Abilities // the service's
	r   *Rotation
}

// endOverlap and keepFormer are the service's calls for the old key. One may be gone since the roll: an issuer's file can be changed.
func (s around) endOverlap(ctx context.Context) (apikey.Deleted, error) {
	if s.can.EndOverlap == nil {
		return apikey.Deleted{}, noCall("end the overlap")
	}
	return s.can.EndOverlap(ctx, s.r.j.Old.ID)
}

func (s around) keepFormer(ctx context.Context) (apikey.Deleted, error) {
	if s.can.KeepFormer == nil {
		return apikey.Deleted{}, noCall("give the key back to its former secret")
	}
	return s.can.KeepFormer(ctx, s.r.j.Old.ID, s.r.j.Old.ExpiresAt.Moment)
}

func noCall(op string) error {
	return &client.Error{Op: op, Kind: client.Unsupported, Outcome: client.NotDone, Message: "the service has no call for it"}
}

// rolling shows a key that is rolled as the two that its secrets make of it: the old one is the key with its former secret, which ends with
// the overlap, and the new one has an id of its own here. To create is to roll, to delete the old one ends the overlap, and to delete the
// new one gives the key back to its former secret. All else of a rotation goes by two keys.
type rolling struct {
	around
	row    *apikey.Key // the key itself, as the last list showed it
	listed bool        // a list was read
	gone   bool        // the service answered a roll with "no such key"
}

// rolledID is what the key with its new secret is called here.
func rolledID(id string, at apikey.Moment) string {
	when, _ := at.Time()
	return id + rolledMark + when.Format(time.RFC3339Nano)
}

const rolledMark = " rolled "

// Abilities are the service's. It gives no secret again: which of the two it would be is not said.
func (s *rolling) Abilities() client.Abilities {
	can := s.can
	can.Retrieve, can.Identify = nil, client.Where(can.Identify != nil, s.identify)
	return can
}

// identify is the service's while the key has one secret. Whose of two a secret is, it does not say.
func (s *rolling) identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	if s.r.j.Step != Preflight {
		return nil, nil
	}
	return s.can.Identify(ctx, secret)
}

// Capabilities are the service's, as far as they are of two keys.
func (s *rolling) Capabilities() apikey.Capabilities {
	caps := s.Service.Capabilities()
	caps.Create, caps.Delete = caps.Roll.Ability, caps.Roll.Ability
	one := apikey.Cannot("the key stays, with a new secret")
	caps.Rename, caps.Disable, caps.Retrieve = one, one, one
	return caps
}

// List shows the key as two.
func (s *rolling) List(ctx context.Context, each func([]apikey.Key)) error {
	s.row = nil
	err := s.Service.List(ctx, func(batch []apikey.Key) {
		at := slices.IndexFunc(batch, func(k apikey.Key) bool { return k.ID == s.r.j.Old.ID })
		if at < 0 {
			each(batch)
			return
		}
		row := batch[at]
		s.row = &row
		each(slices.Concat(batch[:at], s.split(row), batch[at+1:]))
	})
	s.listed = err == nil
	return err
}

func (s *rolling) split(k apikey.Key) []apikey.Key {
	rec := s.r.j.Roll
	bare := k
	bare.RolledAt, bare.FormerEndsAt, bare.FormerUsedAt = apikey.Moment{}, apikey.Moment{}, apikey.Moment{}
	former, overlaps := bare, s.overlaps(k)
	former.LastUsedAt, former.Masked = k.FormerUsedAt, s.r.j.Old.Masked
	if ends, _ := k.FormerEndsAt.Time(); overlaps && !k.ExpiresAt.Before(ends) {
		former.ExpiresAt = k.FormerEndsAt
	}
	switch {
	case s.r.j.Step == Preflight:
		return []apikey.Key{k}
	case rec.Unnamed && rec.At.Known(): // which secret it has, the row does not show
		bare.ID = rolledID(k.ID, rec.At.Moment)
		return []apikey.Key{bare}
	case rec.Unnamed:
		return []apikey.Key{bare}
	case rec.At.Known() && k.RolledAt.Equal(rec.At.Moment):
		bare.ID = rolledID(k.ID, k.RolledAt)
		if overlaps {
			return []apikey.Key{former, bare}
		}
		return []apikey.Key{bare}
	case k.RolledAt.Equal(rec.Before.Moment), rec.behind(k):
		return []apikey.Key{bare}
	case overlaps && (!rec.At.Known() || slices.ContainsFunc(rec.TakenBack, func(m moment) bool { return k.RolledAt.Equal(m.Moment) })): // by a call whose answer was lost, or by somebody else
		return []apikey.Key{former}
	}
	return nil
}

// overlaps reports whether a row shows a former secret that lives. The service says so, and no clock.
func (s *rolling) overlaps(k apikey.Key) bool { return k.FormerEndsAt.Known() }

// Create rolls the key.
func (s *rolling) Create(ctx context.Context, _ apikey.Draft) (apikey.Created, error) {
	rec := s.r.j.Roll
	if s.r.j.atOnce() {
		s.r.deleteIsSent()
	}
	rolled, err := s.can.Roll(ctx, s.r.j.Old.ID, apikey.RollOrder{Overlap: rec.Overlap, Once: rec.Once})
	if err != nil {
		return apikey.Created{}, err
	}
	if rec.Unnamed {
		k := s.r.j.Old.key() // it stays, whatever of it the answer shows, but for what is its secret's
		k.Masked = rolled.Key.Masked
		rec.At = moment{apikey.At(rec.Asked)}
		k.ID = rolledID(k.ID, rec.At.Moment)
		return apikey.Created{Key: k, Secret: rolled.Secret, Bound: true}, nil
	}
	if at := rolled.Key.RolledAt; !at.Known() || at.Equal(rec.Before.Moment) {
		return apikey.Created{}, &client.Error{Op: "give the key a new secret", Kind: client.BadAnswer, Outcome: client.Unknown, Err: errNotRolled,
			Message: "the answer does not say that the key was rolled"}
	}
	rec.At, rec.Ends = moment{rolled.Key.RolledAt}, moment{rolled.Key.FormerEndsAt}
	rec.NoWayBack = rec.NoWayBack || rec.Others && rule("roll: no way back beyond another's") // what the key had when the rotation began is neither of the two
	k := rolled.Key
	k.ID = rolledID(k.ID, k.RolledAt)
	k.RolledAt, k.FormerEndsAt, k.FormerUsedAt = apikey.Moment{}, apikey.Moment{}, apikey.Moment{}
	return apikey.Created{Key: k, Secret: rolled.Secret, Bound: true}, nil
}

// Update changes nothing: what is one of two here is the whole key there.
func (s *rolling) Update(context.Context, string, apikey.Patch) (apikey.Key, error) {
	return apikey.Key{}, &client.Error{Op: "change the key", Kind: client.Unsupported, Outcome: client.NotDone, Message: "the key stays, with a new secret"}
}

// Delete makes one of the two secrets die.
func (s *rolling) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ended := id == s.r.j.Old.ID
	call := s.keepFormer
	switch {
	case ended:
		call = s.endOverlap
	case !s.r.j.Roll.At.Known() || id != rolledID(s.r.j.Old.ID, s.r.j.Roll.At.Moment):
		return apikey.Deleted{AlreadyGone: true}, nil // of an earlier roll, which was taken back
	}
	said, err := call(ctx)
	if err != nil || !said.AlreadyGone || !rule("roll: that no overlap runs is looked up") {
		return said, err
	}
	return said, s.noOverlap(ctx, ended)
}

// errOverlapRuns says that a list shows a former secret of which an earlier one showed nothing any more.
var errOverlapRuns = errors.New("the overlap runs")

// errNotRolled is an answer to a roll that shows the key with the secret that it had before.
var errNotRolled = errors.New("not rolled")

// errNoOverlap is why a key cannot be given back to its former secret.
var errNoOverlap = errors.New("no overlap runs")

// noOverlap says which secret the key has where no overlap runs: the one that was to die is dead, or it is the only one.
func (s *rolling) noOverlap(ctx context.Context, ended bool) error {
	if err := s.List(ctx, func([]apikey.Key) {}); err != nil || s.row == nil {
		return err
	}
	switch fresh := s.row.RolledAt.Equal(s.r.j.Roll.At.Moment); {
	case fresh && !ended && s.overlaps(*s.row): // the list is behind, or the answer is not true
		return &client.Error{Op: "give the key back to its former secret", Kind: client.Conflict, Outcome: client.NotDone, Own: true,
			Message: "the service answered that no overlap runs, and lists one all the same"}
	case fresh && !ended:
		return &client.Error{Op: "give the key back to its former secret", Kind: client.Conflict, Outcome: client.NotDone, Own: true, Err: errNoOverlap,
			Message: "no overlap runs any more: the former secret is dead, and the new one cannot be withdrawn alone"}
	case ended && (!fresh || s.overlaps(*s.row)):
		return &client.Error{Op: "end the overlap", Kind: client.Conflict, Outcome: client.NotDone, Own: true,
			Message: "no overlap runs, and the list does not show yet which secret the key has: somebody else may have ended it, or given the key back"}
	}
	return nil
}

// Probe is the service's. Whose of the two a secret is, an answer that names the key does not say.
func (s *rolling) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	proof, err := s.Service.Probe(ctx, secret, call)
	if proof.Key != nil && proof.Key.ID == s.r.j.Old.ID && s.r.j.Step != Preflight && rule("roll: a name is not a secret's") {
		proof.Key = nil
	}
	return proof, err
}

// renewing is a service whose roll makes a key with an id of its own: to create is to roll, and all else is of two keys, as it is listed.
// The key that is rolled ends with the call, or with the overlap.
type renewing struct{ around }

// Capabilities are the service's, as far as a roll leaves them.
func (s *renewing) Capabilities() apikey.Capabilities {
	caps := s.Service.Capabilities()
	caps.Create = caps.Roll.Ability
	if caps.Roll.Overlap == 0 { // the former key ends by the roll
		caps.Delete = caps.Roll.Ability
	}
	caps.Rename, caps.Disable = apikey.Cannot("the new key has the old one's name"), apikey.Cannot("the old key ends with the roll")
	return caps
}

// Create rolls the key.
func (s *renewing) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	rec := s.r.j.Roll
	if s.r.j.atOnce() && s.r.rollTarget() == s.r.j.Old.ID {
		s.r.deleteIsSent()
	}
	rolled, err := s.can.Roll(ctx, s.r.rollTarget(), apikey.RollOrder{Overlap: rec.Overlap, Expiry: draft.Expiry})
	if err != nil {
		return apikey.Created{}, err
	}
	if rolled.Key.Name == "" {
		rolled.Key.Name = s.r.j.Old.Name
	}
	return apikey.Created{Key: rolled.Key, Secret: rolled.Secret, Bound: true}, nil
}

// Delete deletes one of the two. With the new one the former gets the end back that it had, where the roll has given it another.
func (s *renewing) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	if id != s.r.j.Old.ID && !s.r.j.atOnce() && !s.r.j.deleteSent() {
		switch kept, err := s.keepFormer(ctx); {
		case err != nil:
			return apikey.Deleted{}, err
		case kept.AlreadyGone && s.r.j.touched():
			return apikey.Deleted{}, &client.Error{Op: "give the old key the end back that it had", Kind: client.Conflict, Outcome: client.NotDone, Own: true,
				Message: "the service has no such key any more: the new one stays, since the application may use it"}
		}
	}
	return s.Service.Delete(ctx, id)
}

// rolls puts one of these between a rotation and its service.
func (r *Rotation) rolls() error {
	its := around{Service: r.svc, can: r.svc.Abilities(), r: r}
	if its.can.Roll == nil {
		return &RefusedError{Reason: "the service gives no key a new secret"}
	}
	var s client.Service = &rolling{around: its}
	if r.caps.Roll.NewID {
		s = &renewing{around: its}
	}
	r.svc, r.caps = s, s.Capabilities()
	return nil
}

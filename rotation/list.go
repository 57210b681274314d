package rotation

import (
	"context"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// listing is what one complete list shows of the keys that concern the rotation.
type listing struct {
	at       time.Time // when it was asked for, on the steady clock
	old, new *apikey.Key
	target   *apikey.Key  // the key that a roll is of, where that makes another
	maybe    []apikey.Key // what a roll may have made whose answer is lost
	appeared []apikey.Key // what a create may have made whose answer is lost, under another name
	ours     []apikey.Key // carry our nonce, or are superseded; the new key too
	foreign  []apikey.Key // carry our base name and the nonce of a rotation without a readable journal here
	rivals   []apikey.Key // carry the nonce of another open rotation of the same key, here
	own      *apikey.Key
	projects map[string]bool
	home     string                   // the project of detent's own credential, where it was asked for
	all      []apikey.Key             // the manual lane: to see which one appears
	masks    []string                 // of every row, while whose secret it is may have to be told
	maskOf   []string                 // whose they are
	uses     map[string]apikey.Moment // last use of every row, likewise
}

// others are marked keys of this base that somebody else's rotation has made.
func (s *listing) others() []apikey.Key { return slices.Concat(s.rivals, s.foreign) }

// look reads the whole list. A row that it shows existed when the list was made; one that it lacks may exist all the same.
func (r *Rotation) look(ctx context.Context) (*listing, error) {
	s, err := r.lookOnce(ctx)
	if err != nil || s.old == nil {
		return s, err
	}
	if base, _ := apikey.SplitName(s.old.Name); base != r.j.Base && base != r.renamed {
		r.renamed = base // somebody renamed the key: another host's mark may be on the new name
		return r.lookOnce(ctx)
	}
	return s, nil
}

func (r *Rotation) lookOnce(ctx context.Context) (*listing, error) {
	s := &listing{at: r.w.Now(), projects: map[string]bool{}, uses: map[string]apikey.Moment{}}
	r.w.Hook("before: list")
	err := r.svc.List(client.ForProof(ctx), func(batch []apikey.Key) {
		for _, k := range batch {
			r.sort(s, k)
		}
	})
	r.w.Hook("after: list")
	if err != nil {
		return nil, err
	}
	r.madeByRoll(s)
	r.sawOld = s.old != nil
	if s.old != nil {
		r.seen = s.old.LastUsedAt
		r.rowSeen(SubjectOld, *s.old)
	} else if rolls, is := r.svc.(*rolling); !is || !r.j.unnamed() || rolls.row == nil { // else it is shown, and with which secret is not
		r.rowMissing(SubjectOld, r.j.Old.ID)
	}
	switch {
	case s.new != nil:
		fresh := record(*s.new)
		r.j.New = &fresh
		r.rowSeen(SubjectNew, *s.new)
	case r.j.New != nil:
		r.rowMissing(SubjectNew, r.j.New.ID)
	}
	r.publish()
	return s, nil
}

func (r *Rotation) rowSeen(subject string, k apikey.Key) {
	state := ""
	if k.IsDisabled() {
		state = ", disabled"
	}
	id := k.ID
	if r.j.unnamed() {
		id = r.j.Old.ID // which secret the key has, it does not show
	}
	r.observed(RowSeen, subject, "list", "the list showed %s%s", apikey.Key{ID: id, Name: k.Name}.Quoted(), state)
}

func (r *Rotation) rowMissing(subject, id string) {
	r.observed(RowMissing, subject, "list", "a complete list did not show %s", id)
}

func (r *Rotation) sort(s *listing, k apikey.Key) {
	if r.appeared(k) {
		s.appeared = append(s.appeared, k)
	}
	if r.j.New == nil && !r.j.pending(opCreate) && (r.j.Step == Preflight || r.j.Step == Create || r.j.Step == Retire) {
		if r.listed == nil {
			r.listed = map[string]bool{}
		}
		r.listed[k.ID] = true
	}
	switch {
	case k.ID == r.j.Old.ID:
		s.old = &k
	case r.j.New != nil && k.ID == r.j.New.ID:
		s.new = &k
	}
	if r.j.renews() && k.ID == r.rollTarget() {
		s.target = &k
	}
	if k.Own {
		s.own = &k
	}
	if k.Project != "" {
		s.projects[k.Project] = true
	}
	if (r.j.Manual || r.j.renews()) && (r.j.Step == Preflight || r.j.Step == Create) {
		s.all = append(s.all, k)
	}
	if k.Masked != "" && len(s.masks) < maxMasks {
		s.masks, s.maskOf = append(s.masks, k.Masked), append(s.maskOf, k.CalledWithID())
	}
	if r.caps.LastUsed.OK && (r.j.Step == Preflight || r.j.Step == Create) {
		s.uses[k.ID] = k.LastUsedAt
	}
	if k.ID == r.j.Old.ID {
		return
	}
	base, nonce := apikey.SplitName(k.Name)
	switch {
	case nonce == r.j.ID || slices.Contains(r.j.Superseded, k.ID) || r.j.New != nil && k.ID == r.j.New.ID:
		s.ours = append(s.ours, k)
	case r.maybeMadeByRoll(k):
		s.maybe = append(s.maybe, k)
	case nonce != "" && !r.isNoRival(k) && (apikey.SameBase(base, r.j.Base, r.caps.MaxName) || r.renamed != "" && apikey.SameBase(base, r.renamed, r.caps.MaxName)):
		switch j, err := load(r.w.Store, nonce); {
		case err != nil:
			s.foreign = append(s.foreign, k)
		case j.State == Open && j.Old.ID == r.j.Old.ID:
			s.rivals = append(s.rivals, k)
		}
	}
}

// maxMasks are more than enough to tell how the secrets of a service begin.
const maxMasks = 1000

// isNoRival: a marked key that is older than our old key was rotated before ours was made, and one may be vouched for.
func (r *Rotation) isNoRival(k apikey.Key) bool {
	if !rule("two hosts: one that is older is no rival") {
		return r.j.NotMine != ""
	}
	if r.j.NotMine != "" {
		return true
	}
	made, known := k.CreatedAt.Time()
	ours, alsoKnown := r.j.Old.CreatedAt.Time()
	return known && alsoKnown && made.Before(ours)
}

// rollTarget is the key that is rolled: the old one, or one that took its place and whose secret nobody has.
func (r *Rotation) rollTarget() string {
	if r.j.Roll.Target != "" {
		return r.j.Roll.Target
	}
	return r.j.Old.ID
}

// maybeMadeByRoll reports whether a key may be what a roll made whose answer is lost: no list had it before, and it was not made before the call.
func (r *Rotation) maybeMadeByRoll(k apikey.Key) bool {
	if !r.j.renews() || r.j.New != nil || !r.j.pending(opCreate) && !r.j.Roll.Lost || slices.Contains(r.j.Seen, k.ID) {
		return false
	}
	made, known := k.CreatedAt.Time()
	return !known || !made.Before(r.j.Roll.Asked.Add(-maxSkew))
}

// appeared reports whether a key may be that of a create whose answer is lost, at a service that has not kept its name: no list had it before, and it was
// not made before.
func (r *Rotation) appeared(k apikey.Key) bool {
	_, nonce := apikey.SplitName(k.Name)
	made, known := k.CreatedAt.Time()
	switch {
	case r.j.Roll != nil || r.j.Manual || !r.j.pending(opCreate) || nonce != "" || k.ID == r.j.Old.ID || r.listed[k.ID]:
		return false
	case known:
		return !made.Before(r.j.Started.Add(-maxSkew))
	}
	return r.listed != nil
}

// keepPossible keeps what appeared while a create was not answered, to be named at the end.
func (r *Rotation) keepPossible(s *listing) {
	for _, k := range s.appeared {
		if words := r.withoutSecrets(k.Quoted()); len(r.j.Possible) < maxPossible && !slices.Contains(r.j.Possible, words) {
			r.j.Possible = append(r.j.Possible, words)
		}
	}
}

// maxPossible are as many as a person looks through.
const maxPossible = 20

// showsRoll reports whether a list shows of the key that was rolled what a roll does to it: it is over, or has another end than it had.
func (r *Rotation) showsRoll(s *listing) bool {
	k := s.target
	switch {
	case r.j.atOnce():
		return k == nil || r.overByRoll(*k)
	case k == nil:
		return false
	}
	return !k.ExpiresAt.Equal(r.j.Old.ExpiresAt.Moment)
}

// madeByRoll adds to our own keys what a roll has made whose answer is lost: it has the name of the key that was rolled, and the list shows of that
// one what a roll does to it.
func (r *Rotation) madeByRoll(s *listing) {
	if len(s.maybe) == 0 || !r.showsRoll(s) {
		return
	}
	for _, k := range s.maybe {
		if k.Name == r.j.Old.Name || s.target != nil && k.Name == s.target.Name { // somebody may have renamed it before
			s.ours = append(s.ours, k)
		}
	}
}

// overByRoll reports whether a row is that of a key that works no more.
func (r *Rotation) overByRoll(k apikey.Key) bool {
	return k.IsDisabled() || k.ExpiresAt.Before(r.serviceNow())
}

// lookUntil looks, at 1, 2, 4 … s, until shown says yes or the bound has passed.
func (r *Rotation) lookUntil(ctx context.Context, bound time.Duration, shown func() (bool, error)) (bool, error) {
	if !rule("answered: a list is looked at again until its lag is over") {
		return shown()
	}
	begun, pause := r.w.Now(), time.Second
	for {
		if yes, err := shown(); yes || err != nil {
			return yes, err
		}
		left := bound - r.w.Now().Sub(begun)
		if left <= 0 {
			return false, nil
		}
		if err := r.w.Sleep(ctx, min(pause, left)); err != nil {
			return false, err
		}
		pause = min(2*pause, maxPause)
	}
}

const maxPause = 30 * time.Second

// lookFor looks until a list is as it is expected, which it may be behind; it gives the last one.
func (r *Rotation) lookFor(ctx context.Context, bound time.Duration, is func(s *listing) bool) (s *listing, seen bool, err error) {
	seen, err = r.lookUntil(ctx, bound, func() (bool, error) {
		s, err = r.look(ctx)
		return err == nil && is(s), err
	})
	return s, seen, err
}

// The keys that a list is looked for.
func hasOld(s *listing) bool { return s.old != nil }

func hasNew(s *listing) bool { return s.new != nil }

// lookForBoth looks again for as long as the list may be behind: that it lacks a key is no proof that the key is gone.
func (r *Rotation) lookForBoth(ctx context.Context) (s *listing, err error) {
	s, _, err = r.lookFor(ctx, r.lag(), func(s *listing) bool { return hasOld(s) && hasNew(s) })
	return s, err
}

// lag bounds how long a list may be behind an answer: what the service declares, or what its create showed, with a margin.
func (r *Rotation) lag() time.Duration {
	switch {
	case r.caps.ListLag > 0:
		return r.caps.ListLag
	case r.j.ListLag > 0:
		return max(2*r.j.ListLag, minLag)
	}
	return defaultLag
}

// lostLag bounds the search for a key that may not exist: a declared or a learned lag, else a short one, since whatever shows
// up later is swept by its mark before the old key goes.
func (r *Rotation) lostLag() time.Duration {
	if r.caps.ListLag > 0 || r.j.ListLag > 0 {
		return r.lag()
	}
	return minLag
}

const (
	defaultLag = 60 * time.Second
	minLag     = 5 * time.Second
)

// overlapOver reports whether a list shows that the former secret is dead: it shows the key with the new one, and no overlap.
func (r *Rotation) overlapOver(s *listing) bool {
	return r.j.inPlace() && s.new != nil && s.old == nil
}

// overlapIsOver reports the same of the lists of as long as they may be behind: the service answered when the former secret dies, and before that one
// list alone is no word against it.
func (r *Rotation) overlapIsOver(ctx context.Context, s *listing) (bool, error) {
	if ends, known := r.j.rollEnds(); !r.overlapOver(s) || known && !r.serviceNow().Before(ends) || !rule("roll: over where the lists say so until their lag is over") {
		return r.overlapOver(s), nil
	}
	runs, err := r.lookUntil(ctx, r.lag(), func() (bool, error) {
		var err error
		s, err = r.look(ctx)
		return err == nil && s.old != nil, err
	})
	return err == nil && !runs && r.overlapOver(s), err
}

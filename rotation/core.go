package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// Rotation is one rotation in use by this process. Do, Undo and the decisions
// block and run one at a time; View may be called by anybody at any time.
type Rotation struct {
	w     World
	svc   client.Service
	caps  apikey.Capabilities
	dests []delivery.Destination
	lock  *lock

	busy   sync.Mutex // held by whatever acts
	j      *journal
	saved  bool          // the journal is on disk: something may have been changed
	secret apikey.Secret // the new secret, in this process only
	wait   waiting
	seen   apikey.Moment // last use of the old key, as the last list showed it
	again  int           // deliveries that did not stay
	view   atomic.Pointer[View]
}

// Start begins the rotation of a key. It takes the key's lock and refuses
// where an open rotation concerns the key; nothing reaches the service or the disk before Do. Close it.
func Start(p Params) (*Rotation, error) {
	w := p.World.withDefaults()
	if p.Mode == "" {
		p.Mode = Planned
	}
	switch {
	case p.Key.ID == "":
		return nil, &RefusedError{Reason: "no key is named"}
	case p.OldFirst && p.Mode != Compromised:
		return nil, &RefusedError{Reason: "to retire the old key first is for a compromised key"}
	case len(p.Destinations) == 0 && (w.Switcher == nil || !p.Key.Own):
		return nil, &RefusedError{Reason: "a rotation needs at least one destination for the new secret"}
	}
	if err := makeDir(w.Dir); err != nil {
		return nil, err
	}
	id, err := newNonce(w.Random)
	if err != nil {
		return nil, err
	}
	held, holder, err := takeLock(lockPath(w.Dir, w.Profile, w.Service.Capabilities().Service, p.Key.ID), id, w.Operator, w.Now())
	if err != nil {
		return nil, fmt.Errorf("lock the rotation: %w", err)
	}
	if holder != nil {
		return nil, &BusyError{Name: p.Key.Name, Holder: *holder}
	}
	r := &Rotation{w: w, svc: w.Service, caps: w.Service.Capabilities(), dests: p.Destinations, lock: held}
	if err := r.refuseSecond(p.Key); err != nil {
		held.release()
		return nil, err
	}
	r.j = r.newJournal(id, p)
	r.publish()
	return r, nil
}

func (r *Rotation) newJournal(id string, p Params) *journal {
	j := &journal{Version: journalVersion, ID: id, Profile: r.w.Profile, Operator: r.w.Operator, Service: r.caps.Service,
		Mode: p.Mode, State: Open, Step: Preflight, Started: r.w.Now().UTC(), Changed: r.w.Now().UTC(),
		OldFirst: p.OldFirst, Manual: !r.caps.Create.OK,
		Fields: r.caps.AccessFields, CanDisable: r.caps.Disable.OK, SeesUse: r.caps.LastUsed.OK,
		Old: record(p.Key), Guard: p.Key.Environment, AllowMixed: p.AllowMixed, AllowTracked: p.AllowTracked,
		Own: p.Key.Own, Drain: DefaultDrain, Soak: DefaultSoak, AcceptUnknown: p.AcceptUnknown}
	j.Base, _ = splitName(p.Key.Name)
	j.Name = newName(j.Base, id, r.caps.MaxName)
	if p.Drain != nil {
		j.Drain, j.DrainExplicit = *p.Drain, true
	}
	if p.Soak != nil {
		j.Soak, j.SoakExplicit = *p.Soak, true
	}
	for _, d := range p.Destinations {
		j.Destinations = append(j.Destinations, destinationRecord{Spec: d.Spec(), Describe: d.Describe(), CanUndo: d.CanUndo()})
	}
	return j
}

// refuseSecond answers with the open rotation that already concerns the key.
func (r *Rotation) refuseSecond(key apikey.Key) error {
	good, _, err := journals(r.w.Dir)
	if err != nil {
		return err
	}
	for _, j := range good {
		if j.State != Open || j.Profile != r.w.Profile || j.Service != r.caps.Service {
			continue
		}
		if j.Old.ID == key.ID || j.New != nil && j.New.ID == key.ID || slices.Contains(j.Superseded, key.ID) {
			return &OpenError{ID: j.ID, Name: key.Name, Step: j.Step}
		}
	}
	return nil
}

// ResumeOptions change an open rotation on the way on; nil and empty leave what was journaled.
type ResumeOptions struct {
	Drain, Soak   *time.Duration
	AcceptUnknown string
}

// Resume opens a rotation of the journal, to go on or to undo. Close it.
func Resume(w World, id string, o ResumeOptions) (*Rotation, error) {
	w = w.withDefaults()
	j, err := find(w.Dir, id)
	if err != nil {
		return nil, err
	}
	r := &Rotation{w: w, svc: w.Service, caps: w.Service.Capabilities(), saved: true}
	if j.Profile != w.Profile || j.Service != r.caps.Service {
		return nil, &RefusedError{Reason: fmt.Sprintf("the rotation %s belongs to the profile %s (%s), not to %s", id, j.Profile, j.Service, w.Profile)}
	}
	held, holder, err := takeLock(lockPath(w.Dir, j.Profile, j.Service, j.Old.ID), id, w.Operator, w.Now())
	if err != nil {
		return nil, fmt.Errorf("lock the rotation: %w", err)
	}
	if holder != nil {
		return nil, &BusyError{Name: j.Old.Name, Holder: *holder}
	}
	r.lock = held
	if r.j, err = find(w.Dir, id); err == nil { // it may have moved on before we had the lock
		err = r.reopen(o)
	}
	if err != nil {
		held.release()
		return nil, err
	}
	r.publish()
	return r, nil
}

func (r *Rotation) reopen(o ResumeOptions) error {
	if r.j.State != Open {
		return &RefusedError{Reason: fmt.Sprintf("the rotation %s is over: %s", r.j.ID, r.j.State)}
	}
	for _, rec := range r.j.Destinations {
		if r.w.Resolve == nil {
			return errors.New("no way to find the destinations again")
		}
		d, err := r.w.Resolve(rec.Spec)
		if err != nil {
			return fmt.Errorf("the destination %s: %w", rec.Spec, err)
		}
		if d.Describe() != rec.Describe {
			return &RefusedError{Reason: fmt.Sprintf("the destination %s was %s and is now %s", rec.Spec, rec.Describe, d.Describe()),
				Next: "put the profile back as it was while this rotation is open"}
		}
		r.dests = append(r.dests, d)
	}
	if o == (ResumeOptions{}) {
		return nil
	}
	if o.Drain != nil {
		r.j.Drain, r.j.DrainExplicit = *o.Drain, true
	}
	if o.Soak != nil {
		r.j.Soak, r.j.SoakExplicit = *o.Soak, true
	}
	if o.AcceptUnknown != "" {
		r.j.AcceptUnknown = o.AcceptUnknown
	}
	return r.save("options")
}

func find(dir, id string) (*journal, error) {
	if !isNonce(id) {
		return nil, &RefusedError{Reason: fmt.Sprintf("%.40q is no rotation's id", id), Next: "`detent rotations` lists them"}
	}
	j, err := readJournal(journalPath(dir, id))
	if isNotExist(err) {
		return nil, &RefusedError{Reason: "there is no rotation " + id, Next: "`detent rotations` lists them"}
	}
	return j, err
}

// List shows every rotation in the folder, the open ones first, then the latest first. A
// journal that cannot be read is a View with Err.
func List(dir string) ([]View, error) {
	good, bad, err := journals(dir)
	if err != nil {
		return nil, err
	}
	var out []View
	for _, j := range good {
		v := viewOf(j, false)
		v.Path = journalPath(dir, j.ID)
		if j.State == Open {
			if h := heldBy(lockPath(dir, j.Profile, j.Service, j.Old.ID)); h != nil && !h.isUs() {
				v.Holder = h
			}
		}
		out = append(out, v)
	}
	for _, b := range bad {
		out = append(out, View{ID: idOf(b.Path), Path: b.Path, Err: b})
	}
	slices.SortStableFunc(out, func(a, b View) int {
		if (a.State == Open) != (b.State == Open) {
			if a.State == Open {
				return -1
			}
			return 1
		}
		return b.Started.Compare(a.Started)
	})
	return out, nil
}

// Find is the one rotation of List with that id: its profile and destinations are needed to Resume it.
func Find(dir, id string) (View, error) {
	j, err := find(dir, id)
	if err != nil {
		return View{}, err
	}
	v := viewOf(j, false)
	v.Path = journalPath(dir, id)
	return v, nil
}

// Close gives the rotation up in this process: the journal stays, if anything was
// changed, and a secret in hand is lost.
func (r *Rotation) Close() {
	r.busy.Lock()
	defer r.busy.Unlock()
	r.secret = apikey.Secret{}
	r.lock.release()
	r.lock = nil
}

// View is the rotation as it stands. It never blocks.
func (r *Rotation) View() View { return *r.view.Load() }

// ID is the rotation's id, also the nonce in the new key's name.
func (r *Rotation) ID() string { return r.View().ID }

func (r *Rotation) publish() {
	v := viewOf(r.j, !r.secret.IsZero())
	v.Path = journalPath(r.w.Dir, r.j.ID)
	if r.seen.Known() {
		v.Old.LastUsedAt = r.seen
	}
	r.view.Store(&v)
}

// save writes the journal and shows the new state. Before the preflight is over there is none.
func (r *Rotation) save(what string) error {
	r.j.Changed, r.j.Operator = r.w.Now().UTC(), r.w.Operator
	r.w.Hook("journal before: " + what)
	err := writeJournal(r.w.Dir, r.j)
	if err != nil {
		return &StepError{Step: r.j.Step, Err: fmt.Errorf("write the journal: %w", err),
			Certain: r.j.certain(), Next: "make room or mend the folder " + r.w.Dir + ", then go on"}
	}
	r.saved = true
	r.w.Hook("journal after: " + what)
	r.publish()
	return nil
}

// change journals that a call begins, makes it, and journals what came of it:
// applied where it succeeded, nothing where it certainly did not happen, and still
// pending where that is not known.
func (r *Rotation) change(op string, call func() error, apply func()) error {
	unsettled := r.j.pending(op)
	r.j.begun(op)
	if err := r.save(op + " begins"); err != nil {
		if !unsettled {
			r.j.settled(op)
		}
		return err
	}
	r.w.Hook("before: " + op)
	err := call()
	r.w.Hook("after: " + op)
	switch {
	case err == nil:
		apply()
		r.j.settled(op)
		return r.save(op + " done")
	case client.MayHaveHappened(err):
		r.publish()
		return err
	}
	r.j.settled(op)
	return errors.Join(err, r.save(op+" failed"))
}

func (r *Rotation) log(format string, args ...any) {
	r.j.Log = append(r.j.Log, Event{At: r.w.Now().UTC(), Text: fmt.Sprintf(format, args...)})
}

func (r *Rotation) job() delivery.Job {
	return delivery.Job{ID: r.j.ID, Environment: r.j.Guard, AllowMixed: r.j.AllowMixed, AllowTracked: r.j.AllowTracked}
}

// sight is what one complete list shows of the keys that concern the rotation.
type sight struct {
	old, new *apikey.Key
	ours     []apikey.Key // carry our nonce, or are superseded; the new key too
	foreign  []apikey.Key // carry our base name and the nonce of a rotation without a readable journal here
	rivals   []apikey.Key // carry the nonce of another open rotation of the same key, here
	own      *apikey.Key
	projects map[string]bool
	home     string       // the project of detent's own credential, where it was asked for
	all      []apikey.Key // the manual lane: to see which one appears
}

func (r *Rotation) look(ctx context.Context) (*sight, error) {
	s := &sight{projects: map[string]bool{}}
	r.w.Hook("before: list")
	err := r.svc.List(ctx, func(batch []apikey.Key) {
		for _, k := range batch {
			r.sort(s, k)
		}
	})
	r.w.Hook("after: list")
	if err != nil {
		return nil, err
	}
	if s.old != nil {
		r.seen = s.old.LastUsedAt
	}
	if s.new != nil {
		fresh := record(*s.new)
		r.j.New = &fresh
	}
	r.publish()
	return s, nil
}

func (r *Rotation) sort(s *sight, k apikey.Key) {
	switch {
	case k.ID == r.j.Old.ID:
		s.old = &k
	case r.j.New != nil && k.ID == r.j.New.ID:
		s.new = &k
	}
	if k.Own {
		s.own = &k
	}
	if k.Project != "" {
		s.projects[k.Project] = true
	}
	if r.j.Manual && (r.j.Step == Preflight || r.j.Step == Create) {
		s.all = append(s.all, k)
	}
	if k.ID == r.j.Old.ID {
		return
	}
	base, nonce := splitName(k.Name)
	switch {
	case nonce == r.j.ID || slices.Contains(r.j.Superseded, k.ID) || r.j.New != nil && k.ID == r.j.New.ID:
		s.ours = append(s.ours, k)
	case nonce != "" && sameBase(base, r.j.Base, r.caps.MaxName):
		switch j, err := readJournal(journalPath(r.w.Dir, nonce)); {
		case err != nil:
			s.foreign = append(s.foreign, k)
		case j.State == Open && j.Old.ID == r.j.Old.ID:
			s.rivals = append(s.rivals, k)
		}
	}
}

func names(keys []apikey.Key) string {
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%q (%s)", k.Name, k.ID))
	}
	return strings.Join(out, ", ")
}

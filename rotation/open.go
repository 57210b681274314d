package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/delivery"
)

// Start begins the rotation of a key. It takes the key's lock and refuses
// where an open rotation concerns the key; nothing reaches the service or the disk before Do. Close it.
func Start(p Params) (*Rotation, error) {
	w := p.World.withDefaults()
	if p.Mode == "" {
		p.Mode = Planned
	}
	caps := w.Service.Capabilities()
	switch {
	case p.Key.ID == "":
		return nil, &RefusedError{Reason: "no key is named"}
	case p.OldFirst && isRoll(p.Strategy):
		return nil, &RefusedError{Reason: "a roll has no old key to retire first", Next: "use --strategy " + strategyRollAtOnce + ", by which the former secret dies with the call"}
	case p.OldFirst && p.Mode != Compromised:
		return nil, &RefusedError{Reason: "to retire the old key first is for a compromised key"}
	case len(p.Destinations) == 0 && (w.Switcher == nil || !p.Key.Own):
		return nil, &RefusedError{Reason: "a rotation needs at least one destination for the new secret"}
	}
	strategy, err := w.choose(p.Strategy, AbilitiesOf(caps))
	if err != nil {
		return nil, err
	}
	id, err := apikey.NewNonce(w.Random)
	if err != nil {
		return nil, err
	}
	take := w.takeLock
	if p.PlanOnly {
		take = w.seeLock
	}
	release, err := take(lockName(w.Profile, caps.Service, p.Key.ID), id, p.Key.Called())
	if err != nil {
		return nil, err
	}
	r := &Rotation{w: w, planOnly: p.PlanOnly, svc: w.Service, caps: caps, strategy: strategy, dests: p.Destinations, release: release,
		acceptLacks: strings.TrimSpace(p.AcceptLacks), fingerprints: &fingerprinter{store: w.Store, random: w.Random}}
	err = r.refuseSecond(p.Key)
	if err == nil && isRoll(strategy.ID) {
		err = r.rolls()
	}
	if err != nil {
		release(true)
		return nil, err
	}
	r.j = r.newJournal(id, p)
	r.publish()
	return r, nil
}

func (w World) takeLock(name, id, key string) (func(bool), error) {
	host, _ := os.Hostname()
	release, holder, err := w.Store.Lock(name, Holder{ID: id, PID: os.Getpid(), Host: host, User: userName(), Operator: w.Operator, Since: w.Wall().UTC()})
	if err != nil {
		return nil, fmt.Errorf("lock the rotation: %w", err)
	}
	if holder != nil {
		return nil, &BusyError{Name: key, Holder: *holder}
	}
	return release, nil
}

// seeLock only looks whether somebody else has the key.
func (w World) seeLock(name, _, key string) (func(bool), error) {
	if holder := w.Store.HeldBy(name); holder != nil {
		return nil, &BusyError{Name: key, Holder: *holder}
	}
	return func(bool) {}, nil
}

func (r *Rotation) newJournal(id string, p Params) *journal {
	j := &journal{Version: journalVersion, ID: id, Profile: r.w.Profile, Operator: r.w.Operator, Service: r.caps.Service, Strategy: r.strategy.ID,
		Mode: p.Mode, State: Open, Step: Preflight, Started: r.w.Wall().UTC(), Changed: r.w.Wall().UTC(),
		OldFirst: p.OldFirst, Manual: r.strategy.ID == strategyDashboard,
		Fields: r.caps.AccessFields, CanDisable: r.caps.Disable.OK, SeesUse: r.caps.LastUsed.OK,
		Old: record(p.Key), Guard: p.Key.Environment, AllowMixed: p.AllowMixed, AllowTracked: p.AllowTracked, AllowOwner: p.AllowOwner,
		Replace: p.Replace, Revive: p.Revive, NotMine: strings.TrimSpace(p.NotMine),
		Own: p.Key.Own, Drain: DefaultDrain, Soak: DefaultSoak, AcceptUnknown: p.AcceptUnknown}
	if isRoll(j.Strategy) {
		j.Roll = &rollRecord{Overlap: r.overlap(p.Overlap, p.Key), Outage: strings.TrimSpace(p.Outage), Unnamed: !r.caps.Roll.Again, NewID: r.caps.Roll.NewID}
	}
	j.Base = apikey.BaseOf(p.Key)
	j.Name = apikey.NewName(j.Base, id, r.caps.MaxName)
	if p.Drain != nil {
		j.Drain, j.DrainExplicit = *p.Drain, true
	}
	if p.Soak != nil {
		j.Soak, j.SoakExplicit = *p.Soak, true
	}
	for _, d := range p.Destinations {
		_, reads := d.(delivery.Holder)
		j.Destinations = append(j.Destinations, destinationRecord{Spec: d.Spec(), Describe: d.Describe(), CanUndo: d.CanUndo(), Reads: reads})
	}
	return j
}

// overlap is how long the former secret is to live on.
func (r *Rotation) overlap(asked *time.Duration, key apikey.Key) time.Duration {
	if r.strategy.ID == strategyRollAtOnce {
		return 0
	}
	if asked != nil {
		return *asked
	}
	return UsualOverlap(r.caps.Roll, key, r.serviceNow())
}

// refuseSecond answers with the open rotation that already concerns the key.
func (r *Rotation) refuseSecond(key apikey.Key) error {
	good, _, err := journals(r.w.Store, "")
	if err != nil {
		return err
	}
	for _, j := range good {
		if j.State != Open || j.Profile != r.w.Profile || j.Service != r.caps.Service {
			continue
		}
		if j.Old.ID == key.ID || j.New != nil && j.New.ID == key.ID || slices.Contains(j.Superseded, key.ID) {
			return &OpenError{ID: j.ID, Name: key.Called(), Step: j.Step}
		}
	}
	return nil
}

// ResumeOptions change an open rotation on the way on; nil and empty leave what was journaled.
type ResumeOptions struct {
	Drain, Soak   *time.Duration
	AcceptUnknown string
	NotMine       string
	// Without leaves destinations out that are gone for good, by their spelling; Reason is why.
	Without []string
	// Undone vouches for destinations that detent cannot put back or read, by their spelling; Reason is why.
	Undone []string
	Reason string
}

func (o ResumeOptions) empty() bool {
	return o.Drain == nil && o.Soak == nil && o.AcceptUnknown == "" && o.NotMine == "" && len(o.Without)+len(o.Undone) == 0
}

// Resume opens a rotation of the journal, to go on or to undo. Close it.
func Resume(w World, id string, o ResumeOptions) (*Rotation, error) {
	w = w.withDefaults()
	j, err := find(w.Store, id)
	if err != nil {
		return nil, err
	}
	r := &Rotation{w: w, svc: w.Service, caps: w.Service.Capabilities(), saved: true, resumed: true, fingerprints: &fingerprinter{store: w.Store, random: w.Random}}
	if j.Profile != w.Profile || j.Service != r.caps.Service {
		return nil, &RefusedError{Reason: fmt.Sprintf("the rotation %s belongs to the profile %s (%s), not to %s", id, j.Profile, j.Service, w.Profile)}
	}
	if r.release, err = w.takeLock(lockName(j.Profile, j.Service, j.Old.ID), id, called(j.Old)); err != nil {
		return nil, err
	}
	if r.j, err = find(w.Store, id); err == nil { // it may have moved on before we had the lock
		err = r.reopen(o)
	}
	if err != nil {
		r.release(true)
		return nil, err
	}
	r.publish()
	return r, nil
}

func (r *Rotation) reopen(o ResumeOptions) error {
	if r.j.State != Open {
		return &RefusedError{Reason: fmt.Sprintf("the rotation %s is over: %s", r.j.ID, r.j.State)}
	}
	known := false
	if r.strategy, known = r.w.strategy(r.j.Strategy); !known {
		return &RefusedError{Reason: fmt.Sprintf("the rotation %s goes by the strategy %.40q, which this detent does not have", r.j.ID, r.j.Strategy)}
	}
	if _, known := r.strategy.stage(r.j.Step); !known {
		return &RefusedError{Reason: fmt.Sprintf("the rotation %s stands at %.40q, which is no stage of the strategy %s", r.j.ID, r.j.Step, r.strategy.ID)}
	}
	if r.j.Roll != nil {
		if err := r.rolls(); err != nil {
			return err
		}
	}
	for i, rec := range r.j.Destinations {
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
		_, r.j.Destinations[i].Reads = d.(delivery.Holder)
	}
	r.takeUpDeletions()
	if o.empty() {
		return nil
	}
	return r.takeOptions(o)
}

func (r *Rotation) takeOptions(o ResumeOptions) error {
	if o.Drain != nil {
		r.j.Drain, r.j.DrainExplicit = *o.Drain, true
	}
	if o.Soak != nil {
		r.j.Soak, r.j.SoakExplicit = *o.Soak, true
	}
	if o.AcceptUnknown != "" {
		r.j.AcceptUnknown = o.AcceptUnknown
		r.recordStatement(SubjectNew, "accepted: what cannot be seen (%s)", o.AcceptUnknown)
	}
	if o.NotMine != "" {
		r.j.NotMine = o.NotMine
		r.recordStatement(SubjectNew, "another marked key is no rival (%s)", o.NotMine)
	}
	for _, spec := range o.Without {
		if err := r.leaveOut(spec, o.Reason); err != nil {
			return err
		}
	}
	for _, spec := range o.Undone {
		if err := r.vouch(spec, o.Reason); err != nil {
			return err
		}
	}
	return r.save("options")
}

// leaveOut goes on without a destination that is gone for good: not one that can be read, since what it holds would
// be made dead knowingly.
func (r *Rotation) leaveOut(spec, reason string) error {
	d, rec, err := r.destination(spec)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return &RefusedError{Reason: "say why " + rec.Describe + " is left out: the reason is recorded"}
	}
	if held, reads, err := r.held(context.Background(), d, rec); reads && err == nil && held.Exists && rule("without: refused where it can be read") {
		return &RefusedError{Reason: rec.Describe + " can be read, and holds a value: it is not gone", Next: "go on with it, or take the value out first"}
	}
	rec.Without = reason
	r.recordStatement(rec.Spec, "the rotation goes on without %s (%s)", rec.Describe, reason)
	return nil
}

// List shows every rotation in the store, the open ones first, then the latest first. A
// journal that cannot be read is a View with Err.
func List(store Store) ([]View, error) {
	good, bad, err := journals(store, "")
	if err != nil {
		return nil, err
	}
	var out []View
	for _, j := range good {
		v := viewOf(j, strategyOf(j), false)
		v.Path = store.Where(j.ID)
		if j.State == Open {
			if h := store.HeldBy(lockName(j.Profile, j.Service, j.Old.ID)); h != nil && !h.isUs() {
				v.Holder = h
			}
		}
		out = append(out, v)
	}
	for id, b := range bad {
		out = append(out, View{ID: id, Path: b.Path, Err: b})
	}
	slices.SortStableFunc(out, func(a, b View) int {
		if (a.State == Open) != (b.State == Open) {
			if a.State == Open {
				return -1
			}
			return 1
		}
		if c := b.Started.Compare(a.Started); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// Find is the one rotation of List with that id: its profile and destinations are needed to Resume it.
func Find(store Store, id string) (View, error) {
	j, err := find(store, id)
	if err != nil {
		return View{}, err
	}
	v := viewOf(j, strategyOf(j), false)
	v.Path = store.Where(id)
	return v, nil
}

// CloseAsItStands closes a rotation by its journal alone: the profile, the service or the destinations may be gone for good.
func CloseAsItStands(w World, id, reason string) (View, error) {
	w = w.withDefaults()
	j, err := find(w.Store, id)
	if err != nil {
		return View{}, err
	}
	release, err := w.takeLock(lockName(j.Profile, j.Service, j.Old.ID), id, called(j.Old))
	if err != nil {
		return View{}, err
	}
	over := false
	defer func() { release(over) }()
	if j, err = find(w.Store, id); err != nil {
		return View{}, err
	}
	r := &Rotation{w: w, j: j, saved: true, fingerprints: &fingerprinter{store: w.Store, random: w.Random}, strategy: strategyOf(j)}
	if _, err := r.end(reason); err != nil {
		return View{}, err
	}
	over = true
	return r.View(), nil
}

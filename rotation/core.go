package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	w            World
	svc          client.Service
	caps         apikey.Capabilities
	strategy     Strategy
	dests        []delivery.Destination
	fingerprints *fingerprinter
	release      func(done bool) // gives the lock back; nil once closed

	busy         sync.Mutex // held by whatever acts
	j            *journal
	planOnly     bool                     // opened for Plan: nothing is locked, and nothing can be done
	saved        bool                     // the journal is on disk: something may have been changed
	resumed      bool                     // opened from a journal
	secret       apikey.Secret            // the new secret, in this process only
	old          apikey.Secret            // the old secret, where it was at hand; in this process only
	formers      map[string]apikey.Secret // what the places held at the preflight, in this process only
	pasted       *pasted                  // a secret that a person has yet to vouch for
	pastes       int                      // how many were asked with
	pasteRefused time.Time                // when the last one was refused, in this process
	asked        *Question                // what the last result asked
	wait         waiting
	unsent       string                   // a call whose intent is journaled, and that this process has not sent yet
	renamed      string                   // the old key's base name, where somebody has changed it
	seen         apikey.Moment            // last use of the old key, as the last list showed it
	sentDelete   bool                     // this process sent a deletion of the old key
	madeUpGot    string                   // what a made-up secret was answered, where that was no refusal
	lastAnswer   string                   // what the last try of the old secret was answered, where that said nothing about it
	against      map[string]contradiction // what last use said against the value of a place, in this process
	noneToTurnOn bool                     // switching the old key on was answered with "no such key"
	newUse       firstUse                 // of the new secret, by us
	foreignUse   bool                     // the new key's last use moved where no request of ours explains it, since the last delivery
	reverted     bool                     // a place held something else when it was finished
	sawOld       bool                     // the last list of this process showed the old key
	overNothing  map[string]bool          // places that a person wants delivered to although they hold nothing any more
	listed       map[string]bool          // the ids that lists of this process showed before the create
	view         atomic.Pointer[func() View]
}

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
	id, err := newNonce(w.Random)
	if err != nil {
		return nil, err
	}
	take := w.takeLock
	if p.PlanOnly {
		take = w.seeLock
	}
	release, err := take(lockName(w.Profile, caps.Service, p.Key.ID), id, p.Key.Name)
	if err != nil {
		return nil, err
	}
	r := &Rotation{w: w, planOnly: p.PlanOnly, svc: w.Service, caps: caps, strategy: strategy, dests: p.Destinations, release: release,
		fingerprints: &fingerprinter{store: w.Store, random: w.Random}}
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

// AbilitiesOf are those of a service with these capabilities.
func AbilitiesOf(caps apikey.Capabilities) Abilities {
	return Abilities{Roll: caps.Roll, Create: caps.Create.OK, Delete: caps.Delete.OK, Disable: caps.Disable.OK, LastUsed: caps.LastUsed.OK,
		WhyNoCreate: caps.Create.Why, WhyNoDelete: caps.Delete.Why}
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
		j.Roll = &rollRecord{Overlap: r.overlap(p.Overlap), Outage: strings.TrimSpace(p.Outage), Unnamed: !r.caps.Roll.Again, NewID: r.caps.Roll.NewID}
	}
	j.Base, _ = apikey.SplitName(p.Key.Name)
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
			return &OpenError{ID: j.ID, Name: key.Name, Step: j.Step}
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
	if r.release, err = w.takeLock(lockName(j.Profile, j.Service, j.Old.ID), id, j.Old.Name); err != nil {
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

func (r *Rotation) destination(spec string) (delivery.Destination, *destinationRecord, error) {
	var known []string
	for d, rec := range r.destinations() {
		if rec.Spec == spec || rec.Describe == spec {
			return d, rec, nil
		}
		known = append(known, rec.Spec)
	}
	return nil, nil, &RefusedError{Reason: fmt.Sprintf("%.80q is no destination of this rotation", spec), Next: "it has " + strings.Join(known, ", ")}
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

// vouch takes a person's word that a destination has its old value again, or has what the person wants it to have.
// Where it can be read, it is: it must not hold the new secret, nor that of a new key before it.
func (r *Rotation) vouch(spec, reason string) error {
	d, rec, err := r.destination(spec)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return &RefusedError{Reason: "say why " + rec.Describe + " counts as put back: the reason is recorded"}
	}
	if held, reads, err := r.held(context.Background(), d, rec); reads && err == nil && r.isOurs(held.Secret) && rule("undone: not where the new secret is") {
		return &RefusedError{Reason: rec.Describe + " holds the new secret: it is not put back", Next: "put the old value back, or go on with the rotation"}
	}
	rec.Undid = reason
	r.recordStatement(rec.Spec, "%s has its old value again (%s)", rec.Describe, reason)
	return nil
}

func find(store Store, id string) (*journal, error) {
	if !isNonce(id) {
		return nil, &RefusedError{Reason: fmt.Sprintf("%.40q is no rotation's id", id), Next: "`detent rotations` lists them"}
	}
	j, err := load(store, id)
	if isNotExist(err) {
		return nil, &RefusedError{Reason: "there is no rotation " + id, Next: "`detent rotations` lists them"}
	}
	return j, err
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

// strategyOf is the strategy of a journal that is only shown: of one that is not known here there are no stages.
func strategyOf(j *journal) Strategy {
	s, _ := World{}.strategy(j.Strategy)
	return s
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

// Close gives the rotation up in this process: the journal stays, if anything was
// changed, and a secret in hand is lost.
func (r *Rotation) Close() {
	r.busy.Lock()
	defer r.busy.Unlock()
	r.secret, r.old, r.pasted, r.formers = apikey.Secret{}, apikey.Secret{}, nil, nil
	if r.release != nil {
		r.release(!r.saved || r.j.State != Open)
	}
	r.release = nil
}

// View is the rotation as it stands. It never waits for what acts.
func (r *Rotation) View() View { return (*r.view.Load())() }

// ID is the rotation's id, also the nonce in the new key's name.
func (r *Rotation) ID() string { return r.View().ID }

// publish shows the rotation as it stands now. The view is made when somebody asks for it: most are never looked at.
func (r *Rotation) publish() {
	j, inHand, seen, asked := r.j.snapshot(), !r.secret.IsZero(), r.seen, r.asked
	running := r.unrestarted()
	view := sync.OnceValue(func() View {
		v := viewOf(j, r.strategy, inHand)
		v.CanDelete, v.CanRename = r.caps.Delete.OK, r.caps.Rename.OK
		v.Path = r.w.Store.Where(j.ID)
		if seen.Known() {
			v.Old.LastUsedAt = seen
		}
		v.Question = asked
		if len(running) > 0 && v.State == Open && !v.Undoing && !v.OldGone && (v.Step == Disable || v.Step == Delete) {
			v.Next.Text += ". " + restartWords(running) + ": restart it first, or it fails from then on"
		}
		return v
	})
	r.view.Store(&view)
}

// save writes the journal and shows the new state. Before the preflight is over there is none.
func (r *Rotation) save(what string) error {
	r.j.Changed, r.j.Operator = r.w.Wall().UTC(), r.w.Operator
	r.w.Hook("journal before: " + what)
	b, err := encode(r.j)
	if err == nil {
		err = r.w.Store.Save(r.j.ID, b)
	}
	if err != nil {
		return &StepError{Step: r.j.Step, Err: fmt.Errorf("write the journal: %w", err),
			Certain: r.j.certain(), Next: "make room or mend the folder of " + r.w.Store.Where(r.j.ID) + ", then go on"}
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
	case client.MayHaveHappened(err) || errors.Is(err, errUnnamed) || unsettled && !errors.Is(err, errNotSent):
		r.publish()
		return err
	}
	if !unsettled {
		r.j.settled(op)
	}
	return errors.Join(err, r.save(op+" failed"))
}

func (r *Rotation) log(format string, args ...any) {
	r.j.Log = append(r.j.Log, Event{At: r.w.Wall().UTC(), Text: fmt.Sprintf(format, args...)})
}

// job is what the deliveries to one destination are told.
func (r *Rotation) job(rec *destinationRecord) delivery.Job {
	job := delivery.Job{ID: r.j.ID, Environment: r.j.Guard, AllowMixed: r.j.AllowMixed, AllowTracked: r.j.AllowTracked, AllowOwner: r.j.AllowOwner,
		Replace: r.j.Replace}
	if rec != nil {
		job.Where, job.Replace = rec.Where, job.Replace || rec.Replace
	}
	return job
}

package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// deliver puts the new secret to every destination, reads it back, then runs
// what is to run after it. What was already done is not done again.
func (r *Rotation) deliver(ctx context.Context) (Result, error) {
	if r.j.OldFirst {
		r.lookAtDead(ctx)
	}
	var notes, printed []string
	for d, rec := range r.destinations() {
		if rec.Put || rec.Without != "" {
			continue
		}
		have, err := r.needSecret(ctx)
		if err != nil {
			return Result{}, err
		}
		if !have {
			return r.replaceLost(ctx)
		}
		if res, err := r.notOff(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
		if err := r.follow(ctx, d, rec); err != nil {
			return Result{}, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		report, err := r.put(ctx, d, rec)
		if errors.Is(err, delivery.ErrUnexpected) {
			err = errors.New("it holds something else than when the rotation began: somebody has written it since, and it was left alone. Put back what it had, or undo")
		}
		if err != nil {
			return Result{Output: strings.Join(printed, "\n")}, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		notes = append(notes, report.Notes...)
		if report.Output != "" {
			printed = append(printed, report.Output)
		}
	}
	after, err := r.runThen(ctx, func(*destinationRecord) bool { return true })
	output := strings.Join(append(printed, after...), "\n")
	if err != nil {
		return Result{Output: output}, err
	}
	said := "the new secret goes to detent's own credential alone"
	if recs := r.inUse(); len(recs) > 0 {
		said = "the new secret was delivered to " + placesText(recs)
	}
	res, err := r.advance(said, notes...)
	res.Output = output
	return res, err
}

// notOff refuses to deliver a key that was seen to be switched off: what reads the place would stop. One that is gone since is asked about.
func (r *Rotation) notOff(ctx context.Context) (*Result, error) {
	if r.j.New == nil || !r.j.New.key().IsDisabled() || !rule("put: a key that is on") {
		return nil, nil
	}
	s, there, err := r.lookFor(ctx, r.lag(), hasNew) // somebody may have switched it on since
	switch {
	case err != nil:
		return nil, err
	case !there && r.neitherLeft(s):
		res := r.bothGone()
		return &res, nil
	case !there:
		res := r.newMissing()
		return &res, nil
	case r.j.New.key().IsDisabled():
		return nil, errNewOff
	}
	return nil, nil
}

// follow takes up a place whose path leads elsewhere than before: what reads the path reads that file now. Its value must pass for the
// old key's, as at the preflight, or be one of ours.
func (r *Rotation) follow(ctx context.Context, d delivery.Destination, rec *destinationRecord) error {
	if !rec.Reads || rec.Where == "" {
		return nil
	}
	held, _, err := r.held(ctx, d, rec)
	if err != nil || elsewhere(rec, held) == nil {
		return err
	}
	ours := r.isFormer(rec, held) || r.isOld(held.Secret) || r.isNew(held.Secret) || r.isSuperseded(held.Secret) || r.fingerprints.is(held.Secret, rec.Over, r.j.ID)
	if held.Exists && !ours || !held.Exists && rec.Held {
		return fmt.Errorf("%w, and holds another value there", elsewhere(rec, held))
	}
	r.log("%s leads to %s now", rec.Describe, held.Where)
	if rec.Begun { // the copy beside the other file is nobody's any more
		rec.Left = append(rec.Left, rec.Backup)
	}
	rec.Where = held.Where
	if !r.isNew(held.Secret) && !r.isSuperseded(held.Secret) { // a secret of ours is nothing to go back to
		rec.Held = held.Exists
		if rec.Former, err = r.fingerprints.of(held.Secret); err != nil {
			return err
		}
	}
	r.keptBeside(rec, held)
	return r.save("the place is elsewhere")
}

// inUse are the destinations that the rotation goes on with.
func (r *Rotation) inUse() []*destinationRecord {
	var out []*destinationRecord
	for i := range r.j.Destinations {
		if r.j.Destinations[i].Without == "" {
			out = append(out, &r.j.Destinations[i])
		}
	}
	return out
}

// put delivers over what the place held when the rotation began, or over the new secret of an attempt before, and over
// nothing else.
func (r *Rotation) put(ctx context.Context, d delivery.Destination, rec *destinationRecord) (report delivery.Report, err error) {
	fresh, earlier := !rec.Begun, rec.Fresh
	rec.Begun, rec.Fresh = true, false
	job := r.job(rec)
	job.Expect = func(held delivery.Held) bool {
		return !rule("put: over what was there alone") || r.isNew(held.Secret) || rec.Where == "" || r.isFormer(rec, held) || r.isOld(held.Secret) || r.isSuperseded(held.Secret) || !held.Exists && r.overNothing[rec.Spec] ||
			held.Exists && r.fingerprints.is(held.Secret, rec.Over, r.j.ID)
	}
	nothing := false // was written
	err = r.change("put "+rec.Spec, func() (err error) {
		report, err = d.Put(ctx, job, r.secret)
		if report.Kept {
			if rec.Copied == rec.Backup && rec.Copied != "" { // the copy that was made before is out of reach: its volume is not there now
				r.leftBehind(rec)
			}
			rec.Copied = rec.Backup
			if h, reads := d.(delivery.Holder); reads && (!rec.Held || rec.Over != "") {
				if copied, err := h.Former(ctx, job); err == nil {
					if err := r.cameBack(rec, copied); err != nil {
						return err
					}
				}
			}
		}
		if err != nil {
			var noPlace *delivery.PlaceError
			nothing = errors.Is(err, delivery.ErrUnexpected) || errors.As(err, &noPlace)
			return err
		}
		match, err := d.ReadBack(ctx, r.secret)
		switch {
		case err != nil:
			return fmt.Errorf("read back: %w", err)
		case match == delivery.Different:
			return errors.New("read back: it does not hold what was just put there: does something else write it?")
		case match == delivery.CannotTell:
			report.Notes = append(report.Notes, rec.Describe+": handed over; it cannot be read back")
		default:
			r.placeHolds(rec, delivery.Held{Exists: true, Secret: r.secret})
		}
		return nil
	}, func() { rec.Put, rec.Used, r.foreignUse = true, "", false })
	rec.Fresh = earlier && nothing
	if fresh && nothing { // there is nothing to undo
		rec.Begun = false
		var noPlace *delivery.PlaceError
		if errors.As(err, &noPlace) || errors.Is(err, delivery.ErrCopyLeft) { // it was swapped or moved away meanwhile: a copy may lie beside that file
			r.leftBehind(rec)
		}
		err = errors.Join(err, r.save("nothing was put"))
	} else if errors.Is(err, delivery.ErrCopyLeft) {
		r.leftBehind(rec)
		err = errors.Join(err, r.save("a copy is out of reach"))
	}
	return report, err
}

// isOurs reports whether a value is the secret of a key that this rotation made: an undo deletes all of them.
func (r *Rotation) isOurs(s apikey.Secret) bool { return r.isNew(s) || r.isSuperseded(s) }

// isSuperseded reports whether a value is a secret of an earlier new key of this rotation.
func (r *Rotation) isSuperseded(s apikey.Secret) bool {
	for _, print := range r.j.OldPrints {
		if r.fingerprints.is(s, print, r.j.ID) {
			return true
		}
	}
	return false
}

// runThen runs the commands of those destinations that have not run since the last put or undo. Running one
// again is harmless: it restarts what reads the secret.
func (r *Rotation) runThen(ctx context.Context, of func(*destinationRecord) bool) (out []string, err error) {
	for d, rec := range r.destinations() {
		if rec.Then || rec.Without != "" || !of(rec) {
			continue
		}
		ran := false
		err := r.change("then "+rec.Spec, func() error {
			text, err := d.Then(ctx)
			if text != "" {
				out = append(out, text)
			}
			ran = d.HasThen()
			return err
		}, func() {
			rec.Then = true
			if ran {
				r.commandEnded(rec, "the command after it")
			}
		})
		if err != nil {
			return out, fmt.Errorf("%s: the command after it: %w", rec.Describe, err)
		}
	}
	return out, nil
}

// unrestarted are the places of a compromised key's rotation after which no command runs: what reads one has its old value until somebody
// restarts it, and the old key does not wait for that.
func (r *Rotation) unrestarted() (out []string) {
	for i, d := range r.dests {
		if r.j.Mode == Compromised && !r.j.OldFirst && i < len(r.j.Destinations) && r.j.Destinations[i].Without == "" && !d.HasThen() {
			out = append(out, r.j.Destinations[i].Describe)
		}
	}
	return out
}

func restartWords(places []string) string {
	return "Nothing restarts what reads " + strings.Join(places, " and ")
}

func (r *Rotation) commandEnded(rec *destinationRecord, which string) {
	r.observed(CommandEnded, rec.Spec, "command", "%s: %s ended with exit 0", rec.Describe, which)
}

// probes is how many times in a row a new key must be accepted; patience is how
// many refusals are borne before, since a service may need a moment to know a new key.
const (
	probes        = 3
	patience      = 10
	looks         = 5
	between       = time.Second
	maxRedelivery = 2 // deliveries anew, of a value that did not stay
)

// verify proves the new key with harmless requests, then looks whether its last use moves, and then
// switches detent's own credential, if that is what is rotated.
func (r *Rotation) verify(ctx context.Context) (Result, error) {
	if r.j.OldFirst {
		r.lookAtDead(ctx)
	}
	have, err := r.needSecret(ctx)
	if err != nil {
		return Result{}, err
	}
	if !have && r.j.Proved == 0 {
		return r.replaceLost(ctx)
	}
	if res, err := r.places(ctx); err != nil || res != nil {
		return *orNothing(res), err
	}
	var notes []string
	how := ""
	if have && r.j.Proved < probes {
		did, res, err := r.prove(ctx)
		if err != nil || res != nil {
			return *orNothing(res), err
		}
		if did != "" {
			how = " (" + did + ")"
		}
	}
	if err := r.seeLastUse(ctx, &notes); err != nil {
		return Result{}, err
	}
	if res, err := r.switchOwn(ctx, have); err != nil || res != nil {
		return *orNothing(res), err
	}
	said := fmt.Sprintf("the new key works: the service accepted it %d times%s", r.j.Proved, how)
	if r.j.Proved == 0 {
		said = "whether the new key works is not known; it counts by your word: " + r.j.AcceptProbe
	}
	return r.advance(said, notes...)
}

// prove asks the service, with the new key alone.
func (r *Rotation) prove(ctx context.Context) (did string, res *Result, err error) {
	for refused, good := 0, 0; good < probes; {
		if refused+good > 0 {
			if err := r.w.Sleep(ctx, between); err != nil {
				return "", nil, err
			}
		}
		secret, from, err := r.newSecret(ctx)
		if err != nil {
			return "", nil, err
		}
		t, err := r.try(ctx, SubjectNew, secret, from, "")
		switch {
		case err != nil:
			return "", nil, err
		case t.Key != nil && t.Key.ID != "" && t.Key.ID != r.j.New.ID:
			return "", nil, fmt.Errorf("the delivered secret belongs to another key, %s", namedWords(t.Key))
		case t.accepted():
			good++
			did = t.Evidence
		case t.Verdict == apikey.Refused:
			if refused++; refused >= patience {
				return r.refusedNew(ctx, refused, t)
			}
			good = 0
		case t.unproven, t.Verdict == apikey.Known:
			if r.acceptsProbe() {
				return "", nil, r.save("not proved, by your word")
			}
			if _, res, _ := r.refusedNew(ctx, 0, t); res != nil {
				return "", res, nil
			}
			return "", r.askUnproven(t), nil
		default:
			if refused++; refused >= patience {
				return "", nil, fmt.Errorf("whether the new key works could not be seen (%d times; %s: %s)", refused, t.Evidence, t.Why)
			}
			good = 0
		}
	}
	r.j.Proved = probes
	return did, nil, r.save("proved")
}

// refusedNew says what a new key that is refused again and again may be: gone, as a list shows for as long as it may be behind, or there and
// refused.
func (r *Rotation) refusedNew(ctx context.Context, times int, t tried) (string, *Result, error) {
	refused := fmt.Errorf("the service refuses the new key (%d times; %s)", times, t.Evidence)
	if times == 0 {
		refused = errors.New("whether the new key works cannot be seen")
	}
	s, there, err := r.lookFor(ctx, r.lag(), hasNew)
	switch {
	case err != nil:
		return "", nil, errors.Join(refused, err)
	case r.neitherLeft(s):
		res := r.bothGone()
		return "", &res, nil
	case there && times > 0: // listed, and refused: nothing here can mend it
		res := r.bothGone()
		res.Question.Text = refused.Error() + ", although the list shows it: undo, or put another in its place"
		res.Message = res.Question.Text
		return "", &res, nil
	case there:
		return "", nil, refused
	}
	res := r.newMissing()
	return "", &res, nil
}

// acceptsProbe reports whether answers that prove nothing, or that only show that the secret is known, were accepted.
func (r *Rotation) acceptsProbe() bool {
	if r.j.AcceptProbe == "" && r.j.AcceptUnknown != "" {
		r.j.AcceptProbe = r.j.AcceptUnknown
	}
	return r.j.AcceptProbe != ""
}

func (r *Rotation) askUnproven(t tried) *Result {
	text := r.madeUpWords() + ": whether the new key works cannot be seen by it"
	if t.Verdict == apikey.Known {
		text = "the service knows the new secret, but refuses it from here, as the key's restriction explains: whether the application can use it cannot be seen from here (" + t.Evidence + ")"
	}
	res := ask(Question{Kind: AskUnproven, Text: text, Flag: "--accept-unknown REASON", Default: No,
		Choices: slices.Insert(yesNo("go on, by your word", "the new key counts as working", WantsReason), 1,
			Choice{ID: Fails, Label: "it does not work", Does: "what is to take its place is asked next"})})
	return &res
}

func answerUnproven(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	if a.Choice == Fails {
		return r.newFails(), nil
	}
	r.j.AcceptProbe = strings.TrimSpace(a.Reason)
	r.recordStatement(SubjectNew, "the new key counts as working, though that could not be seen (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("accepted: not proved")
}

// seeLastUse finds out whether the service's last use can be relied upon: our own
// requests must have moved the new key's. Where it does not move, the drain will not believe it.
func (r *Rotation) seeLastUse(ctx context.Context, notes *[]string) error {
	if !r.j.SeesUse || r.j.LastUseMoves || r.j.Proved == 0 || !r.willWatch() {
		return nil
	}
	var shown apikey.Moment
	appeared := false
	_, used, err := r.lookFor(ctx, max(looks*between, r.caps.UseResolution), func(s *listing) bool {
		if s.new == nil {
			return false
		}
		shown = s.new.LastUsedAt
		_, used := shown.Time()
		appeared = appeared || !used
		return used
	})
	if err != nil {
		return err
	}
	switch {
	case used && !r.newUse.at.IsZero() && (appeared || r.newUse.ours(shown)):
		r.seeDelay(shown, r.w.Now())
		return r.save("last use seen")
	case used: // the stamp was there before we looked, and since when is not known: the drain sees another one appear
		return nil
	}
	*notes = append(*notes, "the service does not show that the new key was used: its last use is not relied upon")
	return nil
}

// willWatch reports whether anything later relies on the service's last use: the drain, or a place that nobody can read.
func (r *Rotation) willWatch() bool {
	return r.j.Mode == Planned && !(r.j.DrainExplicit && r.j.Drain == 0) || len(r.unreadOnes()) > 0
}

// switchOwn gives detent itself the new credential, and proves it by a list, before
// the old one is retired.
func (r *Rotation) switchOwn(ctx context.Context, have bool) (*Result, error) {
	if !r.j.Own || r.w.Switcher == nil || !r.w.Switcher.CanSwitch() {
		return nil, nil
	}
	s, err := r.look(ctx)
	if err == nil && s.new != nil && s.new.Own { // a start after the switch authenticates with the new key
		r.j.settled(opSwitch)
		return nil, nil
	}
	if !have {
		res, err := r.replaceLost(ctx)
		return &res, err
	}
	r.j.Switched = true
	var next client.Service
	err = r.change(opSwitch, func() (err error) {
		next, err = r.w.Switcher.Switch(ctx, r.job(nil), r.secret)
		return err
	}, func() { r.svc = next })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	if _, err := r.look(ctx); err != nil {
		return nil, fmt.Errorf("with the new credential: %w", err)
	}
	r.log("detent's own credential was switched: %s", r.w.Switcher.Describe())
	return nil, r.save("switched")
}

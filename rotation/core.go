package rotation

import (
	"fmt"
	"iter"
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
	acceptLacks  string                   // why the new key may lack what it cannot be asked to have, said beforehand
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
	newCalls     map[string]bool          // by which it was accepted
	odd          []string                 // answers to a create that were no yes and no no, until they are said
	foreignUse   bool                     // the new key's last use moved where no request of ours explains it, since the last delivery
	reverted     bool                     // a place held something else when it was finished
	sawOld       bool                     // the last list of this process showed the old key
	overNothing  map[string]bool          // places that a person wants delivered to although they hold nothing any more
	listed       map[string]bool          // the ids that lists of this process showed before the create
	view         atomic.Pointer[func() View]
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

func (r *Rotation) note(format string, args ...any) {
	r.j.Notes = append(r.j.Notes, fmt.Sprintf(format, args...))
}

func (r *Rotation) newID() string {
	if r.j.New == nil {
		return ""
	}
	return r.j.New.ID
}

// serviceNow is the service's time, where it shows one, else this machine's.
func (r *Rotation) serviceNow() time.Time {
	if server, local, ok := client.ServerTime(r.svc); ok {
		return r.w.Wall().Add(server.Sub(local))
	}
	return r.w.Wall()
}

// destinations are the places, each with what the journal has of it.
func (r *Rotation) destinations() iter.Seq2[delivery.Destination, *destinationRecord] {
	return func(yield func(delivery.Destination, *destinationRecord) bool) {
		for i, d := range r.dests {
			if !yield(d, &r.j.Destinations[i]) {
				return
			}
		}
	}
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

func (r *Rotation) unreadOnes() (out []*destinationRecord) {
	for i := range r.j.Destinations {
		if rec := &r.j.Destinations[i]; rec.Without == "" && !rec.Reads {
			out = append(out, rec)
		}
	}
	return out
}

// UsualOverlap is how long the former secret of a roll lives on where nothing is said: no longer than the service lets it, nor than its key does.
func UsualOverlap(roll apikey.Roll, key apikey.Key, now time.Time) time.Duration {
	usual := min(DefaultOverlap, roll.Overlap)
	if most, ends := longestOverlap(roll, key, now); ends && most > 0 {
		return min(usual, most)
	}
	return usual
}

// longestOverlap is how long a key may live on beside the one that its roll makes: the service takes what it is told for the key's end, and a later
// one than it has is not what anybody asked for. A key that stays ends when it ends.
func longestOverlap(roll apikey.Roll, key apikey.Key, now time.Time) (time.Duration, bool) {
	end, ends := key.ExpiresAt.Time()
	if !ends || !roll.NewID {
		return 0, false
	}
	return end.Sub(now).Truncate(time.Minute) - time.Minute, true
}

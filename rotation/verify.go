package rotation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
)

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
	return r.Advance(said, notes...)
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
			return "", nil, fmt.Errorf("the delivered secret belongs to another key, %s", t.Key.Quoted())
		case t.accepted():
			good++
			did = t.Evidence
		case t.Verdict == apikey.Refused:
			if refused++; refused >= patience {
				res, err := r.refusedNew(ctx, refused, t)
				return "", res, err
			}
			good = 0
		case t.unproven, t.Verdict == apikey.Known:
			if r.acceptsProbe() {
				return "", nil, r.save("not proved, by your word")
			}
			if res, _ := r.refusedNew(ctx, 0, t); res != nil {
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

func answerUnproven(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	if a.Choice == Fails {
		return *r.newFails(), nil
	}
	r.j.AcceptProbe = strings.TrimSpace(a.Reason)
	r.recordStatement(SubjectNew, "the new key counts as working, though that could not be seen (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("accepted: not proved")
}

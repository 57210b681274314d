package rotation

import (
	"context"
	"fmt"
	"time"

	"detent/apikey"
	"detent/client"
)

// maskTells compares a secret with the old key's mask. A mask that shows no more than how every secret of the service
// begins shows nothing about whose it is.
func maskTells(secret apikey.Secret, mask string) (wrong, by string) {
	begins, ends, ok := apikey.MaskShows(mask)
	if !ok {
		return "", ""
	}
	if !secret.HasPrefix(begins) || !secret.HasSuffix(ends) {
		return fmt.Sprintf("what it holds is not the key that is replaced, whose secret is %s", mask), ""
	}
	if apikey.MaskTells(begins, ends) {
		return "", "its mask, " + mask
	}
	return "", ""
}

// identify asks whose secret it is, where the service can tell.
func (r *Rotation) identify(ctx context.Context, secret apikey.Secret) (owner apikey.Key, how string, err error) {
	identify := r.svc.Abilities().Identify
	if identify == nil {
		return owner, "", nil
	}
	r.w.Hook("before: identify")
	k, err := identify(ctx, secret)
	r.w.Hook("after: identify")
	if err != nil || k == nil || k.ID == "" {
		if client.IsKind(err, client.Unauthorized) || client.IsKind(err, client.Forbidden) || client.IsKind(err, client.NotFound) || client.IsKind(err, client.Unsupported) {
			err = nil
		}
		return owner, "", err
	}
	return *k, "the service's list matches it", nil
}

// useRounds is how often a probe has to move a row's last use, and a pause not to, before it tells whose secret it is.
const useRounds = 3

// lastUseTells watches which row's last use moves with our probes. It speaks against the place only where another row moves
// at each of three probes and in none of three pauses between, and the old one never: on a busy account every row moves.
func (r *Rotation) lastUseTells(ctx context.Context, s *listing, secret apikey.Secret, call string, rec *destinationRecord) (wrong, by string, err error) {
	rows, err := r.watchRounds(ctx, s.uses, func() error {
		_, err := r.probe(ctx, secret, call)
		return err
	}, func(rows map[string]*roundsOf, rounds int) bool {
		mine, other := r.movesAlone(rows, rounds)
		return !mine && other == "" // it cannot tell any more
	})
	if err != nil {
		return "", "", err
	}
	mine, other := r.movesAlone(rows, useRounds)
	switch old := rows[r.j.Old.ID]; {
	case mine && other == "":
		return "", byLastUse, nil
	case other != "" && old == nil && rule("place: last use"):
		wrong = fmt.Sprintf("the last use of another key, %s, moves with each of our probes, and that of the key that is replaced never", other)
		if r.against == nil {
			r.against = map[string]contradiction{}
		}
		r.against[rec.Spec] = contradiction{secret, wrong}
		return wrong, "", nil
	case old == nil:
		r.note("unknown: whether %s holds this key's secret or another's: its last use does not tell, since no probe of ours moves it", rec.Describe)
	case mine:
		r.note("unknown: whether %s holds this key's secret or another's: its last use does not tell, since that of %s moves with our probes too", rec.Describe, other)
	case old.pauses > 0:
		r.note("unknown: whether %s holds this key's secret or another's: its last use does not tell, since the key is in use", rec.Describe)
	default:
		r.note("unknown: whether %s holds this key's secret or another's: its last use does not tell, since not each of our probes moves it", rec.Describe)
	}
	return "", "", nil
}

// movesAlone reports whether the old key's last use, and which other key's, moved with each of so many probes and in no pause.
func (r *Rotation) movesAlone(rows map[string]*roundsOf, probes int) (old bool, other string) {
	for id, row := range rows {
		switch {
		case row.probes < probes || row.pauses > 0:
		case id == r.j.Old.ID:
			old = true
		default:
			other = id
		}
	}
	return old, other
}

// contradiction is what was seen to speak against a value, which may not show any more when it is looked at again: the keys may have ended.
type contradiction struct {
	secret apikey.Secret
	why    string
}

// contradictedBy is what last use said against the value of a place before; empty where nothing did.
func (r *Rotation) contradictedBy(rec *destinationRecord, secret apikey.Secret) string {
	if said, ok := r.against[rec.Spec]; ok && said.secret.Equal(secret) && rule("place: what spoke against it still does") {
		return said.why
	}
	return ""
}

// byLastUse is by what a secret is shown to be the old key's where neither the service nor a mask tells.
const byLastUse = "its last use moves with our probes, and only then"

// roundsOf counts at how many probes, and in how many pauses, a row's last use moved.
type roundsOf struct{ probes, pauses int }

// watchRounds probes three times, each with a pause after it, and counts whose last use moves when. enough may end it early: it is told how often
// was probed. The pauses differ, so that no use at even intervals keeps step with the probes.
func (r *Rotation) watchRounds(ctx context.Context, before map[string]apikey.Moment, probe func() error, enough func(rows map[string]*roundsOf, probes int) bool) (map[string]*roundsOf, error) {
	rows := map[string]*roundsOf{}
	count := func(was, is map[string]apikey.Moment, add func(*roundsOf)) bool {
		ids := moved(was, is)
		for _, id := range ids {
			if rows[id] == nil {
				rows[id] = &roundsOf{}
			}
			add(rows[id])
		}
		return len(ids) > 0
	}
	var delay time.Duration
	for round := range useRounds {
		now, took, err := r.afterProbe(ctx, before, probe)
		if err != nil {
			return nil, err
		}
		if round == 0 && len(moved(before, now)) == 0 { // the last use before may have been in the same tick of the stamps
			if err := r.w.Sleep(ctx, r.stampSpacing(now)); err != nil {
				return nil, err
			}
			if now, took, err = r.afterProbe(ctx, before, probe); err != nil {
				return nil, err
			}
		}
		delay = max(delay, took)
		if moved := count(before, now, func(o *roundsOf) { o.probes++ }); !moved || enough(rows, round+1) {
			return rows, nil // a last use that does not show our probe tells nothing
		}
		pause := max(r.stampSpacing(now), 2*delay)
		if round == 1 {
			pause *= 2
		}
		if err := r.w.Sleep(ctx, pause); err != nil {
			return nil, err
		}
		s, err := r.look(ctx)
		if err != nil {
			return nil, err
		}
		if count(now, s.uses, func(o *roundsOf) { o.pauses++ }); enough(rows, round+1) {
			return rows, nil
		}
		before = s.uses
	}
	return rows, nil
}

// afterProbe probes once and looks until somebody's last use has moved since before, or it would have shown.
func (r *Rotation) afterProbe(ctx context.Context, before map[string]apikey.Moment, probe func() error) (now map[string]apikey.Moment, took time.Duration, err error) {
	if err := probe(); err != nil {
		return nil, 0, err
	}
	began, shows := r.w.Now(), useShows
	if r.j.Mode == Planned {
		shows = between // what shows later does not matter here: it would only tell more about a place that nothing speaks against
	}
	_, _, err = r.lookFor(ctx, shows, func(s *listing) bool {
		now = s.uses
		return len(moved(before, now)) > 0
	})
	return now, r.w.Now().Sub(began), err
}

// moved are the rows that a list shows with another last use than the list before, or with their first one: a row may say nothing of it until then.
func moved(was, is map[string]apikey.Moment) (ids []string) {
	for id, now := range is {
		if then, listed := was[id]; listed && now.Known() && !then.Equal(now) {
			ids = append(ids, id)
		}
	}
	return ids
}

// useShows bounds how long the stamp of a probe is waited for.
const useShows = 3 * time.Second

// stampSpacing is how far apart two probes must be for their stamps to differ: twice the printed precision.
func (r *Rotation) stampSpacing(uses map[string]apikey.Moment) time.Duration {
	for _, m := range uses {
		if at, ok := m.Time(); ok && at.Nanosecond() != 0 {
			return fineSpacing
		}
	}
	return coarseSpacing
}

const (
	fineSpacing   = time.Second
	coarseSpacing = 3 * time.Second
)

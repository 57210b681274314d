package trial

import (
	"context"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/desk"
)

const (
	trialOverlap = time.Hour        // of a roll that is ended before it is over
	trialBrief   = 10 * time.Second // of one whose end is waited for
	trialRunsOut = 3 * time.Minute  // the longest wait for it: some count full minutes
	trialSlack   = 2 * time.Minute
)

// rolled gives the key new secrets by the declared call, and holds what becomes of the former ones. The key that the trial goes on with is the
// one with the last secret.
func (t *trial) rolled(ctx context.Context, a *trialKey) {
	switch {
	case t.d.Roll == nil:
		return
	case !t.s.Caps.Roll.OK:
		t.untried("roll", "%s", t.s.Caps.Roll.Why)
		return
	}
	if t.d.Roll.Overlaps() {
		t.rolledBeside(ctx, a)
	}
	former, ok := t.roll(ctx, a, 0)
	if !ok {
		return
	}
	t.dies(ctx, former, "rolled at once")
}

// rolledBeside rolls with an overlap: it is taken back, ended, and left to run out, as far as there are calls for it.
func (t *trial) rolledBeside(ctx context.Context, a *trialKey) {
	overlap := min(trialOverlap, t.s.Caps.Roll.Overlap)
	if t.d.Roll.Keep != nil {
		was, _ := t.row(ctx, a.key.ID)
		if former, ok := t.roll(ctx, a, overlap); ok {
			t.shows(ctx, former, a, overlap)
			t.kept(ctx, former, a, was)
		}
	}
	if t.d.Roll.End != nil || t.d.Roll.NewID {
		if former, ok := t.roll(ctx, a, overlap); ok {
			t.shows(ctx, former, a, overlap)
			t.ended(ctx, former)
		}
	}
	if former, ok := t.roll(ctx, a, min(trialBrief, overlap)); ok {
		t.runsOut(ctx, former, a)
	}
}

// roll makes the call. The key has its new secret then, or is another one; former is what was before.
func (t *trial) roll(ctx context.Context, a *trialKey, overlap time.Duration) (former *trialKey, ok bool) {
	order := desk.Order{What: desk.Roll, Key: a.key, Overlap: overlap, Once: nonce()}
	if _, ends := a.key.ExpiresAt.Time(); ends && t.d.Roll.NewID {
		order.Draft.Expiry = apikey.Expiry{After: trialLife}
	}
	out, err := t.s.Desk.Do(ctx, order)
	if err != nil {
		t.wrong("roll", t.d.Roll.Call.Call, err)
		if client.MayHaveHappened(err) {
			t.say("%-12s it may have been done: look for a second key named %s, and delete it if it is there", "", a.key.Name)
		}
		return nil, false
	}
	former = &trialKey{key: a.key, secret: a.secret, gone: !t.d.Roll.NewID}
	a.secret = out.Rolled.Secret
	if t.d.Roll.NewID { // the former key is one of the trial's own, too
		a.key.ID, a.key.ExpiresAt = out.Rolled.Key.ID, out.Rolled.Key.ExpiresAt
		t.made = append(t.made, former)
	}
	if after, ok := t.until(ctx, a.secret, "", true); ok {
		t.held("roll", "%s: the new secret is accepted%s", t.d.Roll.Call.Call, after)
	} else {
		t.failure("roll", "%s: answered with a secret, which is not accepted%s", t.d.Roll.Call.Call, after)
	}
	return former, true
}

// end is when the list says that a former secret dies.
func (t *trial) end(ctx context.Context, former, fresh *trialKey) (time.Time, bool) {
	if t.d.Roll.NewID {
		row, _ := t.row(ctx, former.key.ID)
		return row.ExpiresAt.Time()
	}
	row, _ := t.row(ctx, fresh.key.ID)
	return row.FormerEndsAt.Time()
}

// shows holds that the former secret is accepted beside the new one, and that the list says until when.
func (t *trial) shows(ctx context.Context, former, fresh *trialKey, overlap time.Duration) {
	end, ends := t.end(ctx, former, fresh)
	accepted := t.accepts(ctx, former)
	switch away := end.Sub(t.o.Now().Add(overlap)).Abs(); {
	case !accepted:
		t.failure("roll", "with an overlap of %s: the former secret is not accepted: is overlap sent in another unit (as)?", apikey.SpanWords(overlap))
	case !ends:
		t.failure("roll", "with an overlap of %s: the list does not show when the former secret dies: row.former, row.expires_at", apikey.SpanWords(overlap))
	case away > trialSlack:
		t.failure("roll", "with an overlap of %s: by the list the former secret dies %s away from that: is overlap sent in another unit (as)?", apikey.SpanWords(overlap), apikey.SpanWords(away.Round(time.Minute)))
	default:
		t.held("roll", "with an overlap of %s: the former secret is accepted, and the list shows when it dies", apikey.SpanWords(overlap))
	}
}

// accepts tries a secret once.
func (t *trial) accepts(ctx context.Context, k *trialKey) bool {
	proof, err := t.s.Service.Probe(ctx, k.secret, "")
	return err == nil && proof.Accepted()
}

// kept takes the roll back: the trial goes on with the former secret.
func (t *trial) kept(ctx context.Context, former, a *trialKey, was apikey.Key) {
	fresh := trialKey{key: a.key, secret: a.secret}
	order := desk.Order{What: desk.KeepFormer, Key: former.key}
	order.Key.ExpiresAt = was.ExpiresAt
	if _, err := t.s.Desk.Do(ctx, order); err != nil {
		t.wrong("roll.keep", t.d.Roll.Keep.Call, err)
		return
	}
	if t.d.Roll.NewID { // the two change places: the fresh one is deleted at the end
		a.key, a.secret, former.key, former.secret = former.key, former.secret, fresh.key, fresh.secret
		row, there := t.row(ctx, a.key.ID)
		if end, _ := row.ExpiresAt.Time(); there && row.ExpiresAt.Known() == was.ExpiresAt.Known() && row.ExpiresAt.Equal(was.ExpiresAt) && t.accepts(ctx, a) {
			t.held("roll.keep", "%s: the former key has the end that it had, and is accepted", t.d.Roll.Keep.Call)
		} else {
			t.failure("roll.keep", "%s: the former key does not have the end that it had, by the list", t.d.Roll.Keep.Call)
			t.say("%-12s its end is %s", "", end.UTC().Format(time.RFC3339))
		}
		return
	}
	a.secret = former.secret
	if after, ok := t.until(ctx, fresh.secret, "", false); ok && t.accepts(ctx, a) {
		t.held("roll.keep", "%s: the former secret is accepted, and the other one refused%s", t.d.Roll.Keep.Call, after)
	} else {
		t.failure("roll.keep", "%s: the former secret is not the key's alone again%s", t.d.Roll.Keep.Call, after)
	}
}

// ended ends an overlap. Of two keys the former one is deleted.
func (t *trial) ended(ctx context.Context, former *trialKey) {
	step, order := "roll.end", desk.Order{What: desk.EndOverlap, Key: former.key}
	if t.d.Roll.NewID {
		step, order.What = "delete", desk.Delete
	}
	if _, err := t.s.Desk.Do(ctx, order); err != nil {
		t.wrong(step, "an overlap", err)
		return
	}
	former.gone = true
	t.dies(ctx, former, "whose overlap was ended")
}

// runsOut waits until the former secret is over, as the list says it is.
func (t *trial) runsOut(ctx context.Context, former, fresh *trialKey) {
	end, ends := t.end(ctx, former, fresh)
	left := end.Sub(t.o.Now())
	if !ends || left > trialRunsOut {
		t.untried("roll", "whether the former secret is refused when the overlap is over")
		return
	}
	if t.o.Pause(ctx, max(left, 0)+time.Second) == nil {
		t.dies(ctx, former, "whose overlap is over")
	}
}

// dies holds that a former secret is refused, as soon as the file says.
func (t *trial) dies(ctx context.Context, former *trialKey, when string) {
	if t.d.Truth.NeverTryDead {
		t.untried("roll", "whether the former secret, %s, is refused: truth.never_try_dead", when)
		return
	}
	begin := t.o.Now()
	after, refused := t.until(ctx, former.secret, "", false)
	switch took := t.o.Now().Sub(begin); {
	case !refused:
		t.failure("roll", "the former secret, %s: not refused%s: roll.old", when, after)
	case t.s.Caps.RevokeLag == 0 && took > 3*time.Second:
		t.failure("roll", "the former secret, %s: refused%s: truth.revoke_lag is to say so", when, after)
	default:
		t.held("roll", "the former secret, %s: refused%s", when, after)
	}
}

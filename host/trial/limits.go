package trial

import (
	"context"
	"encoding/json"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/desk"
)

// slackOf is how far an end may be from the one that was asked for, by the form that it is sent in.
func slackOf(as string) time.Duration {
	if as == "date" || as == "days" {
		return 25 * time.Hour
	}
	return 2 * time.Minute
}

// expiry makes a key that ends, and looks whether it does when it was asked to.
func (t *trial) expiry(ctx context.Context, _ *trialKey) {
	if !t.s.Caps.Expiry.OK {
		t.untried("expires_at", "%s", t.s.Caps.Expiry.Why)
		return
	}
	life := trialLife
	if spans := t.s.Caps.Lifetimes.Spans; len(spans) > 0 {
		life = spans[0]
	} else if longest := t.s.Caps.Lifetimes.Longest; longest > 0 {
		life = min(life, longest)
	}
	asked, words := t.o.Now().Add(life), apikey.SpanWords(life)
	if life == trialLife {
		words = "2 days"
	}
	k, err := t.create(ctx, "expires_at", apikey.Expiry{After: life}, nil)
	if err != nil || k == nil {
		return
	}
	slack := slackOf(t.d.Create.As(apikey.FieldExpiry))
	shown, there, err := t.find(ctx, k.key.ID, isThere)
	var at time.Time
	ends := false
	if there {
		at, ends = shown.ExpiresAt.Time()
	}
	switch {
	case err != nil:
		t.wrong("expires_at", "the list", err)
	case !there:
		t.failure("expires_at", "the key that ends is not in the list")
	case !ends:
		t.failure("expires_at", "a key was asked for that ends in %s, and the list shows no end: row.expires_at, create.send", words)
	case at.Sub(asked).Abs() > slack:
		t.failure("expires_at", "a key was asked for that ends in %s, and the list has an end that is %s away from that: is it sent in another form (as), or read in another zone?", words, apikey.SpanWords(at.Sub(asked).Abs().Round(time.Minute)))
	default:
		t.held("expires_at", "a key that was to end in %s does", words)
	}
}

// moved moves the end of the key, and takes it away, as far as the file says that there is a way.
func (t *trial) moved(ctx context.Context, a *trialKey) {
	caps := t.s.Caps
	if !caps.ChangeExpiry.OK {
		if caps.Expiry.OK {
			t.untried("update", "the end: %s", caps.ChangeExpiry.Why)
		}
		return
	}
	to, fits := caps.Lifetimes.Fit(apikey.Expiry{After: trialMoved}, t.o.Now())
	if !fits {
		to = apikey.Expiry{After: caps.Lifetimes.Spans[0]}
	}
	asked := t.o.Now().Add(to.After)
	shown, ok := t.changed(ctx, a, "the end", apikey.Patch{Expiry: &to}, func(k apikey.Key) bool {
		at, ends := k.ExpiresAt.Time()
		return ends && at.Sub(asked).Abs() <= slackOf(t.d.Update.As(apikey.FieldExpiry))
	})
	if !ok {
		return
	}
	a.key.ExpiresAt = shown.ExpiresAt
	v, _ := t.d.Update.Value(apikey.FieldExpiry)
	if v.Else == nil && !v.Null || caps.Lifetimes.Always {
		t.untried("update", "taking the end away: the file says no way (else, null)")
		return
	}
	if shown, ok = t.changed(ctx, a, "taking the end away", apikey.Patch{Expiry: &apikey.Expiry{}}, func(k apikey.Key) bool { _, ends := k.ExpiresAt.Time(); return !ends }); ok {
		a.key.ExpiresAt = shown.ExpiresAt
	}
}

// changed makes a change and looks for it in the list: what the secret can do meanwhile stays.
func (t *trial) changed(ctx context.Context, a *trialKey, what string, p apikey.Patch, shows func(k apikey.Key) bool) (row apikey.Key, ok bool) {
	if _, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Update, Key: a.key, Patch: p}); err != nil {
		t.wrong("update", what+": "+t.d.Update.Call, err)
		return row, false
	}
	found, shown, err := t.find(ctx, a.key.ID, func(k *apikey.Key) bool { return k != nil && shows(*k) })
	switch {
	case err != nil:
		t.wrong("update", what+": the list after it", err)
		return row, false
	case !shown:
		t.failure("update", "%s: %s answered, and the list does not show it: update.send, and in which form (as)", what, t.d.Update.Call)
		return row, false
	}
	if after, accepted := t.until(ctx, a.secret, "", true); !accepted {
		t.failure("update", "%s: the list shows it, and the secret is not accepted%s", what, after)
		return *found, true
	}
	t.held("update", "%s: the list shows it, and the secret is accepted", what)
	return *found, true
}

// limits makes a key with each property and looks for them; then it changes those that can be changed, and takes away those that need not be.
func (t *trial) limits(ctx context.Context, _ *trialKey) {
	all := t.s.Caps.Properties
	asked := t.properties(func(apikey.Property) bool { return true }, 0)
	if len(asked) == 0 {
		return
	}
	k, err := t.create(ctx, "properties", apikey.Expiry{}, asked)
	if err != nil || k == nil {
		return
	}
	row, there := t.row(ctx, k.key.ID)
	if !there {
		t.failure("properties", "the key with limits and other properties is not in the list")
		return
	}
	for _, p := range all {
		t.property(ctx, k, row, p, asked[string(p.Field)])
	}
}

// property looks whether a new key has a property as it was asked for, changes it, and takes it away.
func (t *trial) property(ctx context.Context, k *trialKey, row apikey.Key, p apikey.Property, asked json.RawMessage) {
	name, step := string(p.Field), string(p.Kind)
	has := func(k apikey.Key, c *kit.Call, raw json.RawMessage) bool {
		return p.Same(k.Extra[name], raw, slackOf(c.As(p.Field)))
	}
	switch {
	case asked == nil:
		t.untried(step, "%s: no word is known that it could have", name)
		return
	case t.d.Property(p.Field).Unshown:
		t.untried(step, "%s: a new key was asked for with it, and no row shows whether it has it", name)
		return
	case !has(row, &t.d.Create.Call, asked):
		t.failure(step, "%s: a new key was asked for with it, and the list does not show it: create.send, and the member's name", name)
		return
	}
	t.held(step, "%s: a new key has it as it was asked for", name)
	if !p.Change {
		t.untried("update", "%s: the service has no call that changes it", name)
		return
	}
	to := t.properties(func(o apikey.Property) bool { return o.Field == p.Field }, 1)
	_, ok := t.changed(ctx, k, name, apikey.Patch{Properties: to}, func(k apikey.Key) bool { return has(k, t.d.Update, to[name]) })
	v, _ := t.d.Update.Value(p.Field)
	if away := p.Numeric() || p.Listed() || v.Else != nil || v.Null; ok && away && !p.Always {
		none := map[string]json.RawMessage{name: json.RawMessage("null")}
		t.changed(ctx, k, "taking "+name+" away", apikey.Patch{Properties: none}, func(k apikey.Key) bool { return has(k, t.d.Update, nil) })
	}
}

package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

func init() {
	kinds[Create] = kind{
		op:          "create a key",
		abilities:   func(c *apikey.Capabilities) []*apikey.Ability { return []*apikey.Ability{&c.Create} },
		can:         func(c apikey.Capabilities) apikey.Ability { return c.Create },
		check:       func(o Order, c apikey.Capabilities) *FieldError { return checkDraft(o.Draft, c) },
		recordAsked: func(d *Desk, o Order, _ apikey.Key, e *Entry) { e.KeyName, e.Granted = o.Draft.Name, d.asked(o.Draft) },
		recordResult: func(d *Desk, o Order, out Outcome, err error, r *audit.Outcome) {
			if err == nil {
				r.KeyID, r.KeyName = out.Created.Key.ID, out.Created.Key.Name
				r.Granted = d.granted(o.Draft, out.Created.Key)
			}
		},
		call: func(ctx context.Context, d *Desk, o Order) (out Outcome, err error) {
			ctx, cancel := d.uncancelled(ctx, o)
			defer cancel()
			if out.Created, err = d.service.Create(ctx, o.Draft); err == nil {
				d.names.learn(out.Created.Key)
				d.mu.Lock()
				d.made[out.Created.Key.ID] = true
				d.mu.Unlock()
			}
			return out, err
		},
		do: func(ctx context.Context, d *Desk, o Order) (Outcome, error) { return d.create(ctx, o) },
	}
}

func (s *ordering) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	out, err := s.d.handle(ctx, Order{What: Create, Draft: draft, Act: s.act})
	return out.Created, err
}

// Before gives the keys that were there before a create. They are asked for once, however often it is called.
type Before func() ([]apikey.Key, error)

// Before is that of this desk.
func (d *Desk) Before(ctx context.Context) Before {
	return sync.OnceValues(func() ([]apikey.Key, error) { return d.keys(ctx) })
}

func (d *Desk) keys(ctx context.Context) (all []apikey.Key, err error) {
	if err = d.List(ctx, func(batch []apikey.Key) { all = append(all, batch...) }); err != nil {
		return nil, err
	}
	return all, nil
}

func (b Before) known() ([]apikey.Key, error) {
	if b == nil {
		return nil, fmt.Errorf("nobody asked for them")
	}
	return b()
}

// create makes a key and brings its secret to its places. A secret that reached nobody would leave a key that nobody can
// use: then the key is deleted again. A command after a delivery that fails takes nothing back.
func (d *Desk) create(ctx context.Context, o Order) (Outcome, error) {
	out, err := d.handle(ctx, o)
	if err != nil {
		if client.MayHaveHappened(err) {
			d.reportLost(ctx, o)
		}
		return out, err
	}
	out.IsNew = d.reportCreated(o, out.Created)
	k := out.Created.Key
	if out.Created.Secret.IsZero() {
		return out, fmt.Errorf("the service answered without the secret, and it cannot be had again: delete the key with detent delete %s, and create another", k.ID)
	}
	if len(o.Places) == 0 {
		return out, nil
	}
	ctx = ForKey(ctx, k)
	if err := o.put(ctx, out.Created.Secret); err != nil {
		return Outcome{}, d.Discard(ctx, o, out, err)
	}
	return out, o.Delivery.Then(ctx, o.Places)
}

// put brings a secret to the places of an order.
func (o Order) put(ctx context.Context, secret apikey.Secret) error {
	if err := o.Delivery.Put(ctx, o.Places, secret); err != nil {
		return err
	}
	for _, p := range o.Places {
		o.note("delivered to %s", p.Describe())
	}
	return nil
}

// Discard deletes a key that an order made and whose secret reached nobody, and says what is certain.
func (d *Desk) Discard(ctx context.Context, o Order, made Outcome, cause error) error {
	k := made.Created.Key
	if !made.IsNew {
		return fmt.Errorf("%w; nothing was deleted: %s may be a key that was there before, and a new one, if there is one, has a secret that nobody has: look with detent list", cause, k.CalledWithID())
	}
	out, err := d.Do(ctx, Order{What: Delete, Key: k, Note: o.Note})
	switch {
	case err != nil:
		return fmt.Errorf("%w; the key %s exists, nobody has its secret, and it could not be deleted: %v; delete it with detent delete %s", cause, k.CalledWithID(), err, k.ID)
	case out.Deleted.Evidence != "":
		return fmt.Errorf("%w; the new key %s, of which nobody has the secret: %s", cause, k.CalledWithID(), out.Deleted.Evidence)
	case out.Deleted.AlreadyGone:
		return fmt.Errorf("%w; the new key %s is gone already", cause, k.CalledWithID())
	}
	return fmt.Errorf("%w; the new key %s was deleted again, since nobody has its secret", cause, k.CalledWithID())
}

func withName(keys []apikey.Key, name string) []apikey.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k apikey.Key) bool { return k.Name != name })
}

// WarnOfDuplicate says which keys have the name already. A key that may create need not be one that may list, so that
// create goes on where that cannot be told.
func (o Order) WarnOfDuplicate() {
	keys, err := o.Before.known()
	if err != nil {
		o.note("whether a key named %q is there already is not known: %v", o.Draft.Name, err)
		return
	}
	o = o.trimmed()
	switch twins := withName(keys, o.Draft.Name); {
	case len(twins) == 1:
		o.note("a key named %q is there already (%s): two are hard to tell apart", o.Draft.Name, twins[0].ID)
	case len(twins) > 1:
		o.note("%d keys named %q are there already: they are hard to tell apart", len(twins), o.Draft.Name)
	}
}

// reportCreated says what the answer to a create names, and whether that is the new key for sure: a key that
// was there before must not be deleted in its place.
func (d *Desk) reportCreated(o Order, created apikey.Created) (sure bool) {
	k, asked := created.Key, o.Draft.Name
	keys, err := o.Before.known()
	i := slices.IndexFunc(keys, func(old apikey.Key) bool { return old.ID == k.ID })
	switch {
	case i >= 0:
		o.note("asked %s for a key named %q; the answer names %s, the id of the key %q, which was there before. Certain is that the create was answered; "+
			"whether there is a new key is not: look with detent list, and try the secret with detent verify", d.o.Profile, asked, k.ID, keys[i].Name)
	case err != nil && k.Name != asked && k.Name != "":
		o.note("asked %s for a key named %q; the answer names %s, the key %q: whether that is a new key is not known", d.o.Profile, asked, k.ID, k.Name)
	default:
		sure = true
		o.note("created %s on %s; expires: %s", k.CalledWithID(), d.o.Profile, endOf(o.Draft, created))
		if k.Name != asked && k.Name != "" {
			o.note("asked for the name %q; the service calls it %q", asked, k.Name)
		}
	}
	for _, note := range created.Notes {
		o.note("%s", note)
	}
	return sure
}

// reportLost follows a create whose answer was lost.
func (d *Desk) reportLost(ctx context.Context, o Order) {
	name := o.Draft.Name
	looking, cancel := d.uncancelled(ctx, o)
	defer cancel()
	keys, err := d.keys(looking)
	if err != nil {
		o.note("whether the key exists is not known, and the keys cannot be listed: %v", err)
		return
	}
	old, _ := o.Before.known() // where they are not known, any of them may be the new one
	found := slices.DeleteFunc(withName(keys, name), func(k apikey.Key) bool {
		return slices.ContainsFunc(old, func(o apikey.Key) bool { return o.ID == k.ID })
	})
	for _, k := range found {
		o.note("there is a key named %q: %s, created %s; if it is the new one, %s: detent delete %s", name, k.ID, moment(k.CreatedAt), k.SecretWithoutAnswer(), k.ID)
	}
	switch {
	case len(found) > 0:
	case len(withName(old, name)) > 0:
		o.note("no key named %q is listed now that was not there before; a late request could still create one: look once more before you create it again", name)
	default:
		o.note("no key named %q is listed now; a late request could still create it: look once more before you create it again", name)
	}
}

// endOf is when a new key ends: what the answer says, else what was asked for.
func endOf(asked apikey.Draft, created apikey.Created) string {
	switch {
	case created.Key.ExpiresAt.Known():
		return moment(created.Key.ExpiresAt)
	case created.Asked.Known():
		return moment(created.Asked) + ", as it was asked for (the answer does not say)"
	case asked.Expiry.IsNever():
		return "no end was asked for, and the answer does not say: detent show " + created.Key.ID
	}
	return "unknown"
}

// moment is a time in UTC, never, or unknown where the service does not say.
func moment(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format(time.RFC3339)
	}
	if m.IsNever() {
		return "never"
	}
	return "unknown"
}

// Permission finds a permission that is in no catalogue on the existing keys: a
// service has more of them than its documents name.
func (b Before) Permission(text string) (apikey.Permission, bool) {
	want := apikey.ParsePermission(text)
	keys, err := b()
	if err != nil || want.Name == "" {
		return apikey.Permission{}, false
	}
	var found []apikey.Permission
	for _, k := range keys {
		for _, p := range k.Permissions {
			named := p.String() == text || p.Name == want.Name && (want.Feature == "" || p.Feature == want.Feature)
			if named && !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	if len(found) != 1 {
		return apikey.Permission{}, false
	}
	return found[0], true
}

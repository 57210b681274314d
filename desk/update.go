package desk

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

func init() {
	kinds[Update] = kind{
		op: "change a key",
		abilities: func(c *apikey.Capabilities) []*apikey.Ability {
			return []*apikey.Ability{&c.Rename, &c.ChangeRole, &c.Disable, &c.ChangeExpiry}
		},
		check: checkPatch,
		recordAsked: func(d *Desk, o Order, was apikey.Key, e *Entry) {
			e.Action, e.Detail = patched(o.Patch)
			was.ExpiresAt, was.Extra = o.Key.ExpiresAt, o.Key.Extra // as whoever ordered saw them
			e.Before, e.After = changes(o.Patch, was, d.o.Now())
		},
		recordResult: func(d *Desk, o Order, out Outcome, err error, r *audit.Outcome) {
			if err == nil {
				r.After = changedTo(o.Patch, out.Key, d.o.Now())
			}
		},
		call: func(ctx context.Context, d *Desk, o Order) (out Outcome, err error) {
			ctx, cancel := d.uncancelled(ctx, o)
			defer cancel()
			if out.Key, err = d.service.Update(ctx, o.Key.ID, o.Patch); err == nil {
				d.names.learn(out.Key)
				noteBesides(o, out.Key)
			} else if client.MayHaveHappened(err) && o.Note != nil {
				d.reportMaybeChanged(ctx, o)
			}
			return out, err
		},
	}
}

func (s *ordering) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	out, err := s.d.handle(ctx, Order{What: Update, Key: apikey.Key{ID: id}, Patch: patch, Act: s.act})
	return out.Key, err
}

// noteBesides says what of its access a key has otherwise than before, as whoever ordered saw it, and was not to be changed.
func noteBesides(o Order, got apikey.Key) {
	var asked []apikey.Field
	if o.Patch.Role != nil {
		asked = append(asked, apikey.FieldRole)
	}
	if o.Patch.Enabled != nil {
		asked = append(asked, apikey.FieldEnabled)
	}
	if o.Patch.Expiry != nil {
		asked = append(asked, apikey.FieldExpiry)
	}
	for name := range o.Patch.Properties {
		asked = append(asked, apikey.Field(name))
	}
	for _, d := range apikey.Compare(o.Key, got, nil) {
		if f := apikey.FieldOf(d.Field); d.Verdict == apikey.Differs && !slices.Contains(asked, d.Field) && f.Text(&got) != "" {
			o.note("the answer shows the %s %s, and the list had %s: that was not asked for", f.Label, f.Text(&got), f.Text(&o.Key))
		}
	}
}

// reportMaybeChanged follows a change whose answer was lost: what the list shows is said, and no more.
func (d *Desk) reportMaybeChanged(ctx context.Context, o Order) {
	keys, err := d.keys(ctx)
	at := slices.IndexFunc(keys, func(k apikey.Key) bool { return k.ID == o.Key.ID })
	switch {
	case err != nil:
		o.note("whether the key was changed is not known, and the keys cannot be listed: %v", err)
		return
	case at < 0:
		o.note("the list does not have the key %s now", o.Key.CalledWithID())
		return
	}
	has, asked := changes(o.Patch, keys[at], d.o.Now())
	var words []string
	for _, id := range slices.Sorted(maps.Keys(has)) {
		words = append(words, id+" "+string(has[id]))
	}
	switch {
	case len(words) == 0:
		o.note("the list does not say what was to be changed")
	case reflect.DeepEqual(has, asked):
		o.note("the list shows the key as it was asked for: %s", strings.Join(words, ", "))
	default:
		o.note("the list shows the key with %s; a late request could still change it: look once more before you change it again", strings.Join(words, ", "))
	}
}

func checkPatch(o Order, c apikey.Capabilities) *FieldError {
	switch p := o.Patch; {
	case p.Name != nil && !c.Rename.OK:
		return &FieldError{Field: "name", Why: c.Rename.Why}
	case p.Role != nil && !c.ChangeRole.OK:
		return &FieldError{Field: "role", Why: c.ChangeRole.Why}
	case p.Enabled != nil && !c.Disable.OK:
		return &FieldError{Field: "enabled", Why: c.Disable.Why}
	case p.Expiry != nil && !c.ChangeExpiry.OK:
		return &FieldError{Field: "expires", Why: c.ChangeExpiry.Why}
	case p.Expiry != nil && c.Lifetimes.Check(*p.Expiry, time.Time{}) != nil:
		return &FieldError{Field: "expires", Why: c.Lifetimes.Check(*p.Expiry, time.Time{}).Error()}
	case checkProperties(p.Properties, c.Properties, true) != nil:
		return checkProperties(p.Properties, c.Properties, true)
	}
	if o.Patch.Name != nil {
		if err := checkName(*o.Patch.Name, c); err != nil {
			return err
		}
	}
	if o.Patch.Role != nil {
		return checkRole(*o.Patch.Role, c)
	}
	return nil
}

func patched(p apikey.Patch) (action, detail string) {
	var what []string
	if p.Name != nil {
		what = append(what, "name "+*p.Name)
	}
	if p.Role != nil {
		what = append(what, "role "+*p.Role)
	}
	action = string(Update)
	if p.Expiry != nil {
		what = append(what, "expiry")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		what = append(what, name+" "+string(p.Properties[name]))
	}
	if p.Enabled != nil {
		word := map[bool]string{true: enable, false: disable}[*p.Enabled]
		if len(what) == 0 {
			return word, ""
		}
		what = append(what, word)
	}
	return action, strings.Join(what, ", ")
}

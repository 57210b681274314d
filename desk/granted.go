package desk

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"detent/apikey"
	"detent/audit"
)

// fieldsOf are fields of a key for its record, as far as the service says them; of the ids that are named, or of all access.
func fieldsOf(k *apikey.Key, ids ...apikey.Field) audit.Fields {
	out := audit.Fields{}
	for f := range apikey.FieldsOf(k) {
		if len(ids) == 0 && !f.Access || len(ids) > 0 && !slices.Contains(ids, f.ID) {
			continue
		}
		value, reported := f.JSON(k)
		if !reported {
			continue
		}
		if b, err := json.Marshal(value); err == nil {
			out[string(f.ID)] = b
		}
	}
	return out
}

// known is what is known of a key before an order changes it: what the service reported of it last, else what the order says.
func (d *Desk) known(k apikey.Key) apikey.Key {
	if k.ID == "" { // it is made
		return k
	}
	was := d.names.of(k.ID)
	was.Name, was.Masked = cmp.Or(k.Name, was.Name), k.Masked // as it was seen by who ordered
	was.Role, was.Enabled = cmp.Or(was.Role, k.Role), cmp.Or(was.Enabled, k.Enabled)
	return was
}

// asked is what a draft asks for. A key is enabled unless somebody says otherwise, and what a service does not have is not asked for.
func (d *Desk) asked(draft apikey.Draft) audit.Fields {
	k := draft.Asked(d.o.Now().UTC())
	k.Enabled = nil
	if k.Restrictions != nil && k.Restrictions.Empty() {
		k.Restrictions = nil
	}
	if len(k.Permissions) == 0 {
		k.Permissions = nil
	}
	if !d.service.Capabilities().Expiry.OK {
		k.ExpiresAt = apikey.Moment{}
	}
	return fieldsOf(&k)
}

// granted is what a key was given: what the answer to its create says, and of what that does not say, what was asked for.
func (d *Desk) granted(draft apikey.Draft, made apikey.Key) audit.Fields {
	out := d.asked(draft)
	maps.Copy(out, fieldsOf(&made))
	return out
}

func (d *Desk) askedPublic(r apikey.PublicKeyRequest) audit.Fields {
	k := apikey.Key{Project: r.Project}
	if r.TTL > 0 {
		k.ExpiresAt = apikey.At(d.o.Now().UTC().Add(time.Duration(r.TTL) * time.Second))
	}
	return fieldsOf(&k)
}

// fields that a patch changes.
func fieldsIn(p apikey.Patch) (ids []apikey.Field) {
	for id, named := range map[apikey.Field]bool{apikey.FieldName: p.Name != nil, apikey.FieldRole: p.Role != nil, apikey.FieldEnabled: p.Enabled != nil, apikey.FieldExpiry: p.Expiry != nil} {
		if named {
			ids = append(ids, id)
		}
	}
	for name := range p.Properties {
		ids = append(ids, apikey.Field(name))
	}
	return ids
}

// changes are what a patch replaces, as far as that is known, and by what.
func changes(p apikey.Patch, was apikey.Key, now time.Time) (before, after audit.Fields) {
	to := apikey.Key{Enabled: p.Enabled, Extra: p.Properties}
	if p.Expiry != nil {
		to.ExpiresAt = apikey.Never()
		if !p.Expiry.IsNever() {
			to.ExpiresAt = apikey.At(p.Expiry.Instant(now.UTC()))
		}
	}
	if p.Name != nil {
		to.Name = *p.Name
	}
	if p.Role != nil {
		to.Role = *p.Role
	}
	ids := fieldsIn(p)
	if len(ids) == 0 {
		return nil, nil
	}
	return fieldsOf(&was, ids...), fieldsOf(&to, ids...)
}

// changedTo is what a changed key has by the service's answer, and of what that does not say, what was asked for.
func changedTo(p apikey.Patch, now apikey.Key, at time.Time) audit.Fields {
	_, out := changes(p, apikey.Key{}, at)
	if ids := fieldsIn(p); len(ids) > 0 {
		maps.Copy(out, fieldsOf(&now, ids...))
	}
	return out
}

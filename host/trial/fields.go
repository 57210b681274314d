package trial

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
)

// trialField is a field that a row can have, by the members that the file names for it.
type trialField struct {
	name    string
	members kit.Members
	has     func(k apikey.Key) bool
	fresh   bool // a key that was just made has it
}

// fields are the declared ones.
func (t *trial) fields() []trialField {
	r := &t.d.Row
	all := []trialField{
		{"name", r.Name, func(k apikey.Key) bool { return k.Name != "" }, true},
		{"created_at", r.CreatedAt, func(k apikey.Key) bool { return k.CreatedAt.Known() }, true},
		{"updated_at", r.UpdatedAt, func(k apikey.Key) bool { return k.UpdatedAt.Known() }, false},
		{"expires_at", r.ExpiresAt, func(k apikey.Key) bool { return k.ExpiresAt.Known() }, false},
		{"last_used_at", r.LastUsedAt, func(k apikey.Key) bool { return k.LastUsedAt.Known() }, false},
		{"enabled", slices.Concat(r.Enabled, r.State.Members), func(k apikey.Key) bool { return k.Enabled != nil }, false},
		{"permissions", r.Permissions, func(k apikey.Key) bool { return k.Permissions != nil }, false},
		{"role", r.Role, func(k apikey.Key) bool { return k.Role != "" }, false},
		{"type", r.Type, func(k apikey.Key) bool { return k.Type != "" }, false},
		{"environment", r.Environment, func(k apikey.Key) bool { return k.Environment != "" }, false},
		{"restrictions", r.Restrictions, func(k apikey.Key) bool { return k.Restrictions != nil }, false},
		{"masked", r.Masked, func(k apikey.Key) bool { return k.Masked != "" }, true},
		{"prefix", r.Prefix, func(k apikey.Key) bool { return k.Masked != "" && !strings.HasPrefix(k.Masked, "…") }, true},
		{"suffix", r.Suffix, func(k apikey.Key) bool { return k.Masked != "" && !strings.HasSuffix(k.Masked, "…") }, true},
		{"account", r.Account, func(k apikey.Key) bool { return k.Account != "" }, false},
		{"project", r.Project, func(k apikey.Key) bool { return k.Project != "" }, false},
		{"created_by", r.CreatedBy, func(k apikey.Key) bool { return k.CreatedBy != "" }, false},
		{"updated_by", r.UpdatedBy, func(k apikey.Key) bool { return k.UpdatedBy != "" }, false},
	}
	for _, name := range r.Copied {
		what := "copied"
		if p := t.d.Property(apikey.Field(name)); p != nil {
			what = string(p.Kind)
		}
		all = append(all, trialField{what + " " + name, kit.Members{name}, func(k apikey.Key) bool { return k.Extra[name] != nil }, false})
	}
	return slices.DeleteFunc(all, func(f trialField) bool { return len(f.members) == 0 })
}

// showed is told of each row of a list.
func (t *trial) showed(declared, others []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range declared {
		t.came[name] = true
	}
	for _, name := range others {
		t.others[name] = true
	}
}

// over is told of each row that is passed over.
func (t *trial) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passed++
}

// seen reports whether any row of the service's had one of the members.
func (t *trial) seen(f trialField) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(f.members, func(name string) bool { return t.came[name] })
}

// fieldsOf says which of the declared fields the keys of the list have. One whose member no row has may be what no key has, or misspelt.
func (t *trial) fieldsOf(keys []apikey.Key) {
	unseen := false
	for _, f := range t.fields() {
		n := 0
		for _, k := range keys {
			if f.has(k) {
				n++
			}
		}
		seen := t.seen(f)
		if !seen { // what a file says of rows without it is not what a row has
			n = 0
		}
		t.record.field(f.name, n, len(keys))
		switch {
		case len(keys) == 0:
			t.say("%-12s %s: not seen yet: there is no key", "field", f.name)
		case !seen:
			unseen = true
			t.say("%-12s %s: not seen yet: no row has %s%s", "field", f.name, memberWords(f.members), t.unreported(f))
		case n == 0:
			t.say("%-12s %s: %s is there, and says nothing in %d of %d%s", "field", f.name, memberWords(f.members), len(keys), len(keys), t.unreported(f))
		case n < len(keys):
			t.say("%-12s %s: of %d of %d%s", "field", f.name, n, len(keys), t.unreported(f))
		default:
			t.say("%-12s %s: of %d of %d", "field", f.name, n, len(keys))
		}
	}
	t.ends(keys)
	if others := t.undeclared(); unseen && others != "" {
		t.say("%-12s a member that no row has may be called otherwise. The rows have these, too: %s", "", others)
	}
}

// ends holds that keys end after they were made: what is left of a life, read as an instant, lies about 1970.
func (t *trial) ends(keys []apikey.Key) {
	before, all := 0, 0
	for _, k := range keys {
		at, ends := k.ExpiresAt.Time()
		made, _ := k.CreatedAt.Time()
		if ends {
			all++
		}
		if ends && (at.Before(made) || at.Year() < 2000) {
			before++
		}
	}
	const words = "%s of %d: the end lies before the key was made. Is that member an instant, and not what is left? Of what is left, name none"
	switch {
	case before == 0:
	case before == all:
		t.failure("expires_at", words, apikey.Count(before, "key"), all)
	default: // a service may take an end that is over
		t.untried("expires_at", words, apikey.Count(before, "key"), all)
	}
}

// unreported is what a rotation does about a field of access that a key lacks.
func (t *trial) unreported(f trialField) string {
	if text := t.s.Caps.Unreported[apikey.Field(f.name)]; text != "" {
		return "; a key without it is rotated only with --accept-unknown: " + text
	}
	return ""
}

// undeclared is how the members of rows are called that the file does not name. It is for the screen, not for the record.
func (t *trial) undeclared() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	const most = 20
	names := slices.Sorted(maps.Keys(t.others))
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

// neverSeen says of which declared fields no key has shown the member, those of the trial's own among them.
func (t *trial) neverSeen() {
	for _, f := range t.fields() {
		if strings.Contains(f.name, " ") && t.d.Create != nil {
			continue // properties, and what is copied, have a step of their own
		}
		if !t.seen(f) && !f.fresh {
			t.untried(f.name, "no key has shown %s: it is what no key has, or called otherwise", memberWords(f.members))
		}
	}
}

func memberWords(members kit.Members) string {
	quoted := make([]string, len(members))
	for i, m := range members {
		quoted[i] = fmt.Sprintf("%q", m)
	}
	return strings.Join(quoted, " or ")
}

package trial

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/kit"
	"detent/desk"
)

// draft is the least that this issuer makes a key of: of properties, those that every key has.
func (t *trial) draft(end apikey.Expiry) apikey.Draft {
	caps := t.s.Caps
	draft := apikey.Draft{Name: t.name(), Environment: t.s.Environment, Expiry: end, Extra: t.properties(func(p apikey.Property) bool { return p.Always }, 0)}
	if len(caps.Roles) > 0 {
		draft.Role = caps.Roles[0].Name
	}
	if right, has := t.right(func(apikey.PermissionInfo) bool { return true }); has {
		draft.Permissions = []apikey.Permission{right}
	}
	switch {
	case len(caps.Environments) == 0:
		draft.Environment = ""
	case !slices.Contains(caps.Environments, draft.Environment):
		draft.Environment = caps.Environments[len(caps.Environments)-1]
	}
	return draft
}

// right is the permission of a trial's key: one that a probe needs, so that its life shows, else one that makes no keys, if that can be had.
func (t *trial) right(fits func(p apikey.PermissionInfo) bool) (best apikey.Permission, has bool) {
	most := -1
	for _, g := range t.s.Caps.PermissionGroups {
		for _, p := range g.Permissions {
			worth := 0
			if p.Risk != apikey.CanMint {
				worth++
			}
			if t.needed(p.Permission) {
				worth += 2
			}
			if fits(p) && worth > most {
				best, most = p.Permission, worth
			}
		}
	}
	return best, most >= 0
}

// needed reports whether a probe needs a permission, or what it may stand for.
func (t *trial) needed(p apikey.Permission) bool {
	return slices.ContainsFunc(t.d.Probes, func(by kit.Probe) bool {
		has, _ := apikey.Holds([]apikey.Permission{p}, by.Needs)
		return has
	})
}

// name is one that nobody has, made as a rotation names its key: a service may refuse that. Its mark has a digit that no rotation's has, and is
// taken for none.
func (t *trial) name() (made string) {
	defer func() { t.names = append(t.names, made) }()
	name, most := "detent-try-"+nonce(), t.s.Caps.MaxName
	marked := apikey.NewName(name, "0"+nonce()+"x", most)
	switch {
	case !t.plain && (most == 0 || len(marked) <= most):
		return marked
	case most > 0 && most < len(name):
		name = name[len(name)-min(most, 8):]
	}
	return name
}

// create makes one key. A service that wants an end is given one.
func (t *trial) create(ctx context.Context, step string, end apikey.Expiry, properties map[string]json.RawMessage) (*trialKey, error) {
	end, _ = t.s.Caps.Lifetimes.Fit(end, t.o.Now())
	draft := t.draft(end)
	if properties != nil {
		draft.Extra = properties
	}
	t.say("%-12s %s: a key named %s is asked for", step, t.d.Create.Call.Call, draft.Name) // before it is: what becomes of it may not be known
	made, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Create, Draft: draft})
	if said := err; client.IsKind(err, client.Invalid) && client.Refused(err) && !t.plain {
		t.plain = true
		if plain := t.name(); plain != draft.Name {
			marked := draft.Name
			draft.Name = plain
			t.say("%-12s %s: a key named %s is asked for", step, t.d.Create.Call.Call, draft.Name)
			if made, err = t.s.Desk.Do(ctx, desk.Order{What: desk.Create, Draft: draft}); err == nil {
				t.failure("name", "%s: refuses a key that is called as a rotation calls its own, and makes one without the mark: no key of it can be rotated", t.d.Create.Call.Call)
				t.say("%-12s %s: %v", "", marked, said)
			}
		}
		t.plain = err == nil
	}
	if client.IsKind(err, client.Invalid) && client.Refused(err) && end.IsNever() && t.s.Caps.Expiry.OK {
		t.untried(step, "a key without an end: the service refuses it")
		t.needsEnd = true
		return t.create(ctx, step, apikey.Expiry{After: trialLife}, properties)
	}
	if err != nil {
		t.wrong(step, t.d.Create.Call.Call, err)
		t.say("%-12s look for the key named %s, and delete it if it is there", "", draft.Name)
		return nil, err
	}
	k := &trialKey{key: made.Created.Key, secret: made.Created.Secret}
	t.made = append(t.made, k)
	k.key.Name = draft.Name
	if k.key.ID == "" {
		t.failure(step, "%s: answered with a secret, and without an id: create.key, create.id, or create.read_back = true, which looks it up in the list", t.d.Create.Call.Call)
		return k, t.byName(ctx, k)
	}
	t.held(step, "%s: answered with an id and a secret", t.d.Create.Call.Call)
	if begins := t.s.Caps.SecretPrefixes; len(begins) > 0 && !slices.ContainsFunc(begins, k.secret.HasPrefix) {
		pair := ""
		if t.s.Caps.Pair != "" {
			pair = ": that of a secret of two halves is how the whole begins"
		}
		begins = slices.Clone(begins)
		for i := len(t.d.Secret.Prefixes); i < len(begins); i++ { // the profile's own is not recorded
			begins[i] = "the profile's secret_prefix"
		}
		t.failure("secret.prefix", "the new secret does not begin with %s%s", strings.Join(begins, " or "), pair)
	}
	if !end.IsNever() && !k.key.ExpiresAt.Known() && !t.d.Create.ReadBack && len(t.d.Row.ExpiresAt) > 0 {
		t.untried(step, "whether the new key ends as it was asked to: the answer does not say, and create.read_back = true would look in the list")
	}
	return k, nil
}

// byName gives a key of the trial's the id that the list has under its name, so that it can be deleted.
func (t *trial) byName(ctx context.Context, k *trialKey) error {
	all, err := client.ListAll(ctx, t.s.Service)
	known := func(id string) bool {
		return slices.ContainsFunc(t.made, func(m *trialKey) bool { return m.key.ID == id })
	}
	if at := slices.IndexFunc(all, func(row apikey.Key) bool { return row.Name == k.key.Name && !known(row.ID) }); at >= 0 {
		k.key.ID = all[at].ID
	}
	return err
}

// properties are values of those that are meant: two different ones by which, as far as there are two. Limits are large, and addresses wide: a
// key of few uses, or of another place, would be over before the trial is.
func (t *trial) properties(meant func(p apikey.Property) bool, which int) (out map[string]json.RawMessage) {
	for _, p := range t.s.Caps.Properties {
		value, has := t.valueOf(p, which)
		if !meant(p) || !has {
			continue
		}
		if out == nil {
			out = map[string]json.RawMessage{}
		}
		out[string(p.Field)], _ = json.Marshal(value)
	}
	return out
}

func (t *trial) valueOf(p apikey.Property, which int) (value any, has bool) {
	word := "detent-try-" + strconv.Itoa(which)
	if n := len(p.Choices); n > 0 {
		word = p.Choices[which%n].Value
	}
	switch p.Kind {
	case apikey.ChoiceProperty:
		return word, len(p.Choices) > 0
	case apikey.TextProperty:
		return word, true
	case apikey.InstantProperty:
		return t.o.Now().UTC().AddDate(0, 0, -1-which).Truncate(time.Second), true
	case apikey.ListProperty:
		return []string{word}, len(p.Choices) > 0 || !p.Asks
	case apikey.AddressesProperty:
		return [][]string{{"0.0.0.0/0", "::/0"}, {"0.0.0.0/0", "2000::/3"}}[which%2], true
	case apikey.BooleanProperty:
		return which%2 == 0, true
	}
	number := max(p.Least, 1000) + int64(which)
	if p.Most != 0 {
		number = max(p.Least, min(number, p.Most-int64(which)))
	}
	return number, true
}

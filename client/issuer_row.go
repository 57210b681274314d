package client

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
)

// withoutID is what is said of a row without an id: where a user's own declaration is wrong about it, which line that is.
func (s *issuer) withoutID() error {
	if s.d.File == "" {
		return badAnswer("a key in the answer has no id")
	}
	return badAnswer(fmt.Sprintf("a key in the answer has no id: row.id = %q in %s", s.d.Row.ID, s.d.File))
}

// key is the key that a row shows. Its secret is compared, masked and dropped.
func (s *issuer) key(r *record) (apikey.Key, error) {
	id := firstOf(r.id...)
	if s.d.Row.SecretIsID {
		id = idOfSecret(r.secret())
	}
	if id == "" {
		return apikey.Key{}, s.withoutID()
	}
	k := apikey.Key{
		ID: s.spelling.show(id), Name: field(firstOf(r.name...)), Masked: field(firstOf(r.masked...)), CreatedAt: firstTime(r.created...).reported(),
		LastUsedAt: firstTime(r.used...).use(), ExpiresAt: firstTime(r.expires...).orNever(), Restrictions: r.limits.of(firstRaw(r.restrictions), restrictions),
		Environment: s.environmentOf(r), Type: field(firstOf(r.kind...)), Role: s.spelling.show(firstOf(r.role...)), UpdatedAt: firstTime(r.updated...).reported(),
		RolledAt: firstTime(r.rolled...).reported(), Enabled: firstFlag(r.enabled),
	}
	if s.d.Row.NeverExpires {
		k.ExpiresAt = firstTime(r.expires...).expiry()
	}
	if raw := firstRaw(r.former); len(raw) > 0 {
		k.FormerEndsAt, k.FormerUsedAt = formerOf(raw, &s.d.Row.Former)
	}
	if len(r.refs) > 0 {
		project := firstReference(r.project)
		k.Account, k.Project, k.ProjectName = field(firstReference(r.account).id), field(project.id), field(project.name)
		k.CreatedBy, k.UpdatedBy = field(firstReference(r.by).id), field(firstReference(r.upBy).id)
	}
	if s.d.List.Secrets {
		secret := r.secret()
		if k.CanRetrieve = secret.Len() >= leastListed; k.CanRetrieve && k.Masked == "" {
			k.Masked = secret.Mask()
		}
	}
	if can := firstFlag(r.retrievable); can != nil {
		k.CanRetrieve, k.CannotRetrieve = *can, !*can
	}
	if len(r.permissions) > 0 {
		k.Permissions, k.Added = s.permissionsOf(r)
	}
	if k.Enabled == nil {
		k.Enabled = isOn(r.state, s.d.Row.State.On, s.d.Row.State.Off)
	}
	for i, raw := range r.copied {
		declared := s.d.Property(apikey.Field(s.d.Row.Copied[i]))
		if declared != nil && s.isNone(declared, raw) {
			raw = json.RawMessage("null")
		}
		if len(raw) == 0 || string(raw) == "null" && (declared == nil || declared.Kind == apikey.NumberProperty) {
			continue
		}
		if k.Extra == nil {
			k.Extra = map[string]json.RawMessage{}
		}
		if r.extras == nil {
			r.extras = make([]shared[json.RawMessage], len(r.copied))
		}
		k.Extra[s.d.Row.Copied[i]] = r.extras[i].of(raw, func(raw []byte) json.RawMessage { return s.propertyOf(declared, raw) })
	}
	if prefix, suffix := firstOf(r.prefix...), firstOf(r.suffix...); k.Masked == "" && prefix+suffix != "" && len(suffix) <= mostOfEnd {
		k.Masked = field(prefix) + "…" + field(suffix)
	}
	return k, nil
}

// mostOfEnd is how much of a secret's end is shown: more may be the secret.
const mostOfEnd = 16

// listed is a record for the rows of a list.
func (s *issuer) listed() *record {
	r := listedRecord(&s.d.Row, s.d.List.Only)
	r.watched = s.opts.Trial != nil && s.opts.Trial.Row != nil
	return r
}

// ofRow says what a key does not have that the whole row of a list leaves out, and tells a trial what the row has.
func (s *issuer) ofRow(k *apikey.Key, r *record) {
	if r.watched {
		s.opts.Trial.Row(r.came, r.others)
	}
	if k.Permissions == nil && slices.Contains(s.d.Row.AbsentIsNone, apikey.FieldPermissions) {
		k.Permissions = []apikey.Permission{}
	}
	for _, f := range s.d.Row.AbsentIsNone {
		if s.d.Property(f) != nil && k.Extra[string(f)] == nil {
			if k.Extra == nil {
				k.Extra = map[string]json.RawMessage{}
			}
			k.Extra[string(f)] = json.RawMessage("null")
		}
	}
	absent := len(firstRaw(r.restrictions)) == 0 // what is there and cannot be read is not none
	if k.Restrictions == nil && absent && slices.Contains(s.d.Row.AbsentIsNone, apikey.FieldRestrictions) {
		k.Restrictions = &apikey.Restrictions{}
	}
}

// environmentOf is the one that the issuer names, else that of the prefix, else that of a secret that it shows.
func (s *issuer) environmentOf(r *record) apikey.Environment {
	if len(s.d.Row.Environment)+len(s.d.Secret.Prefixes) == 0 {
		return ""
	}
	named := firstOf(r.env...)
	for e, name := range s.d.EnvironmentNames {
		if name == named {
			return e
		}
	}
	if len(s.d.EnvironmentNames) > 0 {
		return apikey.Environment(s.spelling.show(named))
	}
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && string(p.Environment) == named {
			return p.Environment
		}
	}
	prefix := firstOf(r.prefix...)
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && (strings.HasPrefix(prefix, p.Text) || prefix == "" && r.secret().HasPrefix(p.Text)) {
			return p.Environment
		}
	}
	return apikey.Environment(s.spelling.show(named))
}

// isOn is whether a row's words say that the key is on; nil where they say neither.
func isOn(words []word, on, off []string) *bool {
	for _, w := range words {
		if slices.Contains(on, string(w)) || slices.Contains(off, string(w)) {
			is := slices.Contains(on, string(w))
			return &is
		}
	}
	return nil
}

// idOfSecret is what a key is called whose issuer names it by its secret: it tells two apart, and nothing of either.
func idOfSecret(secret apikey.Secret) string {
	return secret.KeyedPrint([]byte("detent: the id of a key that is named by its secret"))
}

// permissions are those that somebody chose for a key, and those that the service adds to each.
type permissions struct{ chosen, added []apikey.Permission }

// permissionsOf are the rights of a key; nil where the row does not say, empty where it says none.
func (s *issuer) permissionsOf(r *record) (chosen, added []apikey.Permission) {
	raw := firstRaw(r.permissions)
	if len(raw) > 0 && raw[0] == '"' && s.d.Create != nil && s.d.Create.As(apikey.FieldPermissions) == "words" { // as it is sent
		raw, _ = json.Marshal(strings.Fields(literal(raw)))
	}
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case raw[0] == '{' || len(s.features.of) == 0:
		all := r.rights.of(raw, s.permissions)
		return all.chosen, all.added
	}
	all := s.permissions(raw) // a flat list's features may be learned later
	return all.chosen, all.added
}

func (s *issuer) permissions(raw []byte) permissions {
	out := permissions{chosen: []apikey.Permission{}}
	for _, p := range parsePermissions(raw, s.grants) {
		if p.Name == "" {
			continue
		}
		if s.adds(p) {
			out.added = append(out.added, apikey.Permission{Feature: s.spelling.show(p.Feature), Name: s.spelling.show(p.Name)})
			continue
		}
		if p.Feature == "" {
			p = s.features.flat(p.Name)
		}
		p.Feature, p.Name = s.spelling.show(p.Feature), s.spelling.show(p.Name)
		out.chosen = append(out.chosen, s.features.learn(p))
	}
	out.chosen, out.added = slices.Clip(inOrder(out.chosen)), inOrder(out.added)
	return out
}

// adds reports whether a permission is one that the service adds to each key by itself.
func (s *issuer) adds(p apikey.Permission) bool {
	return slices.ContainsFunc(s.d.Added, func(a kit.Permission) bool {
		return p.Name == a.Name && (p.Feature == "" || p.Feature == a.Feature) || p.String() == a.Name
	})
}

// parsePermissions reads {"Feature":["name"]} and ["name"]. What it does not understand becomes a name as it stands on the wire: a
// right is never lost in silence.
func parsePermissions(raw json.RawMessage, sent kit.Value) (out []apikey.Permission) {
	byFeature := objectOf(raw)
	if byFeature == nil || sent.As == "members" {
		byFeature = map[string]json.RawMessage{"": raw}
	}
	for feature, names := range byFeature {
		for _, name := range namesOf(names, sent) {
			out = append(out, apikey.Permission{Feature: feature, Name: name})
		}
	}
	return out
}

// formerOf reads what a row says of a former secret.
func formerOf(raw json.RawMessage, declared *kit.Former) (ends, used apikey.Moment) {
	members := objectOf(raw)
	var dies, last wireTime
	_, _ = json.Unmarshal(members[declared.Ends], &dies), json.Unmarshal(members[declared.Used], &last)
	return dies.reported(), last.use()
}

// withID is a secret with its first half, the id, where secrets have two.
func (s *issuer) withID(id string, secret apikey.Secret) apikey.Secret {
	if s.d.Row.Pair == "" || id == "" || secret.IsZero() {
		return secret
	}
	return secret.After(s.spelling.wire(id) + s.d.Row.Pair)
}

// halfOf reports whether a key's id is the first half of a secret.
func (s *issuer) halfOf(id string, secret apikey.Secret) bool {
	if s.d.Row.Pair == "" {
		return false
	}
	first, _, two := secret.Cut(s.d.Row.Pair)
	return two && first.Equal(apikey.NewSecret(s.spelling.wire(id)))
}

package client

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// withoutID is what is said of a row without an id: where a user's own declaration is wrong about it, which line that is.
func (s *issuer) withoutID() error {
	if s.d.File == "" {
		return wire.BadAnswer("a key in the answer has no id")
	}
	return wire.BadAnswer(fmt.Sprintf("a key in the answer has no id: row.id = %q in %s", s.d.Row.ID, s.d.File))
}

// key is the key that a row shows. Its secret is compared, masked and dropped.
func (s *issuer) key(r *wire.Record) (apikey.Key, error) {
	id := wire.FirstOf(r.ID...)
	if s.d.Row.SecretIsID {
		id = idOfSecret(r.Secret())
	}
	if id == "" {
		return apikey.Key{}, s.withoutID()
	}
	k := apikey.Key{
		ID: s.spelling.Show(id), Name: wire.Field(wire.FirstOf(r.Name...)), Masked: wire.Field(wire.FirstOf(r.Masked...)), CreatedAt: wire.FirstTime(r.CreatedAt...).Reported(),
		LastUsedAt: wire.FirstTime(r.LastUsedAt...).Use(), ExpiresAt: wire.FirstTime(r.ExpiresAt...).OrNever(), Restrictions: r.Limits.Of(wire.FirstRaw(r.Restrictions), wire.ReadRestrictions),
		Environment: s.environmentOf(r), Type: wire.Field(wire.FirstOf(r.Type...)), Role: s.spelling.Show(wire.FirstOf(r.Role...)), UpdatedAt: wire.FirstTime(r.UpdatedAt...).Reported(),
		RolledAt: wire.FirstTime(r.RolledAt...).Reported(), Enabled: wire.FirstFlag(r.Enabled),
	}
	if s.d.Row.NeverExpires {
		k.ExpiresAt = wire.FirstTime(r.ExpiresAt...).Expiry()
	}
	if raw := wire.FirstRaw(r.Former); len(raw) > 0 {
		k.FormerEndsAt, k.FormerUsedAt = formerOf(raw, &s.d.Row.Former)
	}
	if len(r.Refs) > 0 {
		project := wire.FirstReference(r.Project)
		k.Account, k.Project, k.ProjectName = wire.Field(wire.FirstReference(r.Account).ID), wire.Field(project.ID), wire.Field(project.Name)
		k.CreatedBy, k.UpdatedBy = wire.Field(wire.FirstReference(r.CreatedBy).ID), wire.Field(wire.FirstReference(r.UpdatedBy).ID)
	}
	if s.d.List.Secrets {
		secret := r.Secret()
		if k.CanRetrieve = secret.Len() >= wire.LeastListed; k.CanRetrieve && k.Masked == "" {
			k.Masked = secret.Mask()
		}
	}
	if can := wire.FirstFlag(r.Retrievable); can != nil {
		k.CanRetrieve, k.CannotRetrieve = *can, !*can
	}
	if len(r.Permissions) > 0 {
		k.Permissions, k.Added = s.permissionsOf(r)
	}
	if k.Enabled == nil {
		k.Enabled = isOn(r.State, s.d.Row.State.On, s.d.Row.State.Off)
	}
	for i, raw := range r.Copied {
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
		if r.Extras == nil {
			r.Extras = make([]wire.Shared[json.RawMessage], len(r.Copied))
		}
		k.Extra[s.d.Row.Copied[i]] = r.Extras[i].Of(raw, func(raw []byte) json.RawMessage { return s.propertyOf(declared, raw) })
	}
	if prefix, suffix := wire.FirstOf(r.Prefix...), wire.FirstOf(r.Suffix...); k.Masked == "" && prefix+suffix != "" && len(suffix) <= mostOfEnd {
		k.Masked = wire.Field(prefix) + "…" + wire.Field(suffix)
	}
	if half := wire.FirstOf(r.Half...); half != "" {
		k.Masked = wire.Field(half) + s.d.Row.Pair + "…"
	}
	return k, nil
}

// mostOfEnd is how much of a secret's end is shown: more may be the secret.
const mostOfEnd = 16

// listed is a record for the rows of a list.
func (s *issuer) listed() *wire.Record {
	r := wire.NewListRecord(&s.d.Row, s.d.List.Only)
	r.Watched = s.opts.Trial != nil && s.opts.Trial.Row != nil
	return r
}

// ofRow says what a key does not have that the whole row of a list leaves out, and tells a trial what the row has.
func (s *issuer) ofRow(k *apikey.Key, r *wire.Record) {
	if r.Watched {
		s.opts.Trial.Row(r.Came, r.Others)
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
	absent := len(wire.FirstRaw(r.Restrictions)) == 0 // what is there and cannot be read is not none
	if k.Restrictions == nil && absent && slices.Contains(s.d.Row.AbsentIsNone, apikey.FieldRestrictions) {
		k.Restrictions = &apikey.Restrictions{}
	}
}

// environmentOf is the one that the issuer names, else that of the prefix, else that of a secret that it shows.
func (s *issuer) environmentOf(r *wire.Record) apikey.Environment {
	if len(s.d.Row.Environment)+len(s.d.Secret.Prefixes) == 0 {
		return ""
	}
	named := wire.FirstOf(r.Environment...)
	for e, name := range s.d.EnvironmentNames {
		if name == named {
			return e
		}
	}
	if len(s.d.EnvironmentNames) > 0 {
		return apikey.Environment(s.spelling.Show(named))
	}
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && string(p.Environment) == named {
			return p.Environment
		}
	}
	prefix := wire.FirstOf(r.Prefix...)
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && (strings.HasPrefix(prefix, p.Text) || prefix == "" && r.Secret().HasPrefix(p.Text)) {
			return p.Environment
		}
	}
	return apikey.Environment(s.spelling.Show(named))
}

// isOn is whether a row's words say that the key is on; nil where they say neither.
func isOn(words []wire.Word, on, off []string) *bool {
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

// permissionsOf are the rights of a key; nil where the row does not say, empty where it says none.
func (s *issuer) permissionsOf(r *wire.Record) (chosen, added []apikey.Permission) {
	raw := wire.FirstRaw(r.Permissions)
	if len(raw) > 0 && raw[0] == '"' && s.d.Create != nil && s.d.Create.As(apikey.FieldPermissions) == "words" { // as it is sent
		raw, _ = json.Marshal(strings.Fields(wire.Literal(raw)))
	}
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case raw[0] == '{' || len(s.features.Of) == 0:
		all := r.Rights.Of(raw, s.permissions)
		return all.Chosen, all.Added
	}
	all := s.permissions(raw) // a flat list's features may be learned later
	return all.Chosen, all.Added
}

func (s *issuer) permissions(raw []byte) wire.Rights {
	out := wire.Rights{Chosen: []apikey.Permission{}}
	for _, p := range parsePermissions(raw, s.grants) {
		if p.Name == "" {
			continue
		}
		if s.adds(p) {
			out.Added = append(out.Added, apikey.Permission{Feature: s.spelling.Show(p.Feature), Name: s.spelling.Show(p.Name)})
			continue
		}
		if p.Feature == "" {
			p = s.features.Flat(p.Name)
		}
		p.Feature, p.Name = s.spelling.Show(p.Feature), s.spelling.Show(p.Name)
		out.Chosen = append(out.Chosen, s.features.Learn(p))
	}
	out.Chosen, out.Added = slices.Clip(wire.InOrder(out.Chosen)), wire.InOrder(out.Added)
	return out
}

// parsePermissions reads {"Feature":["name"]} and ["name"]. What it does not understand becomes a name as it stands on the wire: a
// right is never lost in silence.
func parsePermissions(raw json.RawMessage, sent kit.Value) (out []apikey.Permission) {
	byFeature := wire.Object(raw)
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
	members := wire.Object(raw)
	var dies, last wire.Time
	_, _ = json.Unmarshal(members[declared.Ends], &dies), json.Unmarshal(members[declared.Used], &last)
	return dies.Reported(), last.Use()
}

// withHalf is a secret with its first half, where that is another member than the id; nothing where the row lacks it, as half a secret is none.
func (s *issuer) withHalf(r *wire.Record, secret apikey.Secret) apikey.Secret {
	half := wire.FirstOf(r.Half...)
	switch {
	case len(s.d.Row.PairWith) == 0 || secret.IsZero():
		return secret
	case half == "":
		return apikey.Secret{}
	}
	return secret.After(half + s.d.Row.Pair)
}

// withID is a secret with its first half, the id, where secrets have two.
func (s *issuer) withID(id string, secret apikey.Secret) apikey.Secret {
	if s.d.Row.Pair == "" || len(s.d.Row.PairWith) > 0 || id == "" || secret.IsZero() {
		return secret
	}
	return secret.After(s.spelling.Raw(id) + s.d.Row.Pair)
}

// halfOf reports whether a key's id is the first half of a secret.
func (s *issuer) halfOf(id string, secret apikey.Secret) bool {
	if s.d.Row.Pair == "" || len(s.d.Row.PairWith) > 0 { // the mask tells
		return false
	}
	first, _, two := secret.Cut(s.d.Row.Pair)
	return two && first.Equal(apikey.NewSecret(s.spelling.Raw(id)))
}

package client

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/wire"
)

// Create implements Service, where the declaration has the call and the profile says that the service offers it.
func (s *issuer) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	ctx, done := s.operation(ctx)
	defer done()
	values, bad := s.askedFor(&draft)
	if bad != nil {
		return apikey.Created{}, bad
	}
	now := s.now()
	c := s.request(opCreate, &s.d.Create.Call, "", values)
	c.write, c.idempotencyKey = true, s.newIdempotencyKey()
	if body, ok := c.body.(map[string]any); ok {
		for name, raw := range draft.Extra {
			if s.d.Property(apikey.Field(name)) == nil && slices.Contains(s.d.Row.Copied, name) {
				body[name] = raw
			}
		}
	}
	var created apikey.Created
	err := s.send(ctx, c, func(a *answer) (err error) {
		created, err = s.created(a)
		return err
	})
	if err == nil && s.d.Create.Secret != nil && created.Secret.IsZero() {
		err = s.giveSecret(ctx, &created)
	}
	if err == nil && s.d.Create.Named != nil && created.Key.ID != "" {
		s.giveName(ctx, &created, values)
	}
	if err != nil {
		return apikey.Created{}, err
	}
	if created.Secret.IsZero() {
		return apikey.Created{}, noSecret()
	}
	if s.d.Create.ReadBack && !(created.Key.ID != "" && created.Key.ExpiresAt.Known()) {
		s.readBack(ctx, &created)
	}
	if created.Key.Name == "" && (!s.d.Create.Whole || created.Key.ID == "") {
		created.Key.Name = draft.Name
	}
	if !created.Key.ExpiresAt.Known() {
		created.Asked = s.askedEnd(draft.Expiry, now)
	}
	created.Secret = s.withID(created.Key.ID, created.Secret)
	created.Notes = append(created.Notes, apikey.ExpiryNotes(draft.Expiry, created.Key.ExpiresAt, now)...)
	created.Notes = append(created.Notes, apikey.AccessNotes(draft, created.Key, s.d.Create.As(apikey.FieldPermissions) == "grouped", now)...)
	return created, nil
}

// checkDraft is what a create would refuse by itself: nothing is sent.
func (s *issuer) checkDraft(draft apikey.Draft) error {
	if _, bad := s.askedFor(&draft); bad != nil {
		return bad
	}
	return nil
}

// askedFor is what a create says of a draft, which it completes, or why nothing is sent.
func (s *issuer) askedFor(draft *apikey.Draft) (map[apikey.Field]any, *Error) {
	if can := s.Capabilities().Create; !can.OK {
		return nil, unsupported(opCreate, can)
	}
	if bad := checkDraft(opCreate, *draft, s.opts.Now(), s.d.Longest); bad != nil {
		return nil, bad
	}
	values := map[apikey.Field]any{apikey.FieldName: draft.Name}
	switch {
	case (len(s.d.Permissions) > 0 || s.d.Catalogue != nil) && len(draft.Permissions) == 0 && !s.copies(*draft):
		return nil, invalidDraft("a key needs at least one permission")
	case slices.ContainsFunc(draft.Permissions, func(p apikey.Permission) bool { return p.Name == "" }):
		return nil, invalidDraft("a permission has no name")
	}
	if len(draft.Permissions) > 0 {
		values[apikey.FieldPermissions] = draft.Permissions
	}
	if len(s.d.Roles) > 0 {
		if draft.Role == "" {
			return nil, invalidDraft("a key needs a role")
		}
		values[apikey.FieldRole] = s.spelling.Raw(draft.Role)
	}
	if draft.Type != "" && len(s.d.Types) > 0 {
		if !slices.Contains(s.d.Types, draft.Type) {
			return nil, invalidDraft("a key's type is " + strings.Join(s.d.Types, " or "))
		}
		values[apikey.FieldType] = draft.Type
	}
	if len(s.d.Environments) > 0 {
		env, bad := s.environment(draft.Environment)
		if bad != nil {
			return nil, bad
		}
		draft.Environment = env
		values[apikey.FieldEnvironment] = s.environmentName(env)
	}
	if bad := s.askedLimits(*draft, values); bad != nil {
		return nil, bad
	}
	return values, nil
}

// copies reports whether a draft has what is passed on as it is, in which there may be permissions.
func (s *issuer) copies(draft apikey.Draft) bool {
	for name := range draft.Extra {
		if s.d.Property(apikey.Field(name)) == nil {
			return true
		}
	}
	return false
}

// made is what came of a call that gives a secret out.
type made struct {
	whole  []byte
	row    *wire.Record // the key, as far as it is shown
	secret apikey.Secret
	bound  bool // the secret came in the object that names the key, and is its own by more than what the answer means
}

// readMade reads the answer to a call that gives a secret out. A secret may stand beside the key, where that is wrapped.
func (s *issuer) readMade(a *answer, names []string) (m made, err error) {
	if m.whole, err = io.ReadAll(a.body); err != nil {
		return m, err
	}
	m.row = wire.NewRecord(&s.d.Row)
	if err := m.row.Read(bytes.NewReader(m.whole), names); err != nil {
		return m, s.despite(err, m.whole, names, func(r *wire.Record) bool { return !r.Secret().IsZero() })
	}
	beside := wire.NewRecord(&s.d.Row)
	if err := beside.Decode(m.whole); err != nil {
		return m, err
	}
	m.secret, m.bound = m.row.Secret(), wire.FirstOf(m.row.ID...) != ""
	if m.secret.IsZero() {
		m.secret, m.bound = beside.Secret(), false
	}
	if a.cut && m.secret.IsZero() { // whose object it is, its rest would have told
		return m, wire.ErrCut
	}
	m.row.SetSecret(m.secret)
	return m, nil
}

// created reads the answer to a create. A secret that came is kept, whatever else is missing.
func (s *issuer) created(a *answer) (apikey.Created, error) {
	m, err := s.readMade(a, s.d.Create.Key)
	if err != nil {
		return apikey.Created{}, err
	}
	row, out := m.row, apikey.Created{Secret: s.withHalf(m.row, m.secret), Bound: m.bound}
	bare := false // the answer is no key, and says nothing of one but its id
	if id := wire.TextAt(wire.Object(m.whole), s.d.Create.ID); id != "" || s.d.Create.ID != "" && wire.FirstOf(row.ID...) == "" {
		bare = len(s.d.Create.Key) == 0
		out.Bound = out.Bound && id == wire.FirstOf(row.ID...)
		row.SetID(wire.Text(id))
	}
	if s.d.Row.SecretIsID && out.Secret.IsZero() {
		return out, noSecret()
	}
	// Where keys have an end at all, what a short answer leaves out is not what the key does not have.
	short := !s.d.Create.Whole && !wire.FirstTime(row.ExpiresAt...).Set && len(s.d.Row.ExpiresAt) > 0
	if out.Key, err = s.key(row); short {
		out.Key.ExpiresAt = apikey.Moment{}
	}
	if err != nil && !out.Secret.IsZero() {
		out.Notes, err = []string{noteNoID}, nil
	}
	if bare {
		out.Key = apikey.Key{ID: out.Key.ID, ExpiresAt: out.Key.ExpiresAt}
	}
	return out, err
}

// askedEnd is when a key ends by what is sent for it; unknown where nothing is, and the service chooses.
func (s *issuer) askedEnd(asked apikey.Expiry, now time.Time) apikey.Moment {
	v, sends := s.d.Create.Value(apikey.FieldExpiry)
	switch {
	case !sends, asked.IsNever() && v.Else == nil && !v.Null:
		return apikey.Moment{}
	case asked.IsNever():
		return apikey.Never()
	}
	return apikey.At(end{Expiry: asked, now: now}.sent(v.As))
}

// readBack completes a short answer from the list. The key exists and its secret is here: what fails now is a note, never an error
// that would lose them.
func (s *issuer) readBack(ctx context.Context, created *apikey.Created) {
	id := created.Key.ID
	found, err := s.find(ctx, created.Secret, func(k *apikey.Key, listed apikey.Secret) bool {
		return k.ID == id && id != "" || listed.Equal(created.Secret)
	})
	switch created.Notes = nil; {
	case found != nil:
		created.Key = *found
		created.Key.Matched = false
	case err != nil:
		created.Notes = []string{"the expiry could not be read back: " + err.Error()}
	default:
		created.Notes = []string{"the new key is not in the list yet, so that its expiry could not be read back"}
	}
}

// giveSecret makes the second call, of an issuer that makes a key first and gives it a secret then. Where it fails, there is a key of
// which nobody has the secret.
func (s *issuer) giveSecret(ctx context.Context, created *apikey.Created) error {
	id := s.spelling.Raw(created.Key.ID)
	c := s.request(opCreate, s.d.Create.Secret, id, map[apikey.Field]any{apikey.FieldID: id})
	c.write = true
	_, secret, err := s.one(ctx, c, s.d.Create.Secret.Key)
	created.Secret, created.Bound = secret, !secret.IsZero()
	if e := asError(err); e != nil && secret.IsZero() {
		e.Outcome, e.Hint = Unknown, "The key was made, and has no secret that anybody knows: look for it in the list and delete it."
		return e
	}
	return nil
}

// giveName makes the second call, of an issuer that takes no name when it makes a key. The key exists and its secret is here: what fails is a
// note, and the key is then as the first answer shows it.
func (s *issuer) giveName(ctx context.Context, created *apikey.Created, values map[apikey.Field]any) {
	id := s.spelling.Raw(created.Key.ID)
	values[apikey.FieldID] = id
	c := s.request(opCreate, s.d.Create.Named, id, values)
	c.write = true
	err := s.send(ctx, c, func(a *answer) error {
		r := wire.NewRecord(&s.d.Row)
		if err := r.Read(a.body, s.d.Create.Named.Key); err != nil {
			return err
		}
		r.SetID(wire.Text(id))
		k, err := s.key(r)
		if err == nil {
			created.Key.Name, created.Key.ExpiresAt = k.Name, k.ExpiresAt
		}
		return err
	})
	if err != nil {
		created.Notes = append(created.Notes, "the new key, "+created.Key.ID+", was made, and not named: "+err.Error())
	}
}

// environmentName is how the issuer calls an environment.
func (s *issuer) environmentName(e apikey.Environment) string {
	return cmp.Or(s.d.EnvironmentNames[e], s.spelling.Raw(string(e)))
}

// environment is the one asked for, else that of our own credential, else the profile's.
func (s *issuer) environment(asked apikey.Environment) (apikey.Environment, *Error) {
	asked = cmp.Or(asked, s.environmentSaid(s.opts.Token), s.opts.Environment)
	if offered := s.environments(); !slices.Contains(offered, asked) {
		var all []string
		for _, e := range offered {
			all = append(all, string(e))
		}
		return "", invalidDraft("a key's environment is " + strings.Join(all, " or "))
	}
	return asked, nil
}

package client

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// issuer speaks to a service as a declaration says. What it can do beyond the calls of a Service are func fields, nil where the
// declaration has no such call.
type issuer struct {
	*transport
	d        *kit.Declaration
	layout   *layout
	spelling verbatim
	exchange *exchange    // nil where nothing is exchanged
	query    atomic.Int32 // index in the declared queries of the list that the credential may read
	abilities
}

// abilities are what an issuer has beyond the five calls of a Service, nil where its declaration has no such call.
type abilities struct {
	identify   func(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
	retrieve   func(ctx context.Context, id string) (apikey.Secret, error)
	publicKey  func(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error)
	ownProject func(ctx context.Context) (project string, known bool, err error)
}

// lacks reports whether an interface that every issuer has the method of is one that this one does nothing in.
func (s *issuer) lacks(ability any) bool {
	switch ability.(type) {
	case *Identifier:
		return s.identify == nil
	case *Retriever:
		return s.retrieve == nil
	case *PublicKeys:
		return s.publicKey == nil
	case *ProjectFinder:
		return s.ownProject == nil
	}
	return false
}

func openIssuer(d *kit.Declaration, opts Options) (*issuer, *Error) {
	t, bad := newTransport(opts, declaredDialect(d))
	if bad != nil {
		return nil, bad
	}
	s := &issuer{transport: t, d: d, layout: newLayout(&d.Row)}
	if len(d.Row.Masked)+len(d.Row.Secret) > 0 {
		s.identify = s.byList
	}
	if d.Retrieve != nil {
		s.retrieve = s.byCall
	}
	if d.PublicKey != nil {
		s.publicKey = s.givePublicKey
	}
	if d.OwnProject != "" {
		s.ownProject = s.projectOfList
	}
	if d.Exchange != nil {
		if s.exchange, bad = newExchange(t, d.Exchange.Call, d.Headers); bad != nil {
			return nil, bad
		}
	}
	return s, nil
}

// declaredDialect is how a declared issuer says no.
func declaredDialect(d *kit.Declaration) dialect {
	r := d.Refusals
	own := func(f fault) bool {
		marked := slices.ContainsFunc(r.Own, func(mark string) bool {
			return mark == "no" && f.shape.no || mark == "text" && f.shape.text || mark == "object" && f.shape.object
		})
		if r.Status && f.status == 0 || len(r.Members) > 0 && slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return !slices.Contains(r.Members, name) }) {
			return false
		}
		return marked && !slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return slices.Contains(r.Foreign, name) })
	}
	out := dialect{verdict: rightsVerdict, own: own}
	if r.Forbidden == "role" {
		out.verdict, out.names = roleVerdict, namedRole
	}
	for _, m := range d.Remedies {
		out.remedies = append(out.remedies, remedy{status: m.Status, code: m.Code, words: m.Words, sent: m.Sent, op: opsNamed(m.Op), otherEnvironment: m.OtherEnvironment, missing: m.Missing, hint: m.Hint})
	}
	return out
}

// opsNamed are the operations that a declaration names, "create|update", as errors name them.
func opsNamed(names string) string {
	ops := map[string]string{"list": opList, "create": opCreate, "update": opUpdate, "delete": opDelete, "probe": opProbe, "": ""}
	var out []string
	for _, name := range strings.Split(names, "|") {
		out = append(out, ops[name])
	}
	return strings.Join(out, "|")
}

// Capabilities implements Service.
func (s *issuer) Capabilities() apikey.Capabilities {
	create := s.ability("create", s.d.Create != nil && s.setting(s.d.Create.Setting))
	c := apikey.Capabilities{
		Service: s.d.Name, Title: s.d.Title, Credential: s.environmentSaid(s.opts.Token),
		Create: create, Delete: s.ability("delete", s.d.Delete != nil),
		Rename: s.changes("rename", apikey.FieldName), ChangeRole: s.changes("role", apikey.FieldRole), Disable: s.changes("disable", apikey.FieldEnabled),
		PublicKeys: s.ability("public_key", s.d.PublicKey != nil), Retrieve: shownOnce,
		LastUsed: s.ability("last_used", len(s.d.Row.LastUsedAt) > 0), Expiry: s.sent("expiry", apikey.FieldExpiry, create),
		Restrictions: s.sent("restrictions", apikey.FieldRestrictions, create),
		Environments: slices.Clone(s.d.Environments), AccessFields: slices.Clone(s.d.Access),
		MaxName: s.d.Longest, UsagePage: s.d.Usage, Advice: s.d.Advice,
	}
	if s.retrieve != nil && !s.opts.ShownOnce {
		c.Retrieve = s.ability("retrieve", true)
	}
	for _, r := range s.d.Roles {
		role := apikey.RoleInfo{Name: r.Name, Description: r.Description, Manages: r.Manages}
		if r.Mints {
			role.Risk = apikey.CanMint
		}
		c.Roles = append(c.Roles, role)
	}
	for _, p := range s.d.Secret.Prefixes {
		c.SecretPrefixes = append(c.SecretPrefixes, p.Text)
	}
	return c
}

// ability is that there is such a call, or the reason why there is none.
func (s *issuer) ability(name string, has bool) apikey.Ability {
	if has {
		return apikey.Ability{OK: true, Why: s.d.Note[name]}
	}
	return apikey.Cannot(cmp.Or(s.d.Cannot[name], "the service has no call for it"))
}

// changes is that an update sends this field.
func (s *issuer) changes(name string, field apikey.Field) apikey.Ability {
	return s.ability(name, s.d.Update != nil && sends(s.d.Update, field))
}

// sent is that a create says this field; where there is no create, why not.
func (s *issuer) sent(name string, field apikey.Field, create apikey.Ability) apikey.Ability {
	if s.d.Create == nil || !sends(&s.d.Create.Call, field) {
		return s.ability(name, false)
	}
	return create
}

func sends(c *kit.Call, field apikey.Field) bool {
	for _, v := range c.Send {
		if v.Field == field {
			return true
		}
	}
	return false
}

// setting reports whether a setting of the profile is on; none is always on.
func (s *issuer) setting(name string) bool { return name == "" || name == "create" && s.opts.CanCreate }

// environmentSaid is the environment that a secret says it is of by how it begins.
func (s *issuer) environmentSaid(secret apikey.Secret) apikey.Environment {
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && secret.HasPrefix(p.Text) {
			return p.Environment
		}
	}
	return ""
}

// request is a declared call about a key; what is empty is not sent.
func (s *issuer) request(op string, c *kit.Call, id string, values map[apikey.Field]any) call {
	method, path, _ := strings.Cut(c.Call, " ")
	out := call{op: op, method: method, path: path, id: s.spelling.wire(id), needs: c.Needs, query: queryOf(c.Query)}
	if c.Send == nil {
		return out
	}
	body := map[string]any{}
	for member, v := range c.Send {
		if value, has := values[v.Field]; has {
			body[member] = written(value, v.As)
		}
	}
	out.body = body
	return out
}

// written is a value as a declaration has it sent.
func written(value any, as string) any {
	at, isTime := value.(time.Time)
	switch {
	case isTime && as == "rfc3339-ms":
		return at.Format("2006-01-02T15:04:05.000Z07:00")
	case isTime:
		return at.Format(time.RFC3339)
	}
	return value
}

// List implements Service.
func (s *issuer) List(ctx context.Context, each func([]apikey.Key)) error {
	ctx, done := s.operation(ctx)
	defer done()
	var c *collector
	return s.walk(ctx,
		func(a *answer) {
			c = &collector{each: each, answer: a, own: s.opts.Token, ownID: s.spelling.show(s.exchange.subject())}
		},
		func(k *apikey.Key, _ *record) { c.add(k) },
		func() { c.finish() })
}

// Identify implements Identifier.
func (s *issuer) Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	if s.identify == nil {
		return nil, nil
	}
	ctx, done := s.operation(ctx)
	defer done()
	return s.identify(ctx, secret)
}

// byList identifies a secret by the list: by the subject of its own session where there is a token server, by itself where the
// list has it, else by a mask that only one key has. A prefix is an environment, never an identity.
func (s *issuer) byList(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	subject := ""
	if s.exchange.usable() && secret.Check() == nil {
		if session, err := s.exchange.issue(ctx, opProbe, secret); err == nil {
			subject = s.spelling.show(session.subject)
		}
	}
	var exact, masked []apikey.Key
	err := s.walk(ctx,
		func(*answer) { exact, masked = nil, nil },
		func(k *apikey.Key, r *record) {
			switch listed := r.secret(); {
			case listed.Equal(secret), subject != "" && k.ID == subject:
				exact = append(exact, *k)
			case listed.IsZero() && maskOf(k.Masked, secret):
				masked = append(masked, *k)
			}
		}, func() {})
	if err != nil {
		return nil, err
	}
	if len(exact) == 0 {
		exact = masked
	}
	key := sameByMask(exact)
	if key != nil {
		key.Own = key.Own || secret.Equal(s.opts.Token)
	}
	return key, nil
}

// Create implements Service, where the declaration has the call and the profile says that the service offers it.
func (s *issuer) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if can := s.Capabilities().Create; !can.OK {
		return apikey.Created{}, unsupported(opCreate, can)
	}
	if bad := checkDraft(draft, s.opts.Now(), s.d.Longest); bad != nil {
		return apikey.Created{}, bad
	}
	now := s.now()
	values := map[apikey.Field]any{apikey.FieldName: draft.Name}
	if len(s.d.Roles) > 0 {
		if draft.Role == "" {
			return apikey.Created{}, invalidDraft("a key needs a role")
		}
		values[apikey.FieldRole] = s.spelling.wire(draft.Role)
	}
	if draft.Type != "" && len(s.d.Types) > 0 {
		if !slices.Contains(s.d.Types, draft.Type) {
			return apikey.Created{}, invalidDraft("a key's type is " + strings.Join(s.d.Types, " or "))
		}
		values[apikey.FieldType] = draft.Type
	}
	if len(s.d.Environments) > 0 {
		env, bad := s.environment(draft.Environment)
		if bad != nil {
			return apikey.Created{}, bad
		}
		draft.Environment = env
		values[apikey.FieldEnvironment] = env
	}
	if !draft.Expiry.IsNever() {
		values[apikey.FieldExpiry] = draft.Expiry.Instant(now).UTC()
	}
	if !draft.Restrictions.Empty() {
		values[apikey.FieldRestrictions] = draft.Restrictions
	}
	c := s.request(opCreate, &s.d.Create.Call, "", values)
	c.write, c.repeatable = true, true
	if body, ok := c.body.(map[string]any); ok {
		for name, raw := range draft.Extra {
			if slices.Contains(s.d.Row.Copied, name) {
				body[name] = raw
			}
		}
	}
	var created apikey.Created
	err := s.send(ctx, c, func(a *answer) (err error) {
		created, err = s.created(a)
		return err
	})
	if err != nil {
		return apikey.Created{}, err
	}
	if created.Secret.IsZero() {
		return apikey.Created{}, noSecret()
	}
	if created.Key.Name == "" && (!s.d.Create.Whole || created.Key.ID == "") {
		created.Key.Name = draft.Name
	}
	created.Notes = append(created.Notes, expiryNote(draft.Expiry, created.Key.ExpiresAt, now)...)
	created.Notes = append(created.Notes, accessNotes(draft, created.Key)...)
	if got := created.Key.Environment; got != "" && draft.Environment != "" && got != draft.Environment {
		created.Notes = append(created.Notes, fmt.Sprintf("asked for a %s key; the service made a %s one", draft.Environment, got))
	}
	return created, nil
}

// created reads the answer to a create. A secret that came is kept, whatever else is missing.
func (s *issuer) created(a *answer) (apikey.Created, error) {
	row, beside := s.layout.record(), s.layout.record()
	if err := decodeCreated(a.body, row, beside, s.d.Create.Key...); err != nil {
		return apikey.Created{}, err
	}
	var out apikey.Created
	out.Secret, out.Bound = bound(row.secret(), beside.secret(), string(row.text(row.l.id)))
	row.keep(out.Secret)
	var err error
	if out.Key, err = s.key(row); err != nil && !out.Secret.IsZero() {
		out.Notes, err = []string{noteNoID}, nil
	}
	return out, err
}

// environment is the one asked for, else that of our own credential, else the profile's.
func (s *issuer) environment(asked apikey.Environment) (apikey.Environment, *Error) {
	asked = cmp.Or(asked, s.environmentSaid(s.opts.Token), s.opts.Environment)
	if !slices.Contains(s.d.Environments, asked) {
		var all []string
		for _, e := range s.d.Environments {
			all = append(all, string(e))
		}
		return "", invalidDraft("a key's environment is " + strings.Join(all, " or "))
	}
	return asked, nil
}

// Delete implements Service.
func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Delete == nil {
		return apikey.Deleted{}, unsupported(opDelete, s.Capabilities().Delete)
	}
	if bad := s.checkID(opDelete, id); bad != nil {
		return apikey.Deleted{}, bad
	}
	c := s.request(opDelete, s.d.Delete, id, map[apikey.Field]any{apikey.FieldID: s.spelling.wire(id)})
	c.write = true
	return remove(ctx, s.transport, s.send, c)
}

// CallNames implements CallNamer. A probe makes its first call; where that tells nothing, the next.
func (s *issuer) CallNames(op string) []string {
	switch op {
	case "list", "identify":
		return []string{s.d.List.Call.Call}
	case "project":
		if s.ownProject != nil {
			return []string{s.d.List.Call.Call}
		}
	case "update":
		if s.d.Update != nil {
			return []string{s.d.Update.Call}
		}
	case "retrieve":
		if s.d.Retrieve != nil {
			return []string{s.d.Retrieve.Call}
		}
	case "create":
		if s.d.Create != nil {
			return []string{s.d.Create.Call.Call}
		}
	case "delete":
		if s.d.Delete != nil {
			return []string{s.d.Delete.Call}
		}
	case "probe":
		if s.exchange.usable() {
			return []string{s.d.Exchange.Call}
		}
		p := s.d.Probes[0]
		return []string{strings.Replace(p.Call, "{id}", p.ID, 1)}
	}
	return nil
}

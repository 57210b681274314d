package client

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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
	sessions *sessions    // what the credential is exchanged for before each call; nil where it is sent itself
	own      scheme       // how the credential is sent, or its session
	tried    scheme       // how a key is sent whose secret is tried
	features *features    // of permissions, and how the account spells them
	query    atomic.Int32 // index in the declared queries of the list that the credential may read
	abilities

	whole       func(apikey.Secret) bool  // nil where no form of a whole secret is declared
	told        atomic.Pointer[Catalogue] // what the service said of its permissions; nil for nothing
	looksAtKeys sync.Map                  // the probes of which it was seen, though the shape of their answer is not known
}

// abilities are what an issuer has beyond the five calls of a Service, nil where its declaration has no such call.
type abilities struct {
	identify   func(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
	retrieve   func(ctx context.Context, id string) (apikey.Secret, error)
	publicKey  func(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error)
	ownProject func(ctx context.Context) (project string, known bool, err error)
	catalogue  func(ctx context.Context) ([]kit.Permission, error)
	roll       func(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error)
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
	case *Cataloguer:
		return s.catalogue == nil
	case *Roller:
		return s.roll == nil
	}
	return false
}

func openIssuer(d *kit.Declaration, opts Options) (*issuer, *Error) {
	s := &issuer{d: d, layout: newLayout(&d.Row), features: newFeatures(d.Permissions)}
	t, bad := newTransport(opts, s.dialect())
	if bad != nil {
		return nil, bad
	}
	if bad := checkParents(d, opts.Parents); bad != nil {
		return nil, bad
	}
	s.transport = t
	if form := cmp.Or(opts.Whole, d.Secret.Shape); form != "" {
		whole, err := regexp.Compile("^(?:" + form + ")$")
		if err != nil {
			return nil, badOption("the form of a whole secret is no regular expression")
		}
		s.whole = func(secret apikey.Secret) bool { return secret.Matches(whole) }
	}
	s.authorize()
	if len(d.Row.Masked)+len(d.Row.Secret) > 0 {
		s.identify = s.byList
	}
	switch {
	case d.Retrieve != nil:
		s.retrieve = s.byCall
	case d.List.Secrets:
		s.retrieve = s.bySecretOfList
	}
	if d.PublicKey != nil {
		s.publicKey = s.givePublicKey
	}
	if d.Roll != nil {
		s.roll = s.newSecret
	}
	if d.OwnProject != "" {
		s.ownProject = s.projectOfList
	}
	switch {
	case d.Catalogue == nil:
	case d.Catalogue.Keys:
		s.catalogue = s.catalogueOfKeys
	default:
		s.catalogue = s.catalogueByCall
	}
	if s.catalogue != nil && opts.Catalogue != nil && len(opts.Catalogue.Permissions) > 0 {
		s.told.Store(opts.Catalogue)
	}
	if d.Exchange != nil {
		if s.exchange, bad = newExchange(t, d.Exchange.Call, d.Headers); bad != nil {
			return nil, bad
		}
		if opts.Exchange {
			s.sessions = s.exchange.sessions
		}
	}
	return s, nil
}

// dialect is how the issuer says no.
func (s *issuer) dialect() dialect {
	d, r := s.d, s.d.Refusals
	own := func(f fault) bool {
		marked := slices.ContainsFunc(r.Own, func(mark string) bool {
			return mark == "no" && f.shape.no || mark == "text" && f.shape.text || mark == "object" && f.shape.object || mark == "code" && f.code != "" ||
				mark == "message" && slices.Contains(strings.Fields(f.shape.members), "message")
		})
		if r.Status && f.status == 0 || len(r.Members) > 0 && slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return !slices.Contains(r.Members, name) }) {
			return false
		}
		marked = marked || len(r.With) > 0 && !slices.ContainsFunc(r.With, func(name string) bool { return !slices.Contains(strings.Fields(f.shape.members), name) })
		return marked && !slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return slices.Contains(r.Foreign, name) })
	}
	out := dialect{verdict: rightsVerdict, own: own}
	out.means = func(status int, f fault) int {
		told := strings.ToLower(f.message + " " + f.code)
		for _, m := range r.Means {
			if (m.Status == 0 || m.Status == status) && (m.Words == "" || anyOf(told, m.Words)) {
				return m.Is
			}
		}
		return status
	}
	switch {
	case r.Forbidden == "role":
		out.verdict, out.names = roleVerdict, namedRole
	case r.Lacking != "":
		out.verdict, out.names = codeVerdict(r.Lacking), s.features.named
	}
	if judge := out.verdict; r.Known != "" {
		out.verdict = func(e *Error) apikey.Verdict {
			if anyOf(strings.ToLower(e.Message), r.Known) {
				return apikey.Accepted
			}
			return judge(e)
		}
	}
	if d.Secret.Shape != "" {
		out.shape = regexp.MustCompile(d.Secret.Shape)
	}
	for _, m := range d.Remedies {
		out.remedies = append(out.remedies, remedy{status: m.Status, code: m.Code, words: m.Words, sent: m.Sent, op: opsNamed(m.Op), otherEnvironment: m.OtherEnvironment, account: m.Account, missing: m.Missing, hint: m.Hint})
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
	can := func(name string) apikey.Ability { return s.ability(name, s.d.Can(name)) }
	create := s.ability("create", s.d.Create != nil && s.setting(s.d.Create.Setting))
	c := apikey.Capabilities{
		Service: s.d.Name, Title: s.d.Title, Credential: s.environmentSaid(s.opts.Token),
		Create: create, Delete: can("delete"), Rename: can("rename"), ChangeRole: can("role"), Disable: can("disable"), PublicKeys: can("public_key"),
		Retrieve: can("retrieve"), LastUsed: can("last_used"), Expiry: s.sent("expiry", create), Restrictions: s.sent("restrictions", create),
		Environments: slices.Clone(s.d.Environments), AccessFields: slices.Clone(s.d.Access),
		MorePermissions: slices.Clone(s.d.MorePermissions), MaxName: s.d.Longest, UsagePage: s.d.Usage, Advice: s.d.Advice,
		RevokeLag: s.d.Truth.RevokeLag.Duration, ListLag: s.d.Truth.ListLag.Duration, UseResolution: s.d.Truth.UseResolution.Duration,
		NoTryDead: s.d.Truth.NeverTryDead, Roll: s.rolls(), Catalogue: apikey.Catalogue{Can: s.catalogue != nil, OfKeys: s.d.Catalogue != nil && s.d.Catalogue.Keys, Asked: s.askedAt()},
	}
	c.Whole = s.whole
	c.Whose = func(secret apikey.Secret) (title, prefix string) { return whose(s.d.Name, secret) }
	if s.opts.ShownOnce {
		c.Retrieve = apikey.Cannot("the service shows a secret once")
	}
	c.FreePermissions = len(s.d.Permissions) == 0 && s.d.Create != nil && s.d.Create.Sends(apikey.FieldPermissions)
	s.declaredPermissions(&c)
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
	if s.opts.SecretPrefix != "" {
		c.SecretPrefixes = append(c.SecretPrefixes, s.opts.SecretPrefix)
	}
	return c
}

// ability is that there is such a call, or the reason why there is none.
func (s *issuer) ability(name string, has bool) apikey.Ability {
	if has {
		return apikey.Ability{OK: true, Why: s.d.Note[name]}
	}
	return apikey.Cannot(s.d.Why(name))
}

// sent is that a create says something; where there is no create, why not.
func (s *issuer) sent(name string, create apikey.Ability) apikey.Ability {
	if !s.d.Can(name) {
		return s.ability(name, false)
	}
	return create
}

// declaredPermissions are the catalogue, by headings in the order of the declaration.
func (s *issuer) declaredPermissions(c *apikey.Capabilities) {
	offered := s.offered()
	for _, p := range offered {
		title, feature := cmp.Or(p.Group, p.Feature, "Permissions"), s.features.spelling(p.Feature)
		at := slices.IndexFunc(c.PermissionGroups, func(g apikey.PermissionGroup) bool { return g.Title == title && g.Feature == feature })
		if at < 0 {
			at = len(c.PermissionGroups)
			c.PermissionGroups = append(c.PermissionGroups, apikey.PermissionGroup{Feature: feature, Title: title})
		}
		info := apikey.PermissionInfo{Permission: s.permission(p), Description: p.Description}
		switch {
		case p.Mints:
			info.Risk = apikey.CanMint
		case p.Useless:
			info.Risk = apikey.NoEffect
		}
		c.PermissionGroups[at].Permissions = append(c.PermissionGroups[at].Permissions, info)
	}
	for _, preset := range s.d.Presets {
		out := apikey.PermissionPreset{Name: preset.Name}
		for _, p := range offered {
			if slices.Contains(preset.Permissions, p.Name) {
				out.Permissions = append(out.Permissions, s.permission(p))
			}
		}
		if len(out.Permissions) > 0 { // else the service has none of them
			c.PermissionPresets = append(c.PermissionPresets, out)
		}
	}
}

// permission is a declared one as a key has it.
func (s *issuer) permission(p kit.Permission) apikey.Permission {
	if p.Feature != "" {
		return apikey.Permission{Feature: s.features.spelling(p.Feature), Name: p.Name}
	}
	return apikey.ParsePermission(p.Name)
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
	key, _, err := s.find(ctx, secret, func(k *apikey.Key, r *record) bool {
		return r.secret().Equal(secret) || s.halfOf(k.ID, secret) || subject != "" && k.ID == subject
	})
	if key != nil {
		key.Own = key.Own || secret.Equal(s.opts.Token)
	}
	return key, err
}

// find lists until it knows the one key that is meant, with the secret that the list has for it: else by a mask of the secret that
// only one key has.
func (s *issuer) find(ctx context.Context, secret apikey.Secret, meant func(*apikey.Key, *record) bool) (*apikey.Key, apikey.Secret, error) {
	var exact, masked []apikey.Key
	var value apikey.Secret
	err := s.walk(ctx,
		func(*answer) { exact, masked, value = nil, nil, apikey.Secret{} },
		func(k *apikey.Key, r *record) {
			switch listed := r.secret(); {
			case meant(k, r):
				exact, value = append(exact, *k), listed
			case listed.IsZero() && maskOf(k.Masked, secret):
				masked = append(masked, *k)
			}
		}, func() {})
	if err != nil {
		return nil, apikey.Secret{}, err
	}
	if len(exact) == 0 {
		exact = masked
	}
	return sameByMask(exact), value, nil
}

// bySecretOfList gives the secret of a key again, as far as the list has it.
func (s *issuer) bySecretOfList(ctx context.Context, id string) (apikey.Secret, error) {
	_, secret, err := s.find(ctx, apikey.Secret{}, func(k *apikey.Key, _ *record) bool { return k.ID == id })
	return s.withID(id, secret), err
}

// Delete implements Service.
func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Delete == nil {
		return apikey.Deleted{}, unsupported(opDelete, s.Capabilities().Delete)
	}
	c, err := s.about(ctx, opDelete, s.d.Delete, id, nil)
	if e := asError(err); e != nil && e.Kind == NotFound && s.d.Row.SecretIsID {
		return apikey.Deleted{AlreadyGone: true, Message: e.Message}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	gone, err := s.remove(ctx, c)
	if e := asError(err); e != nil && e.Outcome == NotDone && s.d.Delete.MaybeGone != "" && anyOf(strings.ToLower(e.Message), s.d.Delete.MaybeGone) {
		if listed, failed := s.lists(ctx, id); failed == nil && !listed {
			return apikey.Deleted{AlreadyGone: true, Message: e.Message}, nil
		}
	}
	return gone, err
}

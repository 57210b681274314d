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

// issuer speaks to a service as a declaration says.
type issuer struct {
	*transport
	d        *kit.Declaration
	spelling verbatim
	exchange *exchange    // nil where nothing is exchanged
	sessions *sessions    // what the credential is exchanged for before each call; nil where it is sent itself
	own      scheme       // how the credential is sent, or its session
	tried    scheme       // how a key is sent whose secret is tried
	features *features    // of permissions, and how the account spells them
	query    atomic.Int32 // index in the declared queries of the list that the credential may read

	whole       func(apikey.Secret) bool  // nil where no form of a whole secret is declared
	told        atomic.Pointer[Catalogue] // what the service said of its permissions; nil for nothing
	looksAtKeys sync.Map                  // the probes of which it was seen, though the shape of their answer is not known
}

// lacks reports whether an interface that every issuer has the method of is one that this one does nothing in.
func (s *issuer) lacks(ability any) bool {
	switch ability.(type) {
	case *Identifier:
		return len(s.d.Row.Masked)+len(s.d.Row.Secret) == 0
	case *Retriever:
		return !s.d.Can("retrieve")
	case *PublicKeys:
		return s.d.PublicKey == nil
	case *ProjectFinder:
		return s.d.OwnProject == ""
	case *Cataloguer:
		return len(s.d.Catalogues()) == 0
	case *Roller:
		return s.d.Roll == nil
	case *SelfDeleter:
		return s.selfDelete() == ""
	}
	return false
}

func openIssuer(d *kit.Declaration, opts Options) (*issuer, *Error) {
	s := &issuer{d: d, features: newFeatures(d.Permissions)}
	t, bad := newTransport(opts, newDialect(d, s.features))
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
	if was := opts.Catalogue; was != nil && len(was.Permissions)+len(was.Roles)+len(was.Environments) > 0 {
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

// Capabilities implements Service.
func (s *issuer) Capabilities() apikey.Capabilities {
	can := func(name string) apikey.Ability { return s.ability(name, s.d.Can(name)) }
	create := s.ability("create", s.d.Create != nil && s.setting(s.d.Create.Setting))
	c := apikey.Capabilities{
		Service: s.d.Name, Title: s.d.Title, Credential: s.environmentSaid(s.opts.Token),
		Create: create, Delete: can("delete"), Rename: can("rename"), ChangeRole: can("role"), Disable: can("disable"), PublicKeys: can("public_key"),
		Retrieve: can("retrieve"), LastUsed: can("last_used"), Expiry: s.sent("expiry", create), Restrictions: s.sent("restrictions", create),
		Lifetimes: s.lifetimes(), ChangeExpiry: apikey.Cannot("the service has no call that moves the end of a key"), Numbers: s.d.NumbersOfKeys(),
		Environments: slices.Clone(s.environments()), AccessFields: slices.Clone(s.d.Access),
		MorePermissions: slices.Clone(s.d.MorePermissions), MaxName: s.d.Longest, UsagePage: s.d.Usage, Advice: s.d.Advice,
		RevokeLag: s.d.Truth.RevokeLag.Duration, ListLag: s.d.Truth.ListLag.Duration, UseResolution: s.d.Truth.UseResolution.Duration,
		NoTryDead: s.d.Truth.NeverTryDead, SelfDelete: s.selfDelete(), Roll: s.rolls(), Catalogue: s.catalogueKnown(),
	}
	if s.d.Update != nil && s.d.Update.Sends(apikey.FieldExpiry) {
		c.ChangeExpiry = apikey.Can()
	}
	c.Whole = s.whole
	c.Whose = func(secret apikey.Secret) (title, prefix string) { return whose(s.d.Name, secret) }
	if s.opts.ShownOnce {
		c.Retrieve = apikey.Cannot("the service shows a secret once")
	}
	c.FreePermissions = len(s.d.Permissions) == 0 && s.d.Create != nil && s.d.Create.Sends(apikey.FieldPermissions)
	s.declaredPermissions(&c)
	for _, r := range s.roles() {
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
	err := s.walk(ctx,
		func(a *answer) {
			c = &collector{each: each, answer: a, own: s.opts.Token, ownID: s.spelling.show(s.exchange.subject())}
		},
		func(k *apikey.Key, _ apikey.Secret) { c.add(k) })
	if err == nil {
		c.finish()
	}
	return err
}

// Identify implements Identifier: by the subject of its own session where there is a token server, by itself where the
// list has it, else by a mask that only one key has. A prefix is an environment, never an identity.
func (s *issuer) Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	if s.lacks((*Identifier)(nil)) {
		return nil, nil
	}
	ctx, done := s.operation(ctx)
	defer done()
	subject := ""
	if s.exchange.usable() && secret.Check() == nil {
		if session, err := s.exchange.issue(ctx, opProbe, secret); err == nil {
			subject = s.spelling.show(session.subject)
		}
	}
	key, err := s.find(ctx, secret, func(k *apikey.Key, listed apikey.Secret) bool {
		return listed.Equal(secret) || s.halfOf(k.ID, secret) || subject != "" && k.ID == subject
	})
	if key != nil {
		key.Own = key.Own || secret.Equal(s.opts.Token)
	}
	return key, err
}

// find is the one key of the list that is meant, else the one that has a mask of the secret; nil where none or several are.
func (s *issuer) find(ctx context.Context, secret apikey.Secret, meant func(*apikey.Key, apikey.Secret) bool) (*apikey.Key, error) {
	var exact, masked []apikey.Key
	err := s.walk(ctx,
		func(*answer) { exact, masked = nil, nil },
		func(k *apikey.Key, listed apikey.Secret) {
			switch {
			case meant(k, listed):
				exact = append(exact, *k)
			case listed.IsZero() && maskOf(k.Masked, secret):
				masked = append(masked, *k)
			}
		})
	if err != nil {
		return nil, err
	}
	if len(exact) == 0 {
		exact = masked
	}
	if len(exact) != 1 {
		return nil, nil
	}
	exact[0].Matched = true
	return &exact[0], nil
}

// Delete implements Service.
func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Delete == nil {
		return apikey.Deleted{}, unsupported(opDelete, s.Capabilities().Delete)
	}
	c, err := s.about(ctx, opDelete, s.d.Delete, id, nil)
	if IsKind(err, NotFound) && s.d.Row.SecretIsID {
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	gone, err := s.remove(ctx, c, s.send)
	if e := asError(err); e != nil && e.Outcome == NotDone && s.d.Delete.MaybeGone != "" && anyOf(strings.ToLower(e.Message), s.d.Delete.MaybeGone) {
		if listed, failed := s.inList(ctx, id); failed == nil && listed.key.ID == "" {
			return apikey.Deleted{AlreadyGone: true}, nil
		}
	}
	return gone, err
}

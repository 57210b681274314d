package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/issuers"
	"detent/client/kit"
	"detent/client/wire"
)

// Open makes the client of a service. It touches no network. Its errors say which option is wrong.
func Open(opts Options) (Service, error) {
	d, bad := declarationOf(opts)
	if bad != nil {
		return nil, bad
	}
	s, bad := openIssuer(d, opts)
	if bad != nil {
		return nil, bad
	}
	return s, nil
}

// declarationOf is the declaration that options are for, where they have a token.
func declarationOf(opts Options) (*kit.Declaration, *Error) {
	if opts.Token.IsZero() {
		return nil, badOption("there is no token for this profile")
	}
	if err := opts.Token.Check(); err != nil {
		return nil, badOption("the token cannot be one: " + err.Error())
	}
	if opts.Trial != nil && opts.Trial.Of != nil {
		return opts.Trial.Of, nil
	}
	d, err := issuers.Load(opts.IssuerFolder, opts.Service)
	if errors.Is(err, issuers.ErrUnknown) {
		all := issuers.Names(opts.IssuerFolder)
		return nil, badOption("no such service; there are " + strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1])
	}
	if err != nil {
		return nil, badOption("the declaration cannot be used: " + kit.OneLine(err))
	}
	return d, nil
}

func openIssuer(d *kit.Declaration, opts Options) (*issuer, *Error) {
	s := &issuer{d: d, features: wire.NewFeatures(d.Permissions), grants: d.SentAs(apikey.FieldPermissions)}
	t, bad := newTransport(opts, newDialect(d, s.features))
	if bad != nil {
		return nil, bad
	}
	if bad := checkParents(d, opts.Parents); bad != nil {
		return nil, bad
	}
	s.transport = t
	if isSigned(&d.Auth) || isSigned(&d.KeyAuth) {
		t.signs()
	}
	if form := cmp.Or(opts.Whole, d.Secret.Shape); form != "" {
		whole, err := regexp.Compile("^(?:" + form + ")$")
		if err != nil {
			return nil, badOption("the form of a whole secret is no regular expression")
		}
		s.whole = func(secret apikey.Secret) bool { return secret.Matches(whole) }
	}
	s.authorize()
	if was := opts.Catalogue; was != nil && len(was.Permissions)+len(was.Roles)+len(was.Environments)+len(was.Choices) > 0 {
		s.told.Store(opts.Catalogue)
	}
	if d.Exchange != nil {
		if bad := s.findTokenServer(); bad != nil {
			return nil, bad
		}
	}
	s.can = s.abilities()
	return s, nil
}

// Abilities implements Service.
func (s *issuer) Abilities() Abilities { return s.can }

// abilities are those that Capabilities claim, and what they do not speak of as the declaration has it.
func (s *issuer) abilities() Abilities {
	c, row := s.Capabilities(), s.d.Row
	return Abilities{
		CheckDraft:       Where(c.Create.OK, s.checkDraft),
		RequestPublicKey: Where(c.PublicKeys.OK, s.requestPublicKey),
		Retrieve:         Where(c.Retrieve.OK, s.retrieve),
		Identify:         Where(len(row.Masked)+len(row.Suffix)+len(row.Secret) > 0, s.identify),
		OwnProject:       Where(s.d.OwnProject != "", s.ownProject),
		Listed:           Where(s.d.List.Secrets, s.shownOn),
		Catalogue:        Where(c.Catalogue.Can || c.Catalogue.Beside, s.catalogue),
		ParentChoices:    Where(slices.ContainsFunc(s.d.Parents, func(p kit.Parent) bool { return p.Catalogue != nil }), s.parentChoices),
		Roll:             Where(c.Roll.OK, s.roll),
		EndOverlap:       Where(c.Roll.End, s.endOverlap),
		KeepFormer:       Where(c.Roll.Keep, s.keepFormer),
		DeleteBySecret:   Where(c.SelfDelete != "", s.deleteBySecret),
		ServerTime:       s.serverTime,
		CallNames:        s.callNames,
	}
}

// ParentChoices asks the service what a parent of a profile can be. Of the others, the options need those that the declaration has before
// it: which projects there are may depend on the organization.
func ParentChoices(ctx context.Context, opts Options, parent string) (Choices, error) {
	d, bad := declarationOf(opts)
	if bad != nil {
		return Choices{}, bad
	}
	at, bad := toldParent(d, parent)
	if bad != nil {
		return Choices{}, bad
	}
	before := *d
	before.Parents = d.Parents[:at]
	opts.Parents = maps.Clone(opts.Parents)
	maps.DeleteFunc(opts.Parents, func(name, _ string) bool {
		return !slices.ContainsFunc(before.Parents, func(p kit.Parent) bool { return p.Name == name })
	})
	s, bad := openIssuer(&before, opts)
	if bad != nil {
		return Choices{}, bad
	}
	s.d = d
	return s.parentChoices(ctx, parent)
}

// checkParents refuses a profile that lacks a parent, or has one that is not declared.
func checkParents(d *kit.Declaration, given map[string]string) *Error {
	for _, p := range d.Parents {
		switch value := given[p.Name]; {
		case value == "":
			return badOption(fmt.Sprintf("the profile needs parents = { %s = \"…\" }: %s", p.Name, p.Title))
		case !kit.IsParentValue(value):
			return badOption(fmt.Sprintf("parents.%s: letters, digits and _ . @ : ~ -, at most 128", p.Name))
		}
	}
	for name := range given {
		if !slices.ContainsFunc(d.Parents, func(p kit.Parent) bool { return p.Name == name }) {
			return badOption(fmt.Sprintf("parents: %s has no parent %q", d.Title, name))
		}
	}
	return nil
}

// authorize says how the profile's credential and those that are tried are sent.
func (s *issuer) authorize() {
	s.own, s.tried = &s.d.Auth, &s.d.Auth
	if s.d.KeyAuth.Kind != "" {
		s.tried = &s.d.KeyAuth
	}
	if isSigned(s.own) {
		s.halves = signingParts(s.own, s.opts.Token)
	}
	if s.d.Auth.Kind != "basic" && s.d.Auth.Login == nil && s.d.Auth.Second == "" {
		return
	}
	user, password, pair := s.opts.Token.Cut(":")
	if !pair {
		s.own = s.tried
		return
	}
	s.halves = []apikey.Secret{password}
	if s.d.Auth.Second != "" { // both are secrets
		s.halves = append(s.halves, user)
	}
	if s.d.Auth.Login != nil {
		s.sessions = newSessions(s.transport, s.logIn)
	}
}

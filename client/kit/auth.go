package kit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/signers"
)

// Auth is how a credential is sent. It is never a part of an address.
type Auth struct {
	// Kind is "bearer" for the header Authorization: Bearer, "header" for Header with Prefix before the credential, "basic" for a
	// credential USER:PASSWORD, "cookie" for Cookie, "body" for Member of the body, "signed" for headers that Signer makes of the whole
	// request. "" is bearer.
	Kind string `toml:"kind"`
	// Signer is the name of a function of package signers.
	Signer string `toml:"signer"`
	Header string `toml:"header"`
	Prefix string `toml:"prefix"`
	// Second is another header, of a service that takes two credentials: the profile's is FIRST:SECOND. A key has the first header alone,
	// as key_auth says.
	Second string `toml:"second"`
	Cookie string `toml:"cookie"`
	Member string `toml:"member"`
	// CookieTLS is what the cookie is called where the service is reached by https, if that is otherwise.
	CookieTLS string `toml:"cookie_tls"`
	// Origin says that the service's own origin is sent as the header Origin, as a page of its own does: without it some refuse a
	// session.
	Origin bool `toml:"origin"`
	// Login is the call that gives a session for a credential USER:PASSWORD, which is sent in its place. With basic, a login or a second header, a
	// credential without a colon is a key, and sent as key_auth says.
	Login *Login `toml:"login"`
}

// Login is the call that gives a session. One that is refused is asked for again, once, where the refused call was a read.
type Login struct {
	Call
	// Session is the path to the session in the answer: "result", "data.token". Where it is empty, the answer sets Auth's cookie.
	Session string `toml:"session"`
}

// Parent is what keys belong to, as far as a path must name it.
type Parent struct {
	// Name is what stands between braces in a path, and in a profile under parents: small letters, digits and _.
	Name string `toml:"name"`
	// Title and About are what a person is asked for, and where it is found.
	Title string `toml:"title"`
	About string `toml:"about"`
	// Catalogue is how the service is asked which there are: ID is what a profile has for one, or Name where there is none. Its call may have
	// the parents before this one in it.
	Catalogue *Catalogue `toml:"catalogue"`
}

// Permission is one that a key can have.
type Permission struct {
	Name        string `toml:"name" json:"name,omitempty"`
	Description string `toml:"description" json:"description,omitempty"`
	// ID is what the wire has for it, where permissions are sent as ids.
	ID string `toml:"id" json:"id,omitempty"`
	// Feature is what it stands under on the wire, where permissions are sent grouped. A key of the account that has it under another
	// one is how the account spells it.
	Feature string `toml:"feature" json:"feature,omitempty"`
	// Group is the heading under which it is shown.
	Group string `toml:"group" json:"group,omitempty"`
	// Mints says that it makes or deletes keys; Useless that it can be granted and does nothing.
	Mints   bool `toml:"mints" json:"mints,omitempty"`
	Useless bool `toml:"useless" json:"useless,omitempty"`
	// Always says that the service adds it to each key by itself: it is no choice, and no difference.
	Always bool `toml:"always" json:"-"`
}

// Catalogues are the calls that tell what a new key can be given, by their fields.
func (d *Declaration) Catalogues() map[string]*Catalogue {
	out := map[string]*Catalogue{"catalogue": d.Catalogue, "role_catalogue": d.RoleCatalogue, "environment_catalogue": d.EnvironmentCatalogue}
	for i, p := range d.Properties {
		out[propertyAt(d, i)+".catalogue"] = p.Catalogue
	}
	maps.DeleteFunc(out, func(_ string, k *Catalogue) bool { return k == nil })
	return out
}

// propertyAt is the field of a property, as the file has it.
func propertyAt(d *Declaration, i int) string {
	if n := len(d.Numbers); i >= n {
		return fmt.Sprintf("property[%d]", i-n)
	}
	return fmt.Sprintf("number[%d]", i)
}

// Catalogue is how the service tells which permissions a new key can have, which roles or environments, or which words of a property.
type Catalogue struct {
	Call
	// Keys says that there is no such call, and that the account's own keys show which are in use and how it spells their features.
	Keys bool `toml:"keys"`
	// Rows are the members under which the array may be, as those of the list.
	Rows Members `toml:"rows"`
	// Name, ID, Feature, Group and Description are paths into each row: "name", "scopes.0". Group is a heading. Without any of them a row
	// is a name itself.
	Name        string `toml:"name"`
	ID          string `toml:"id"`
	Feature     string `toml:"feature"`
	Group       string `toml:"group"`
	Description string `toml:"description"`
	// Mints are words "a|b", in small letters, in the name of one that makes or deletes keys.
	Mints string `toml:"mints"`
	// Only are as those of the list: only = { "enabled" = ["true"] }.
	Only map[string][]string `toml:"only"`
	// Pages say how further pages are asked for, as those of the list.
	Pages *Pages `toml:"pages"`
}

// Preset is a named choice of permissions.
type Preset struct {
	Name        string   `toml:"name"`
	Permissions []string `toml:"permissions"`
}

// Truth is what holds of the issuer beyond its calls, as it was seen or is documented.
type Truth struct {
	// RevokeLag is how long a deleted or disabled secret may still be accepted, ListLag how far a list may be behind: "60s".
	RevokeLag Span `toml:"revoke_lag"`
	ListLag   Span `toml:"list_lag"`
	// UseResolution is how coarsely last use is written: "24h" for a service that writes it once a day.
	UseResolution Span `toml:"use_resolution"`
	// NeverTryDead says that a dead secret must not be tried, because more is revoked for it.
	NeverTryDead bool `toml:"never_try_dead"`
}

// Span is a length of time: "60s", "24h", "30d".
type Span struct{ time.Duration }

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(text []byte) (err error) {
	if days := strings.TrimRight(string(text), "dw"); days != string(text) {
		s.Duration, err = apikey.ParseSpan(string(text))
		return err
	}
	s.Duration, err = time.ParseDuration(string(text))
	return err
}

func (c *checker) parents(list []Parent) {
	seen := map[string]bool{"id": true}
	for i, p := range list {
		field := fmt.Sprintf("parent[%d]", i)
		if !parentName().MatchString(p.Name) || seen[p.Name] {
			c.refuse(field+".name", "is small letters, digits and _, each name once, and not id")
		}
		seen[p.Name] = true
		c.text(field+".title", p.Title, 40)
		c.optional(field+".about", p.About, 120)
	}
}

// auth checks how a credential is sent. An address is no place for one.
func (c *checker) auth(field string, a *Auth) {
	if a.Kind == "query" {
		c.refuse(field+".kind", "a credential in an address is logged by everything on its way: header, basic, cookie or body")
		return
	}
	c.one(field+".kind", a.Kind, "", "bearer", "header", "basic", "cookie", "body", "signed")
	for name, of := range map[string]struct{ value, kind string }{"signer": {a.Signer, "signed"}, "header": {a.Header, "header"}, "prefix": {a.Prefix, "header"}, "second": {a.Second, "header"}, "cookie": {a.Cookie, "cookie"}, "cookie_tls": {a.CookieTLS, "cookie"}, "member": {a.Member, "body"}} {
		if of.value != "" && a.Kind != of.kind {
			c.refuse(field+"."+name, "is for kind = %q", of.kind)
		}
	}
	switch a.Kind {
	case "header":
		c.token(field+".header", a.Header)
		switch {
		case a.Second == "":
		case field == "key_auth":
			c.refuse(field+".second", "is for auth: a key is one secret")
		case c.d.KeyAuth.Kind == "":
			c.refuse("key_auth", "is missing: how is a key sent, which is one secret and not two?")
		default:
			c.token(field+".second", a.Second)
		}
		for name, header := range map[string]string{".header": a.Header, ".second": a.Second} {
			if ownHeader(header) || strings.EqualFold(header, "User-Agent") || strings.EqualFold(header, "Accept") {
				c.refuse(field+name, "%q holds no credential", header)
			}
		}
	case "cookie":
		c.token(field+".cookie", a.Cookie)
		if a.CookieTLS != "" {
			c.token(field+".cookie_tls", a.CookieTLS)
		}
	case "body":
		c.member(field+".member", a.Member)
	case "signed":
		c.signer(field, a)
	}
	if len(a.Prefix) > 32 || strings.ContainsFunc(a.Prefix, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		c.refuse(field+".prefix", "is printable ASCII, at most 32 characters")
	}
	if a.Login == nil {
		return
	}
	if a.Login.Session == "" && a.Kind != "cookie" {
		c.refuse(field+".login.session", "is missing: where is the session in the answer? (or kind = \"cookie\")")
	}
	c.paths(field+".login.session", a.Login.Session)
}

// signer checks that there is a function of that name, and what it signs with.
func (c *checker) signer(field string, a *Auth) {
	c.one(field+".signer", a.Signer, signers.Names()...)
	for _, name := range signers.Named(a.Signer).Parents {
		if !slices.ContainsFunc(c.d.Parents, func(p Parent) bool { return p.Name == name }) {
			c.refuse("parent", "is missing: the signer %q signs with one that has the name %q", a.Signer, name)
		}
	}
	if a.Login != nil {
		c.refuse(field+".login", "is not with kind = \"signed\": a session is sent itself")
	}
}

// Takes is what a credential is made of that requests are signed with: "CLIENT_TOKEN:CLIENT_SECRET".
func (a *Auth) Takes() string { return signers.Named(a.Signer).Credential }

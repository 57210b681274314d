package kit

import (
	"strings"
	"time"

	"detent/apikey"
)

// Auth is how a credential is sent. It is never a part of an address.
type Auth struct {
	// Kind is "bearer" for the header Authorization: Bearer, "header" for Header with Prefix before the credential, "basic" for a
	// credential USER:PASSWORD, "cookie" for Cookie, "body" for Member of the body. "" is bearer.
	Kind   string `toml:"kind"`
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
}

// Catalogue is how the service tells which permissions a new key can have.
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

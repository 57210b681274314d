// Package apikey holds the words that every floor of detent shares: keys,
// drafts, permissions, roles, capabilities and secrets. It imports nothing of ours.
//
// The table of a key's fields has four floors: field.go declares its rows, canonical.go writes what they hold in one spelling,
// value.go reads it of a key, and compare.go compares two keys by it.
package apikey

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Environment is where a key works. Empty means that the service does not say.
type Environment string

// The environments of a profile; most keys that have one are Live or Test.
const (
	Live Environment = "live"
	Test Environment = "test"
	Dev  Environment = "dev"
)

// The two types of a key, where there are types.
const (
	SecretKey = "sk"
	PublicKey = "pk"
)

// Permission is one right of a key. Feature may be empty where the
// service answered a flat list and the feature is not known.
type Permission struct {
	Feature string
	Name    string
}

// String is "Feature.Name", or the bare name.
func (p Permission) String() string {
	if p.Feature == "" {
		return p.Name
	}
	return p.Feature + "." + p.Name
}

// MarshalText writes String.
func (p Permission) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Permission) UnmarshalText(b []byte) error { *p = ParsePermission(string(b)); return nil }

// ParsePermission splits "Feature.name"; a bare name has no feature.
func ParsePermission(s string) Permission {
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		return Permission{Feature: s[:i], Name: s[i+1:]}
	}
	return Permission{Name: s}
}

// ParsePermissions reads several, each once.
func ParsePermissions(texts []string) (out []Permission) {
	for _, text := range texts {
		if p := ParsePermission(text); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Holds says whether permissions have one of a name, and else whether one of them may stand for it: what "*" and "documents.*" mean is the
// service's to say.
func Holds(list []Permission, name string) (has, perhaps bool) {
	for _, p := range list {
		has = has || p.String() == name || p.Name == name
		before, _, pattern := strings.Cut(p.String(), "*")
		perhaps = perhaps || pattern && strings.HasPrefix(name, before)
	}
	return has, perhaps
}

// HoldsNone reports whether permissions are known to have none of the names.
func HoldsNone(list []Permission, names []string) bool {
	return list != nil && len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool {
		has, perhaps := Holds(list, name)
		return has || perhaps
	})
}

// Restrictions narrow where a key may be used from and for what.
type Restrictions struct {
	IPAddresses []string `json:"ip_addresses,omitempty"` // addresses or CIDRs of the TCP peer
	Referrers   []string `json:"referrers,omitempty"`    // exact origins, optionally with /*
	Endpoints   []string `json:"endpoints,omitempty"`    // path prefixes, by whole segments
}

// Empty reports whether nothing is restricted.
func (r Restrictions) Empty() bool {
	return len(r.IPAddresses)+len(r.Referrers)+len(r.Endpoints) == 0
}

// Whole is what JSON has of them: every list, the empty ones too. Absent would mean that they are not reported.
func (r Restrictions) Whole() any {
	whole := func(list []string) []string { return append([]string{}, list...) }
	return struct {
		IPAddresses []string `json:"ip_addresses"`
		Referrers   []string `json:"referrers"`
		Endpoints   []string `json:"endpoints"`
	}{whole(r.IPAddresses), whole(r.Referrers), whole(r.Endpoints)}
}

// Key is one API key as its service reports it. Pointers that are nil, zero
// moments and empty strings mean that the service does not say.
// Every string is scrubbed of control characters by the client.
type Key struct {
	ID          string
	Name        string
	Type        string // SecretKey or PublicKey
	Role        string
	Environment Environment
	Permissions []Permission
	// Added are the permissions that the service gives every key by itself: nobody chooses them, and two keys do not differ by them.
	Added       []Permission
	Masked      string // a mask as the service shows it, never a secret
	Account     string
	Project     string
	ProjectName string
	Enabled     *bool
	CreatedAt   Moment
	UpdatedAt   Moment
	ExpiresAt   Moment
	LastUsedAt  Moment
	// RolledAt is when the key got the secret that it has, where that is not its first one. FormerEndsAt is when the secret that it had
	// before dies, while that is still accepted beside the new one, and FormerUsedAt when that was last used.
	RolledAt     Moment
	FormerEndsAt Moment
	FormerUsedAt Moment
	Restrictions *Restrictions
	CreatedBy    string
	UpdatedBy    string
	// CanRetrieve says that the service can give the secret again, CannotRetrieve that it says it cannot.
	CanRetrieve    bool
	CannotRetrieve bool
	// Own marks the credential that detent itself uses, where that can be recognised.
	Own bool
	// Matched marks the key whose secret was given to compare with (Prosopo's list).
	Matched bool
	// Extra are access-bearing fields that detent copies without understanding
	// them (Vertesia: properties, clearance, compartments, scim_provisioning).
	Extra map[string]json.RawMessage
}

// SecretSince is when the key got the secret that it has: its age counts from then.
func (k *Key) SecretSince() Moment {
	if k.RolledAt.Known() {
		return k.RolledAt
	}
	return k.CreatedAt
}

// IsDisabled reports whether the service says that the key is switched off.
func (k Key) IsDisabled() bool { return k.Enabled != nil && !*k.Enabled }

// SecretWithoutAnswer says who has the secret of a key whose create was not answered.
func (k Key) SecretWithoutAnswer() string {
	if k.CanRetrieve {
		return "its secret did not arrive here, and the service gives it again to whoever may read its keys"
	}
	return "nobody has its secret"
}

// Draft is what a new key should be.
type Draft struct {
	Name         string
	Expiry       Expiry
	Permissions  []Permission
	Role         string
	Type         string
	Environment  Environment
	Restrictions Restrictions
	Extra        map[string]json.RawMessage
}

// Patch is a change of an existing key; nil leaves a field as it is.
type Patch struct {
	Name       *string
	Role       *string
	Enabled    *bool
	Expiry     *Expiry
	Properties map[string]json.RawMessage // by their fields; null takes one away
}

// IsZero reports whether nothing is changed.
func (p Patch) IsZero() bool {
	return p.Name == nil && p.Role == nil && p.Enabled == nil && p.Expiry == nil && len(p.Properties) == 0
}

// Created is the answer to a create: the key, its secret (shown once), and
// what the user should know, such as an expiry other than the one asked for.
type Created struct {
	Key    Key
	Secret Secret
	// Bound says that the id and the secret came in one object, so that the secret is this row's. Where it is false they
	// were put together from different places, or the answer held no id.
	Bound bool
	// Asked is when the key ends by what the request said, where the answer does not say when: never, where the request said that.
	Asked Moment
	Notes []string
}

// RollOrder is how a key is rolled.
type RollOrder struct {
	// Overlap is how long the former secret is accepted beside the new one; at once is 0.
	Overlap time.Duration
	// Once is this roll's own name among all, for a service that takes such names.
	Once string
	// Expiry is the end of the key that the roll makes, where it makes one with an id of its own.
	Expiry Expiry
}

// Rolled is the answer to a roll: the key with its new secret. A roll that was asked for again is answered without the secret, which
// nobody has then.
type Rolled struct {
	Key    Key
	Secret Secret
}

// Deleted is the answer to a delete.
type Deleted struct {
	// AlreadyGone says that the service no longer knew the key.
	AlreadyGone bool
	// Evidence is by what the key is taken for gone, where the answer to the first request is no yes: in words for people, without secrets.
	Evidence string
	// Begun says that the service took the deletion, and that it is not yet seen.
	Begun bool
}

// Answered reports whether the service's own answer says that the key is gone, rather than a list that may be behind.
func (d Deleted) Answered() bool { return d.AlreadyGone || d.Evidence == "" }

// Words say what became of a key.
func (d Deleted) Words(key string) string {
	switch {
	case d.Begun:
		return key + " is being deleted, as far as is said: " + d.Evidence
	case d.AlreadyGone && d.Evidence != "":
		return key + " is gone: " + d.Evidence
	case d.AlreadyGone:
		return key + " was already gone"
	case d.Evidence != "":
		return key + " deleted, as far as is seen: " + d.Evidence
	}
	return key + " deleted"
}

// PublicKeyRequest asks Vertesia for a public key; empty fields are its defaults.
type PublicKeyRequest struct {
	Name    string
	Project string
	TTL     int64 // seconds; 0 is the service's default of 24 hours
}

// PublicKeyValue is Vertesia's answer: public by design, still kept in a Secret
// so that it is shown only where it was asked for.
type PublicKeyValue struct {
	Value     Secret
	ExpiresAt Moment
	// Rest is how long it is valid from the service's now on; 0 where that is not said.
	Rest time.Duration
	// Notes say where it is valid for another time than was asked for.
	Notes []string
}

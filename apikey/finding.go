package apikey

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Finding is one observation about one key.
type Finding struct {
	Kind   FindingKind
	KeyID  string // empty for a finding about no key
	Name   string
	Detail string
}

// Policy is what a profile considers old, near its end, or unused.
type Policy struct {
	MaxAge   time.Duration
	Expiring time.Duration
	Unused   time.Duration
}

// DefaultPolicy is the seeds' and CIS's common bar: 90 days, two weeks ahead.
func DefaultPolicy() Policy {
	return Policy{MaxAge: 90 * day, Expiring: 14 * day, Unused: 90 * day}
}

// Examine returns what is to be said about every key. It is the one place that
// decides findings, for the list, the detail and check alike. rotating holds
// the ids of keys that an open rotation concerns.
func Examine(keys []Key, caps Capabilities, p Policy, rotating map[string]bool, now time.Time) []Finding {
	e := newExaminer(caps, p, rotating, now)
	e.count(len(keys), func(yield func(int, *Key) bool) {
		for i := range keys {
			if !yield(i, &keys[i]) {
				return
			}
		}
	})
	var out []Finding
	for i := range keys {
		k := &keys[i]
		e.examine(k, func(kind FindingKind, format string, args ...any) {
			out = append(out, Finding{Kind: kind, KeyID: k.ID, Name: k.Name, Detail: fmt.Sprintf(format, args...)})
		})
	}
	return out
}

// ExamineKinds is Examine without the words: found is told the place in keys and the kind. For lists of
// 100,000 keys, where the words of one key are asked for when it is looked at. The n keys are gone through twice, and once more where
// some of them share a name.
func ExamineKinds(n int, keys iter.Seq2[int, *Key], caps Capabilities, p Policy, rotating map[string]bool, now time.Time, found func(at int, kind FindingKind)) {
	e := newExaminer(caps, p, rotating, now)
	e.count(n, keys)
	at := 0
	add := func(kind FindingKind, _ string, _ ...any) { found(at, kind) }
	for i, k := range keys {
		at = i
		e.examine(k, add)
	}
}

// examiner is what a key is examined with.
type examiner struct {
	caps     Capabilities
	policy   Policy
	rotating map[string]bool
	now      time.Time
	ends     bool            // keys of this service can have an end
	places   map[place]int   // how many keys have a name in a place; of a name that a single key has, it is missing
	risks    map[string]Risk // by name: an account may file a permission under another feature than the catalogue
	roles    map[string]Risk
}

func newExaminer(caps Capabilities, p Policy, rotating map[string]bool, now time.Time) *examiner {
	e := &examiner{caps: caps, policy: p, rotating: rotating, now: now, places: map[place]int{}, risks: map[string]Risk{}, roles: map[string]Risk{}}
	e.ends = caps.Expiry.OK || caps.Expiry.Why == "" || slices.Contains(caps.AccessFields, FieldExpiry)
	for _, g := range caps.PermissionGroups {
		for _, info := range g.Permissions {
			if info.Risk != NoRisk {
				e.risks[info.Permission.Name] = info.Risk
			}
		}
	}
	for _, r := range caps.Roles {
		e.roles[r.Name] = r.Risk
	}
	return e
}

// place is a name where it must be told from others: a live key and a test key may well be called the same, and so may keys of
// two projects.
type place struct {
	name    string
	env     Environment
	project string
}

// count takes note of the names that several keys have.
func (e *examiner) count(n int, keys iter.Seq2[int, *Key]) {
	// Most names are of one key: those are not looked up again.
	seen, shared := make(map[string]struct{}, n), map[string]bool{}
	for _, k := range keys {
		before := len(seen)
		if seen[k.Name] = struct{}{}; len(seen) == before && k.Name != "" {
			shared[k.Name] = true
		}
	}
	if len(shared) == 0 {
		return
	}
	for _, k := range keys {
		if shared[k.Name] {
			e.places[place{k.Name, k.Environment, k.Project}]++
		}
	}
}

func (e *examiner) examine(k *Key, add func(FindingKind, string, ...any)) {
	examineTimes(k, e.policy, e.now, add)
	if e.ends && k.ExpiresAt.IsNever() {
		add(FindingNeverExpires, "has no expiry")
	}
	if e.rotating[k.ID] {
		add(FindingRotationOpen, "a rotation of this key is open")
	}
	examineAccess(k, e.caps, e.risks, e.roles, add)
	if n := e.places[place{k.Name, k.Environment, k.Project}]; n > 1 {
		add(FindingDuplicateName, "%d keys have this name", n)
	}
}

func examineTimes(k *Key, p Policy, now time.Time, add func(FindingKind, string, ...any)) {
	if at, ok := k.SecretSince().Time(); ok && p.MaxAge > 0 && now.Sub(at) > p.MaxAge {
		add(FindingAge, "%s %s ago, over the limit of %s", madeBy(k), age(now.Sub(at)), age(p.MaxAge))
	}
	if at, ok := k.ExpiresAt.Time(); ok {
		switch left := at.Sub(now); {
		case isPassing(k, p):
		case left <= 0:
			add(FindingExpired, "expired %s", date(at))
		case left < warningBefore(k, p):
			add(FindingExpiring, "expires %s", date(at))
		}
	}
	used, wasUsed := k.LastUsedAt.Time()
	created, hasCreated := k.SecretSince().Time() // a new secret is unused since it was made
	switch {
	case p.Unused <= 0:
	case wasUsed && now.Sub(used) > p.Unused:
		add(FindingUnused, "last used %s ago", age(now.Sub(used)))
	case k.LastUsedAt.IsNever() && hasCreated && now.Sub(created) > p.Unused:
		add(FindingUnused, "never used since it was %s %s ago", madeBy(k), age(now.Sub(created)))
	}
}

// madeBy says how the key got the secret that it has.
func madeBy(k *Key) string {
	if k.RolledAt.Known() {
		return "rolled"
	}
	return "created"
}

// isPassing reports whether a key is made to end: a public key is asked for again when it has ended, and the next one is made
// then. One that lives longer than the time of warning is a key like another.
func isPassing(k *Key, p Policy) bool {
	life, known := Lifetime(*k)
	return k.Type == PublicKey && (!known || life <= p.Expiring)
}

// warningBefore is how long before its end a key is near it. One that was made for a small part of the time of warning, a day or a
// week of two weeks, would be near its end from the first: there it is the last quarter of its own life.
func warningBefore(k *Key, p Policy) time.Duration {
	if life, known := Lifetime(*k); known && life <= p.Expiring/2 {
		return life / 4
	}
	return p.Expiring
}

func examineAccess(k *Key, caps Capabilities, risks, roles map[string]Risk, add func(FindingKind, string, ...any)) {
	if roles[k.Role] == CanMint && k.Role != "" {
		add(FindingCanMint, "role %s can make or delete keys", k.Role)
	}
	for _, perm := range k.Permissions {
		switch risks[perm.Name] {
		case CanMint:
			add(FindingCanMint, "%s can make, change or delete keys", perm)
		case NoEffect:
			add(FindingNoOpGrant, "%s does nothing today", perm)
		}
	}
	for _, f := range caps.AccessFields {
		if f == FieldRestrictions && k.Restrictions != nil && k.Restrictions.Empty() {
			add(FindingNoRestrictions, "full access to the account: no restriction narrows it")
		}
	}
}

// age is a span for the eye: whole days, below one day what there is. It and date become words only where they are read:
// of 100,000 keys hardly one is.
type age time.Duration

func (a age) String() string {
	switch n := int(time.Duration(a) / (24 * time.Hour)); n {
	case 0:
		return time.Duration(a).Truncate(time.Second).String()
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}

// date is an instant for the eye.
type date time.Time

func (d date) String() string { return time.Time(d).UTC().Format(time.RFC3339) }

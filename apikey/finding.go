package apikey

import (
	"fmt"
	"hash/maphash"
	"iter"
	"math/bits"
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
		e.examine(k, func(kind FindingKind, perm *Permission) {
			out = append(out, Finding{Kind: kind, KeyID: k.ID, Name: k.Name, Detail: e.detail(k, kind, perm)})
		})
	}
	return out
}

// ExamineKinds is Examine without the words: found is told the place in keys and the kind. For lists of
// 100,000 keys, where the words of one key are asked for when it is looked at. The n keys are gone through twice, and once more where
// some of them share a name. Past the instant until, some key's findings are others by time alone; it is zero where they stay as they are.
func ExamineKinds(n int, keys iter.Seq2[int, *Key], caps Capabilities, p Policy, rotating map[string]bool, now time.Time, found func(at int, kind FindingKind)) (until time.Time) {
	e := newExaminer(caps, p, rotating, now)
	e.count(n, keys)
	at := 0
	add := func(kind FindingKind, _ *Permission) { found(at, kind) }
	for i, k := range keys {
		at = i
		e.examine(k, add)
	}
	return e.until
}

// examiner is what a key is examined with.
type examiner struct {
	caps     Capabilities
	policy   Policy
	rotating map[string]bool
	now      time.Time
	until    time.Time       // the next instant that something is over; zero for none
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
	// Most names are of one key. Those that may not be are told by their hashes, which take less time and memory than a map of names.
	seed, mask := maphash.MakeSeed(), uint64(1)<<bits.Len(uint(n+n/4))-1            // over n: a place is always empty
	hash := func(k *Key) uint32 { return uint32(maphash.String(seed, k.Name)) | 1 } // 0 is an empty place
	seen, twice := make([]uint32, mask+1), map[uint32]bool{}
	for _, k := range keys {
		if k.Name == "" {
			continue
		}
		h := hash(k)
		at := uint64(h>>1) & mask
		for seen[at] != 0 && seen[at] != h {
			at = (at + 1) & mask
		}
		if seen[at] == h {
			twice[h] = true
		}
		seen[at] = h
	}
	if len(twice) == 0 {
		return
	}
	for _, k := range keys {
		if k.Name != "" && twice[hash(k)] {
			e.places[place{k.Name, k.Environment, k.Project}]++
		}
	}
}

// examine tells what is to be said about a key: the kinds, and of one that is of a permission which.
func (e *examiner) examine(k *Key, add func(FindingKind, *Permission)) {
	e.times(k, add)
	if e.ends && k.ExpiresAt.IsNever() {
		add(FindingNeverExpires, nil)
	}
	if e.rotating[k.ID] {
		add(FindingRotationOpen, nil)
	}
	e.access(k, add)
	if e.namesakes(k) > 1 {
		add(FindingDuplicateName, nil)
	}
}

// namesakes is how many keys have the name of this one where it must be told from them; 0 where it is alone.
func (e *examiner) namesakes(k *Key) int {
	if len(e.places) == 0 {
		return 0
	}
	return e.places[place{k.Name, k.Environment, k.Project}]
}

// over reports whether an instant is past. One that is not may be the next that will be.
func (e *examiner) over(at time.Time) bool {
	if e.now.After(at) {
		return true
	}
	if e.until.IsZero() || at.Before(e.until) {
		e.until = at
	}
	return false
}

func (e *examiner) times(k *Key, add func(FindingKind, *Permission)) {
	since, hasSince := k.SecretSince().Time() // a new secret is unused since it was made
	if hasSince && e.policy.MaxAge > 0 && e.over(since.Add(e.policy.MaxAge)) {
		add(FindingAge, nil)
	}
	if at, ok := k.ExpiresAt.Time(); ok {
		switch {
		case isPassing(k, e.policy):
		case e.over(at.Add(-1)): // at its very end a key is expired
			add(FindingExpired, nil)
		case e.over(at.Add(-warningBefore(k, e.policy))):
			add(FindingExpiring, nil)
		}
	}
	used, wasUsed := k.LastUsedAt.Time()
	switch {
	case e.policy.Unused <= 0:
	case wasUsed && e.over(used.Add(e.policy.Unused)), k.LastUsedAt.IsNever() && hasSince && e.over(since.Add(e.policy.Unused)):
		add(FindingUnused, nil)
	}
}

// isPassing reports whether a key is made to end: a public key is asked for again when it has ended, and the next one is made
// then. One that lives longer than the time of warning is a key like another.
func isPassing(k *Key, p Policy) bool {
	if k.Type != PublicKey {
		return false
	}
	life, known := lifetime(k)
	return !known || life <= p.Expiring
}

// warningBefore is how long before its end a key is near it. One that was made for a small part of the time of warning, a day or a
// week of two weeks, would be near its end from the first: there it is the last quarter of its own life.
func warningBefore(k *Key, p Policy) time.Duration {
	if life, known := lifetime(k); known && life <= p.Expiring/2 {
		return life / 4
	}
	return p.Expiring
}

func (e *examiner) access(k *Key, add func(FindingKind, *Permission)) {
	if e.roles[k.Role] == CanMint && k.Role != "" {
		add(FindingCanMint, nil)
	}
	for i := range k.Permissions {
		switch perm := &k.Permissions[i]; e.risks[perm.Name] {
		case CanMint:
			add(FindingCanMint, perm)
		case NoEffect:
			add(FindingNoOpGrant, perm)
		}
	}
	for _, f := range e.caps.AccessFields {
		if f == FieldRestrictions && k.Restrictions != nil && k.Restrictions.Empty() {
			add(FindingNoRestrictions, nil)
		}
	}
}

// detail is what a finding says about a key: perm is the permission that it is of, nil for none.
func (e *examiner) detail(k *Key, kind FindingKind, perm *Permission) string {
	since, _ := k.SecretSince().Time()
	end, _ := k.ExpiresAt.Time()
	switch kind {
	case FindingAge:
		return fmt.Sprintf("%s %s ago, over the limit of %s", madeBy(k), age(e.now.Sub(since)), age(e.policy.MaxAge))
	case FindingExpired:
		return fmt.Sprintf("expired %s", date(end))
	case FindingExpiring:
		return fmt.Sprintf("expires %s", date(end))
	case FindingUnused:
		if used, was := k.LastUsedAt.Time(); was {
			return fmt.Sprintf("last used %s ago", age(e.now.Sub(used)))
		}
		return fmt.Sprintf("never used since it was %s %s ago", madeBy(k), age(e.now.Sub(since)))
	case FindingNeverExpires:
		return "has no expiry"
	case FindingRotationOpen:
		return "a rotation of this key is open"
	case FindingCanMint:
		if perm == nil {
			return fmt.Sprintf("role %s can make or delete keys", k.Role)
		}
		return fmt.Sprintf("%s can make, change or delete keys", *perm)
	case FindingNoOpGrant:
		return fmt.Sprintf("%s does nothing today", *perm)
	case FindingDuplicateName:
		return fmt.Sprintf("%d keys have this name", e.namesakes(k))
	case FindingNoRestrictions:
		return e.caps.Unrestricted() + ": no restriction narrows it"
	}
	return ""
}

// madeBy says how the key got the secret that it has.
func madeBy(k *Key) string {
	if k.RolledAt.Known() {
		return "rolled"
	}
	return "created"
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

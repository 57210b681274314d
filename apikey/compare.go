package apikey

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Comparison is what the comparison of one field says.
type Comparison string

// The verdicts.
const (
	Equal      Comparison = "equal"
	Differs    Comparison = "differs"
	Unreported Comparison = "unknown" // at least one of the two does not say
)

// Difference compares one field of two keys. Equal access gives equal words.
type Difference struct {
	Field    Field
	Old, New string // in words; "unknown" where the service does not say
	Verdict  Comparison
}

// Compare compares by meaning the access of a key with that of the one that takes its place, by the fields that the service's keys
// are declared to have. Of access that nobody declared and that is reported all the same, what differs comes too.
func Compare(old, fresh Key, declared []Field) []Difference {
	var out []Difference
	for _, f := range accessOf(&old, &fresh, declared) {
		d := f.compare(&old, &fresh)
		if slices.Contains(declared, f.ID) || f.IsExtra() && slices.Contains(declared, FieldExtra) || f.surprises(d) {
			out = append(out, d)
		}
	}
	return out
}

// CompareDraft compares a new key with the draft that it was asked for with, at the moment now. What a draft cannot ask for, the
// project, is not compared; what the new key reports and nobody asked for differs.
func CompareDraft(d Draft, now time.Time, fresh Key, declared []Field) []Difference {
	asked := d.Asked(now)
	var out []Difference
	for _, f := range accessOf(&asked, &fresh, declared) {
		if f.ID == FieldProject {
			continue
		}
		known := slices.Contains(declared, f.ID) || f.IsExtra() && slices.Contains(declared, FieldExtra)
		switch diff := f.compareAsked(&asked, &fresh); {
		case known || diff.Verdict == Differs:
			out = append(out, diff)
		}
	}
	return out
}

// surprises reports whether a difference in a field that nobody declared says something.
func (f FieldInfo) surprises(d Difference) bool {
	switch d.Verdict {
	case Differs:
		return true
	case Unreported: // one of them says something else than the usual
		return d.Old != d.New && !(d.Old == wordUnknown && d.New == f.Usual) && !(d.New == wordUnknown && d.Old == f.Usual)
	}
	return false
}

// accessOf are the fields of access to compare: those declared, in that order, then those that either key reports. Where
// FieldExtra is declared, it stands for what either key has in Extra.
func accessOf(old, fresh *Key, declared []Field) []FieldInfo {
	var out []FieldInfo
	add := func(f FieldInfo) {
		if !slices.ContainsFunc(out, func(o FieldInfo) bool { return o.ID == f.ID }) {
			out = append(out, f)
		}
	}
	extras := map[Field]bool{}
	for _, k := range []*Key{old, fresh} {
		for name := range k.Extra {
			if f := FieldOfMember(name); f.raw(k) != nil {
				extras[f.ID] = true
			}
		}
	}
	for _, id := range declared {
		if id == FieldExtra && len(extras) > 0 {
			continue // its members stand for it
		}
		f := FieldOf(id)
		f.Absent = f.Absent && hasRow(id) // a property that is declared by its name: a key that lacks it does not say
		add(f)
	}
	for _, id := range slices.Sorted(maps.Keys(extras)) {
		add(FieldOf(id))
	}
	for _, f := range fields {
		if f.Access && !f.IsExtra() && (f.Reported(old) || f.Reported(fresh)) {
			add(f)
		}
	}
	return out
}

// compare compares the field of two keys that the service reports in the same way.
func (f FieldInfo) compare(old, fresh *Key) Difference {
	if f.Kind == KindLife {
		return compareLife(f.ID, *old, *fresh)
	}
	d := Difference{Field: f.ID, Old: f.words(old, fresh), New: f.words(fresh, old)}
	switch {
	case d.Old == wordUnknown || d.New == wordUnknown:
		d.Verdict = Unreported
	case d.Old == d.New:
		d.Verdict = Equal
	default:
		d.Verdict = Differs
	}
	return d
}

// compareAsked compares a new key with what was asked for: there, what is not said was not asked for.
func (f FieldInfo) compareAsked(asked, fresh *Key) Difference {
	d := f.compare(asked, fresh)
	if d.Old == wordUnknown && d.New != wordUnknown {
		d.Old, d.Verdict = wordNone, Differs
	}
	return d
}

// Words is a field of access in words, made so that equal access gives equal words. A project or a further property that is
// absent is reported as absent; the other fields every key of a service has that has them, so that without a word about them they
// are unknown.
func (f FieldInfo) Words(k Key) string { return f.words(&k, &k) }

// words are Words where other stands beside: how the one spells a permission may depend on how the other does.
func (f FieldInfo) words(k, other *Key) string {
	switch {
	case f.Kind == KindLife:
		return LifetimeWords(*k)
	case f.IsExtra():
		if !hasRow(f.ID) && k.Extra[f.Member()] == nil && (!f.Absent || other.Extra[f.Member()] == nil) {
			return wordUnknown // a field that nobody knows
		}
		return orNone(canonicalJSON(f.raw(k), f.Kind == KindJSONSet))
	case !f.Reported(k) && f.Absent:
		return f.Usual
	case !f.Reported(k):
		return wordUnknown
	}
	switch v := f.at(k).(type) {
	case *[]Permission:
		return orNone(strings.Join(inOrder(comparable(*v, *f.at(other).(*[]Permission))), ", "))
	case **Restrictions:
		return restrictionWords(**v)
	case **bool:
		return FieldInfo{}.state(**v)
	}
	if f.Kind == KindWord {
		return strings.ToLower(f.Text(k))
	}
	return f.Text(k)
}

// comparable are permissions as texts, without the feature where either side has that name bare: a service may list flat what it
// takes grouped.
func comparable(list, other []Permission) []string {
	bare := map[string]bool{}
	for _, p := range slices.Concat(list, other) {
		if p.Feature == "" {
			bare[p.Name] = true
		}
	}
	out := make([]string, len(list))
	for i, p := range list {
		if out[i] = p.String(); bare[p.Name] {
			out[i] = p.Name
		}
	}
	return out
}

func restrictionWords(r Restrictions) string {
	r = r.Canonical()
	var parts []string
	for _, p := range []struct {
		what   string
		values []string
	}{{"ip", r.IPAddresses}, {"referrer", r.Referrers}, {"endpoint", r.Endpoints}} {
		if len(p.values) > 0 {
			parts = append(parts, p.what+" "+strings.Join(p.values, " "))
		}
	}
	return orNone(strings.Join(parts, "; "))
}

// compareLife compares how long the keys live, not when they end; the ends, where a creation is not known.
func compareLife(id Field, old, fresh Key) Difference {
	d := Difference{Field: id, Old: LifetimeWords(old), New: LifetimeWords(fresh), Verdict: Differs}
	if !old.ExpiresAt.Known() || !fresh.ExpiresAt.Known() {
		d.Verdict = Unreported
		return d
	}
	if old.NeverEnds() || fresh.NeverEnds() {
		if old.NeverEnds() && fresh.NeverEnds() {
			d.Verdict = Equal
		}
		return d
	}
	was, known := Lifetime(old)
	is, alsoKnown := Lifetime(fresh)
	off, life := is-was, was
	if !known {
		life = is
	}
	if !known || !alsoKnown {
		oldEnd, _ := old.ExpiresAt.Time()
		newEnd, _ := fresh.ExpiresAt.Time()
		off = newEnd.Sub(oldEnd)
	}
	if off.Abs() <= max(slack(was), rounding(fresh, life)) {
		d.Verdict = Equal
	} else if d.Old == d.New { // rounded, they read the same
		d.Old, d.New = "lives "+was.String(), "lives "+is.String()
	}
	return d
}

// rounding is how coarsely the service writes when the key ends. One that keeps days alone ends a key at midnight that was not made
// at midnight; whether a key of a day or two then lives as long as was asked cannot be told.
func rounding(k Key, life time.Duration) time.Duration {
	end, _ := k.ExpiresAt.Time()
	start, ok := k.CreatedAt.Time()
	if ok && end.Equal(end.Truncate(day)) && !start.Equal(start.Truncate(day)) && life > 3*day {
		return day
	}
	return 0
}

package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// expiryNote says what the service made of the lifetime that was asked for, where it differs.
func expiryNote(asked apikey.Expiry, got apikey.Moment, now time.Time) []string {
	const slack = 2 * time.Minute
	say := func(m apikey.Moment) string {
		if at, ok := m.Time(); ok {
			return at.UTC().Format(time.RFC3339)
		}
		return "never"
	}
	want := apikey.Never()
	if !asked.IsNever() {
		want = apikey.At(asked.Instant(now))
	}
	wantAt, hasWant := want.Time()
	gotAt, hasGot := got.Time()
	if !got.Known() || hasWant == hasGot && (!hasWant || wantAt.Sub(gotAt).Abs() <= slack) {
		return nil
	}
	return []string{fmt.Sprintf("asked for the expiry %s; the service says %s", say(want), say(got))}
}

// publicLife is how long a public key is valid where nothing else is asked for.
const publicLife = 24 * time.Hour

// restNotes say how long a public key is valid yet, and where that is not the time that was asked for, why: a valid one is
// returned again, whatever time is asked for.
func restNotes(seconds int64, end apikey.Moment, now time.Time) (rest time.Duration, notes []string) {
	asked, said := time.Duration(seconds)*time.Second, "asked for"
	if seconds == 0 {
		asked, said = publicLife, "that is usual"
	}
	at, ok := end.Time()
	if !ok {
		if end.IsNever() {
			notes = []string{fmt.Sprintf("it never expires, and not in the %s %s", apikey.SpanWords(asked), said)}
		}
		return 0, notes
	}
	rest = at.Sub(now)
	const again = "a public key that is valid is returned again, and a new one is made only after its end"
	switch slack := min(2*time.Minute, asked/10); {
	case rest <= 0:
		notes = []string{"it has ended already, by the time that the answer says: ask again"}
	case rest < asked-slack:
		notes = []string{fmt.Sprintf("it is valid for %s more, not for the %s %s: %s", apikey.RestWords(rest), apikey.SpanWords(asked), said, again)}
	case rest > asked+slack:
		notes = []string{fmt.Sprintf("it is valid for %s more, longer than the %s %s: %s", apikey.RestWords(rest), apikey.SpanWords(asked), said, again)}
	}
	return max(rest, 0), notes
}

// accessNotes say what the service made of the access that was asked for, where it reports another one: a key that may
// do more, or from anywhere, must not pass for the one that was wanted.
func accessNotes(asked apikey.Draft, got apikey.Key, grouped bool) []string {
	var notes []string
	say := func(what, want, have string) {
		if want != have {
			notes = append(notes, fmt.Sprintf("asked for the %s %s; the service says %s", what, cmp.Or(want, "none"), cmp.Or(have, "none")))
		}
	}
	if got.Permissions != nil {
		say("permissions", rightNames(asked.Permissions, got.Permissions, grouped), rightNames(got.Permissions, asked.Permissions, grouped))
	}
	if asked.Role != "" && got.Role != "" { // a service that takes none gives the one that it has
		say("role", asked.Role, got.Role)
	}
	if r := got.Restrictions; r != nil {
		want, have := asked.Restrictions.Canonical(), r.Canonical()
		list := func(what string, same bool, want, have []string) {
			if !same {
				say(what, inOneOrder(want), inOneOrder(have))
			}
		}
		list("IP addresses", slices.Equal(want.IPAddresses, have.IPAddresses), asked.Restrictions.IPAddresses, r.IPAddresses)
		list("referrers", slices.Equal(want.Referrers, have.Referrers), asked.Restrictions.Referrers, r.Referrers)
		list("endpoints", slices.Equal(want.Endpoints, have.Endpoints), asked.Restrictions.Endpoints, r.Endpoints)
	}
	return notes
}

// rightNames are permissions in one order. Where the wire groups them under features, an account may file one under another feature, so that
// these are left out; else only where the other list has the name without one.
func rightNames(list, other []apikey.Permission, grouped bool) string {
	var names []string
	for _, p := range list {
		if grouped || slices.Contains(other, apikey.Permission{Name: p.Name}) {
			p.Feature = ""
		}
		names = append(names, p.String())
	}
	return inOneOrder(names)
}

func inOneOrder(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), ", ")
}

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

// accessNotes say what the service made of the access that was asked for, where it reports another one: a key that may
// do more, or from anywhere, must not pass for the one that was wanted.
func accessNotes(asked apikey.Draft, got apikey.Key) []string {
	var notes []string
	say := func(what, want, have string) {
		if want != have {
			notes = append(notes, fmt.Sprintf("asked for the %s %s; the service says %s", what, cmp.Or(want, "none"), cmp.Or(have, "none")))
		}
	}
	if got.Permissions != nil {
		say("permissions", bareNames(asked.Permissions), bareNames(got.Permissions))
	}
	if got.Role != "" {
		say("role", asked.Role, got.Role)
	}
	if r := got.Restrictions; r != nil {
		say("IP addresses", inOneOrder(asked.Restrictions.IPAddresses), inOneOrder(r.IPAddresses))
		say("referrers", inOneOrder(asked.Restrictions.Referrers), inOneOrder(r.Referrers))
		say("endpoints", inOneOrder(asked.Restrictions.Endpoints), inOneOrder(r.Endpoints))
	}
	return notes
}

// bareNames leaves features out: an account may file a permission under another one.
func bareNames(list []apikey.Permission) string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return inOneOrder(names)
}

func inOneOrder(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), ", ")
}

package apikey

import (
	"fmt"
	"slices"
	"time"
)

// ExpiryNotes say what the service made of the lifetime that was asked for, where it differs.
func ExpiryNotes(asked Expiry, got Moment, now time.Time) []string {
	const slack = 2 * time.Minute
	say := func(m Moment) string {
		if at, ok := m.Time(); ok {
			return at.UTC().Format(time.RFC3339)
		}
		return "never"
	}
	want := Never()
	if !asked.IsNever() {
		want = At(asked.Instant(now))
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

// RestNotes say how long a public key is valid yet, and where that is not the time that was asked for, why: a valid one is
// returned again, whatever time is asked for.
func RestNotes(seconds int64, end Moment, now time.Time) (rest time.Duration, notes []string) {
	asked, said := time.Duration(seconds)*time.Second, "asked for"
	if seconds == 0 {
		asked, said = publicLife, "that is usual"
	}
	at, ok := end.Time()
	if !ok {
		if end.IsNever() {
			notes = []string{fmt.Sprintf("it never expires, and not in the %s %s", SpanWords(asked), said)}
		}
		return 0, notes
	}
	rest = at.Sub(now)
	const again = "a public key that is valid is returned again, and a new one is made only after its end"
	switch slack := min(2*time.Minute, asked/10); {
	case rest <= 0:
		notes = []string{"it has ended already, by the time that the answer says: ask again"}
	case rest < asked-slack:
		notes = []string{fmt.Sprintf("it is valid for %s more, not for the %s %s: %s", RestWords(rest), SpanWords(asked), said, again)}
	case rest > asked+slack:
		notes = []string{fmt.Sprintf("it is valid for %s more, longer than the %s %s: %s", RestWords(rest), SpanWords(asked), said, again)}
	}
	return max(rest, 0), notes
}

// AccessNotes say what the service made of the access that was asked for, where it reports another one: a key that may
// do more, or from anywhere, must not pass for the one that was wanted. Where the wire groups permissions under features, an account may file
// one under another feature, so that these are left out. Of what is one of several words, or a property, a service gives what is usual there
// where nothing is asked for, and may say nothing of it in this answer.
func AccessNotes(asked Draft, got Key, grouped bool, now time.Time) (notes []string) {
	if grouped {
		asked.Permissions, got.Permissions = withoutFeatures(asked.Permissions), withoutFeatures(got.Permissions)
	}
	none := func(d Difference) bool { return d.Old == wordNone || d.New == wordNone }
	lists := []Field{FieldPermissions, FieldRestrictions} // none is an answer too
	for _, d := range CompareDraft(asked, now, got, nil) {
		if d.Verdict == Differs && d.Field != FieldExpiry && (!none(d) || slices.Contains(lists, d.Field)) {
			notes = append(notes, fmt.Sprintf("asked for the %s %s; the service says %s", FieldOf(d.Field).Label, d.Old, d.New))
		}
	}
	return notes
}

func withoutFeatures(list []Permission) []Permission {
	list = slices.Clone(list)
	for i := range list {
		list[i].Feature = ""
	}
	return list
}

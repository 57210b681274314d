package client

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
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
		say("IP addresses", inOneOrder(normalized(asked.Restrictions.IPAddresses, plainAddress)), inOneOrder(normalized(r.IPAddresses, plainAddress)))
		say("referrers", inOneOrder(normalized(asked.Restrictions.Referrers, plainReferrer)), inOneOrder(normalized(r.Referrers, plainReferrer)))
		say("endpoints", inOneOrder(normalized(asked.Restrictions.Endpoints, plainEndpoint)), inOneOrder(normalized(r.Endpoints, plainEndpoint)))
	}
	return notes
}

// normalized is a list as it is meant: a service may write the same address in other words.
func normalized(list []string, plain func(string) string) []string {
	out := make([]string, 0, len(list))
	for _, item := range list {
		out = append(out, plain(strings.TrimSpace(item)))
	}
	return out
}

// plainAddress is an address or a network in one spelling: a network begins at its own address, one of a single address is
// that address, and an IPv4 address inside IPv6 is the IPv4 address.
func plainAddress(text string) string {
	if p, err := netip.ParsePrefix(text); err == nil {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p = p.Masked(); !p.IsSingleIP() {
			return p.String()
		}
		return p.Addr().String()
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap().String()
	}
	return text
}

// plainReferrer is an origin in one spelling: its scheme and host are of no case, and a slash at its end is nothing.
func plainReferrer(text string) string {
	rest, all := strings.CutSuffix(text, "/*")
	u, err := url.Parse(rest)
	if err != nil || u.Host == "" {
		return text
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if rest = strings.TrimSuffix(u.String(), "/"); all {
		return rest + "/*"
	}
	return rest
}

func plainEndpoint(text string) string {
	if len(text) > 1 {
		return strings.TrimSuffix(text, "/")
	}
	return text
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

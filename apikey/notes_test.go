package apikey

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// noted is when the keys of these tests are made, and thirty a lifetime of thirty days.
var (
	noted  = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	thirty = Expiry{After: 30 * 24 * time.Hour}
)

// TestAccessThatWasNotAskedForIsSaid, and the same access in another spelling is not.
func TestAccessThatWasNotAskedForIsSaid(t *testing.T) {
	ips := func(list ...string) Restrictions { return Restrictions{IPAddresses: list} }
	for _, c := range []struct {
		asked, got Restrictions
		want       string
	}{
		{ips("10.0.0.1"), ips("10.0.0.1/32"), ""}, {ips("10.1.2.3/8"), ips("10.0.0.0/8"), ""}, {ips("2001:DB8:0::1"), ips("2001:db8::1/128"), ""}, {ips("::ffff:10.0.0.1"), ips("10.0.0.1"), ""},
		{ips("::ffff:10.0.0.0/104"), ips("10.0.0.0/8"), ""}, {ips(" 10.0.0.1", "10.0.0.2"), ips("10.0.0.2", "10.0.0.1", "10.0.0.1"), ""},
		{ips("10.0.0.1"), ips("10.0.0.2"), "asked for the restrictions ip 10.0.0.1; the service says ip 10.0.0.2"},
		{ips("10.0.0.1"), ips(), "asked for the restrictions ip 10.0.0.1; the service says none"},
		{ips(), ips("10.0.0.1"), "asked for the restrictions none; the service says ip 10.0.0.1"},
		{ips("10.0.0.1"), ips("10.0.0.1", "0.0.0.0/0"), "asked for the restrictions ip 10.0.0.1; the service says ip 0.0.0.0/0"},
		{ips("10.0.0.0/8"), ips("10.0.0.0/9"), "asked for the restrictions ip 10.0.0.0/8; the service says ip 10.0.0.0/9"},
		{ips("10.0.0.1"), ips("anywhere"), "asked for the restrictions ip 10.0.0.1; the service says ip anywhere"},
		{Restrictions{Referrers: []string{"HTTPS://App.Example.com/"}}, Restrictions{Referrers: []string{"https://app.example.com"}}, ""},
		{Restrictions{Referrers: []string{"https://app.example.com/*"}}, Restrictions{Referrers: []string{"https://app.example.com"}}, "asked for the restrictions referrer https://app.example.com/*; the service says referrer https://app.example.com"},
		{Restrictions{Referrers: []string{"https://a.example"}}, Restrictions{Referrers: []string{"http://a.example"}}, "asked for the restrictions referrer https://a.example; the service says referrer http://a.example"},
		{Restrictions{Endpoints: []string{"/v1/users/"}}, Restrictions{Endpoints: []string{"/v1/users"}}, ""},
		{Restrictions{Endpoints: []string{"/v1/users"}}, Restrictions{Endpoints: []string{"/"}}, "asked for the restrictions endpoint /v1/users; the service says endpoint /"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := AccessNotes(Draft{Restrictions: c.asked}, Key{Restrictions: &c.got}, false, noted); !slices.Equal(got, want) {
			t.Errorf("%v, %v: %q, want %q", c.asked, c.got, got, want)
		}
	}
	for _, c := range []struct {
		asked Draft
		got   Key
		notes int
	}{
		{Draft{Role: "reader"}, Key{Role: "admin"}, 1}, {Draft{Role: "reader"}, Key{Role: "reader"}, 0}, {Draft{Role: "reader"}, Key{}, 0},
		{Draft{Permissions: perms("verify", "getSites")}, Key{Permissions: perms("Sites.getSites", "Verify.verify")}, 0}, {Draft{Permissions: perms("verify")}, Key{Permissions: perms("verify", "createApiKey")}, 1},
		{Draft{Permissions: perms("verify")}, Key{Permissions: []Permission{}}, 1}, {Draft{Permissions: perms("verify")}, Key{}, 0}, {Draft{Restrictions: ips("10.0.0.1")}, Key{}, 0},
	} {
		if got := AccessNotes(c.asked, c.got, true, noted); len(got) != c.notes {
			t.Errorf("%+v, %+v: %q", c.asked, c.got, got)
		}
	}
}

func TestALifetimeThatWasNotAskedForIsSaid(t *testing.T) {
	at := At(noted.Add(30 * 24 * time.Hour))
	for _, c := range []struct {
		asked Expiry
		got   Moment
		want  string
	}{
		{thirty, at, ""}, {thirty, At(noted.Add(30*24*time.Hour + 2*time.Minute)), ""}, {thirty, Moment{}, ""}, {Expiry{}, Never(), ""}, {Expiry{}, Moment{}, ""},
		{thirty, At(noted.Add(30*24*time.Hour + 2*time.Minute + time.Second)), "asked for the expiry 2026-12-23T10:00:00Z; the service says 2026-12-23T10:02:01Z"},
		{thirty, At(noted.Add(30*24*time.Hour - 2*time.Minute - time.Second)), "asked for the expiry 2026-12-23T10:00:00Z; the service says 2026-12-23T09:57:59Z"},
		{thirty, Never(), "asked for the expiry 2026-12-23T10:00:00Z; the service says never"}, {Expiry{}, at, "asked for the expiry never; the service says 2026-12-23T10:00:00Z"},
	} {
		got := ExpiryNotes(c.asked, c.got, noted)
		if c.want == "" && len(got) != 0 || c.want != "" && !slices.Equal(got, []string{c.want}) {
			t.Errorf("%+v, %+v: %q, want %q", c.asked, c.got, got, c.want)
		}
	}
}

// TestThePublicKeysRestIsThatOfTheServicesAnswer, and another one than was asked for is told.
func TestThePublicKeysRestIsThatOfTheServicesAnswer(t *testing.T) {
	for _, c := range []struct {
		asked int64
		end   Moment
		rest  time.Duration
		says  string
	}{
		{0, At(noted.Add(24 * time.Hour)), 24 * time.Hour, ""},
		{0, At(noted.Add(24*time.Hour - time.Minute)), 24*time.Hour - time.Minute, ""},
		{7200, At(noted.Add(10 * time.Second)), 10 * time.Second, "it is valid for 10s more, not for the 2h asked for"},
		{7200, At(noted.Add(500 * time.Millisecond)), 500 * time.Millisecond, "it is valid for 1s more"},
		{7200, At(noted.Add(7200 * time.Second)), 2 * time.Hour, ""},
		{60, At(noted.Add(53 * time.Second)), 53 * time.Second, "not for the 1m asked for"},
		{60, At(noted.Add(55 * time.Second)), 55 * time.Second, ""},
		{60, At(noted.Add(67 * time.Second)), 67 * time.Second, "longer than the 1m asked for"},
		{60, At(noted), 0, "has ended already"},
		{60, At(noted.Add(-time.Hour)), 0, "has ended already"},
		{60, Never(), 0, "it never expires, and not in the 1m asked for"},
		{0, Never(), 0, "it never expires, and not in the 1d that is usual"},
		{60, Moment{}, 0, ""},
	} {
		rest, notes := RestNotes(c.asked, c.end, noted)
		if said := strings.Join(notes, "; "); rest != c.rest || (said != "") != (c.says != "") || !strings.Contains(said, c.says) {
			t.Errorf("asked %d s, ends %v: %s, %q", c.asked, c.end, rest, said)
		}
	}
}

// TestAPermissionIsTheWholeOfItsName: one that ends as another does is not that one, but where the wire groups them.
func TestAPermissionIsTheWholeOfItsName(t *testing.T) {
	of := func(names ...string) []Permission { return ParsePermissions(names) }
	for _, c := range []struct {
		asked, got []Permission
		grouped    bool
		want       string
	}{
		{of("templates.create"), of("api_keys.create"), false, "asked for the permissions templates.create; the service says api_keys.create"},
		{of("mail.send"), of("2fa_required"), false, "asked for the permissions mail.send; the service says 2fa_required"},
		{of("Rules.getRules"), of("getRules"), false, ""},
		{of("Rules.getRules"), of("Others.getRules"), true, ""},
	} {
		got := strings.Join(AccessNotes(Draft{Permissions: c.asked}, Key{Permissions: c.got}, c.grouped, noted), "; ")
		if got != c.want {
			t.Errorf("%v, %v: %q", c.asked, c.got, got)
		}
	}
}

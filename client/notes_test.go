package client

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// TestAccessThatWasNotAskedForIsSaid, and the same access in another spelling is not.
func TestAccessThatWasNotAskedForIsSaid(t *testing.T) {
	ips := func(list ...string) apikey.Restrictions { return apikey.Restrictions{IPAddresses: list} }
	for _, c := range []struct {
		asked, got apikey.Restrictions
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
		{apikey.Restrictions{Referrers: []string{"HTTPS://App.Example.com/"}}, apikey.Restrictions{Referrers: []string{"https://app.example.com"}}, ""},
		{apikey.Restrictions{Referrers: []string{"https://app.example.com/*"}}, apikey.Restrictions{Referrers: []string{"https://app.example.com"}}, "asked for the restrictions referrer https://app.example.com/*; the service says referrer https://app.example.com"},
		{apikey.Restrictions{Referrers: []string{"https://a.example"}}, apikey.Restrictions{Referrers: []string{"http://a.example"}}, "asked for the restrictions referrer https://a.example; the service says referrer http://a.example"},
		{apikey.Restrictions{Endpoints: []string{"/v1/users/"}}, apikey.Restrictions{Endpoints: []string{"/v1/users"}}, ""},
		{apikey.Restrictions{Endpoints: []string{"/v1/users"}}, apikey.Restrictions{Endpoints: []string{"/"}}, "asked for the restrictions endpoint /v1/users; the service says endpoint /"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := accessNotes(apikey.Draft{Restrictions: c.asked}, apikey.Key{Restrictions: &c.got}, false, testNow); !slices.Equal(got, want) {
			t.Errorf("%v, %v: %q, want %q", c.asked, c.got, got, want)
		}
	}
	for _, c := range []struct {
		asked apikey.Draft
		got   apikey.Key
		notes int
	}{
		{apikey.Draft{Role: "reader"}, apikey.Key{Role: "admin"}, 1}, {apikey.Draft{Role: "reader"}, apikey.Key{Role: "reader"}, 0}, {apikey.Draft{Role: "reader"}, apikey.Key{}, 0},
		{apikey.Draft{Permissions: perms("verify", "getSites")}, apikey.Key{Permissions: perms("Sites.getSites", "Verify.verify")}, 0}, {apikey.Draft{Permissions: perms("verify")}, apikey.Key{Permissions: perms("verify", "createApiKey")}, 1},
		{apikey.Draft{Permissions: perms("verify")}, apikey.Key{Permissions: []apikey.Permission{}}, 1}, {apikey.Draft{Permissions: perms("verify")}, apikey.Key{}, 0}, {apikey.Draft{Restrictions: ips("10.0.0.1")}, apikey.Key{}, 0},
	} {
		if got := accessNotes(c.asked, c.got, true, testNow); len(got) != c.notes {
			t.Errorf("%+v, %+v: %q", c.asked, c.got, got)
		}
	}
}

func TestALifetimeThatWasNotAskedForIsSaid(t *testing.T) {
	at := apikey.At(testNow.Add(30 * 24 * time.Hour))
	for _, c := range []struct {
		asked apikey.Expiry
		got   apikey.Moment
		want  string
	}{
		{thirty, at, ""}, {thirty, apikey.At(testNow.Add(30*24*time.Hour + 2*time.Minute)), ""}, {thirty, apikey.Moment{}, ""}, {apikey.Expiry{}, apikey.Never(), ""}, {apikey.Expiry{}, apikey.Moment{}, ""},
		{thirty, apikey.At(testNow.Add(30*24*time.Hour + 2*time.Minute + time.Second)), "asked for the expiry 2026-12-23T10:00:00Z; the service says 2026-12-23T10:02:01Z"},
		{thirty, apikey.At(testNow.Add(30*24*time.Hour - 2*time.Minute - time.Second)), "asked for the expiry 2026-12-23T10:00:00Z; the service says 2026-12-23T09:57:59Z"},
		{thirty, apikey.Never(), "asked for the expiry 2026-12-23T10:00:00Z; the service says never"}, {apikey.Expiry{}, at, "asked for the expiry never; the service says 2026-12-23T10:00:00Z"},
	} {
		got := expiryNote(c.asked, c.got, testNow)
		if c.want == "" && len(got) != 0 || c.want != "" && !slices.Equal(got, []string{c.want}) {
			t.Errorf("%+v, %+v: %q, want %q", c.asked, c.got, got, c.want)
		}
	}
}

// TestThePublicKeysRestIsThatOfTheServicesAnswer, and another one than was asked for is told.
func TestThePublicKeysRestIsThatOfTheServicesAnswer(t *testing.T) {
	for _, c := range []struct {
		asked int64
		end   apikey.Moment
		rest  time.Duration
		says  string
	}{
		{0, apikey.At(testNow.Add(24 * time.Hour)), 24 * time.Hour, ""},
		{0, apikey.At(testNow.Add(24*time.Hour - time.Minute)), 24*time.Hour - time.Minute, ""},
		{7200, apikey.At(testNow.Add(10 * time.Second)), 10 * time.Second, "it is valid for 10s more, not for the 2h asked for"},
		{7200, apikey.At(testNow.Add(500 * time.Millisecond)), 500 * time.Millisecond, "it is valid for 1s more"},
		{7200, apikey.At(testNow.Add(7200 * time.Second)), 2 * time.Hour, ""},
		{60, apikey.At(testNow.Add(53 * time.Second)), 53 * time.Second, "not for the 1m asked for"},
		{60, apikey.At(testNow.Add(55 * time.Second)), 55 * time.Second, ""},
		{60, apikey.At(testNow.Add(67 * time.Second)), 67 * time.Second, "longer than the 1m asked for"},
		{60, apikey.At(testNow), 0, "has ended already"},
		{60, apikey.At(testNow.Add(-time.Hour)), 0, "has ended already"},
		{60, apikey.Never(), 0, "it never expires, and not in the 1m asked for"},
		{0, apikey.Never(), 0, "it never expires, and not in the 1d that is usual"},
		{60, apikey.Moment{}, 0, ""},
	} {
		rest, notes := restNotes(c.asked, c.end, testNow)
		if said := strings.Join(notes, "; "); rest != c.rest || (said != "") != (c.says != "") || !strings.Contains(said, c.says) {
			t.Errorf("asked %d s, ends %s: %s, %q", c.asked, moment(c.end), rest, said)
		}
	}
}

// TestAPermissionIsTheWholeOfItsName: one that ends as another does is not that one, but where the wire groups them.
func TestAPermissionIsTheWholeOfItsName(t *testing.T) {
	of := func(names ...string) []apikey.Permission { return apikey.ParsePermissions(names) }
	for _, c := range []struct {
		asked, got []apikey.Permission
		grouped    bool
		want       string
	}{
		{of("templates.create"), of("api_keys.create"), false, "asked for the permissions templates.create; the service says api_keys.create"},
		{of("mail.send"), of("2fa_required"), false, "asked for the permissions mail.send; the service says 2fa_required"},
		{of("Rules.getRules"), of("getRules"), false, ""},
		{of("Rules.getRules"), of("Others.getRules"), true, ""},
	} {
		got := strings.Join(accessNotes(apikey.Draft{Permissions: c.asked}, apikey.Key{Permissions: c.got}, c.grouped, testNow), "; ")
		if got != c.want {
			t.Errorf("%v, %v: %q", c.asked, c.got, got)
		}
	}
}

package apikey

import "testing"

// TestARestrictionIsReadOneWayWhoeverGivesIt, in the form that it is sent in.
func TestARestrictionIsReadOneWayWhoeverGivesIt(t *testing.T) {
	for _, c := range []struct {
		parse      func(string) (string, error)
		text, want string // empty is refused
	}{
		{ParseAddress, "203.0.113.7", "203.0.113.7"}, {ParseAddress, "10.0.0.0/8", "10.0.0.0/8"}, {ParseAddress, "2001:DB8::1", "2001:db8::1"},
		{ParseAddress, "10.0.0.1/8", ""}, {ParseAddress, "fe80::1%eth0", ""}, {ParseAddress, "1.2.3", ""}, {ParseAddress, "1.2.3.4/33", ""}, {ParseAddress, "", ""},
		{ParseReferrer, "https://a.example", "https://a.example"}, {ParseReferrer, "https://a.example/", "https://a.example"}, {ParseReferrer, "https://a.example/*", "https://a.example/*"},
		{ParseReferrer, "https://*.example", ""}, {ParseReferrer, "a.example", ""}, {ParseReferrer, "https://a.example/x", ""}, {ParseReferrer, "ftp://a.example", ""},
		{ParseReferrer, "https://u:p@a.example", ""}, {ParseReferrer, "https://a.example?x", ""},
		{ParseEndpoint, "/v1/users", "/v1/users"}, {ParseEndpoint, "v1", ""}, {ParseEndpoint, "/v1/*", ""}, {ParseEndpoint, "/v1?x", ""}, {ParseEndpoint, "/a b", ""}, {ParseEndpoint, "", ""},
	} {
		if got, err := c.parse(c.text); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

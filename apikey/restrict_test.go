package apikey

import (
	"strings"
	"testing"
)

func TestARestrictionIsTakenInOneForm(t *testing.T) {
	for name, c := range map[string]struct {
		clean func(string) (string, error)
		good  map[string]string
		bad   map[string]string
	}{
		"address": {CleanIP, map[string]string{"203.0.113.7": "203.0.113.7", " 203.0.113.7\t": "203.0.113.7", "10.0.0.0/8": "10.0.0.0/8", "0.0.0.0/0": "0.0.0.0/0", "2001:DB8::/32": "2001:db8::/32", "2001:db8:0:0::1": "2001:db8::1",
			"::1": "::1", "::ffff:10.0.0.1": "10.0.0.1", "10.1.2.3/32": "10.1.2.3/32"},
			map[string]string{"10.1.2.3/8": "is 10.0.0.0/8 meant", "192.0.2.1/24": "is 192.0.2.0/24 meant", "2001:db8::1/32": "is 2001:db8::/32 meant", "10.0.0.300": "is no IP address", "010.1.1.1": "is no", "10.1": "is no",
				"10.0.0.0/33": "is no", "10.0.0.0/255.0.0.0": "is no", "fe80::1%eth0": "is no", "10.0.0.1:80": "is no", "10.0.0.1-10.0.0.9": "is no", "10.0.0.0/8,11.0.0.0/8": "is no", "localhost": "is no", "": "is no"}},
		"referrer": {CleanReferrer, map[string]string{"https://a.example": "https://a.example", "https://a.example/": "https://a.example", "https://b.example:8443/*": "https://b.example:8443/*", "HTTPS://A.Example": "https://a.example",
			" http://localhost:3000/ ": "http://localhost:3000", "http://[::1]:3000/*": "http://[::1]:3000/*"},
			map[string]string{"a.example": "is no origin", "https://": "is no", "https://:443": "is no", "ftp://a": "is no", "https://a/b": "is no", "https://*.a.example": "is no", "https://u:p@a": "is no", "https://a?x": "is no", "https://a#x": "is no", "": "is no", "https://a b": "is no"}},
		"endpoint": {CleanEndpoint, map[string]string{"/v1/users": "/v1/users", "/": "/", " /v1/users/ ": "/v1/users/"},
			map[string]string{"v1": "is no path", "/v1?x=1": "is no", "/v1/*": "is no", "/v1#x": "is no", "/v1/a b": "is no", "": "is no", "https://a/v1": "is no"}},
	} {
		for text, want := range c.good {
			got, err := c.clean(text)
			if err != nil || got != want {
				t.Errorf("%s %q: %q, %v", name, text, got, err)
			}
			if again, err := c.clean(got); err != nil || again != got {
				t.Errorf("%s %q: once more it is %q, %v", name, got, again, err)
			}
		}
		for text, says := range c.bad {
			if got, err := c.clean(text); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s %q is taken as %q, %v", name, text, got, err)
			}
		}
	}
}

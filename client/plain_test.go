package client

import "testing"

// TestWhereATokenTravelsInTheOpen: such connections are looked at, and no others.
func TestWhereATokenTravelsInTheOpen(t *testing.T) {
	for _, c := range []struct {
		addr, url string
		want      bool
	}{
		{"127.0.0.1:8420", "http://127.0.0.1:8420", true},
		{"localhost:8420", "http://LocalHost:8420/base", true},
		{"[::1]:8420", "http://[::1]:8420", true},
		{"127.0.0.1:80", "http://127.0.0.1", true},
		{"127.0.0.1:8420", "https://127.0.0.1:8420", false}, // TLS says who it is
		{"127.0.0.1:3128", "http://127.0.0.1:8420", false},  // a proxy
		{"api.example.com:443", "https://api.example.com", false},
		{"127.0.0.1:8420", "", false},
	} {
		if isPlain(c.addr, c.url) != c.want {
			t.Errorf("%+v", c)
		}
	}
}

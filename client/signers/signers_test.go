package signers

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestEdgeGridSignsAsTheVendorsVectorsSay: test/test.js of akamai-edgegrid 4.0.4 (Apache-2.0), but for the cases that sign headers or
// bound the body at another length than the service does.
func TestEdgeGridSignsAsTheVendorsVectorsSay(t *testing.T) {
	at := time.Date(2014, 3, 21, 19, 34, 21, 0, time.UTC)
	const begins = "EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;" +
		"timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;signature="
	credential := "akab-client-token-xxx-xxxxxxxxxxxxxxxx:" + strings.Repeat("x", 43) + "="
	for _, c := range []struct{ method, path, body, signature string }{
		{"GET", "/", "", "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU="},
		{"GET", "/testapi/v1/t1?p1=1&p2=2", "", "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA="},
		{"POST", "/testapi/v1/t3", strings.Repeat("data", 8), "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4="},
		{"POST", "/testapi/v1/t3", strings.Repeat("d", 2048), "6Q6PiTipLae6n4GsSIDTCJ54bEbHUBp+4MUXrbQCBoY="},
		{"POST", "/testapi/v1/t6", "", "1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ="},
		{"PUT", "/testapi/v1/t6", strings.Repeat("P", 31), "GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU="},
	} {
		to, err := url.Parse("https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		s := Named("edgegrid")
		got := s.Sign(&Request{Method: c.method, URL: to, Body: []byte(c.body), At: at.In(time.FixedZone("", 3600)), Nonce: "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
			Credential: strings.SplitN(credential, ":", s.Parts()), Parents: map[string]string{"access_token": "akab-access-token-xxx-xxxxxxxxxxxxxxxx"}})
		if len(got) != 1 || got["Authorization"] != begins+c.signature {
			t.Errorf("%s %s: %q", c.method, c.path, got)
		}
	}
}

// TestASignerSignsByAllThatItIsGiven: another method, address, body, time, nonce, part of the credential or parent is another signature, and
// no secret part stands in what is set.
func TestASignerSignsByAllThatItIsGiven(t *testing.T) {
	for _, name := range Names() {
		s, seen := Named(name), map[string]string{}
		sign := func(what string, change func(r *Request)) {
			r := &Request{Method: "POST", URL: &url.URL{Scheme: "https", Host: "a.example", Path: "/keys", RawQuery: "a=b"}, Body: []byte("{}"), At: time.Unix(1e9, 0), Nonce: "n1", Parents: map[string]string{}}
			for range strings.Split(s.Credential, ":") {
				r.Credential = append(r.Credential, "part-"+string(rune('a'+len(r.Credential))))
			}
			for _, p := range s.Parents {
				r.Parents[p] = "of-" + p
			}
			change(r)
			said := ""
			for header, value := range s.Sign(r) {
				said += header + ": " + value + "\n"
			}
			if other, has := seen[said]; has || said == "" {
				t.Errorf("%s: %s is signed as %s", name, what, other)
			}
			seen[said] = what
			if last := r.Credential[len(r.Credential)-1]; strings.Contains(said, last) {
				t.Errorf("%s: the secret stands in %s", name, said)
			}
		}
		sign("it", func(*Request) {})
		sign("a method", func(r *Request) { r.Method = "PUT" })
		sign("a host", func(r *Request) { r.URL.Host = "b.example" })
		sign("a scheme", func(r *Request) { r.URL.Scheme = "http" })
		sign("a path", func(r *Request) { r.URL.Path = "/other" })
		sign("a query", func(r *Request) { r.URL.RawQuery = "a=c" })
		sign("a body", func(r *Request) { r.Body = []byte("[]") })
		sign("a time", func(r *Request) { r.At = r.At.Add(time.Second) })
		sign("a nonce", func(r *Request) { r.Nonce = "n2" })
		for i, part := range strings.Split(s.Credential, ":") {
			sign(part, func(r *Request) { r.Credential[i] = "another" })
		}
		for _, p := range s.Parents {
			sign(p, func(r *Request) { r.Parents[p] = "another" })
		}
	}
}

package issuertest

import (
	"net/url"
	"strings"

	"detent/client/signers"
)

// parents are what the issuer's keys belong to.
func (s *script) parents() map[string]string {
	var out map[string]string
	for _, parent := range strings.Fields(s.head["parents"]) {
		name, value, _ := strings.Cut(parent, "=")
		if out == nil {
			out = map[string]string{}
		}
		out[name] = value
	}
	return out
}

// isSignedBy reports whether a request, as it came, has all headers that a signer makes for it with a credential. That a signer signs as its
// service does is for its own tests.
func (s *script) isSignedBy(r seen, signer, credential string) bool {
	_, after, _ := strings.Cut(r.header.Get("Authorization"), "nonce=")
	nonce, _, _ := strings.Cut(after, ";")
	to, err := url.Parse("http://" + r.host + r.uri)
	if nonce == "" || err != nil {
		return false
	}
	by := signers.Named(signer)
	want := by.Sign(&signers.Request{Method: r.method, URL: to, Header: r.header, Body: []byte(r.body), At: now, Nonce: nonce,
		Credential: strings.SplitN(credential, ":", by.Parts()), Parents: s.parents()})
	for name, value := range want {
		if r.header.Get(name) != value {
			return false
		}
	}
	return len(want) > 0
}

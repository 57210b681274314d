// Package signers has the functions that sign a request, for services that take no credential but a signature by it over what is sent.
// A declaration names one (kind = "signed", signer = "edgegrid"). A signer sees what is about to be sent, and gives the headers that go
// with it; it changes nothing else, sends nothing, and has no clock and no chance of its own. A new one is a file here and a row of named.
package signers

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is what is about to be sent, and what it is signed with.
type Request struct {
	Method string
	URL    *url.URL
	Header map[string][]string
	Body   []byte
	// At is the time by the service's clock, as far as that is known; Nonce is no other request's.
	At    time.Time
	Nonce string
	// Credential are its parts, in the order of Signer.Credential; Parents what the profile has for those that the signer needs.
	Credential []string
	Parents    map[string]string
}

// Signer is one way to sign.
type Signer struct {
	// Credential says what one is made of, with ":" between: "CLIENT_TOKEN:CLIENT_SECRET".
	Credential string
	// Parents are what is signed with and is no secret: a declaration that names the signer has a [[parent]] for each.
	Parents []string
	// Sign gives the headers that are set.
	Sign func(r *Request) map[string]string
}

// named are all signers.
var named = map[string]Signer{"edgegrid": {Credential: "CLIENT_TOKEN:CLIENT_SECRET", Parents: []string{"access_token"}, Sign: edgegrid}}

// Names are what signers are called.
func Names() []string { return slices.Sorted(maps.Keys(named)) }

// Named is a signer; without Sign where there is none of that name.
func Named(name string) Signer { return named[name] }

// Parts are how many a credential has.
func (s Signer) Parts() int { return strings.Count(s.Credential, ":") + 1 }

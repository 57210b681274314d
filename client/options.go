package client

import (
	"context"
	"crypto/x509"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/loopback"
)

// Options open a service.
type Options struct {
	Service string // the name of an issuer
	// IssuerFolder is where a user's own declarations are; empty for none.
	IssuerFolder string
	URL          string // origin, with an optional base path
	Token        apikey.Secret
	Parents      map[string]string // what the issuer's keys belong to, by the names that its declaration has
	Environment  apikey.Environment
	Exchange     bool   // send a JWT that the token server gave for the key, of an issuer that has one
	TokenURL     string // the token server, where it cannot be told from URL
	CanCreate    bool   // generic: the service offers POST /v1/api-keys
	SecretPrefix string // how secrets of this one begin, beside those of its kind
	ShownOnce    bool   // the service is known to give no secret again, whatever its contract has for that
	Whole        string // a regular expression of a whole secret, where that is known though the contract declares none
	// Catalogue is what the service said of its permissions in an earlier session; nil for nothing.
	Catalogue *Catalogue
	// ReadOnly refuses every write before it is sent (Kind ReadOnly, Outcome NotDone).
	ReadOnly bool
	// Timeout bounds one operation with its retries and waits.
	Timeout time.Duration
	// UserAgent is sent with every request.
	UserAgent string
	// Debug receives one redacted line a request; nil for none.
	Debug io.Writer
	// RootCAs are the certificate authorities to trust; nil for the system's.
	RootCAs *x509.CertPool
	// Now and Sleep are the clock; nil for the real one. Sleep returns early with the context's error.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Trial watches each answer and asks for smaller pages, where a declaration is tried; nil for none.
	Trial *Trial
	// Random is what made-up secrets are drawn from; nil for the system's.
	Random io.Reader
}

// Trial is how the calls of a declaration are watched while it is tried.
type Trial struct {
	// Of is what is tried, as it was read and checked: its file may be another one by now.
	Of *kit.Declaration
	// Answered is told of each answer, and of a call that had none; it may be called from several goroutines.
	Answered func(Answer)
	// Row is told of each row of a list which of the declared members it has, whatever they hold, and how its others are called; it may be
	// called from several goroutines.
	Row func(declared, others []string)
	// Passed is told of each row of a list that is passed over, since it counts as no key; nil for nobody.
	Passed func()
	// PageSize is how many keys a page of the list is asked for, in place of what is declared; 0 for that.
	PageSize atomic.Int32
}

// Answer is what came of one request, of which nothing can hold a secret, a name or an id.
type Answer struct {
	Op     string // as the user would say it: "list keys"
	Call   string // as it is declared: "GET /projects/{project}/keys"
	Status int    // 0 for no answer
	Own    bool   // a refusal in the shape that the declaration says is the issuer's own
}

// parseOrigin takes an https origin with an optional base path; http on loopback alone, where no
// one can listen on the way.
func parseOrigin(text string) (*url.URL, *Error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, badOption("the URL is not an address such as https://api.example.com")
	}
	switch {
	case u.User != nil:
		return nil, badOption("the URL holds a user or a password; a credential belongs in token")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, badOption("the URL has a query or a fragment; give the origin and a base path alone")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, badOption("the URL must begin with https://")
	case u.Scheme == "http" && !loopback.Is(u.Hostname()):
		return nil, badOption("the URL must be https; http is for loopback alone, as the key would travel in the open")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

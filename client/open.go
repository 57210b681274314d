package client

import (
	"errors"
	"net/url"
	"strings"

	"detent/client/issuers"
	"detent/client/kit"
	"detent/loopback"
)

// Open makes the client of a service. It touches no network. Its errors say which option is wrong.
func Open(opts Options) (Service, error) {
	if opts.Token.IsZero() {
		return nil, badOption("there is no token for this profile")
	}
	if err := opts.Token.Check(); err != nil {
		return nil, badOption("the token cannot be one: " + err.Error())
	}
	d, err := issuers.Load(opts.IssuerFolder, opts.Service)
	if errors.Is(err, issuers.ErrUnknown) {
		all := issuers.Names(opts.IssuerFolder)
		return nil, badOption("no such service; there are " + strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1])
	}
	if err != nil {
		return nil, badOption("the declaration cannot be used: " + kit.OneLine(err))
	}
	s, bad := openIssuer(d, opts)
	if bad != nil {
		return nil, bad
	}
	return s, nil
}

func badOption(message string) *Error {
	return &Error{Op: "open the service", Kind: Invalid, Outcome: NotDone, Message: message}
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

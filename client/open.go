package client

import (
	"errors"
	"strings"

	"detent/client/issuers"
	"detent/client/kit"
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

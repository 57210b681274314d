package client

import (
	"detent/apikey"
	"detent/client/issuers"
)

// whose is another built-in issuer whose secrets begin as this one does, by the longest of the beginnings that they declare. The
// declarations are read when a secret is refused, and not before.
func whose(name string, secret apikey.Secret) (title, prefix string) {
	for _, other := range issuers.BuiltIn() {
		d, err := issuers.Load("", other)
		if err != nil || other == name {
			continue
		}
		for _, p := range d.Secret.Prefixes {
			if len(p.Text) > len(prefix) && secret.HasPrefix(p.Text) {
				title, prefix = d.Title, p.Text
			}
		}
	}
	return title, prefix
}

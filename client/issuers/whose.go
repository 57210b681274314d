package issuers

import "detent/apikey"

// Foreign names the other built-in issuers whose secrets begin as this one does, and says how that is, where those of the issuer that a
// credential is meant for do not begin so; empty where it may be that issuer's. Such a credential is sent nowhere to find out. file is where
// that issuer's own declaration can say otherwise; empty where it is built in.
func Foreign(folder, service string, secret apikey.Secret) (title, prefix, file string) {
	own := 0
	if d, err := Load(folder, service); err == nil {
		file = d.File
		for _, p := range d.Secret.Prefixes {
			if secret.HasPrefix(p.Text) {
				own = max(own, len(p.Text))
			}
		}
	}
	if title, prefix = Whose(service, secret); len(prefix) <= own {
		return "", "", ""
	}
	return title, prefix, file
}

// Whose are the other built-in issuers whose secrets begin as this one does, by the longest of the beginnings that they declare. The
// declarations are read when a secret is refused, and not before.
func Whose(name string, secret apikey.Secret) (title, prefix string) {
	var titles []string
	for _, other := range BuiltIn() {
		d, err := Load("", other)
		if err != nil || other == name {
			continue
		}
		for _, p := range d.Secret.Prefixes {
			switch {
			case !secret.HasPrefix(p.Text) || len(p.Text) < len(prefix):
			case len(p.Text) > len(prefix):
				titles, prefix = []string{d.Title}, p.Text
			default:
				titles = append(titles, d.Title)
			}
		}
	}
	return apikey.Alternatives(titles), prefix
}

package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"detent/client/issuers"
	"detent/client/kit"
)

// IssuerFolder is where the issuers of the user's own are that this file's profiles may name; empty for none.
func (c *Config) IssuerFolder() string { return issuers.FolderBeside(c.Path) }

// readIssuer reads which issuer a profile is of; nil where it cannot be told. One that cannot be used stops this profile alone.
func (c *Config) readIssuer(p *Profile, t *section) *kit.Declaration {
	folder := issuers.FolderBeside(t.doc.path)
	allowed := alternatives(issuers.Names(folder))
	var ok bool
	p.Service, ok = t.text("service", allowed)
	if t.needs("service", "%s", allowed); !ok {
		return nil
	}
	d, err := issuers.Load(folder, p.Service)
	switch {
	case errors.Is(err, issuers.ErrUnknown) && isASCIIName(p.Service, "-_") && folder != "":
		c.without(p.Name, t, func() {
			t.refuse("service", "must be %s, or a file: %s", allowed, filepath.Join(folder, p.Service+".toml"))
		})
	case errors.Is(err, issuers.ErrUnknown):
		c.without(p.Name, t, func() { t.refuse("service", "must be %s", allowed) })
	case err != nil:
		c.without(p.Name, t, func() { t.refuse("service", "%s", kit.OneLine(err)) })
	}
	return d
}

// without takes what is refused meanwhile for a reason why this profile cannot be used, the first one, and not for one against the file.
func (c *Config) without(profile string, t *section, read func()) {
	before := t.doc.errs
	read()
	if refused := t.doc.errs[len(before):]; len(refused) > 0 && c.unusable[profile] == nil {
		c.unusable[profile] = refused[0]
	}
	t.doc.errs = before
}

// readIssuerFields is readDeclared, where a file of the user's own says what is asked for a reason against this profile alone: such a file
// changes, and others' profiles are not to end with it.
func (c *Config) readIssuerFields(p *Profile, d *kit.Declaration, t *section) {
	if d != nil && issuers.IsBuiltIn(d.Name) {
		readDeclared(p, d, t)
		return
	}
	c.without(p.Name, t, func() { readDeclared(p, d, t) })
}

// readDeclared reads what keys of this issuer belong to, and refuses what asks another issuer's feature of this one, and what
// exchange lacks. A field that only spells out the default asks for nothing.
func readDeclared(p *Profile, d *kit.Declaration, t *section) {
	for _, own := range []struct {
		field string
		asked bool
	}{{"auth", p.Exchange}, {"token_url", t.has("token_url")}, {"create", p.CanCreate}, {"secret_prefix", t.has("secret_prefix")}} {
		if own.asked && d != nil && !slices.Contains(d.Settings, own.field) {
			t.refuse(own.field, "is only for service = %s", alternatives(whoHave(own.field)))
		}
	}
	if u, err := url.Parse(p.URL); p.Exchange && p.TokenURL == "" && p.URL != "" && err == nil && kit.TokenServer(u) == nil {
		t.lacks("token_url", "auth = \"exchange\" needs it where the host's first name is neither \"api\" nor begins with \"api-\"")
	}
	readParents(p, d, t)
}

// whoHave are the built-in issuers that take a setting.
func whoHave(setting string) (out []string) {
	for _, name := range issuers.BuiltIn() {
		if d, err := issuers.Load("", name); err == nil && slices.Contains(d.Settings, setting) {
			out = append(out, name)
		}
	}
	return out
}

// parentsOf says what keys of this issuer belong to.
func parentsOf(d *kit.Declaration) string {
	if len(d.Parents) == 0 {
		return "they belong to nothing that a profile names"
	}
	names := make([]string, len(d.Parents))
	for i, k := range d.Parents {
		names[i] = k.Name
	}
	return "they belong to " + strings.Join(names, ", ")
}

// readParents reads parents = { project = "42" }.
func readParents(p *Profile, d *kit.Declaration, t *section) {
	if (d == nil || len(d.Parents) == 0) && !t.has("parents") {
		return
	}
	table := t.sub("parents", `a table of what the issuer's keys belong to: { project = "42" }`)
	if table != nil {
		p.Parents = map[string]string{}
		for _, name := range table.names() {
			p.Parents[name], _ = table.text(name, "an id, in quotes")
			if d != nil && !slices.ContainsFunc(d.Parents, func(k kit.Parent) bool { return k.Name == name }) {
				table.refuse(name, "is nothing that keys of %s belong to: %s", d.Title, parentsOf(d))
			}
			if !kit.IsParentValue(p.Parents[name]) {
				table.refuse(name, "must be letters, digits and _ . @ : ~ -, at most 128")
			}
		}
		table.finish()
	}
	if d == nil {
		return
	}
	for _, k := range d.Parents {
		if p.Parents[k.Name] == "" && (table == nil || !table.has(k.Name)) {
			told := ""
			if k.Catalogue != nil {
				told = "; detent issuer parents -p " + p.Name + " asks the service which there are"
			}
			t.lacks("parents", "{ %s = \"…\" }: %s%s", k.Name, k.Title, told)
		}
	}
}

package client

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/client/kit"
)

// What a catalogue may have at most, and how many permissions are learned from keys.
const (
	maxCatalogue = 5000
	maxSeen      = 200
)

// Catalogue implements Cataloguer: by the declared call; else by the account's own keys, whose list shows how it spells features, and
// which permissions are in use that no document has.
func (s *issuer) Catalogue(ctx context.Context) (Catalogue, error) {
	if s.d.Catalogue == nil {
		return Catalogue{}, unsupported(opCatalogue, apikey.Cannot("the service has no call that tells which permissions there are"))
	}
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Catalogue.Keys {
		if err := s.walk(ctx, func(*answer) {}, func(*apikey.Key, apikey.Secret) {}); err != nil {
			return Catalogue{}, err
		}
		return *s.told.Load(), nil
	}
	list, err := s.catalogueByCall(ctx)
	if err != nil {
		return Catalogue{}, err
	}
	told := &Catalogue{Asked: s.opts.Now().UTC(), Permissions: list}
	s.told.Store(told)
	return *told, nil
}

// catalogueByCall asks by the declared call. What the declaration says of a permission besides stays said.
func (s *issuer) catalogueByCall(ctx context.Context) (list []kit.Permission, err error) {
	d := s.d.Catalogue
	err = s.send(ctx, s.request(opCatalogue, &d.Call, "", nil), func(a *answer) error {
		list = nil
		seen := map[string]bool{}
		rest, err := decodeList(a.body, d.Rows, func(raw []byte) error {
			p, err := s.catalogued(raw)
			if key := p.Feature + "\x00" + p.Name; err == nil && !seen[key] {
				seen[key], list = true, append(list, p)
			}
			if len(list) > maxCatalogue {
				err = badAnswer(fmt.Sprintf("the answer has over %d permissions", maxCatalogue))
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return badAnswer("the answer has no permission")
		case saysMore(rest):
			return badAnswer("the answer has a part of the permissions alone")
		}
		return nil
	})
	return list, err
}

// catalogued is a row of a catalogue.
func (s *issuer) catalogued(raw []byte) (kit.Permission, error) {
	d := s.d.Catalogue
	members := objectOf(raw)
	var name text
	switch {
	case d.Name == "": // the row is a name itself
		_ = name.UnmarshalJSON(raw)
	case members == nil:
		return kit.Permission{}, badAnswer("a permission in the answer is no object")
	}
	at := func(path string) string {
		if path == "" {
			return ""
		}
		return textAt(members, path)
	}
	p := kit.Permission{Name: s.spelling.show(cmp.Or(string(name), at(d.Name))), ID: at(d.ID), Feature: s.spelling.show(at(d.Feature)), Group: heading(at(d.Group)), Description: field(at(d.Description))}
	if p.Name == "" {
		return p, badAnswer("a permission in the answer has no name")
	}
	p.Mints = d.Mints != "" && anyOf(strings.ToLower(p.Name), d.Mints)
	for _, known := range s.d.Permissions {
		if known.Name == p.Name && known.Feature == p.Feature || known.ID != "" && known.ID == p.ID {
			p.Description, p.Group = cmp.Or(p.Description, known.Description), cmp.Or(p.Group, known.Group)
			p.Mints, p.Useless = p.Mints || known.Mints, known.Useless
		}
	}
	return p, nil
}

// heading makes words of a name such as "dns_and_zones".
func heading(name string) string {
	words := field(strings.ReplaceAll(name, "_", " "))
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

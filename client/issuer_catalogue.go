package client

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// maxCatalogue is how many rows a catalogue may have.
const maxCatalogue = 5000

// catalogue asks by the declared calls; of permissions else by the account's own keys, whose list shows how it spells
// features, and which permissions are in use that no document has. Where one of them fails, what was known of all stays.
func (s *issuer) catalogue(ctx context.Context) (told Catalogue, err error) {
	ctx, done := s.operation(ctx)
	defer done()
	told.Asked = s.opts.Now().UTC()
	if told.Roles, err = s.askedRoles(ctx); err != nil {
		return Catalogue{}, err
	}
	if told.Environments, err = s.askedEnvironments(ctx); err != nil {
		return Catalogue{}, err
	}
	switch d := s.d.Catalogue; {
	case d == nil:
	case d.Keys:
		err = s.walk(ctx, func(*answer) {}, func(*apikey.Key, apikey.Secret) {})
		told.Permissions = s.seenOnKeys()
	default:
		told.Permissions, err = s.catalogueByCall(ctx, d, s.d.Permissions)
	}
	if err != nil {
		return Catalogue{}, err
	}
	if told.Choices, err = s.askedChoices(ctx); err != nil {
		return Catalogue{}, err
	}
	s.told.Store(&told)
	return told, nil
}

// askedRoles are those that the service names. What the declaration says of one besides stays said.
func (s *issuer) askedRoles(ctx context.Context) (out []kit.Role, err error) {
	if s.d.RoleCatalogue == nil {
		return nil, nil
	}
	rows, err := s.catalogueByCall(ctx, s.d.RoleCatalogue, nil)
	for _, row := range rows {
		role := kit.Role{Name: row.Name, Description: row.Description, Mints: row.Mints}
		for _, known := range s.d.Roles {
			if known.Name == role.Name {
				role.Description, role.Mints, role.Manages = cmp.Or(role.Description, known.Description), role.Mints || known.Mints, known.Manages
			}
		}
		out = append(out, role)
	}
	return out, err
}

// askedEnvironments are those that the service names, by detent's names where the declaration has one.
func (s *issuer) askedEnvironments(ctx context.Context) (out []apikey.Environment, err error) {
	if s.d.EnvironmentCatalogue == nil {
		return nil, nil
	}
	rows, err := s.catalogueByCall(ctx, s.d.EnvironmentCatalogue, nil)
	for _, row := range rows {
		named := apikey.Environment(row.Name)
		for e, its := range s.d.EnvironmentNames {
			if s.spelling.Show(its) == row.Name {
				named = e
			}
		}
		out = append(out, named)
	}
	return out, err
}

// askedChoices are the words of properties. There may be none; where the credential may not ask, what was known stays.
func (s *issuer) askedChoices(ctx context.Context) (map[apikey.Field][]apikey.Choice, error) {
	var out map[apikey.Field][]apikey.Choice
	for _, p := range s.d.Properties {
		if p.Catalogue == nil {
			continue
		}
		field := apikey.Field(p.Name)
		if out == nil {
			out = map[apikey.Field][]apikey.Choice{}
		}
		rows, err := s.catalogueRows(ctx, p.Catalogue, nil)
		if was := s.told.Load(); IsKind(err, Forbidden) && was != nil {
			out[field] = was.Choices[field]
		}
		if err != nil && !IsKind(err, Forbidden) {
			return nil, err
		}
		for _, row := range rows {
			c := apikey.Choice{Value: row.Name, About: row.Description}
			if row.ID != "" {
				c.Value, c.Name = s.spelling.Show(row.ID), row.Name
			}
			out[field] = append(out[field], c)
		}
	}
	return out, nil
}

// catalogueByCall asks by a declared call for what there is at least one of.
func (s *issuer) catalogueByCall(ctx context.Context, d *kit.Catalogue, declared []kit.Permission) ([]kit.Permission, error) {
	list, err := s.catalogueRows(ctx, d, declared)
	if err == nil && len(list) == 0 {
		err = notWhole(opCatalogue, "the answer has no row")
	}
	return list, err
}

// catalogueRows asks page by page. What the declaration says of a permission besides stays said.
func (s *issuer) catalogueRows(ctx context.Context, d *kit.Catalogue, declared []kit.Permission) (list []kit.Permission, err error) {
	seen, query := map[string]bool{}, s.firstPage(d.Pages)
	var all wire.Tally
	for now := (wire.At{}); ; now.Page++ {
		c := s.request(opCatalogue, &d.Call, "", nil)
		c.ask(d.Pages, query)
		var rows []kit.Permission
		var rest wire.Beside
		err := s.send(ctx, c, func(a *answer) (err error) {
			rows, now.Count, rest.Header = nil, 0, a.header
			rest.Members, err = wire.DecodeList(a.body, d.Rows, func(raw []byte) error {
				if now.Count++; !allSay(wire.Object(raw), d.Only) {
					return nil
				}
				p, err := s.catalogued(raw, d, declared)
				if rows = append(rows, p); len(list)+len(rows) > maxCatalogue {
					err = wire.BadAnswer(fmt.Sprintf("the answer has over %d rows", maxCatalogue))
				}
				return err
			})
			if err == nil && d.Pages == nil && wire.SaysMore(rest.Members) {
				err = wire.BadAnswer("the answer has a part of the rows alone")
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		before := len(list)
		for _, p := range rows {
			key := p.Feature + "\x00" + p.Name
			if d != s.d.Catalogue { // two zones may have one name
				key += "\x00" + p.ID
			}
			if !seen[key] {
				seen[key], list = true, append(list, p)
			}
			now.Last = cmp.Or(p.ID, s.spelling.Raw(p.Name))
		}
		now.Total, now.Barren = now.Total+now.Count, len(list) == before && (now.Count == 0 || len(rows) > 0)
		all.Add(rest, d.Pages, now.Count)
		if d.Pages == nil {
			return list, notWhole(opCatalogue, all.Short(nil))
		}
		cursor, more, bad := wire.Following(d.Pages, rest, now)
		switch {
		case bad != "":
			return nil, notWhole(opCatalogue, bad)
		case more && now.Page >= maxCatalogue/50:
			return nil, notWhole(opCatalogue, "the pages of the answer do not come to an end")
		case !more || now.Barren:
			return list, notWhole(opCatalogue, all.Short(d.Pages))
		}
		query = wire.FurtherPage(d.Pages, query, cursor, now.Count)
	}
}

// catalogued is a row of a catalogue.
func (s *issuer) catalogued(raw []byte, d *kit.Catalogue, declared []kit.Permission) (kit.Permission, error) {
	members := wire.Object(raw)
	var name wire.Text
	switch {
	case d.Name == "": // the row is a name itself
		_ = name.UnmarshalJSON(raw)
	case members == nil:
		return kit.Permission{}, wire.BadAnswer("a row of the answer is no object")
	}
	at := func(path string) string {
		if path == "" {
			return ""
		}
		return wire.TextAt(members, path)
	}
	p := kit.Permission{Name: s.spelling.Show(cmp.Or(string(name), at(d.Name))), ID: at(d.ID), Feature: s.spelling.Show(at(d.Feature)), Group: wire.Heading(at(d.Group)), Description: wire.Field(at(d.Description))}
	if p.Name == "" {
		return p, wire.BadAnswer("a row of the answer has no name")
	}
	p.Mints = d.Mints != "" && wire.AnyOf(strings.ToLower(p.Name), d.Mints)
	for _, known := range declared {
		if known.Name == p.Name && known.Feature == p.Feature || known.ID != "" && known.ID == p.ID {
			p.Description, p.Group = cmp.Or(p.Description, known.Description), cmp.Or(p.Group, known.Group)
			p.Mints, p.Useless = p.Mints || known.Mints, known.Useless
		}
	}
	return p, nil
}

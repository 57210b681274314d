package client

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// Choice is one thing that keys can belong to, as the service names it. ID is what a profile has for it under parents.
type Choice struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Choices are those of one parent. More says that the service has others, which it did not name in one answer.
type Choices struct {
	All  []Choice
	More bool
}

// toldParent is the place of a parent that the service can be asked for.
func toldParent(d *kit.Declaration, name string) (at int, bad *Error) {
	if at = slices.IndexFunc(d.Parents, func(p kit.Parent) bool { return p.Name == name && p.Catalogue != nil }); at < 0 {
		bad = unsupported(opParents, apikey.Cannot("the service has no call that tells them"))
	}
	return at, bad
}

// parentChoices: what cannot be a parent of a profile is left out.
func (s *issuer) parentChoices(ctx context.Context, parent string) (out Choices, err error) {
	at, bad := toldParent(s.d, parent)
	if bad != nil {
		return Choices{}, bad
	}
	d := s.d.Parents[at].Catalogue
	ctx, done := s.operation(ctx)
	defer done()
	c := s.request(opParents, &d.Call, "", nil)
	c.list = true
	err = s.send(ctx, c, func(a *answer) error {
		out = Choices{}
		seen, rows := map[string]bool{}, 0
		rest, err := wire.DecodeList(a.body, d.Rows, func(raw []byte) error {
			if rows++; !allSay(wire.Object(raw), d.Only) {
				return nil
			}
			row, err := s.catalogued(raw, d, nil)
			if row.ID != "" { // it need not have a name
				err = nil
			}
			choice := Choice{ID: cmp.Or(row.ID, row.Name), Name: cmp.Or(row.Name, row.ID), Description: row.Description}
			if err == nil && kit.IsParentValue(choice.ID) && !seen[choice.ID] {
				seen[choice.ID], out.All = true, append(out.All, choice)
			}
			if len(out.All) > maxCatalogue {
				err = wire.BadAnswer(fmt.Sprintf("the answer has over %d rows", maxCatalogue))
			}
			return err
		})
		var all wire.Tally
		all.Add(wire.Beside{Members: rest}, nil, rows)
		out.More = wire.SaysMore(rest) || wire.LinkTo(a.header, "next") != "" || all.Short(nil) != ""
		return err
	})
	if err != nil {
		return Choices{}, err
	}
	return out, nil
}

package host

import (
	"context"
	"errors"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/tui/ui"
)

// ParentRow is one thing that keys of a profile can belong to, by the parent of its issuer that it can be.
type ParentRow struct {
	Parent string `json:"parent"`
	client.Choice
}

// ParentCells are the rows of a table: PARENT, ID, NAME, DESCRIPTION.
func ParentCells(rows []ParentRow) (cells [][]string) {
	for _, r := range rows {
		cells = append(cells, []string{r.Parent, r.ID, r.Name, r.Description})
	}
	return cells
}

// Parents asks the service of the selected profile what keys can belong to, of each parent that it can be asked for. The profile need not
// name them yet; what failed is said, and the others are asked all the same.
func (h *Host) Parents(ctx context.Context, say func(format string, args ...any)) (_ []ParentRow, failed error, err error) {
	p, err := h.Selected()
	if err != nil {
		return nil, nil, err
	}
	d, err := h.Issuer(p.Service)
	if err != nil {
		return nil, nil, err
	}
	folder, err := h.issuersPath()
	if err != nil {
		return nil, nil, err
	}
	asked, rows := false, []ParentRow{}
	for _, parent := range d.Parents {
		if parent.Catalogue == nil {
			continue
		}
		asked = true
		told, err := h.parentChoices(ctx, p, folder, parent.Name, apikey.Secret{})
		if err != nil {
			failed = err
			say("%s: %v", parent.Name, err)
			continue
		}
		for _, c := range told.All {
			rows = append(rows, ParentRow{parent.Name, c})
		}
		if told.More {
			say("%s: the service has more than the %d that it names at once", parent.Name, len(told.All))
		}
	}
	if !asked {
		return nil, nil, Usagef("the service of profile %s, %s, has no call that tells what keys can belong to", p.Name, d.Title)
	}
	return rows, failed, nil
}

// parentChoices asks the service of a profile, by an issuer that is built in or in a folder, what one parent can be. typed is a token that the profile does not name yet; absent for its
// own. One that begins as another issuer's do is sent nowhere.
func (h *Host) parentChoices(ctx context.Context, p config.Profile, folder, parent string, typed apikey.Secret) (client.Choices, error) {
	opts, err := h.optionsOf(ctx, p, folder, typed)
	if err != nil {
		return client.Choices{}, err
	}
	if err := foreign(folder, p, opts.Token); err != nil {
		return client.Choices{}, err
	}
	return client.ParentChoices(ctx, opts, parent)
}

var _ ui.ParentTeller = (*Screens)(nil)

// ParentChoices asks for a profile that is being written. Nobody at another machine has this one ask.
func (h *Screens) ParentChoices(ctx context.Context, n ui.ProfileDraft, parent string) (client.Choices, error) {
	if h.o.Guest != nil || h.o.Demo {
		return client.Choices{}, errors.New("nobody is asked from here")
	}
	clean, err := config.CheckURL(n.URL)
	if err != nil {
		return client.Choices{}, err
	}
	n.URL = clean
	folder, err := h.issuersPath()
	if err != nil {
		return client.Choices{}, err
	}
	old, _ := h.lookup(n.Name)
	return h.parentChoices(ctx, profileOf(n, old), folder, parent, n.NewToken)
}

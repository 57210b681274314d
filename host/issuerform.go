package host

import (
	"cmp"

	"detent/client/issuers"
	"detent/client/kit"
	"detent/tui/ui"
)

// Issuers are all that a profile can be of. One whose file is wrong is left out: detent issuer list says why.
func (h *Screens) Issuers() []ui.Issuer {
	folder, err := h.Host.issuersPath()
	if err != nil {
		return nil
	}
	var out []ui.Issuer
	for _, name := range issuers.Names(folder) {
		if d, err := issuers.Load(folder, name); err == nil {
			out = append(out, asked(d))
		}
	}
	return out
}

// issuerOf is one of them; of one that is not there nothing is known.
func (h *Host) issuerOf(name string) ui.Issuer {
	folder, err := h.issuersPath()
	if err != nil {
		return ui.Issuer{}
	}
	d, err := issuers.Load(folder, name)
	if err != nil {
		return ui.Issuer{}
	}
	return asked(d)
}

// asked is what a form asks of a profile of this issuer.
func asked(d *kit.Declaration) ui.Issuer {
	out := ui.Issuer{Name: d.Name, Title: cmp.Or(d.Label, d.Title), About: d.About, URL: d.URL, Settings: d.Settings}
	for i, p := range d.Parents {
		parent := ui.Parent{Name: p.Name, Title: p.Title, About: p.About, Told: p.Catalogue != nil}
		for _, before := range d.Parents[:i] {
			parent.Needs = append(parent.Needs, before.Name)
		}
		out.Parents = append(out.Parents, parent)
	}
	return out
}

package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"detent/apikey"
	"detent/client"
	"detent/client/kit"
	"detent/config"
	"detent/host/trial"
)

// TryOptions are those of a trial.
type TryOptions struct {
	// Write makes keys, proves and changes them, and deletes them again; else it only reads.
	Write bool
	// Record is a file, which is not there yet, for which calls and fields held; empty for none.
	Record string
}

// TryIssuer tries a user's own file on the service of the selected profile: its address, its credential and its parents, whatever
// issuer it names. What it says of each step holds no name, id or secret beside the names of the keys that it makes itself.
func (h *Host) TryIssuer(ctx context.Context, file string, o TryOptions, out io.Writer) error {
	d, err := h.CheckIssuer(file)
	if err != nil {
		return err
	}
	p, err := h.Selected()
	if err != nil {
		return err
	}
	if p.Embedded {
		return Usagef("profile %s is on the key service inside detent: name one of the service that %s describes with --profile", p.Name, file)
	}
	readOnly, err := h.ReadOnly(p)
	if err != nil {
		return err
	}
	if o.Write && readOnly {
		return Usagef("--write: the profile is read-only")
	}
	to := trial.Options{Issuer: d, Write: o.Write, Out: out, Now: h.o.Now, Pause: h.Pause}
	if o.Record != "" {
		if to.Record, err = os.OpenFile(o.Record, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return Usage(fmt.Errorf("--record: %w", err))
		}
	}
	p.Service = d.Name
	h.sayParents(ctx, p, filepath.Dir(file), d, out)
	to.Open = func(ctx context.Context, watch *client.Trial) (trial.Opened, error) {
		s, err := h.openWith(ctx, p, filepath.Dir(file), !o.Write, watch)
		if err != nil {
			return trial.Opened{}, err
		}
		return trial.Opened{Profile: p.Name, Environment: s.Profile.Environment, Desk: s.Desk, Service: s.Service, Caps: s.Caps, Token: s.token, Parents: p.Parents}, nil
	}
	held, err := trial.Run(ctx, to)
	if err == nil && !held {
		err = ErrNo
	}
	return err
}

// sayParents says what the parents that the profile lacks can be, as far as the file has a call that tells.
func (h *Host) sayParents(ctx context.Context, p config.Profile, folder string, d *kit.Declaration, out io.Writer) {
	for _, parent := range d.Parents {
		if p.Parents[parent.Name] != "" || parent.Catalogue == nil {
			continue
		}
		told, err := h.parentChoices(ctx, p, folder, parent.Name, apikey.Secret{})
		if err != nil {
			_, _ = fmt.Fprintf(out, "%-12s %s: which there are cannot be told: %v\n", "parent", parent.Name, err)
		}
		for _, c := range told.All {
			_, _ = fmt.Fprintf(out, "%-12s %s: %s %s\n", "parent", parent.Name, c.ID, c.Name)
		}
		if told.More {
			_, _ = fmt.Fprintf(out, "%-12s %s: the service has more than the %d that it names at once\n", "parent", parent.Name, len(told.All))
		}
	}
}

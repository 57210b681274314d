package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
	"detent/host"
	"detent/table"
)

type publicKeyOptions struct {
	request  apikey.PublicKeyRequest
	deliver  []string
	consents consents
}

func (a *app) publicKeyCommand() *cobra.Command {
	var o publicKeyOptions
	var ttl string
	cmd := &cobra.Command{
		Use: "public-key", Short: "Request a public key and print it: the same one again while it is valid", Args: cobra.NoArgs,
		Long: `Request a public key. It alone goes to standard output; with --deliver it is not printed. The service returns the one
that is valid, and makes a new one only after its end, whatever --ttl says: standard error says how long it is valid yet.`,
		Example: `  detent public-key --name web --ttl 12h
  detent public-key --name web --deliver env-file:/srv/web/.env:PUBLIC_KEY --replace`,
	}
	f := cmd.Flags()
	f.StringVar(&o.request.Name, "name", "", "the public key's name")
	f.StringVar(&o.request.Project, "project", "", "the project it is for")
	f.StringVar(&ttl, "ttl", "", "how long it is valid, such as 1h (default 24h)")
	f.StringArrayVar(&o.deliver, "deliver", nil, "where the public key goes instead of standard output: as for create; may be repeated")
	o.consents.register(f)
	o.consents.registerReplace(f)
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		if f.Changed("ttl") {
			span, err := apikey.ParseSpan(ttl)
			if err != nil {
				return host.Usagef("--ttl: %w", err)
			}
			o.request.TTL = int64(span / time.Second)
		}
		return a.publicKey(ctx, o)
	})
	return cmd
}

func (a *app) publicKey(ctx context.Context, o publicKeyOptions) error {
	s, err := a.host.Open(ctx)
	if err != nil {
		return err
	}
	order := desk.Order{What: desk.PublicKey, Request: o.request, Note: a.note}
	if err := a.may(ctx, s, order, ""); err != nil {
		return err
	}
	if err := withFlag(desk.Check(order, s.Caps)); err != nil {
		return host.Usage(err)
	}
	if err := a.deliverTo(ctx, s, &order, o.deliver, &o.consents); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return host.ErrInterrupted
	}
	out, err := s.Desk.Do(ctx, order)
	value := out.Public
	if value.Value.IsZero() {
		return err
	}
	a.sayExpiry(value, len(order.Places) > 0)
	if err != nil || len(order.Places) > 0 {
		return err
	}
	if err := a.printSecret(desk.Entry{Profile: s.Profile.Name, Service: s.Profile.Service, KeyName: o.request.Name}, value.Value); err != nil {
		return fmt.Errorf("the public key could not be written: %w; ask again for the same one", err)
	}
	return nil
}

// sayExpiry says when a public key ends: what is delivered is of no use from then on.
func (a *app) sayExpiry(value apikey.PublicKeyValue, delivered bool) {
	text := "expires: " + orUnknown(table.Moment(value.ExpiresAt))
	if value.Rest > 0 {
		text += ", in " + apikey.RestWords(value.Rest)
		if delivered {
			text += ": renew it after that, since until then the same one comes back"
		}
	}
	a.say("%s", text)
}

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
)

func (a *app) publicKeyCommand() *cobra.Command {
	var req apikey.PublicKeyRequest
	var ttl string
	cmd := &cobra.Command{
		Use: "public-key", Short: "Request a public key and print it: the same one again while it is valid (Vertesia)", Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&req.Name, "name", "", "the public key's name")
	f.StringVar(&req.Project, "project", "", "the project it is for")
	f.StringVar(&ttl, "ttl", "", "how long it is valid, such as 1h (default 24h)")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		if f.Changed("ttl") {
			span, err := apikey.ParseSpan(ttl)
			if err != nil {
				return usagef("--ttl: %w", err)
			}
			req.TTL = int64(span / time.Second)
		}
		return a.publicKey(ctx, req)
	})
	return cmd
}

func (a *app) publicKey(ctx context.Context, req apikey.PublicKeyRequest) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	order := desk.Order{What: desk.PublicKey, Request: req}
	if err := desk.Check(order, s.caps); err != nil {
		return usagef("%s: %s", s.profile.Name, err.Why)
	}
	if s.readOnly {
		return usagef("%s is read-only: requesting a public key may make one", s.profile.Name)
	}
	out, err := s.desk.Do(ctx, order)
	if err != nil {
		return err
	}
	value := out.Public
	a.say("expires: %s", orUnknown(moment(value.ExpiresAt)))
	if err := a.printSecret(desk.Entry{Profile: s.profile.Name, Service: s.profile.Service, KeyName: req.Name}, value.Value); err != nil {
		return fmt.Errorf("the public key could not be written: %w; ask again for the same one", err)
	}
	return nil
}

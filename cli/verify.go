package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/client"
	"detent/host"
	"detent/table"
)

func (a *app) verifyCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "verify", Short: "Read a secret on standard input; say whether it is valid, which key it is and what it may do", Args: cobra.NoArgs,
		Example: "  detent verify < secret.txt\n  pass show payments | detent verify -o json",
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.verify(ctx, format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) verify(ctx context.Context, format string) error {
	s, asJSON, err := a.openFor(ctx, format)
	if err != nil {
		return err
	}
	secret, err := a.readSecret(ctx)
	if err != nil {
		return err
	}
	if ok, why := client.Belongs(ctx, s.Service, secret); !ok {
		return host.Usage(fmt.Errorf("%s. It was not sent: give the whole secret, or choose the profile that it belongs to with -p", why))
	}
	with := s.Setting
	with.Token = apikey.EnvironmentOf(secret)
	if with.Contradicted() {
		a.say("this is a %s key, and the profile says %s", with.Token, with.Environment)
	}
	proof, unidentified, err := client.Verify(ctx, s.Service, secret)
	if err != nil {
		if asJSON && ctx.Err() == nil { // the answer to the question is that it cannot be told
			err = errors.Join(fmt.Errorf("cannot tell: %w", err), a.printProofJSON(s, apikey.Proof{Verdict: apikey.Silent}))
		}
		return err
	}
	if unidentified != nil {
		a.say("which key it is cannot be told: %v", unidentified)
	}
	if asJSON && !proof.Accepted() {
		a.sayWhy(proof)
	}
	if asJSON {
		err = a.printProofJSON(s, proof)
	} else {
		err = a.printProof(s, proof)
	}
	if err == nil && !proof.Accepted() {
		return host.ErrNo
	}
	return err
}

// sayWhy says beside JSON, which has yes, no or null, why it is no yes and what to do about it.
func (a *app) sayWhy(p apikey.Proof) {
	switch {
	case !p.Refused():
		a.say("cannot tell: %s", p.Why)
	case p.Message != "":
		a.say("not valid: %s", p.Message)
	}
	if p.Hint != "" {
		a.say("%s", p.Hint)
	}
}

// readSecret reads the secret from standard input; on a terminal it asks, without showing it.
func (a *app) readSecret(ctx context.Context) (apikey.Secret, error) {
	var text string
	var err error
	if isTerminal(a.world.In) {
		text, err = a.askHidden(ctx, "Secret: ")
	} else {
		text, err = a.answer(ctx, func() (string, error) {
			data, err := io.ReadAll(io.LimitReader(a.world.In, 1<<20))
			return string(data), err
		})
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return apikey.Secret{}, err
	}
	secret, err := apikey.ParseSecret(text)
	return secret, host.Usage(err)
}

func (a *app) printProofJSON(s *session, p apikey.Proof) error {
	out := struct {
		Valid *bool      `json:"valid"` // null: cannot tell
		Key   *table.Row `json:"key,omitempty"`
	}{}
	if p.Accepted() || p.Refused() {
		valid := p.Accepted()
		out.Valid = &valid
	}
	if p.Key != nil {
		row := s.keyRow(*p.Key, s.warningsOf([]apikey.Key{*p.Key}, nil, a.world.Now()))
		out.Key = &row
	}
	return table.JSON(a.out, out)
}

func (a *app) printProof(s *session, p apikey.Proof) error {
	var b strings.Builder
	proved := "proved by"
	switch p.Verdict {
	case apikey.Accepted:
		fmt.Fprintf(&b, "valid on %s\n", s.Profile.Name)
	case apikey.Refused:
		fmt.Fprintf(&b, "not valid on %s\n", s.Profile.Name)
	default:
		fmt.Fprintf(&b, "cannot tell on %s: %s\n", s.Profile.Name, p.Why)
		proved = "asked"
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{proved, nonEmpty(p.Evidence)}, {"it said", nonEmpty(p.Message)}, {"to do", nonEmpty(p.Hint)}, {"can", p.Can}, {"cannot", p.Cannot}, {"unknown", p.Unknown}} {
		for _, line := range part.lines {
			fmt.Fprintf(&b, "%-13s %s\n", part.title, line)
		}
	}
	if _, err := io.WriteString(a.out, b.String()); err != nil {
		return err
	}
	switch {
	case p.Key != nil:
		return table.Key(a.out, s.keyRow(*p.Key, s.warningsOf([]apikey.Key{*p.Key}, nil, a.world.Now())))
	case p.Accepted():
		_, err := fmt.Fprintln(a.out, "which key it is cannot be told here")
		return err
	}
	return nil
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

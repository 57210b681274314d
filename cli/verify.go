package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/host"
	"detent/table"
)

func (a *app) verifyCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "verify", Short: "Read a secret on standard input; say whether it is valid, which key it is and what it may do", Args: cobra.NoArgs,
		Long: `Read a secret, or a text that holds one (NAME=VALUE, JSON, a header, a whole .env), on standard input. It is compared with the
masks of the keys of all profiles, which sends it nowhere; then it is sent to those that it may be of, until one accepts it. With -p, or
where the file has one profile, that one alone is asked.`,
		Example: "  detent verify < secret.txt\n  pass show payments | detent verify -o json",
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.verify(ctx, format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) verify(ctx context.Context, format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	v, err := a.host.Verifier(ctx)
	if err != nil {
		return err
	}
	secret, err := a.findSecret(ctx, v)
	if err != nil {
		return err
	}
	out, err := v.Ask(ctx, secret)
	if err != nil {
		return err
	}
	for _, note := range out.Said(secret) {
		a.say("%s", note)
	}
	if out.Failed != nil {
		err = out.Failed
		if asJSON && ctx.Err() == nil { // the answer to the question is that it cannot be told
			err = errors.Join(fmt.Errorf("cannot tell: %w", err), a.printProofJSON(out))
		}
		return err
	}
	if asJSON {
		a.sayWhy(out)
		err = a.printProofJSON(out)
	} else {
		err = a.printProof(out)
	}
	if err == nil && !out.Proof.Accepted() {
		return host.ErrNo
	}
	return err
}

// sayWhy says beside JSON, which has yes, no or null, why it is no yes and what to do about it.
func (a *app) sayWhy(v host.Verified) {
	switch p := v.Proof; {
	case p.Accepted():
		return
	case !p.Refused():
		a.say("cannot tell: %s", p.Why)
	case p.Message != "":
		a.say("not valid: %s", p.Message)
	}
	if v.Proof.Hint != "" {
		a.say("%s", v.Proof.Hint)
	}
	for _, line := range v.Lines(a.world.Now()) {
		a.say("%s", line)
	}
}

// findSecret reads a secret, or a text with one in it.
func (a *app) findSecret(ctx context.Context, v *host.Verifier) (apikey.Secret, error) {
	if isTerminal(a.world.In) {
		a.say("paste a secret, or a line that holds one: %s. It is not shown and not kept", v.Goes())
	}
	text, err := a.readText(ctx)
	if err != nil {
		return apikey.Secret{}, err
	}
	found, err := v.Find(ctx, text)
	if err != nil {
		return apikey.Secret{}, err
	}
	at := 1
	if len(found) > 1 {
		a.say("%s", host.Numbered(found))
		if !a.interactive() {
			return apikey.Secret{}, host.Usagef("the text holds %d secrets. None was sent: give one alone", len(found))
		}
		answer, err := a.ask(ctx, "Which one? ")
		if at, _ = strconv.Atoi(strings.TrimSpace(answer)); err != nil || at < 1 || at > len(found) {
			return apikey.Secret{}, errors.Join(err, host.Usagef("there is no such number: none was sent"))
		}
	}
	if found[at-1].Where != "" {
		a.say("taken: %s", found[at-1].Words())
	}
	return found[at-1].Secret, nil
}

// unnamed is what is said of a secret that is accepted where neither the answer nor the list tells which key it is of.
const unnamed = "which key it is cannot be told here"

func (a *app) printProofJSON(v host.Verified) error {
	out := struct {
		Valid *bool          `json:"valid"` // null: cannot tell
		Key   *table.Row     `json:"key,omitempty"`
		Fits  []table.Row    `json:"fits,omitempty"`
		Past  []host.PastKey `json:"past,omitempty"`
		Whole *bool          `json:"whole,omitempty"` // false: it is cut or mistyped

		// Of a secret that is accepted and of which nobody says whose it is: what there is instead.
		Profile string   `json:"profile,omitempty"`
		Proved  string   `json:"proved_by,omitempty"`
		Can     []string `json:"can,omitempty"`
		Unknown []string `json:"unknown,omitempty"`
	}{Past: v.Past}
	p := v.Proof
	if p.Accepted() && p.Key == nil {
		out.Profile, out.Proved, out.Can, out.Unknown = v.Profile, p.Evidence, p.Can, append([]string{unnamed}, p.Unknown...)
	}
	if p.Accepted() || p.Refused() {
		valid := p.Accepted()
		out.Valid = &valid
	}
	if p.Key != nil {
		k := a.rowOf(v.Session, *p.Key)
		out.Key = &k
	}
	for _, f := range v.Fits {
		out.Fits = append(out.Fits, a.rowOf(f.Session, f.Key))
	}
	if v.NotWhole != "" {
		out.Whole = new(bool)
	}
	return table.JSON(a.out, out)
}

func (a *app) printProof(v host.Verified) error {
	p, on := v.Proof, strings.Join(v.Asked, ", ")
	verdict, proved := "cannot tell on "+on+": "+p.Why, "asked"
	switch p.Verdict {
	case apikey.Accepted:
		verdict, proved = "valid on "+v.Profile, "proved by"
	case apikey.Refused:
		verdict, proved = "not valid on "+on, "proved by"
	}
	b := verdict + "\n"
	for _, part := range []struct {
		title string
		lines []string
	}{{"but", v.Lines(a.world.Now())}, {proved, []string{p.Evidence}}, {"it said", []string{p.Message}}, {"to do", []string{p.Hint}}, {"can", p.Can}, {"cannot", p.Cannot}, {"unknown", p.Unknown}} {
		for _, line := range part.lines {
			if line == "" {
				continue
			}
			b += fmt.Sprintf("%-13s %s\n", part.title, line)
		}
	}
	if _, err := io.WriteString(a.out, b); err != nil {
		return err
	}
	switch {
	case p.Key != nil:
		return table.Key(a.out, a.rowOf(v.Session, *p.Key))
	case p.Accepted():
		_, err := fmt.Fprintln(a.out, unnamed)
		return err
	}
	return nil
}

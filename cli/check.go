package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/client"
	"detent/host"
)

// maxSkew is how far the service's clock may be from ours before it is said.
const maxSkew = time.Minute

type checkOptions struct {
	maxAge, expiring, unused string
	all                      bool
	format                   string
	given                    func(flag string) bool
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use: "check", Short: "Report keys that are old, near their end, unused or half rotated: exit 1 if there are any", Args: cobra.NoArgs,
		Long: "Report what deserves attention. Warnings (" + kinds(true) + `) make the exit code 1; the notes of
--all never do. The code is 2 where the keys could not be checked.`,
	}
	f := cmd.Flags()
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		o.given = f.Changed
		return couldNot(a.check(ctx, o))
	})
	f.StringVar(&o.maxAge, "max-age", "", "warn of keys older than this (default: the profile's max_age, else 90d)")
	f.StringVar(&o.expiring, "expiring", "", "warn of keys that expire within this time (default 14d)")
	f.StringVar(&o.unused, "unused", "", "warn of keys not used for this long (default 90d)")
	f.BoolVar(&o.all, "all", false, "notes too: "+kinds(false))
	outputFlag(cmd, &o.format)
	return cmd
}

// kinds names the findings that are warnings, or the notes.
func kinds(warning bool) string {
	var names []string
	for f := range apikey.Findings() {
		if f.Warning == warning {
			names = append(names, string(f.Kind))
		}
	}
	return strings.Join(names, ", ")
}

// couldNot makes every failure of check one of 2: a 1 would say that there are findings.
func couldNot(err error) error {
	if err == nil || errors.Is(err, host.ErrNo) {
		return err
	}
	return host.Usage(err)
}

func (o checkOptions) policy(p apikey.Policy) (apikey.Policy, error) {
	for _, f := range []struct {
		flag, text string
		into       *time.Duration
	}{{"max-age", o.maxAge, &p.MaxAge}, {"expiring", o.expiring, &p.Expiring}, {"unused", o.unused, &p.Unused}} {
		if !o.given(f.flag) {
			continue
		}
		span, err := apikey.ParseSpan(f.text)
		if err != nil {
			return p, fmt.Errorf("--%s: %w", f.flag, err)
		}
		*f.into = span
	}
	return p, nil
}

type findingJSON struct {
	Kind     apikey.FindingKind `json:"kind"`
	Severity string             `json:"severity"`
	Key      *findingKey        `json:"key,omitempty"`
	Detail   string             `json:"detail"`
}

type findingKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *app) check(ctx context.Context, o checkOptions) error {
	s, asJSON, err := a.openFor(ctx, o.format)
	if err != nil {
		return err
	}
	policy, err := o.policy(s.Profile.Policy())
	if err != nil {
		return err
	}
	keys, err := s.List(ctx)
	if err != nil {
		return err
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		return fmt.Errorf("open rotations: %w", err)
	}
	found := apikey.Examine(keys, s.Caps, policy, rotating, a.world.Now())
	if skew, ok := clockSkew(s.Service); ok {
		found = append(found, skew)
	}
	rows, warnings := findingRows(found, o.all)
	if asJSON {
		err = writeJSON(a.out, struct {
			Findings []findingJSON `json:"findings"`
		}{rows})
	} else {
		err = a.writeFindings(rows, len(keys))
	}
	if err == nil && warnings > 0 {
		return host.ErrNo
	}
	return err
}

func findingRows(found []apikey.Finding, all bool) (rows []findingJSON, warnings int) {
	rows = []findingJSON{}
	for _, f := range found {
		row := findingJSON{Kind: f.Kind, Severity: "note", Detail: f.Detail}
		if f.Kind.IsWarning() {
			row.Severity = "warning"
			warnings++
		} else if !all {
			continue
		}
		if f.KeyID != "" {
			row.Key = &findingKey{f.KeyID, f.Name}
		}
		rows = append(rows, row)
	}
	return rows, warnings
}

func (a *app) writeFindings(rows []findingJSON, keys int) error {
	if len(rows) == 0 {
		a.say("%s: nothing to report", keyCount(keys))
		return nil
	}
	table := make([][]string, len(rows))
	for i, r := range rows {
		name, id := "-", "-"
		if r.Key != nil {
			name, id = r.Key.Name, r.Key.ID
		}
		table[i] = []string{r.Severity, string(r.Kind), name, id, r.Detail}
	}
	return writeTable(a.out, []string{"SEVERITY", "KIND", "NAME", "ID", "DETAIL"}, table)
}

// clockSkew is a note where the service's clock is far from ours: expiries look wrong then.
func clockSkew(service client.Service) (apikey.Finding, bool) {
	clock, ok := client.As[client.Clock](service)
	if !ok {
		return apikey.Finding{}, false
	}
	server, local, ok := clock.ServerTime()
	skew := server.Sub(local)
	if !ok || skew.Abs() <= maxSkew {
		return apikey.Finding{}, false
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	return apikey.Finding{Kind: apikey.FindingClockSkew,
		Detail: fmt.Sprintf("the service's clock is %s %s this machine's", skew.Abs().Round(time.Second), side)}, true
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/host"
	"detent/table"
	"detent/tui/ui"
)

type checkOptions struct {
	maxAge, expiring, unused string
	all, allProfiles         bool
	format                   string
	given                    func(flag string) bool
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use: "check", Short: "Report keys that are old, near their end, unused or half rotated: exit 1 if there are any", Args: cobra.NoArgs,
		Long: "Report what deserves attention. Warnings (" + kinds(true) + `) make the exit code 1; the notes of
--all never do. The code is 2 where the keys of a profile could not be checked; the others are reported all the same.`,
	}
	f := cmd.Flags()
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		o.given = f.Changed
		return checkFailed(a.check(ctx, o))
	})
	f.StringVar(&o.maxAge, "max-age", "", "warn of keys older than this (default: the profile's max_age, else 90d)")
	f.StringVar(&o.expiring, "expiring", "", "warn of keys that expire within this time (default 14d)")
	f.StringVar(&o.unused, "unused", "", "warn of keys not used for this long (default 90d)")
	f.BoolVar(&o.all, "all", false, "notes too: "+kinds(false))
	allProfilesFlag(cmd, &o.allProfiles)
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

// checkFailed makes every failure of check one of 2: a 1 would say that there are findings.
func checkFailed(err error) error {
	if err == nil || errors.As(err, new(host.Ended)) {
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
	Profile  string             `json:"profile,omitempty"` // where all are asked
	Key      *findingKey        `json:"key,omitempty"`
	Detail   string             `json:"detail"`
}

type findingKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *app) check(ctx context.Context, o checkOptions) error {
	asJSON, err := wantsJSON(o.format)
	if err != nil {
		return err
	}
	answers, err := a.answers(ctx, o.allProfiles)
	if err != nil {
		return err
	}
	rows, warnings, keys := []findingJSON{}, 0, 0
	for _, answer := range answers {
		if answer.Err != nil {
			continue
		}
		found, err := a.checkOne(answer, o)
		if err != nil {
			return err
		}
		keys += len(answer.Keys)
		for _, row := range findingRows(found, o.all) {
			if row.Severity == severityWarning {
				warnings++
			}
			if o.allProfiles {
				row.Profile = answer.Profile.Name
			}
			rows = append(rows, row)
		}
	}
	if asJSON {
		err = table.JSON(a.out, struct {
			Findings []findingJSON `json:"findings"`
		}{rows})
	} else {
		err = a.writeFindings(rows, keys, o.allProfiles)
	}
	if err == nil {
		err = a.failed(answers, func(error) int { return host.ExitUsage })
	}
	if err == nil && warnings > 0 {
		return host.ErrNo
	}
	return err
}

// checkOne examines what a profile has answered.
func (a *app) checkOne(answer host.Answer, o checkOptions) ([]apikey.Finding, error) {
	policy, err := o.policy(answer.Profile.Policy())
	if err != nil {
		return nil, err
	}
	rotating, err := a.host.Rotating(answer.Profile.Name)
	if err != nil {
		return nil, fmt.Errorf("open rotations: %w", err)
	}
	found := apikey.Examine(answer.Keys, answer.Session.Caps, policy, rotating, a.world.Now())
	if skew, ok := answer.Session.ClockSkew(); ok {
		found = append(found, skew)
	}
	return found, nil
}

const severityWarning, severityNote = "warning", "note"

func findingRows(found []apikey.Finding, all bool) (rows []findingJSON) {
	for _, f := range found {
		row := findingJSON{Kind: f.Kind, Severity: severityNote, Detail: f.Detail}
		if f.Kind.IsWarning() {
			row.Severity = severityWarning
		} else if !all {
			continue
		}
		if f.KeyID != "" {
			row.Key = &findingKey{f.KeyID, f.Name}
		}
		rows = append(rows, row)
	}
	return rows
}

func (a *app) writeFindings(rows []findingJSON, keys int, several bool) error {
	if len(rows) == 0 {
		a.say("%s: nothing to report", ui.Count(keys, "key"))
		return nil
	}
	titles, cells := []string{"SEVERITY", "KIND", "NAME", "ID", "DETAIL"}, make([][]string, len(rows))
	for i, r := range rows {
		name, id := "-", "-"
		if r.Key != nil {
			name, id = r.Key.Name, r.Key.ID
		}
		if cells[i] = []string{r.Severity, string(r.Kind), name, id, r.Detail}; several {
			cells[i] = append([]string{r.Profile}, cells[i]...)
		}
	}
	if several {
		titles = append([]string{"PROFILE"}, titles...)
	}
	return table.Write(a.out, titles, cells)
}

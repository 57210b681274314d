package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/host"
	"detent/table"
	"detent/tui/keylist"

	"github.com/spf13/cobra"
)

// The forms of what a command prints.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// outputFlag registers -o with table, json and what else a command has.
func outputFlag(cmd *cobra.Command, into *string, more ...string) {
	formats := append([]string{formatTable, formatJSON}, more...)
	cmd.Flags().StringVarP(into, "output", "o", formatTable, apikey.Alternatives(formats))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// formatOf reads -o.
func formatOf(text string, more ...string) (string, error) {
	formats := append([]string{formatTable, formatJSON}, more...)
	if !slices.Contains(formats, text) {
		return "", host.Usagef("--output: must be %s", apikey.Alternatives(formats))
	}
	return text, nil
}

// wantsJSON reads -o of a command that has a table and JSON.
func wantsJSON(text string) (bool, error) {
	format, err := formatOf(text)
	return format == formatJSON, err
}

func (a *app) listCommand() *cobra.Command {
	var format string
	var all bool
	cmd := &cobra.Command{
		Use: "list [FILTER]", Short: "List the keys with every field that the service reports; secrets never",
		Long: `List the keys. FILTER takes the words that / takes on screen: all of them must hold, ! before one means not. A plain word is
also looked for in names, so that status:old is the state and old is that or a part of a name. With --all-profiles all profiles
are asked side by side; one that fails is named on standard error, with the exit code that it would have alone.`,
		Example: `  detent list 'payments env:live !ci'
  detent list --all-profiles 'status:old !ci' -o csv`,
		RunE: a.run(func(ctx context.Context, words []string) error { return a.list(ctx, words, all, format) }),
	}
	allProfilesFlag(cmd, &all)
	outputFlag(cmd, &format, formatCSV)
	return cmd
}

// allProfilesFlag registers --all-profiles.
func allProfilesFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "all-profiles", false, "ask all profiles, side by side; each row says whose it is")
}

// filterOf reads FILTER.
func filterOf(words []string) (keylist.Filter, error) {
	f, err := keylist.ParseFilter(strings.Join(words, " "))
	if err != nil {
		err = host.Usagef("FILTER: %w", err)
	}
	return f, err
}

// answers are those of the profile in use, or of all. Where one is asked, that it does not answer is the error.
func (a *app) answers(ctx context.Context, all bool) ([]host.Answer, error) {
	p, err := a.host.Selected()
	if err != nil {
		return nil, err
	}
	if !all {
		answers := a.host.Ask(ctx, []config.Profile{p})
		return answers, answers[0].Err
	}
	if a.flags.profile != "" {
		return nil, host.Usagef("--all-profiles and --profile: ask one of the two")
	}
	cfg, err := a.host.Config()
	if err != nil {
		return nil, err
	}
	answers := a.host.Ask(ctx, cfg.Profiles)
	if ctx.Err() != nil {
		return nil, host.ErrInterrupted
	}
	return answers, nil
}

// failed names the profiles that did not answer, each with the exit code that it has alone, and ends with the highest of these.
func (a *app) failed(answers []host.Answer, codeOf func(error) int) error {
	worst := host.ExitDone
	for _, answer := range answers {
		if answer.Err == nil {
			continue
		}
		code := codeOf(answer.Err)
		worst = max(worst, code)
		a.say("%s: %v (exit %d)", answer.Profile.Name, answer.Err, code)
		if hint := client.HintOf(answer.Err); hint != "" {
			a.say("%s: %s", answer.Profile.Name, hint)
		}
	}
	if worst != host.ExitDone {
		return host.Ended(worst)
	}
	return nil
}

func (a *app) list(ctx context.Context, words []string, all bool, format string) error {
	format, err := formatOf(format, formatCSV)
	if err != nil {
		return err
	}
	filter, err := filterOf(words)
	if err != nil {
		return err
	}
	answers, err := a.answers(ctx, all)
	if err != nil {
		return err
	}
	rows, unread := []table.Row{}, error(nil)
	for _, answer := range answers {
		if answer.Err != nil {
			continue
		}
		rotating, err := a.host.Rotating(answer.Profile.Name)
		unread = cmp.Or(unread, err)
		found := answer.Find(filter, rotating, a.world.Now())
		if doubt := found.Doubt(); doubt != "" {
			a.say("%s: %s", answer.Profile.Name, doubt)
		}
		warnings := host.Warnings(found.Findings)
		for _, k := range found.Keys {
			rows = append(rows, keyRow(answer.Session.Profile, k, warnings))
		}
	}
	if unread != nil {
		a.say("open rotations cannot be read: %v", unread)
	}
	if err := a.printKeys(rows, all, !filter.Empty(), answers[0].Profile.Name, format); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return a.failed(answers, host.ExitOf)
}

// printKeys prints keys as -o says.
func (a *app) printKeys(rows []table.Row, all, filtered bool, profile, format string) error {
	switch format {
	case formatJSON:
		return table.JSON(a.out, rows)
	case formatCSV:
		titles, cells := table.Cells(rows)
		return writeCSV(asIs{a.out}, titles, cells)
	}
	switch {
	case len(rows) > 0:
	case filtered:
		a.say("no key matches")
	case all:
		a.say("no keys on any profile that answered")
	default:
		a.say("no keys on %s yet: detent create --name NAME makes the first one", profile)
	}
	left, err := table.Keys(a.out, rows, all, widthOf(a.world.Out))
	if len(left) > 0 {
		a.say("too wide for the terminal, and left out: %s; -o json has all", strings.Join(left, ", "))
	}
	return err
}

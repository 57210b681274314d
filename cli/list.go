package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"detent/host"
	"detent/table"

	"github.com/spf13/cobra"
)

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

func (a *app) list(ctx context.Context, words []string, all bool, format string) error {
	format, err := formatOf(format, formatCSV)
	if err != nil {
		return err
	}
	filter, err := a.filterOf(words)
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
			row := keyRow(answer.Session.Profile, k, warnings)
			row.Properties = answer.Session.Caps.Properties
			rows = append(rows, row)
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
		return table.CSV(asIs{a.out}, host.Plain, titles, cells)
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

package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"detent/host"
	"detent/table"
)

func (a *app) issuerCommand() *cobra.Command {
	var format string
	list := &cobra.Command{Use: "list", Short: "List the services that a profile can be of: what each can do, and on what that was proven", Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error { return a.issuers(format) })}
	outputFlag(list, &format)
	show := &cobra.Command{Use: "show NAME", Short: "Show what is known of an issuer: its calls, its credential, what it cannot do and why", Args: cobra.ExactArgs(1),
		RunE: a.run(func(_ context.Context, args []string) error {
			d, err := a.host.Issuer(args[0])
			if err != nil {
				return err
			}
			return host.DescribeIssuer(a.out, d)
		})}
	check := &cobra.Command{Use: "check FILE", Short: "Check the file of an issuer, without a network: each problem by line and field", Args: cobra.ExactArgs(1),
		RunE: a.run(func(_ context.Context, args []string) error {
			d, err := a.host.CheckIssuer(args[0])
			if err == nil {
				for _, words := range host.IssuerWarnings(d) {
					a.say("%s: %s", args[0], words)
				}
				a.say("%s: %s can be used; next: detent issuer try %s --profile PROFILE", args[0], d.Title, args[0])
			}
			return err
		})}
	var told string
	parents := &cobra.Command{Use: "parents", Short: "Ask the service of a profile what its keys can belong to: its projects, accounts or users", Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.parents(ctx, told) })}
	outputFlag(parents, &told)
	var o host.TryOptions
	try := &cobra.Command{Use: "try FILE", Short: "Try the file of an issuer on the service of a profile: reads alone, unless --write", Args: cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error { return a.host.TryIssuer(ctx, args[0], o, a.out) })}
	try.Flags().BoolVar(&o.Write, "write", false, "create keys of its own, prove, change and delete them, and prove that they are refused")
	try.Flags().StringVar(&o.Record, "record", "", "write to this new file which calls and fields held, without any secret, name or id, to be sent in")
	return a.group("issuer", "The services that a profile can be of, and files of your own that describe one", list, show, check, parents, try)
}

// parents prints what the service names, and fails where it could not be asked for one of them.
func (a *app) parents(ctx context.Context, format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	rows, failed, err := a.host.Parents(ctx, a.say)
	switch {
	case err != nil:
	case asJSON:
		err = table.JSON(a.out, rows)
	case len(rows) > 0:
		err = table.Write(a.out, []string{"PARENT", "ID", "NAME", "DESCRIPTION"}, host.ParentCells(rows))
	}
	return cmp.Or(err, failed)
}

func (a *app) issuers(format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	all, err := a.host.Issuers()
	if err != nil {
		return err
	}
	if asJSON {
		return table.JSON(a.out, all)
	}
	for _, line := range host.WrongIssuers(all) {
		a.say("%s", line)
	}
	return table.Write(a.out, []string{"NAME", "CAN", "PROVEN ON"}, host.IssuerCells(all))
}

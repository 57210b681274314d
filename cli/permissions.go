package cli

import (
	"context"

	"github.com/spf13/cobra"

	"detent/table"
)

func (a *app) permissionsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "permissions", Short: "Say what a new key can be granted: permissions, roles, which of them are dangerous, and which do nothing", Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.permissions(ctx, format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) permissions(ctx context.Context, format string) error {
	s, asJSON, err := a.openFor(ctx, format)
	if err != nil {
		return err
	}
	failed := s.AskCatalogue(ctx, 0)
	caps := s.Offered()
	if failed != nil {
		a.say("%s; what follows is %s", failed, caps.Catalogue.Words(a.world.Now()))
	} else if caps.Catalogue.Can || caps.Catalogue.Beside {
		a.say("%s are %s", map[bool]string{true: "permissions", false: "roles and environments"}[caps.Catalogue.Can], caps.Catalogue.Words(a.world.Now()))
	}
	grants := table.GrantsOf(caps)
	if asJSON {
		return table.JSON(a.out, grants)
	}
	titles, rows := grants.Cells()
	if grants.Nothing() {
		a.say("%s", s.NothingToGrant())
	}
	if len(rows) == 0 {
		return nil
	}
	return table.Write(a.out, titles, rows)
}

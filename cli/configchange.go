package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// configChanges are the commands that change which profiles and destinations there are, as the screens do under p.
func (a *app) configChanges() []*cobra.Command {
	var keys []string
	add := &cobra.Command{Use: "add PROFILE NAME DESTINATION", Short: "Name a destination of a profile, for --deliver NAME and the screens", Args: cobra.ExactArgs(3),
		Example: `  detent config destination add prod payments env-file:/srv/payments/.env:API_KEY --key 'payments-*'`,
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.changed(a.host.NameDestination(ctx, args[0], args[1], args[2], keys), "the profile "+args[0]+" has the destination "+args[1])
		})}
	add.Flags().StringArrayVar(&keys, "key", nil, "suggest it for keys whose name matches this pattern; may be repeated")
	return []*cobra.Command{
		{Use: "add NAME FIELD=VALUE...", Short: "Add a profile to the file", Args: cobra.MinimumNArgs(2), Long: profileFields,
			Example: `  detent config add prod service=ISSUER url=https://api.example.com token.env=PROD_TOKEN environment=live`,
			RunE: a.run(func(ctx context.Context, args []string) error {
				return a.changed(a.host.AddProfile(ctx, args[0], args[1:], a.readSecret), "the profile "+args[0]+" is added; try it with detent config check -p "+args[0])
			})},
		{Use: "change NAME FIELD=VALUE...", Short: "Change fields of a profile in the file", Args: cobra.MinimumNArgs(2), Long: profileFields,
			Example: `  detent config change prod read_only=true`,
			RunE: a.run(func(ctx context.Context, args []string) error {
				return a.changed(a.host.ChangeProfile(ctx, args[0], args[1:], a.readSecret), "the profile "+args[0]+" is changed")
			})},
		{Use: "rename PROFILE NAME", Short: "Give a profile another name, with its destinations", Args: cobra.ExactArgs(2),
			RunE: a.run(func(ctx context.Context, args []string) error {
				return a.changed(a.host.RenameProfile(ctx, args[0], args[1]), "the profile "+args[0]+" is called "+args[1]+" now")
			})},
		{Use: "default PROFILE", Short: "Make a profile the one that is begun with", Args: cobra.ExactArgs(1),
			RunE: a.run(func(ctx context.Context, args []string) error {
				return a.changed(a.host.MakeDefault(ctx, args[0]), "the default is "+args[0])
			})},
		a.takesAway(&cobra.Command{Use: "remove PROFILE", Short: "Take a profile out of the file, with its destinations; its keys stay", Args: cobra.ExactArgs(1)},
			func(args []string) string { return "Remove the profile " + args[0] + ", with its destinations?" },
			func(ctx context.Context, args []string) error {
				return a.changed(a.host.RemoveProfile(ctx, args[0]), "the profile "+args[0]+" is removed")
			}),
		a.group("destination", "Add a named destination to a profile, or take one away", add,
			a.takesAway(&cobra.Command{Use: "remove PROFILE NAME", Short: "Take a named destination from a profile; what the place holds stays", Args: cobra.ExactArgs(2)},
				func(args []string) string { return "Remove the destination " + args[1] + " of " + args[0] + "?" },
				func(ctx context.Context, args []string) error {
					return a.changed(a.host.RemoveDestination(ctx, args[0], args[1]), "the profile "+args[0]+" has no destination "+args[1]+" any more")
				})),
	}
}

// takesAway makes a command of one that takes something out of the configuration, and asks first.
func (a *app) takesAway(cmd *cobra.Command, question func(args []string) string, do func(context.Context, []string) error) *cobra.Command {
	yes := cmd.Flags().Bool("yes", false, "do not ask")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		err := a.confirmable("removing needs a confirmation", *yes)
		if err == nil {
			err = a.confirm(ctx, *yes, question(args), "not removed: nothing was changed")
		}
		if err != nil {
			return err
		}
		return do(ctx, args)
	})
	return cmd
}

func (a *app) changed(err error, done string) error {
	if err == nil {
		a.say("%s", done)
	}
	return err
}

const profileFields = `The fields are those of the file: service, url, token.env, token.file, token.command, environment, read_only, auth, token_url, create,
secret_prefix, parents.NAME. token=- reads the token on standard input, and keeps it in a file of its own.`

package cli

import (
	"context"

	"detent/host"

	"github.com/spf13/cobra"
)

const longHelp = `detent is a terminal UI for API keys: see every key of every service you run, create the narrowest key
that does the job, and replace a key in production without an outage and without losing a secret.

Without a command it opens the TUI on the default profile. Without any configuration it works on its own
embedded key service. KEY, in the commands below, is an id, or a name that only one key has.

Exit codes: 0 done; 1 the answer is no, or the service refused; 2 wrong usage or configuration; 130 interrupted.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "detent",
		Short:         "A terminal UI for API keys",
		Long:          longHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionText(),
		RunE:          a.run(a.openTUI),
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(a.helpCommand())
	a.flags.register(root.PersistentFlags())
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.InitDefaultHelpFlag() // else cobra takes what follows --help for its value
	_ = root.RegisterFlagCompletionFunc("profile", a.completeProfiles)
	_ = root.RegisterFlagCompletionFunc("renderer", cobra.FixedCompletions(renderers, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(
		a.listCommand(), a.showCommand(), a.permissionsCommand(), a.createCommand(), a.updateCommand(), a.publicKeyCommand(), a.deleteCommand(),
		a.verifyCommand(), a.rotateCommand(), a.rotationsCommand(), a.checkCommand(), a.auditCommand(), a.configCommand(), a.issuerCommand(), a.serveCommand(), a.sshCommand((*app).execute),
		a.versionCommand(), a.completionCommand(), a.manCommand(),
	)
	return root
}

// helpCommand is cobra's, but an unknown command is wrong usage.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, _, err := cmd.Root().Find(args)
			if err != nil {
				return host.Usage(err)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func (a *app) completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	a.begin()
	cfg, err := a.host.Config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cfg.Names(), cobra.ShellCompDirectiveNoFileComp
}

// execute runs a command line.
func (a *app) execute(ctx context.Context, args []string) error {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.world.In)
	root.SetOut(a.out)
	root.SetErr(a.world.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		// cobra itself refused the command line before a command ran.
		err = host.Usage(err)
	}
	return err
}

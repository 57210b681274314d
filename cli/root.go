package cli

import (
	"fmt"
	"slices"
	"time"

	"detent/config"
	"detent/host"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// globals are the flags that every command takes.
type globals struct {
	config   string
	profile  string
	readOnly bool
	debug    string
	noColor  bool
	timeout  time.Duration
	renderer string
	spoken   bool
	demo     bool
	demoKeys int

	set *pflag.FlagSet
}

// maxDemoKeys bounds the demo: beyond it, filling the store takes minutes.
const maxDemoKeys = 1_000_000

var renderers = []string{"cells", "standard"}

func (g *globals) register(fs *pflag.FlagSet) {
	g.set = fs
	fs.StringVar(&g.config, "config", "", "configuration file (default $XDG_CONFIG_HOME/detent/config.toml)")
	fs.StringVarP(&g.profile, "profile", "p", "", "profile to use (default: DETENT_PROFILE, else the file's default_profile, else "+config.BuiltIn()[0].Name+")")
	fs.BoolVar(&g.readOnly, "read-only", false, "refuse every write before it is sent")
	fs.StringVar(&g.debug, "debug", "", "append one redacted line a request to this file (made 0600; it must be yours alone)")
	fs.BoolVar(&g.noColor, "no-color", false, "no colour (as NO_COLOR does)")
	fs.DurationVar(&g.timeout, "timeout", 15*time.Second, "time for one operation, its retries and waits included")
	fs.StringVar(&g.renderer, "renderer", renderers[0], "how the TUI paints: cells (only what changed) or standard (Bubble Tea's own renderer)")
	fs.BoolVar(&g.spoken, "screen-reader", false, "the TUI as lines for who hears the screen: nothing is drawn, choices have numbers (as ACCESSIBLE=1 does)")
	fs.BoolVar(&g.demo, "demo", false, "a throw-away embedded service with believable keys; reads no configuration")
	fs.IntVar(&g.demoKeys, "demo-keys", 0, "with --demo: how many keys in each contract (default: a small set that shows each thing worth seeing)")
}

func (g *globals) changed(name string) bool { return g.set.Changed(name) }

// check refuses values that cannot be.
func (g *globals) check() error {
	switch {
	case g.timeout <= 0:
		return fmt.Errorf("--timeout: must be above zero, such as 15s")
	case !slices.Contains(renderers, g.renderer):
		return fmt.Errorf("--renderer: must be cells or standard")
	case g.changed("demo-keys") && (g.demoKeys < 1 || g.demoKeys > maxDemoKeys):
		return fmt.Errorf("--demo-keys: must be between 1 and %d", maxDemoKeys)
	case g.changed("demo-keys") && !g.demo:
		return fmt.Errorf("--demo-keys: works with --demo only")
	case g.demo && g.changed("config"):
		return fmt.Errorf("--demo reads no configuration: leave --config out")
	}
	for name, value := range map[string]string{"config": g.config, "profile": g.profile, "debug": g.debug} {
		if g.changed(name) && value == "" {
			return fmt.Errorf("--%s: must not be empty", name)
		}
	}
	return nil
}

// settings are the flags as a host takes them.
func (g *globals) settings() host.Settings {
	s := host.Settings{Config: g.config, Profile: g.profile, Debug: g.debug, Timeout: g.timeout, ScreenReader: g.spoken, Demo: g.demo, DemoKeys: g.demoKeys}
	if g.changed("read-only") {
		s.ReadOnly = &g.readOnly
	}
	return s
}

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
		a.verifyCommand(), a.rotateCommand(), a.rotationsCommand(), a.checkCommand(), a.auditCommand(), a.configCommand(), a.issuerCommand(), a.serveCommand(), a.sshCommand(),
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

// group is a command that only holds others: without one of them it is wrong usage.
func (a *app) group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs}
	names := make([]string, len(subs))
	for i, sub := range subs {
		names[i] = sub.Name()
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return host.Usagef("unknown command %q for %q; there are %v", args[0], cmd.CommandPath(), names)
		}
		return host.Usagef("%s: name one of %v", cmd.CommandPath(), names)
	}
	cmd.AddCommand(subs...)
	return cmd
}

// oneArg takes exactly one argument, where there are allowed ones one of them. What it is
// called stands in the error.
func oneArg(name string, allowed ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(allowed) > 0 && (len(args) != 1 || !slices.Contains(allowed, args[0])):
			return fmt.Errorf("%s: name one %s of %v", cmd.CommandPath(), name, allowed)
		case len(args) != 1:
			return fmt.Errorf("%s: name one %s", cmd.CommandPath(), name)
		}
		return nil
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

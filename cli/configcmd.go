package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/host"
	"detent/tui/ui"
)

func (a *app) configCommand() *cobra.Command {
	return a.group("config", "Where the configuration is, whether it works, and what it says", append(a.configChanges(),
		&cobra.Command{Use: "path", Short: "Print where the configuration file is, or would be", Args: cobra.NoArgs, RunE: a.run(a.configPath)},
		&cobra.Command{Use: "check", Short: "Try each profile of the file (or the one of --profile) and say what it can do there", Args: cobra.NoArgs, RunE: a.run(a.configCheck)},
		&cobra.Command{Use: "init", Short: "Write a commented configuration file; never over an existing one", Args: cobra.NoArgs, RunE: a.run(a.configInit)},
		&cobra.Command{Use: "show", Short: "Print what is configured and where it comes from; never a secret", Args: cobra.NoArgs, RunE: a.run(a.configShow)},
	)...)
}

func (a *app) configPath(context.Context, []string) error {
	path, _, err := a.env.Path(a.flags.config)
	if err != nil {
		return host.Usage(err)
	}
	_, err = fmt.Fprintln(a.out, path)
	return err
}

func (a *app) configInit(context.Context, []string) error {
	if a.flags.demo {
		return host.Usagef("--demo: the demo reads and writes no configuration")
	}
	path, _, err := a.env.Path(a.flags.config)
	if err != nil {
		return host.Usage(err)
	}
	if err := config.Init(path); err != nil {
		return host.Usage(err)
	}
	a.say("wrote a commented file: edit it, then try detent config check")
	_, err = fmt.Fprintln(a.out, path)
	return err
}

func (a *app) configShow(context.Context, []string) error {
	text, err := a.host.Described()
	if err == nil {
		_, err = io.WriteString(a.out, text)
	}
	return err
}

func (a *app) configCheck(ctx context.Context, _ []string) error {
	profiles, builtIn, err := a.host.ToTry()
	if err != nil {
		return err
	}
	failed := false
	for _, p := range profiles {
		if ctx.Err() != nil {
			return host.ErrInterrupted
		}
		fmt.Fprintf(a.out, "%s: %s, %s\n", p.Name, p.Service, p.Address())
		if err := a.tryProfile(ctx, p); err != nil {
			failed = true
			fmt.Fprintf(a.out, "  failed  %v\n", err)
			if hint := client.HintOf(err); hint != "" {
				fmt.Fprintf(a.out, "          %s\n", hint)
			}
		}
	}
	if builtIn {
		a.say("not tried: what detent's own service on this machine has; --profile local/SERVICE tries one of those")
	}
	if failed {
		return host.ErrNo
	}
	return nil
}

// tryProfile lists the keys there and prints what the profile can do.
func (a *app) tryProfile(ctx context.Context, p config.Profile) error {
	s, err := a.host.OpenProfile(ctx, p)
	if err != nil {
		return err
	}
	keys, err := client.ListAll(ctx, s.Service)
	switch {
	case client.IsKind(err, client.Forbidden) && client.Refused(err):
		fmt.Fprintf(a.out, "  works   the credential is accepted, but may not list keys: %v\n", err)
		if hint := client.HintOf(err); hint != "" {
			fmt.Fprintf(a.out, "          %s\n", hint)
		}
	case err != nil:
		return err
	default:
		fmt.Fprintf(a.out, "  works   %s\n", ui.Count(len(keys), "key"))
	}
	if s.ReadOnly {
		fmt.Fprintf(a.out, "  note    read-only: writes are refused before they are sent\n")
	}
	for _, k := range keys {
		if k.Own {
			fmt.Fprintf(a.out, "  as      %s%s\n", k.CalledWithID(), rightsOf(k, p.Name))
		}
	}
	var can []string
	for _, ability := range abilities(s.Service.Capabilities()) {
		switch {
		case !ability.OK:
			fmt.Fprintf(a.out, "  cannot  %s: %s\n", ability.name, ability.Why)
		case ability.Why != "":
			can = append(can, ability.name+" ("+ability.Why+")")
		default:
			can = append(can, ability.name)
		}
	}
	fmt.Fprintf(a.out, "  can     %s (where the credential may)\n", strings.Join(can, ", "))
	for _, of := range s.Service.Capabilities().Properties {
		fmt.Fprintf(a.out, "  set     %s\n", of.Summary())
	}
	if s.Setting.Contradicted() {
		return fmt.Errorf("environment = %q, but the token is a %s one (it begins with sk_%[2]s_): say the environment that it is of, or give the profile its own token",
			string(s.Setting.Environment), string(s.Setting.Token))
	}
	return nil
}

// few permissions stand on a line.
const few = 3

// rightsOf says what the credential itself may do, where its key shows that.
func rightsOf(k apikey.Key, profile string) string {
	switch {
	case k.Role != "":
		return ", role " + k.Role
	case len(k.Permissions) > few:
		return fmt.Sprintf(", %d permissions: detent show %s -p %s names them", len(k.Permissions), k.ID, profile)
	case len(k.Permissions) > 0:
		return ", " + apikey.FieldOf(apikey.FieldPermissions).Text(&k)
	}
	return ""
}

type namedAbility struct {
	name string
	apikey.Ability
}

// abilities are what a service can do, named as the commands are.
func abilities(c apikey.Capabilities) []namedAbility {
	return []namedAbility{
		{"list", apikey.Can()}, {"create", c.Create}, {"delete", c.Delete}, {"rename", c.Rename}, {"change the role", c.ChangeRole},
		{"disable", c.Disable}, {"public-key", c.PublicKeys}, {"give a rotation its lost secret again", c.Retrieve}, {"show the last use", c.LastUsed},
		{"set an expiry", c.Expiry}, {"restrict", c.Restrictions}, {"rotate --strategy roll", c.Roll.Ability},
	}
}

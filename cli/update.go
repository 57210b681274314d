package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
)

type updateOptions struct {
	name, role      string
	enable, disable bool
	format          string
}

func (a *app) updateCommand() *cobra.Command {
	var o updateOptions
	cmd := &cobra.Command{
		Use: "update KEY", Short: "Rename, enable or disable a key or change its role, where the service can", Args: oneArg("KEY, an id or a name"),
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "the new name")
	f.StringVar(&o.role, "role", "", "the new role")
	f.BoolVar(&o.enable, "enable", false, "switch the key on")
	f.BoolVar(&o.disable, "disable", false, "switch the key off")
	outputFlag(cmd, &o.format)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		var patch apikey.Patch
		if f.Changed("name") {
			patch.Name = &o.name
		}
		if f.Changed("role") {
			patch.Role = &o.role
		}
		if o.enable || o.disable {
			patch.Enabled = &o.enable
		}
		return a.update(ctx, args[0], patch, o)
	})
	return cmd
}

func (a *app) update(ctx context.Context, text string, patch apikey.Patch, o updateOptions) error {
	asJSON, err := wantsJSON(o.format)
	if err != nil {
		return err
	}
	if o.enable && o.disable {
		return usagef("--enable and --disable exclude each other")
	}
	if patch == (apikey.Patch{}) {
		return usagef("nothing to change: use --name, --role, --enable or --disable")
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	if s.readOnly {
		return usagef("%s is read-only: nothing is changed", s.profile.Name)
	}
	if err := checkPatch(patch, s.caps); err != nil {
		return usage(err)
	}
	k, err := s.findToChange(ctx, text, a.openRotations(s.profile.Name))
	if err != nil {
		return err
	}
	if k.Own {
		a.say("this is the key that detent itself uses here")
	}
	writing, cancel := a.lasting(ctx)
	defer cancel()
	changed, err := s.service.Update(writing, k.ID, patch)
	if err != nil {
		return fmt.Errorf("%q (%s): %w", k.Name, k.ID, err)
	}
	row := s.keyRow(changed, s.warningsOf([]apikey.Key{changed}, nil, a.world.Now()))
	if asJSON {
		return writeJSON(a.out, row)
	}
	return writeKey(a.out, row)
}

// checkPatch refuses what the service cannot change, with the service's reason.
func checkPatch(p apikey.Patch, c apikey.Capabilities) error {
	switch {
	case p.Name != nil && !c.Rename.OK:
		return fmt.Errorf("--name: %s", c.Rename.Why)
	case p.Role != nil && !c.ChangeRole.OK:
		return fmt.Errorf("--role: %s", c.ChangeRole.Why)
	case p.Enabled != nil && !c.Disable.OK:
		return fmt.Errorf("--enable, --disable: %s", c.Disable.Why)
	}
	if p.Name != nil {
		if err := checkName(*p.Name, c); err != nil {
			return err
		}
	}
	if p.Role != nil {
		return checkRole(*p.Role, c)
	}
	return nil
}

func checkName(name string, c apikey.Capabilities) error {
	switch n := len([]rune(name)); {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("--name: must not be empty")
	case c.MaxName > 0 && n > c.MaxName:
		return fmt.Errorf("--name: has %d characters, over the limit of %d", n, c.MaxName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r >= 0x7f && r <= 0x9f }):
		return fmt.Errorf("--name: has a control character")
	}
	return nil
}

func checkRole(role string, c apikey.Capabilities) error {
	var names []string
	for _, r := range c.Roles {
		if r.Name == role {
			return nil
		}
		names = append(names, r.Name)
	}
	return fmt.Errorf("--role: there is no role %q; %s", role, suggest(role, names))
}

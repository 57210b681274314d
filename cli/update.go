package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
	"detent/host"
)

type updateOptions struct {
	name, role      string
	set             []string
	enable, disable bool
	format          string
}

func (a *app) updateCommand() *cobra.Command {
	var o updateOptions
	var patch apikey.Patch
	cmd := &cobra.Command{
		Use: "update KEY", Short: "Rename, enable or disable a key, change its role, its end, a limit or another property, where the service can", Args: oneArg("KEY, an id or a name"),
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "the new name")
	f.StringVar(&o.role, "role", "", "the new role")
	f.BoolVar(&o.enable, "enable", false, "switch the key on")
	f.BoolVar(&o.disable, "disable", false, "switch the key off")
	f.Func("expires", "when it ends from now on: 30d, a date or never", func(text string) error {
		expiry, err := apikey.ParseExpiry(text, a.world.Now(), a.world.Zone)
		patch.Expiry = &expiry
		return err
	})
	f.StringArrayVar(&o.set, "set", nil, setUsage)
	outputFlag(cmd, &o.format)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
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
		return host.Usagef("--enable and --disable exclude each other")
	}
	if patch.IsZero() && len(o.set) == 0 {
		return host.Usagef("nothing to change: use --name, --role, --enable, --disable, --expires or --set")
	}
	s, err := a.host.Open(ctx)
	if err != nil {
		return err
	}
	if patch.Properties, err = s.ParseProperties(ctx, o.set, nil, a.world.Zone); err != nil {
		if k, bad := s.FindToChange(ctx, text, a.host.OpenRotations(s.Profile.Name)); bad == nil { // it may have such a word
			patch.Properties, err = s.ParseProperties(ctx, o.set, k.Extra, a.world.Zone)
		}
	}
	if err != nil {
		return host.Usagef("--set: %v", err)
	}
	order := desk.Order{What: desk.Update, Patch: patch, Note: a.note}
	if err := a.may(ctx, s, order, text); err != nil {
		return err
	}
	err = withFlag(desk.Check(order, s.Caps))
	if err != nil && patch.Role != nil && s.AskCatalogue(ctx, time.Minute) == nil { // the service may know the role
		s.Caps = s.Offered()
		err = withFlag(desk.Check(order, s.Caps))
	}
	if err != nil {
		return host.Usage(err)
	}
	if order.Key, err = s.FindToChange(ctx, text, a.host.OpenRotations(s.Profile.Name)); err != nil {
		return err
	}
	k := order.Key
	if k.Own && (patch.Role != nil && *patch.Role != k.Role || patch.Enabled != nil && !*patch.Enabled) {
		if err := a.warnOwnKey(); err != nil {
			return err
		}
		if err := a.askName(ctx, k, "change it", "changed"); err != nil {
			return err
		}
	}
	out, err := s.Desk.Do(ctx, order)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Quoted(), err)
	}
	return a.printKey(s, a.rowOf(s, out.Key), asJSON)
}

// flagOf are the flags that ask for a field.
var flagOf = map[string]string{"enabled": "--enable, --disable", "restrictions": "--allow-ip, --allow-referrer, --allow-endpoint"}

// withFlag says by its flag what the service cannot take.
func withFlag(err *desk.FieldError) error {
	switch {
	case err == nil:
		return nil
	case err.Field == "":
		return err
	}
	flag, ok := flagOf[err.Field]
	if !ok {
		flag = "--" + err.Field
	}
	why := err.Why
	if err.Choices != nil {
		why += "; " + apikey.Suggest(err.Given, err.Choices)
	}
	return fmt.Errorf("%s: %s", flag, why)
}

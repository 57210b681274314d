package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
	"detent/host"
)

type createOptions struct {
	name, expires, role, environment, kind  string
	permissions, ips, referrers, endpoints  []string
	deliver, set                            []string
	consents                                consents
	format                                  string
	expiresGiven, roleGiven, environmentSet bool
	properties                              map[string]json.RawMessage // what is set
}

func (a *app) createCommand() *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use: "create --name N", Short: "Create a key and print its secret, once", Args: cobra.NoArgs,
		Long: `Create a key. The secret alone goes to standard output, once; with -o json it is the field "secret"; with
--deliver it is not printed. A service's own words for what a key may do are listed by permissions, and by the TUI's form (n).`,
		Example: `  detent create --name payments-api --permission getRules --expires 30d
  detent create --name ci --role executor -o json
  detent create --name shop --environment test --deliver env-file:/srv/shop/.env:API_KEY`,
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "the key's name (required)")
	f.StringVar(&o.expires, "expires", "", "30d, 12h, 3600s (from now), a date (the end of that day, local zone) or never (the default)")
	f.StringArrayVar(&o.permissions, "permission", nil, "a permission: getRules or AccessRules.getRules; may be repeated")
	f.StringVar(&o.role, "role", "", "the key's role")
	f.StringVar(&o.kind, "type", "", "the key's type, where there are several (default: the service's own)")
	f.StringVar(&o.environment, "environment", "", "live or test")
	f.StringArrayVar(&o.ips, "allow-ip", nil, "an address or CIDR that may use the key; may be repeated")
	f.StringArrayVar(&o.referrers, "allow-referrer", nil, "a referrer's origin, optionally with /*; may be repeated")
	f.StringArrayVar(&o.endpoints, "allow-endpoint", nil, "a path prefix the key may call; may be repeated")
	f.StringArrayVar(&o.deliver, "deliver", nil, "where the secret goes instead of standard output: "+deliverUsage)
	f.StringArrayVar(&o.set, "set", nil, setUsage)
	o.consents.register(f)
	o.consents.registerReplace(f)
	outputFlag(cmd, &o.format)
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		o.expiresGiven, o.roleGiven, o.environmentSet = f.Changed("expires"), f.Changed("role"), f.Changed("environment")
		return a.create(ctx, o)
	})
	return cmd
}

func (a *app) create(ctx context.Context, o createOptions) error {
	s, asJSON, err := a.openFor(ctx, o.format)
	if err != nil {
		return err
	}
	if err := a.may(ctx, s, desk.Order{What: desk.Create}, ""); err != nil {
		return err
	}
	order := desk.Order{What: desk.Create, Before: s.Desk.Before(ctx), Note: a.note}
	if o.properties, err = s.ParseProperties(ctx, o.set, nil, a.world.Zone); err != nil {
		return host.Usagef("--set: %v", err)
	}
	order.Draft, err = a.draft(o, s, order.Before)
	if err != nil && o.unknownTo(s.Caps) && s.AskCatalogue(ctx, time.Minute) == nil { // the service may know it
		s.Caps = s.Offered()
		order.Draft, err = a.draft(o, s, order.Before)
	}
	if err != nil {
		return host.Usage(err)
	}
	if err := a.deliverTo(ctx, s, &order, o.deliver, &o.consents); err != nil {
		return err
	}
	a.warnOf(order.Draft, s.Caps)
	if !o.expiresGiven && s.Caps.Expiry.OK {
		a.say("--expires is left out: %s", cmp.Or(s.Caps.Expiry.Why, "the key never expires; the screens begin with "+apikey.SpanWords(s.Caps.Lifetimes.Suggested())))
	}
	if !asJSON {
		a.advise(s.Caps.Advice.Making())
	}
	order.WarnOfDuplicate() // its list also teaches the client how this account spells a feature
	if ctx.Err() != nil {
		return host.ErrInterrupted
	}
	out, err := s.Desk.Do(ctx, order)
	if out.Created.Secret.IsZero() {
		return err
	}
	secret := out.Created.Secret
	if len(order.Places) > 0 {
		secret = apikey.Secret{}
	}
	return errors.Join(a.printCreated(ctx, s, order, out, secret, asJSON), err)
}

// printCreated prints the new key, and its secret where it went nowhere else. A secret that reached nobody would leave a key
// that nobody can use: then the key is deleted again.
func (a *app) printCreated(ctx context.Context, s *host.Session, order desk.Order, out desk.Outcome, secret apikey.Secret, asJSON bool) error {
	k := out.Created.Key
	of := desk.Entry{Profile: s.Profile.Name, Service: s.Profile.Service, KeyID: k.ID, KeyName: k.Name}
	var err error
	switch {
	case asJSON:
		err = a.printCreatedJSON(of, a.rowOf(s, k), secret)
	case !secret.IsZero():
		if err = a.printSecret(of, secret); err == nil {
			a.say("this is the only time the secret is shown")
		}
	}
	if err == nil && !asJSON {
		a.advise(s.Caps.Advice.Leaving())
	}
	if err != nil && !secret.IsZero() {
		return s.Desk.Discard(ctx, order, out, fmt.Errorf("the secret could not be written: %w", err))
	}
	return err
}

// draft is what the flags ask for. What the service cannot take is refused with its reason.
func (a *app) draft(o createOptions, s *host.Session, before desk.Before) (apikey.Draft, error) {
	c := s.Caps
	d := apikey.Draft{Name: o.name, Type: o.kind, Role: o.role, Environment: apikey.Environment(o.environment), Extra: o.properties,
		Restrictions: apikey.Restrictions{IPAddresses: canonical(o.ips, apikey.CleanIP), Referrers: canonical(o.referrers, apikey.CleanReferrer), Endpoints: o.endpoints}}
	if o.expiresGiven {
		expiry, err := apikey.ParseExpiry(o.expires, a.world.Now(), a.world.Zone)
		if err != nil {
			return d, fmt.Errorf("--expires: %w", err)
		}
		d.Expiry = expiry
	}
	var err error
	if d.Permissions, err = permissionsOf(o.permissions, s.Caps, before); err != nil {
		return d, err
	}
	if len(c.Roles) > 0 && !o.roleGiven {
		return d, fmt.Errorf("--role is needed: %s", apikey.Alternatives(roleNames(c)))
	}
	if d.Environment, err = environmentFor(o, s); err != nil {
		return d, err
	}
	return d, withFlag(desk.Check(desk.Order{What: desk.Create, Draft: d}, c))
}

const deliverUsage = "env-file:PATH:VARIABLE, file:PATH, command:CMDLINE, clipboard, or a name of the profile; may be repeated"

const setUsage = "a limit or another property of the service's own: NAME=VALUE, several words with commas between, one with a comma in double quotes, or NAME=none; may be repeated"

// canonical is each text in the form that it is sent in; what has none is left to the check.
func canonical(texts []string, parse func(string) (string, error)) []string {
	out := slices.Clone(texts)
	for i, text := range texts {
		if form, err := parse(text); err == nil {
			out[i] = form
		}
	}
	return out
}

// environmentFor is where the new key works: the flag's, else the profile's, where the
// service knows such a thing.
func environmentFor(o createOptions, s *host.Session) (apikey.Environment, error) {
	known := s.Caps.Environments
	asked := apikey.Environment(o.environment)
	names := make([]string, len(known))
	for i, e := range known {
		names[i] = string(e)
	}
	switch {
	case len(known) == 0 && o.environmentSet:
		return "", errors.New("--environment: keys of this service have no environment")
	case len(known) == 0:
		return "", nil
	case o.environmentSet && !slices.Contains(known, asked):
		return "", fmt.Errorf("--environment: must be %s here", apikey.Alternatives(names))
	case o.environmentSet:
		return asked, nil
	case slices.Contains(known, s.Profile.Environment):
		return s.Profile.Environment, nil
	case s.Profile.Embedded && slices.Contains(known, apikey.Live):
		return apikey.Live, nil
	case len(known) == 1:
		return known[0], nil
	}
	return "", fmt.Errorf("--environment is needed: %s", apikey.Alternatives(names))
}

func permissionsOf(texts []string, c apikey.Capabilities, before desk.Before) ([]apikey.Permission, error) {
	if len(c.PermissionGroups) == 0 {
		if c.FreePermissions {
			return apikey.ParsePermissions(texts), nil
		}
		if len(texts) > 0 {
			return nil, errors.New("--permission: keys of this service have no permissions")
		}
		return nil, nil
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("--permission is needed, at least once: for example %s", c.PermissionGroups[0].Permissions[0].Permission)
	}
	var out []apikey.Permission
	for _, text := range texts {
		info, ok := c.FindPermission(text)
		if !ok {
			if info.Permission, ok = before.Permission(text); !ok {
				info.Permission = apikey.ParsePermission(text)
				ok = slices.Contains(c.MorePermissions, info.Permission.Name)
			}
			if !ok {
				return nil, fmt.Errorf("--permission: %w", apikey.UnknownPermission(text, c))
			}
		}
		if !slices.Contains(out, info.Permission) {
			out = append(out, info.Permission)
		}
	}
	return out, nil
}

// warnOf says which rights deserve a second thought.
func (a *app) warnOf(d apikey.Draft, c apikey.Capabilities) {
	for _, p := range d.Permissions {
		switch info, _ := c.FindPermission(p.String()); info.Risk {
		case apikey.CanMint:
			a.say("%s lets the key make, change or delete keys", p)
		case apikey.NoEffect:
			a.say("%s does nothing today", p)
		}
	}
	for _, r := range c.Roles {
		if r.Name == d.Role && r.Risk == apikey.CanMint {
			a.say("the role %s lets the key make, change or delete keys", r.Name)
		}
	}
}

// unknownTo reports whether a permission, a role or an environment is asked for that is not offered.
func (o createOptions) unknownTo(c apikey.Capabilities) bool {
	return slices.ContainsFunc(o.permissions, func(text string) bool { _, ok := c.FindPermission(text); return !ok }) ||
		o.roleGiven && !slices.Contains(roleNames(c), o.role) || o.environmentSet && !slices.Contains(c.Environments, apikey.Environment(o.environment))
}

func roleNames(c apikey.Capabilities) []string {
	names := make([]string, len(c.Roles))
	for i, r := range c.Roles {
		names[i] = r.Name
	}
	return names
}

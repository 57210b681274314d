package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/config"
	"detent/rotation"
)

type rotateOptions struct {
	resume, abort         string
	compromised, oldFirst bool
	deliver               []string
	drain, soak           string
	drainGiven, soakGiven bool
	acceptUnknown         string
	yes                   bool
	consents              consents
	format                string
	given                 func(flag string) bool
}

func (a *app) rotateCommand() *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use: "rotate KEY | --resume ID | --abort ID", Short: "Replace a key without an outage, one proven step at a time",
		Long: `Replace a key: create a new one with the same access, deliver it, verify it, wait until the old one is quiet,
disable it where the service can, and delete it. A journal is written before and after every call that changes
anything, so a rotation that was cut off goes on with --resume, or back with --abort.`,
		Example: `  detent rotate payments-api --deliver env-file:/srv/payments/.env:API_KEY
  detent rotate payments-api --deliver payments --drain 0s --soak 0s --yes
  detent rotate --resume r7k2mq4xzp`,
		Args: cobra.MaximumNArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.resume, "resume", "", "go on with an open rotation")
	f.StringVar(&o.abort, "abort", "", "undo an open rotation")
	f.BoolVar(&o.compromised, "compromised", false, "the key leaked: no drain and no soak, delete it as soon as the new one works")
	f.BoolVar(&o.oldFirst, "old-first", false, "with --compromised: disable or delete the old key before anything else")
	f.StringArrayVar(&o.deliver, "deliver", nil, "where the new secret goes: env-file:PATH:VARIABLE, file:PATH, command:CMDLINE, clipboard, or a name of the profile; may be repeated")
	f.StringVar(&o.drain, "drain", "15m", "how long the old key must be quiet; given, it is your word that this is enough")
	f.StringVar(&o.soak, "soak", "10m", "how long the old key is disabled before it is deleted; given, it is your word that this is enough")
	f.StringVar(&o.acceptUnknown, "accept-unknown", "", "accept access that the service has but does not report, for this reason")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	o.consents.register(f)
	outputFlag(cmd, &o.format)
	cmd.MarkFlagsMutuallyExclusive("resume", "abort")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		o.drainGiven, o.soakGiven, o.given = f.Changed("drain"), f.Changed("soak"), f.Changed
		return a.rotate(ctx, args, o)
	})
	return cmd
}

// check refuses what does not go together, before anything is opened.
func (o rotateOptions) check(args []string) error {
	// A shell's variable that is not set leaves them empty: what was meant is no new rotation, and no reason.
	for _, f := range []struct{ flag, text string }{{"resume", o.resume}, {"abort", o.abort}, {"accept-unknown", o.acceptUnknown}} {
		if o.given(f.flag) && strings.TrimSpace(f.text) == "" {
			return fmt.Errorf("--%s: must not be empty", f.flag)
		}
	}
	open := o.resume != "" || o.abort != ""
	switch {
	case open && len(args) > 0:
		return fmt.Errorf("--resume and --abort take the rotation's id alone")
	case !open && len(args) == 0:
		return fmt.Errorf("name a KEY, or an open rotation with --resume or --abort")
	case open && (o.compromised || o.oldFirst || len(o.deliver) > 0):
		return fmt.Errorf("--compromised, --old-first and --deliver are settled when a rotation begins")
	case o.abort != "" && (o.drainGiven || o.soakGiven || o.acceptUnknown != ""):
		return fmt.Errorf("--abort takes no --drain, --soak or --accept-unknown")
	case o.oldFirst && !o.compromised:
		return fmt.Errorf("--old-first goes with --compromised")
	}
	return nil
}

func (a *app) rotate(ctx context.Context, args []string, o rotateOptions) error {
	asJSON, err := wantsJSON(o.format)
	if err != nil {
		return err
	}
	if err := o.check(args); err != nil {
		return usage(err)
	}
	drain, err := waitFlag("--drain", o.drain, o.drainGiven)
	if err != nil {
		return usage(err)
	}
	soak, err := waitFlag("--soak", o.soak, o.soakGiven)
	if err != nil {
		return usage(err)
	}
	if o.compromised && (drain != nil && *drain > 0 || soak != nil && *soak > 0) {
		return usagef("--compromised goes without drain and soak: leave --drain and --soak out, or 0")
	}
	// An undo is asked for by the rotation's id and goes to where the application still works: nobody need be there.
	yes := o.yes || o.abort != "" && !a.interactive()
	asked := len(args) == 0
	for {
		var s *session
		var r *rotation.Rotation
		if len(args) > 0 {
			s, r, err = a.beginRotation(ctx, args[0], o, drain, soak)
		} else {
			s, r, err = a.reopenRotation(ctx, o.resume+o.abort, rotation.ResumeOptions{Drain: drain, Soak: soak, AcceptUnknown: o.acceptUnknown})
		}
		if err != nil {
			return err
		}
		if !yes && !a.interactive() {
			r.Close()
			return usagef("rotating needs confirmations, and there is no terminal to ask on: use --yes; nothing was changed")
		}
		runner := &rotationRun{a: a, r: recordedRotation{r, a.auditor()}, yes: yes, asked: asked}
		switch {
		case o.abort != "":
			err = runner.abort(ctx)
		case o.resume != "":
			err = runner.takeUp(ctx, s.profile)
		default:
			err = runner.goOn(ctx)
		}
		refused := runner.refused(err)
		// The state is printed whatever the end: it says what is certain. One that was
		// refused before it began has none.
		if asJSON && !refused {
			if printErr := writeJSON(a.out, rotationJSON(r.View(), s.profile)); printErr != nil {
				err = errors.Join(err, printErr)
			}
		}
		r.Close()
		if !refused {
			return err
		}
		if asked, err = a.consent(ctx, err, &o.consents, !o.yes); !asked {
			return err
		}
	}
}

// waitFlag reads a wait; nil where it was not given, since a wait that is given is the operator's word.
func waitFlag(name, text string, given bool) (*time.Duration, error) {
	if !given {
		return nil, nil
	}
	if trimmed := strings.TrimRight(text, "smhdw"); trimmed != "" && strings.Trim(trimmed, "0") == "" {
		return new(time.Duration), nil
	}
	d, err := apikey.ParseSpan(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &d, nil
}

// beginRotation opens the profile, finds the key and its destinations, and takes the key's lock.
func (a *app) beginRotation(ctx context.Context, name string, o rotateOptions, drain, soak *time.Duration) (*session, *rotation.Rotation, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.readOnly {
		return nil, nil, usagef("%s is read-only: nothing is rotated", s.profile.Name)
	}
	given, err := a.destinations(s.profile, o.deliver)
	if err != nil {
		return nil, nil, usage(err)
	}
	k, err := s.find(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if k.Type == apikey.PublicKey {
		return nil, nil, fmt.Errorf("%s is a public key and is not rotated: the request returns the same value while it is valid; nothing was changed", k.Name)
	}
	places := given
	if len(places) == 0 {
		var names []string
		for _, d := range suggested(s.profile, k.Name) {
			names = append(names, d.Name)
		}
		if places, err = a.destinations(s.profile, names); err != nil {
			return nil, nil, usage(err)
		}
	}
	if own := a.credential(s); len(places) == 0 && k.Own && own != nil && own.CanSwitch() {
		return nil, nil, usagef("%s is what detent itself reads from %s: name that with --deliver file:%s, or where else it is read; nothing was changed", k.Name, own.Describe(), s.profile.Token.File)
	}
	if len(places) == 0 {
		return nil, nil, usagef("where does the application read %s? Name a place with --deliver, or a destination of the profile whose keys match; nothing was changed", k.Name)
	}
	world, err := a.rotationWorld(s)
	if err != nil {
		return nil, nil, err
	}
	mode := rotation.Planned
	if o.compromised {
		mode = rotation.Compromised
	}
	if k.Environment == "" {
		k.Environment = s.profile.Environment
	}
	r, err := rotation.Start(rotation.Params{World: world, Key: k, Destinations: places, Mode: mode, OldFirst: o.oldFirst,
		Drain: drain, Soak: soak, AcceptUnknown: o.acceptUnknown, AllowMixed: o.consents.mixed, AllowTracked: o.consents.tracked})
	return s, r, err
}

// reopenRotation opens a rotation of the journal on the profile that it belongs to.
func (a *app) reopenRotation(ctx context.Context, id string, o rotation.ResumeOptions) (*session, *rotation.Rotation, error) {
	dir, err := a.journalDir()
	if err != nil {
		return nil, nil, err
	}
	v, err := rotation.Find(dir, id)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	p, ok := cfg.Lookup(v.Profile)
	if !ok {
		return nil, nil, usagef("the rotation %s belongs to the profile %q, which the configuration does not have", id, v.Profile)
	}
	s, err := a.openProfile(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if s.readOnly {
		return nil, nil, usagef("%s is read-only: nothing is rotated", p.Name)
	}
	world, err := a.rotationWorld(s)
	if err != nil {
		return nil, nil, err
	}
	r, err := rotation.Resume(world, v.ID, o)
	return s, r, err
}

// suggested are the profile's destinations whose keys match the name.
func suggested(p config.Profile, name string) []config.Deliver {
	var out []config.Deliver
	for _, d := range p.Deliver {
		for _, glob := range d.Keys {
			if ok, err := path.Match(glob, name); ok && err == nil {
				out = append(out, d)
				break
			}
		}
	}
	return out
}

// rotationWorld is what a rotation on this session needs of the world.
func (a *app) rotationWorld(s *session) (rotation.World, error) {
	dir, err := a.journalDir()
	if err != nil {
		return rotation.World{}, err
	}
	w := rotation.World{Dir: dir, Operator: a.actor.Name, Profile: s.profile.Name, Service: s.service, Timeout: a.flags.timeout, Manages: s.profile.Embedded,
		Resolve: func(spec string) (place, error) { return a.destination(s.profile, spec) },
		Now:     a.world.Now, Sleep: a.world.Sleep, Hook: a.world.Hook}
	if c := a.credential(s); c != nil {
		w.Switcher = c
	}
	return w, nil
}

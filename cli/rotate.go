package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/rotation"
	"detent/table"
)

type rotateOptions struct {
	resume, abort, close  string
	compromised, oldFirst bool
	deliver               []string
	drain, soak           string
	drainGiven, soakGiven bool
	acceptUnknown         string
	acceptLacks           string
	notMine, reason       string
	without, undone       []string
	strategy, overlap     string
	length                *time.Duration // of the overlap, where it was given
	outage                bool
	replace, revive, plan bool
	all                   string
	wave                  int
	yes                   bool
	consents              consents
	format                string
	given                 func(flag string) bool
}

func (a *app) rotateCommand() *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use: "rotate KEY | --all FILTER | --resume ID | --abort ID | --close ID", Short: "Replace a key without an outage, one proven step at a time",
		Long: `Replace a key: create a new one with the same access, deliver it, verify it, wait until the old one is quiet,
disable it where the service can, and delete it. A journal is written before and after every call that changes
anything, so a rotation that was cut off goes on with --resume, or back with --abort; --close ends it as it stands.
--plan says what would be sent and written, and changes nothing.

--all rotates every key that a FILTER means, each to the destinations of the profile whose keys match. Each has a journal of its
own. First the preflight of all: where one of them cannot be rotated, none is begun. Then one after another; the first that
stops keeps what has not begun from beginning, and what is under way goes on to its end. A plain word of a filter is also a part of
a name: status:old is the state alone.`,
		Example: `  detent rotate payments-api --deliver env-file:/srv/payments/.env:API_KEY
  detent rotate payments-api --deliver payments --drain 0s --soak 0s --yes
  detent rotate payments-api --deliver payments --plan
  detent rotate --all 'status:old !ci' --wave 5 --plan
  detent rotate --resume r7k2mq4xzp`,
		Args: cobra.MaximumNArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.resume, "resume", "", "go on with an open rotation")
	f.StringVar(&o.abort, "abort", "", "undo an open rotation")
	f.BoolVar(&o.compromised, "compromised", false, "the key leaked: no drain and no soak, delete it as soon as the new one works")
	f.BoolVar(&o.oldFirst, "old-first", false, "with --compromised: disable or delete the old key before anything else")
	f.StringArrayVar(&o.deliver, "deliver", nil, "where the new secret goes: "+deliverUsage)
	f.StringVar(&o.drain, "drain", "15m", "how long the old key must be quiet; given, it is your word that this is enough")
	f.StringVar(&o.soak, "soak", "10m", "how long the old key is disabled before it is deleted; given, it is your word that this is enough")
	f.StringVar(&o.acceptUnknown, "accept-unknown", "", "accept what cannot be seen, for this reason: access that is not reported, a place that nobody can read, a service that refuses no made-up secret")
	f.StringVar(&o.acceptLacks, "accept-lacks", "", "create the new key without the access or the lifetime of the old one that cannot be asked for, for this reason")
	f.StringVar(&o.close, "close", "", "end an open rotation as it stands: changes nothing, says what is left where; takes --reason")
	f.BoolVar(&o.plan, "plan", false, "say the exact calls and writes, in order, what each will prove and what can be undone; changes nothing")
	f.StringVar(&o.strategy, "strategy", "", "how: create (create and delete), roll (a new secret for the same key, with an overlap), dashboard (you create the key there) or roll-at-once (the former secret dies with the call); default: create where the service can, else dashboard; never a roll")
	f.StringVar(&o.overlap, "overlap", "24h", "with --strategy roll: how long the former secret lives on, if nothing ends it before; 0 is roll-at-once")
	f.BoolVar(&o.outage, "outage", false, "with roll-at-once: the application may have a dead secret until the new one is delivered")
	f.BoolVar(&o.replace, "replace", false, "a destination may hold something else than the old key's secret; it is kept, and an undo puts it back")
	f.BoolVar(&o.revive, "revive", false, "an expired or disabled key may come alive by its replacement")
	f.StringVar(&o.notMine, "not-mine", "", "another key of this name that carries a rotation's mark is no rival, for this reason")
	f.StringArrayVar(&o.without, "without", nil, "with --resume: leave a destination out that is gone for good; takes --reason; may be repeated")
	f.StringArrayVar(&o.undone, "undone", nil, "with --abort: vouch for a destination that detent cannot put back or read; takes --reason; may be repeated")
	f.StringVar(&o.reason, "reason", "", "why, for --close, --without and --undone")
	f.StringVar(&o.all, "all", "", "rotate every key that this FILTER means (detent list FILTER shows them), one after another")
	f.IntVar(&o.wave, "wave", 1, "with --all: how many may be under way at once; one acts at a time, the others wait in their drain or soak")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	o.consents.register(f)
	outputFlag(cmd, &o.format)
	cmd.MarkFlagsMutuallyExclusive("resume", "abort", "close", "all")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		o.drainGiven, o.soakGiven, o.given = f.Changed("drain"), f.Changed("soak"), f.Changed
		return a.rotate(ctx, args, o)
	})
	return cmd
}

// check refuses what does not go together, before anything is opened.
func (o rotateOptions) check(args []string) error {
	// A shell's variable that is not set leaves them empty: what was meant is no new rotation, and no reason.
	for _, f := range []struct{ flag, text string }{{"resume", o.resume}, {"abort", o.abort}, {"close", o.close}, {"accept-unknown", o.acceptUnknown}, {"accept-lacks", o.acceptLacks}, {"not-mine", o.notMine}, {"reason", o.reason}, {"all", o.all}} {
		if o.given(f.flag) && strings.TrimSpace(f.text) == "" {
			return fmt.Errorf("--%s: must not be empty", f.flag)
		}
	}
	open := o.resume != "" || o.abort != "" || o.close != ""
	begins := o.compromised || o.oldFirst || len(o.deliver) > 0 || o.replace || o.revive || o.acceptLacks != "" || o.strategy != "" || o.plan
	switch {
	case o.strategy != "" && !slices.Contains(rotation.StrategyIDs(), o.strategy):
		return fmt.Errorf("--strategy: there is no %.40q; use one of %s", o.strategy, strings.Join(rotation.StrategyIDs(), ", "))
	case o.given("overlap") && o.strategy != "roll":
		return fmt.Errorf("--overlap goes with --strategy roll")
	case o.all != "" && (len(args) > 0 || len(o.deliver) > 0):
		return fmt.Errorf("--all takes its keys by the FILTER, and their places from the profile: name neither a KEY nor --deliver")
	case o.given("wave") && (o.all == "" || o.wave < 1):
		return fmt.Errorf("--wave: goes with --all, and is at least 1")
	case open && len(args) > 0:
		return fmt.Errorf("--resume, --abort and --close take the rotation's id alone")
	case !open && len(args) == 0 && o.all == "":
		return fmt.Errorf("name a KEY, keys with --all, or an open rotation with --resume, --abort or --close")
	case open && begins:
		return fmt.Errorf("--compromised, --old-first, --deliver, --replace, --revive, --accept-lacks, --strategy and --plan are settled when a rotation begins")
	case o.abort != "" && (o.drainGiven || o.soakGiven || o.notMine != ""):
		return fmt.Errorf("--abort takes no --drain, --soak or --not-mine")
	case o.close != "" && (o.drainGiven || o.soakGiven || o.acceptUnknown != "" || o.notMine != ""):
		return fmt.Errorf("--close takes --reason alone")
	case len(o.without) > 0 && o.resume == "":
		return fmt.Errorf("--without goes with --resume")
	case len(o.undone) > 0 && o.abort == "":
		return fmt.Errorf("--undone goes with --abort")
	case o.reason == "" && (o.close != "" || len(o.without)+len(o.undone) > 0):
		return fmt.Errorf("--close, --without and --undone need --reason: it is recorded")
	case o.reason != "" && o.close == "" && len(o.without)+len(o.undone) == 0:
		return fmt.Errorf("--reason goes with --close, --without or --undone")
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
		return host.Usage(err)
	}
	drain, err := waitFlag("--drain", o.drain, o.drainGiven)
	if err != nil {
		return host.Usage(err)
	}
	soak, err := waitFlag("--soak", o.soak, o.soakGiven)
	if err != nil {
		return host.Usage(err)
	}
	if o.compromised && (drain != nil && *drain > 0 || soak != nil && *soak > 0) {
		return host.Usagef("--compromised goes without drain and soak: leave --drain and --soak out, or 0")
	}
	if o.length, err = waitFlag("--overlap", o.overlap, o.given("overlap")); err == nil && o.length != nil && *o.length == 0 {
		o.strategy = rotation.RollAtOnce.ID
	}
	if o.outage && o.strategy != rotation.RollAtOnce.ID {
		return host.Usagef("--outage goes with --strategy roll-at-once, or an --overlap of 0")
	}
	if err != nil {
		return host.Usage(err)
	}
	if o.close != "" {
		return a.closeRotation(ctx, o, asJSON)
	}
	if o.all != "" {
		return a.rotateAll(ctx, o, a.params(o, drain, soak), asJSON)
	}
	// An undo is asked for by the rotation's id and goes to where the application still works: nobody need be there.
	yes := o.yes || o.abort != "" && !a.interactive()
	var s *host.Session
	var r *rotation.Rotation
	if len(args) > 0 {
		s, r, err = a.beginRotation(ctx, args[0], o, drain, soak)
	} else {
		s, r, err = a.reopenRotation(ctx, o.resume+o.abort, o, rotation.ResumeOptions{Drain: drain, Soak: soak, AcceptUnknown: o.acceptUnknown,
			NotMine: o.notMine, Without: o.without, Undone: o.undone, Reason: o.reason})
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if err := a.confirmable("rotating needs confirmations", yes || o.plan); err != nil {
		return err
	}
	if o.plan {
		return a.printPlan(ctx, s, r, asJSON)
	}
	runner := &rotationRun{a: a, r: a.host.Ledger().Rotation(r), pause: a.host.Pause, yes: yes, asked: len(args) == 0}
	switch {
	case o.abort != "":
		err = runner.abort(ctx)
	case o.resume != "":
		err = runner.resume(ctx, s.Profile)
	default:
		err = runner.run(ctx)
	}
	// The state is printed whatever the end: it says what is certain. One that was
	// refused before it began has none.
	if asJSON && !runner.refused(err) {
		if printErr := table.JSON(a.out, rotationJSON(r.View(), s.Profile)); printErr != nil {
			err = errors.Join(err, printErr)
		}
	}
	return err
}

// closeRotation ends an open rotation by its journal alone: its profile and its places may be gone for good.
func (a *app) closeRotation(ctx context.Context, o rotateOptions, asJSON bool) error {
	v, err := a.host.CloseRotation(ctx, o.close, o.reason)
	if err != nil {
		return refusedUse(v.Profile, err)
	}
	if asJSON {
		return table.JSON(a.out, rotationJSON(v, config.Profile{Name: v.Profile, Service: v.Service}))
	}
	a.say("the rotation %s of %s is closed as it stands: the close itself changed nothing", v.ID, v.Old.Called())
	for _, line := range v.Left {
		a.say("  %s", line)
	}
	return nil
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
func (a *app) beginRotation(ctx context.Context, name string, o rotateOptions, drain, soak *time.Duration) (*host.Session, *rotation.Rotation, error) {
	s, err := a.host.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := a.may(ctx, s, desk.Order{What: desk.Rotate}, name); err != nil {
		return nil, nil, err
	}
	given, err := a.host.Destinations(s.Profile, o.deliver)
	if err != nil {
		return nil, nil, host.Usage(err)
	}
	find := s.Find
	if o.revive {
		find = s.FindToRevive
	}
	k, err := find(ctx, name, a.host.OpenRotations(s.Profile.Name))
	if err != nil {
		return nil, nil, err
	}
	r, err := a.host.StartRotation(s, k, given, a.params(o, drain, soak))
	return s, r, err
}

// params are what the flags say of a rotation.
func (a *app) params(o rotateOptions, drain, soak *time.Duration) rotation.Params {
	p := rotation.Params{Mode: rotation.Planned, OldFirst: o.oldFirst, Drain: drain, Soak: soak, AcceptUnknown: o.acceptUnknown, AcceptLacks: o.acceptLacks, AllowMixed: o.consents.mixed,
		AllowTracked: o.consents.tracked, Replace: o.replace, Revive: o.revive, NotMine: o.notMine, Strategy: o.strategy, Overlap: o.length, PlanOnly: o.plan}
	if o.outage {
		p.Outage = "--outage"
	}
	if o.compromised {
		p.Mode = rotation.Compromised
	}
	p.Headless = o.yes || !a.interactive()
	return p
}

// reopenRotation opens a rotation of the journal on the profile that it belongs to.
func (a *app) reopenRotation(ctx context.Context, id string, how rotateOptions, o rotation.ResumeOptions) (*host.Session, *rotation.Rotation, error) {
	v, err := a.host.Rotation(id)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := a.host.Config()
	if err != nil {
		return nil, nil, err
	}
	p, ok := cfg.Lookup(v.Profile)
	if !ok {
		return nil, nil, host.Usagef("the rotation %s belongs to the profile %q, which the configuration does not have", id, v.Profile)
	}
	s, err := a.host.OpenProfile(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if err := a.may(ctx, s, desk.Order{What: desk.Rotate, Key: v.Old}, ""); err != nil {
		return nil, nil, err
	}
	world, err := a.host.World(s)
	if err != nil {
		return nil, nil, err
	}
	world.Headless = how.yes || !a.interactive()
	r, err := rotation.Resume(world, v.ID, o)
	return s, r, err
}

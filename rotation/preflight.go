package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
)

// maxSkew is the difference to the service's clock that is worth saying.
const maxSkew = time.Minute

// preflight finds out, before anything exists, whether every later step can work. Only then is
// there a journal; a refusal leaves nothing behind.
func (r *Rotation) preflight(ctx context.Context) (Result, error) { return r.lookAhead(ctx, r.begin) }

// Rehearse finds out all that the preflight finds out, and begins nothing: there is no journal after it, and Do looks again. Whoever has
// several keys to rotate knows by it that each of them can be, before the first is begun. A question is answered as one of Do is.
func (r *Rotation) Rehearse(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		if r.j.State != Open || r.j.Step != Preflight || r.j.Undoing {
			return Result{}, &RefusedError{Reason: "the rotation has begun", Next: "go on with it"}
		}
		return r.lookAhead(r.within(ctx), func() (Result, error) {
			return Result{Status: Moved, Message: "everything that can be checked beforehand is as it must be", Notes: r.j.Notes}, nil
		})
	})
}

// lookAhead checks beforehand what can be checked; then is told that all is as it must be.
func (r *Rotation) lookAhead(ctx context.Context, then func() (Result, error)) (Result, error) {
	s, err := r.lookAfresh(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := r.findHome(ctx, s); err != nil {
		return Result{}, err
	}
	if err := r.refuses(s); err != nil {
		return Result{}, err
	}
	if q := r.askRevive(s.old); q != nil {
		return *ask(*q), nil
	}
	if q := r.askOutage(); q != nil {
		return *ask(*q), nil
	}
	if q := r.askLacks(); q != nil {
		return *ask(*q), nil
	}
	if res, err := r.preflightDestinations(ctx, s); err != nil || res != nil {
		return *orNothing(res), err
	}
	if err := r.refuseUnproven(s); err != nil {
		return Result{}, err
	}
	r.noteSkew()
	r.noteRest(s)
	if places := r.unrestarted(); len(places) > 0 {
		r.note("%s: the old key goes as soon as the new one works, and a running application fails from then on until it is restarted", restartWords(places))
	}
	if q := r.askUnknown(); q != nil {
		return *ask(*q, r.j.Notes...), nil
	}
	return then()
}

// lookAfresh reads the list as if nothing had been looked at, and takes the old key up as it shows it.
func (r *Rotation) lookAfresh(ctx context.Context) (*listing, error) {
	r.j.Notes, r.j.Seen = nil, nil
	s, err := r.look(ctx)
	if err != nil {
		return nil, err
	}
	if s.old == nil {
		return nil, &RefusedError{Reason: fmt.Sprintf("the key %s is not on the service", r.j.Old.ID), Next: "reload the list"}
	}
	r.takeOld(s)
	return s, nil
}

// refuses says why the key cannot be rotated so.
func (r *Rotation) refuses(s *listing) error {
	checks := []func(*listing) error{r.refuseByKey, r.refuseByProject, r.refuseByOthers, r.refuseByRights, r.refuseByLifetime, r.refuseByDraft}
	if r.j.Roll != nil { // its project, its rights and its end stay
		checks = []func(*listing) error{r.refuseByKey, r.refuseRoll, r.refuseByOthers, r.refuseByRights}
	}
	for _, check := range checks {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

// takeOld journals the old key as the list shows it now.
func (r *Rotation) takeOld(s *listing) {
	r.j.Old, r.j.Own = record(*s.old), s.old.Own
	if s.old.Environment != "" {
		r.j.Guard = s.old.Environment
	}
	r.findLacks(*s.old)
	r.j.Base = apikey.BaseOf(*s.old)
	r.j.Name = apikey.NewName(r.j.Base, r.j.ID, r.caps.MaxName)
	for _, k := range s.all {
		r.j.Seen = append(r.j.Seen, k.ID)
	}
}

// begin writes the first journal: from here on there is something to go on with.
func (r *Rotation) begin() (Result, error) {
	if err := r.fingerprintFormers(); err != nil {
		return Result{}, err
	}
	said := fmt.Sprintf("; the new key will be called %q", r.j.Name)
	if r.j.Roll != nil {
		said = ""
	}
	return r.Advance("everything that can be checked beforehand is as it must be"+said, r.j.Notes...)
}

// askRevive: what replaces an expired or disabled key comes alive by it, which nobody may do unnoticed.
func (r *Rotation) askRevive(old *apikey.Key) *Question {
	state := ""
	switch {
	case old.ExpiresAt.Before(r.serviceNow()):
		state = "expired"
	case old.IsDisabled():
		state = "disabled"
	default:
		return nil
	}
	if r.j.Revive || !rule("revive: a dead key comes alive by a yes") {
		r.note("the key is %s; the new one will work, as you said", state)
		return nil
	}
	return &Question{Kind: AskRevive, Text: fmt.Sprintf("the key %q is %s: what replaces it will work. Is that wanted?", old.Called(), state), Flag: "--revive",
		Choices: yesNo("let it come alive again", "the new key is enabled and lives as long as the old one was made to", WantsNothing), Default: No}
}

// askUnknown says beforehand what will have to be accepted, where nobody will be there to accept it.
func (r *Rotation) askUnknown() *Question {
	var open []string
	if !r.j.Manual && !r.j.inPlace() {
		for _, f := range r.j.unseen() {
			said := fmt.Sprintf("whether the new key has the same %s: the service does not report it%s", f, r.sayable(apikey.Field(f)))
			if f == string(apikey.FieldExpiry) && !slices.Contains(r.j.Fields, apikey.FieldExpiry) { // nothing says that its keys end at all
				r.note("unknown: %s", said)
				continue
			}
			open = append(open, said)
		}
	}
	for d, rec := range r.destinations() {
		if !rec.Reads && !d.HasProbe() {
			open = append(open, fmt.Sprintf("whether what reads %s uses the new key: nobody can read it, and it has no probe", rec.Describe))
		}
	}
	if r.j.unproven() {
		open = append(open, "whether any secret works: "+r.madeUpWords()+", so that its answers prove nothing")
	}
	for _, o := range open {
		r.note("unknown: %s", o)
	}
	if len(open) == 0 || r.j.AcceptUnknown != "" || !r.w.Headless {
		return nil
	}
	return &Question{Kind: AskUnknown, Text: "some things cannot be seen, and nobody will be there to accept them", Lines: open, Flag: "--accept-unknown REASON",
		Choices: yesNo("accept what cannot be seen", "the rotation goes on where these are not known", WantsReason), Default: No}
}

func answerUnknown(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	r.j.AcceptUnknown = strings.TrimSpace(a.Reason)
	return Result{Status: Moved, Message: "noted"}, nil
}

func (r *Rotation) refuseByKey(s *listing) error {
	k := s.old
	switch {
	case k.Type == apikey.PublicKey:
		return &RefusedError{Reason: "a public key is not rotated: a request for one returns the same value while it is valid",
			Next: "delete it, and the next request makes a new one"}
	case len(s.ours) > 0:
		return &RefusedError{Reason: "a key already carries this rotation's nonce: " + names(s.ours), Next: "start again"}
	case k.Own && r.j.OldFirst:
		return &RefusedError{Reason: "this is the key that detent itself uses: without it no new one can be created", Next: "rotate it without --old-first"}
	case k.Own && r.w.Switcher == nil:
		return &RefusedError{Reason: "this is the key that detent itself uses, and its credential cannot be switched here"}
	case !r.caps.Delete.OK && !r.j.Manual:
		return &RefusedError{Reason: "the service cannot delete a key (" + r.caps.Delete.Why + "): the old one would stay"}
	case k.Own && len(r.dests) == 0 && !r.w.Switcher.CanSwitch():
		return &RefusedError{Reason: fmt.Sprintf("the new secret needs a destination: detent cannot write %s itself", r.w.Switcher.Describe())}
	}
	return nil
}

// findHome asks for the project of detent's own credential, where no listed key tells it.
func (r *Rotation) findHome(ctx context.Context, s *listing) error {
	ownProject := r.svc.Abilities().OwnProject
	if ownProject == nil || s.own != nil {
		return nil
	}
	r.w.Hook("before: own project")
	defer r.w.Hook("after: own project")
	project, known, err := ownProject(ctx)
	switch {
	case err != nil && !client.IsKind(err, client.Forbidden) && !client.IsKind(err, client.Invalid) && !client.IsKind(err, client.NotFound):
		return err
	case err == nil && known:
		s.home = project
	}
	return nil
}

// refuseByProject: no create takes a project. The new key lands where the credential belongs,
// so a key of another project cannot be replaced by it.
func (r *Rotation) refuseByProject(s *listing) error {
	if !slices.Contains(r.caps.AccessFields, apikey.FieldProject) || s.old.Own || r.j.Manual {
		return nil
	}
	const elsewhere = "use a profile with a credential of that project"
	switch {
	case s.own != nil && s.own.Project != s.old.Project:
		return &RefusedError{Next: elsewhere, Reason: fmt.Sprintf("the key belongs to %s, but a new key would land in %s, where detent's own credential belongs",
			projectWords(*s.old), projectWords(*s.own))}
	case s.home != "" && s.home != s.old.Project:
		return &RefusedError{Next: elsewhere, Reason: fmt.Sprintf("the key belongs to %s, but a new key would land in the project %s, where detent's own credential belongs",
			projectWords(*s.old), s.home)}
	case s.own != nil, s.home != "":
		return nil
	case s.old.Project != "" && len(s.projects) > 1:
		return &RefusedError{Next: elsewhere, Reason: fmt.Sprintf("the key belongs to %s, other keys to other projects, and the service does not say where detent's own credential belongs: "+
			"a new key might land in another project", projectWords(*s.old))}
	}
	r.note("unknown: which project detent's own credential belongs to; the new key is compared after it is created")
	return nil
}

func projectWords(k apikey.Key) string {
	switch {
	case k.Project == "":
		return "no project"
	case k.ProjectName != "":
		return "the project " + k.ProjectName
	}
	return "the project " + k.Project
}

func (r *Rotation) refuseByOthers(s *listing) error {
	if len(s.rivals) > 0 {
		return &RefusedError{Reason: "another profile here rotates this key: " + names(s.rivals), Next: "`detent rotations` shows it"}
	}
	if len(s.foreign) == 0 {
		return nil
	}
	_, id := apikey.SplitName(s.foreign[0].Name)
	next := fmt.Sprintf("`detent rotate --resume %s` or `--abort %s` on that host ends it; if nothing is open there any more, see which of the two keys is in use "+
		"and delete the other one with `detent delete ID`", id, id)
	if r.caps.Rename.OK {
		next += ", or rename one of them with `detent update ID --name NAME`"
	}
	next += "; or, if it has nothing to do with this key, say why with --not-mine REASON"
	return &RefusedError{Reason: "the key is being rotated by another host: " + names(s.foreign) + " carries a rotation's mark that has no readable journal here", Next: next}
}

// refuseByRights compares what our own credential may do with what we will do, as far as
// the service tells.
func (r *Rotation) refuseByRights(s *listing) error {
	if s.own == nil && r.w.Manages {
		return nil
	}
	if s.own == nil {
		r.note("unknown: whether detent's own credential may create and delete keys; the service does not say which one it is")
		return nil
	}
	held := s.own.Permissions
	if len(held) == 0 {
		r.noteRole(s.own.Role)
		return nil
	}
	for _, need := range []string{"createApiKey", "deleteApiKey"} {
		info, known := r.caps.FindPermission(need)
		// An account may file it under another feature than the one that is known.
		named := slices.ContainsFunc(held, func(h apikey.Permission) bool { return h.Name == need })
		if known && !named && !(need == "createApiKey" && r.j.Manual) {
			return &RefusedError{Reason: "detent's own credential lacks the permission " + info.Permission.String(), Next: "use one that has it"}
		}
	}
	for _, p := range s.old.Permissions {
		if !holds(held, p) {
			r.note("detent's own credential does not have %s, which the key has: the service may refuse to grant it", p)
		}
	}
	return nil
}

// noteRole says what the role lets our own credential do. A service whose keys have neither
// permissions nor roles has keys with full access.
func (r *Rotation) noteRole(role string) {
	at := slices.IndexFunc(r.caps.Roles, func(info apikey.RoleInfo) bool { return info.Name == role })
	switch {
	case len(r.caps.Roles) == 0 && len(r.caps.PermissionGroups) == 0:
	case at < 0:
		r.note("unknown: whether detent's own credential may create and delete keys")
	case !r.caps.Roles[at].Manages:
		r.note("detent's own credential has the role %s (%s): the service may refuse to create or delete keys", role, r.caps.Roles[at].Description)
	}
}

func holds(held []apikey.Permission, p apikey.Permission) bool {
	return slices.ContainsFunc(held, func(h apikey.Permission) bool {
		return h == p || h.Name == p.Name && (h.Feature == "" || p.Feature == "")
	})
}

func (r *Rotation) refuseByLifetime(s *listing) error {
	if r.j.Manual {
		return nil
	}
	e := apikey.LifetimeOf(*s.old)
	if err := e.Check(r.w.Wall()); err != nil {
		return &RefusedError{Reason: "the key has expired and how long it was to live is not known, so that no new one can get the same lifetime",
			Next: "create a new key with the lifetime that you want"}
	}
	fit, fits := r.caps.Lifetimes.Fit(e, r.w.Wall())
	switch {
	case !e.IsNever() && !r.caps.Expiry.OK:
		return &RefusedError{Reason: "the key expires, and no lifetime can be given to a new one (" + r.caps.Expiry.Why + "): it would be widened"}
	case !fits:
		return &RefusedError{Reason: fmt.Sprintf("the key lives %s, and the service gives a new one %s: it would be widened", apikey.SpanWords(e.Instant(r.w.Wall()).Sub(r.w.Wall())), r.caps.Lifetimes.Words())}
	case fit != e:
		r.note("the new key lives %s, which the service gives; the old one: %s", apikey.SpanWords(fit.After), apikey.LifetimeWords(*s.old))
	case !e.At.IsZero():
		r.note("when the key was created is not known: the new key ends when the old one does, %s", e.At.UTC().Format(time.RFC3339))
	case !s.old.ExpiresAt.Known() && slices.Contains(r.caps.AccessFields, apikey.FieldExpiry):
		r.note("unknown: whether the key expires; the new one is asked for without an end, and the deletion waits until you accept that")
	}
	return nil
}

// refuseByDraft asks the client what it would refuse itself, of the very draft that create sends.
func (r *Rotation) refuseByDraft(*listing) error {
	check := r.svc.Abilities().CheckDraft
	if check == nil || r.j.Manual {
		return nil
	}
	err := check(r.draft())
	var bad *client.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		err = errors.New(bad.Message)
	}
	return &RefusedError{Reason: "no key can be created with what the list shows of this one: " + err.Error(), Next: "create the new one in the dashboard: --strategy " + strategyDashboard}
}

func (r *Rotation) noteSkew() {
	server, local, ok := client.ServerTime(r.svc)
	if d := server.Sub(local); ok && d.Abs() > maxSkew {
		r.note("this machine's clock and the service's differ by %s", span(d.Abs()))
	}
}

func (r *Rotation) noteRest(s *listing) {
	switch create := r.caps.Create.OK; {
	case r.j.Manual && create && !r.caps.Delete.OK:
		r.note("the service cannot delete keys for detent, so that none could be taken back that it creates: you create the new one in its dashboard and paste it")
	case r.j.Manual && create:
		r.note("you create the new key in the service's dashboard and paste it, as you said")
	case r.j.Manual:
		r.note("the service cannot create keys for detent: you create the new one in its dashboard and paste it")
	}
	if r.j.NotMine != "" {
		r.note("another marked key of this name is no rival, as you said: %s", r.j.NotMine)
	}
	if !r.caps.Disable.OK && r.j.Mode == Planned && !isRoll(r.j.Strategy) {
		r.note("the service cannot disable a key: there is no rehearsal of the deletion")
	}
	if r.j.unnamed() && (r.caps.NoTryDead || !slices.ContainsFunc(r.j.Destinations, func(d destinationRecord) bool { return d.Reads && d.Held })) {
		r.note("unknown: what became of a roll whose answer is lost: the former secret, which would tell, is at hand nowhere, or must not be tried")
	}
	if !r.caps.LastUsed.OK && r.j.Mode == Planned {
		r.note("the service does not report last use: whether the old key is still in use is yours to confirm")
	}
}

// refuseRoll says why a key cannot be given a new secret.
func (r *Rotation) refuseRoll(s *listing) error {
	rec, k := r.j.Roll, s.old
	r.j.Roll.Before = moment{k.RolledAt}
	other := "use --strategy " + r.otherStrategy()
	switch {
	case k.Own && rule("roll: not detent's own key"):
		return &RefusedError{Reason: "this is the key that detent itself uses, and it would have to change its credential in between", Next: other}
	case k.FormerEndsAt.Known() && !k.FormerEndsAt.Before(r.serviceNow()) && rule("roll: no earlier overlap runs"):
		return &RefusedError{Reason: "the overlap of an earlier roll runs", Next: "wait until it is over, or end it first"}
	case (k.ExpiresAt.Before(r.serviceNow()) || k.IsDisabled()) && rule("roll: a key that is on"):
		return &RefusedError{Reason: "the key is expired or disabled, and with a new secret it would be refused as well", Next: other}
	case rec.Overlap > r.caps.Roll.Overlap && rule("roll: no longer than the service takes"):
		return &RefusedError{Reason: fmt.Sprintf("the service takes an overlap of %s at the longest", span(r.caps.Roll.Overlap)), Next: "give a shorter --overlap"}
	}
	if err := r.refuseRollByEnd(*k, other); err != nil {
		return err
	}
	if rec.Overlap > 0 && r.j.Mode == Planned && rec.Overlap <= r.j.Drain && rule("roll: longer than the drain") {
		return &RefusedError{Reason: fmt.Sprintf("the old secret would be dead after %s, before the drain of %s is over", span(rec.Overlap), span(r.j.Drain)), Next: "give a longer --overlap, or a shorter --drain"}
	}
	if rec.Overlap > 0 {
		r.note("the old secret dies %s after the roll, whoever uses it: until then an undo gives the key back to it, and after that going on is the only way", span(rec.Overlap))
	}
	return nil
}

// otherStrategy is one by which a key is replaced that is not rolled; the dashboard always can.
func (r *Rotation) otherStrategy() string {
	if caps := r.w.Service.Capabilities(); caps.Create.OK && caps.Delete.OK {
		return strategyCreate
	}
	return strategyDashboard
}

// refuseRollByEnd: the key must live on for a while after what the rotation takes, and no roll gives it a later end than it has.
func (r *Rotation) refuseRollByEnd(k apikey.Key, other string) error {
	end, ends := k.ExpiresAt.Time()
	if !ends || !rule("roll: a key that lives on") {
		return nil
	}
	dies, left, drain := "the key ends "+end.UTC().Format(time.RFC3339), end.Sub(r.serviceNow()), time.Duration(0)
	if r.j.Mode == Planned && !r.j.atOnce() {
		drain = r.j.Drain
	}
	shorter := (left - minLife - time.Minute).Truncate(time.Minute)
	most, bounded := longestOverlap(r.caps.Roll, k, r.serviceNow())
	switch {
	case left < minLife+drain && shorter <= 0:
		return &RefusedError{Reason: dies + ", whatever its secret is", Next: other}
	case left < minLife+drain:
		return &RefusedError{Reason: dies + ", whatever its secret is, and the drain takes " + span(drain), Next: fmt.Sprintf("give a --drain of %s at most, or %s", typed(shorter), other)}
	case bounded && r.j.Roll.Overlap > most:
		return &RefusedError{Reason: dies + ", and an overlap of " + span(r.j.Roll.Overlap) + " would give it a later end", Next: fmt.Sprintf("give an --overlap of %s at most, or %s", typed(most), other)}
	}
	return nil
}

// typed is a span as a flag takes it, rounded down.
func typed(d time.Duration) string {
	if d >= 3*time.Hour {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// askOutage: that the application stops meanwhile is somebody's word, never assumed.
func (r *Rotation) askOutage() *Question {
	if !r.j.atOnce() {
		return nil
	}
	if r.j.Roll.Outage != "" || !rule("roll: an outage is somebody's word") {
		r.note("%s, as you said (%s)", r.strategy.Outage, r.j.Roll.Outage)
		return nil
	}
	return &Question{Kind: AskOutage, Text: r.strategy.Outage + ". Is that wanted?", Flag: "--outage", Default: No,
		Choices: yesNo("roll it at once", "the former secret dies with the call", WantsReason)}
}

func answerOutage(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	r.j.Roll.Outage = strings.TrimSpace(a.Reason)
	r.recordStatement(SubjectOld, "the application may have a dead secret until the new one is delivered (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, nil
}

package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// StagePlan is what one stage will do, prove and ask.
type StagePlan struct {
	ID     Step     `json:"id"`
	Title  string   `json:"title"`
	Does   []Act    `json:"does"`
	Proves []string `json:"proves"`
	// Undo says how it is taken back; nil where it cannot be.
	Undo *string  `json:"undo"`
	Asks []string `json:"asks"`
}

// FullPlan is what a rotation will do, stage by stage, from what will run.
type FullPlan struct {
	Key      apikey.Key
	Strategy string
	Stages   []StagePlan
	Unknown  []string
	Outage   string // what stops meanwhile; empty where nothing does
}

// Plan says what the rotation will do from here: the exact calls and writes, in order, with what each stage proves and how
// it is taken back. It changes nothing and sends no secret: it reads the list and the places, and is refused where
// the preflight would refuse, as far as this shows.
func (r *Rotation) Plan(ctx context.Context) (FullPlan, error) {
	r.busy.Lock()
	defer r.busy.Unlock()
	if r.release == nil {
		return FullPlan{}, errClosed
	}
	if r.j.Step == Preflight {
		if err := r.rehearse(ctx); err != nil {
			return FullPlan{}, r.explain(r.j.Step, err)
		}
	}
	v := viewOf(r.j, r.strategy, !r.secret.IsZero())
	v.CanDelete, v.CanRename = r.caps.Delete.OK, r.caps.Rename.OK
	can := r.svc.Abilities()
	p := &Planner{v: &v, dests: r.dests, own: r.j.Own, tries: !r.caps.NoTryDead, finds: can.Identify != nil, home: can.OwnProject != nil, gives: can.Retrieve != nil, unnamed: r.j.unnamed(), renews: r.j.renews(), calls: func(op string) []string { return client.CallNames(r.svc, op) }}
	if r.w.Switcher != nil {
		p.switches, p.credential = r.w.Switcher.CanSwitch(), r.w.Switcher.Describe()
	}
	out := FullPlan{Key: r.j.Old.key(), Strategy: r.strategy.ID, Unknown: append([]string{}, v.Unknown...)}
	out.Outage = r.strategy.Outage
	for _, n := range r.j.Notes {
		if text, ok := strings.CutPrefix(n, "unknown: "); ok {
			out.Unknown = append(out.Unknown, text)
		}
	}
	for _, s := range r.strategy.stages(&v) {
		plan := StagePlan{ID: s.ID, Title: s.Title, Does: s.Does(p), Proves: s.Proves(&v), Asks: []string{}}
		if plan.Does == nil {
			plan.Does = []Act{}
		}
		switch undo := s.Undo(&v); undo {
		case "":
		case "-":
			nothing := "nothing to take back"
			plan.Undo = &nothing
		default:
			plan.Undo = &undo
		}
		if s.Asks != nil {
			plan.Asks = append(plan.Asks, s.Asks(&v)...)
		}
		out.Stages = append(out.Stages, plan)
	}
	return out, nil
}

// rehearse is the preflight without a write and without a secret on the wire.
func (r *Rotation) rehearse(ctx context.Context) error {
	s, err := r.lookAfresh(ctx)
	if err != nil {
		return err
	}
	if err := r.findHome(ctx, s); err != nil {
		return err
	}
	if err := r.refuses(s); err != nil {
		return err
	}
	if q := r.askRevive(s.old); q != nil {
		return &RefusedError{Reason: q.Text, Next: saidBy(q.Flag)}
	}
	if q := r.askLacks(); q != nil {
		return &RefusedError{Reason: q.Text + ": " + strings.Join(q.Lines, "; "), Next: saidBy(q.Flag)}
	}
	var first apikey.Secret // what a place holds
	for d, rec := range r.destinations() {
		job := r.job(nil)
		job.LookOnly = true
		_, err := d.Preflight(ctx, job)
		var consent *delivery.ConsentError
		switch {
		case errors.As(err, &consent):
			q := consentQuestion(rec, consent)
			return &RefusedError{Reason: q.Text, Next: saidBy(q.Flag)}
		case err != nil:
			return fmt.Errorf("%s: %w", rec.Describe, err)
		}
		held, reads, err := r.held(ctx, d, rec)
		if err != nil {
			return fmt.Errorf("%s: %w", rec.Describe, err)
		}
		rec.Reads, rec.Where, rec.Held = reads, held.Where, held.Exists
		if reads {
			rec.Host = r.w.Host
		}
		r.keptBeside(rec, held)
		if err := r.refuseSharedPlace(rec); err != nil {
			return err
		}
		wrong := r.wrongByListing(s, held)
		if held.Exists && !first.IsZero() && !held.Secret.Equal(first) && wrong == "" {
			wrong = notAlike
		}
		if held.Exists && first.IsZero() {
			first = held.Secret
		}
		if reads && wrong != "" && !r.j.Replace {
			return &RefusedError{Reason: rec.Describe + ": " + wrong, Next: "if it is the right place all the same, say so with --replace"}
		}
	}
	why := r.refuseUnproven(s)
	switch {
	case why != nil && (first.IsZero() || r.caps.NoTryDead):
		return why
	case why != nil: // the rotation tries that first, and a plan sends no secret
		r.note("unknown: whether the rotation can begin: only where what a place holds is accepted. Else %s", Unproven(*s.old, r.caps))
	}
	r.noteSkew()
	r.noteRest(s)
	if q := r.askUnknown(); q != nil {
		return &RefusedError{Reason: q.Text + ": " + strings.Join(q.Lines, "; "), Next: "accept it with " + q.Flag}
	}
	return nil
}

func saidBy(flag string) string {
	if flag == "" {
		return "a person at a terminal may say yes to it"
	}
	return "say so with " + flag
}

// wrongByListing says why a place is the wrong one, as far as that shows without sending what it holds.
func (r *Rotation) wrongByListing(s *listing, held delivery.Held) string {
	if !held.Exists {
		return r.likelier(s, held)
	}
	wrong, _, _ := r.belongsUnasked(s, held.Secret)
	return wrong
}

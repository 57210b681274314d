package rotation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// Act is one thing that a stage does: exactly one of Call, Write, Run and Wait is set.
type Act struct {
	Call  string `json:"call,omitzero"`  // a request to the service
	Write string `json:"write,omitzero"` // a file that is written, replaced or removed
	Run   string `json:"run,omitzero"`   // a command
	Wait  string `json:"wait,omitzero"`
	// Times is "1", or until what it is done again: "1 to 10, until it is accepted 3 times in a row".
	Times string `json:"times,omitzero"`
}

// Does says what an act is, in a verb and what that is done to.
func (a Act) Does() (verb, what string) {
	switch {
	case a.Write != "":
		return "write", a.Write
	case a.Run != "":
		return "run", a.Run
	case a.Wait != "":
		return "wait", a.Wait
	}
	return "call", a.Call
}

// Repeats reports whether it may be done more than once.
func (a Act) Repeats() bool { return a.Times != "" && a.Times != "1" }

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

// Planner knows the calls and places of one rotation, for the stages to say what they will do.
type Planner struct {
	v     *View
	calls func(op string) []string
	dests []delivery.Destination
	own   bool
	tries bool // old and made-up secrets may be tried
	finds bool // the service can tell whose secret it is
	home  bool // its own project has to be asked for
	gives bool

	unnamed bool // a roll has no name by which it is done once
	renews  bool // it makes a key with an id of its own

	switches   bool   // detent's own credential can be rewritten here
	credential string // what it is read from
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
	_, finds := client.As[client.Identifier](r.svc)
	_, home := client.As[client.ProjectFinder](r.svc)
	_, gives := client.As[client.Retriever](r.svc)
	p := &Planner{v: &v, dests: r.dests, own: r.j.Own, tries: !r.caps.NoTryDead, finds: finds, home: home, gives: gives, unnamed: r.j.unnamed(), renews: r.j.renews(), calls: func(op string) []string { return client.CallNames(r.svc, op) }}
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
	r.j.Notes, r.j.Seen = nil, nil
	s, err := r.look(ctx)
	if err != nil {
		return err
	}
	if s.old == nil {
		return &RefusedError{Reason: fmt.Sprintf("the key %s is not on the service", r.j.Old.ID), Next: "reload the list"}
	}
	r.takeOld(s)
	if err := r.refuses(s); err != nil {
		return err
	}
	if q := r.askRevive(s.old); q != nil {
		return &RefusedError{Reason: q.Text, Next: "say so with " + q.Flag}
	}
	if q := r.askLacks(); q != nil {
		return &RefusedError{Reason: q.Text + ": " + strings.Join(q.Lines, "; "), Next: saidBy(q.Flag)}
	}
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
		if wrong := r.wrongByListing(s, held); reads && wrong != "" && !r.j.Replace {
			return &RefusedError{Reason: rec.Describe + ": " + wrong, Next: "if it is the right place all the same, say so with --replace"}
		}
	}
	r.noteSkew()
	r.noteRest(s)
	if q := r.askUnknown(s.old); q != nil {
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

func (p *Planner) call(op, times string) []Act { return p.callOn(op, "", times) }

// The keys that a plan cannot name yet.
const (
	planNew   = "{new}"
	planOther = "{other}"
)

// ofOld is a call about the old key.
func (p *Planner) ofOld(op, times string) []Act {
	return p.callOn(op, url.PathEscape(p.v.Old.ID), times)
}

// callOn is a call about a key.
func (p *Planner) callOn(op, id, times string) []Act {
	var out []Act
	for i, name := range p.calls(op) {
		name = strings.ReplaceAll(name, "{id}", id)
		if i > 0 {
			times = "instead, where the key may not make the call before"
		}
		out = append(out, Act{Call: name, Times: times})
	}
	return out
}

func (p *Planner) each(do func(d delivery.Destination, v DestinationView) []Act) []Act {
	var out []Act
	for i, d := range p.dests {
		out = append(out, do(d, p.v.Destinations[i])...)
	}
	return out
}

// copyName is how the kept copy of a place is called: the id is the rotation's, which a plan does not have yet.
func copyName(v DestinationView) string { return fileOf(v) + ".detent-{id}" }

func (p *Planner) preflight() []Act {
	out := p.call("list", "1")
	if p.home {
		out = append(out, p.call("project", "at most 1, where no listed key is detent's own")...)
	}
	control := " and 1 with a made-up secret"
	out = append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		out := []Act{{Write: "a trial file beside " + fileOf(v) + ", removed at once", Times: "1"}}
		if !v.Held || !p.tries {
			return out
		}
		if p.finds {
			out = append(out, p.call("identify", "1")...)
		}
		out = append(out, p.call("probe", "1 or more: 1 with what "+v.Describe+" holds"+control+", asked again where there is no answer")...)
		control = ""
		if p.v.SeesUse {
			out = append(out, p.call("list", "only where nothing but last use can tell whose secret it is: up to 15, with 4 more of the call before between them")...)
		}
		return out
	})...)
	if control != "" && p.tries {
		out = append(out, p.call("probe", "1 with a made-up secret")...)
	}
	if p.own && p.switches {
		out = append(out, Act{Write: "a trial file beside " + p.credential + ", removed at once", Times: "1"})
	}
	return out
}

// fileOf is the file that a destination writes, or what it is.
func fileOf(v DestinationView) string {
	if path, _, ok := strings.Cut(v.Backup, ".detent-"); ok {
		return path
	}
	return v.Describe
}

func (p *Planner) retire() []Act {
	switch {
	case p.v.Old.IsDisabled():
		return nil
	case p.v.CanDisable:
		return p.ofOld("update", "1 to 2: again where the answer is lost")
	}
	return p.ofOld("delete", "1 to 2: again where the answer is lost")
}

func (p *Planner) create() []Act {
	out := append(p.call("create", "1 or more: where its answer is lost the list is looked at, and only what is not there is asked for again"),
		p.call("list", "until it shows the new key")...)
	if p.gives {
		out = append(out, p.callOn("retrieve", planNew, "only where the answer was lost")...)
	}
	return out
}

func (p *Planner) paste() []Act {
	out := append(p.call("list", "1"), p.call("probe", "1 to 2 with the pasted secret, and with a made-up one where that was not tried yet")...)
	out = append(out, p.call("list", "until it shows a key that was not there before")...)
	if p.finds {
		out = append(out, p.call("identify", "1")...)
	}
	if p.v.SeesUse {
		out = append(out, p.call("probe", "only where nothing but last use can tell whose secret it is: up to 4, with up to 15 lists between them")...)
	}
	return append(out, p.call("list", "until it shows the new key")...)
}

// beside is what is looked at beside other work where the old key went first.
func (p *Planner) beside() []Act {
	if !p.v.OldFirst || !p.tries {
		return nil
	}
	return p.call("probe", "at most 2: with the new secret and with the old one, until the old one is refused")
}

func (p *Planner) deliver() []Act {
	out := append(p.beside(), p.each(func(d delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return []Act{{Run: d.Describe(), Times: "1"}}
		}
		return []Act{{Write: copyName(v), Times: "1"}, {Write: fileOf(v), Times: "1"}}
	})...)
	return append(out, p.each(func(d delivery.Destination, v DestinationView) []Act {
		if !d.HasThen() {
			return nil
		}
		return []Act{{Run: "the command after " + v.Describe, Times: "1"}}
	})...)
}

func (p *Planner) verify() []Act {
	out := append(p.beside(), p.call("probe", "3 or more with the new secret, until it is accepted 3 times in a row")...)
	if p.watches() {
		out = append(out, p.call("list", "until it shows that the new key was used, 5 s at most")...)
	}
	if p.own && p.switches {
		out = append(out, p.call("list", "1")...)
		out = append(out, Act{Write: p.credential + ".detent-{id}-own", Times: "1"}, Act{Write: p.credential, Times: "1"})
		out = append(out, p.call("list", "1, with the new secret")...)
	}
	return out
}

// watches reports whether anything later relies on the service's last use.
func (p *Planner) watches() bool {
	blind := slices.ContainsFunc(p.v.Destinations, func(d DestinationView) bool { return !d.Reads && d.Without == "" })
	return p.v.SeesUse && (blind || p.v.Mode == Planned && !(p.v.DrainExplicit && p.v.Drain == 0))
}

func (p *Planner) drain() []Act {
	switch {
	case p.v.DrainExplicit && p.v.Drain == 0:
		return nil
	case !p.v.SeesUse && !p.v.DrainExplicit:
		return append(p.call("list", "1 or more, before each question"), Act{Wait: "for your word that every consumer has the new key"})
	case !p.v.SeesUse:
		return append(p.call("list", "each look"), Act{Wait: span(p.v.Drain), Times: "1"})
	}
	out := append(p.call("list", "each look"), p.call("probe", "each look but the last, with the new secret")...)
	return append(out, Act{Wait: span(p.v.Drain), Times: "until the old key was not used for that long"})
}

// gate is what is looked at right before a key is taken out of service; the places are read between the two calls and after them.
func (p *Planner) gate() []Act {
	out := p.each(func(d delivery.Destination, v DestinationView) []Act {
		if v.Reads || !d.HasProbe() {
			return nil
		}
		return []Act{{Run: "the probe of " + v.Describe, Times: "1"}}
	})
	out = append(out, p.call("list", "1")...)
	return append(out, p.call("probe", "1 with the new secret, as a place holds it")...)
}

func (p *Planner) disable() []Act {
	return append(append(p.call("list", "1"), p.gate()...), p.ofOld("update", "1 to 2: again where the answer is lost")...)
}

// dead is how the old secret is seen to be refused: by the call that accepts the new one.
func (p *Planner) dead() []Act {
	held := slices.ContainsFunc(p.v.Destinations, func(d DestinationView) bool { return d.Reads && d.Held })
	if !p.tries || !held {
		return nil
	}
	return p.call("probe", "2 or more: with the new secret and then with the old one, at 1, 2, 4 … 30 s, until the old one is refused")
}

func (p *Planner) soak() []Act {
	out := p.dead()
	if p.v.Soak > 0 {
		out = append(out, Act{Wait: span(p.v.Soak), Times: "1, from the first refusal"})
	}
	return out
}

func (p *Planner) delete() []Act {
	var out []Act
	goes := !p.v.OldFirst || p.v.CanDisable // else it went first
	if goes {
		out = append(p.beside(), p.gate()...)
		out = append(out, p.ofOld("delete", "1; asked again, after the same looks, where its answer is lost")...)
		out = append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
			if !v.Reads {
				return nil
			}
			return []Act{{Write: fileOf(v), Times: "only where something put the old value back in that moment"}}
		})...)
	}
	switch dead := p.dead(); {
	case goes:
		out = append(out, dead...)
	case len(dead) > 0: // it was looked at beside the other work
		for _, act := range dead {
			act.Times = "only where the old secret was not seen to be refused before: with the new secret and then with it, at 1, 2, 4 … 30 s"
			out = append(out, act)
		}
	}
	if p.v.OldFirst {
		out = append(out, p.gate()...)
	}
	out = append(out, p.call("list", "until it no longer shows the old key")...)
	out = append(out, p.callOn("delete", planOther, "only where another key carries this rotation's mark: a create that took effect late")...)
	if p.v.CanRename && p.v.NewName != "" {
		out = append(out, p.callOn("update", planNew, "1: the new key gets the old one's name")...)
	}
	return append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		return []Act{{Write: copyName(v) + ", removed", Times: "1"}}
	})...)
}

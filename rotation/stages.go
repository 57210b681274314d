package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func planned(v *View) bool { return v.Mode == Planned }

func hasDisable(v *View) bool { return v.Mode == Planned && v.CanDisable && !v.Old.IsDisabled() }

func nothingToUndo(*View) string { return "-" }

func fixed(s string) func(*View) string { return func(*View) string { return s } }

func says(texts ...string) func(*View) []string { return func(*View) []string { return texts } }

var preflightStage = Stage{ID: Preflight, Title: "Preflight", Phase: PhaseCreate, Default: "check everything",
	Text:   fixed("check the key, the service and every destination; nothing is changed"),
	Does:   (*Planner).preflight,
	Proves: says("the key is there, and may be replaced here", "each place that can be read holds the old key's secret, or nothing", "each place can be written"),
	Undo:   nothingToUndo,
	Asks:   says("where a place holds something else, or a check needs a yes"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.preflight(ctx) }}

var retireStage = Stage{ID: Retire, Title: "Retire the old key", Phase: PhaseDelete, Default: "take the old key out of service",
	Applies: func(v *View) bool { return v.OldFirst },
	Text: func(v *View) string {
		if v.CanDisable {
			return "disable the compromised key at once: applications stop until they have the new one"
		}
		return "delete the compromised key at once: applications stop until they have the new one"
	},
	Does:   (*Planner).retire,
	Proves: says("the service answered that the old key is out of service"),
	Undo: func(v *View) string {
		if v.CanDisable {
			return "a person can turn the leaked key on again"
		}
		return ""
	},
	Run: func(ctx context.Context, r *Rotation) (Result, error) { return r.retire(ctx) }}

var createStage = Stage{ID: Create, Title: "Create", Phase: PhaseCreate, Default: "create the new key",
	Text: func(v *View) string {
		like := "with the access and lifetime of the old one"
		if len(v.Unseen) > 0 {
			like = "with what is known of the old one's access and lifetime; not known: " + strings.Join(v.Unseen, ", ")
		}
		if len(v.Lacks) > 0 {
			like += " but for what cannot be asked for: " + strings.Join(v.Lacks, ", ")
		}
		return fmt.Sprintf("create the key %q %s", v.NewName, like)
	},
	Does:   (*Planner).create,
	Proves: says("the new key exists, and the secret in hand is its"),
	Undo:   fixed("delete the new key"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.create(ctx) }}

var pasteStage = Stage{ID: Create, Title: "Create", Phase: PhaseCreate, Default: "paste the new secret",
	Text: func(v *View) string {
		return fmt.Sprintf("you create the key %q in the dashboard and paste its secret", v.NewName)
	},
	Does:   (*Planner).paste,
	Proves: says("the pasted secret is accepted, and whose it is"),
	Undo:   fixed("delete the new key"),
	Asks:   says("the new key's secret"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.create(ctx) }}

var deliverStage = Stage{ID: Deliver, Title: "Deliver", Phase: PhaseUpdate, Default: "deliver the new secret",
	Text: func(v *View) string {
		var where []string
		for _, d := range v.Destinations {
			if d.Without == "" {
				where = append(where, d.Describe)
			}
		}
		if len(where) == 0 {
			return "the new secret goes to detent's own credential alone"
		}
		return "deliver the new secret to " + strings.Join(where, " and ")
	},
	Does:   (*Planner).deliver,
	Proves: says("each place that can be read holds the new secret"),
	Undo:   fixed("put the old value back, and run the command after it again"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.deliver(ctx) }}

var verifyStage = Stage{ID: Verify, Title: "Verify", Phase: PhaseVerify, Default: "prove the new key",
	Text: func(v *View) string {
		_, made := v.Sides()
		return "prove " + made + " with harmless requests, by the secret that the places hold"
	},
	Does:   (*Planner).verify,
	Proves: says("the new secret, read back from its place, is accepted, and a made-up one is not"),
	Undo:   nothingToUndo,
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.verify(ctx) }}

var drainStage = Stage{ID: Drain, Title: "Drain", Phase: PhaseDelete, Default: "watch the old key", Waits: true,
	Applies: planned,
	Text: func(v *View) string {
		old, made := v.Sides()
		switch {
		case v.DrainExplicit && v.Drain == 0:
			return "no drain, as you said"
		case !v.SeesUse && v.DrainExplicit:
			return fmt.Sprintf("wait %s, as you said; the service does not show whether %s is in use", span(v.Drain), old)
		case !v.SeesUse:
			return "you confirm that every consumer has " + made + "; the service does not show it"
		}
		return fmt.Sprintf("wait until %s has not been used for %s", old, span(v.Drain))
	},
	Does: (*Planner).drain,
	Proves: func(v *View) []string {
		if !v.SeesUse {
			return []string{"nothing that detent can see: your word counts"}
		}
		old, _ := v.Sides()
		return []string{old + " was not used for that long, as finely as the service shows it"}
	},
	Undo: nothingToUndo,
	Asks: func(v *View) []string {
		if v.SeesUse || v.DrainExplicit {
			return nil
		}
		_, made := v.Sides()
		return []string{"whether every consumer has " + made}
	},
	Run: func(ctx context.Context, r *Rotation) (Result, error) { return r.drain(ctx) }}

var disableStage = Stage{ID: Disable, Title: "Disable", Phase: PhaseDelete, Default: "disable the old key",
	Applies: hasDisable,
	Text:    fixed("disable the old key: a rehearsal of the deletion, which can be taken back"),
	Does:    (*Planner).disable,
	Proves:  says("the old secret is refused, where it is at hand"),
	Undo:    fixed("turn the old key on again"),
	Run:     func(ctx context.Context, r *Rotation) (Result, error) { return r.disable(ctx) }}

var soakStage = Stage{ID: Soak, Title: "Soak", Phase: PhaseDelete, Default: "wait", Waits: true,
	Applies: hasDisable,
	Text: func(v *View) string {
		if v.Soak == 0 {
			return "no soak, as you said"
		}
		return fmt.Sprintf("leave it disabled for %s", span(v.Soak))
	},
	Does:   (*Planner).soak,
	Proves: says("nothing that detent can see: somebody would have noticed"),
	Undo:   fixed("turn the old key on again"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.soak(ctx) }}

var deleteStage = Stage{ID: Delete, Title: "Delete", Phase: PhaseDelete, Default: "delete the old key",
	Text: func(v *View) string {
		if v.OldGone {
			return "see that the old secret is refused, and clear up"
		}
		return fmt.Sprintf("delete the old key %s, and see that its secret is refused", v.Old.Quoted())
	},
	Does:   (*Planner).delete,
	Proves: says("the service answered that it deleted the old key", "the old secret is refused, where it is at hand"),
	Undo:   fixed(""),
	Asks:   says("where old and new differ, or a place cannot be read"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.delete(ctx) }}

var dashboardDeleteStage = func() Stage {
	s := deleteStage
	s.Asks = func(v *View) []string {
		if v.CanDelete {
			return deleteStage.Asks(v)
		}
		return []string{"to delete the old key in the dashboard"}
	}
	return s
}()

var rollStage = Stage{ID: Create, Title: "Roll", Phase: PhaseCreate, Default: "give the key a new secret",
	Text: func(v *View) string {
		return fmt.Sprintf("give the key %q a new secret; the former one lives on for %s", v.Old.Called(), span(v.Overlap))
	},
	Does:   (*Planner).roll,
	Proves: says("the key has a new secret, and it is in hand", "the former one is still there, as the list shows it"),
	Undo:   fixed(keepFormer),
	Asks:   says("where somebody else has rolled the key, or it is not listed any more"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.rollBy(ctx) }}

var endStage = func() Stage {
	s := deleteStage
	s.Title, s.Default = "End", "end the overlap"
	s.Text = func(v *View) string {
		if v.OldGone {
			return "see that the former secret is refused, and clear up"
		}
		return fmt.Sprintf("end the overlap of %s, and see that its former secret is refused", v.Old.Quoted())
	}
	s.Does = (*Planner).endOverlap
	s.Proves = says("the service answered that the overlap is over, or the list shows that it is", "the former secret is refused, where it is at hand")
	return s
}()

var rollAtOnceStage = Stage{ID: Create, Title: "Roll", Phase: PhaseCreate, Default: "give the key a new secret, at once",
	Text: func(v *View) string {
		return fmt.Sprintf("give the key %q a new secret: the former one is dead from then on, and what uses it stops until it has the new one", v.Old.Called())
	},
	Does:   (*Planner).rollAtOnce,
	Proves: says("right before it each place can still be written, and holds what it held", "the key has a new secret, and it is in hand"),
	Undo:   fixed(""),
	Asks:   says("that the application may stop meanwhile"),
	Run:    func(ctx context.Context, r *Rotation) (Result, error) { return r.rollBy(ctx) }}

var proveSecretStage = func() Stage {
	s := verifyStage
	s.Default = "prove the new secret"
	return s
}()

var seeDeadStage = func() Stage {
	s := deleteStage
	s.Title, s.Default = "Confirm", "see that the former secret is refused, and clear up"
	s.Text = fixed("see that the former secret is refused, and clear up")
	s.Does = (*Planner).seeDead
	s.Proves = says("the former secret is refused, where it is at hand")
	return s
}()

func withUndo(s Stage, undo string) Stage {
	s.Undo = fixed(undo)
	return s
}

const (
	putBackAlone = "put the old value back, and run the command after it again; then give the key back to its former secret, while the overlap runs"
	keepFormer   = "give the key back to its former secret, while the overlap runs"
)

// rollBy rolls the key as its service does.
func (r *Rotation) rollBy(ctx context.Context) (Result, error) {
	if r.j.renews() {
		return r.renew(ctx)
	}
	return r.roll(ctx)
}

// CreateAndDelete makes a second key beside the first.
var CreateAndDelete = Strategy{ID: strategyCreate, Title: "create and delete",
	Able: func(a Abilities) string {
		switch {
		case !a.Delete:
			return "the service cannot delete a key (" + a.WhyNoDelete + "): the old one would stay"
		case !a.Create:
			return "the service cannot create a key (" + a.WhyNoCreate + ")"
		}
		return ""
	},
	Stages: []Stage{preflightStage, retireStage, createStage, deliverStage, verifyStage, drainStage, disableStage, soakStage, deleteStage}}

// Dashboard is the same, but a person creates the new key in the service's dashboard, and pastes its secret.
var Dashboard = Strategy{ID: strategyDashboard, Title: "create it in the dashboard, delete here", Able: func(Abilities) string { return "" },
	Stages: []Stage{preflightStage, retireStage, pasteStage, deliverStage, verifyStage, drainStage, disableStage, soakStage, dashboardDeleteStage}}

// RollWithOverlap gives the key a new secret while its former one lives on for a time: that is ended here once nothing uses it, or dies by
// itself.
var RollWithOverlap = Strategy{ID: strategyRoll, Title: "a new secret for the key, with an overlap",
	Able: func(a Abilities) string {
		switch {
		case !a.Roll.OK:
			return "the service gives no key a new secret (" + a.Roll.Why + ")"
		case a.Roll.Overlap == 0:
			return "the service makes the former secret die with the call: there is no overlap"
		case a.Roll.NewID && (!a.Roll.Keep || !a.Delete):
			return "the service cannot give a key the end back that it had, or delete one"
		case a.Roll.NewID:
			return ""
		case !a.Roll.End || !a.Roll.Keep || !a.Roll.Again:
			return "the service cannot end an overlap, give a key back to its former secret, or tell a roll that is asked for again"
		}
		return ""
	},
	Stages: []Stage{preflightStage, rollStage, withUndo(deliverStage, putBackAlone), proveSecretStage, drainStage, endStage}}

// RollAtOnce gives the key a new secret, and the former one dies with the call.
var RollAtOnce = Strategy{ID: strategyRollAtOnce, Title: "a new secret for the key, at once",
	Outage: "the application has a dead secret from the roll until the new one is delivered, and there is no way back",
	Able: func(a Abilities) string {
		switch {
		case !a.Roll.OK:
			return "the service gives no key a new secret (" + a.Roll.Why + ")"
		case !a.Roll.AtOnce:
			return "the service cannot make the former secret die with the call"
		}
		return ""
	},
	Stages: []Stage{preflightStage, rollAtOnceStage, withUndo(deliverStage, ""), proveSecretStage, seeDeadStage}}

// Strategies are detent's own, the safest first. The dashboard always can: what stands behind it is never chosen unasked.
func Strategies() []Strategy {
	return []Strategy{CreateAndDelete, RollWithOverlap, Dashboard, RollAtOnce}
}

// strategy finds one by its id.
func (w World) strategy(id string) (Strategy, bool) {
	all := append(Strategies(), w.Strategies...)
	i := slices.IndexFunc(all, func(s Strategy) bool { return s.ID == id })
	if i < 0 {
		return Strategy{}, false
	}
	return all[i], true
}

// strategyOf is the strategy of a journal that is only shown: of one that is not known here there are no stages.
func strategyOf(j *journal) Strategy {
	s, _ := World{}.strategy(j.Strategy)
	return s
}

// StrategyIDs are what users may ask for, in the order in which a service that can is given them.
func StrategyIDs() (ids []string) {
	for _, s := range Strategies() {
		ids = append(ids, s.ID)
	}
	return ids
}

// choose takes the strategy that was asked for, else the first that the service can.
func (w World) choose(id string, a Abilities) (Strategy, error) {
	if id != "" {
		s, ok := w.strategy(id)
		if !ok {
			return s, &RefusedError{Reason: fmt.Sprintf("there is no strategy %.40q", id), Next: "use one of " + strings.Join(StrategyIDs(), ", ")}
		}
		if why := s.Able(a); why != "" {
			return s, &RefusedError{Reason: why}
		}
		return s, nil
	}
	for _, s := range Strategies() {
		if s.Able(a) == "" {
			return s, nil
		}
	}
	return Strategy{}, &RefusedError{Reason: CreateAndDelete.Able(a)}
}

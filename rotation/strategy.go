package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
)

// Strategy is a way to replace a key, as data: the journal, the checklist on screen, `rotations`, --plan and the
// words go over its stages. A stage or a strategy is added here, or given to World.Strategies, and nowhere else.
type Strategy struct {
	ID    string // in the journal and for --strategy
	Title string // as people read it
	// Outage says what stops meanwhile, where the application cannot go on while the key is replaced so: it is the plan's first line.
	Outage string
	// Able says why a service cannot be rotated so; empty where it can.
	Able   func(Abilities) string
	Stages []Stage
}

// Abilities are what a strategy needs to know of a service.
type Abilities struct {
	Create, Delete, Disable, LastUsed bool
	Roll                              apikey.Roll
	WhyNoCreate, WhyNoDelete          string
}

// Stage is one step of a strategy.
type Stage struct {
	ID    Step
	Title string // "Create"
	Phase Phase
	// Default is what the enter key does, as a verb phrase: "create the new key".
	Default string
	// Applies says whether a rotation has this stage; nil is always.
	Applies func(v *View) bool
	// Waits says that the stage changes nothing and goes on by itself after a while.
	Waits bool
	// Text is one sentence that says what will happen.
	Text func(v *View) string
	// Does are the calls and writes that the stage makes, in order.
	Does func(p *Planner) []Act
	// Proves is what will be known once the stage is over.
	Proves func(v *View) []string
	// Undo says how what the stage did is taken back; empty where it cannot be, "-" where there is nothing to take back.
	Undo func(v *View) string
	// Asks is what a person may be asked at it.
	Asks func(v *View) []string
	// Run does the stage, or one look of it. It is called again until it moves on; it journals what it changes.
	Run func(ctx context.Context, r *Rotation) (Result, error)
}

// The ids of detent's own strategies, as journals have them.
const (
	strategyCreate    = "create"
	strategyDashboard = "dashboard"

	strategyRoll       = "roll"
	strategyRollAtOnce = "roll-at-once"
)

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

// Strategies are detent's own, the safest first. The dashboard always can: what stands behind it is never chosen unasked.
func Strategies() []Strategy {
	return []Strategy{CreateAndDelete, RollWithOverlap, Dashboard, RollAtOnce}
}

// isRoll reports whether a strategy gives one key a new secret.
func isRoll(id string) bool { return id == strategyRoll || id == strategyRollAtOnce }

// strategy finds one by its id.
func (w World) strategy(id string) (Strategy, bool) {
	all := append(Strategies(), w.Strategies...)
	i := slices.IndexFunc(all, func(s Strategy) bool { return s.ID == id })
	if i < 0 {
		return Strategy{}, false
	}
	return all[i], true
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

// stages of this rotation, in order.
func (s Strategy) stages(v *View) []Stage {
	return slices.DeleteFunc(slices.Clone(s.Stages), func(st Stage) bool { return st.Applies != nil && !st.Applies(v) })
}

func (s Strategy) stage(id Step) (Stage, bool) {
	i := slices.IndexFunc(s.Stages, func(st Stage) bool { return st.ID == id })
	if i < 0 {
		return Stage{}, false
	}
	return s.Stages[i], true
}

// after is the stage that follows id in this rotation; Done after the last.
func (s Strategy) after(id Step, v *View) Step {
	at := slices.IndexFunc(s.Stages, func(st Stage) bool { return st.ID == id })
	for _, st := range s.Stages[at+1:] {
		if st.Applies == nil || st.Applies(v) {
			return st.ID
		}
	}
	return Done
}

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
		if len(v.Lacks) > 0 {
			return fmt.Sprintf("create the key %q, with the access and lifetime of the old one but for what cannot be asked for: %s", v.NewName, strings.Join(v.Lacks, ", "))
		}
		return fmt.Sprintf("create the key %q with the access and lifetime of the old one", v.NewName)
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
		return fmt.Sprintf("delete the old key %q (%s), and see that its secret is refused", v.Old.Name, v.Old.ID)
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

package rotation

import (
	"context"
	"slices"

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

// AbilitiesOf are those of a service with these capabilities.
func AbilitiesOf(caps apikey.Capabilities) Abilities {
	return Abilities{Roll: caps.Roll, Create: caps.Create.OK, Delete: caps.Delete.OK, Disable: caps.Disable.OK, LastUsed: caps.LastUsed.OK,
		WhyNoCreate: caps.Create.Why, WhyNoDelete: caps.Delete.Why}
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

// isRoll reports whether a strategy gives one key a new secret.
func isRoll(id string) bool { return id == strategyRoll || id == strategyRollAtOnce }

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

package rotation

import (
	"time"

	"detent/apikey"
)

// View is a rotation at one moment, for showing: nothing in it changes, and
// nothing in it is a secret.
type View struct {
	ID       string // also the nonce in the new key's name
	Profile  string
	Operator string // who worked on it last over SSH; empty for a user of this machine
	Service  string
	Mode     Mode
	OldFirst bool
	// CanDisable and SeesUse say what the service lets a rotation do.
	CanDisable, SeesUse  bool
	CanDelete, CanRename bool // false in a list of journals, which does not ask the service
	// Strategy is how the key is replaced.
	Strategy string
	// Overlap is how long the former secret of a roll lives on; FormerDies, when it ends, once the service has said so.
	Overlap    time.Duration
	FormerDies apikey.Moment

	Manual  bool // the service cannot create: the operator does, and pastes
	State   State
	Step    Step
	Undoing bool // an undo has begun: Do goes on with it
	// OldGone says that a deletion of the old key was sent and not refused: undo is no longer possible. OldAnswered, that the service
	// answered it.
	OldGone, OldAnswered bool
	OldOff               bool // disabled by the rotation
	Started              time.Time
	Changed              time.Time // the last journal write
	Old                  apikey.Key
	New                  *apikey.Key // nil before create
	NewName              string      // the name that the new key gets, or has
	Lacks                []string    // fields of access that the new key is not asked to have as the old one has them
	Unseen               []string    // fields of access that the list does not tell of the old key
	Renews               bool        // a roll makes the new key
	// Drain and Soak are the waits; Explicit says that the operator named them.
	Drain, Soak                 time.Duration
	DrainExplicit, SoakExplicit bool
	Destinations                []DestinationView
	Plan                        []PlanLine
	Next                        Next
	Certain                     []string
	// Claims are the observations that Certain is made from.
	Claims []Claim
	// Question is what the rotation waits for, in the process that has it open.
	Question *Question
	// Left says what lies where after an end: keys, kept copies.
	Left    []string
	Unknown []string
	Diff    []Difference
	Notes   []string // of the preflight
	// SecretInHand says that the new secret is in memory and not yet delivered everywhere: leaving loses it.
	SecretInHand bool
	// Holder is the process that has the rotation open, where it is not this one; List fills it in.
	Holder *Holder
	// History is what happened, in order.
	History []Event
	// Path is the journal's file.
	Path string
	// Err says why a journal cannot be read; then only ID and Path are set.
	Err error
}

// Event is one line of a rotation's history.
type Event struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// DestinationView is a destination's part.
type DestinationView struct {
	Spec, Describe string
	CanUndo        bool
	Begun          bool   // a put was begun
	Put            bool   // the new value was put there
	Reads          bool   // it can be read back
	Without        string // why the rotation goes on without it
	Held           bool   // it held a value before
	Then           bool   // the command after it has run
	Backup         string
}

// PlanState is how a line of the plan stands.
type PlanState int

// The states of a plan line.
const (
	Later PlanState = iota
	Current
	Completed
)

// PlanLine is one step of this rotation and what it does.
type PlanLine struct {
	Step  Step
	Title string
	Phase Phase
	State PlanState
	Text  string // what will happen, before it happens
}

// Next is what the next Do does, in words.
type Next struct {
	Step Step
	Text string // one sentence
	// Default is the safe way on, as a verb phrase for the enter key: "create the new key".
	Default string
	// Undo says what Undo would do now; empty where it is refused.
	Undo string
	// Waits says that it changes nothing and goes on by itself.
	Waits bool
}

// Phase is one of the four steps that the services' own documents name.
type Phase int

// The four steps of the seed.
const (
	PhaseCreate Phase = iota
	PhaseUpdate
	PhaseVerify
	PhaseDelete
)

// Phases are the four steps, in order.
var Phases = []Phase{PhaseCreate, PhaseUpdate, PhaseVerify, PhaseDelete}

func (p Phase) String() string {
	return [...]string{"Create new key", "Update application", "Verify new key", "Delete old key"}[p]
}

// PhaseName is what a step is called here: a roll makes no key and deletes none.
func (v View) PhaseName(p Phase) string {
	if v.Rolls() {
		return [...]string{"Create new secret", "Update application", "Verify new secret", "End former secret"}[p]
	}
	return p.String()
}

// Rolls reports whether the key stays and has a new secret.
func (v View) Rolls() bool { return isRoll(v.Strategy) && !v.Renews }

// Sides are what the old and the new one are called here.
func (v View) Sides() (old, made string) {
	if v.Rolls() {
		return "the former secret", "the new secret"
	}
	return "the old key", "the new key"
}

// PublicStep is the step as docs/REFERENCE.md names it in JSON.
func (v View) PublicStep() string {
	switch {
	case v.Step == Retire && v.CanDisable:
		return string(Disable)
	case v.Step == Retire:
		return string(Delete)
	}
	return string(v.Step)
}

// Verdict of a comparison of one field.
type Verdict string

// The verdicts.
const (
	Equal      Verdict = "equal"
	Differs    Verdict = "differs"
	Unreported Verdict = "unknown" // the service has the field but does not report it
	Tolerated  Verdict = "accepted"
)

// Difference compares one field of access of the old key and the new one.
type Difference struct {
	Field    apikey.Field
	Old, New string // in words; "unknown" where the service does not say
	Verdict  Verdict
	Reason   string // why it was accepted
}

// NewID is the id of the new key; empty before create.
func (v View) NewID() string {
	if v.New == nil {
		return ""
	}
	return v.New.ID
}

// NewAtService is the new key as its service calls it, nil before create: one that was rolled has the id of the old one there.
func (v View) NewAtService() *apikey.Key {
	if v.New == nil || !v.Rolls() {
		return v.New
	}
	k := *v.New
	k.ID = v.Old.ID
	return &k
}

// Blocks reports whether the deletion of the old key waits for an acceptance.
func (d Difference) Blocks() bool { return d.Verdict == Differs || d.Verdict == Unreported }

// Statements are what the operator confirms, consumer by consumer, because detent cannot see it.
func (v View) Statements() []string {
	old, made := v.Sides()
	if v.Step == Soak || v.Step == Disable {
		return []string{"Nothing broke while the old key was off"}
	}
	var out []string
	for _, d := range v.Destinations {
		if d.Without == "" { // what reads one that is left out, uses nothing of this rotation's
			out = append(out, "What reads "+d.Describe+" uses "+made)
		}
	}
	return append(out, "Nothing else uses "+old)
}

// Concerns lists the ids of keys that the open rotations among views concern, old and
// new, of one profile.
func Concerns(views []View, profile string) map[string]bool {
	ids := map[string]bool{}
	for _, v := range views {
		if v.Err != nil || v.State != Open || v.Profile != profile {
			continue
		}
		ids[v.Old.ID] = true
		if v.New != nil {
			ids[v.New.ID] = true
		}
	}
	return ids
}

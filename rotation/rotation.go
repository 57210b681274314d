// Package rotation replaces a key in production without a gap and without
// losing a secret: preflight, create, deliver, verify, drain, disable, soak,
// delete. It is a state machine without a screen and without HTTP: given a
// service and destinations, it does one step at a time, and writes a journal
// before and after every call that changes anything, so that a process that is
// killed anywhere can go on or undo.
//
// The files stand in an order: each calls those of its own line here, and of the lines above it, alone.
//
//	words rotation claim errors question strategy view   what is said, as data
//	store lock journal format diff rollsay say recall    the journal, and what is told from it alone
//	core notice calls step                               one rotation: its state, a call, the end of a step
//	list probe places whose lastuse                      looks at the keys, at a secret, at the destinations
//	withdraw dead gone access mint paste rolling         a key taken out of service, gone, made; what it may do
//	create renewing rollfind roll lost                   the ways to a new secret, and one that nobody has
//	deliver switch gate verify drain retire finish       the stages after it
//	undo undoplaces rightplace preflight plan planner    the way back; what is seen to, and said, beforehand
//	stages do open                                       the table of stages, and what is called from outside
package rotation

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// Mode is how a key is replaced.
type Mode string

// The modes.
const (
	Planned     Mode = "planned"     // old and new work side by side until the old one is quiet
	Compromised Mode = "compromised" // the old key goes as soon as the new one works
)

// The default waits, where the operator names none.
const (
	DefaultDrain = 15 * time.Minute
	DefaultSoak  = 10 * time.Minute
)

// Step is where a rotation stands: the id of the stage that the next Do does.
type Step string

// The steps of detent's own strategies, in order. Retire is the first step of Compromised with OldFirst.
const (
	Preflight Step = "preflight"
	Retire    Step = "retire"
	Create    Step = "create"
	Deliver   Step = "deliver"
	Verify    Step = "verify"
	Drain     Step = "drain"
	Disable   Step = "disable"
	Soak      Step = "soak"
	Delete    Step = "delete"
	Done      Step = "done"
)

// undoing stands for a step in the failure of an undo, wherever the rotation is.
const undoing Step = "undo"

// State of a rotation as a whole.
type State string

// The states.
const (
	Open    State = "open"
	Over    State = "done"
	Aborted State = "aborted"
	Closed  State = "closed" // ended as it stood, by a person's word
)

// World is what a rotation needs from outside. Dir, Profile and Service are required.
type World struct {
	Dir     string // the journals, where Store is nil; made 0700
	Store   Store  // nil is Files in Dir
	Profile string
	Service client.Service
	// Operator is who works on it, where that is not the user of this process; it is journaled.
	Operator string
	// Timeout bounds one operation of Service; a create whose answer was lost is
	// looked for after max(2 × Timeout, 5 s).
	Timeout time.Duration
	// Resolve finds a destination again by its Spec, when a rotation is resumed.
	Resolve func(spec string) (delivery.Destination, error)
	// Switcher changes detent's own credential; needed only to rotate that. May be nil.
	Switcher CredentialSwitcher

	// Manages says that the host knows its credential may create and delete keys: the embedded service's own administrator, which is in no list.
	Manages bool
	// Credential is the secret that detent itself authenticates with, where the host has it: it is never taken for a new key's.
	Credential apikey.Secret
	// Headless says that nobody can be asked: what a person would have to decide is said before a key is made.
	Headless bool
	// Host names this machine: a place on it is one place. Empty is os.Hostname.
	Host string
	// Strategies are further ones beside detent's own.
	Strategies []Strategy
	// Announce records that a call is about to be sent, before the last look at everything; the context it returns goes
	// with the call, and end is told what came of it, errNotSent where the look stopped it. Nil does nothing.
	Announce func(ctx context.Context, action, id string) (call context.Context, end func(error), err error)
	// Notify is told what no call shows: how a rotation began, each stage that is over, a person's word. Nil for nobody.
	Notify func(Notice)

	// Now, Sleep and Random are the clock and the dice; nil for the real ones. Differences of
	// Now must be monotonic. Sleep returns early with the context's error.
	Now func() time.Time
	// Wall is the machine's clock on the wall, which may be set while Now goes on; nil is Now's own.
	Wall   func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Random io.Reader
	// Hook, if set, is called at every point where a kill must be survived: before and after each journal
	// write, remote call and delivery. For tests.
	Hook func(point string)
}

// Params start a rotation.
type Params struct {
	World
	// Key is the key to replace, as it was listed. Where the service does not say its environment, the
	// profile's may be put there: it guards the deliveries.
	Key          apikey.Key
	Destinations []delivery.Destination
	Mode         Mode // empty is Planned
	OldFirst     bool // Compromised: disable or delete the old key before anything else
	// Drain and Soak are the waits; nil is the default. A value given, 0
	// included, is the operator's attestation and is journaled.
	Drain, Soak *time.Duration
	// AcceptUnknown is the reason for accepting access that the service does not report.
	AcceptUnknown string
	// AcceptLacks is the reason for a new key without the access or lifetime of the old one that cannot be asked for.
	AcceptLacks string
	// AllowMixed, AllowTracked and AllowOwner are passed to the destinations (delivery.Job).
	AllowMixed, AllowTracked, AllowOwner bool
	// Replace says that a destination may hold something else than the old key's secret.
	Replace bool
	// Revive says that an expired or disabled key may come alive by the rotation.
	Revive bool
	// NotMine is the reason why another marked key of the same base is no rival.
	NotMine string
	// Overlap is how long the former secret of a roll lives on beside the new one; nil is DefaultOverlap, or as long as the service lets it.
	Overlap *time.Duration
	// Outage is the word of whoever takes it that the application has a dead secret for a while: a roll at once needs it.
	Outage string
	// Strategy is how; empty is the safest that the service can.
	Strategy string
	// PlanOnly is for a look at the Plan alone: not even a lock is written, and nothing can be done.
	PlanOnly bool
}

// CredentialSwitcher changes the credential that detent itself uses. The host
// gives one; every method is idempotent.
type CredentialSwitcher interface {
	// Describe says where the credential comes from: "the file ~/.secrets/prosopo".
	Describe() string
	// CanSwitch says whether Switch can do it (a token file). Where it cannot (an environment
	// variable, a command), the rotation stops before the old key is touched, until a
	// start authenticates with the new key.
	CanSwitch() bool
	// Preflight proves that Switch can work, changing nothing.
	Preflight(ctx context.Context, job delivery.Job) error
	// Switch puts the secret where the credential is read from, keeping the old one for Undo, and
	// returns a service that uses it.
	Switch(ctx context.Context, job delivery.Job, secret apikey.Secret) (client.Service, error)
	// Undo puts the old credential back and returns a service that uses it.
	Undo(ctx context.Context, job delivery.Job) (client.Service, error)
	// Finish removes what Switch kept.
	Finish(ctx context.Context, job delivery.Job) error
}

// Status says what a Do came to.
type Status int

// The statuses.
const (
	Moved    Status = iota // the step was done; Do does the next one
	Waiting                // nothing to do before Result.Wait has passed; then Do again
	Stopped                // a decision is needed: Result.Question
	Finished               // done or aborted
)

// Result is what one Do or Undo did.
type Result struct {
	Status Status
	Did    Step // the step that ran
	Step   Step // where the rotation stands now
	// Question is what a stopped rotation needs from a person; nil elsewhere.
	Question *Question
	Message  string   // what happened, or what is asked, in one or two sentences
	Notes    []string // what the operator should know
	Output   string   // what a destination's command printed
	// Wait is how long until Do is worth calling again; Left is the countdown to
	// the end of the wait, Total its length.
	Wait, Left, Total time.Duration
	// Watch is what a drain sees; nil elsewhere.
	Watch *Watch
}

// Watch is what a drain sees of the two keys.
type Watch struct {
	Visible   bool          // the service reports last use, and it was seen to move
	OldUsed   apikey.Moment // last use of the old key
	NewUsed   apikey.Moment
	Moved     bool // the old key was used since the last look
	Polls     int  // looks in the current quiet time
	QuietFor  time.Duration
	Elapsed   time.Duration // since the drain began in this process
	OwnTraces bool          // the old key moves with every look of ours: it may be our own credential
	// Span is the shortest time without a use that this service's last use can show; 0 while it is not known.
	Span time.Duration
}

func (w World) withDefaults() World {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Wall == nil {
		now := w.Now
		w.Wall = func() time.Time { return now().Round(0) }
	}
	if w.Sleep == nil {
		w.Sleep = client.Sleep
	}
	if w.Random == nil {
		w.Random = rand.Reader
	}
	if w.Hook == nil {
		w.Hook = func(string) {}
	}
	if w.Store == nil {
		w.Store = Files{Dir: w.Dir}
	}
	if w.Host == "" {
		w.Host, _ = os.Hostname()
	}
	if w.Announce == nil {
		w.Announce = func(ctx context.Context, _, _ string) (context.Context, func(error), error) {
			return ctx, func(error) {}, nil
		}
	}
	return w
}

// settle is how long a create whose answer was lost is given to take effect.
func (w World) settle() time.Duration { return max(2*w.Timeout, 5*time.Second) }

// Package rotation replaces a key in production without a gap and without
// losing a secret: preflight, create, deliver, verify, drain, disable, soak,
// delete. It is a state machine without a screen and without HTTP: given a
// service and destinations, it does one step at a time, and writes a journal
// before and after every call that changes anything, so that a process that is
// killed anywhere can go on or undo.
package rotation

import (
	"context"
	"crypto/rand"
	"io"
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

// Step is where a rotation stands: the step that the next Do does.
type Step string

// The steps, in order. Retire is the first step of Compromised with OldFirst.
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
)

// World is what a rotation needs from outside. Dir, Profile and Service are required.
type World struct {
	Dir     string // the journals; made 0700
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

	// Manages says that the host knows its credential may create and delete keys,: the embedded service's own administrator, which is in no list.
	Manages bool

	// Now, Sleep and Random are the clock and the dice; nil for the real ones. Differences of
	// Now must be monotonic. Sleep returns early with the context's error.
	Now    func() time.Time
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
	// AllowMixed and AllowTracked are passed to the destinations (delivery.Job).
	AllowMixed, AllowTracked bool
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
	Stopped                // a decision is needed: Result.Need
	Finished               // done or aborted
)

// Need is the decision that a stopped rotation waits for.
type Need string

// The decisions.
const (
	NoNeed      Need = ""
	NeedPaste   Need = "paste"   // create the key in the dashboard, then Paste
	NeedAttest  Need = "attest"  // confirm what cannot be seen, then Attest
	NeedAccept  Need = "accept"  // accept the differences of old and new, then Accept
	NeedSwitch  Need = "switch"  // give detent the new credential and start it again
	NeedCleanup Need = "cleanup" // several keys carry the nonce, or one that is not as drafted
)

// Result is what one Do or Undo did.
type Result struct {
	Status Status
	Did    Step // the step that ran
	Step   Step // where the rotation stands now
	Need   Need
	Said   string   // what happened, or what is asked, in one or two sentences
	Notes  []string // what the operator should know
	Output string   // what a destination's command printed
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
}

func (w World) withDefaults() World {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Sleep == nil {
		w.Sleep = sleep
	}
	if w.Random == nil {
		w.Random = rand.Reader
	}
	if w.Hook == nil {
		w.Hook = func(string) {}
	}
	return w
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle is how long a create whose answer was lost is given to take effect.
func (w World) settle() time.Duration { return max(2*w.Timeout, 5*time.Second) }

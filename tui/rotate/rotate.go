// Package rotate is the guided rotation on screen: what will happen before it
// happens, one step at a time, and what is certain and what is not at every point.
//
// From the bottom up: page (lines of text), rotate and queue (what is needed of the world), places (where a secret may go). Of a rotation,
// own has the screen's own questions, phase what it may be doing, asking and next what comes of an event; checklist, below, evidence,
// keys and block are what it shows, which layout puts together, and screen carries out what next says. list, which resumes one, and
// setup with its rows and its view, which begins one, stand on it. Of several, queuestate has how they stand, queuebegin and queuehole
// what is typed for them, queueview what is shown, and queuescreen what is done. speech and queuespeech say them.
package rotate

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
)

// Host is what rotations need of the world. Its methods are called in commands.
type Host interface {
	// Rotations lists the rotations that have a journal here, of all profiles, newest first.
	Rotations(ctx context.Context) ([]rotation.View, error)
	// Setting is what the configuration says of a profile: live, test, dev, or nothing.
	Setting(profile string) apikey.Setting
	// Destinations are the named ones of the profile; those suggested for the key come first. It is cheap.
	Destinations(profile, key string) []Named
	// Start begins a rotation. Nothing is changed yet but the journal.
	Start(ctx context.Context, profile string, key apikey.Key, plan Plan) (Rotation, error)
	// Resume opens a rotation that has a journal.
	Resume(ctx context.Context, id string) (Rotation, error)
}

// Named is a destination of the profile.
type Named struct {
	Name      string
	Describe  string
	Suggested bool // its keys match the key's name
}

// Plan is what the setup screen asks for.
type Plan struct {
	Destinations []string // specs as docs/REFERENCE.md writes them, or names
	Mode         rotation.Mode
	OldFirst     bool
	Drain, Soak  *time.Duration // nil is the default; a value is the operator's word
	Strategy     string         // by its id; empty is the safest that the service can
	Overlap      *time.Duration // of a roll; nil is the default
}

// Rotation is one open rotation. Do and Undo block; a screen calls them in commands.
type Rotation interface {
	View() rotation.View
	Do(ctx context.Context) (rotation.Result, error)
	Undo(ctx context.Context) (rotation.Result, error)
	// Answer takes what a person says to the question that the last result asked.
	Answer(ctx context.Context, a rotation.Answer) (rotation.Result, error)
	// Reenable turns a disabled old key on again.
	Reenable(ctx context.Context) (rotation.Result, error)
	// Attest records a person's word that ends a wait.
	Attest(reason string) error
	// TurnAround gives an undo up and goes on with the rotation.
	TurnAround() (rotation.Result, error)
	// End closes the rotation as it stands.
	End(ctx context.Context, reason string) (rotation.Result, error)
	// Plan is what the rotation will do from here.
	Plan(ctx context.Context) (rotation.FullPlan, error)
	// Close gives it up in this process.
	Close()
}

// Messages of this package. Each names the screen it is for, so that two open
// rotations never take each other's answers.
type (
	openedMsg struct {
		screen   *Screen
		rotation Rotation
		err      error
	}
	didMsg struct {
		screen *Screen
		did    callDone
	}
	planMsg struct {
		screen *Screen
		plan   rotation.FullPlan
		err    error
	}
	tickMsg struct {
		screen *Screen
		turn   int
	}
	listedMsg struct {
		list  *List
		views []rotation.View
		err   error
	}
)

// Changed tells the root that rotations were begun, moved on or ended: marks and
// counts are stale. Reload is set where keys were made or deleted.
type Changed struct {
	Reload bool
	// On is the key that the cursor is to be on then, and Profile whose it is; empty for where it is.
	Profile, On string
}

func changed(reload bool) tea.Cmd {
	return func() tea.Msg { return Changed{Reload: reload} }
}

// context for calls that must not be cancelled by leaving a screen.
func background() context.Context { return context.Background() }

// count is how many of some are so.
func count[T any](all []T, is func(T) bool) (n int) {
	for _, x := range all {
		if is(x) {
			n++
		}
	}
	return n
}

package world

import (
	"fmt"
	"math/rand/v2"
	"time"

	"detent/rotation"
)

// Walk is one walk through the world, as data.
type Walk struct {
	Scenario Scenario
	Acts     []string // the operator's
	Strikes  []Strike // the adversary's
	GoesOn   bool     // the operator only goes on, and restores what an act took away
}

// Strike is one act of the adversary: which, in which step of the rotation (empty: any), at which point.
type Strike struct {
	Act   string
	Step  string
	Point string // its name; empty: any
	Nth   int    // that many such points are let go by
	N     int    // which place, call or length, as the act takes it
}

// Failure is an invariant that did not hold.
type Failure struct {
	Invariant string
	Text      string
}

// Outcome is what a walk came to.
type Outcome struct {
	Acts     int
	End      string // "done", "undone", "closed", "stopped"
	Within   string // the same, before the adversary is quiet and everything is put right
	Failures []Failure
	Met      map[Pair]int // the strikes that happened
	Log      []string     // with Options.Log
}

// Pair is an act of the adversary in a step of the rotation.
type Pair struct{ Act, Step string }

// Options of a run.
type Options struct {
	Dir string // an empty folder, emptied again
	Log bool   // keep what happens, line by line
}

// world is one walk's.
type world struct {
	clocks
	sc   Scenario
	walk Walk
	dir  string
	rng  *rand.Rand

	keys       []*key
	old, other *key
	rival      *key
	homonym    bool // somebody made another key of the name
	apps       []*app
	places     []*place
	later      []scheduled
	made, seq  int
	disk       int // counts what may have changed a file
	lies       []*lie
	createLie  string
	rollNamed  map[string]*key // what the rolls of each name made
	acceptAll  bool
	confused   bool
	frozen     time.Time
	hidden     []string
	store      *store

	id      string
	process *process
	step    string // of the rotation, while the process acts
	where   string // the point
	act     int
	slept   int
	dead    bool
	atDeath map[string]string
	last    outcome

	events       []event
	ticks        int
	moments      map[int64]moment
	claimed      map[seenClaim]bool
	oldUses      []time.Time     // when the old key was used, as it truly was
	shownTo      map[string]bool // fields of access that a person saw and accepted
	attested     bool            // somebody said that nobody uses the old key
	pasted       bool            // the wrong secret was, once
	pastedKey    *key
	refusedPaste map[string]bool
	doubted      *key // the pasted key that the program asked about by another's name
	goingBack    bool // the operator undoes
	vouched      bool // somebody said that the new key works, though it cannot be seen
	remade       bool // somebody said that a key may be made for one that is gone
	revived      bool // somebody said that the key may come alive
	strikes      []strike
	restores     []restore
	failures     []Failure
	met          map[Pair]int
	logging      bool
	log          []string
	replaced     bool      // somebody said that a place may hold something else
	notMine      bool      // somebody said that another marked key is no rival
	saidUnknown  bool      // an operator who cannot be asked accepted what cannot be seen
	turned       bool      // an undo was given up
	delivered    int       // how often a place with the old value was delivered to again
	calls        int       // of the service
	drained      time.Time // when the drain was looked at last
	blind        bool      // in the preflight anything was accepted, so that nothing told what a place held
	controlled   bool      // a made-up secret was refused: that is asked once
	announcer    *rotation.Rotation
}

func (w *world) must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the world itself: %v", err))
	}
}

package world

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
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

// The operator's acts.
const (
	actRun     = "run"     // goes on until something is needed, and answers it from the truth
	actDo      = "do"      // one step
	actUndo    = "undo"    // goes back, as far as that comes
	actRestart = "restart" // leaves, and opens the rotation again
	actLeave   = "leave"   // leaves it; the next act opens it again
	actAway    = "away"    // is away for ten minutes
	actMinute  = "minute"  // for one
	actEnable  = "reenable"
	actRestore = "restore" // puts right what others took away
)

var operatorActs = []string{actRun, actRun, actRun, actDo, actDo, actDo, actUndo, actRestart, actLeave, actAway, actMinute, actEnable, actRestore}

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

type strike struct {
	Strike
	seen int
	done bool
}

type restore struct {
	what string
	do   func()
}

// world is one walk's.
type world struct {
	clocks
	sc   Scenario
	walk Walk
	dir  string
	rng  *rand.Rand

	keys             []*key
	old, other, twin *key
	rival            *key
	homonym          bool // somebody made another key of the name
	apps             []*app
	places           []*place
	later            []scheduled
	made, seq        int
	disk             int // counts what may have changed a file
	lies             []*lie
	createLie        string
	rollNamed        map[string]*key // what the rolls of each name made
	acceptAll        bool
	confused         bool
	frozen           time.Time
	hidden           []string
	store            *store

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

// Run carries a walk out. It is the same each time.
func Run(walk Walk, o Options) Outcome {
	w := newWorld(walk, o)
	defer func() { _ = os.RemoveAll(w.dir) }()
	w.operate()
	within := w.end()
	w.finale()
	end := w.end()
	if w.process != nil {
		w.process.drop()
	}
	return Outcome{Acts: w.act, End: end, Within: within, Failures: w.failures, Met: w.met, Log: w.log}
}

func (w *world) end() string {
	if v := w.see(); v != nil && v.over() {
		return v.state
	}
	return "stopped"
}

func newWorld(walk Walk, o Options) *world {
	w := &world{sc: walk.Scenario.clone(), walk: walk, dir: o.Dir, rng: rand.New(rand.NewPCG(1, 2)), logging: o.Log,
		shownTo: map[string]bool{}, refusedPaste: map[string]bool{}, moments: map[int64]moment{}, claimed: map[seenClaim]bool{}, met: map[Pair]int{}}
	w.now, w.store, w.disk = epoch, newStore(w), 1
	for _, s := range walk.Strikes {
		w.strikes = append(w.strikes, strike{Strike: s})
	}
	w.must(os.MkdirAll(w.dir, 0o700))
	w.settle()
	return w
}

func (w *world) must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the world itself: %v", err))
	}
}

func (w *world) note(format string, args ...any) {
	if w.logging {
		w.log = append(w.log, fmt.Sprintf("%8.2fs %-9s ", w.now.Sub(epoch).Seconds(), w.step)+fmt.Sprintf(format, args...))
	}
}

// fail records that an invariant did not hold; the first time of each text counts.
func (w *world) fail(invariant, format string, args ...any) {
	f := Failure{invariant, fmt.Sprintf(format, args...)}
	if !slices.Contains(w.failures, f) {
		w.failures = append(w.failures, f)
		w.note("FAIL %s %s", f.Invariant, f.Text)
	}
}

// point is where the adversary may act: before and after every call and every file operation.
func (w *world) point(name string) {
	if w.dead || w.step == "" {
		return
	}
	w.where = name
	for i := range w.strikes {
		s := &w.strikes[i]
		if s.done || s.Step != "" && s.Step != w.step || s.Point != "" && s.Point != name {
			continue
		}
		if s.seen++; s.seen <= s.Nth {
			continue
		}
		s.done = true // before it acts: a kill does not come back
		pair := Pair{s.Act, w.step}
		if s.Act == "kill" {
			w.met[pair]++
			w.note("kill at %s", name)
		}
		back, done := mischiefNamed(s.Act).do(w, s.N)
		if !done {
			s.done = false
			continue
		}
		w.met[pair]++
		w.note("%s at %s", s.Act, name)
		if back != nil {
			w.restores = append(w.restores, restore{s.Act, back})
		}
	}
}

// putRight brings back what was taken away, the last first.
func (w *world) putRight() {
	for _, r := range slices.Backward(w.restores) {
		w.note("put right: %s", r.what)
		r.do()
	}
	w.restores = nil
}

// forgetReads: what was read before a wait, or by an earlier act, is no look any more.
func (w *world) forgetReads() {
	for _, p := range w.places {
		p.read = -1
	}
	for _, k := range w.keys {
		k.probed, k.taken = -1, time.Time{}
	}
}

// operate is the walk's own part: the operator and the adversary.
func (w *world) operate() {
	out := w.begin()
	w.after("start", out)
	if w.process == nil {
		return
	}
	for _, act := range w.walk.Acts {
		w.operator(act)
		if w.walk.GoesOn { // who goes on looks again after a moment
			w.pass(time.Minute, true)
		}
		if w.walk.GoesOn && w.process == nil && !w.journaled() { // killed before there was anything to go on with: begun anew
			w.after("start", w.begin())
		}
		if w.over() || w.process == nil && !w.journaled() {
			return
		}
	}
}

// after looks at what an act has come to.
func (w *world) after(act string, out outcome) {
	w.act++
	w.last = out
	w.note("%s: %s %s", act, out.status, strings.ReplaceAll(strings.TrimSpace(out.said), "\n", " | "))
	w.check(out)
	if w.walk.GoesOn {
		w.putRight()
	}
}

// open makes sure that a process has the rotation open.
func (w *world) open() bool {
	if w.process != nil {
		return true
	}
	if !w.journaled() {
		return false
	}
	out := w.resume(options{})
	if w.process == nil {
		w.last = out
		w.note("resume: %s %s", out.status, out.said)
		return false
	}
	return true
}

// maxActs is within how many acts a rotation ends once everything is right.
const maxActs = 20

// finale: the adversary is quiet, what was taken away is back, and the rotation comes to an end; then everything is looked at after the
// longest lag.
func (w *world) finale() {
	w.strikes = nil
	w.putRight()
	w.lies, w.createLie, w.frozen, w.hidden = nil, "", time.Time{}, nil
	for _, p := range w.places {
		p.failPut, p.failThen = 0, 0
	}
	w.step, w.sc.Headless = "", false // somebody comes to the terminal
	w.leave()
	if w.journaled() && !w.over() {
		back := !w.walk.GoesOn && len(w.walk.Acts)%2 == 1
		one := w.ends(back)
		first := w.last.said
		if !one && !w.ends(!back) && !w.afterOverlap() {
			w.fail("I4", "it ends neither way: %s: %s\n  the other way: %s", w.last.status, strings.TrimSpace(w.last.said), first)
		}
	}
	w.pass(w.longest(), true)
	w.checkEnd()
}

// ends goes one way until the rotation is over, within maxActs.
func (w *world) ends(back bool) bool {
	same, before := 0, ""
	for range maxActs {
		if w.over() {
			return true
		}
		if !w.open() {
			return false
		}
		w.after("finale", w.run(back))
		w.mendPlaces(back)
		if w.process != nil && w.last.status != finished {
			w.process.drop()
		}
		if same++; w.last.said != before {
			same, before = 0, w.last.said
		}
		if same == 4 { // nothing comes of it any more
			break
		}
		w.pass(time.Minute, true)
	}
	return w.over()
}

func (w *world) over() bool {
	v := w.see()
	return v != nil && v.over()
}

func (v *view) over() bool { return v.state != "open" && v.state != "damaged" }

// dice is the program's randomness: the same each time.
type dice struct{ rng *rand.Rand }

func (d *dice) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(d.rng.Uint32())
	}
	return len(b), nil
}

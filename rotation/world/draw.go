package world

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Draw makes a walk of a seed: scenario, the operator's acts, the adversary's. Seeds take turns at the steps, and at the
// acts in them, so that many walks meet every pair; further strikes are drawn.
func Draw(seed uint64) Walk {
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	step := turns[int(seed%uint64(len(turns)))]
	walk := Walk{Scenario: drawScenario(rng, step)}
	turn := int(seed/uint64(len(turns))) * perWalk
	var acts []mischief
	for _, m := range mischiefs {
		if !slices.Contains(m.never, step) {
			acts = append(acts, m)
		}
	}
	for i := range perWalk {
		m := acts[(turn+i*stride)%len(acts)]
		strike := drawStrike(rng, Pair{m.id, step})
		if step == "create" && slices.Contains(m.never, "preflight") { // the new key is there in the last points alone
			strike.Nth %= 3
		}
		walk.Strikes = append(walk.Strikes, strike)
		walk.Scenario.suit(rng, m.id)
		if m.id == "old key disabled" && step == "delete" { // else we have disabled it before
			walk.Scenario.Compromised = true
		}
	}
	if chance(rng, 10) {
		rare := drawStrike(rng, one(rng, rarely...))
		if rare.Step == "create" {
			rare.Nth %= 3
		}
		walk.Strikes = append(walk.Strikes, rare)
	}
	pairs := possible()
	for range some(rng, 1, 0, 2) {
		walk.Strikes = append(walk.Strikes, drawStrike(rng, pairs[rng.IntN(len(pairs))]))
	}
	if step == undoing {
		for range 2 + rng.IntN(6) {
			walk.Acts = append(walk.Acts, actDo)
		}
		walk.Acts = append(walk.Acts, actUndo, actUndo)
	} else {
		walk.Acts = append(walk.Acts, one(rng, actRun, actDo))
	}
	for range 1 + rng.IntN(6) {
		walk.Acts = append(walk.Acts, operatorActs[rng.IntN(len(operatorActs))])
	}
	if chance(rng, 12) {
		at := 1 + rng.IntN(len(walk.Acts))
		walk.Acts = slices.Insert(walk.Acts, at, one(rng, flagActs...))
	}
	if chance(rng, 4) {
		walk.Acts = append(walk.Acts, one(rng, actClose, actAlone))
	}
	return walk
}

// perWalk is how many acts of the adversary a walk has in the step whose turn it is.
const perWalk = 5

// stride keeps acts that stand in each other's way, which are neighbours in the table, out of one walk.
const stride = 11

// rarely are the pairs that few points allow: the act is possible in the last ones of the step alone.
var rarely = []Pair{{"second host", "verify"}, {"second host", "drain"}, {"second host", "disable"}, {"reverted", undoing}, {"reverted", "deliver"}, {"new key renamed", "create"}, {"new key narrowed", "create"}, {"new key disabled", "create"}, {"new key ends soon", "create"},
	{"new key deleted", "create"}, {"both keys deleted", "create"}, {"second host", "deliver"}, {"kept copy removed", undoing}}

// turns are the steps, those that many walks do not come to more often: each pair is met about as often.
var turns = slices.Concat(slices.Repeat([]string{"retire", "verify", "drain", "disable", "soak", "delete"}, 4), slices.Repeat([]string{"create", "deliver", undoing}, 3),
	slices.Repeat([]string{"preflight"}, 2))

// DrawGoingOn makes a walk whose operator only goes on, with that many acts of the adversary, drawn uniformly.
func DrawGoingOn(seed uint64, strikes int) Walk {
	rng := rand.New(rand.NewPCG(seed, 0xbf58476d1ce4e5b9))
	walk := Walk{Scenario: drawScenario(rng, ""), GoesOn: true}
	walk.Scenario.Wrong, walk.Scenario.NoControl, walk.Scenario.Pastes = "", false, ""
	walk.Scenario.Headless = false
	walk.Acts = slices.Repeat([]string{actRun}, maxActs)
	for range strikes {
		s := drawStrike(rng, Pair{Act: mischiefs[rng.IntN(len(mischiefs))].id})
		s.Nth = rng.IntN(160)
		walk.Strikes = append(walk.Strikes, s)
	}
	return walk
}

func drawStrike(rng *rand.Rand, p Pair) Strike {
	nth := rng.IntN(4)
	switch rng.IntN(4) {
	case 0:
		nth = rng.IntN(12)
	case 1:
		nth = rng.IntN(50)
	}
	return Strike{Act: p.Act, Step: p.Step, Nth: nth, N: rng.IntN(1000)}
}

// possible are the pairs of act and step that can be.
func possible() []Pair {
	var out []Pair
	for _, m := range mischiefs {
		for _, step := range steps {
			if !slices.Contains(m.never, step) {
				out = append(out, Pair{m.id, step})
			}
		}
	}
	return out
}

// suit gives a scenario what an act needs.
func (sc *Scenario) suit(rng *rand.Rand, act string) {
	need := func(kinds ...string) {
		if !slices.ContainsFunc(sc.Places, func(kind string) bool { return slices.Contains(kinds, kind) }) {
			sc.Places = append(sc.Places, one(rng, kinds...))
		}
	}
	switch {
	case strings.HasPrefix(act, "link swapped"):
		need(linkPlace, releasePlace)
	case act == "command fails" || act == "command fails late":
		need(hookPlace)
	case strings.HasSuffix(act, "key disabled"):
		sc.Disable = true
	case strings.HasPrefix(act, "create answers"):
		sc.Manual, sc.Pastes = false, ""
	case slices.ContainsFunc(placeMischiefs(), func(m mischief) bool { return m.id == act }):
		need(envPlace, filePlace, linkPlace, releasePlace)
	}
}

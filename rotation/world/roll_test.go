package world

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// rolled makes a walk one of a key that is given a new secret, with an overlap.
func rolled(walk Walk, seed uint64) Walk {
	rng := rand.New(rand.NewPCG(seed, 0x94d049bb133111eb))
	walk.Scenario.Roll = one(rng, time.Hour, 24*time.Hour, 20*time.Minute, 3*time.Minute)
	if walk.Scenario.Drain == 0 {
		walk.Scenario.Drain = time.Minute
	}
	walk.Scenario.fitRoll()
	return walk
}

// atOnce makes it one whose former secret dies with the call.
func atOnce(walk Walk, seed uint64) Walk {
	walk = rolled(walk, seed)
	walk.Scenario.AtOnce = true
	return walk
}

// unnamed makes it one at a service that takes no name for a roll, and shows nowhere which secret a key has.
func unnamed(walk Walk, seed uint64) Walk {
	walk = atOnce(walk, seed)
	walk.Scenario.Unnamed = true
	return walk
}

// kinds of rolls, with the words of what is printed.
var kinds = map[string]func(Walk, uint64) Walk{"rolls with an overlap": rolled, "rolls at once": atOnce, "rolls without a name": unnamed}

// TestRolls: no walk of a key that is rolled loses it, or says what is not so.
func TestRolls(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			draw := func(seed uint64) Walk { return kind(Draw(seed), seed) }
			if *onlyFlag {
				show(t, draw(*seedFlag), *invFlag)
				return
			}
			total := everyWalk(t, *seedFlag, manyWalks()/4, draw)
			t.Log(name + ": " + total.String())
			if total.ends["done"] == 0 || total.ends["undone"] == 0 {
				t.Error("the walks do not come to both ends")
			}
			for _, class := range slices.SortedFunc(maps.Keys(total.classes), strings.Compare) {
				t.Errorf("%d times, first seed %d: %s", total.times[class], total.classes[class], class)
			}
		})
	}
}

// TestWhoOnlyGoesOnWithARollComesToTheEnd is of an operator who only goes on, without an adversary and with one act of his.
func TestWhoOnlyGoesOnWithARollComesToTheEnd(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) { goesOnWithARoll(t, name, kind) })
	}
}

func goesOnWithARoll(t *testing.T, name string, kind func(Walk, uint64) Walk) {
	for strikes := range 2 {
		draw := func(seed uint64) Walk { return kind(DrawGoingOn(seed, strikes), seed) }
		ended := func(seed uint64) bool {
			if strikes == 0 {
				return false
			}
			act := draw(seed).Strikes[0].Act
			return slices.Contains(endsTheKey, act) || act == "new key deleted" && draw(seed).Scenario.AtOnce // there is no former one
		}
		var seeds []uint64
		for seed := *seedFlag; len(seeds) < manyWalks()/20; seed++ {
			if !ended(seed) {
				seeds = append(seeds, seed)
			}
		}
		total := everyWalk(t, 0, len(seeds), func(n uint64) Walk { return draw(seeds[n]) })
		done, all := total.within["done"], total.walks
		t.Logf("%s, %d acts of the adversary: %d of %d done; %s", name, strikes, done, all, total)
		if strikes == 0 && done != all || share(done, all) < 99 || total.failures() > 0 {
			t.Errorf("%d of %d done: %v, %v", done, all, total.within, total.classes)
		}
	}
}

// endsTheKey are the acts after which no new secret helps: the key itself is gone, or soon over. Such a rotation is closed.
var endsTheKey = []string{"old key deleted", "both keys deleted", "old key ends soon", "new key ends soon"}

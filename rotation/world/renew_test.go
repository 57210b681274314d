package world

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// renewals are walks of a key that is rolled to another: the old one ends an hour later, or at once. By its name, and by what the list shows of the old
// one, is found what a lost answer has made: one that somebody renames in that moment, and back, is found by nobody, and another name is taken over: no such walk is drawn.
var renewals = map[string]func(Walk, uint64) Walk{
	"rolls to another key": func(walk Walk, seed uint64) Walk {
		walk = rolled(walk, seed)
		walk.Scenario.Roll, walk.Scenario.Renew = 0, true
		walk.Strikes = slices.DeleteFunc(walk.Strikes, func(s Strike) bool { return strings.HasSuffix(s.Act, " renamed") })
		return walk
	},
	"rolls to another key at once": func(walk Walk, seed uint64) Walk {
		walk = rolled(walk, seed)
		walk.Scenario.Roll, walk.Scenario.Renew, walk.Scenario.AtOnce = 0, true, true
		walk.Strikes = slices.DeleteFunc(walk.Strikes, func(s Strike) bool { return strings.HasSuffix(s.Act, " renamed") })
		return walk
	},
}

// TestRenewals: no walk of a key that is rolled to another loses it, or says what is not so.
func TestRenewals(t *testing.T) {
	for name, kind := range renewals {
		t.Run(name, func(t *testing.T) {
			draw := func(seed uint64) Walk { return kind(Draw(seed), seed) }
			if *onlyFlag {
				show(t, draw(*seedFlag), *invFlag)
				return
			}
			total := everyWalk(t, *seedFlag, manyWalks()/10, draw)
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

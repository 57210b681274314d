package ui

import (
	"math/bits"
	"testing"
	"time"

	"detent/apikey"
)

// TestEveryFindingIsSeenInTheList: each has a mark of its own, and a warning is a state.
func TestEveryFindingIsSeenInTheList(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	all := MarkReplacement
	for f := range apikey.Findings() {
		mark := MarkOf(f.Kind)
		if f.OfService {
			if mark != 0 {
				t.Errorf("%s is about no key, and marks one", f.Kind)
			}
			continue
		}
		if bits.OnesCount16(uint16(mark)) != 1 || all&mark != 0 {
			t.Fatalf("%s has the mark %b: Marks has too few bits, make it wider", f.Kind, mark)
		}
		all |= mark
		if (Warnings&mark != 0) != f.Warning {
			t.Errorf("%s: Warnings are not those of the table", f.Kind)
		}
		k := apikey.Key{}
		if f.Kind == apikey.FindingExpired { // shown by the key's own end
			k.ExpiresAt = apikey.At(now)
		}
		if state := StateOf(&k, mark, now); f.Warning == (state.Word == "") {
			t.Errorf("%s: STATUS of a key that has nothing else is %q; a warning gets a Status and an Urgency in its row (apikey/findings.go), or a rule in StateOf", f.Kind, state)
		}
	}
}

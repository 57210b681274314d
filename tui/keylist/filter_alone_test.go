package keylist

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/tui/ui"
)

// TestAFilterAloneFindsWhatTheListFinds: one language, whoever asks. The words are drawn from all that there are.
func TestAFilterAloneFindsWhatTheListFinds(t *testing.T) {
	words := []string{"payments", `"ci payments"`, "c", "env:live", "env:demo", "role:admin", "expires<14d", "expires<2026-11-24", "created>90d", "used<25h", "unused>90d",
		"perm:deleteRule", "deleterulegroup", "type:sk", "project:shop", "id:b2", "restriction:x"}
	for word := range stateWords {
		words = append(words, word, "status:"+word)
	}
	slices.Sort(words)
	random := rand.New(rand.NewPCG(1, 2))
	keys, setting := filterKeys(), apikey.Setting{Embedded: true, Demo: true}
	found := []apikey.Finding{{Kind: apikey.FindingUnused, KeyID: "a1"}, {Kind: apikey.FindingAge, KeyID: "c3"}, {Kind: apikey.FindingExpiring, KeyID: "b2"}, {Kind: apikey.FindingClockSkew}}
	hits := 0
	for range 3000 {
		var parts []string
		for range 1 + random.IntN(3) {
			not := ""
			if random.IntN(3) == 0 {
				not = "!"
			}
			parts = append(parts, not+words[random.IntN(len(words))])
		}
		text := strings.Join(parts, " ")
		f, err := ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		left, unreported := f.Find(keys, found, Profile{Setting: setting}, noon)
		var ids []string
		for _, i := range left {
			ids = append(ids, keys[i].ID)
		}
		l := newList(keys...)
		l.SetProfiles(Profile{Setting: setting})
		run(l, l.SetMarks([]ui.Marks{ui.MarkOf(apikey.FindingUnused), ui.MarkOf(apikey.FindingExpiring), ui.MarkOf(apikey.FindingAge), 0}))
		typeFilter(l, text)
		if want := shownIDs(l); strings.Join(ids, " ") != want || !slices.Equal(unreported, l.missing) {
			t.Fatalf("%s finds %q (%q unreported), the list %q (%q)", text, ids, unreported, want, l.missing)
		}
		hits += len(left)
	}
	if hits < 500 {
		t.Errorf("%d hits: is this test looking?", hits)
	}
}

// TestAFilterAloneRefusesWhatItDoesNotUnderstand: a word that is on its way, too. What is left out would find keys that nobody meant.
func TestAFilterAloneRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, text := range []string{"colour:red", "expires<", "expires:14d", "status:great", "status:exp", "!status:exp", "role:", "!role:", "!", `""`, "env:live status:", "name<7d", "used>x"} {
		if f, err := ParseFilter(text); err == nil || !f.Empty() {
			t.Errorf("%q is %+v, %v", text, f, err)
		}
	}
	if f, err := ParseFilter(" \t "); err != nil || !f.Empty() {
		t.Errorf("no words: %v", err)
	}
}

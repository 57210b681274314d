//go:build ruleswitch

package world

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"detent/rotation"
)

var (
	enoughFlag = flag.Int("enough", 3000, "how many walks each rule is turned off for")
	ruleFlag   = flag.String("rule", "", "the rules to turn off one by one, by how they begin; empty is each in turn")
)

// ownTests hold the clauses that no invariant needs, since what they bring is words or a courtesy: their own tests, in rotation.
var ownTests = map[string]string{
	"create: another access is not delivered unasked":                 "TestOtherAccessThanAskedForIsNotDeliveredUnasked",
	"undone: what was put back by hand is accepted":                   "TestWhatWasPutBackByHandIsAcceptedToo",
	"undo: a leaked key by a person alone":                            "TestOldFirstRetiresBeforeAnythingIsCreated",
	"undo: it ends no sooner than in ten minutes":                     "TestAnUndoThatIsRefusedLeavesEverything",
	"gate: within ten seconds":                                        "TestALookThatTakesTooLongIsTakenAgain",
	"place: its shape":                                                "TestTheRightPlaceHoldsTheOldSecretOrNothing",
	"answered: a list is looked at again until its lag is over":       "TestAListThatIsBehindIsWaitedForAfterACreate",
	"without: refused where it can be read":                           "TestWithoutLeavesOutWhatIsGoneForGood",
	"undo: what was switched off is on first":                         "TestCreateThatTakesEffectAtTheVeryEndIsSwept",
	"quiet: it ends at the look, minus the delay":                     "TestQuietEndsBeforeTheLook",
	"answered: a delete is a delete":                                  "TestOldFirstRetiresBeforeAnythingIsCreated",
	"probe: a 403 is explained":                                       "TestKnownCountsOnlyWhereTheRestrictionExplainsIt",
	"two hosts: one that is older is no rival":                        "TestAnotherHostsKeyHoldsTheDeletionBack",
	"undo: every place holds what was put back":                       "TestAnUndoReadsBackWhatItPutThere",
	"undo: its own gate":                                              "TestAPlaceThatIsSaidToBePutBackMustNotHoldTheNewSecretAtTheEnd",
	"undo: read back":                                                 "TestAnUndoReadsBackWhatItPutThere",
	"undo: the row is enabled":                                        "TestUndoIsRefusedOntoAKeyThatSomebodyDisabled",
	"undone: not where the new secret is":                             "TestAWordForAPlaceIsReadBack",
	"dead: a new key that is refused is no time to wait":              "TestASoakDoesNotBeginWhereTheNewKeyIsRefused",
	"undone: delivered to again where the rotation goes on":           "TestAWordThatAPlaceHasItsOldValueIsForTheUndoAlone",
	"answered: a limit or silence is no refusal":                      "TestUndoIsRefusedOnceADeletionWasSent",
	"create: not the old id":                                          "TestACreateThatAnswersForAnotherKeyIsNotTaken",
	"create: the secret fits its row":                                 "TestACreateThatAnswersForAnotherKeyIsNotTaken",
	"dead: not where it must not be tried":                            "TestNoFormerValueIsSentWhereADeadSecretMustNotBe",
	"dead: refused after delete":                                      "TestTheOldSecretIsTriedUntilItIsRefused",
	"dead: refused after disable":                                     "TestTheSoakBeginsAtTheFirstRefusal",
	"dead: what was not shown to be the old key's holds nothing open": "TestTheOldSecretIsTriedUntilItIsRefused",
	"gate: a second delete passes it anew":                            "TestASecondDeletePassesTheGateAnew",
	"gate: each place that nobody can read":                           "TestAPlaceThatNobodyCanReadNeedsMore",
	"gate: over the old value alone":                                  "TestAThirdValueIsNobodysToReplace",
	"gate: read once more afterwards":                                 "TestAPlaceThatIsPutBackInTheMomentOfTheDeletionIsDeliveredToAtOnce",
	"gate: the new key has not ended":                                 "TestANewKeyThatHasEndedIsAskedAbout",
	"gate: the new key outlives what is left":                         "TestAKeyThatEndsBeforeTheRotationDoesIsNoSuccessor",
	"gate: the new row is enabled":                                    "TestOldKeyIsNotTouchedWhenTheNewOneIsMissingOrOff",
	"gate: the places":                                                "TestAGateThatStopsJournalsThatNothingWasSent",
	"gate: twice a rotation":                                          "TestHeadlessDeliversAgainTwice",
	"place: a yes is for what was asked about":                        "TestAYesToReplacingIsForTheValueThatWasAskedAbout",
	"place: all hold the same":                                        "TestPlacesThatDisagreeAreAskedAbout",
	"place: one open rotation":                                        "TestAPlaceBelongsToOneOpenRotation",
	"end: no such key, though listed, is no deletion":                 "TestAnUndoTakesNoSuchKeyForARefusalWhileTheListShowsTheKey",
	"place: not detent's own credential":                              "TestAPlaceWithDetentsOwnCredentialIsNotTheOldKeys",
	"put: a key that is on":                                           "TestANewKeyThatIsOffIsDeliveredNowhere",
	"place: what must not be tried needs a person":                    "TestWhatMustNotBeTriedIsVouchedForWhereNoMaskTells",
	"create: what holds a key back holds the next one back":           "TestWhatHoldsAKeyBackIsNotMadeAnew",
	"roll: a list that lacks the old key does not end it":             "TestALostSecretOfARollIsNoWordOnTheOldKey",
	"roll: what was rolled goes with the old key":                     "TestALostSecretOfARollIsNoWordOnTheOldKey",
	"roll: a key that is on":                                          "TestARollIsRefusedWhereItCannotBe",
	"roll: a key that lives on":                                       "TestARollIsRefusedWhereItCannotBe",
	"roll: a lost secret's is taken back first":                       "TestARollOfWhichTheSecretIsLostIsTakenBackFirst",
	"roll: a name is not a secret's":                                  "TestANameIsNotASecrets",
	"roll: an outage is somebody's word":                              "TestAnOutageIsSomebodysWord",
	"roll: an overlap that is seen again runs":                        "TestOneListIsNoWordAgainstAnOverlap",
	"roll: every place is ready first":                                "TestEveryPlaceIsReadyBeforeTheFormerSecretDies",
	"roll: its outcome is learned before an undo":                     "TestWhatBecameOfARollIsLearnedBeforeAnUndo",
	"roll: longer than the drain":                                     "TestARollIsRefusedWhereItCannotBe",
	"roll: no earlier overlap runs":                                   "TestARollIsRefusedWhereItCannotBe",
	"roll: no longer than the service takes":                          "TestARollIsRefusedWhereItCannotBe",
	"roll: no way back beyond another's":                              "TestAKeyThatSomebodyElseRolledIsNotRolledOver",
	"roll: not a second time while the overlap runs":                  "TestAKeyIsNotRolledASecondTimeWhileTheOverlapRuns",
	"roll: not detent's own key":                                      "TestARollIsRefusedWhereItCannotBe",
	"roll: not over another's":                                        "TestAKeyThatSomebodyElseRolledIsNotRolledOver",
	"roll: over where the lists say so until their lag is over":       "TestOneListIsNoWordAgainstAnOverlap",
	"roll: that no overlap runs is looked up":                         "TestThatNoOverlapRunsIsNoWayBack",
}

// TestEachRuleIsMissedWhenItIsOff turns one clause after the other off, and says after how many walks something fails that holds with it.
// Run it by hand: go test -tags ruleswitch ./rotation/world -run TestEachRule -v -timeout 0
func TestEachRuleIsMissedWhenItIsOff(t *testing.T) {
	defer rotation.SwitchOff("")
	root := folder(t)
	for _, name := range ruleNames(t) {
		if *ruleFlag != "" && !strings.HasPrefix(name, *ruleFlag) {
			continue
		}
		walks, failure := missedAfter(root, name)
		switch {
		case walks > 0:
			t.Logf("%-55s %5d  %s", name, walks, failure)
		case ownTests[name] != "" && hasOwnTest(t, ownTests[name]):
			t.Logf("%-55s     -  %s", name, ownTests[name])
		default:
			t.Errorf("%-55s     -  nothing fails in %d walks, and no test of its own is named", name, *enoughFlag)
		}
	}
}

// hasOwnTest reports whether rotation has a test of that name.
func hasOwnTest(t *testing.T, name string) bool {
	files, err := filepath.Glob("../*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(path string) bool {
		text, err := os.ReadFile(path)
		return err == nil && bytes.Contains(text, []byte("func "+name+"(t *testing.T)"))
	})
}

// ruleNames are the clauses that the program asks for.
func ruleNames(t *testing.T) []string {
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var out []string
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\brule\("([^"]+)"\)`).FindAllSubmatch(text, -1) {
			if !slices.Contains(out, string(m[1])) {
				out = append(out, string(m[1]))
			}
		}
	}
	slices.Sort(out)
	return out
}

// missedAfter carries out the fixed walks, and then drawn ones, until one fails that does not fail with the rule. A rule of rolls is looked for
// in walks of those.
func missedAfter(root, name string) (walks int, failure string) {
	first, draw := fixedWalks, Draw
	if strings.HasPrefix(name, "roll: ") {
		first, draw = fixedRolls, func(seed uint64) Walk {
			if seed%2 == 0 {
				return atOnce(Draw(seed), seed)
			}
			return rolled(Draw(seed), seed)
		}
	}
	walk := func(n int) Walk {
		if n < len(first) {
			return first[n].walk
		}
		return draw(uint64(n - len(first) + 1))
	}
	for done := 0; done < *enoughFlag; done += block {
		for _, n := range failing(root, name, done, walk) {
			rotation.SwitchOff(name)
			off := Run(walk(n), Options{Dir: root + "/w"})
			rotation.SwitchOff("")
			if on := Run(walk(n), Options{Dir: root + "/w"}); len(off.Failures) > 0 && len(on.Failures) == 0 {
				return n + 1, class(off.Failures[0])
			}
		}
	}
	return 0, ""
}

const block = 200

func failing(root, name string, first int, walk func(int) Walk) []int {
	rotation.SwitchOff(name)
	defer rotation.SwitchOff("")
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	var out []int
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			dir, err := os.MkdirTemp(root, "walk-")
			if err != nil {
				panic(err)
			}
			for n := next.Add(1) - 1; n < block; n = next.Add(1) - 1 {
				if len(Run(walk(first+int(n)), Options{Dir: dir}).Failures) > 0 {
					mu.Lock()
					out = append(out, first+int(n))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(out)
	return out
}

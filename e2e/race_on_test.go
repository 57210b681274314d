//go:build race

package e2e

import (
	"flag"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// raced says that the race detector is on.
const raced = true

// racing are the tests that -race -short runs, where no -run asks for others. The detector sees what runs beside
// what in the program, which is built with it too; what else the tests hold does not depend on it.
var racing = []func(*testing.T){
	TestAProsopoKeyFromAnEmptyHomeToItsEnd,
	TestAVertesiaKeyIsMadeSwitchedChangedAndDeleted,
	TestLiveAndTestKeysLookDifferentEverywhere,
	TestProfilesAreListedTestedAndSwitched,
	TestTwoInstancesShareOneStore,
	TestASlowServiceLeavesTheKeysResponsive,
	TestOfflineKeepsTheLastListAndRecovers,
	TestMovementInOneReadAllActs,
	TestHoweverItEndsTheTerminalIsAsItWas,
	TestUndoOnScreenPutsTheOldValueBack,
	TestARevealedSecretHidesAndIsNowhereElse,
	TestSecondProcessIsToldWhoRotatesTheKey,
	TestSoak,
}

// sampleRaces narrows the run to racing.
func sampleRaces() {
	if run := flag.Lookup("test.run"); testing.Short() && run.Value.String() == "" {
		var names []string
		for _, f := range racing {
			name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
			names = append(names, "^"+name[strings.LastIndexByte(name, '.')+1:]+"$")
		}
		_ = run.Value.Set(strings.Join(names, "|"))
	}
}

package world

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAWalkIsTheSameEachTime: nothing but the walk decides what happens in it.
func TestAWalkIsTheSameEachTime(t *testing.T) {
	dir := folder(t) + "/w"
	for seed := range uint64(60) {
		walk := Draw(seed)
		if seed%2 == 1 { // what is needed is said in flags
			walk = rolled(walk, seed)
			walk.Scenario.Headless = true
		}
		first := Run(walk, Options{Dir: dir, Log: true})
		again := Run(walk, Options{Dir: dir, Log: true})
		if !reflect.DeepEqual(first, again) {
			for i, line := range first.Log {
				if i >= len(again.Log) || line != again.Log[i] {
					t.Fatalf("seed %d: %s\nand then\n%s", seed, line, strings.Join(again.Log[i:], "\n"))
				}
			}
			t.Fatalf("seed %d: %+v\nand then\n%+v", seed, first.Failures, again.Failures)
		}
	}
}

// TestAFailingWalkIsMadeSmall: what has nothing to do with the failure goes, and what is left still fails.
func TestAFailingWalkIsMadeSmall(t *testing.T) {
	big := Walk{Scenario: Scenario{Prefix: "sk_live_", Places: []string{envPlace, hookPlace}, ListLag: time.Second, SeesUse: true, Drain: -1},
		Acts: []string{actRun, actAway, actUndo, actMinute}, Strikes: []Strike{{Act: "kill", Step: "verify"}, {Act: "409", Step: "undo", Nth: 7, N: 3}}}
	fails := func(w Walk) bool {
		return w.Scenario.ListLag > 0 && slices.Contains(w.Acts, actUndo) && slices.ContainsFunc(w.Strikes, func(s Strike) bool { return s.Act == "409" && s.Nth >= 3 })
	}
	small := Shrink(big, fails, 1000)
	const want = `Walk{Scenario: Scenario{ListLag: 1 * time.Second}, Acts: []string{"undo"}, Strikes: []Strike{Strike{Act: "409", Step: "undo", Nth: 3}}}`
	if small.Literal() != want {
		t.Errorf("%s\nwant %s", small.Literal(), want)
	}
}

// TestAKillLeavesTheDiskAsItWas: a process that is killed cleans nothing up.
func TestAKillLeavesTheDiskAsItWas(t *testing.T) {
	points := map[string]bool{}
	for nth := range 60 {
		dir := folder(t) + "/w"
		w := newWorld(Walk{Strikes: []Strike{{Act: "kill", Step: "deliver", Nth: nth}}}, Options{Dir: dir})
		w.begin()
		var left []string
		for w.process != nil {
			if out := w.process.do(); out.status == killed {
				left, _ = filepath.Glob(w.places[0].path + ".detent-*")
				points[strings.TrimPrefix(out.said, "killed at deliver: ")] = true
				if !sameFiles(left, w.atDeath) {
					t.Errorf("%s: %v lie there, %v did when it died", out.said, left, w.atDeath)
				}
				break
			} else if out.status != moved {
				break
			}
		}
		_ = os.RemoveAll(dir)
	}
	if len(points) < 15 {
		t.Errorf("killed at %d points only: %v", len(points), points)
	}
}

func sameFiles(paths []string, lay map[string]string) bool {
	return slices.Equal(slices.Sorted(slices.Values(paths)), slices.Sorted(func(yield func(string) bool) {
		for path := range lay {
			if !yield(path) {
				return
			}
		}
	}))
}

// TestTheServiceShowsTheTruthLate: each lag is there, and ends.
func TestTheServiceShowsTheTruthLate(t *testing.T) {
	w := newWorld(Walk{Scenario: Scenario{ListLag: 3 * time.Second, GoneLag: 8 * time.Second, RevokeLag: 20 * time.Second, SeesUse: true, UseEvery: time.Minute,
		UseDelay: 5 * time.Second, Disable: true, EnableLag: 2 * time.Second}}, Options{Dir: folder(t) + "/w"})
	listed := func(id string) bool {
		return slices.ContainsFunc(w.listed(), func(k rowOf) bool { return k.ID == id })
	}
	pass := func(d time.Duration) { w.pass(d, true) }
	pass(time.Minute)
	fresh := w.addKey(rowOf{ID: "fresh"}, w.now)
	is := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	is("listed at once", listed("fresh"), false)
	pass(4 * time.Second)
	is("listed after the lag", listed("fresh"), true)
	w.enable(fresh, false)
	is("accepted right after it was turned off", w.accepts(fresh), true)
	pass(21 * time.Second)
	is("accepted long after", w.accepts(fresh), false)
	w.enable(fresh, true)
	is("accepted right after it was turned on", w.accepts(fresh), false)
	pass(3 * time.Second)
	is("accepted after a moment", w.accepts(fresh), true)
	w.remove(fresh)
	pass(7 * time.Second)
	is("listed while it is shown on", listed("fresh"), true)
	is("accepted while it is", w.accepts(fresh), true)
	pass(14 * time.Second)
	is("listed at last", listed("fresh"), false)
	is("accepted at last", w.accepts(fresh), false)

	w.apps = nil
	use := func() string {
		at, _ := w.shown(w.other, w.now).LastUsedAt.Time()
		return at.Format(time.TimeOnly)
	}
	before := use()
	pass(2 * time.Minute)
	w.use(w.other, w.now)
	is("last use shown at once", use() != before, false)
	pass(6 * time.Second)
	is("last use shown late", use() != before, true)
	before = use()
	w.use(w.other, w.now)
	pass(10 * time.Second)
	is("a second use within the minute is written", use() != before, false)
}

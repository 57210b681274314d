package world

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	walksFlag = flag.Int("walks", 0, "how many walks; 0 is 10,000, and 500 with -short")
	seedFlag  = flag.Uint64("seed", 1, "the first walk's seed")
	keepFlag  = flag.Bool("keep", false, "walks that fail are made small and kept in testdata")
	onlyFlag  = flag.Bool("one", false, "carry out the walk of -seed alone, and say what happens")
	invFlag   = flag.String("invariant", "", "with -one: the invariant that the small walk is to fail")
)

// manyWalks is how many walks are asked for.
func manyWalks() int {
	switch {
	case *walksFlag > 0:
		return *walksFlag
	case testing.Short():
		return 500
	}
	return usual
}

// folder is where the walks' files lie: in memory, where the machine has that.
func folder(tb testing.TB) string {
	base := "/dev/shm"
	if strings.HasPrefix(os.TempDir(), base+"/") {
		base = os.TempDir()
	}
	dir, err := os.MkdirTemp(base, "detent-world-")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// tally is what many walks came to.
type tally struct {
	walks, acts int
	ends        map[string]int
	met         map[Pair]int
	failed      map[string][]uint64 // by invariant, the seeds
	classes     map[string]uint64   // the first seed of each kind of failure
	times       map[string]int
	within      map[string]int // how they had ended before the finale
	struckDone  map[bool]int   // of those in which the adversary acted: done before the finale, or not
}

func newTally() *tally {
	return &tally{ends: map[string]int{}, met: map[Pair]int{}, failed: map[string][]uint64{},
		classes: map[string]uint64{}, times: map[string]int{}, within: map[string]int{}, struckDone: map[bool]int{}}
}

func (t *tally) add(seed uint64, out Outcome) {
	t.walks++
	t.acts += out.Acts
	t.ends[out.End]++
	t.within[out.Within]++
	if len(out.Met) > 0 {
		t.struckDone[out.Within == "done"]++
	}
	for p, n := range out.Met {
		t.met[p] += n
	}
	for _, f := range out.Failures {
		if seeds := t.failed[f.Invariant]; len(seeds) == 0 || seeds[len(seeds)-1] != seed {
			t.failed[f.Invariant] = append(seeds, seed)
		}
		c := class(f)
		if first, known := t.classes[c]; !known || seed < first {
			t.classes[c] = seed
		}
		t.times[c]++
	}
}

func (t *tally) failures() int {
	seen := map[uint64]bool{}
	for _, seeds := range t.failed {
		for _, s := range seeds {
			seen[s] = true
		}
	}
	return len(seen)
}

func (t *tally) String() string {
	return fmt.Sprintf("walks %d acts %d done %d undone %d closed %d stopped %d failures %d", t.walks, t.acts, t.ends["done"], t.ends["undone"],
		t.ends["closed"], t.ends["stopped"], t.failures())
}

// everyWalk carries out count walks, over all cores.
func everyWalk(tb testing.TB, first uint64, count int, draw func(seed uint64) Walk) *tally {
	root := folder(tb)
	var next atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := newTally()
	defer debug.SetGCPercent(debug.SetGCPercent(2000)) // a walk leaves little behind, and there are thousands
	for i := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			dir := filepath.Join(root, fmt.Sprint(i))
			for {
				n := next.Add(1) - 1
				if n >= int64(count) {
					return
				}
				seed := first + uint64(n)
				out := Run(draw(seed), Options{Dir: dir})
				mu.Lock()
				total.add(seed, out)
				if count > usual { // who waits for that long is told on the way
					if len(out.Failures) > 0 {
						tb.Logf("seed %d: %+v", seed, out.Failures)
					}
					if total.walks%usual == 0 {
						tb.Logf("%s", total)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if len(line) > 160 {
		line = line[:160]
	}
	return line
}

func TestWalks(t *testing.T) {
	if *onlyFlag {
		seed := *seedFlag
		for dir := folder(t) + "/w"; *invFlag != "" && !fails(Run(Draw(seed), Options{Dir: dir}), *invFlag); {
			seed++
		}
		show(t, Draw(seed), *invFlag)
		return
	}
	count := manyWalks()
	total := everyWalk(t, *seedFlag, count, Draw)
	t.Logf("%s\n%s", total, total.table())
	for _, inv := range slices.Sorted(maps.Keys(total.failed)) {
		t.Logf("%s: %d walks, the first seeds %v", inv, len(total.failed[inv]), total.failed[inv][:min(5, len(total.failed[inv]))])
	}
	rare, wrong := total.rare()
	if count >= usual && len(rare) > 0 && !walksAreRed {
		t.Errorf("%d pairs were met fewer than %d times: %v", len(rare), enough, rare)
	}
	if len(wrong) > 0 {
		t.Errorf("pairs that cannot be were met: %v", wrong)
	}
	if total.failures() == 0 || walksAreRed {
		return
	}
	for _, class := range slices.Sorted(maps.Keys(total.classes)) {
		seed := total.classes[class]
		inv, _, _ := strings.Cut(class, ":")
		small, failure := made(t, Draw(seed), inv, class)
		t.Errorf("%s\n  seed %d, and %d more\n  %s\n  %s", class, seed, total.times[class]-1, failure, small.Literal())
		if *keepFlag {
			keep(t, fmt.Sprintf("%s-%d", strings.ToLower(inv), seed), small)
		}
	}
}

// class is a failure without what differs from walk to walk.
func class(f Failure) string {
	return f.Invariant + ": " + differing.ReplaceAllString(firstLine(f.Text), "…")
}

var differing = regexp.MustCompile(`/dev/shm[^ :;,]*|/tmp[^ :;,]*|"[^"]*"|key-\d+|place \d+ \(\w+\)|\d+[0-9.hms:Z]*`)

const kept = "testdata/walks"

// keep writes a small walk that failed to the cases that are carried out first, ever after.
func keep(t *testing.T, name string, walk Walk) {
	b, err := json.MarshalIndent(walk, "", "  ")
	if err == nil {
		err = os.MkdirAll(kept, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(kept, name+".json"), append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestKeptWalks carries out the walks that failed once.
func TestKeptWalks(t *testing.T) {
	files, err := filepath.Glob(kept + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		var walk Walk
		if err == nil {
			dec := json.NewDecoder(bytes.NewReader(b))
			dec.DisallowUnknownFields()
			err = dec.Decode(&walk)
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if out := Run(walk, Options{Dir: folder(t) + "/w", Log: true}); len(out.Failures) > 0 {
			t.Errorf("%s: %+v\n%s", path, out.Failures, strings.Join(out.Log, "\n"))
		}
	}
}

// TestWhoOnlyGoesOnComesToTheEnd: a program that always stops is no answer. The services that lie about a secret are counted apart, and
// so are the walks in which the drawn act never came to pass.
func TestWhoOnlyGoesOnComesToTheEnd(t *testing.T) {
	count := manyWalks() * 2 / 5
	honest := func(seed uint64) bool { return !mischiefNamed(DrawGoingOn(seed, 1).Strikes[0].Act).lying }
	var seeds, lying []uint64
	for seed := *seedFlag; len(seeds) < count; seed++ {
		if honest(seed) {
			seeds = append(seeds, seed)
		} else {
			lying = append(lying, seed)
		}
	}
	of := func(seeds []uint64) *tally {
		return everyWalk(t, 0, len(seeds), func(n uint64) Walk { return DrawGoingOn(seeds[n], 1) })
	}
	quiet := everyWalk(t, *seedFlag, count, func(seed uint64) Walk { return DrawGoingOn(seed, 0) })
	one, liars := of(seeds), of(lying)
	t.Logf("who only goes on, within %d acts:\n  without an adversary   %s\n  with one act of his    %s\n  with one lie of his    %s", maxActs, quiet.shares(), one.shares(), liars.shares())
	for _, each := range []*tally{quiet, one, liars} {
		for class, seed := range each.classes {
			t.Errorf("%s, seed %d", class, seed)
		}
	}
	if walksAreRed {
		return
	}
	if quiet.within["done"] < quiet.walks {
		t.Errorf("without an adversary: %s", quiet)
	}
	if struck := one.struckDone; 100*struck[true] < 99*(struck[true]+struck[false]) {
		t.Errorf("with one act: %s", one)
	}
}

// shares says how many came to done before the operator's acts were used up, of all walks and of those in which the adversary came to act.
func (t *tally) shares() string {
	out := fmt.Sprintf("walks %d done %.2f %%", t.walks, share(t.within["done"], t.walks))
	if acted := t.struckDone[true] + t.struckDone[false]; acted > 0 {
		out += fmt.Sprintf(", he acted in %d done %.2f %%", acted, share(t.struckDone[true], acted))
	}
	return out
}

func share(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }

func BenchmarkWalks(b *testing.B) {
	dir := folder(b) + "/w"
	seed := uint64(0)
	for b.Loop() {
		seed++
		Run(Draw(seed), Options{Dir: dir})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "walks/s")
}

// made makes a walk small that fails so.
func made(t *testing.T, walk Walk, invariant, as string) (Walk, string) {
	dir := folder(t) + "/w"
	failing := func(w Walk) bool {
		return slices.ContainsFunc(Run(w, Options{Dir: dir}).Failures, func(f Failure) bool { return class(f) == as })
	}
	if failing(walk) {
		walk = Shrink(walk, failing, 300)
	}
	for _, f := range Run(walk, Options{Dir: dir}).Failures {
		if class(f) == as {
			return walk, f.Invariant + ": " + f.Text
		}
	}
	return walk, invariant
}

// show carries out a walk, makes it small where it fails, and says what happens in it.
func show(t *testing.T, walk Walk, invariant string) Walk {
	dir := folder(t) + "/w"
	failing := func(w Walk) bool { return fails(Run(w, Options{Dir: dir}), invariant) }
	if failing(walk) {
		walk = Shrink(walk, failing, 400)
	}
	out := Run(walk, Options{Dir: dir, Log: true})
	t.Logf("%s\n%s\n%+v", walk.Literal(), strings.Join(out.Log, "\n"), out.Failures)
	return walk
}

// fails says whether a walk failed an invariant, with a text that begins so.
func fails(out Outcome, invariant string) bool {
	return slices.ContainsFunc(out.Failures, func(f Failure) bool { return strings.HasPrefix(f.Invariant+": "+f.Text, invariant) })
}

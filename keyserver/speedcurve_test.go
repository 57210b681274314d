package keyserver

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"detent/e2e/servers/pgtest"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

var (
	speedKeys = flag.Int("speed-keys", 100_000, "how many keys TestSpeedCurves goes up to, from 10,000 on")
	speedSoak = flag.Duration("speed-soak", 20*time.Second, "how long TestSpeedCurves watches the memory")
)

// spread is how many keys are used in turn where not one is: more than a store sees between two writes of their last use.
const spread = 5000

// manyTokens stores keys that their owners use.
func manyTokens(t *testing.T, b *bench, n int) [][]byte {
	t.Helper()
	var requests [][]byte
	now := time.Now().UnixMilli()
	err := b.store.Load(context.Background(), func(ctx context.Context, tx store.Tx) error {
		for i := range n {
			k := store.Key{Service: wirename.Prosopo, Name: fmt.Sprint("used ", i), Permissions: `{"AccessRules":["getRules"]}`, Enabled: true, CreatedAt: now, UpdatedAt: now}
			secret, err := store.Insert(ctx, tx, b.random, &k, canMint(&k))
			if err != nil {
				return err
			}
			requests = append(requests, rawRequest("GET", "/v1/prosopo/provider/admin/rules", secret, ""))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return requests
}

// syncCost is what the disk takes to have a page for good.
func syncCost(t *testing.T, dir string) time.Duration {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, 4096)
	var took []time.Duration
	for range 200 {
		begun := time.Now()
		if _, err := f.Write(page); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	return median(took)
}

// TestSpeedOfWrites prints what creates cost by one client and by many, who are committed together.
func TestSpeedOfWrites(t *testing.T) {
	if !*speed {
		t.Skip("takes a minute; -speed runs it")
	}
	var table strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&table, format+"\n", args...) }
	line("%d processors, %s, %d rounds of %v each", runtime.NumCPU(), runtime.Version(), *speedRounds, *speedLasts)
	line("| store | clients | creates/s | cost of one | median | 99th |")
	line("|---|---|---|---|---|---|")
	for _, kind := range strings.Split(*speedStores, ",") {
		o := Options{Path: filepath.Join(t.TempDir(), "keys.db")}
		at := o.Path
		if kind == "postgres" {
			o = Options{URL: pgtest.Schema(t)}
			at = o.URL
		}
		b := openStoreAt(t, o, nil)
		admin, err := b.MintAdmin(t.Context(), wirename.Prosopo, "")
		if err != nil {
			t.Fatal(err)
		}
		one := startInstance(t, at)
		counts := []int{1, 8, speedClients}
		rates, costs := make([][]float64, len(counts)), make([][]float64, len(counts))
		p50, p99 := make([][]time.Duration, len(counts)), make([][]time.Duration, len(counts))
		for range *speedRounds {
			for i, clients := range counts {
				pids := []int{one.cmd.Process.Pid}
				if kind == "postgres" {
					pids = append(pids, backends(t)...)
				}
				before := burnt(pids...)
				got := load{addr: addrOf(one), clients: clients, want: 200,
					requests: [][]byte{rawRequest("POST", "/api-keys/create", admin.Reveal(), `{"name":"n","permissions":["verify"]}`)}}.run(t, *speedLasts)
				rates[i] = append(rates[i], got.perSec)
				costs[i] = append(costs[i], float64((burnt(pids...)-before).Microseconds())/float64(len(got.took)))
				p50[i], p99[i] = append(p50[i], got.at(0.5)), append(p99[i], got.at(0.99))
			}
		}
		for i, clients := range counts {
			line("| %s | %d | %.0f | %.0f µs | %v | %v |", kind, clients, median(rates[i]), median(costs[i]),
				median(p50[i]).Round(10*time.Microsecond), median(p99[i]).Round(10*time.Microsecond))
		}
		if kind == "sqlite" {
			line("| %s | one page written and synced | | | %v | |", kind, syncCost(t, filepath.Dir(at)).Round(time.Microsecond))
		}
		one.end()
	}
	t.Log("\n" + table.String())
}

// TestSpeedCurves prints how authentication goes with the keys in the store and with the load, and whether the memory of an instance stays
// what it is.
func TestSpeedCurves(t *testing.T) {
	if !*speed {
		t.Skip("takes minutes; -speed runs it")
	}
	var table strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&table, format+"\n", args...) }
	line("%d processors, %s, %d connections", runtime.NumCPU(), runtime.Version(), speedClients)
	line("| store | keys | keys in use | requests/s | at half of it: median | 99th | 99.9th | resident |")
	line("|---|---|---|---|---|---|---|---|")
	for _, kind := range strings.Split(*speedStores, ",") {
		dir := t.TempDir()
		o := Options{Path: filepath.Join(dir, "keys.db")}
		at := o.Path
		if kind == "postgres" {
			o = Options{URL: pgtest.Schema(t)}
			at = o.URL
		}
		b := openStoreAt(t, o, nil)
		requests := manyTokens(t, b, spread)
		have := spread
		var full float64
		for n := 10_000; n <= *speedKeys; n *= 10 {
			if err := b.FillDemo(t.Context(), n-have, wirename.Prosopo); err != nil {
				t.Fatal(err)
			}
			have = n
			if kind == "postgres" {
				pgtest.Shared(t).Query(t, "ANALYZE")
			}
			one := startInstance(t, at)
			for _, used := range []int{speedClients, spread} {
				l := load{addr: addrOf(one), clients: speedClients, requests: requests[:used], want: 200}
				full = l.run(t, *speedLasts).perSec
				l.perSec = full / 2
				half := l.run(t, 2**speedLasts)
				line("| %s | %d | %d | %.0f | %v | %v | %v | %d MiB |", kind, n, used, full, half.at(0.5).Round(time.Microsecond),
					half.at(0.99).Round(10*time.Microsecond), half.at(0.999).Round(10*time.Microsecond), resident(one.cmd.Process.Pid))
			}
			one.end()
		}
		one := startInstance(t, at)
		l := load{addr: addrOf(one), clients: speedClients, requests: requests[:speedClients], want: 200, perSec: full / 2}
		l.run(t, *speedSoak/4)
		before := resident(one.cmd.Process.Pid)
		l.run(t, *speedSoak)
		after := resident(one.cmd.Process.Pid)
		line("| %s | resident before and after %v at half load | | | | | | %d, %d MiB |", kind, *speedSoak, before, after)
		if after > before+before/4+8 {
			t.Errorf("%s: %d MiB became %d", kind, before, after)
		}
		one.end()
	}
	t.Log("\n" + table.String())
}

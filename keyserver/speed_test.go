package keyserver

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

var (
	speed       = flag.Bool("speed", false, "run TestSpeed, which measures against a bare handler and prints tables; it takes minutes")
	speedLasts  = flag.Duration("speed-lasts", 2*time.Second, "how long TestSpeed measures each figure, each round")
	speedRounds = flag.Int("speed-rounds", 3, "how many rounds TestSpeed has")
	speedOnly   = flag.String("speed-only", "", "only the requests of TestSpeed whose name has this in it")
	speedStores = flag.String("speed-stores", "sqlite,postgres", "the stores of TestSpeed")
)

const speedClients = 64

// speedCase is one request that is measured.
type speedCase struct {
	name    string
	request []byte
	want    int
}

// speedStore is a store with three keys a contract and an instance of its own process in front of it.
func speedStore(t *testing.T, kind string) (at string, cases []speedCase) {
	t.Helper()
	o := Options{Path: filepath.Join(t.TempDir(), "keys.db")}
	if at = o.Path; kind == "postgres" {
		o = Options{URL: pgtest.Schema(t)}
		at = o.URL
	}
	b := openStoreAt(t, o, nil)
	p, err := b.MintAdmin(t.Context(), wirename.Prosopo, "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.MintAdmin(t.Context(), wirename.Vertesia, "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.MintAdmin(t.Context(), wirename.Generic, apikey.Live)
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	for i := range 2 {
		b.prosopo(p.Reveal(), fmt.Sprint("key ", i), map[string]any{"AccessRules": []string{"getRules"}})
		id = b.vertesia(v.Reveal(), fmt.Sprint("key ", i), "developer").text("id")
		b.generic(g.Reveal(), fmt.Sprint("key ", i), "live")
	}
	user := b.want(201, g.Reveal(), "POST", "/v1/users", map[string]any{"name": "u"}).text("data.id")
	token := b.want(200, v.Reveal(), "POST", "/token/issue", nil).text("token")
	return at, []speedCase{
		{"prosopo read", rawRequest("GET", "/v1/prosopo/provider/admin/rules", p.Reveal(), ""), 200},
		{"vertesia read", rawRequest("GET", "/api/v1/apikeys/"+id, v.Reveal(), ""), 200},
		{"vertesia read, exchanged token", rawRequest("GET", "/api/v1/apikeys/"+id, token, ""), 200},
		{"generic read", rawRequest("GET", "/v1/users/"+user, g.Reveal(), ""), 200},
		{"prosopo list of 3", rawRequest("POST", "/api-keys/get", p.Reveal(), "{}"), 200},
		{"vertesia list of 3", rawRequest("GET", "/api/v1/apikeys", v.Reveal(), ""), 200},
		{"generic list of 3", rawRequest("GET", "/v1/api-keys", g.Reveal(), ""), 200},
	}
}

func addrOf(i *instance) string { return strings.TrimPrefix(i.at().url, "http://") }

func median[T float64 | time.Duration](of []T) T {
	of = slices.Clone(of)
	slices.Sort(of)
	return of[len(of)/2]
}

// burnt is the processor time of processes so far, 0 where there is no /proc: unlike the clock's it hardly depends on what else runs.
func burnt(pids ...int) time.Duration {
	var sum time.Duration
	for _, pid := range pids {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			sum += time.Duration(user+system) * 10 * time.Millisecond // proc(5): in hundredths of a second
		}
	}
	return sum
}

// backends are the processes of the test's database that have connections.
func backends(t *testing.T) (pids []int) {
	t.Helper()
	for _, line := range strings.Fields(pgtest.Shared(t).Query(t, "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")) {
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// sample is one measurement of a request beside the bare handler's right before it.
type sample struct{ rate, ratio, cost, bareCost float64 }

func column(of []sample, what func(sample) float64) float64 {
	var values []float64
	for _, s := range of {
		values = append(values, what(s))
	}
	return median(values)
}

// TestSpeed prints what the service does beside a bare handler: 64 connections, in each round every request has its turn, and the
// bare handler right before it is sent the same bytes, since other work comes and goes; medians. Cost is processor time, of the service and the database together.
func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("takes minutes; -speed runs it")
	}
	var table strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&table, format+"\n", args...) }
	line("%d processors, %s, %d connections, %d rounds of %v each", runtime.NumCPU(), runtime.Version(), speedClients, *speedRounds, *speedLasts)
	line("| store | request | requests/s | of the bare handler | cost of one | of the bare handler's | p50 | p99 at full load |")
	line("|---|---|---|---|---|---|---|---|")
	bare := startInstance(t, "bare")
	for _, kind := range strings.Split(*speedStores, ",") {
		at, cases := speedStore(t, kind)
		cases = slices.DeleteFunc(cases, func(c speedCase) bool { return !strings.Contains(c.name, *speedOnly) })
		one := startInstance(t, at)
		run := func(l load, pids ...int) (loaded, float64) {
			before := burnt(pids...)
			got := l.run(t, *speedLasts)
			return got, float64((burnt(pids...) - before).Microseconds()) / float64(len(got.took))
		}
		samples := make([][]sample, len(cases))
		p50, p99 := make([][]time.Duration, len(cases)), make([][]time.Duration, len(cases))
		var bares []sample
		for range *speedRounds {
			for i, c := range cases {
				pids := []int{one.cmd.Process.Pid}
				if kind == "postgres" {
					pids = append(pids, backends(t)...)
				}
				same := load{clients: speedClients, requests: [][]byte{c.request}, want: c.want}
				same.addr = addrOf(bare)
				beside, bareCost := run(same, bare.cmd.Process.Pid)
				same.addr = addrOf(one)
				got, cost := run(same, pids...)
				bares = append(bares, sample{rate: beside.perSec, cost: bareCost})
				samples[i] = append(samples[i], sample{got.perSec, got.perSec / beside.perSec, cost, bareCost})
				p50[i], p99[i] = append(p50[i], got.at(0.5)), append(p99[i], got.at(0.99))
			}
		}
		rate, cost := func(s sample) float64 { return s.rate }, func(s sample) float64 { return s.cost }
		line("| %s | bare handler | %.0f | 1 | %.0f µs | 1 | | |", kind, column(bares, rate), column(bares, cost))
		for i, c := range cases {
			line("| %s | %s | %.0f | %.2f | %.0f µs | %.1f | %v | %v |", kind, c.name, column(samples[i], rate),
				column(samples[i], func(s sample) float64 { return s.ratio }), column(samples[i], cost),
				column(samples[i], func(s sample) float64 { return s.cost / s.bareCost }),
				median(p50[i]).Round(10*time.Microsecond), median(p99[i]).Round(10*time.Microsecond))
		}
		if kind == "postgres" {
			line("| %s | one round trip (SELECT 1), one connection | | | | | %v | |", kind, roundTrip(t, at).Round(time.Microsecond))
		}
		one.end()
	}
	t.Log("\n" + table.String())
}

// roundTrip is what an answer of the database takes that costs it nothing.
func roundTrip(t *testing.T, url string) time.Duration {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only asked
	ctx := context.Background()
	var took []time.Duration
	for range 2000 {
		begun := time.Now()
		var one int
		if err := db.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	return median(took)
}

// end asks the process to end, so that it writes its profile.
func (i *instance) end() {
	i.mu.Lock()
	cmd := i.cmd
	i.mu.Unlock()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait() // ended
}

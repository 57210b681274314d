package keyserver

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

var (
	figures     = flag.Bool("figures", false, "run TestFigures, which measures and prints a table; it takes minutes")
	figuresKeys = flag.Int("figures-keys", 1_000_000, "how many keys TestFigures goes up to")
)

// measure returns the authentications a second and their p99, by 16 clients that keep their connections, over processes that are
// used in turn.
func measure(t *testing.T, token string, urls []string, lasts time.Duration) (perSecond float64, p99 time.Duration) {
	t.Helper()
	const clients = 16
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range clients {
		wg.Go(func() {
			var mine []time.Duration
			for n := i; time.Since(begun) < lasts; n++ {
				r, err := http.NewRequest("GET", urls[n%len(urls)]+"/v1/users/usr_1", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+token)
				at := time.Now()
				res, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != 404 { // it is let in, and there is no such user
					t.Errorf("answered %d", res.StatusCode)
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	slices.Sort(took)
	return float64(len(took)) / time.Since(begun).Seconds(), took[len(took)*99/100]
}

// resident is what a process has in memory now, in MiB.
func resident(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), "kB")))
	return kib >> 10
}

// pageThrough lists all generic keys, 1,000 a page, and returns how many there are and the slowest page's time.
func pageThrough(t *testing.T, url, token string) (keys int, slowest time.Duration) {
	t.Helper()
	b := &bench{t: t, url: url}
	for path := "/v1/api-keys?limit=1000"; path != ""; {
		at := time.Now()
		a := b.want(200, token, "GET", path, nil)
		slowest = max(slowest, time.Since(at))
		keys += len(a.list("data"))
		path = ""
		if next := a.text("next_cursor"); next != "" {
			path = "/v1/api-keys?limit=1000&cursor=" + next
		}
	}
	return keys, slowest
}

// TestFigures prints how fast authentication is on each store, and how that and a list grow with the keys.
func TestFigures(t *testing.T) {
	if !*figures {
		t.Skip("takes minutes; -figures runs it")
	}
	const lasts = 4 * time.Second
	var table strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&table, format+"\n", args...) }
	line("| store | keys | instances | authentications/s | p99 | list, 1,000 a page | slowest page | resident |")
	line("|---|---|---|---|---|---|---|---|")
	for _, kind := range []string{"sqlite", "postgres"} {
		o, at := Options{Path: filepath.Join(t.TempDir(), "keys.db")}, ""
		if at = o.Path; kind == "postgres" {
			o = Options{URL: pgtest.Schema(t)}
			at = o.URL
		}
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		admin, err := s.MintAdmin(t.Context(), wirename.Generic, apikey.Live)
		if err != nil {
			t.Fatal(err)
		}
		token := admin.Reveal()
		total := 1
		for n := 1000; n <= *figuresKeys; n *= 10 {
			begun := time.Now()
			if err := s.FillDemo(context.Background(), n-total, wirename.Generic); err != nil {
				t.Fatal(err)
			}
			total = n
			t.Logf("%s: filled up to %d in %v", kind, n, time.Since(begun))
			if kind == "postgres" {
				pgtest.Shared(t).Query(t, "ANALYZE")
			}
			one := startInstance(t, at)
			url := one.at().url
			perSecond, p99 := measure(t, token, []string{url}, lasts)
			row := "| | |"
			begun = time.Now()
			keys, slowest := pageThrough(t, url, token)
			row = fmt.Sprintf("%v for %d | %v | %d MiB |", time.Since(begun).Round(time.Millisecond), keys, slowest.Round(100*time.Microsecond), resident(one.cmd.Process.Pid))
			line("| %s | %d | 1 | %.0f | %v | %s", kind, n, perSecond, p99.Round(10*time.Microsecond), row)
			if n == 10_000 {
				two, three := startInstance(t, at), startInstance(t, at)
				perSecond, p99 := measure(t, token, []string{url, two.at().url, three.at().url}, lasts)
				line("| %s | %d | 3 | %.0f | %v | | | |", kind, n, perSecond, p99.Round(10*time.Microsecond))
				two.kill()
				three.kill()
			}
			one.kill()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Log("\n" + table.String())
}

package host

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// fleetOf is a host with a profile for each handler, p0 and so on, each on a service of its own.
func fleetOf(tb testing.TB, handlers ...http.HandlerFunc) (*Host, []config.Profile) {
	tb.Helper()
	var text strings.Builder
	for i, handler := range handlers {
		server := httptest.NewServer(handler)
		tb.Cleanup(server.Close)
		fmt.Fprintf(&text, "[profiles.p%d]\nservice = \"generic\"\nurl = %q\ntoken = { env = \"TOKEN\" }\n", i, server.URL)
	}
	return hostOf(tb, text.String())
}

func hostOf(tb testing.TB, text string) (*Host, []config.Profile) {
	tb.Helper()
	home := tb.TempDir()
	path := filepath.Join(home, "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	h := New(Options{Settings: Settings{Config: path, Timeout: time.Minute}, Env: config.NewEnv([]string{"HOME=" + home, "TOKEN=sk_live_x", "PATH=" + os.Getenv("PATH")}), Now: time.Now, Zone: time.UTC,
		Say: func(string, ...any) {}})
	tb.Cleanup(h.Close)
	cfg, err := h.Config()
	if err != nil {
		tb.Fatal(err)
	}
	return h, slices.DeleteFunc(slices.Clone(cfg.Profiles), func(p config.Profile) bool { return p.Embedded })
}

// listOf answers with n keys, after a wait.
func listOf(of, n int, wait func(r *http.Request)) http.HandlerFunc {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"k%d_%d","name":"key-%d-of-%d","prefix":"sk_live_","created_at":"2026-05-01T12:00:00Z","last_used":null,"environment":"live"}`, of, i, i, of)
	}
	body := `{"success":true,"data":[` + b.String() + `]}`
	return func(w http.ResponseWriter, r *http.Request) {
		wait(r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

func at(*http.Request) {}

// TestTheFirstRowsWaitForNobody: the others answer only once the first profile's keys were handed over, and one never does.
func TestTheFirstRowsWaitForNobody(t *testing.T) {
	first, all := make(chan struct{}), make(chan struct{})
	late := func(r *http.Request) { <-first }
	never := func(r *http.Request) {
		select {
		case <-all:
		case <-r.Context().Done():
		}
	}
	h, profiles := fleetOf(t, listOf(0, 500, late), listOf(1, 500, late), listOf(2, 500, never), listOf(3, 500, at), listOf(4, 500, late), listOf(5, 500, late))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	open, end := sync.OnceFunc(func() { close(first) }), sync.OnceFunc(func() { close(all) })
	defer end()
	defer open()
	keys, done, order := map[string]int{}, map[string]error{}, []string{}
	h.Hear(ctx, profiles, func(said Heard) {
		if said.Session == nil {
			t.Errorf("%s is not open: %v", said.Profile.Name, said.Err)
		}
		if keys[said.Profile.Name] += len(said.Keys); len(said.Keys) > 0 {
			order = append(order, said.Profile.Name)
			open()
		}
		if said.Done {
			if _, twice := done[said.Profile.Name]; twice {
				t.Errorf("%s is done twice", said.Profile.Name)
			}
			if done[said.Profile.Name] = said.Err; len(done) == 5 {
				stop() // all but the dead one are there: it held nothing up
			}
		}
	})
	if len(order) == 0 || order[0] != "p3" {
		t.Errorf("the first rows are of %v", order)
	}
	for i := range profiles {
		name := fmt.Sprintf("p%d", i)
		if i == 2 {
			if keys[name] != 0 || done[name] == nil {
				t.Errorf("the dead one: %d keys, %v", keys[name], done[name])
			}
		} else if keys[name] != 500 || done[name] != nil {
			t.Errorf("%s: %d keys, %v", name, keys[name], done[name])
		}
	}
}

// TestAKeyThatTwoProfilesReachIsSaidOnce, but two keys of one id are two where what is said of them differs.
func TestAKeyThatTwoProfilesReachIsSaidOnce(t *testing.T) {
	row := func(id, name, created string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"prefix":"sk_live_","created_at":%q}`, id, name, created)
	}
	const day, other = "2026-05-01T12:00:00Z", "2026-05-02T12:00:00Z"
	lists := map[string]string{"A": row("1", "a", day) + "," + row("2", "b", day) + "," + row("3", "c", day), "B": row("1", "a", day) + "," + row("2", "other", day) + "," + row("3", "c", other) + "," + row("4", "d", day)}
	serve := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"success":true,"data":[%s]}`, lists[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer sk_live_")])
	}))
	defer serve.Close()
	dir := t.TempDir()
	var text strings.Builder
	for _, p := range []string{"A", "B", "again"} {
		token := "sk_live_" + map[string]string{"A": "A", "B": "B", "again": "A"}[p]
		if err := os.WriteFile(filepath.Join(dir, p), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "[profiles.%s]\nservice = \"generic\"\nurl = %q\ntoken = { file = %q }\n", p, serve.URL, filepath.Join(dir, p))
	}
	h, profiles := hostOf(t, text.String())
	var got []string
	for _, a := range h.Ask(t.Context(), profiles) {
		if a.Err != nil {
			t.Error(a.Err)
		}
		for _, k := range a.Keys {
			got = append(got, a.Profile.Name+k.ID)
		}
	}
	if want := "A1 A2 A3 B2 B3 B4"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	got = nil
	h.Hear(t.Context(), profiles, func(said Heard) {
		for _, k := range said.Keys {
			made, _ := k.CreatedAt.Time()
			got = append(got, k.ID+" "+k.Name+" "+made.String())
		}
	})
	if slices.Sort(got); len(got) != 6 || len(slices.Compact(got)) != 6 {
		t.Errorf("%v", got)
	}
}

// TestUnderAScreenNoTokenCommandRuns: such a profile says why it does not answer, and the others do.
func TestUnderAScreenNoTokenCommandRuns(t *testing.T) {
	serve := httptest.NewServer(listOf(0, 2, at))
	defer serve.Close()
	mark := filepath.Join(t.TempDir(), "ran")
	h, _ := hostOf(t, fmt.Sprintf("default_profile = \"plain\"\n[profiles.plain]\nservice = \"generic\"\nurl = %q\ntoken = { env = \"TOKEN\" }\n[profiles.asks]\nservice = \"generic\"\nurl = %[1]q\ntoken = { command = [\"touch\", %q] }\n",
		serve.URL, mark))
	screens, keys := h.Screens(nil), map[string]int{}
	var why error
	screens.Hear(t.Context(), nil, func(said ui.Heard) {
		if keys[said.Profile] += len(said.Keys); said.Profile == "asks" {
			why = said.Err
		} else if c := said.Connection; c == nil || c.Profile.Name != said.Profile || c.Order == nil || c.Rotations == nil {
			t.Errorf("%s: %+v", said.Profile, c)
		}
	})
	if keys["plain"] != 2 || keys["asks"] != 0 || why == nil || !strings.Contains(why.Error(), "switch to it first") {
		t.Errorf("%v, %v", keys, why)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command ran")
	}
}

func TestAFilterIsHeldAgainstWhatOneProfileSays(t *testing.T) {
	a := Answer{Session: &Session{Service: clocked{}}, Keys: []apikey.Key{{ID: "1", Name: "one"}, {ID: "2", Name: "two"}}}
	for filter, want := range map[string]string{"one": "1", "!one": "2", "": "1 2", "used<1d": " no key reports last used: which keys the filter means is not known", "!used<1d": "1 2 no key reports last used: the filter left none out by it"} {
		f, err := keylist.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		found := a.Find(f, nil, time.Now())
		var got []string
		for _, k := range found.Keys {
			got = append(got, k.ID)
		}
		if text := strings.TrimRight(strings.Join(got, " ")+" "+found.Doubt(), " "); text != want {
			t.Errorf("%q: %q, want %q", filter, text, want)
		}
	}
	if found := (Answer{Session: &Session{Service: clocked{}}}).Find(must(keylist.ParseFilter("used<1d")), nil, time.Now()); found.Doubt() != "" {
		t.Errorf("of no keys: %s", found.Doubt())
	}
}

func must(f keylist.Filter, _ error) keylist.Filter { return f }

// BenchmarkHear is six profiles with 500 keys each, one of them dead and one two seconds slow. first/alone is when the first rows are
// there, by when the fastest profile's are where it is asked alone; last-ms how long after the slowest answered all are there.
func BenchmarkHear(b *testing.B) {
	const fastest = 20 * time.Millisecond
	sleep := func(d time.Duration) func(*http.Request) { return func(*http.Request) { time.Sleep(d) } }
	var mu sync.Mutex
	var slowest time.Time
	slow := listOf(1, 500, func(*http.Request) {
		time.Sleep(2 * time.Second)
		mu.Lock()
		slowest = time.Now()
		mu.Unlock()
	})
	h, profiles := fleetOf(b, listOf(0, 500, sleep(fastest)), slow, listOf(2, 500, func(r *http.Request) { <-r.Context().Done() }), listOf(3, 500, sleep(2*fastest)), listOf(4, 500, sleep(3*fastest)), listOf(5, 500, sleep(4*fastest)))
	first := func(profiles []config.Profile, all int) (took time.Duration, last time.Time) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		begun, done := time.Now(), 0
		h.Hear(ctx, profiles, func(said Heard) {
			if took == 0 && len(said.Keys) > 0 {
				took = time.Since(begun)
			}
			if said.Done && said.Err == nil {
				if done++; done == all {
					last = time.Now()
					stop() // the dead one goes on not to answer
				}
			}
		})
		return took, last
	}
	first(profiles[:1], 1) // what is made once
	var alone, together, lag []time.Duration
	for b.Loop() {
		one, _ := first(profiles[:1], 1)
		six, last := first(profiles, 5)
		mu.Lock()
		alone, together, lag = append(alone, one), append(together, six), append(lag, last.Sub(slowest))
		mu.Unlock()
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return float64(d[len(d)/2])
	}
	b.ReportMetric(median(alone)/1e6, "alone-ms")
	b.ReportMetric(median(together)/median(alone), "first/alone")
	b.ReportMetric(median(lag)/1e6, "last-ms")
}

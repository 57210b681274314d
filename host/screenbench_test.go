package host

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/paint"
	"detent/tui"
)

// shown is the program on a terminal that is nobody's: the screens of a host in Bubble Tea and under the painter, which writes here. What is
// measured ends with the write of the frame that shows it.
type shown struct {
	*tui.App
	tb     testing.TB
	typed  *io.PipeWriter
	keys   io.Reader
	mu     sync.Mutex
	frame  string // made, and not written yet
	bytes  int
	last   time.Time
	wanted []func(text string) bool // in turn
	found  chan time.Time
}

// show runs the program at 120x40 until end is called. Only then may its model be touched.
func show(tb testing.TB, h *Host, change func(o *tui.Options), wanted ...func(text string) bool) (s *shown, end func()) {
	tb.Helper()
	keys, typed := io.Pipe()
	s = &shown{tb: tb, typed: typed, keys: keys, wanted: wanted, found: make(chan time.Time, 2)}
	start, _, err := h.Start()
	if err != nil {
		tb.Fatal(err)
	}
	screens := h.Screens(nil)
	o := screens.Options(start)
	o.Renderer = lipgloss.NewRenderer(io.Discard)
	o.Renderer.SetColorProfile(termenv.TrueColor)
	o.Renderer.SetHasDarkBackground(true)
	o.After = func(time.Duration, tea.Msg) tea.Cmd { return nil } // no minute passes
	change(&o)
	s.App = tui.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = paint.NewOnStream(paint.NewStream(s, 120, 40), paint.Options{}).Run(s, tea.WithContext(ctx))
	}()
	return s, sync.OnceFunc(func() {
		cancel()
		<-over
		_ = keys.Close()
	})
}

// Update, View, Read and Write stand between the program, the painter and the terminal.
func (s *shown) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := s.App.Update(msg)
	return s, cmd
}

func (s *shown) View() string {
	text := s.App.View()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frame = text
	return text
}

func (s *shown) Read(p []byte) (int, error) { return s.keys.Read(p) }

// Write takes a frame. The painter asks for one only when the one before is written: it is the last that was made.
func (s *shown) Write(p []byte) (int, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes, s.last = s.bytes+len(p), now
	if len(s.wanted) > 0 {
		for text := ansi.Strip(s.frame); len(s.wanted) > 0 && s.wanted[0](text); s.wanted = s.wanted[1:] {
			s.found <- now
		}
	}
	return len(p), nil
}

func (s *shown) press(key string) {
	if _, err := io.WriteString(s.typed, key); err != nil {
		s.tb.Error(err)
	}
}

// expect says what is to be on the screen next, one thing after another; until waits for each in turn, and gives the time.
func (s *shown) expect(wanted ...func(text string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = wanted
}

func (s *shown) until() time.Time {
	s.tb.Helper()
	select {
	case at := <-s.found:
		return at
	case <-time.After(time.Minute):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tb.Fatalf("it does not come to that:\n%s", ansi.Strip(s.frame))
		return time.Time{}
	}
}

// quiet waits until nothing was written for so long.
func (s *shown) quiet(long time.Duration) {
	for since := time.Duration(0); since < long; {
		time.Sleep(long - since)
		s.mu.Lock()
		since = time.Since(s.last)
		s.mu.Unlock()
	}
}

// rows are of all profiles together, or of one; whole is the list where all keys have a place.
func rows(together bool) func(text string) bool {
	return func(text string) bool {
		return strings.Contains(text, "-of-") && strings.Contains(text, "all profiles") == together
	}
}

func whole(n int) func(text string) bool {
	return func(text string) bool { return strings.Contains(text, fmt.Sprintf("/%d ·", n)) }
}

// BenchmarkScreen is six profiles with 500 keys each, one of them dead and one 2 s slow, from the key (or the start of the program) to the picture: through the
// host, the services' connections, the list and the painter. first/alone is when the first rows are on the screen, by when they are where the fastest
// profile is asked alone, each in turn, by the medians and, best/best, by the quickest of each, which other work on the machine held up least; last-ms how long after the slowest answered all rows are there. The built-in profiles, which
// have no keys, are asked with the six, as they are wherever there is a configuration.
func BenchmarkScreen(b *testing.B) {
	for _, fastest := range []time.Duration{20 * time.Millisecond, time.Millisecond} {
		for _, from := range []string{"key", "start"} {
			b.Run(fmt.Sprint(from, "/", fastest), func(b *testing.B) { benchmarkScreen(b, fastest, from == "start") })
		}
	}
}

func benchmarkScreen(b *testing.B, fastest time.Duration, starts bool) {
	const slow, each = 2 * time.Second, 500
	sleep := func(d time.Duration) func(*http.Request) { return func(*http.Request) { time.Sleep(d) } }
	answered, over := make(chan time.Time, 1), make(chan struct{})
	slowest := func(r *http.Request) {
		select {
		case <-time.After(slow):
			answered <- time.Now()
		case <-r.Context().Done():
		}
	}
	dead := func(r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}
	h, _ := fleetOf(b, listOf(0, each, sleep(fastest)), listOf(1, each, slowest), listOf(2, each, dead), listOf(3, each, sleep(2*fastest)), listOf(4, each, sleep(3*fastest)), listOf(5, each, sleep(4*fastest)))
	b.Cleanup(func() { close(over) })
	var screen *shown
	var end func()
	if !starts {
		screen, end = show(b, h, func(o *tui.Options) { o.Profile = "p0" })
		defer func() { end() }()
	}
	measure := func(together bool) (first time.Duration, last time.Time) {
		n := each
		if together {
			n = 5 * each
		}
		begun := time.Now()
		if starts {
			again := New(h.o)
			defer again.Close()
			screen, end = show(b, again, func(o *tui.Options) { o.Profile, o.All = "p0", together }, rows(together), whole(n))
			defer func() { end() }()
		} else {
			screen.quiet(50 * time.Millisecond)
			screen.expect(rows(together), whole(n))
			begun = time.Now()
			screen.press(map[bool]string{true: "0", false: "1"}[together])
		}
		first = screen.until().Sub(begun)
		return first, screen.until()
	}
	var alone, together, lag []time.Duration
	round := func() {
		one, _ := measure(false)
		six, last := measure(true)
		alone, together, lag = append(alone, one), append(together, six), append(lag, last.Sub(<-answered))
	}
	round() // what is made once
	alone, together, lag = nil, nil, nil
	for b.Loop() {
		round()
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return float64(d[len(d)/2])
	}
	b.ReportMetric(median(alone)/1e6, "alone-ms")
	b.ReportMetric(median(together)/median(alone), "first/alone")
	b.ReportMetric(float64(together[0])/float64(alone[0]), "best/best")
	b.ReportMetric(median(lag)/1e6, "last-ms")
}

// BenchmarkKeystroke is a keystroke in a list of many keys, of twenty profiles together and of one, as the host brought them: Update and View
// with the commands that arrange; B/move is what the painter writes for one j, where the program runs under it.
func BenchmarkKeystroke(b *testing.B) {
	for _, c := range []struct{ profiles, keys int }{{1, 10_000}, {1, 100_000}, {20, 5_000}} {
		b.Run(fmt.Sprintf("%dx%d", c.profiles, c.keys), func(b *testing.B) {
			var handlers []http.HandlerFunc
			for of := range c.profiles {
				handlers = append(handlers, listOf(of, c.keys, at))
			}
			h, _ := fleetOf(b, handlers...)
			screen, end := show(b, h, func(o *tui.Options) { o.Profile, o.All = "p0", c.profiles > 1 }, whole(c.profiles*c.keys))
			defer end()
			screen.until()
			screen.quiet(time.Second) // what is to be said of the keys is found behind the list, and orders it
			bytes := screen.moves(b, 60)
			end()
			app := screen.App
			b.Run("move", func(b *testing.B) {
				benchmarkKeys(b, app, slices.Concat(slices.Repeat([]string{"j"}, 20), slices.Repeat([]string{"k"}, 20)))
				b.ReportMetric(bytes, "B/move")
			})
			b.Run("scroll", func(b *testing.B) {
				benchmarkKeys(b, app, slices.Concat(slices.Repeat([]string{"pgdown"}, 20), slices.Repeat([]string{"pgup"}, 20)))
			})
			b.Run("filter", func(b *testing.B) { benchmarkKeys(b, app, []string{"/", "k", "e", "y", "-", "7", "esc"}) })
		})
	}
}

// moves presses j, each when the one before is on the screen, and gives the median of the bytes that one took.
func (s *shown) moves(b *testing.B, n int) float64 {
	b.Helper()
	took := make([]int, n)
	place := regexp.MustCompile(`\d+/\d+ ·`)
	for i := range took {
		s.mu.Lock()
		before, at := s.bytes, place.FindString(ansi.Strip(s.frame))
		s.mu.Unlock()
		s.expect(func(text string) bool { return place.FindString(text) != at })
		s.press("j")
		s.until()
		s.mu.Lock()
		took[i] = s.bytes - before
		s.mu.Unlock()
	}
	slices.Sort(took)
	return float64(took[n/2])
}

var keyTypes = map[string]tea.KeyType{"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "esc": tea.KeyEsc}

func benchmarkKeys(b *testing.B, app *tui.App, keys []string) {
	var take func(msg tea.Msg)
	run := func(cmd tea.Cmd) {
		if cmd != nil {
			take(cmd())
		}
	}
	take = func(msg tea.Msg) {
		switch msg := msg.(type) {
		case nil:
		case tea.BatchMsg:
			for _, cmd := range msg {
				run(cmd)
			}
		default:
			_, cmd := app.Update(msg)
			run(cmd)
		}
	}
	msgs := make([]tea.KeyMsg, len(keys))
	for i, name := range keys {
		msgs[i] = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
		if t, named := keyTypes[name]; named {
			msgs[i] = tea.KeyMsg{Type: t}
		}
	}
	press := func(msg tea.KeyMsg) {
		take(paint.ReadBegin{})
		take(msg)
		drawn = app.View()
	}
	i := 0
	for ; b.Loop(); i++ {
		press(msgs[i%len(msgs)])
	}
	for ; i%len(msgs) != 0; i++ { // back to where it began
		press(msgs[i%len(msgs)])
	}
}

var drawn string

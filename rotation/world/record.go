package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

func (w *world) note(format string, args ...any) {
	if w.logging {
		w.log = append(w.log, fmt.Sprintf("%8.2fs %-9s ", w.now.Sub(epoch).Seconds(), w.step)+fmt.Sprintf(format, args...))
	}
}

// fail records that an invariant did not hold; the first time of each text counts.
func (w *world) fail(invariant, format string, args ...any) {
	f := Failure{invariant, fmt.Sprintf(format, args...)}
	if !slices.Contains(w.failures, f) {
		w.failures = append(w.failures, f)
		w.note("FAIL %s %s", f.Invariant, f.Text)
	}
}

// event is something that the program did or was told, for the claims that it makes of it.
type event struct {
	act    int
	kind   string
	id     string
	secret *key
	place  *place
	ok     bool
	no     string
	truth  bool
	all    bool // anything was accepted
	text   string
	former string
	rows   []apikey.Key
}

func (w *world) event(e event) {
	e.act = w.act
	w.events = append(w.events, e)
}

// moment is what had happened when the program looked at the wall clock, as it does for each claim that it makes.
type moment struct {
	events int
	now    time.Time
}

// tick is the program's wall clock. Each look at it gets a time of its own, so that a claim tells its moment, also from the journal.
func (w *world) tick() time.Time {
	w.ticks++
	at := w.wallTime().Add(time.Duration(w.ticks))
	w.moments[at.UnixNano()] = moment{len(w.events), w.now}
	return at
}

// where are the first functions of a stack below the panic.
func where(stack []byte) string {
	_, below, _ := strings.Cut(string(stack), "\npanic(")
	var out []string
	for line := range strings.Lines(below) {
		if at, _, ours := strings.Cut(line, "("); ours && strings.HasPrefix(line, "detent/") && len(out) < 3 {
			_, name, _ := strings.Cut(line[len(at):], ".")
			name, _, _ = strings.Cut(name, "({")
			out = append(out, at+"."+strings.TrimSpace(name))
		}
	}
	return strings.Join(out, " < ")
}

//go:build unix

package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"detent/keyserver/wirename"
)

// effect is what a fault means for the two kinds of calls, and what is said of it.
type effect struct {
	class string
	// read: "again" is tried again, "no" is an answer that another try would not better, "hangs" uses up the time,
	// "any" may be either, "denied" is a no that may leave another way, "fine" does not hurt.
	read string
	// write: "not done" is certain, "unknown" is not, "done" is an answer.
	write string
	// says is a pattern of what happened, as a screen tells it.
	says string
}

// classes are the kinds of faults. Every flow meets each of them, in every run.
var classes = []string{"broken", "hanging", "foreign", "refused", "trouble", "harmless"}

// effects belong to faults(), in its order.
var effects = []effect{
	{"broken", "again", "unknown", `connection broke`},                                        // reset before it is handled
	{"broken", "again", "unknown", `connection broke`},                                        // reset after it was handled
	{"hanging", "hangs", "unknown", `no answer in`},                                           // no answer at all
	{"broken", "again", "unknown", `connection broke`},                                        // truncated body
	{"hanging", "hangs", "unknown", `not complete in|over the limit|no answer in`},            // endless body
	{"hanging", "hangs", "unknown", `not complete in|no answer in`},                           // slow drip
	{"hanging", "hangs", "unknown", `over the limit|not complete in|no answer in|breaks off`}, // 50 MB of one string: a list may be that long, so that time may be what ends it
	{"foreign", "no", "unknown", `web page`},                                                  // a web page
	{"foreign", "no", "unknown", `web page|not JSON`},                                         // not JSON
	{"foreign", "no", "unknown", `deep|nested|not what the service promises`},                 // too deep
	{"foreign", "any", "unknown", `connection broke|breaks off|not JSON|promises|holds no`},   // invalid UTF-8, and a control inside of a string, and broken off
	{"foreign", "no", "unknown", `is empty`},                                                  // empty
	{"trouble", "again", "unknown", `502`},                                                    // 502 with a web page
	{"refused", "again", "not done", `429`},                                                   // 429
	{"refused", "again", "not done", `429`},                                                   // 429 with Retry-After
	{"trouble", "again", "unknown", `503`},                                                    // 503
	{"trouble", "no", "unknown", `503`},                                                       // 503 for a day
	{"trouble", "no", "unknown", `500`},                                                       // 500
	{"refused", "no", "not done", `401`},                                                      // 401
	{"refused", "denied", "not done", `403`},                                                  // 403
	{"foreign", "no", "unknown", `redirected to`},                                             // 302
	{"foreign", "no", "not done", `redirected to`},                                            // 307
	{"trouble", "again", "unknown", `502`},                                                    // 502 with Retry-After
	{"harmless", "fine", "done", ``},                                                          // a slow answer in pieces
	{"harmless", "fine", "done", ``},                                                          // garbage dates
}

// matrixEnv set to "all" makes the matrices of the screens and of the rotation run every cell, and the matrix of kills both ways
// from every point.
const matrixEnv = "DETENT_E2E_MATRIX"

func everyCell() bool { return os.Getenv(matrixEnv) == "all" }

// chosen are the faults that a row of a matrix meets, by their place in faults(): one of each class, and another
// one in the next row; half of the classes where the next row, of the same flow, meets the others; under sampled one of one
// class; all of them where the whole matrix is asked for.
func chosen(row int, half bool) []int {
	var out []int
	turn := row
	if half {
		turn = row / 2
	}
	for c, class := range classes {
		var members []int
		for i, e := range effects {
			if e.class == class {
				members = append(members, i)
			}
		}
		switch {
		case everyCell():
			out = append(out, members...)
		case half && (row+c)%2 != 0:
		case !sampled() || row%len(classes) == c:
			out = append(out, members[(turn+turn/len(members))%len(members)])
		}
	}
	return out
}

// matrixSize says which part of a matrix runs.
func matrixSize(rows int) string {
	if everyCell() {
		return "every one"
	}
	return "of " + fmt.Sprint(rows*len(effects)) + "; " + matrixEnv + "=all runs every one"
}

// TestTheSampleMeetsEveryClassInEachFlowAndEachFaultInSeveral holds what a run without the whole matrix leaves out.
func TestTheSampleMeetsEveryClassInEachFlowAndEachFaultInSeveral(t *testing.T) {
	if len(effects) != len(faults()) {
		t.Fatalf("%d effects for %d faults", len(effects), len(faults()))
	}
	for _, e := range effects {
		if !slices.Contains(classes, e.class) {
			t.Errorf("no class %q", e.class)
		}
	}
	if sampled() || everyCell() {
		return
	}
	met := map[string]map[string]bool{}
	meets := map[int]int{}
	for row, r := range screenRows() {
		if met[r.flow.name] == nil {
			met[r.flow.name] = map[string]bool{}
		}
		for _, i := range chosen(row, len(r.flow.on) > 1) {
			meets[i]++
			met[r.flow.name][effects[i].class] = true
		}
	}
	for row, r := range turnRows() {
		if r.service == wirename.Vertesia && r.step != "undo" { // of its rotations all run
			for _, i := range chosen(row, false) {
				meets[i]++
			}
		}
	}
	for name, classesMet := range met {
		if len(classesMet) != len(classes) {
			t.Errorf("%s meets %v", name, classesMet)
		}
	}
	for i, f := range faults() {
		if meets[i] < 2 {
			t.Errorf("%s is met by %d rows", f.name, meets[i])
		}
	}
}

//go:build unix

package issuers

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"detent/e2e/planned"
)

// TestPlayedIssuers drives the program from a key's creation to its end on services that are played, and where they roll keys, through that.
func TestPlayedIssuers(t *testing.T) {
	for _, is := range allPlayed {
		t.Run(is.service, func(t *testing.T) {
			t.Parallel()
			for name, flow := range map[string]func(h *home, state *played, is playedIssuer){
				"a key from its making to its end": func(h *home, _ *played, is playedIssuer) { aKey(h, is.issuer) },
				"a roll at once":                   rolledToAnother,
				"a roll with an overlap":           rolledBeside,
				"killed when the key was rolled":   killedOnceRolled,
				"killed before the key was rolled": killedUnrolled,
				"killed when the overlap began":    killedBeside,
				"an overlap that is undone":        undoneBeside,
				"a place that nothing tells":       placeUntold,
				"a roll that gives less":           rolledToLess,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					h, state := newPlayed(t, is)
					flow(h, state, is)
					if n := state.tried(); n > 0 && is.never {
						t.Errorf("dead secrets were tried %d times", n)
					}
				})
			}
		})
	}
}

const (
	atOnce = "roll-at-once"
	beside = "roll"
)

// rolls skips what is about a roll where there is none.
func (is playedIssuer) rolls(h *home) {
	if is.roll == "" {
		h.Skip("its keys are not rolled")
	}
}

// toRoll makes the key of an application and says how it is rolled.
func (h *home) toRoll(is playedIssuer, name, strategy string) (old key, secret string, args []string) {
	h.Helper()
	is.rolls(h)
	old, secret, args = h.rotating(is.issuer, name)
	args = append(args, "--strategy", strategy)
	if strategy == atOnce {
		args = append(args, "--outage")
	}
	if is.never { // nothing tells that the place is the key's, and nobody must ask
		args = append(args, "--replace")
	}
	return old, secret, args
}

// renewed holds that the application has the secret of a new key with the old one's name and days, that the old one is over, and that the name
// finds the new one from then on.
func (h *home) renewed(old key, secret string) {
	h.Helper()
	fresh := h.env()
	if fresh == secret || !h.alive(fresh) || h.alive(secret) {
		h.Errorf("the application has a new secret: %v; it works: %v; so does the old one: %v", fresh != secret, h.alive(fresh), h.alive(secret))
	}
	valid, of := h.verified(fresh)
	if !valid || of == nil || of.ID == old.ID || of.Name != old.Name {
		h.Fatalf("the new secret is valid: %v, of %+v", valid, of)
	}
	if (of.ExpiresAt == nil) != (old.ExpiresAt == nil) || of.ExpiresAt != nil && !of.ExpiresAt.Equal(*old.ExpiresAt) {
		h.Errorf("the new key ends %v, the old one %v", of.ExpiresAt, old.ExpiresAt)
	}
	var found key
	if h.into(h.must("show", old.Name, "-o", "json"), &found); found.ID != of.ID {
		h.Errorf("%q finds %+v, not %s", old.Name, found, of.ID)
	}
	if id := h.open(); id != "" {
		h.Errorf("the rotation %s is open", id)
	}
	h.leaks(secret, fresh)
}

// asPlanned rolls the key, and holds the wire against what --plan said: each request is in the plan, in its order and number, and nothing that
// is planned is missing. as are what the plan calls otherwise than the wire, in pairs.
func (h *home) asPlanned(args []string, as ...string) rotation {
	h.Helper()
	var plan struct {
		Stages []struct {
			ID   string
			Does []struct{ Call, Times string }
		}
	}
	h.into(h.must(append(slices.Clone(args), "--plan")...), &plan)
	var acts []planned.Act
	for _, stage := range plan.Stages {
		for _, act := range stage.Does {
			if act.Call != "" {
				acts = append(acts, planned.Act{Line: act.Call, Times: act.Times})
			}
		}
	}
	h.front.record()
	r := h.must(args...)
	wire := h.front.recorded()
	for i := range wire {
		wire[i] = strings.NewReplacer(as...).Replace(wire[i])
	}
	var a planned.Alphabet
	want := a.Letter(acts[0].Line) + a.Expression(h.T, acts) // the key was looked for in the list before
	if got := a.Word(wire); !regexp.MustCompile("^" + want + "$").MatchString(got) {
		for _, act := range acts {
			h.Logf("planned: %s  %s  %s", a.Letter(act.Line), act.Line, act.Times)
		}
		h.Errorf("went over the wire: %s, planned: %s\n%s", got, want, strings.Join(wire, "\n"))
	}
	var end rotation
	h.into(r, &end)
	if end.State != "done" {
		h.Errorf("it ends as %+v", end)
	}
	return end
}

func rolledToAnother(h *home, _ *played, is playedIssuer) {
	old, secret, args := h.toRoll(is, "rolled", atOnce)
	end := h.asPlanned(args)
	if !strings.Contains(strings.Join(end.Certain, "\n"), "was rolled at once, by which its former secret dies") {
		h.Errorf("certain: %q", end.Certain)
	}
	h.renewed(old, secret)
	second := h.env()
	h.asPlanned(args) // once more, by its name
	h.renewed(old, second)
}

func rolledBeside(h *home, _ *played, is playedIssuer) {
	if !is.overlaps {
		h.Skip("its old key ends with the call")
	}
	old, secret, args := h.toRoll(is, "beside", beside)
	h.asPlanned(args)
	if slices.ContainsFunc(h.list(), func(k key) bool { return k.ID == old.ID }) {
		h.Error("the old key is listed")
	}
	h.renewed(old, secret)
}

// killedOnceRolled: the key was rolled, and nobody has the secret of the new one. The list tells, and that one is rolled in its turn.
func killedOnceRolled(h *home, _ *played, is playedIssuer) {
	if testing.Short() {
		h.Skip("waits until the call cannot be under way any more")
	}
	old, secret, args := h.toRoll(is, "roll lost", atOnce)
	h.killedAt(is.roll, true, args...)
	if h.alive(secret) || h.env() != secret {
		h.Fatal("the key was not rolled, or its place has another secret already")
	}
	h.goneOn(old, secret, is, 1)
}

// killedUnrolled: the list shows the key as it was, and only then it is rolled.
func killedUnrolled(h *home, _ *played, is playedIssuer) {
	if testing.Short() {
		h.Skip("waits until a list cannot be behind any more")
	}
	old, secret, args := h.toRoll(is, "roll unsent", atOnce)
	h.killedAt(is.roll, false, args...)
	if !h.alive(secret) {
		h.Fatal("the key was rolled")
	}
	h.goneOn(old, secret, is, 1)
}

func killedBeside(h *home, _ *played, is playedIssuer) {
	if !is.overlaps || testing.Short() {
		h.Skip("its old key ends with the call, or it is waited until that cannot be under way any more")
	}
	old, secret, args := h.toRoll(is, "overlap lost", beside)
	h.killedAt(is.roll, true, args...)
	if !h.alive(secret) {
		h.Fatal("the old key ended with the call")
	}
	h.goneOn(old, secret, is, 1)
}

// goneOn resumes a rotation that was killed at its roll, of which nothing is claimed before.
func (h *home) goneOn(old key, secret string, is playedIssuer, rolls int) {
	h.Helper()
	id := h.open()
	var all []rotation
	h.into(h.must("rotations", "-o", "json"), &all)
	for _, r := range all {
		if said := strings.Join(r.Certain, "\n"); r.ID == id && strings.Contains(said, "was rolled") {
			h.Errorf("it is claimed that the key was rolled: %s", said)
		}
	}
	h.front.record()
	h.must("rotate", "--resume", id, "--yes")
	wire := h.front.recorded()
	n := 0
	for _, what := range wire {
		if strings.HasPrefix(what, is.roll) && !strings.HasPrefix(what, "DELETE") {
			n++
		}
	}
	if n != rolls {
		h.Errorf("resumed, it was rolled %d times:\n%s", n, strings.Join(wire, "\n"))
	}
	h.renewed(old, secret)
	works := 0
	for _, k := range h.named(old.Name) {
		if *k.Enabled && (k.ExpiresAt == nil || k.ExpiresAt.After(time.Now())) {
			works++
		}
	}
	if works != 1 {
		h.Errorf("%d keys are left", works)
	}
}

// undoneBeside: killed when the new secret is delivered nowhere yet, the old key gets back the end that it had, and the new one is deleted.
func undoneBeside(h *home, _ *played, is playedIssuer) {
	if !is.overlaps || testing.Short() {
		h.Skip("its old key ends with the call, or it is waited until that cannot be under way any more")
	}
	old, secret, args := h.toRoll(is, "undone", beside)
	h.killedAt(is.roll, true, args...)
	h.must("rotate", "--abort", h.open(), "--yes")
	left := h.named("undone")
	if len(left) != 1 || left[0].ID != old.ID || left[0].ExpiresAt != nil || !h.alive(secret) || h.env() != secret {
		h.Errorf("left: %+v; the old secret works: %v", left, h.alive(secret))
	}
	if id := h.open(); id != "" {
		h.Errorf("the rotation %s is open", id)
	}
}

// placeUntold: where a dead secret must not be tried and the list shows no mask, the plan says as the rotation does that somebody has to say so.
func placeUntold(h *home, _ *played, is playedIssuer) {
	is.rolls(h)
	_, _, args := h.rotating(is.issuer, "untold")
	args = append(args, "--strategy", atOnce, "--outage")
	before := h.env()
	plan, run := h.run("", append(slices.Clone(args), "--plan")...), result{}
	if is.never {
		run = h.run("", args...)
	}
	if want := map[bool]int{true: 1, false: 0}[is.never]; plan.code != want || run.code != want || h.env() != before {
		h.Errorf("the plan: exit %d\n%s\nthe rotation: exit %d\n%s", plan.code, plan.stderr, run.code, run.stderr)
	}
	for _, r := range []result{plan, run} {
		if is.never && !strings.Contains(r.stderr, "the service must not be asked with it") {
			h.Errorf("it says %s", r.stderr)
		}
	}
}

// rolledToLess: the service gives the new key another role. The rotation waits until somebody accepts that, and says nothing of an old key that
// stays: that one is over.
func rolledToLess(h *home, state *played, is playedIssuer) {
	if !is.never {
		h.Skip("its keys have no role")
	}
	_, secret, args := h.toRoll(is, "less", atOnce)
	state.mu.Lock()
	state.less = true
	state.mu.Unlock()
	r := h.run("", args...)
	if r.code != 1 || !strings.Contains(r.stderr, "role differs: old 30, new 20") || strings.Contains(r.stderr, "the old key stays") || h.open() == "" {
		h.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if fresh := h.env(); fresh == secret || !h.alive(fresh) {
		h.Error("the application has no secret that works")
	}
}

// exchange is one of the suite's: a request, and what its service answered.
type exchange struct {
	call, bearer, body, answer string
	status                     int
}

var (
	caseOf      = regexp.MustCompile(`(?m)^-- (.*) --$`)
	requestLine = regexp.MustCompile(`(?m)^>\*? [A-Z]+ /`)
	aRequest    = regexp.MustCompile(`(?m)^>\*? ((?:GET|POST|PUT|PATCH|DELETE) \S+)\n((?:>.*\n)*)((?:[{\[].*\n)*)< (\d+)\n((?:<.*\n)*)((?:[{\[].*\n?)*)`)
)

// exchanges are those of an issuer's file of cases, by the case.
func exchanges(t *testing.T, service string) map[string][]exchange {
	t.Helper()
	raw, err := os.ReadFile("../../client/testdata/" + service + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	out, read := map[string][]exchange{}, 0
	at := caseOf.FindAllStringSubmatchIndex(string(raw), -1)
	for i, m := range at {
		end := len(raw)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := string(raw[m[2]:m[3]])
		for _, x := range aRequest.FindAllStringSubmatch(string(raw[m[1]:end]), -1) {
			status, _ := strconv.Atoi(x[4])
			_, bearer, _ := strings.Cut(strings.TrimSpace(x[2]), "> as ")
			read++
			out[name] = append(out[name], exchange{call: x[1], bearer: bearer, body: x[3], answer: x[6], status: status})
		}
	}
	if all := len(requestLine.FindAll(raw, -1)); read != all || read == 0 {
		t.Fatalf("%s has %d requests, of which %d were read", service, all, read)
	}
	return out
}

// TestThePlayedServicesAnswerAsTheirExchangesDo: each request of the suite's cases is made of the played service, which answers with the same
// status and with members of the same kinds.
func TestThePlayedServicesAnswerAsTheirExchangesDo(t *testing.T) {
	for _, is := range allPlayed {
		for name, all := range exchanges(t, is.service) {
			if strings.HasPrefix(name, "parents") {
				continue // each is of one project, or one account
			}
			t.Run(is.service+" "+name, func(t *testing.T) {
				handler, state := is.begin()
				is.stage(state, name)
				for _, x := range all {
					method, target, _ := strings.Cut(x.call, " ")
					r := httptest.NewRequest(method, target, strings.NewReader(x.body))
					is.sign(r, x.bearer)
					w := httptest.NewRecorder()
					handler.ServeHTTP(w, r)
					got, _ := io.ReadAll(w.Result().Body)
					if w.Code != x.status {
						t.Errorf("%s: answered %d %s, want %d", x.call, w.Code, got, x.status)
						continue
					}
					var want, have any
					if _, _ = json.Unmarshal([]byte(x.answer), &want), json.Unmarshal(got, &have); x.answer != "" {
						sameKind(t, x.call, want, have)
					}
				}
			})
		}
	}
}

// sameKind holds that each member of an answer is in another, and of the same kind.
func sameKind(t *testing.T, path string, want, have any) {
	t.Helper()
	switch want := want.(type) {
	case nil:
	case map[string]any:
		members, is := have.(map[string]any)
		if !is {
			t.Errorf("%s is no object: %v", path, have)
		}
		for name, value := range want {
			if _, has := members[name]; !has && !leftOut[name] {
				t.Errorf("%s.%s is not answered", path, name)
			} else if has && members[name] != nil {
				sameKind(t, path+"."+name, value, members[name])
			}
		}
	case []any:
		rows, is := have.([]any)
		if !is || len(want) > 0 && len(rows) == 0 {
			t.Errorf("%s is no list, or empty: %v", path, have)
		}
		if len(want) > 0 && len(rows) > 0 {
			sameKind(t, path+"[0]", want[0], rows[0])
		}
	default:
		if a, b := kindOf(want), kindOf(have); a != b {
			t.Errorf("%s is a %s, want a %s", path, b, a)
		}
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "something else"
}

// leftOut are members that a key has only where it was given such a thing, and none here was.
var leftOut = map[string]bool{"updatedAt": true, "lastUsedAt": true, "expires": true, "permissions": true, "meta": true, "roles": true, "credits": true, "cursor": true}

package rotation_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
	"detent/rotation/world"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// teller goes through a rotation, and writes down all that it does and says.
type teller struct {
	*fixture
	r     *rotation.Rotation
	b     strings.Builder
	shown []string
}

// TestEachWayThroughARotationReadsAsItDid: what is called, said, claimed, planned and left, from the start to an end. A transcript in
// testdata is read by a person when it changes (-update writes it).
func TestEachWayThroughARotationReadsAsItDid(t *testing.T) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			tell := &teller{fixture: in(t, s.sc)}
			if s.first != nil {
				s.first(tell.fixture)
			}
			start := func(p *rotation.Params) {
				if s.start != nil {
					s.start(tell.fixture, p)
				}
			}
			plan, err := tell.planned(start)
			fmt.Fprintf(&tell.b, "plan\n%s", plan)
			if err != nil {
				fmt.Fprintf(&tell.b, "  refused: %v\n", err)
			}
			tell.Log()
			points := map[string]int{}
			tell.Hook = func(point string) { points[point]++ }
			tell.r = tell.Start(start)
			s.way(tell)
			for point, n := range points { // what may be killed may be killed on either side of it
				if what, before := strings.CutPrefix(point, "before: "); before && points["after: "+what] != n {
					t.Errorf("%d times before: %s, and %d times after it", n, what, points["after: "+what])
				}
				if what, after := strings.CutPrefix(point, "after: "); after && points["before: "+what] == 0 {
					t.Errorf("after: %s, and never before it", what)
				}
			}
			tell.close()
			got := tell.b.String()
			for i, d := range tell.Destinations() {
				got = strings.ReplaceAll(got, d.Describe(), fmt.Sprintf("P%d", i))
			}
			got = strings.ReplaceAll(got, tell.Dir(), "DIR")
			if tell.Leaks(got) {
				t.Error("it tells a secret")
			}
			path := filepath.Join("testdata", "transcripts", strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name)+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			isAlike(t, got, string(want))
		})
	}
}

// isAlike shows the first line that differs, with what leads to it.
func isAlike(t *testing.T, got, want string) {
	t.Helper()
	is, was := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(is), len(was)) {
		at := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(its end)"
		}
		if at(is) != at(was) {
			t.Fatalf("line %d is\n%s\nand was\n%s\nafter\n%s", i+1, at(is), at(was), strings.Join(is[max(0, i-6):min(i, len(is))], "\n"))
		}
	}
}

// planned is the plan of a rotation that is not begun.
func (t *teller) planned(change func(*rotation.Params)) (string, error) {
	r := t.Start(func(p *rotation.Params) {
		change(p)
		p.PlanOnly = true
	})
	defer r.Close()
	plan, err := r.Plan(context.Background())
	var b strings.Builder
	for _, s := range plan.Stages {
		undo := "cannot be undone"
		if s.Undo != nil {
			undo = "undo: " + *s.Undo
		}
		fmt.Fprintf(&b, "  %s (%s), %s\n", s.ID, s.Title, undo)
		for _, a := range s.Does {
			fmt.Fprintf(&b, "    %s%s%s%s [%s]\n", label("call ", a.Call), label("write ", a.Write), label("run ", a.Run), label("wait ", a.Wait), a.Times)
		}
		for _, line := range s.Proves {
			fmt.Fprintf(&b, "    proves %s\n", line)
		}
		for _, line := range s.Asks {
			fmt.Fprintf(&b, "    asks %s\n", line)
		}
	}
	for _, line := range plan.Unknown {
		fmt.Fprintf(&b, "  unknown %s\n", line)
	}
	return b.String(), err
}

func label(what, text string) string {
	if text == "" {
		return ""
	}
	return what + text
}

// tells writes down what came of something.
func (t *teller) tells(what string, res rotation.Result, err error) rotation.Result {
	t.t.Helper()
	fmt.Fprintf(&t.b, "\n%s: %s %s -> %s", what, []string{"moved", "waiting", "stopped", "finished"}[res.Status], res.Did, res.Step)
	if res.Status == rotation.Waiting {
		fmt.Fprintf(&t.b, " (%s, %s of %s left)", res.Wait, res.Left.Round(time.Millisecond), res.Total)
	}
	fmt.Fprintf(&t.b, "\n  %s%s\n", res.Message, label("\n  output: ", strings.ReplaceAll(res.Output, "\n", `\n`)))
	if err != nil {
		fmt.Fprintf(&t.b, "  error: %v\n", err)
	}
	for _, n := range res.Notes {
		fmt.Fprintf(&t.b, "  note: %s\n", n)
	}
	if w := res.Watch; w != nil {
		fmt.Fprintf(&t.b, "  watch: visible %v, moved %v, looks %d, quiet %s of %s, span %s, own %v\n", w.Visible, w.Moved, w.Polls, w.QuietFor, w.Elapsed, w.Span, w.OwnTraces)
	}
	if q := res.Question; q != nil {
		fmt.Fprintf(&t.b, "  asks %s of %q, each %v, default %s, flag %q\n", q.Kind, q.Subject, q.Each, q.Default, q.Flag)
		for _, c := range q.Choices {
			fmt.Fprintf(&t.b, "    %s: %s (%s) wants %d\n", c.ID, c.Label, c.Does, c.Wants)
		}
	}
	t.wire()
	t.view()
	return res
}

// wire writes down the calls since the last time, without repeats.
func (t *teller) wire() {
	log := slices.Compact(t.Log())
	if len(log) > 0 {
		fmt.Fprintf(&t.b, "  did: %s\n", strings.Join(log, ", "))
	}
}

// view writes down which lines of the view came and went.
func (t *teller) view() {
	v := t.r.View()
	state := string(v.State) + " at " + string(v.Step)
	for _, flag := range []struct {
		is   bool
		what string
	}{{v.Undoing, "undoing"}, {v.OldGone, "deletion sent"}, {v.OldAnswered, "deletion answered"}, {v.OldOff, "old off"}, {v.SecretInHand, "secret in hand"}} {
		if flag.is {
			state += ", " + flag.what
		}
	}
	named := map[bool]string{true: " as named"}
	now := []string{state, fmt.Sprintf("%s %s by %s, of %s of %s, drain %s%s, soak %s%s, old first %v, by hand %v", v.Service, v.Mode, v.Strategy, v.Old.ID, v.Profile, v.Drain, named[v.DrainExplicit], v.Soak, named[v.SoakExplicit], v.OldFirst, v.Manual)}
	add := func(what string, lines ...string) {
		for _, l := range lines {
			now = append(now, what+": "+l)
		}
	}
	add("certain", v.Certain...)
	add("unknown", v.Unknown...)
	add("left", v.Left...)
	var states strings.Builder
	planned := ""
	for _, l := range v.Plan {
		add("plan", fmt.Sprintf("%s (%s, %s): %s", l.Step, l.Title, l.Phase, l.Text))
		states.WriteString([]string{"·", "●", "✓"}[l.State])
		if l.State == rotation.Current {
			planned = l.Text
		}
	}
	if v.State == rotation.Open {
		next := v.Next.Text
		if next == planned {
			next = "as planned"
		}
		if v.Next.Waits {
			next += ", which waits"
		}
		add("next", fmt.Sprintf("%s %s [%s]", &states, next, v.Next.Default), "undo would "+v.Next.Undo)
	}
	for _, d := range v.Diff {
		add("diff", fmt.Sprintf("%s %s, old %s, new %s %s", d.Field, d.Verdict, d.Old, d.New, d.Reason))
	}
	for _, d := range v.Destinations {
		place := d.Describe
		for _, flag := range []struct {
			is   bool
			what string
		}{{d.CanUndo, "can be undone"}, {d.Reads, "can be read"}, {d.Held, "held"}, {d.Begun, "begun"}, {d.Put, "put"}, {d.Then, "then"}} {
			if flag.is {
				place += ", " + flag.what
			}
		}
		add("place", place+label(", copy ", d.Backup)+label(", without: ", d.Without))
	}
	for _, l := range t.shown {
		if strings.HasPrefix(l, "unknown") && !slices.Contains(now, l) {
			fmt.Fprintf(&t.b, "  - %s\n", l)
		}
	}
	for _, l := range now {
		if !slices.Contains(t.shown, l) {
			fmt.Fprintf(&t.b, "  + %s\n", l)
		}
	}
	t.shown = now
}

// close writes down what stays: the claims and the history.
func (t *teller) close() {
	v := t.r.View()
	t.b.WriteString("\nat the end\n")
	t.shown = nil
	t.view()
	t.b.WriteString("claims\n")
	for _, c := range v.Claims {
		fmt.Fprintf(&t.b, "  %s %s of %s by %s: %s\n", c.Evidence().At.Format("15:04:05"), c.Kind(), c.Subject(), c.Evidence().By, c.Evidence().Detail)
	}
	t.b.WriteString("history\n")
	for _, e := range v.History {
		fmt.Fprintf(&t.b, "  %s %s\n", e.At.Format("15:04:05"), e.Text)
	}
}

func (t *teller) do() rotation.Result {
	t.t.Helper()
	res, err := t.r.Do(context.Background())
	return t.tells("do", res, err)
}

func (t *teller) undo() rotation.Result {
	t.t.Helper()
	res, err := t.r.Undo(context.Background())
	return t.tells("undo", res, err)
}

// says answers the question at hand.
func (t *teller) says(choice, reason string) rotation.Result {
	t.t.Helper()
	q := t.r.View().Question
	if q == nil {
		t.t.Fatalf("nothing is asked:\n%s", t.b.String())
	}
	if q.Kind == rotation.AskReplace {
		t.Replaced()
	}
	res, err := t.r.Answer(context.Background(), rotation.Answer{Kind: q.Kind, Subject: q.Subject, Choice: choice, Reason: reason})
	return t.tells(fmt.Sprintf("answers %s (%s)", choice, reason), res, err)
}

// pastes answers the question for the new secret.
func (t *teller) pastes(secret apikey.Secret) {
	t.t.Helper()
	res, err := t.paste(t.r, secret)
	t.tells("pastes", res, err)
}

// on goes on to a step, or to where something is asked, or fails, or is over. Waits pass.
func (t *teller) on(to rotation.Step) {
	t.t.Helper()
	for range 200 {
		if t.r.View().Step == to {
			return
		}
		switch res := t.do(); res.Status {
		case rotation.Waiting:
			t.Pass(res.Wait)
		case rotation.Stopped, rotation.Finished:
			return
		}
	}
	t.t.Fatalf("it never came to %s", to)
}

// back undoes until something is asked or it is over.
func (t *teller) back() {
	t.t.Helper()
	for range 20 {
		if res := t.undo(); res.Status == rotation.Stopped || res.Status == rotation.Finished {
			return
		}
	}
}

// anew is another process.
func (t *teller) anew(o rotation.ResumeOptions, headless bool) {
	t.t.Helper()
	t.r.Close()
	r, err := t.Resume(t.r.ID(), o, func(w *rotation.World) { w.Headless = headless })
	if err != nil {
		t.t.Fatal(err)
	}
	t.r = r
	t.b.WriteString("\nanother process\n")
	t.wire()
	t.view()
}

// lostKey is the key of this rotation whose secret is lost.
func (t *teller) lostKey() string {
	for _, k := range t.Keys() {
		if k.ID != "old" && k.ID != "other" && k.ID != t.r.View().NewID() {
			return k.ID
		}
	}
	t.t.Fatal("no key is lost")
	return ""
}

// happens is what somebody else does.
func (t *teller) happens(what string, do func()) {
	fmt.Fprintf(&t.b, "\n* %s\n", what)
	do()
}

// naming is a service that says what its calls are: a probe is one of two.
type naming struct{ client.Service }

func (n naming) Abilities() client.Abilities {
	can := n.Service.Abilities()
	can.CallNames = n.callNames
	return can
}

func (n naming) callNames(op string) []string {
	if op == "probe" {
		return []string{"GET /user", "GET /keys"}
	}
	return []string{"CALL /" + op}
}

const toTheEnd = rotation.Step("the end")

// A story is a scenario and a way through it.
type story struct {
	sc    world.Scenario
	first func(f *fixture)
	start func(f *fixture, p *rotation.Params)
	way   func(t *teller)
}

func through(t *teller) { t.on(toTheEnd) }

// short has few looks at the drain.
func short(sc *world.Scenario) { sc.Drain = 4 * time.Second }

var stories = map[string]story{
	"permissions": {with(prosopoLike, func(sc *world.Scenario) { sc.Then = true }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"two places":        {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Then, sc.Drain = []string{"env", "file"}, true, time.Minute }), nil, nil, through},
	"last use is shown": {with(genericLike, short), nil, nil, through},
	"dashboard": {manualLike, nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.pastes(apikey.NewSecret("sk_live_cut"))
		secret := t.ByHand("made-1", "anything")
		t.pastes(secret)
		t.on(toTheEnd)
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"dashboard where nothing tells": {with(manualLike, func(sc *world.Scenario) { sc.Masks, sc.Drain = false, -1 }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.pastes(t.ByHand("made-1", "anything"))
		t.says(rotation.Yes, "copied from its row")
		t.on(toTheEnd)
	}},
	"compromised":            {with(vertesiaLike, func(sc *world.Scenario) { sc.Compromised = true }), nil, nil, through},
	"old first":              {with(vertesiaLike, func(sc *world.Scenario) { sc.OldFirst, sc.Rename = true, false }), nil, nil, through},
	"old first, by a delete": {with(genericLike, func(sc *world.Scenario) { sc.OldFirst, sc.RevokeLag = true, 20*time.Second }), nil, nil, through},
	"old first, taken back":  {with(vertesiaLike, func(sc *world.Scenario) { sc.OldFirst = true }), nil, nil, func(t *teller) { t.on(rotation.Verify); t.back(); t.says(rotation.Yes, "it was no leak"); t.back() }},
	"a place that nobody can read": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Then, sc.Drain = []string{"hook", "env"}, true, -1 }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "its log says so")
		t.on(rotation.Soak)
		t.back()
		t.says(rotation.LookAgain, "")
		t.byHand()
		t.back()
		t.says(rotation.Yes, "put back by hand")
		t.back()
	}},
	"a place that nobody can read, on": {with(prosopoLike, func(sc *world.Scenario) { sc.Places, sc.Drain, sc.AcceptUnknown = []string{"hook"}, -1, true }), nil, func(_ *fixture, p *rotation.Params) { p.AcceptUnknown = "the canary uses it" }, through},
	"undone at the delete": {with(vertesiaLike, func(sc *world.Scenario) {
		sc.Places, sc.Then, sc.SoakZero, sc.Drain = []string{"env", "file"}, true, true, -1
	}), nil, nil, func(t *teller) { t.on(rotation.Delete); t.back() }},
	"undone before the delivery": {vertesiaLike, nil, nil, func(t *teller) { t.on(rotation.Deliver); t.back() }},
	"undone before anything":     {vertesiaLike, nil, nil, func(t *teller) { t.back() }},
	"a create without an answer": {with(prosopoLike, func(sc *world.Scenario) { sc.Retrieve, sc.Drain = true, -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Create)
		t.Fail("create", lost("create"), true)
		t.on(toTheEnd)
	}},
	"a create without an answer or a secret": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Create)
		t.Fail("create", lost("create"), true)
		t.Fail("create", lost("create"), false)
		t.on(toTheEnd)
	}},
	"a secret lost half-way": {with(prosopoLike, func(sc *world.Scenario) { sc.Places, sc.Drain = []string{"hook", "env"}, -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.Fail("put", lost("put"), true)
		t.do()
		t.anew(rotation.ResumeOptions{}, false)
		t.on(toTheEnd)
		t.says(rotation.Yes, "it does")
		t.on(toTheEnd)
	}},
	"a secret lost before it was put anywhere": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.anew(rotation.ResumeOptions{}, false)
		t.on(toTheEnd)
	}},
	"a delete without an answer": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero, sc.RevokeLag = -1, true, 40*time.Second }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		t.Fail("delete", lost("delete"), true)
		t.Fail("delete", lost("delete"), false)
		t.do()
		t.undo()
		t.anew(rotation.ResumeOptions{}, false)
		t.on(toTheEnd)
	}},
	"a deletion that takes long": {with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.RevokeLag = -1, 10*time.Minute }), nil, nil, through},
	"a place that was put back": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("a deploy puts the old value back", func() { t.Place(0).Put("old") })
		t.do()
		t.says(rotation.No, "")
		t.do()
		t.says(rotation.Yes, "")
		t.on(rotation.Delete)
		t.happens("somebody writes another value", func() { t.Place(0).Put("a-third-value-of-somebody"); t.Forgive() })
		t.do()
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"a place that was put back, headless": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		for range 3 {
			t.happens("a deploy puts the old value back", func() { t.Place(0).Put("old") })
			t.anew(rotation.ResumeOptions{}, true)
			t.do()
			t.do()
			t.on(rotation.Disable)
		}
		t.happens("somebody writes another value", func() { t.Place(0).Put("a-third-value-of-somebody") })
		t.do()
	}},
	"both keys gone": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Verify)
		t.happens("somebody deletes both", func() { t.Remove("old"); t.Remove("new"); t.Forgive() })
		t.do()
		t.says(rotation.Yes, "it was a mistake")
		t.on(toTheEnd)
	}},
	"both keys gone, closed": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Verify)
		t.happens("somebody deletes both", func() { t.Remove("old"); t.Remove("new"); t.Forgive() })
		t.do()
		t.says(rotation.CloseIt, "the account is gone")
	}},
	"access that differs": {with(genericLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		t.happens("somebody restricts the new key", func() {
			t.Edit("new", func(k *apikey.Key) { k.Restrictions = &apikey.Restrictions{IPAddresses: []string{"192.0.2.1"}} })
			t.Forgive()
		})
		t.do()
		t.says(rotation.Yes, "it is wanted")
		t.on(toTheEnd)
		t.Forgive()
	}},
	"access that is not reported": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero, sc.Silent = -1, true, "all" }), nil, func(_ *fixture, p *rotation.Params) { p.AcceptUnknown = "nobody tells" }, through},
	"made-up secrets are accepted": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero, sc.NoControl = -1, true, true }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "its log shows the new key")
		t.on(toTheEnd)
	}},
	"an undo that is stuck": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Places = -1, []string{"env", "file"} }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("somebody writes another value", func() { t.Place(1).Put("a-third-value-of-somebody") })
		t.back()
		t.says(rotation.TurnRound, "")
		t.back()
		t.happens("and puts the new one back", func() { t.Place(1).Put("new") })
		t.says(rotation.LookAgain, "")
		t.Fail("then", lost("then"), false)
		t.back()
	}},
	"an undo that is given up": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Places = -1, []string{"env", "file"} }), nil, nil, func(t *teller) {
		t.on(rotation.Soak)
		t.Fail("undo", lost("undo"), true)
		t.undo()
		res, err := t.r.TurnAround()
		t.tells("turns round", res, err)
		t.on(toTheEnd)
	}},
	"closed as it stands": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		res, err := t.r.End(context.Background(), "the service is given up")
		t.tells("closes", res, err)
	}},
	"a refusal of each kind": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		for _, kind := range []client.Kind{client.Unauthorized, client.Forbidden, client.RateLimited, client.Conflict} {
			t.Fail("list", refusal("list", kind, 0), false)
			t.do()
		}
		t.on(rotation.Verify)
		t.Fail("probe", refusal("probe", client.Unavailable, 503), false)
		t.do()
		t.on(rotation.Disable)
		t.Fail("disable", refusal("disable", client.Conflict, 409), false)
		t.do()
		t.on(rotation.Delete)
		t.Fail("enable", refusal("enable", client.Conflict, 409), false)
		t.undo()
		t.on(toTheEnd)
	}},
	"detent's own key": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), func(f *fixture) { f.Own = "old" },
		func(f *fixture, p *rotation.Params) { (&switcher{f: f, file: true}).in(p) }, func(t *teller) { t.on(rotation.Delete); t.back() }},
	"detent's own key, in its environment": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), func(f *fixture) { f.Own = "old" },
		func(f *fixture, p *rotation.Params) { (&switcher{f: f}).in(p) }, func(t *teller) {
			t.on(toTheEnd)
			t.happens("a person gives detent the new credential", func() { t.Own = t.r.View().NewID() })
			t.says(rotation.Yes, "")
			t.on(toTheEnd)
		}},
	"a service that tells all": {with(genericLike, func(sc *world.Scenario) {
		sc.Identify, sc.Retrieve, sc.Disable, sc.Rename, sc.Drain = true, true, true, true, 4*time.Second
	}), nil, nil, through},
	"a service that must not be tried": {with(vertesiaLike, func(sc *world.Scenario) {
		sc.Masks, sc.Prefix, sc.NoTryDead, sc.Drain, sc.SoakZero = true, "sk_live_", true, -1, true
	}), nil, nil, through},
	"an old key in use": {with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.UseRound = 4*time.Second, time.Second }), func(f *fixture) { f.Elsewhere("old", time.Second) }, nil, func(t *teller) {
		t.on(rotation.Drain)
		for range 6 {
			t.Pass(t.do().Wait)
		}
		err := t.r.Attest("a test that may break")
		t.tells("attests", rotation.Result{}, err)
		t.on(toTheEnd)
	}},
	"last use is too coarse": {with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.UseRound, sc.UseEvery = 10*time.Second, 1, time.Minute }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "nobody is left")
		t.on(toTheEnd)
	}},
	"a disabled key": {with(vertesiaLike, func(sc *world.Scenario) { sc.Off, sc.Drain = true, -1 }), nil, func(_ *fixture, p *rotation.Params) { p.Revive = true }, through},
	"an expired key": {with(prosopoLike, func(sc *world.Scenario) { sc.Life, sc.Left, sc.Drain = 90*24*time.Hour, -time.Hour, -1 }), nil, nil, func(t *teller) {
		t.do()
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"a key that expires": {with(genericLike, func(sc *world.Scenario) { sc.Life, sc.Left, sc.Drain = 90*24*time.Hour, time.Hour, -1 }), nil, nil, through},
	"a key of another": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Identify = -1, true }), func(f *fixture) { f.Place(0).Put("other"); f.Forgive() }, nil, func(t *teller) {
		t.do()
		t.says(rotation.Yes, "")
		t.on(rotation.Verify)
		t.back()
	}},
	"another host at the same time": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Create)
		t.Add(apikey.Key{ID: "theirs", Name: "payments-api ~raaaaaaaaaa"})
		t.do()
		t.anew(rotation.ResumeOptions{NotMine: "it is another service's"}, false)
		t.on(toTheEnd)
	}},
	"several keys with the mark": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Create)
		t.Fail("create", lost("create"), true)
		t.Add(apikey.Key{ID: "second", Name: t.r.View().NewName})
		t.do()
		t.back()
	}},
	"the end seen by options": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"hook", "env"} }), nil, nil, func(t *teller) {
		t.on(rotation.Drain)
		zero := time.Duration(0)
		t.anew(rotation.ResumeOptions{Drain: &zero, Soak: &zero, AcceptUnknown: "seen", Without: []string{"hook-0"}, Reason: "it is gone"}, true)
		t.on(toTheEnd)
	}},
	"a deploy swaps the release before the delivery": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Drain = []string{"release"}, -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.happens("a deploy", func() { t.Adversary("link swapped, old value", 0) })
		t.on(rotation.Disable)
		t.back()
	}},
	"a deploy swaps the release after the delivery": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Drain, sc.SoakZero = []string{"release"}, -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("a deploy", func() { t.Adversary("link swapped, old value", 0) })
		t.do()
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"a deploy swaps the release to another value": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Drain = []string{"release"}, -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.happens("a deploy, and somebody writes there", func() { t.Adversary("link swapped, old value", 0); t.Place(0).Put("a-third-value-of-somebody") })
		t.do()
		t.back()
	}},
	"a volume that is not mounted": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		restore := t.Adversary("volume missing", 0)
		t.do()
		t.happens("it is mounted again", restore)
		t.on(rotation.Disable)
		restore = t.Adversary("volume missing", 0)
		t.do()
		t.undo()
		res, err := t.r.End(context.Background(), "the machine is gone")
		t.tells("closes", res, err)
		restore()
	}},
	"a file that is moved away during the delivery": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.Fail("put", &delivery.PlaceError{Kind: delivery.Unreadable, Err: errors.New("it was moved away")}, false)
		t.do()
		t.back()
	}},
	"a kept copy that is gone": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("somebody removes the copy, and puts the old value back", func() { t.Adversary("kept copy removed", 0); t.Place(0).Put("old") })
		t.do()
		t.says(rotation.Yes, "")
		t.on(rotation.Disable)
		t.back()
	}},
	"a full disk of the journals": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		for _, step := range []rotation.Step{rotation.Create, rotation.Deliver, rotation.Verify, rotation.Disable, rotation.Delete} {
			t.on(step)
			restore := t.Adversary("full disk of the journals", 0)
			t.do()
			restore()
		}
		t.on(toTheEnd)
	}},
	"a record that cannot be written": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, func(f *fixture, p *rotation.Params) {
		announce, fails := p.Announce, 2
		p.Announce = func(ctx context.Context, action, id string) (context.Context, func(error), error) {
			if fails--; fails >= 0 {
				return ctx, nil, errors.New("the audit log cannot be written")
			}
			return announce(ctx, action, id)
		}
	}, func(t *teller) {
		t.on(rotation.Disable)
		t.do()
		t.do()
		t.on(toTheEnd)
	}},
	"an old key that goes away": {with(genericLike, func(sc *world.Scenario) { sc.Drain = time.Minute }), nil, nil, func(t *teller) {
		t.on(rotation.Drain)
		t.happens("somebody deletes the old key", func() { t.Remove("old") })
		t.on(toTheEnd)
	}},
	"an old key that goes away, unwatched": {prosopoLike, nil, nil, func(t *teller) {
		t.on(rotation.Drain)
		t.happens("somebody deletes the old key", func() { t.Remove("old") })
		t.do()
		t.undo()
		t.do()
		t.says(rotation.Yes, "")
		t.on(toTheEnd)
	}},
	"a new key that goes away": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("somebody deletes the new key", func() { t.Remove("new"); t.Forgive() })
		t.do()
		t.says(rotation.No, "")
		t.back()
	}},
	"a new key that is switched off": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.happens("somebody switches the new key off", func() { t.Enable("new", false) })
		t.do()
		t.happens("and on again", func() { t.Enable("new", true) })
		t.on(toTheEnd)
	}},
	"a new key that is refused": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Verify)
		t.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "new" {
				p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
			}
		}
		t.do()
		t.OnProbe = nil
		t.on(toTheEnd)
	}},
	"a new key that is known alone": {with(genericLike, func(sc *world.Scenario) { sc.Drain = -1 }), func(f *fixture) {
		f.Edit("old", func(k *apikey.Key) { k.Restrictions = &apikey.Restrictions{IPAddresses: []string{"192.0.2.1"}} })
		f.Pass(time.Second)
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "new" || whose == "old" && p.Verdict == apikey.Accepted {
				p.Verdict, p.Evidence, p.Why = apikey.Known, "GET /harmless answered 403", "not from this address"
			}
		}
	}, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "the application has the address")
		t.on(rotation.Delete)
		t.back()
	}},
	"old first, where somebody was faster": {with(vertesiaLike, func(sc *world.Scenario) { sc.OldFirst = true }), nil, nil, func(t *teller) {
		t.on(rotation.Retire)
		t.Fail("disable", refusal("disable", client.NotFound, 404), false)
		t.on(rotation.Create)
		t.back()
	}},
	"an old key that is refused when it goes back": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Then = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		tries := 0
		t.OnProbe = func(whose string, p *apikey.Proof) {
			if tries++; whose == "old" && tries > 1 {
				p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
			}
		}
		t.undo()
		t.OnProbe = nil
		t.back()
	}},
	"rehearsals that are skipped": {vertesiaLike, nil, nil, func(t *teller) {
		for _, step := range []rotation.Step{rotation.Drain, rotation.Disable} {
			t.on(step)
			err := t.r.Attest("seen by hand")
			t.tells("attests", rotation.Result{}, err)
		}
		t.on(toTheEnd)
	}},
	"a rehearsal that is taken back": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Soak)
		t.do()
		res, err := t.r.Reenable(context.Background())
		t.tells("switches it on", res, err)
		t.on(rotation.Soak)
		t.do()
		t.tells("attests", rotation.Result{}, t.r.Attest("nothing broke"))
		t.on(toTheEnd)
	}},
	"whose secret it is, by last use": {with(genericLike, func(sc *world.Scenario) { sc.Masks, sc.Drain = false, -1 }), func(f *fixture) { f.Idle() }, nil, through},
	"whose secret it is, by last use in whole seconds": {with(genericLike, func(sc *world.Scenario) {
		sc.Masks, sc.Compromised, sc.UseRound = false, true, time.Second
	}), func(f *fixture) { f.Idle() }, nil, through},
	"another key's secret, by last use": {with(genericLike, func(sc *world.Scenario) { sc.Masks, sc.Drain = false, -1 }), func(f *fixture) { f.Idle(); f.Place(0).Put("other"); f.Forgive() }, nil, func(t *teller) { t.do(); t.back() }},
	"a pasted secret, by last use": {with(manualLike, func(sc *world.Scenario) { sc.Masks, sc.Drain, sc.SeesUse, sc.UseRound = false, -1, true, 1 }), func(f *fixture) { f.Idle() }, nil, func(t *teller) {
		t.on(toTheEnd)
		secret := t.ByHand("made-1", "anything")
		t.Pass(2 * time.Second)
		t.pastes(t.Key("other").Secret)
		t.pastes(secret)
		t.on(rotation.Delete)
		t.back()
	}},
	"a leaked secret that lives on": {with(genericLike, func(sc *world.Scenario) { sc.Compromised, sc.RevokeLag = true, time.Hour }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		for range 40 {
			res, err := t.r.Do(context.Background())
			if res.Status != rotation.Waiting {
				t.tells("do", res, err)
				break
			}
			t.Pass(res.Wait)
		}
		t.undo()
		t.Pass(time.Hour)
		t.anew(rotation.ResumeOptions{}, true)
		t.on(toTheEnd)
	}},
	"no such key, though it is listed": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		t.Fail("delete", refusal("delete", client.NotFound, 404), false)
		for range 30 {
			res := t.do()
			if res.Status != rotation.Waiting {
				break
			}
			t.Pass(res.Wait)
		}
		t.on(toTheEnd)
	}},
	"made-up secrets are accepted, and last use is shown": {with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.NoControl, sc.Masks = 600*time.Millisecond, true, false }), nil,
		func(_ *fixture, p *rotation.Params) { p.AcceptUnknown = "its log shows the new key" }, through},
	"an undo that something else overturns": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Then = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Disable)
		count := t.Hook
		t.Hook = func(point string) {
			count(point)
			if point == "after: then "+t.Place(0).Spec() && t.r.View().Undoing {
				t.Hook = count
				t.Place(0).Put("new")
			}
		}
		t.back()
	}},
	"a clipboard of last resort": {with(genericLike, func(sc *world.Scenario) { sc.Places, sc.Drain = []string{"hook", "hook"}, -1 }), func(f *fixture) { f.ProbeOf[0] = func() error { return nil } }, nil, func(t *teller) {
		t.on(toTheEnd)
		t.says(rotation.Yes, "seen")
		t.on(toTheEnd)
	}},
	"a place whose probe fails": {with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Drain, sc.SoakZero = []string{"hook"}, -1, true }), func(f *fixture) {
		fails := 1
		f.ProbeOf[0] = func() error {
			if fails--; fails >= 0 {
				return errors.New("exit status 1")
			}
			return nil
		}
	}, nil, func(t *teller) {
		t.on(rotation.Disable)
		t.do()
		t.on(toTheEnd)
	}},
	"dashboard, where access is all alike": {with(manualLike, func(sc *world.Scenario) { sc.Access, sc.Drain = "", -1 }), nil, nil, func(t *teller) { t.on(toTheEnd); t.back() }},
	"last use shows late":                  {with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.UseDelay = time.Minute, 8*time.Second }), nil, nil, through},
	"a service that names its calls":       {with(genericLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, func(_ *fixture, p *rotation.Params) { p.Service = naming{p.Service} }, through},
	"a delete without an answer, and a list that fails": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		t.Fail("delete", lost("delete"), true)
		count := t.Hook
		t.Hook = func(point string) {
			if count(point); strings.HasPrefix(point, "after: delete") {
				t.Hook = count
				t.Fail("list", refusal("list", client.Unavailable, 503), false)
			}
		}
		t.do()
		t.on(toTheEnd)
	}},
	"a create without an answer, and a list that fails": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain, sc.Retrieve = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Create)
		t.Fail("create", lost("create"), true)
		t.Fail("list", refusal("list", client.Unavailable, 503), false)
		t.do()
		t.undo()
	}},
	"undone where what is gone stays listed": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero, sc.GoneLag = -1, true, 30*time.Second }), nil, nil, func(t *teller) {
		t.on(rotation.Deliver)
		t.back()
	}},
	"a secret lost half-way, and undone": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain = -1 }), nil, nil, func(t *teller) {
		t.on(rotation.Verify)
		t.happens("somebody puts the old value back", func() { t.Place(0).Put("old") })
		t.anew(rotation.ResumeOptions{}, false)
		t.on(rotation.Create)
		t.happens("and then the new one", func() { t.Place(0).Put(t.lostKey()) })
		t.do()
		t.back()
	}},
	"a secret lost half-way, and a create without an answer": {with(prosopoLike, func(sc *world.Scenario) { sc.Drain, sc.Retrieve = -1, false }), nil, nil, func(t *teller) {
		t.on(rotation.Verify)
		t.happens("somebody puts the old value back", func() { t.Place(0).Put("old") })
		t.anew(rotation.ResumeOptions{}, false)
		t.on(rotation.Create)
		t.Fail("create", lost("create"), true)
		t.on(toTheEnd)
	}},
	"a dashboard that renames": {with(manualLike, func(sc *world.Scenario) { sc.Rename, sc.Drain = true, -1 }), nil, nil, func(t *teller) {
		t.on(toTheEnd)
		t.pastes(t.ByHand("made-1", "payments-api"))
		t.on(toTheEnd)
	}},
	"a deletion that did nothing": {with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.Compromised = -1, true }), nil, nil, func(t *teller) {
		t.on(rotation.Delete)
		t.Fail("delete", lost("delete"), false)
		t.Fail("delete", lost("delete"), false)
		t.do()
		t.undo()
		t.Pass(2 * time.Minute)
		t.undo()
		t.says(rotation.Yes, "the dashboard shows it, in use")
		t.back()
	}},
	"a deletion in the dashboard": {with(manualLike, func(sc *world.Scenario) { sc.Drain, sc.RevokeLag = -1, 3*time.Second }), func(f *fixture) {
		f.caps(func(c *apikey.Capabilities) { c.Delete = apikey.Cannot("in the dashboard") })
	}, nil, func(t *teller) {
		t.on(toTheEnd)
		t.pastes(t.ByHand("made-1", "anything"))
		t.on(toTheEnd)
		t.happens("a person deletes the old key", func() { t.Remove("old") })
		t.says(rotation.Yes, "")
		t.Pass(time.Second)
		t.on(toTheEnd)
	}},
	"undone where lists are behind": {with(vertesiaLike, func(sc *world.Scenario) {
		sc.Drain, sc.SoakZero, sc.ListLag, sc.EnableLag = -1, true, 20*time.Second, 2*time.Second
	}), nil, nil, func(t *teller) { t.on(rotation.Delete); t.back() }},
	"lists that are behind": {with(vertesiaLike, func(sc *world.Scenario) {
		sc.Drain, sc.SoakZero, sc.ListLag, sc.GoneLag = -1, true, 3*time.Second, 9*time.Second
	}), nil, nil, through},
	"nothing was there before": {with(vertesiaLike, func(sc *world.Scenario) { sc.Wrong, sc.Drain = "nothing", -1 }), nil, nil, func(t *teller) { t.on(rotation.Disable); t.back() }},
}

package world

import (
	"slices"
	"strings"
	"testing"

	"detent/rotation"
)

// TestAStrategyIsData: one that detent does not have is journaled, shown, resumed and undone like its own.
func TestAStrategyIsData(t *testing.T) {
	for _, back := range []bool{false, true} {
		w := newWorld(Walk{Scenario: Scenario{Announced: true, Drain: -1}}, Options{Dir: folder(t) + "/w"})
		w.begin()
		v := w.process.r.View()
		var way []string
		for _, line := range v.Plan {
			way = append(way, string(line.Step))
		}
		if got := strings.Join(way, " "); got != "preflight announce create deliver verify drain delete" {
			t.Errorf("the way is %s", got)
		}
		if out := w.process.do(); out.status != moved {
			t.Fatalf("%+v", out)
		}
		w.leave()
		w.resume(options{})
		v = w.process.r.View()
		i := slices.IndexFunc(v.Plan, func(l rotation.PlanLine) bool { return l.State == rotation.Current })
		if v.Strategy != announced || v.Step != announce || v.PublicStep() != "announce" || i != 1 || v.Next.Default != "announce it" || !v.Next.Waits {
			t.Errorf("resumed it stands at %s of %s: %+v", v.Step, v.Strategy, v.Next)
		}
		plan, err := w.process.r.Plan(t.Context())
		if err != nil || len(plan.Stages) != 7 || plan.Stages[1].Does[0].Call != "POST /announcements" || *plan.Stages[1].Undo != "nothing to take back" {
			t.Errorf("%+v, %v", plan, err)
		}
		if out := w.process.do(); out.status != waiting || out.wait != objections {
			t.Errorf("%+v", out)
		}
		if found, err := rotation.Find(w.store, w.id); err != nil || found.Step != announce || found.State != rotation.Open {
			t.Errorf("without the strategy its journal shows %+v, %v", found, err)
		}
		end := "done"
		if back {
			end = "undone"
		}
		if out := w.run(back); out.status != finished || w.see().state != end {
			t.Errorf("%+v, %s", out, w.see().state)
		}
		if _, err := rotation.Resume(rotation.World{Store: w.store, Profile: "p", Service: w.client()}, w.id, rotation.ResumeOptions{}); err == nil {
			t.Error("an ended one is resumed")
		}
		if len(w.failures) > 0 {
			t.Error(w.failures)
		}
	}
}

// TestAStrategyThatIsNotThereIsNotGuessed: its journal is shown and can be closed, and nothing else.
func TestAStrategyThatIsNotThereIsNotGuessed(t *testing.T) {
	w := newWorld(Walk{Scenario: Scenario{Announced: true}}, Options{Dir: folder(t) + "/w"})
	w.begin()
	w.process.do()
	w.leave()
	w.sc.Announced = false
	if out := w.resume(options{}); out.status != refused || !strings.Contains(out.said, announced) {
		t.Errorf("%+v", out)
	}
	if out := w.closeAlone(); out.status != finished || w.see().state != "closed" {
		t.Errorf("%+v", out)
	}
}

package rotation_test

import (
	"fmt"
	"strings"
	"testing"

	"detent/apikey"
	"detent/rotation"
	"detent/rotation/world"
)

// TestAKeyWithoutANameIsCalledByItsIDThroughout: nothing that is said quotes a name that is not there, and what replaces it is named after it.
func TestAKeyWithoutANameIsCalledByItsIDThroughout(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"prosopo": prosopoLike, "renames": vertesiaLike, "in place": rollLike, "at once": atOnceLike, "another key": besideLike, "another at once": anewLike, "by hand": manualLike} {
		for _, back := range []bool{false, true} {
			f := in(t, sc)
			f.Edit("old", func(k *apikey.Key) { k.Name = "" })
			var said strings.Builder
			tell := func(parts ...any) { fmt.Fprintln(&said, parts...) }
			only := f.Start(func(p *rotation.Params) { noWaits(p); p.PlanOnly = true })
			plan, err := only.Plan(t.Context())
			tell(fmt.Sprintf("%+v", plan.Stages), err)
			only.Close()
			r := f.Start(noWaits)
			if roll := sc.Roll > 0 || sc.Renew; !roll && !strings.HasPrefix(r.View().NewName, "old ~r") {
				t.Errorf("%s: the new one is called %q", name, r.View().NewName)
			}
			for range 40 {
				v := r.View()
				tell(v.Certain, v.Unknown, v.Left, v.Next.Text, v.Next.Undo, v.History)
				for _, line := range v.Plan {
					tell(line.Text)
				}
				if v.State != rotation.Open || back && v.Step == rotation.Verify {
					break
				}
				res, err := r.Do(t.Context())
				tell(res.Message, res.Notes, err)
				if err != nil || res.Question != nil && res.Question.Kind == rotation.AskPaste {
					break
				}
				f.react(r, res)
			}
			if back {
				res, err := r.Undo(t.Context())
				tell(res.Message, res.Notes, err, r.View().Certain)
			}
			for _, bad := range []string{`""`, " (old)", "  (", "key ~r"} {
				if at := strings.Index(said.String(), bad); at >= 0 {
					t.Errorf("%s: it says %q", name, said.String()[max(0, at-80):min(said.Len(), at+60)])
				}
			}
			f.Forgive()
			f.Close()
		}
	}
}

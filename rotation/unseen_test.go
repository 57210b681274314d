package rotation_test

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
)

// TestWhatTheListDoesNotTellOfTheOldKeyIsNotClaimed: a lifetime that is sent and never shown is accepted beforehand as all is that is not reported; an
// end of which nothing says that there are any is named alone. The new key is not said to have either.
func TestWhatTheListDoesNotTellOfTheOldKeyIsNotClaimed(t *testing.T) {
	for name, change := range map[string]func(f *fixture){
		"validity": func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) { c.AccessFields = append(c.AccessFields, "validity") })
		},
		"expires_at": func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) { c.AccessFields = []apikey.Field{apikey.FieldPermissions} })
			f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.Moment{} })
		},
	} {
		headless := func(p *rotation.Params) { noWaits(p); p.Headless = true }
		if name == "validity" {
			refused := in(t, prosopoLike)
			change(refused)
			refused.planIsRefused(headless, "whether the new key has the same "+name)
		}
		f := in(t, prosopoLike)
		change(f)
		r := f.Start(headless)
		res, err := r.Do(context.Background())
		asked := res.Question != nil && res.Question.Kind == rotation.AskUnknown
		if err != nil || asked != (name == "validity") || !strings.Contains(strings.Join(r.View().Notes, "; "), "unknown: whether the new key has the same "+name) {
			t.Fatalf("%s: %+v, %v", name, res, err)
		}
		for _, line := range r.View().Plan {
			if strings.Contains(line.Text, "with the access and lifetime of the old one") || line.Step == rotation.Create && !strings.Contains(line.Text, "not known: "+name) {
				t.Errorf("%s: it says %q", name, line.Text)
			}
		}
		log := f.Log()
		r.Close()
		if asked {
			f.leavesNothing(log)
		}

		told := in(t, prosopoLike)
		change(told)
		r = told.Start(func(p *rotation.Params) { headless(p); p.AcceptUnknown = "known" })
		told.drive(r)
		told.rotated(name)
	}
}

// TestADraftThatTheClientRefusesIsRefusedBeforehand: it is the very one that would be sent, and no rotation is left open by it.
func TestADraftThatTheClientRefusesIsRefusedBeforehand(t *testing.T) {
	refuse := func(f *fixture) {
		f.OnDraft = func(d apikey.Draft) error {
			if !strings.HasPrefix(d.Name, "payments-api ~r") {
				t.Errorf("another draft: %+v", d)
			}
			return &client.Error{Op: "create the key", Kind: client.Invalid, Outcome: client.NotDone, Message: "a key needs a role"}
		}
	}
	const want = "no key can be created with what the list shows of this one: a key needs a role"
	planned := in(t, prosopoLike)
	refuse(planned)
	planned.planIsRefused(noWaits, want)
	f := in(t, prosopoLike)
	refuse(f)
	r := f.Start(noWaits)
	for _, look := range []func(context.Context) (rotation.Result, error){r.Rehearse, r.Do} {
		if _, err := look(context.Background()); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--strategy dashboard") {
			t.Errorf("%v", err)
		}
	}
	log := f.Log()
	r.Close()
	f.leavesNothing(log)
}

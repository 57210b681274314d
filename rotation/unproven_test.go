package rotation_test

import (
	"os"
	"strings"
	"testing"

	"detent/apikey"
	"detent/rotation"
	"detent/rotation/world"
)

// refusesAlike makes the service one that answers a living key without a permission as it answers a dead one; may says whose key has it.
func (f *fixture) refusesAlike(needs string, may func(whose string) bool) {
	f.caps(func(c *apikey.Capabilities) { c.ProvenBy = []string{needs} })
	f.OnProbe = func(whose string, p *apikey.Proof) {
		if p.Refused() || !may(whose) {
			p.Verdict, p.Status, p.Needs = apikey.Silent, 401, needs
			p.Why, p.Evidence = "a living key without the permission "+needs+" is answered so too", "GET /version answered 403, which is taken for 401"
		}
	}
}

// TestAKeyWhoseLifeCannotBeSeenIsNotRotated: nothing is made, and nobody is asked to replace what the place holds.
func TestAKeyWhoseLifeCannotBeSeenIsNotRotated(t *testing.T) {
	for name, change := range map[string]func(p *rotation.Params){
		"planned":                    func(*rotation.Params) {},
		"with --replace":             func(p *rotation.Params) { p.Replace = true },
		"compromised, the old first": func(p *rotation.Params) { p.Mode, p.OldFirst, p.Replace = rotation.Compromised, true, true },
	} {
		f := in(t, prosopoLike)
		f.refusesAlike("version", func(string) bool { return false })
		r := f.Start(func(p *rotation.Params) { noWaits(p); change(p) })
		res, err := r.Do(t.Context())
		if err == nil || !strings.Contains(err.Error(), "has none of the permissions version") || strings.Contains(err.Error(), "--replace") || res.Question != nil {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		if r.View().Step != rotation.Preflight {
			t.Errorf("%s: it stands at %s", name, r.View().Step)
		}
	}
}

// TestAPlanOfAKeyWhoseLifeThePlaceMayShowIsNotRefused: the rotation tries what the place holds, which a plan does not send; where no place holds
// anything the two are refused alike.
func TestAPlanOfAKeyWhoseLifeThePlaceMayShowIsNotRefused(t *testing.T) {
	f := in(t, prosopoLike)
	f.refusesAlike("version", func(string) bool { return true })
	r := f.Start(func(p *rotation.Params) { noWaits(p); p.PlanOnly = true })
	plan, err := r.Plan(t.Context())
	if err != nil || !strings.Contains(strings.Join(plan.Unknown, "; "), "has none of the permissions version") {
		t.Errorf("%v, %q", err, plan.Unknown)
	}
	r.Close()
	empty := in(t, prosopoLike)
	empty.refusesAlike("version", func(string) bool { return true })
	if err := os.Remove(empty.Place(0).Path()); err != nil {
		t.Fatal(err)
	}
	empty.planIsRefused(noWaits, "has none of the permissions version")
	r = empty.Start(noWaits)
	if _, err := r.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "has none of the permissions version") {
		t.Errorf("%v", err)
	}
}

// TestAKeyWhoseOwnSecretIsNotSeenToWorkIsNotRotated: it has the permission, and is limited to what no probe reads, so that the new one would be too.
func TestAKeyWhoseOwnSecretIsNotSeenToWorkIsNotRotated(t *testing.T) {
	for name, change := range map[string]func(p *rotation.Params){"planned": func(*rotation.Params) {}, "with --replace": func(p *rotation.Params) { p.Replace = true }} {
		f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks = true }))
		f.refusesAlike("version", func(string) bool { return false })
		f.caps(func(c *apikey.Capabilities) {}) // its permissions are not what it lacks
		r := f.Start(func(p *rotation.Params) { noWaits(p); change(p) })
		res, err := r.Do(t.Context())
		if err == nil || !strings.Contains(err.Error(), "holds the old key's secret") || !strings.Contains(err.Error(), "no call shows that it works") || res.Question != nil {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

// TestAPlaceShowsThatTheNamesOfPermissionsAreNotAll: a secret that was accepted is proof, whatever its key's permissions are called.
func TestAPlaceShowsThatTheNamesOfPermissionsAreNotAll(t *testing.T) {
	f := in(t, prosopoLike)
	f.refusesAlike("version", func(string) bool { return true })
	r := f.Start(noWaits)
	f.drive(r)
	v := r.View()
	if v.State == rotation.Open || !f.claimed(v, rotation.SecretRefused) {
		t.Errorf("%s at %s: the old secret was refused by the call that accepts the new one, of a key with the same permissions", v.State, v.Step)
	}
}

// claimed reports whether a kind of claim was made.
func (f *fixture) claimed(v rotation.View, kind rotation.ClaimKind) bool {
	for _, c := range v.Claims {
		if c.Kind() == kind {
			return true
		}
	}
	return false
}

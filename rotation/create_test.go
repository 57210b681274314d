package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

// doUntil does steps until the rotation stands at the step.
func (c *city) doUntil(r *Rotation, step Step) Result {
	c.t.Helper()
	for range 100 {
		if r.View().Step == step {
			return Result{}
		}
		res, err := r.Do(context.Background())
		if err != nil {
			c.t.Fatalf("at %s: %v", res.Did, err)
		}
		switch res.Status {
		case Waiting:
			c.pass(res.Wait)
		case Stopped:
			c.decide(r, res)
		}
	}
	c.t.Fatalf("never came to %s", step)
	return Result{}
}

func (c *city) mustDo(r *Rotation) Result {
	c.t.Helper()
	res, err := r.Do(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	return res
}

// count is how often an operation was called.
func (c *city) count(op string) int {
	n := 0
	for _, call := range c.calls {
		if call == op {
			n++
		}
	}
	return n
}

func shaped(t *testing.T, caps apikey.Capabilities) *city {
	c := newCity(t, caps)
	c.place("app", true)
	return c
}

func TestNewKeyCopiesAccessAndCarriesTheNonce(t *testing.T) {
	for _, caps := range []apikey.Capabilities{prosopoShape(), vertesiaShape(), genericShape()} {
		t.Run(caps.Service, func(t *testing.T) {
			c := shaped(t, caps)
			r := c.start(nil)
			c.doUntil(r, Deliver)
			v := r.View()
			if want := "payments-api ~r" + v.ID; v.New.Name != want || !isNonce(v.ID) {
				t.Errorf("the new key is called %q, want %q", v.New.Name, want)
			}
			for _, d := range v.Diff {
				if d.Verdict != Equal {
					t.Errorf("%s: old %s, new %s: %s", d.Field, d.Old, d.New, d.Verdict)
				}
			}
			if len(v.Diff) != len(caps.AccessFields) {
				t.Errorf("%d fields were compared, want %d", len(v.Diff), len(caps.AccessFields))
			}
			if !v.SecretInHand {
				t.Error("the secret is in memory alone, and nothing says so")
			}
			c.drive(r)
			c.assertRotated("done")
			if caps.Rename.OK && c.live()[0].Name != "payments-api" {
				t.Errorf("the name was not restored: %q", c.live()[0].Name)
			}
			if r.SecretInHand() {
				t.Error("a finished rotation still holds the secret")
			}
		})
	}
}

func TestNamesAreStrippedAndCut(t *testing.T) {
	const nonce = "abcdefghij"
	for _, tc := range []struct {
		old  string
		max  int
		want string
	}{
		{"payments", 0, "payments ~r" + nonce},
		{"payments ~rzzzzzzzzzz", 0, "payments ~r" + nonce},
		{"payments ~rzzzzzzzzzz ~rYYYYYYYYY2", 0, "payments ~r" + nonce},
		{"payments ~rtooshort", 0, "payments ~rtooshort ~r" + nonce},
		{strings.Repeat("n", 80), 40, strings.Repeat("n", 27) + " ~r" + nonce},
		{strings.Repeat("ü", 80), 40, strings.Repeat("ü", 27) + " ~r" + nonce},
		{"pay    ments is long", 20, "pay ~r" + nonce},
		{"", 0, "key ~r" + nonce},
		{"~rzzzzzzzzzz", 0, "key ~r" + nonce},
	} {
		base, _ := splitName(tc.old)
		got := newName(base, nonce, tc.max)
		if got != tc.want {
			t.Errorf("%q cut to %d: %q, want %q", tc.old, tc.max, got, tc.want)
		}
		if again, n := splitName(got); n != nonce || !sameBase(again, base, tc.max) {
			t.Errorf("%q is not recognised as a rotation of %q: %q %q", got, base, again, n)
		}
	}
}

func TestLifetimeIsCopiedAndNeverWidened(t *testing.T) {
	day := 24 * time.Hour
	created := apikey.At(epoch.Add(-20 * day))
	for name, tc := range map[string]struct {
		created, expires apikey.Moment
		want             apikey.Expiry
	}{
		"never":                         {created, apikey.Never(), apikey.Expiry{}},
		"thirty days":                   {created, apikey.At(epoch.Add(10 * day)), apikey.Expiry{After: 30 * day}},
		"not whole seconds":             {created, apikey.At(epoch.Add(10*day + 900*time.Millisecond)), apikey.Expiry{After: 30 * day}},
		"expired already":               {created, apikey.At(epoch.Add(-day)), apikey.Expiry{After: 19 * day}},
		"creation unknown":              {apikey.Moment{}, apikey.At(epoch.Add(day)), apikey.Expiry{At: epoch.Add(day)}},
		"ends before it began":          {created, apikey.At(epoch.Add(-30 * day)), apikey.Expiry{At: epoch.Add(-30 * day)}},
		"longer than any that is asked": {apikey.At(epoch.Add(-60000 * day)), apikey.At(epoch.Add(day)), apikey.Expiry{At: epoch.Add(day)}},
		"not told":                      {created, apikey.Moment{}, apikey.Expiry{}},
	} {
		got := expiryFor(apikey.Key{CreatedAt: tc.created, ExpiresAt: tc.expires})
		if got.After != tc.want.After || !got.At.Equal(tc.want.At) {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestLostCreateAnswerIsAdoptedWhereTheSecretIsGivenAgain(t *testing.T) {
	c := shaped(t, prosopoShape())
	c.retrievable = true
	r := c.start(nil)
	c.doUntil(r, Create)
	c.failNext("create", failure{lostAnswer("create"), true})
	before := c.now
	res := c.mustDo(r)
	if waited := c.now.Sub(before); waited < 5*time.Second {
		t.Errorf("looked after %s, before a late create could take effect", waited)
	}
	if res.Step != Deliver || !strings.Contains(res.Said, "found by its mark") {
		t.Errorf("%+v", res)
	}
	c.drive(r)
	c.assertRotated("adopted")
	if n := c.count("create"); n != 1 {
		t.Errorf("%d creates", n)
	}
}

func TestLostCreateAnswerIsReplacedWhereTheSecretIsNot(t *testing.T) {
	c := shaped(t, prosopoShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	c.failNext("create", failure{lostAnswer("create"), true})
	c.mustDo(r)
	if len(c.live()) != 2 || c.count("delete") != 1 {
		t.Errorf("%s, after %v", c.describe(), c.calls)
	}
	if v := r.View(); v.New.Name != v.NewName || !strings.HasSuffix(v.NewName, v.ID) {
		t.Errorf("the second attempt is called %q", v.New.Name)
	}
	c.drive(r)
	c.assertRotated("replaced")
}

func TestCreateThatNeverHappenedIsDoneAgain(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	c.failNext("create", failure{lostAnswer("create"), false})
	c.mustDo(r)
	if c.count("create") != 2 || c.count("delete") != 0 {
		t.Errorf("%v", c.calls)
	}
	c.drive(r)
	c.assertRotated("again")
}

// The wait is long enough for a timeout that is longer than the floor of five seconds.
func TestLateCreateIsWaitedForTwiceTheTimeout(t *testing.T) {
	w := World{Timeout: 15 * time.Second}
	if w.settle() != 30*time.Second || (World{}).settle() != 5*time.Second {
		t.Errorf("%s and %s", w.settle(), (World{}).settle())
	}
}

func TestCreateThatTakesEffectAtTheVeryEndIsSwept(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Delete)
	stray := c.old()
	stray.ID, stray.Name = "late-1", r.View().NewName
	c.add(stray)
	c.drive(r)
	c.assertRotated("swept")
	if c.find("late-1") != nil {
		t.Error("the stray is still there")
	}
}

func TestSeveralKeysWithTheNonceStop(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	twin := c.old()
	twin.ID, twin.Name = "twin", r.View().NewName
	c.add(twin)
	c.failNext("create", failure{lostAnswer("create"), true})
	res := c.mustDo(r)
	if res.Status != Stopped || res.Need != NeedCleanup || !strings.Contains(res.Said, "twin") {
		t.Errorf("%+v", res)
	}
	if len(c.live()) != 3 {
		t.Errorf("something was deleted without a word: %s", c.describe())
	}
	if !c.goBack("cleanup", r) {
		t.Fatal("undo was refused")
	}
	c.assertUndone("cleanup")
}

func TestKeyWithTheNonceButOtherAccessIsNotAdopted(t *testing.T) {
	c := shaped(t, prosopoShape())
	c.retrievable = true
	r := c.start(nil)
	c.doUntil(r, Create)
	other := c.old()
	other.ID, other.Name, other.Permissions = "forged", r.View().NewName, []apikey.Permission{{Feature: "ApiKeys", Name: "createApiKey"}}
	c.add(other)
	c.failNext("create", failure{lostAnswer("create"), false})
	res := c.mustDo(r)
	if res.Need != NeedCleanup || !strings.Contains(res.Said, "not the access") || r.View().New != nil {
		t.Errorf("%+v", res)
	}
}

func TestCreateWithoutASecretInTheAnswerIsNotKept(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	r.svc = mute{service{c}}
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no answer brought its secret") {
		t.Fatalf("%v", err)
	}
	r.svc = service{c}
	c.drive(r)
	c.assertRotated("after silence")
}

// mute forgets the secret.
type mute struct{ service }

func (m mute) Create(ctx context.Context, d apikey.Draft) (apikey.Created, error) {
	made, err := m.service.Create(ctx, d)
	made.Secret = apikey.Secret{}
	return made, err
}

func TestDifferenceHoldsTheDeletionBackUntilAccepted(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(func(p *Params) { p.AcceptUnknown = "known" })
	c.doUntil(r, Deliver)
	c.find(r.View().New.ID).Role = "admin"
	for r.View().Step != Delete {
		c.doUntilAttested(r)
	}
	res := c.mustDo(r)
	if res.Need != NeedAccept || !slices.ContainsFunc(res.Notes, func(s string) bool { return strings.Contains(s, "role differs: old developer, new admin") }) {
		t.Fatalf("%+v", res)
	}
	if err := r.Accept("  ", false); err == nil {
		t.Error("a difference was accepted without a reason")
	}
	if err := r.Accept("only the unknown", true); err != nil {
		t.Fatal(err)
	}
	if res = c.mustDo(r); res.Need != NeedAccept {
		t.Fatal("accepting the unknown accepted a real difference")
	}
	if err := r.Accept("wanted by operations", false); err != nil {
		t.Fatal(err)
	}
	c.find(r.View().New.ID).Role = "reader"
	if res = c.mustDo(r); res.Need != NeedAccept {
		t.Fatal("the acceptance of one difference covers another")
	}
	c.find(r.View().New.ID).Role = "admin"
	c.drive(r)
	v := r.View()
	if !slices.ContainsFunc(v.Certain, func(s string) bool { return strings.Contains(s, "wanted by operations") }) {
		t.Errorf("the reason is not recorded: %q", v.Certain)
	}
}

func (c *city) doUntilAttested(r *Rotation) {
	c.t.Helper()
	res := c.mustDo(r)
	switch {
	case res.Status == Waiting:
		c.pass(res.Wait)
	case res.Need == NeedAttest:
		if err := r.Attest("looked"); err != nil {
			c.t.Fatal(err)
		}
	}
}

func TestUnreportedAccessHoldsTheDeletionBackToo(t *testing.T) {
	for _, accept := range []string{"", "the dashboard shows the same"} {
		c := shaped(t, genericShape())
		r := c.start(func(p *Params) { p.AcceptUnknown, p.Drain = accept, ptr(time.Duration(0)) })
		c.find("old-1").Restrictions = nil
		c.doUntil(r, Delete)
		c.find(r.View().New.ID).Restrictions = nil
		res := c.mustDo(r)
		if blocked := res.Need == NeedAccept; blocked != (accept == "") {
			t.Errorf("accept %q: %+v", accept, res)
		}
	}
}

func TestComparison(t *testing.T) {
	hour := func(h int) apikey.Moment { return apikey.At(epoch.Add(time.Duration(h) * time.Hour)) }
	perm := func(s ...string) (out []apikey.Permission) {
		for _, p := range s {
			out = append(out, apikey.ParsePermission(p))
		}
		return out
	}
	extra := func(s string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"properties": json.RawMessage(s)}
	}
	for name, tc := range map[string]struct {
		f        apikey.Field
		old, new apikey.Key
		want     Verdict
	}{
		"permissions in another order":   {apikey.FieldPermissions, apikey.Key{Permissions: perm("A.x", "B.y")}, apikey.Key{Permissions: perm("B.y", "A.x")}, Equal},
		"a permission less":              {apikey.FieldPermissions, apikey.Key{Permissions: perm("A.x", "B.y")}, apikey.Key{Permissions: perm("A.x")}, Differs},
		"permissions not told":           {apikey.FieldPermissions, apikey.Key{}, apikey.Key{}, NotTold},
		"role":                           {apikey.FieldRole, apikey.Key{Role: "reader"}, apikey.Key{Role: "admin"}, Differs},
		"role not told":                  {apikey.FieldRole, apikey.Key{}, apikey.Key{Role: "admin"}, NotTold},
		"no project":                     {apikey.FieldProject, apikey.Key{}, apikey.Key{}, Equal},
		"another project":                {apikey.FieldProject, apikey.Key{Project: "a"}, apikey.Key{}, Differs},
		"extra absent":                   {apikey.FieldExtra, apikey.Key{}, apikey.Key{Extra: extra(" { } ")}, Equal},
		"extra written otherwise":        {apikey.FieldExtra, apikey.Key{Extra: extra(`{"a":1,"b":[2]}`)}, apikey.Key{Extra: extra(`{ "b" : [2], "a" : 1 }`)}, Equal},
		"extra differs in a big number":  {apikey.FieldExtra, apikey.Key{Extra: extra(`{"a":9007199254740993}`)}, apikey.Key{Extra: extra(`{"a":9007199254740992}`)}, Differs},
		"restrictions not told":          {apikey.FieldRestrictions, apikey.Key{}, apikey.Key{}, NotTold},
		"restrictions told absent":       {apikey.FieldRestrictions, apikey.Key{Restrictions: &apikey.Restrictions{}}, apikey.Key{Restrictions: &apikey.Restrictions{}}, Equal},
		"restrictions in another order":  {apikey.FieldRestrictions, apikey.Key{Restrictions: &apikey.Restrictions{Endpoints: []string{"/a", "/b"}}}, apikey.Key{Restrictions: &apikey.Restrictions{Endpoints: []string{"/b", "/a"}}}, Equal},
		"restrictions lost":              {apikey.FieldRestrictions, apikey.Key{Restrictions: &apikey.Restrictions{Endpoints: []string{"/a"}}}, apikey.Key{Restrictions: &apikey.Restrictions{}}, Differs},
		"both never expire":              {apikey.FieldExpiry, apikey.Key{ExpiresAt: apikey.Never()}, apikey.Key{ExpiresAt: apikey.Never()}, Equal},
		"now unbounded":                  {apikey.FieldExpiry, apikey.Key{CreatedAt: hour(0), ExpiresAt: hour(30)}, apikey.Key{ExpiresAt: apikey.Never()}, Differs},
		"now bounded":                    {apikey.FieldExpiry, apikey.Key{ExpiresAt: apikey.Never()}, apikey.Key{CreatedAt: hour(0), ExpiresAt: hour(30)}, Differs},
		"same lifetime, other end":       {apikey.FieldExpiry, apikey.Key{CreatedAt: hour(0), ExpiresAt: hour(30)}, apikey.Key{CreatedAt: hour(20), ExpiresAt: hour(50)}, Equal},
		"an hour longer":                 {apikey.FieldExpiry, apikey.Key{CreatedAt: hour(0), ExpiresAt: hour(30)}, apikey.Key{CreatedAt: hour(20), ExpiresAt: hour(51)}, Differs},
		"expiry not told":                {apikey.FieldExpiry, apikey.Key{}, apikey.Key{ExpiresAt: apikey.Never()}, NotTold},
		"creation not told, same end":    {apikey.FieldExpiry, apikey.Key{ExpiresAt: hour(30)}, apikey.Key{CreatedAt: hour(20), ExpiresAt: hour(30)}, Equal},
		"creation not told, a later end": {apikey.FieldExpiry, apikey.Key{ExpiresAt: hour(30)}, apikey.Key{CreatedAt: hour(20), ExpiresAt: hour(31)}, Differs},
		"environment":                    {apikey.FieldEnvironment, apikey.Key{Environment: apikey.Live}, apikey.Key{Environment: apikey.Test}, Differs},
		"type":                           {apikey.FieldType, apikey.Key{Type: apikey.SecretKey}, apikey.Key{Type: apikey.SecretKey}, Equal},
		"a field that nobody knows":      {apikey.Field("tags"), apikey.Key{}, apikey.Key{}, NotTold},
	} {
		got := compare(tc.old, tc.new, []apikey.Field{tc.f})
		if len(got) != 1 || got[0].Verdict != tc.want {
			t.Errorf("%s: %+v, want %s", name, got, tc.want)
		}
	}
	if got := compare(apikey.Key{Role: "a"}, apikey.Key{Role: "b"}, nil); len(got) != 0 {
		t.Errorf("a field that the service does not have is compared: %+v", got)
	}
}

func TestPreflightRefusesAndLeavesNothing(t *testing.T) {
	day := 24 * time.Hour
	for name, tc := range map[string]struct {
		caps apikey.Capabilities
		set  func(c *city, p *Params)
		want string
	}{
		"a public key":        {vertesiaShape(), func(c *city, _ *Params) { c.find("old-1").Type = apikey.PublicKey }, "a public key is not rotated"},
		"a key that is gone":  {vertesiaShape(), func(c *city, _ *Params) { c.keys = c.keys[1:] }, "is not on the service"},
		"no delete":           {vertesiaShape(), func(c *city, _ *Params) { c.caps.Delete = apikey.Cannot("never") }, "cannot delete a key (never)"},
		"another host":        {vertesiaShape(), func(c *city, _ *Params) { c.add(apikey.Key{ID: "x", Name: "payments-api ~raaaaaaaaaa"}) }, "`detent rotate --resume aaaaaaaaaa` or `--abort aaaaaaaaaa` on that host ends it"},
		"no such destination": {vertesiaShape(), func(c *city, _ *Params) { c.dests[0].failPre = errors.New("the folder is read-only") }, "the place app: the folder is read-only"},
		"another project":     {vertesiaShape(), func(c *city, _ *Params) { c.project("old-1", "a"); c.ownKey("own", "b") }, "would land in the project b"},
		"an account-wide key": {vertesiaShape(), func(c *city, _ *Params) { c.ownKey("own", "b") }, "belongs to no project"},
		"own project unknown": {vertesiaShape(), func(c *city, _ *Params) { c.project("old-1", "a"); c.project("other-1", "b") }, "might land in another project"},
		"no right to create":  {withCatalogue(prosopoShape()), func(c *city, _ *Params) { c.ownKey("own", "", "ApiKeys.deleteApiKey") }, "lacks the permission ApiKeys.createApiKey"},
		"no right to delete":  {withCatalogue(prosopoShape()), func(c *city, _ *Params) { c.ownKey("own", "", "ApiKeys.createApiKey") }, "lacks the permission ApiKeys.deleteApiKey"},
		"lifetime unknown": {prosopoShape(), func(c *city, _ *Params) {
			k := c.find("old-1")
			k.CreatedAt, k.ExpiresAt = apikey.Moment{}, apikey.At(epoch.Add(-day))
		}, "how long it was to live is not known"},
		"lifetime not settable": {prosopoShape(), func(c *city, _ *Params) {
			c.caps.Expiry = apikey.Cannot("no")
			c.find("old-1").ExpiresAt = apikey.At(epoch.Add(day))
		}, "it would be widened"},
		"the list refused": {prosopoShape(), func(c *city, _ *Params) {
			c.failNext("list", failure{refusal("list keys", client.Forbidden, 403), false})
		}, "nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			c := shaped(t, tc.caps)
			p := c.params()
			tc.set(c, &p)
			p.World = c.world()
			r, err := Start(p)
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Do(context.Background())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %q", err, tc.want)
			}
			r.Close()
			if views, err := List(c.dir); err != nil || len(views) != 0 {
				t.Errorf("a refused rotation left %+v, %v", views, err)
			}
			if c.count("create")+c.count("delete")+c.count("update") > 0 {
				t.Errorf("the preflight changed something: %v", c.calls)
			}
		})
	}
}

func TestRightsUnderAnotherFeatureAreRights(t *testing.T) {
	c := shaped(t, withCatalogue(prosopoShape()))
	c.ownKey("own", "", "apiKeys.createApiKey", "apiKeys.deleteApiKey")
	r := c.start(nil)
	if _, err := r.Do(context.Background()); err != nil {
		t.Errorf("the preflight: %v", err)
	}
}

func TestPreflightSaysWhatItCannotKnow(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("hook", false)
	c.skew = 2 * time.Minute
	r := c.start(nil)
	res := c.mustDo(r)
	all := strings.Join(res.Notes, "\n")
	for _, want := range []string{"mode 0644 becomes 0640", "cannot be undone", "clock and the service's differ by 2m", "may create and delete keys",
		"does not report last use", "which project"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q:\n%s", want, all)
		}
	}
	if res.Step != Create || c.count("create") != 0 {
		t.Errorf("%+v", res)
	}
}

func withCatalogue(caps apikey.Capabilities) apikey.Capabilities {
	caps.PermissionGroups = []apikey.PermissionGroup{{Feature: "ApiKeys", Permissions: []apikey.PermissionInfo{
		{Permission: apikey.ParsePermission("ApiKeys.createApiKey")}, {Permission: apikey.ParsePermission("ApiKeys.deleteApiKey")}}}}
	return caps
}

func (c *city) project(id, project string) { c.find(id).Project = project }

func (c *city) ownKey(id, project string, perms ...string) {
	k := c.add(apikey.Key{ID: id, Name: "detent", Project: project, Role: "admin"})
	for _, p := range perms {
		k.Permissions = append(k.Permissions, apikey.ParsePermission(p))
	}
	c.own = k.secret
}

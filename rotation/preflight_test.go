package rotation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// cannot makes abilities into none.
func (f *fixture) caps(change func(c *apikey.Capabilities)) { f.Caps = change }

func withCatalogue(c *apikey.Capabilities) {
	c.PermissionGroups = []apikey.PermissionGroup{{Feature: "ApiKeys", Permissions: []apikey.PermissionInfo{
		{Permission: apikey.ParsePermission("ApiKeys.createApiKey")}, {Permission: apikey.ParsePermission("ApiKeys.deleteApiKey")}}}}
}

func withProjects(c *apikey.Capabilities) {
	c.AccessFields = append(c.AccessFields, apikey.FieldProject)
}

// own makes the key that the program authenticates with.
func (f *fixture) own(project string, permissions ...string) {
	row := apikey.Key{ID: "own", Name: "detent", Project: project, Role: "admin", ExpiresAt: apikey.Never()}
	for _, p := range permissions {
		row.Permissions = append(row.Permissions, apikey.ParsePermission(p))
	}
	f.Add(row)
	f.Own = "own"
	f.Pass(time.Second)
}

func (f *fixture) project(which, project string) {
	f.Edit(which, func(k *apikey.Key) { k.Project = project })
	f.Pass(time.Second)
}

func TestPreflightRefusesAndLeavesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		sc   world.Scenario
		set  func(f *fixture)
		want string
	}{
		"a public key":        {vertesiaLike, func(f *fixture) { f.Edit("old", func(k *apikey.Key) { k.Type = apikey.PublicKey }) }, "a public key is not rotated"},
		"a key that is gone":  {vertesiaLike, func(f *fixture) { f.Remove("old") }, "is not on the service"},
		"another host":        {vertesiaLike, func(f *fixture) { f.Add(apikey.Key{ID: "x", Name: "payments-api ~raaaaaaaaaa"}); f.Pass(time.Second) }, "`detent rotate --resume aaaaaaaaaa` or `--abort aaaaaaaaaa` on that host ends it"},
		"no such destination": {vertesiaLike, func(f *fixture) { f.Fail("preflight", errors.New("the folder is read-only"), false) }, "/.env: the folder is read-only"},
		"another project":     {vertesiaLike, func(f *fixture) { f.caps(withProjects); f.project("old", "a"); f.own("b") }, "would land in the project b"},
		"an account-wide key": {vertesiaLike, func(f *fixture) { f.caps(withProjects); f.own("b") }, "belongs to no project"},
		"own project unknown": {vertesiaLike, func(f *fixture) { f.caps(withProjects); f.project("old", "a"); f.project("other", "b") }, "might land in another project"},
		"no right to create":  {prosopoLike, func(f *fixture) { f.caps(withCatalogue); f.own("", "ApiKeys.deleteApiKey") }, "lacks the permission ApiKeys.createApiKey"},
		"no right to delete":  {prosopoLike, func(f *fixture) { f.caps(withCatalogue); f.own("", "ApiKeys.createApiKey") }, "lacks the permission ApiKeys.deleteApiKey"},
		"lifetime unknown": {prosopoLike, func(f *fixture) {
			f.Edit("old", func(k *apikey.Key) { k.CreatedAt, k.ExpiresAt = apikey.Moment{}, apikey.At(f.Now().Add(-24*time.Hour)) })
		}, "how long it was to live is not known"},
		"lifetime not settable": {prosopoLike, func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) { c.Expiry = apikey.Cannot("no") })
			f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(24 * time.Hour)) })
		}, "it would be widened"},
		"each lifetime is longer": {prosopoLike, func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) {
				c.Lifetimes.Spans = []time.Duration{30 * 24 * time.Hour, 90 * 24 * time.Hour}
			})
			f.Edit("old", func(k *apikey.Key) {
				k.CreatedAt, k.ExpiresAt = apikey.At(f.Now()), apikey.At(f.Now().Add(24*time.Hour))
			})
		}, "the service gives a new one 30d, 90d or never: it would be widened"},
		"the list refused": {prosopoLike, func(f *fixture) { f.Fail("list", refusal("list keys", client.Forbidden, 403), false) }, "nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, tc.sc)
			tc.set(f)
			r := f.Start(nil)
			_, err := r.Do(context.Background())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %q", err, tc.want)
			}
			log := f.Log()
			r.Close()
			f.leavesNothing(log)
			again := in(t, tc.sc) // a plan is refused as the preflight is
			tc.set(again)
			again.planIsRefused(nil, tc.want)
			rehearsed := in(t, tc.sc) // and so is a rehearsal of it
			tc.set(rehearsed)
			r = rehearsed.Start(nil)
			if _, err := r.Rehearse(context.Background()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("rehearsed: %v, want %q", err, tc.want)
			}
			log = rehearsed.Log()
			r.Close()
			rehearsed.leavesNothing(log)
		})
	}
}

// TestARehearsalBeginsNothing, however often, and the rotation that follows looks again, but tries no made-up secret again.
func TestARehearsalBeginsNothing(t *testing.T) {
	for name, sc := range shapes {
		f := in(t, sc)
		r := f.Start(nil)
		for range 2 {
			if res, err := r.Rehearse(context.Background()); err != nil || res.Status != rotation.Moved {
				t.Fatalf("%s: %+v, %v", name, res, err)
			}
		}
		log := f.Log()
		r.Close()
		f.leavesNothing(log)
		r = f.Start(nil)
		if _, err := r.Rehearse(context.Background()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		log = f.Log()
		if v := r.View(); v.Step != rotation.Preflight || v.State != rotation.Open {
			t.Errorf("%s: it stands at %s", name, v.Step)
		}
		f.do(r)
		more := f.Log()
		if n := count(append(log, more...), "probe made-up"); n > 1 || count(more, "list") == 0 {
			t.Errorf("%s: %d made-up secrets; at the preflight itself %q", name, n, more)
		}
		if _, err := r.Rehearse(context.Background()); err == nil {
			t.Errorf("%s: rehearsed after it has begun", name)
		}
		f.drive(r)
		f.rotated(name)
	}
}

// planIsRefused: with those words, and nothing is changed or sent. Without words there is a plan.
func (f *fixture) planIsRefused(change func(*rotation.Params), want string) {
	f.t.Helper()
	r := f.Start(func(p *rotation.Params) {
		if change != nil {
			change(p)
		}
		p.PlanOnly = true
	})
	defer r.Close()
	f.Log()
	touched := func() (at []time.Time) {
		for i := range f.Destinations() {
			if info, err := os.Stat(filepath.Dir(f.Place(i).Path())); err == nil {
				at = append(at, info.ModTime())
			}
		}
		return at
	}
	before := touched()
	plan, err := r.Plan(context.Background())
	if now := touched(); !slices.Equal(now, before) {
		f.t.Errorf("a plan writes beside the place: %v, and then %v", before, now)
	}
	if want == "" && (err != nil || len(plan.Stages) == 0) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		f.t.Errorf("planned: %v, want %q", err, want)
	}
	log := f.Log()
	if count(log, "probe") > 0 {
		f.t.Errorf("a plan sends a secret: %v", log)
	}
	f.leavesNothing(log)
	for name, act := range map[string]func(context.Context) (rotation.Result, error){"do": r.Do, "undo": r.Undo} {
		if _, err := act(context.Background()); err == nil || !strings.Contains(err.Error(), "the plan alone") {
			f.t.Errorf("%s, where only the plan was asked for: %v", name, err)
		}
	}
}

// leavesNothing: no call that changes anything, no file.
func (f *fixture) leavesNothing(log []string) {
	f.t.Helper()
	if views, err := rotation.List(f.Store()); err != nil || len(views) != 0 {
		f.t.Errorf("a refused rotation left %+v, %v", views, err)
	}
	for _, op := range []string{"create", "delete", "rename", "disable", "put", "undo"} {
		if count(log, op) > 0 {
			f.t.Errorf("the preflight changed something: %v", log)
		}
	}
	if files, _ := os.ReadDir(f.Store().Dir); len(files) > 0 {
		f.t.Errorf("left: %v", files)
	}
	for i := range f.Destinations() {
		if entries, _ := os.ReadDir(filepath.Dir(f.Place(i).Path())); len(entries) > 1 {
			f.t.Errorf("beside the place: %v", entries)
		}
	}
}

func TestNoDeleteIsRefusedUnlessAPersonCanDoIt(t *testing.T) {
	f := in(t, vertesiaLike)
	f.caps(func(c *apikey.Capabilities) { c.Delete = apikey.Cannot("never") })
	if r, err := f.TryStart(func(p *rotation.Params) { p.Strategy = rotation.CreateAndDelete.ID }); err == nil {
		t.Errorf("%+v", r.View())
	} else if !strings.Contains(err.Error(), "cannot delete a key (never)") {
		t.Errorf("%v", err)
	}
	if v := f.Start(nil).View(); v.Strategy != rotation.Dashboard.ID {
		t.Errorf("%+v", v)
	}
}

func TestRightsUnderAnotherFeatureAreRights(t *testing.T) {
	f := in(t, prosopoLike)
	f.caps(withCatalogue)
	f.own("", "apiKeys.createApiKey", "apiKeys.deleteApiKey")
	f.do(f.Start(nil))
}

func TestPreflightSaysWhatItCannotKnow(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Skew = []string{"hook"}, 2*time.Minute }))
	f.caps(withProjects)
	res := f.do(f.Start(nil))
	all := strings.Join(res.Notes, "\n")
	for _, want := range []string{"cannot be undone", "clock and the service's differ by 2m", "may create and delete keys", "does not report last use", "which project", "who uses the old key"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q:\n%s", want, all)
		}
	}
	if log := f.Log(); res.Step != rotation.Create || count(log, "create") != 0 {
		t.Errorf("%+v", res)
	}
}

func TestPreflightSaysWhatTheRoleOfTheCredentialLetsItDo(t *testing.T) {
	for role, want := range map[string]string{"admin": "", "developer": "the role developer (cannot delete objects)", "sheriff": "unknown: whether detent's own credential may create"} {
		f := in(t, vertesiaLike)
		f.caps(func(c *apikey.Capabilities) {
			c.Roles = []apikey.RoleInfo{{Name: "developer", Description: "cannot delete objects", Risk: apikey.CanMint}, {Name: "admin", Risk: apikey.CanMint, Manages: true}}
		})
		f.own("")
		f.Edit("own", func(k *apikey.Key) { k.Role = role })
		f.Pass(time.Second)
		var said []string
		for _, n := range f.do(f.Start(nil)).Notes {
			if strings.Contains(n, "own credential") {
				said = append(said, n)
			}
		}
		if all := strings.Join(said, "; "); !strings.HasPrefix(all, strings.Split(want, "the role")[0]) || !strings.Contains(all, want) || want == "" && all != "" {
			t.Errorf("%s: %q", role, all)
		}
	}
}

func TestPreflightHasNoDoubtAboutACredentialThatTheHostKnows(t *testing.T) {
	f := in(t, prosopoLike)
	if res := f.do(f.Start(func(p *rotation.Params) { p.Manages = true })); says(res.Notes, "own credential") {
		t.Error(res.Notes)
	}
}

// homely is a service that tells where its credential belongs.
type homely struct {
	client.Service
	project string
	err     error
}

func (h homely) Abilities() client.Abilities {
	can := h.Service.Abilities()
	can.OwnProject = func(context.Context) (string, bool, error) { return h.project, h.project != "", h.err }
	return can
}

func TestAKeyOfTheCredentialsProjectRotatesBesideKeysOfOthers(t *testing.T) {
	for project, want := range map[string]string{"a": "", "b": "would land in the project b", "": "might land in another project"} {
		f := in(t, vertesiaLike)
		f.caps(withProjects)
		f.project("old", "a")
		f.project("other", "b")
		r := f.Start(func(p *rotation.Params) { p.Service = homely{p.Service, project, nil} })
		if _, err := r.Do(t.Context()); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("own project %q: %v, want %q", project, err, want)
		}
		planned := in(t, vertesiaLike)
		planned.caps(withProjects)
		planned.project("old", "a")
		planned.project("other", "b")
		planned.planIsRefused(func(p *rotation.Params) { p.Service = homely{p.Service, project, nil} }, want)
	}
}

// TestAPlanIsRefusedWherePlacesHoldDifferentSecrets: of two at most one is the old key's, as the run finds too.
func TestAPlanIsRefusedWherePlacesHoldDifferentSecrets(t *testing.T) {
	sc := with(genericLike, func(sc *world.Scenario) { sc.Masks, sc.SeesUse, sc.Places = false, false, []string{"env", "file"} })
	f := in(t, sc)
	f.planIsRefused(nil, "")
	f.Place(1).Put(strings.Repeat("sk_live_", 4))
	f.planIsRefused(nil, "another secret than the other places do, and only one of them can be the old key's")
	f.planIsRefused(func(p *rotation.Params) { p.Replace = true }, "")
}

// TestTheKeyIsTakenAsTheListShowsIt: whoever named it may have an older row.
func TestTheKeyIsTakenAsTheListShowsIt(t *testing.T) {
	f := in(t, vertesiaLike)
	role := f.Key("old").Role
	r := f.Start(func(p *rotation.Params) {
		noWaits(p)
		p.Key.Role, p.Key.Name, p.Key.Own = "stale", "stale", true
		p.Switcher = &switcher{f: f, file: true}
	})
	f.do(r)
	if v := r.View(); v.Old.Role != role || v.Old.Name != "payments-api" || v.Old.Own || !strings.HasPrefix(v.NewName, "payments-api ~r") {
		t.Errorf("%+v", v.Old)
	}
	f.drive(r)
	if k := f.Key(r.View().NewID()); k.Role != role || f.Own != "" {
		t.Errorf("it was made with the role %s, and detent uses %q", k.Role, f.Own)
	}
	f.rotated("as listed")
}

// TestAServiceThatDoesNotTellTheProjectTellsNothing: what it refuses to say is not known; no answer is a failure.
func TestAServiceThatDoesNotTellTheProjectTellsNothing(t *testing.T) {
	for _, tc := range []struct {
		kind   client.Kind
		status int
		fails  bool
	}{{client.Forbidden, 403, false}, {client.Invalid, 400, false}, {client.NotFound, 404, false}, {client.Unavailable, 503, true}, {client.Unauthorized, 401, true}, {client.RateLimited, 429, true}} {
		f := in(t, vertesiaLike)
		f.caps(withProjects)
		f.project("old", "a")
		r := f.Start(func(p *rotation.Params) { p.Service = homely{p.Service, "b", refusal("project", tc.kind, tc.status)} })
		res, err := r.Do(t.Context())
		if (err != nil) != tc.fails || tc.fails && !client.IsKind(err, tc.kind) || !tc.fails && !says(res.Notes, "which project") {
			t.Errorf("%s: %+v, %v", tc.kind, res, err)
		}
	}
}

// TestTheRightPlaceHoldsTheOldSecretOrNothing: anything else is asked about before a key is made, or replaced by name.
func TestTheRightPlaceHoldsTheOldSecretOrNothing(t *testing.T) {
	masked := with(vertesiaLike, func(sc *world.Scenario) { sc.Masks, sc.Prefix = true, "sk_live_" })
	identifies := with(vertesiaLike, func(sc *world.Scenario) { sc.Identify = true })
	for name, tc := range map[string]struct {
		sc    world.Scenario
		set   func(f *fixture)
		wrong string // empty: it is right
		sent  bool   // the value is sent to the service
		note  string
	}{
		"the old secret":          {identifies, func(*fixture) {}, "", true, ""},
		"that nothing identifies": {vertesiaLike, func(*fixture) {}, "", true, "nothing tells"},
		"nothing":                 {vertesiaLike, func(f *fixture) { f.Place(0).Put("") }, "", false, "who uses the old key"},
		"no file":                 {vertesiaLike, func(f *fixture) { _ = os.Remove(f.Place(0).Path()) }, "", false, "who uses the old key"},
		"a placeholder":           {vertesiaLike, func(f *fixture) { f.Place(0).Put("changeme-please-0123") }, "cannot be a secret of this service", false, ""},
		"another vendor's":        {vertesiaLike, func(f *fixture) { f.Place(0).Put("ghp_0123456789abcdefghijABCDEFGHIJ012345") }, "cannot be a secret of this service", false, ""},
		"one of another shape":    {genericLike, func(f *fixture) { f.Place(0).Put("pk7_0123456789abcdefghijABCDEFGHIJ") }, "cannot be a secret of this service", false, ""},
		"one of another shape, by the masks": {with(genericLike, func(sc *world.Scenario) { sc.Masks = true }), func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) { c.SecretPrefixes = nil })
			f.Place(0).Put("pk7_0123456789abcdefghijABCDEFGHIJ")
		}, "cannot be a secret of this service", false, ""},
		"a test key for a live one": {genericLike, func(f *fixture) {
			f.caps(func(c *apikey.Capabilities) { c.SecretPrefixes = []string{"sk_live_", "sk_test_"} })
			f.Place(0).Put("sk_test_0123456789abcdefghij")
		}, "it holds a test key", false, ""},
		"another key, by its mask":      {masked, func(f *fixture) { f.Place(0).Put("other") }, "is not the key that is replaced", false, ""},
		"another key, whose mask it is": {masked, func(f *fixture) { f.Place(0).Put("other") }, "; by its mask it is that of ci-deploy (other)", false, ""},
		"another key, identified too":   {with(masked, func(sc *world.Scenario) { sc.Identify = true }), func(f *fixture) { f.Place(0).Put("other") }, "the secret of another key, ci-deploy (other)", false, ""},
		"another key, identified":       {identifies, func(f *fixture) { f.Place(0).Put("other") }, "the secret of another key, ci-deploy (other)", false, ""},
		"another key, by its last use":  {with(genericLike, func(sc *world.Scenario) { sc.Masks = false }), func(f *fixture) { f.Idle(); f.Place(0).Put("other") }, "the last use of another key, other", true, ""},
		"a value that is refused":       {vertesiaLike, func(f *fixture) { f.Place(0).Put("0007q7Xz0NoCanaryabcdef0123456789") }, "the service refuses what it holds", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, tc.sc)
			tc.set(f)
			f.Forgive()
			before := f.Place(0).Holds()
			switch { // what shows without a request with it
			case strings.HasSuffix(name, "too"):
				f.planIsRefused(nil, "by its mask it is that of ci-deploy (other)")
			case tc.wrong == "" || tc.sent || strings.Contains(name, "identified"):
				f.planIsRefused(nil, "")
			default:
				f.planIsRefused(nil, tc.wrong)
				f.planIsRefused(nil, "say so with --replace")
				f.planIsRefused(func(p *rotation.Params) { p.Replace = true }, "")
			}
			r := f.Start(nil)
			res := f.do(r)
			log := f.Log()
			if asked := res.Question != nil && res.Question.Kind == rotation.AskReplace; asked != (tc.wrong != "") || asked && (!strings.Contains(res.Message, tc.wrong) || res.Question.Flag != "--replace" || res.Question.Subject != f.Place(0).Spec() || res.Question.Default != rotation.No) {
				t.Fatalf("%+v", res)
			}
			if sent := count(log, "probe old")+count(log, "probe other")+count(log, "probe made-up") > 0 && before != "nothing"; sent != tc.sent {
				t.Errorf("sent %v: %v", sent, log)
			}
			if tc.note != "" && !says(r.View().Notes, tc.note) {
				t.Errorf("%v", r.View().Notes)
			}
			if tc.wrong == "" {
				return
			}
			f.answers[rotation.AskReplace] = rotation.No
			if out, err := f.answer(r, res.Question); err != nil || out.Status != rotation.Stopped {
				t.Errorf("%+v, %v", out, err)
			}
			r.Close()
			f.leavesNothing(log)
			f.Pass(time.Minute)
			r = f.Start(func(p *rotation.Params) { p.Replace = true; noWaits(p) })
			if res := f.do(r); res.Step != rotation.Create || !says(res.Notes, "it is replaced, as you said") {
				t.Fatalf("%+v", res)
			}
			f.until(r, rotation.Delete) // what was there goes back by an undo, though it is no key's
			if !f.undo(r) {
				t.Fatal("the undo was refused")
			}
			if now := f.Place(0).Holds(); now != before {
				t.Errorf("it held that of %s, and holds that of %s", before, now)
			}
		})
	}
}

// TestAMissingVariableBesideALikelyOneIsTheWrongPlace: API_KEYS typed, API_KEY holds the key.
func TestAMissingVariableBesideALikelyOneIsTheWrongPlace(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"a prefix": genericLike, "masks": with(prosopoLike, func(sc *world.Scenario) { sc.Masks, sc.Prefix = true, "sk_live_" })} {
		f := in(t, sc)
		typed := func(p *rotation.Params) {
			p.Destinations = []rotationDestination{parse(t, "env-file:"+f.Place(0).Path()+":API_KEYS")}
		}
		f.planIsRefused(typed, "API_KEY holds what looks like a key")
		r := f.Start(typed)
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskReplace || !strings.Contains(res.Message, "API_KEY holds what looks like a key") {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

// TestAMissingVariableBesideAKeyOnAnyLineIsTheWrongPlace: the file is another program's than a dotenv library's, which reads the key
// from a line that is none of theirs.
func TestAMissingVariableBesideAKeyOnAnyLineIsTheWrongPlace(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"a prefix": genericLike, "masks": with(prosopoLike, func(sc *world.Scenario) { sc.Masks, sc.Prefix = true, "sk_live_" })} {
		for line, wrong := range map[string]bool{
			"setenv NAME %s": true, "NAME %s": true, "Environment=NAME=%s": true, "DSN=https://%s:@host.example/": true, "HEADER='Bearer %s'": true,
			"ARGS=--key=%s,--quiet": true, "%s": true, "LIST=a,%s": true,
			"# NAME=%s": false, "  # setenv NAME %s": false, "B=2": false, "LONG=https://host.example/a/very/long/path/without/a/key": false, "words that are no key at all whatsoever": false,
		} {
			f := in(t, sc)
			f.Forgive()
			path := f.Place(0).Path()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			value := regexp.MustCompile(`sk_live_[A-Za-z0-9_]+`).FindString(string(data))
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(line, "%s", value)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			typed := func(p *rotation.Params) {
				p.Destinations = []rotationDestination{parse(t, "env-file:"+path+":OTHER")}
			}
			res := f.do(f.Start(typed))
			asked := res.Question != nil && res.Question.Kind == rotation.AskReplace && strings.Contains(res.Message, "line 1 holds what looks like a key")
			if asked != wrong {
				t.Errorf("%s: %s: asked %v: %+v", name, line, asked, res)
			}
		}
	}
}

// TestASecretThatStandsElsewhereInTheFileIsTold: one variable is replaced, and the other goes on holding what will be dead.
func TestASecretThatStandsElsewhereInTheFileIsTold(t *testing.T) {
	for line, told := range map[string]string{
		"LEGACY=%s": "LEGACY, line 1,", "export LEGACY='%s'": "LEGACY, line 1,", "spring.API_KEY=%s": "spring.API_KEY, line 1,", "DSN=https://%s@host.example/": "DSN, line 1,", "setenv X %s": "line 1 of",
		"# LEGACY=%s": "", "LEGACY=other": "",
	} {
		f := in(t, genericLike)
		f.Forgive()
		path := f.Place(0).Path()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		value := regexp.MustCompile(`sk_live_[A-Za-z0-9_]+`).FindString(string(data))
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(line, "%s", value)+"\nAPI_KEY="+value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		res := f.do(f.Start(nil))
		if got := says(res.Notes, parse(t, "env-file:"+path+":API_KEY").Describe()); res.Question != nil || got != (told != "") || told != "" && !says(res.Notes, told) {
			t.Errorf("%s: %+v", line, res)
		}
	}
}

func TestPlacesThatDisagreeAreAskedAbout(t *testing.T) {
	f := in(t, with(vertesiaLike, twoPlaces))
	f.Place(1).Put("other") // nothing tells whose either is
	f.Forgive()
	r := f.Start(nil)
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskReplace || !strings.Contains(res.Message, "another secret than the other places do") {
		t.Errorf("%+v", res)
	}
}

// TestABusyAccountTellsNothing: where every row moves, or the old one moves too, last use does not speak against a place.
func TestABusyAccountTellsNothing(t *testing.T) {
	f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks, sc.BusyRows = false, 3 }))
	r := f.Start(nil)
	if res := f.do(r); res.Status != rotation.Moved {
		t.Errorf("%+v", res)
	}
}

// TestNoFormerValueIsSentWhereADeadSecretMustNotBe: mask and row say whose it is; else a person does.
func TestNoFormerValueIsSentWhereADeadSecretMustNotBe(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Masks, sc.Prefix, sc.Identify = true, "sk_live_", true }))
	f.caps(func(c *apikey.Capabilities) { c.NoTryDead = true })
	r := f.Start(noWaits)
	f.drive(r)
	if log := f.Log(); count(log, "probe old") > 0 || count(log, "identify") > 0 {
		t.Errorf("%v", log)
	}
	f.rotated("untried")
	if !says(r.View().Unknown, "must not be asked with a dead secret") {
		t.Errorf("%v", r.View().Unknown)
	}
}

// TestWhatMustNotBeTriedIsVouchedForWhereNoMaskTells: a person says that it is the right place, and nothing is sent.
func TestWhatMustNotBeTriedIsVouchedForWhereNoMaskTells(t *testing.T) {
	f := in(t, vertesiaLike)
	f.caps(func(c *apikey.Capabilities) { c.NoTryDead = true })
	r := f.Start(noWaits)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskReplace || !strings.Contains(res.Message, "must not be asked") {
		t.Fatalf("%+v", res)
	}
	if _, err := r.Answer(context.Background(), rotation.Answer{Kind: rotation.AskReplace, Subject: res.Question.Subject, Choice: rotation.Yes}); err != nil {
		t.Fatal(err)
	}
	f.drive(r)
	if log := f.Log(); count(log, "probe old") > 0 {
		t.Errorf("%v", log)
	}
	f.rotated("vouched for")
}

// TestAYesToReplacingIsForTheValueThatWasAskedAbout: what somebody writes there between the question and the next look is asked about anew.
func TestAYesToReplacingIsForTheValueThatWasAskedAbout(t *testing.T) {
	for _, since := range []string{"a-value-of-somebody-else", "a-third-value-of-somebody", ""} {
		f := in(t, vertesiaLike)
		f.caps(func(c *apikey.Capabilities) { c.NoTryDead = true })
		f.Place(0).Put("a-value-of-somebody-else")
		r := f.Start(noWaits)
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskReplace {
			t.Fatalf("%+v", res)
		}
		f.Place(0).Put(since)
		f.Forgive()
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		res = f.do(r)
		if asked := res.Question != nil && res.Question.Kind == rotation.AskReplace; asked != (since == "a-third-value-of-somebody") {
			t.Errorf("%q: %+v", since, res)
		}
		if res.Question == nil {
			continue
		}
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		if res = f.do(r); res.Step != rotation.Create {
			t.Errorf("%q, said yes to again: %+v", since, res)
		}
	}
}

// TestWhatCouldNotBeAskedAboutIsTriedBeforeItGoesBack: it passes for the old key's secret, by a person's word or --replace alike.
func TestWhatCouldNotBeAskedAboutIsTriedBeforeItGoesBack(t *testing.T) {
	for _, word := range []string{"a person's", "--replace"} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.GoneLag = 8 * time.Second }))
		restore := f.Adversary("wall in JSON", 0)
		r := f.Start(func(p *rotation.Params) { noWaits(p); p.Replace = word == "--replace" })
		res := f.do(r)
		if asked := res.Question != nil && res.Question.Kind == rotation.AskReplace && strings.Contains(res.Message, "could not be seen"); asked != (word == "a person's") {
			t.Fatalf("%s: %+v", word, res)
		}
		if res.Question != nil {
			if _, err := f.answer(r, res.Question); err != nil {
				t.Fatal(err)
			}
		}
		restore()
		f.until(r, rotation.Verify)
		f.Remove("old") // the list shows it for a while
		res, err := r.Undo(context.Background())
		if refused := (*rotation.RefusedError)(nil); !errors.As(err, &refused) || len(f.Live()) == 0 {
			t.Errorf("%s: %+v, %v", word, res, err)
		}
	}
}

// TestAKeyThatIsDeadDoesNotComeAliveUnnoticed: it is asked about, or said by name; then its refused secret is right.
func TestAKeyThatIsDeadDoesNotComeAliveUnnoticed(t *testing.T) {
	disabled := with(vertesiaLike, func(sc *world.Scenario) { sc.Off = true })
	expired := with(prosopoLike, func(sc *world.Scenario) { sc.Life, sc.Left = 90*24*time.Hour, -time.Hour })
	for name, tc := range map[string]struct {
		sc    world.Scenario
		state string
	}{"disabled": {disabled, "is disabled"}, "expired": {expired, "is expired"}} {
		f := in(t, tc.sc)
		f.planIsRefused(nil, tc.state+": what replaces it will work. Is that wanted?; say so with --revive")
		r := f.Start(nil)
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskRevive || res.Question.Flag != "--revive" || !strings.Contains(res.Message, tc.state) {
			t.Fatalf("%s: %+v", name, res)
		}
		r.Close()
		r = f.Start(func(p *rotation.Params) { p.Revive = true; noWaits(p) })
		if res := f.do(r); res.Step != rotation.Create || !says(res.Notes, "the key "+tc.state) {
			t.Fatalf("%s: %+v", name, res)
		}
		f.drive(r)
		f.rotated(name)
	}
}

// TestWhatWillHaveToBeAcceptedIsSaidBeforeAKeyIsMade: where nobody can be asked later, it must be accepted now.
func TestWhatWillHaveToBeAcceptedIsSaidBeforeAKeyIsMade(t *testing.T) {
	for name, tc := range map[string]struct {
		sc   world.Scenario
		want string
	}{
		"access that is not reported": {with(genericLike, func(sc *world.Scenario) { sc.Silent = "all" }), "restrictions"},
		"a place that nobody reads":   {with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }), "hook-0"},
		"everything is accepted":      {with(prosopoLike, func(sc *world.Scenario) { sc.NoControl = true }), "made-up"},
	} {
		for _, accepted := range []string{"", "looked at in the dashboard"} {
			f := in(t, tc.sc)
			headless := func(p *rotation.Params) { p.Headless, p.AcceptUnknown = true, accepted }
			switch {
			case accepted != "" || tc.sc.NoControl: // which a plan does not find out
				f.planIsRefused(headless, "")
			default:
				f.planIsRefused(headless, tc.want)
				f.planIsRefused(headless, "accept it with --accept-unknown REASON")
			}
			r := f.Start(headless)
			res, err := r.Do(context.Background())
			if err != nil {
				t.Fatal(name, err)
			}
			asked := res.Question != nil && res.Question.Kind == rotation.AskUnknown
			if asked != (accepted == "") || asked && !strings.Contains(res.Message+strings.Join(res.Question.Lines, "\n"), tc.want) {
				t.Errorf("%s, accepted %q: %+v", name, accepted, res)
			}
			if log := f.Log(); asked {
				r.Close()
				f.leavesNothing(log)
			}
			if f.Close(); tc.sc.NoControl {
				f.AcceptAll(false)
			}
		}
	}
	f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Silent = "all" }))
	f.caps(func(c *apikey.Capabilities) {
		c.Unreported = map[apikey.Field]string{apikey.FieldRestrictions: "in own.toml, row.x says so"}
	})
	f.planIsRefused(func(p *rotation.Params) { p.Headless = true }, "whether the new key has the same restrictions: the service does not report it (in own.toml, row.x says so)")
	f = in(t, with(genericLike, func(sc *world.Scenario) { sc.Silent = "all" })) // at a terminal it is asked when it comes to it
	if res := f.do(f.Start(nil)); res.Step != rotation.Create {
		t.Errorf("%+v", res)
	}
}

// TestADashboardIsNotSaidToBeNeededForWhatTheServiceCan: whoever cannot delete cannot take back what was created; and somebody may want it so.
func TestADashboardIsNotSaidToBeNeededForWhatTheServiceCan(t *testing.T) {
	for want, change := range map[string]func(c *apikey.Capabilities){
		"the service cannot create keys for detent": func(c *apikey.Capabilities) { c.Create = apikey.Cannot("x") },
		"the service cannot delete keys for detent": func(c *apikey.Capabilities) { c.Delete = apikey.Cannot("x") },
		"as you said": func(*apikey.Capabilities) {},
	} {
		f := in(t, vertesiaLike)
		f.caps(change)
		r := f.Start(func(p *rotation.Params) { noWaits(p); p.Strategy = rotation.Dashboard.ID })
		_, err := r.Do(t.Context())
		if notes := strings.Join(r.View().Notes, "\n"); err != nil || !strings.Contains(notes, want) || strings.Count(notes, "dashboard") != 1 {
			t.Errorf("%s: %v\n%s", want, err, notes)
		}
	}
}

package rotation

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

func roles() []apikey.RoleInfo {
	return []apikey.RoleInfo{{Name: "developer", Description: "cannot delete objects", Risk: apikey.CanMint}, {Name: "admin", Risk: apikey.CanMint, Manages: true}}
}

func TestPreflightSaysWhatTheRoleOfTheCredentialLetsItDo(t *testing.T) {
	for role, want := range map[string]string{"admin": "", "developer": "the role developer (cannot delete objects)", "sheriff": "unknown: whether detent's own credential may create"} {
		caps := vertesiaShape()
		caps.Roles = roles()
		c := newCity(t, caps)
		c.ownKey("own-1", "")
		c.find("own-1").Role = role
		c.place("app", true)
		var said []string
		for _, n := range c.mustDo(c.start(nil)).Notes {
			if strings.Contains(n, "own credential") {
				said = append(said, n)
			}
		}
		if all := strings.Join(said, "; "); !strings.HasPrefix(all, strings.Split(want, "the role")[0]) || !strings.Contains(all, want) || want == "" && all != "" {
			t.Errorf("%s: %q", role, all)
		}
	}
}

// Two last uses of one key on one screen would be one too many.
func TestViewShowsTheLastUseThatTheLastListShowed(t *testing.T) {
	c := newCity(t, genericShape())
	c.place("app", true)
	r := c.start(nil)
	c.doUntil(r, Drain)
	used := apikey.At(c.now)
	c.find("old-1").LastUsedAt = used
	c.mustDo(r)
	if got := r.View().Old.LastUsedAt; !got.Equal(used) {
		t.Errorf("the old key was last used %v, the list says %v", got, used)
	}
}

func TestWhatACommandPrintsIsOutputAndNoNote(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("hook", false).prints = "stored\nversion 2"
	r := c.start(nil)
	c.doUntil(r, Deliver)
	res := c.mustDo(r)
	if !strings.HasPrefix(res.Output, "stored\nversion 2\n") || !strings.HasSuffix(res.Output, "restarted") {
		t.Errorf("output %q", res.Output)
	}
	if slices.ContainsFunc(res.Notes, func(n string) bool { return strings.Contains(n, "stored") }) {
		t.Errorf("notes %q", res.Notes)
	}
}

func TestNoSoakIsSaidAsTheOperatorsWord(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	r := c.start(func(p *Params) { p.Drain, p.Soak = ptr(time.Duration(0)), ptr(time.Duration(0)) })
	if plan := r.View().Plan; !slices.ContainsFunc(plan, func(l PlanLine) bool { return l.Text == "no soak, as you said" }) {
		t.Errorf("plan %+v", plan)
	}
	c.doUntil(r, Soak)
	if res := c.mustDo(r); !strings.Contains(res.Said, "as you said") || res.Step != Delete {
		t.Errorf("%+v", res)
	}
}

func TestStatementsNameEveryConsumer(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	c.place("hook", false)
	r := c.start(nil)
	c.doUntil(r, Drain)
	if got := r.View().Statements(); len(got) != 3 || !strings.Contains(got[0], "the place app") || !strings.Contains(got[1], "the place hook") {
		t.Errorf("before the deletion: %q", got)
	}
	if _, err := r.Undo(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := r.View().Statements(); len(got) != 2 || !strings.Contains(got[0], "the old value is back") && !strings.Contains(got[0], "The old value is back: the place hook") {
		t.Errorf("in an undo: %q", got)
	}
}

// The proof belongs to the sentence that it proves.
func TestVerifySaysWhatProvedTheKey(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	r := c.start(nil)
	c.doUntil(r, Verify)
	proof, err := c.service().Probe(context.Background(), apikey.NewSecret(c.dests[0].content))
	if err != nil || proof.Did == "" {
		t.Fatalf("%+v, %v", proof, err)
	}
	if res := c.mustDo(r); !strings.Contains(res.Said, proof.Did) || len(res.Notes) != 0 {
		t.Errorf("%+v", res)
	}
}

// A wrong path or variable is worth a word before a key is put there.
func TestPreflightSaysThatADestinationHoldsAnotherKey(t *testing.T) {
	for name, tc := range map[string]struct {
		mask, held string
		said       bool
	}{
		"that key":      {"sk_live_canary0001****", "", false},
		"another key":   {"sk_live_canary0001****", "sk_live_canary9990123456789abcdef", true},
		"a placeholder": {"sk_l…", "changeme", true},
		"no mask":       {"", "changeme", false},
		"a bare prefix": {"sk_live_****", "sk_live_canary9990123456789abcdef", false},
	} {
		c := newCity(t, vertesiaShape())
		c.find("old-1").Masked = tc.mask
		if p := c.place("app", true); tc.held != "" {
			p.content = tc.held
		}
		notes := strings.Join(c.mustDo(c.start(nil)).Notes, "\n")
		if strings.Contains(notes, "the place app: what it holds now is not the key") != tc.said || strings.Contains(notes, "9990123456789") || strings.Contains(notes, "changeme") {
			t.Errorf("%s: %s", name, notes)
		}
	}
}

func TestPreflightHasNoDoubtAboutACredentialThatTheHostKnows(t *testing.T) {
	c := newCity(t, prosopoShape())
	c.place("app", true)
	res := c.mustDo(c.start(func(p *Params) { p.Manages = true }))
	if all := strings.Join(res.Notes, "\n"); strings.Contains(all, "own credential") {
		t.Error(all)
	}
}

// The rehearsal must not take the last key that works.
func TestOldKeyIsNotDisabledWhileTheNewOneIsOff(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	r := c.start(nil)
	c.doUntil(r, Disable)
	c.find(r.View().New.ID).Enabled = ptr(false)
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "the new key is disabled") {
		t.Errorf("%v", err)
	}
	if c.find("old-1").IsDisabled() {
		t.Error("no key works any more")
	}
}

func TestNewKeyThatIsGoneLeavesTheUndo(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	r := c.start(nil)
	c.doUntil(r, Drain)
	id := r.View().New.ID
	c.keys = slices.DeleteFunc(c.keys, func(k *fakeKey) bool { return k.ID == id })
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "Next: undo: put the old value back in the place app") || strings.Contains(err.Error(), "go on") {
		t.Errorf("%v", err)
	}
}

package rotation

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

func zero() *time.Duration { return ptr(time.Duration(0)) }

func TestDrainWaitsUntilTheOldKeyIsQuiet(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	c.doUntil(r, Drain)
	laggard := &place{city: c, name: "laggard", app: c.find("old-1").secret}
	c.dests = append(c.dests, laggard)
	res := c.mustDo(r)
	if res.Status != Waiting || res.Watch == nil || !res.Watch.Visible || res.Total != DefaultDrain || res.Wait > 30*time.Second {
		t.Fatalf("%+v", res)
	}
	// A quarter of an hour of looks, with a consumer that still has the old key, is no quiet.
	for range 45 {
		c.pass(res.Wait)
		if res = c.mustDo(r); !res.Watch.Moved || res.Left != DefaultDrain {
			t.Fatalf("a key in use counts as quiet: %+v %+v", res, res.Watch)
		}
	}
	if !res.Watch.OwnTraces {
		t.Error("nothing says that the key moves at every look")
	}
	laggard.app = ""
	quietSince := c.now
	for res.Status == Waiting {
		c.pass(res.Wait)
		res = c.mustDo(r)
	}
	if quiet := c.now.Sub(quietSince); quiet < DefaultDrain || res.Step != Delete {
		t.Errorf("drained after %s: %+v", quiet, res)
	}
	if c.find("old-1") == nil {
		t.Error("the drain deleted the key")
	}
}

func TestQuietTakesThreeLooks(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(func(p *Params) { p.Drain = ptr(2 * time.Second) })
	c.doUntil(r, Drain)
	res := c.mustDo(r)
	c.pass(time.Hour)
	if res = c.mustDo(r); res.Status != Waiting || res.Watch.Polls != 2 {
		t.Fatalf("two looks were enough: %+v", res)
	}
	c.pass(res.Wait)
	if res = c.mustDo(r); res.Step != Delete {
		t.Fatalf("three looks over the whole time were not enough: %+v", res)
	}
}

func TestDrainIsNotComparedWithTheServicesClock(t *testing.T) {
	c := shaped(t, genericShape())
	c.skew = -40 * time.Minute
	c.find("old-1").LastUsedAt = apikey.At(c.now.Add(3 * time.Hour)) // the service's clock is its own
	r := c.start(func(p *Params) { p.Drain = ptr(time.Minute) })
	c.drive(r)
	c.assertRotated("skewed")
}

func TestDrainWithoutLastUseStopsForTheOperator(t *testing.T) {
	for name, caps := range map[string]apikey.Capabilities{"not reported": prosopoShape(), "reported but frozen": genericShape()} {
		t.Run(name, func(t *testing.T) {
			c := shaped(t, caps)
			c.frozenUse = true
			r := c.start(nil)
			c.doUntil(r, Drain)
			before := c.now
			res := c.mustDo(r)
			if res.Status != Stopped || res.Need != NeedAttest || c.now != before {
				t.Fatalf("%+v after %s", res, c.now.Sub(before))
			}
			if caps.UsagePage != "" && !strings.Contains(res.Said, caps.UsagePage) {
				t.Errorf("it does not say where to look: %s", res.Said)
			}
			r.Close()
			again, err := Resume(c.world(), r.ID(), ResumeOptions{Drain: ptr(time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if res = c.mustDo(again); res.Status != Waiting || res.Left != time.Minute {
				t.Fatalf("a named drain: %+v", res)
			}
			c.drive(again)
			c.assertRotated("named")
			if v := again.View(); !v.DrainExplicit || v.Drain != time.Minute {
				t.Error("the named drain is not journaled")
			}
		})
	}
}

func TestNamedWaitsOfZeroAreKeptByResume(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(func(p *Params) { p.Drain, p.Soak = zero(), zero() })
	c.doUntil(r, Drain)
	r.Close()
	r, err := Resume(c.world(), r.ID(), ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := c.now
	for r.View().State == Open {
		if res := c.mustDo(r); res.Status == Waiting || res.Status == Stopped {
			t.Fatalf("%+v", res)
		}
	}
	if c.now != before {
		t.Errorf("it waited %s", c.now.Sub(before))
	}
	c.assertRotated("no waits")
}

func TestDisableIsARehearsalThatCanBeTakenBack(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Soak)
	if !c.find("old-1").IsDisabled() {
		t.Fatal("the old key is not disabled")
	}
	res := c.mustDo(r)
	if res.Status != Waiting || res.Left != DefaultSoak {
		t.Fatalf("%+v", res)
	}
	if _, err := r.Reenable(context.Background()); err != nil {
		t.Fatal(err)
	}
	if c.find("old-1").IsDisabled() || r.View().Step != Drain {
		t.Fatalf("disabled=%v at %s", c.find("old-1").IsDisabled(), r.View().Step)
	}
	if res = c.mustDo(r); res.Need != NeedAttest {
		t.Fatalf("an earlier word for a quiet key still counts: %+v", res)
	}
	if _, err := r.Reenable(context.Background()); err == nil {
		t.Error("a key that is on was turned on")
	}
	c.drive(r)
	c.assertRotated("second time")
}

func TestWaitsStartAnewInAnotherProcess(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(func(p *Params) { p.Drain = zero() })
	c.doUntil(r, Soak)
	c.mustDo(r)
	c.pass(9 * time.Minute)
	r.Close()
	r, err := Resume(c.world(), r.ID(), ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res := c.mustDo(r); res.Left != DefaultSoak {
		t.Errorf("a clock that stood still counted: %+v", res)
	}
}

func TestCompromisedGoesWithoutWaiting(t *testing.T) {
	for _, caps := range []apikey.Capabilities{prosopoShape(), vertesiaShape(), genericShape()} {
		c := shaped(t, caps)
		r := c.start(func(p *Params) { p.Mode = Compromised })
		var steps []string
		for _, l := range r.View().Plan {
			steps = append(steps, string(l.Step))
		}
		if got := strings.Join(steps, " "); got != "preflight create deliver verify delete" {
			t.Errorf("%s: the plan is %s", caps.Service, got)
		}
		for _, res := range c.drive(r) {
			if res.Status == Waiting || res.Need == NeedAttest {
				t.Errorf("%s: %+v", caps.Service, res)
			}
		}
		c.assertRotated(caps.Service)
	}
}

func TestOldFirstRetiresBeforeAnythingIsCreated(t *testing.T) {
	for _, caps := range []apikey.Capabilities{prosopoShape(), vertesiaShape()} {
		t.Run(caps.Service, func(t *testing.T) {
			c := shaped(t, caps)
			r := c.start(func(p *Params) { p.Mode, p.OldFirst = Compromised, true })
			c.doUntil(r, Create)
			if c.works(c.secret[0]) || c.count("create") != 0 {
				t.Fatalf("the old key still works, or something was created: %v", c.calls)
			}
			if _, err := r.Reenable(context.Background()); err == nil || c.works(c.secret[0]) {
				t.Fatalf("a compromised key was turned on again: %v", err)
			}
			_, err := r.Undo(context.Background())
			if caps.Disable.OK != (err == nil) {
				t.Fatalf("undo after retiring: %v", err)
			}
			if err != nil {
				c.drive(r)
				c.assertRotated("only forwards")
				return
			}
			c.assertUndone("back on")
		})
	}
}

func TestOldKeyThatVanishesIsNotMissed(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	c.doUntil(r, Drain)
	c.keys = c.keys[1:]
	c.drive(r)
	c.assertRotated("vanished")
	if c.count("delete") != 0 {
		t.Error("a key that is gone was deleted")
	}
}

func TestOldKeyIsNotDeletedWhenTheNewOneIsMissingOrOff(t *testing.T) {
	for name, change := range map[string]func(c *city, id string){
		"missing": func(c *city, id string) { _, _ = service{c}.Delete(context.Background(), id) },
		"off":     func(c *city, id string) { c.find(id).Enabled = ptr(false) },
	} {
		c := shaped(t, vertesiaShape())
		r := c.start(nil)
		c.doUntil(r, Delete)
		change(c, r.View().New.ID)
		if _, err := r.Do(context.Background()); err == nil || c.find("old-1") == nil {
			t.Errorf("%s: %v, %s", name, err, c.describe())
		}
		if !c.goBack(name, r) {
			t.Fatal("undo was refused")
		}
		c.assertUndone(name)
	}
}

func TestNewKeyThatVanishesAfterTheOldOneIsMadeAgain(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Delete)
	c.hook = func(point string) {
		if point == "journal after: old key gone" {
			c.keys = c.keys[1:] // somebody cleans up too much
			for i, k := range c.keys {
				if k.ID == r.View().New.ID {
					c.keys = append(c.keys[:i:i], c.keys[i+1:]...)
					break
				}
			}
			c.add(apikey.Key{ID: "other-1"})
			c.hook = nil
		}
	}
	if res := c.mustDo(r); res.Step != Create || !strings.Contains(res.Said, "another new key") {
		t.Fatalf("%+v", res)
	}
	c.drive(r)
	c.assertRotated("again")
}

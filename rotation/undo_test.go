package rotation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// everyStep are the steps at which an undo is possible.
var everyStep = []Step{Preflight, Create, Deliver, Verify, Drain, Disable, Soak, Delete}

func TestUndoAtEveryPointUntilTheDeletion(t *testing.T) {
	for _, step := range everyStep {
		t.Run(string(step), func(t *testing.T) {
			c := newCity(t, vertesiaShape())
			c.place("app", true)
			c.place("worker", true)
			r := c.start(nil)
			c.doUntil(r, step)
			words := r.View().Next.Undo
			if !c.goBack("undo", r) {
				t.Fatal("undo was refused")
			}
			c.assertUndone(string(step))
			if begun := slices.Index(everyStep, step) > slices.Index(everyStep, Deliver); begun {
				if c.dests[0].thens != 2 || !strings.Contains(words, "put the old value back in the place app") {
					t.Errorf("%d restarts; undo was announced as %q", c.dests[0].thens, words)
				}
			}
			if v := r.View(); v.State != Aborted || len(v.Certain) == 0 {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestNewKeyStaysUntilTheOldValueIsBack(t *testing.T) {
	for name, breakIt := range map[string]func(p *place, err error){
		"undo fails": func(p *place, err error) { p.failUndo = err },
		"then fails": func(p *place, err error) { p.failThen = err },
	} {
		t.Run(name, func(t *testing.T) {
			c := shaped(t, vertesiaShape())
			r := c.start(nil)
			c.doUntil(r, Drain)
			breakIt(c.dests[0], errors.New("disk full"))
			_, err := r.Undo(context.Background())
			if err == nil || !strings.Contains(err.Error(), "disk full") {
				t.Fatalf("%v", err)
			}
			if c.find(r.View().New.ID) == nil {
				t.Fatal("the new key was deleted while the application still has it")
			}
			breakIt(c.dests[0], nil)
			if !c.goBack("second try", r) {
				t.Fatal("undo was refused")
			}
			c.assertUndone("second try")
		})
	}
}

func TestDestinationWithoutUndoNeedsTheOperatorsWord(t *testing.T) {
	c := newCity(t, prosopoShape())
	c.place("hook", false)
	r := c.start(nil)
	c.doUntil(r, Drain)
	res, err := r.Undo(context.Background())
	if err != nil || res.Need != NeedAttest || !strings.Contains(res.Said, "the place hook") {
		t.Fatalf("%+v, %v", res, err)
	}
	if c.find(r.View().New.ID) == nil {
		t.Fatal("the key that the command was given is deleted")
	}
	if res = c.mustDo(r); res.Need != NeedAttest {
		t.Fatalf("do went forward in an undo: %+v", res)
	}
	c.goBack("attested", r)
	c.assertUndone("attested")
}

func TestUndoIsRefusedOnceTheOldKeyIsGone(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Delete)
	c.failNext("update", failure{lostAnswer("update"), false}) // the renaming
	c.failNext("delete", failure{lostAnswer("delete"), true})
	c.hook = func(point string) {
		if point == "journal after: old key gone" {
			c.hook = nil
			c.failNext("list", failure{refusal("list keys", client.Unavailable, 503), false})
		}
	}
	if _, err := r.Do(context.Background()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	_, err := r.Undo(context.Background())
	if !errors.Is(err, ErrOldGone) || !strings.Contains(err.Error(), "--resume "+r.ID()) {
		t.Fatalf("%v", err)
	}
	if v := r.View(); v.Next.Undo != "" || !v.OldGone {
		t.Errorf("undo is still offered: %+v", v.Next)
	}
	c.drive(r)
	c.assertRotated("resumed")
}

func TestUndoLooksWhetherAnUnfinishedDeletionTookEffect(t *testing.T) {
	for point, took := range map[string]bool{"before: " + opDelete: false, "after: " + opDelete: true} {
		c := shaped(t, prosopoShape())
		r := c.start(nil)
		c.doUntil(r, Delete)
		c.hook = func(p string) {
			if p == point {
				panic(killed{p})
			}
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = r.Do(context.Background())
		}()
		c.hook = nil
		forget(r)
		views, err := List(c.dir)
		if err != nil || !strings.Contains(strings.Join(views[0].Unknown, "\n"), "whether the old key was deleted") {
			t.Fatalf("%v: %q", err, views[0].Unknown)
		}
		again, err := Resume(c.world(), r.ID(), ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		before := c.now
		_, err = again.Undo(context.Background())
		if errors.Is(err, ErrOldGone) != took {
			t.Errorf("killed %s: %v", point, err)
		}
		if c.now == before {
			t.Error("a deletion on its way was not waited for")
		}
		if !took {
			c.assertUndone(point)
		}
		again.Close()
	}
}

func TestUndoTurnsAroundWhenTheOldKeyVanishes(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Drain)
	c.dests[0].failThen = errors.New("no restart")
	if _, err := r.Undo(context.Background()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	c.dests[0].failThen = nil
	c.keys = c.keys[1:]
	if _, err := r.Undo(context.Background()); !errors.Is(err, ErrOldGone) {
		t.Fatalf("%v", err)
	}
	c.drive(r)
	c.assertRotated("forwards again")
}

func TestFailedCommandAfterTheDeliveryStopsAndCanBeRepeated(t *testing.T) {
	c := shaped(t, prosopoShape())
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.dests[0].failThen = errors.New("exit status 1: unit not found")
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "unit not found") || !strings.Contains(err.Error(), "the command after it has not succeeded yet") {
		t.Fatalf("%v", err)
	}
	if r.View().Step != Deliver {
		t.Errorf("at %s", r.View().Step)
	}
	c.dests[0].failThen = nil
	r.Close()
	again, err := Resume(c.world(), r.ID(), ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	c.drive(again)
	c.assertRotated("repeated")
	if c.count("create") != 1 {
		t.Error("a failed command cost another key")
	}
}

// What was put back is put back, whatever the command after it does.
func TestFailedCommandOfAnUndoDoesNotHideWhatIsPutBack(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	c.place("worker", true)
	r := c.start(nil)
	c.doUntil(r, Drain)
	before := c.find("old-1").secret
	c.dests[1].failThen = errors.New("exit status 1: unit not found")
	_, err := r.Undo(context.Background())
	var step *StepError
	if !errors.As(err, &step) || !strings.Contains(err.Error(), "unit not found") {
		t.Fatalf("%v", err)
	}
	for _, d := range c.dests {
		if d.content != before {
			t.Errorf("%s was not put back: one failed command holds up every value", d.name)
		}
	}
	certain := strings.Join(step.Certain, "\n")
	if strings.Contains(certain, "was given the new secret") || strings.Count(certain, "holds the old value again") != 2 || !strings.Contains(certain, "the command after it has not succeeded yet") {
		t.Errorf("certain, but not so:\n%s", certain)
	}
	if undo := r.View().Next.Undo; !strings.Contains(undo, "run the command after") || strings.Contains(undo, "put the old value back") {
		t.Errorf("the undo that is left: %q", undo)
	}
	r.Close()
	c.dests[1].failThen, c.dests[0].thens, c.dests[1].thens = nil, 0, 0
	again, err := Resume(c.world(), r.ID(), ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.goBack("mended", again)
	c.assertUndone("mended")
	if c.dests[1].thens != 1 {
		t.Errorf("the failed command ran %d times more", c.dests[1].thens)
	}
}

func TestFailedPutKeepsTheSecretInHand(t *testing.T) {
	c := shaped(t, prosopoShape())
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.dests[0].failPut = errors.New("no space left on device")
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no space left") || !r.SecretInHand() {
		t.Fatalf("%v, in hand %v", err, r.SecretInHand())
	}
	c.dests[0].failPut = nil
	c.drive(r)
	c.assertRotated("mended")
	if c.count("create") != 1 {
		t.Error("a failed put cost another key")
	}
}

func TestValueThatDoesNotStayIsNoticed(t *testing.T) {
	c := shaped(t, prosopoShape())
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.dests[0].wrong = true
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "something else write it") {
		t.Fatalf("%v", err)
	}
	c.dests[0].wrong = false
	c.doUntil(r, Verify)
	c.dests[0].content = "put back by a deploy"
	if res := c.mustDo(r); res.Step != Deliver {
		t.Fatalf("%+v", res)
	}
	c.drive(r)
	c.assertRotated("delivered again")
}

func TestRefusedNewKeyEndsBeforeTheOldOneIsTouched(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Verify)
	c.find(r.View().New.ID).Enabled = ptr(false)
	_, err := r.Do(context.Background())
	var step *StepError
	if !errors.As(err, &step) || step.Step != Verify || !strings.Contains(err.Error(), "refuses the new key") {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "was not touched") || !strings.Contains(step.Undo, "put the old value back") {
		t.Errorf("%v", err)
	}
	c.goBack("refused", r)
	c.assertUndone("refused")
}

// switcher is a token file, or an environment variable that only the operator can change.
type switcher struct {
	*city
	file     bool
	old      string
	undone   int
	finished int
}

func (s *switcher) Describe() string { return "the file token" }
func (s *switcher) CanSwitch() bool  { return s.file }

func (s *switcher) Preflight(context.Context, delivery.Job) error { return nil }

func (s *switcher) Switch(_ context.Context, _ delivery.Job, secret apikey.Secret) (client.Service, error) {
	if s.old == "" {
		s.old = s.own
	}
	s.own = secret.Reveal()
	return s.service(), nil
}

func (s *switcher) Undo(context.Context, delivery.Job) (client.Service, error) {
	s.undone++
	if s.old != "" {
		s.own = s.old
	}
	return s.service(), nil
}

func (s *switcher) Finish(context.Context, delivery.Job) error { s.finished++; return nil }

func ownCity(t *testing.T, file bool) (*city, *switcher) {
	c := shaped(t, vertesiaShape())
	c.own = c.find("old-1").secret
	return c, &switcher{city: c, file: file}
}

func TestOwnCredentialIsSwitchedBeforeTheOldOneIsRetired(t *testing.T) {
	c, s := ownCity(t, true)
	r := c.start(func(p *Params) { p.Switcher = s })
	c.doUntil(r, Drain)
	if c.own != c.find(r.View().New.ID).secret {
		t.Fatal("detent still uses the old key at the drain")
	}
	c.drive(r)
	c.assertRotated("own")
	if s.finished != 1 {
		t.Error("the kept old credential was not removed")
	}
}

func TestOwnCredentialIsSwitchedBackByUndo(t *testing.T) {
	c, s := ownCity(t, true)
	r := c.start(func(p *Params) { p.Switcher = s })
	c.doUntil(r, Delete)
	c.goBack("own", r)
	c.assertUndone("own")
	if c.own != c.find("old-1").secret || s.undone != 1 {
		t.Error("detent is left without its credential")
	}
}

func TestOwnCredentialOfTheEnvironmentStopsUntilAStartUsesTheNewOne(t *testing.T) {
	for _, mode := range []Mode{Planned, Compromised} {
		c, s := ownCity(t, false)
		r := c.start(func(p *Params) { p.Switcher, p.Mode, p.Drain = s, mode, zero() })
		var res Result
		for res.Status == Moved {
			res = c.mustDo(r)
		}
		if res.Need != NeedSwitch || !strings.Contains(res.Said, "the file token") || !c.works(c.own) {
			t.Fatalf("%s: %+v", mode, res)
		}
		r.Close()
		c.own = c.find(r.View().New.ID).secret // the operator, and a new start
		w := c.world()
		w.Switcher = s
		again, err := Resume(w, r.ID(), ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.drive(again)
		again.Close()
		c.assertRotated(string(mode))
	}
}

// An undo deletes the new key: not while it is what detent itself authenticates with.
func TestUndoStopsWhileDetentUsesTheNewKey(t *testing.T) {
	c, s := ownCity(t, false)
	r := c.start(func(p *Params) { p.Switcher, p.Drain = s, zero() })
	var res Result
	for res.Status == Moved {
		res = c.mustDo(r)
	}
	r.Close()
	resume := func() *Rotation {
		w := c.world()
		w.Switcher = s
		again, err := Resume(w, r.ID(), ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	oldSecret := c.own
	c.own = c.find(r.View().New.ID).secret // the operator, and a new start
	again := resume()
	res, err := again.Undo(context.Background())
	if err != nil || res.Status != Stopped || res.Need != NeedSwitch || !strings.Contains(res.Said, "the file token") {
		t.Fatalf("%+v, %v", res, err)
	}
	if c.find(r.View().New.ID) == nil {
		t.Fatal("detent deleted the key that it uses")
	}
	again.Close()
	c.own = oldSecret
	again = resume()
	c.goBack("with the old credential", again)
	c.assertUndone("with the old credential")
}

func TestDrainDoesNotWatchAKeyThatDetentItselfUses(t *testing.T) {
	c := shaped(t, genericShape())
	c.own = c.find("old-1").secret
	s := &switcher{city: c}
	r := c.start(func(p *Params) { p.Switcher = s })
	c.doUntil(r, Drain)
	if res := c.mustDo(r); res.Need != NeedSwitch {
		t.Fatalf("%+v", res)
	}
	c.own = c.find(r.View().New.ID).secret
	c.drive(r)
	c.assertRotated("own, watched")
}

func TestOwnCredentialIsNotRetiredFirst(t *testing.T) {
	c, s := ownCity(t, true)
	r := c.start(func(p *Params) { p.Switcher, p.Mode, p.OldFirst = s, Compromised, true })
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "without --old-first") {
		t.Fatalf("%v", err)
	}
}

func TestOwnCredentialNeedsNoOtherDestinationWhereDetentCanWriteIt(t *testing.T) {
	c, s := ownCity(t, true)
	c.dests = nil
	r := c.start(func(p *Params) { p.Switcher = s })
	c.drive(r)
	c.assertRotated("alone")
	if !c.works(c.own) {
		t.Error("detent is left without a credential")
	}
}

// An undo that fails at its first look has changed nothing: it is the undo that failed, not the step that is next.
func TestUndoThatFailsBeforeItBeginsIsNamedAndDoneAgain(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.failNext("list", failure{err: &client.Error{Op: "list keys", Kind: client.Timeout, Message: "no", Outcome: client.NotDone}})
	_, err := r.Undo(context.Background())
	var step *StepError
	if !errors.As(err, &step) || step.Step != "undo" || !strings.Contains(step.Next, "undo again") || step.Undo != "" {
		t.Fatalf("%v", err)
	}
	if r.View().Undoing {
		t.Fatal("it began")
	}
	c.goBack("again", r)
	c.assertUndone("again")
}

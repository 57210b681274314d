package rotate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// longWay is a rotation whose every step says much.
func longWay() *script {
	long := strings.Repeat("what the operator should know before anything else is done here ", 3)
	r := newScript(func(r *script) (rotation.Result, error) {
		res := r.move(rotation.Create, "everything is as it must be")
		res.Notes = []string{long, long, long}
		return res, nil
	}, inHand, delivered, moves(rotation.Drain, "the new key works"), func(r *script) (rotation.Result, error) {
		return stops(rotation.Question{Kind: rotation.AskAttest, Text: long, Each: true, Lines: r.view.Statements(), Choices: yesOrNo("all of it is so", rotation.WantsNothing), Default: rotation.No})(r)
	}, attest, func(r *script) (rotation.Result, error) { return rotation.Result{}, errors.New(long) }, moves(rotation.Delete, "off"), over)
	for i := range 30 {
		r.view.Certain = append(r.view.Certain, fmt.Sprint("certainty ", i))
	}
	return r
}

func TestTheFourStepsAndWhatEnterDoesStayOnTheScreen(t *testing.T) {
	for _, size := range []struct{ w, h int }{{116, 38}, {76, 22}, {56, 18}} {
		r := longWay()
		d := begin(t, &fakeHost{rotation: r})
		d.screen.SetSize(size.w, size.h)
		look := func() {
			t.Helper()
			view := ansi.Strip(d.screen.View())
			for _, phase := range rotation.Phases {
				if !strings.Contains(view, phase.String()) {
					t.Fatalf("%dx%d, at %s: %q is not on the screen:\n%s", size.w, size.h, r.view.Step, phase, view)
				}
			}
		}
		for _, key := range []string{"enter", "enter", "enter", "*", "enter", "enter", "enter", "enter"} {
			look()
			asks := d.screen.View()
			if hint := d.screen.Bindings()[0].Help(); !strings.Contains(asks, hint.Key+"  ") && !strings.Contains(asks, "✗") {
				t.Fatalf("%dx%d, at %s: what %s does is not on the screen:\n%s", size.w, size.h, r.view.Step, hint.Key, ansi.Strip(asks))
			}
			d.press("j", "j", "j", "j")
			look()
			d.press("k", "k", "k", "k")
			d.press(key)
		}
		if r.view.State != rotation.Over {
			t.Fatalf("the walk ended at %s", r.view.Step)
		}
		look()
	}
}

// A checklist that moves while a step is on the screen cannot be read.
func TestTheChecklistDoesNotMoveWithinAStep(t *testing.T) {
	r := longWay()
	d := begin(t, &fakeHost{rotation: r})
	for _, h := range []int{18, 22, 38} {
		d.screen.SetSize(76, h)
		first := strings.Split(d.screen.View(), "\n")[0]
		d.press("u")
		if now := strings.Split(d.screen.View(), "\n")[0]; now != first {
			t.Errorf("at %d lines the top went from %q to %q", h, first, now)
		}
		d.press("esc")
	}
}

func TestTheWayOutIsNamedOnANarrowScreen(t *testing.T) {
	d := begin(t, &fakeHost{rotation: longWay()})
	for range 3 {
		if hints := ansi.Strip(ui.Hints(newEnv(d.clock, termenv.Ascii).Styles, d.screen.Bindings(), 56)); !strings.Contains(hints, "esc leave") {
			t.Errorf("the footer is %q", hints)
		}
		d.press("enter")
	}
}

func TestAnUndoneRotationShowsItsNewKeyAsGone(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), func(r *script) (rotation.Result, error) {
		r.view.New = &apikey.Key{ID: "k2", Name: "payments-api ~r7mgmdycp7r"}
		r.view.Diff = []rotation.Difference{{Field: apikey.FieldExpiry, Old: "lives 30d", New: "lives 30d"}}
		return inHand(r)
	})
	r.undo = func(r *script) (rotation.Result, error) {
		r.view.State, r.view.SecretInHand = rotation.Aborted, false
		return rotation.Result{Status: rotation.Finished, Message: "undone"}, nil
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter")
	d.sees("k2  on")
	d.sees("lifetime")
	d.press("u", "y")
	d.sees("k2  deleted")
	if view := d.screen.View(); strings.Contains(view, "OLD AND NEW") {
		t.Errorf("a key that is gone is compared:\n%s", view)
	}
}

func paste(d *driver, text string) {
	d.run(d.screen.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}))
}

func TestARefusedPasteIsAskedForAgainWithTheReason(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), stops(pasteQuestion), stops(pasteQuestion))
	r.answer = func(*script, rotation.Answer) (rotation.Result, error) {
		return rotation.Result{}, &rotation.RefusedError{Reason: "this is a secret of the test environment"}
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter")
	paste(d, "sk_test_0123456789abcdef")
	d.press("enter")
	d.sees("this is a secret of the test environment")
	d.sees("paste its secret")
	r.answer = nil
	paste(d, "sk_live_0123456789abcdef")
	d.press("enter")
	if !r.answers[len(r.answers)-1].Secret.Equal(apikey.NewSecret("sk_live_0123456789abcdef")) {
		t.Error("the second paste did not arrive")
	}
}

func TestWhatIsWrongWithAPasteStaysSaid(t *testing.T) {
	d := begin(t, &fakeHost{rotation: newScript(moves(rotation.Create, "ok"), stops(pasteQuestion))})
	d.press("enter")
	paste(d, `"sk_live_0123456789abcdef"`)
	d.press("enter")
	d.sees("has quotes")
}

func TestALineThatIsPastedLosesItsLineBreak(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), stops(pasteQuestion))
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter")
	paste(d, "sk_live_0123456789abcdef\r\n")
	d.press("enter")
	if !r.answers[len(r.answers)-1].Secret.Equal(apikey.NewSecret("sk_live_0123456789abcdef")) {
		t.Errorf("the paste did not arrive:\n%s", d.screen.View())
	}
}

func TestSetupAsksForNoWaitThatTheServiceCannotKeep(t *testing.T) {
	r := newScript()
	h := &fakeHost{rotation: r, named: []Named{{Name: "payments", Suggested: true}}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(76, 22)
	d.run(ui.Begin(d.screen))
	d.sees("no off switch")
	d.sees("you confirm that it is quiet")
	d.press("enter")
	if h.plan.Drain != nil || h.plan.Soak != nil {
		t.Errorf("nobody named a wait: %+v", h.plan)
	}

	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(76, 22)
	d.run(ui.Begin(d.screen))
	for range 5 { // from Begin over the modes
		d.press("tab")
	}
	d.press("tab")
	d.press("1", "5", "m", "enter")
	if h.plan.Drain == nil || h.plan.Drain.Minutes() != 15 {
		t.Errorf("a wait that was typed is the operator's word, where there is nothing to watch: %+v", h.plan)
	}
}

func TestAWaitThatIsResumedBeginsByItself(t *testing.T) {
	r := newScript(func(*script) (rotation.Result, error) {
		return rotation.Result{Status: rotation.Waiting, Message: "the old key is off", Wait: 10 * time.Minute, Left: 10 * time.Minute, Total: 10 * time.Minute}, nil
	})
	r.at(rotation.Soak)
	r.view.OldOff = true
	d := begin(t, &fakeHost{rotation: r})
	d.sees("10:00 left")
	d.sees("x      turn the old key on again")
	d.sees("esc    to the list: the wait goes on")

	undoing := newScript()
	undoing.at(rotation.Soak)
	undoing.view.Undoing = true
	d = begin(t, &fakeHost{rotation: undoing})
	d.sees("enter")
}

func TestTheListSaysWhoHoldsARotation(t *testing.T) {
	r := newScript()
	r.view.Holder = &rotation.Holder{PID: 4711, User: "ada", Host: "vm", Since: noon}
	h := &fakeHost{rotation: r, views: []rotation.View{r.view}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewList(newEnv(d.clock, termenv.Ascii), h)
	d.screen.SetSize(56, 18)
	d.run(ui.Begin(d.screen))
	d.sees("held")
	d.sees("process 4711 of ada on vm")
	d.sees("profile prod")
	for _, line := range strings.Split(ansi.Strip(d.screen.View()), "\n") {
		if strings.Contains(line, "KEY") && !strings.Contains(line, "AGE") {
			t.Errorf("the age has no room: %q", line)
		}
	}
}

func TestTheWholeSetupFitsOnASmallScreen(t *testing.T) {
	h := &fakeHost{named: []Named{{Name: "payments", Describe: "API_KEY in /srv/payments/.env"}}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "0123456789abcdef01234567", Name: "payments-api-of-the-shop"},
		apikey.Capabilities{Create: apikey.Can(), Disable: apikey.Can()})
	d.screen.SetSize(56, 18)
	d.run(ui.Begin(d.screen))
	d.sees("payments-api-of-the-shop  0123456789abcdef01234567")
	d.sees("[ Begin: planned ]")
	if view := d.screen.View(); strings.Contains(view, "…") {
		t.Errorf("something is cut off:\n%s", view)
	}
}

// Of a failure the first line matters most; what is certain comes right after what to do.
func TestAFailureFitsOnASmallScreen(t *testing.T) {
	fail := func(*script) (rotation.Result, error) {
		return rotation.Result{Output: "restarting\nunit payments.service not found"}, &rotation.StepError{Step: rotation.Deliver,
			Err:     errors.New("API_KEY in /srv/payments/.env: the command after the delivery: then: systemctl failed with exit code 5; its last output:\nunit payments.service not found"),
			Certain: []string{"the new key exists"}, Next: "mend what it names, then go on", Undo: "put the old value back and delete the new key"}
	}
	d := begin(t, &fakeHost{rotation: newScript(moves(rotation.Create, "ok"), inHand, fail)})
	d.screen.SetSize(76, 22)
	d.press("enter", "enter")
	for _, text := range []string{"deliver failed: API_KEY in /srv/payments/.env", "│ unit payments.service not found", "to do  mend", "enter  try again: deliver the new secret",
		"u      undo: put the old value back", "✓ the new key exists"} {
		d.sees(text)
	}
	if view := ansi.Strip(d.screen.View()); strings.Count(view, "not found") != 1 || strings.Count(view, "the new key exists") != 1 {
		t.Errorf("said twice:\n%s", view)
	}
}

// The question of ctrl+c was answered with "deliver": leaving later leaves the screen, not the program.
func TestAnAnsweredQuitIsForgotten(t *testing.T) {
	for _, answer := range []string{"enter", "esc"} {
		d := begin(t, &fakeHost{rotation: newScript(moves(rotation.Create, "ok"), inHand, delivered)})
		d.press("enter", "ctrl+c", answer)
		if answer == "esc" {
			d.press("enter")
		}
		d.press("esc")
		if !d.left() {
			t.Fatalf("%s: esc did not leave", answer)
		}
		for _, m := range d.sent {
			if _, quit := m.(ui.Quit); quit {
				t.Errorf("%s: esc ended the program", answer)
			}
		}
	}
}

func TestLeavingDuringTheCreateAsksWhenTheSecretIsThere(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), inHand, delivered)
	d := begin(t, &fakeHost{rotation: r})
	s := d.screen.(*Screen)
	cmd := s.Update(tea.KeyMsg{Type: tea.KeyEnter}) // under way
	d.press("ctrl+c")
	d.sees("leaving when this step has ended")
	d.run(cmd)
	if d.left() {
		t.Fatal("the secret was lost")
	}
	d.sees("Leaving now loses it")
}

// A destination's name comes from a file: it takes the cells that every terminal agrees on, as its description does.
func TestTheSetupShowsDestinationsWithinTheirCells(t *testing.T) {
	h := &fakeHost{named: []Named{{Name: "👨\u200d👩\u200d👧 family", Describe: "API_KEY in /srv/❤\ufe0f/.env"}}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(80, 22)
	d.run(ui.Begin(d.screen))
	d.sees("👨 family  API_KEY in /srv/❤/.env")
}

func TestWhatThePreflightFoundIsOnTheScreenOnce(t *testing.T) {
	const found = "the service cannot disable a key"
	r := newScript(func(r *script) (rotation.Result, error) {
		r.view.Notes = []string{found}
		res := r.move(rotation.Create, "everything is as it must be")
		res.Notes = r.view.Notes
		return res, nil
	}, inHand, delivered)
	d := begin(t, &fakeHost{rotation: r})
	d.sees("! " + found) // beside the decision that it is for
	for range 3 {
		if view := ansi.Strip(d.screen.View()); strings.Count(view, found) != 1 {
			t.Errorf("at %s it is on the screen %d times:\n%s", r.view.Step, strings.Count(view, found), view)
		}
		d.press("enter")
	}
	d.sees("FOUND IN PREFLIGHT") // later it is kept for reference
}

// TestALineOfTheListIsItsRotation: what is told about the one under the cursor stands between the rows, and is that one's.
func TestALineOfTheListIsItsRotation(t *testing.T) {
	h := &fakeHost{}
	for _, name := range []string{"first", "second", "third"} {
		r := newScript()
		r.view.ID, r.view.Old.Name = name, name+"-key"
		h.views = append(h.views, r.view)
	}
	d := &driver{t: t, clock: &clockwork{noon}}
	l := NewList(newEnv(d.clock, termenv.Ascii), h)
	d.screen = l
	l.SetSize(100, 30)
	d.run(l.Init())
	for cursor := range h.views {
		l.Select(cursor)
		rows := 0
		for y, line := range strings.Split(ansi.Strip(l.View()), "\n") {
			row, ok := l.RowAt(y)
			for i, v := range h.views {
				if strings.Contains(line, v.Old.Name) && (!ok || row != i) {
					t.Errorf("with the cursor on %d, line %d is row %d, %v: %q", cursor, y, row, ok, line)
				}
			}
			if ok {
				rows++
			}
		}
		if rows < len(h.views) {
			t.Errorf("with the cursor on %d, %d lines are rows", cursor, rows)
		}
	}
}

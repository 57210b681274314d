package rotate

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// everyQuestion is one of each shape that a question can have.
var everyQuestion = []rotation.Question{
	{Kind: rotation.AskReplace, Subject: "payments", Text: "is it the right place?", Choices: yesOrNo("replace it", rotation.WantsNothing), Default: rotation.No, Flag: "--replace"},
	{Kind: rotation.AskAgain, Subject: "payments", Text: "it holds the old value again", Choices: yesOrNo("deliver it again", rotation.WantsNothing), Default: rotation.Yes},
	{Kind: rotation.AskAccept, Text: "these differ", Lines: []string{"the lifetime", "the role"}, Choices: yesOrNo("accept the differences", rotation.WantsReason), Default: rotation.No},
	{Kind: rotation.AskAttest, Text: "is it so?", Lines: []string{"the one", "the other"}, Each: true, Choices: yesOrNo("all of it is so", rotation.WantsNothing), Default: rotation.No},
	{Kind: rotation.AskUndone, Subject: "payments", Text: "it cannot be put back", Lines: []string{"The old value is back"}, Default: rotation.No, Choices: []rotation.Choice{
		{ID: rotation.Yes, Label: "it is back", Wants: rotation.WantsReason}, {ID: rotation.LookAgain, Label: "look again"},
		{ID: rotation.TurnRound, Label: "go on with the rotation instead"}, {ID: rotation.No, Label: "leave it for later"}}},
	{Kind: rotation.AskBothGone, Text: "neither key is left", Default: rotation.No, Choices: []rotation.Choice{
		{ID: rotation.Yes, Label: "create another key", Wants: rotation.WantsReason}, {ID: rotation.CloseIt, Label: "close the rotation as it stands", Wants: rotation.WantsReason},
		{ID: rotation.No, Label: "leave it for later"}}},
	{Kind: "a kind of tomorrow", Text: "which way?", Default: "apple", Choices: []rotation.Choice{{ID: "apple", Label: "take the apple"}, {ID: "avocado", Label: "take the avocado"},
		{ID: "yuzu", Label: "take the yuzu", Wants: rotation.WantsSecret}, {ID: rotation.No, Label: "none"}}},
}

// A question is data: its text, lines, choices and flag are on the screen, and each choice is made by the key beside it,
// whatever its kind.
func TestAnyQuestionIsShownAndAnsweredByItsData(t *testing.T) {
	for _, q := range everyQuestion {
		for i, c := range q.Choices {
			r := newScript(stops(q), moves(rotation.Create, "went on"))
			d := begin(t, &fakeHost{rotation: r})
			for _, text := range append([]string{q.Text, c.Label, q.Flag}, q.Lines...) {
				d.sees(text)
			}
			key := letters(q)[i]
			if c.ID == q.Default && c.ID != rotation.No || key == "" {
				key = "enter"
			}
			line := ""
			for _, l := range strings.Split(ansi.Strip(d.screen.View()), "\n") {
				if strings.Contains(l, c.Label) {
					line = strings.Trim(l, "▌ ")
				}
			}
			if !strings.HasPrefix(line, key) {
				t.Errorf("%s: beside %q stands %q, not %s", q.Kind, c.Label, line, key)
			}
			if q.Each && c.ID == rotation.Yes {
				d.press("enter", "y")
				if len(r.answers) > 0 {
					t.Errorf("%s: confirmed before it was ticked", q.Kind)
				}
				d.press("space", "space")
			}
			d.press(key)
			switch c.Wants {
			case rotation.WantsReason:
				d.press("w", "h", "y", "enter")
			case rotation.WantsSecret:
				paste(d, "sk_test_0123456789abcdef")
				d.press("enter")
			}
			if c.ID == rotation.No {
				if len(r.answers) > 0 || !d.left() {
					t.Errorf("%s: %q answered %+v", q.Kind, c.Label, r.answers)
				}
				continue
			}
			if len(r.answers) != 1 || r.answers[0].Kind != q.Kind || r.answers[0].Subject != q.Subject || r.answers[0].Choice != c.ID {
				t.Fatalf("%s: %q by %s answered %+v:\n%s", q.Kind, c.Label, key, r.answers, d.screen.View())
			}
			if (r.answers[0].Reason == "why") != (c.Wants == rotation.WantsReason) || r.answers[0].Secret.IsZero() == (c.Wants == rotation.WantsSecret) {
				t.Errorf("%s: with %q came %+v", q.Kind, c.Label, r.answers[0])
			}
		}
	}
}

// The keys of a question's choices are never one key for two, nor one that means something else meanwhile.
func TestTheKeysOfAQuestionAreDistinct(t *testing.T) {
	k := ui.NewKeys()
	for _, q := range append(everyQuestion, leaveQuestion(), undoQuestion(openView(rotation.Verify)), closeQuestion(openView(rotation.Verify)), waitQuestion(openView(rotation.Soak))) {
		seen := map[string]bool{}
		for _, letter := range letters(q) {
			if letter == "" {
				continue
			}
			if seen[letter] {
				t.Errorf("%s: %s twice", q.Kind, letter)
			}
			seen[letter] = true
			for _, used := range [][]string{k.Up.Keys(), k.Down.Keys(), k.Undo.Keys(), k.Evidence.Keys(), k.Tick.Keys(), k.Confirm.Keys()} {
				for _, u := range used {
					if u == letter {
						t.Errorf("%s: %s means something else", q.Kind, letter)
					}
				}
			}
		}
	}
}

// The undo says what it does, thing by thing. Only y begins it, and nothing is attested by it.
func TestAnUndoIsConfirmedByYAlone(t *testing.T) {
	for _, key := range []string{"enter", "esc", "n", "q", "space", "*", "a", "u", "y"} {
		r := newScript(moves(rotation.Create, "ok"), inHand, delivered)
		undone := false
		r.undo = func(r *script) (rotation.Result, error) {
			undone = true
			r.view.State = rotation.Aborted
			return rotation.Result{Status: rotation.Finished}, nil
		}
		d := begin(t, &fakeHost{rotation: r})
		d.press("enter", "enter", "u")
		d.sees("· put the old value back")
		d.sees("· delete the new key")
		d.press(key)
		if undone != (key == "y") || len(r.attested)+len(r.answers) > 0 {
			t.Errorf("%s: undone %v, attested %q", key, undone, r.attested)
		}
	}
}

func TestAnUndoThatIsRefusedLeadsBackToTheRotation(t *testing.T) {
	r := newScript(moves(rotation.Verify, "ok"), moves(rotation.Disable, "proved"))
	r.undo = func(*script) (rotation.Result, error) {
		return rotation.Result{}, &rotation.RefusedError{Reason: "somebody has disabled the old key", Next: "enable it first"}
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("u", "y")
	for _, text := range []string{"no undo: somebody has disabled the old key", "to do  enable it first", "try again: undo", "back to the rotation"} {
		d.sees(text)
	}
	d.press("esc", "enter")
	if r.view.Step != rotation.Disable {
		t.Errorf("it did not go on: %s", r.view.Step)
	}
}

func TestAnUndoHalfWayCanBeTurnedRound(t *testing.T) {
	r := newScript(moves(rotation.Verify, "ok"))
	r.undo = func(r *script) (rotation.Result, error) {
		r.view.Undoing = true
		return rotation.Result{}, &rotation.StepError{Step: "undo", Err: context.DeadlineExceeded}
	}
	r.turned = func(r *script) rotation.Result {
		r.view.Undoing = false
		return r.move(rotation.Deliver, "the undo is given up")
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("u", "y")
	d.sees("t      give the undo up and go on")
	d.press("t")
	d.sees("the undo is given up")
	d.sees("enter  deliver the new secret")
}

// A rotation is closed by a reason alone, and what it leaves is said before and after.
func TestARotationIsClosedAsItStands(t *testing.T) {
	r := newScript(moves(rotation.Verify, "ok"))
	r.view.New = &apikey.Key{ID: "k2", Name: "payments-api ~r7mgmdycp7r"}
	r.view.Destinations[0].Begun, r.view.Destinations[0].Backup = true, "/srv/payments/.env.detent-7mgmdycp7r"
	d := begin(t, &fakeHost{rotation: r})
	d.press("c")
	for _, text := range []string{"the old key stays as it is: payments-api (k1)", "the new key stays as it is: payments-api ~r7mgmdycp7r (k2)", "/srv/payments/.env.detent-7mgmdycp7r"} {
		d.sees(text)
	}
	d.press("enter")
	d.sees("enter  prove the new key")
	d.press("c", "y", "enter")
	d.sees("say why")
	d.press(strings.Split("gone", "")...)
	d.press("enter")
	if r.ended != "gone" {
		t.Fatalf("ended for %q", r.ended)
	}
	d.sees("Closed as it stands.")
	d.sees("the old key is left as it is")
	d.sees("● Create new key") // what was done stays on the screen
}

// What asks while a new secret is in hand is not left without a word.
func TestAQuestionIsNotLeftWithASecretInHand(t *testing.T) {
	for _, leave := range []string{"esc", "ctrl+c"} {
		r := newScript(moves(rotation.Create, "ok"), inHand, stops(everyQuestion[0]))
		d := begin(t, &fakeHost{rotation: r})
		d.press("enter", "enter", leave)
		d.sees("Leaving now loses it")
		if d.left() {
			t.Errorf("%s lost the secret", leave)
		}
		d.press("esc")
		d.sees(everyQuestion[0].Text)
	}
}

// Before the first step the whole plan is there, a line for each stage; p unfolds it.
func TestThePlanStandsUnderTheFirstStep(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), func(r *script) (rotation.Result, error) {
		r.view.New = &apikey.Key{ID: "k2", Name: "payments-api ~r7mgmdycp7r"}
		return inHand(r)
	})
	back := "delete the new key"
	r.plan = rotation.FullPlan{Stages: []rotation.StagePlan{
		{ID: rotation.Create, Title: "Create", Does: []rotation.Act{{Call: "POST /v1/keys", Times: "1"}, {Call: "GET /v1/keys", Times: "until it shows the new key"}}, Proves: []string{"the new key exists"}, Undo: &back},
		{ID: rotation.Deliver, Title: "Deliver", Does: []rotation.Act{{Write: "/srv/payments/.env", Times: "1"}, {Run: "systemctl restart payments", Times: "1"}}, Undo: &back},
		{ID: rotation.Drain, Title: "Drain", Does: []rotation.Act{{Wait: "15m", Times: "1"}}, Undo: &back},
		{ID: rotation.Delete, Title: "Delete", Does: []rotation.Act{{Call: "DELETE /v1/keys/k1", Times: "1"}}, Asks: []string{"where old and new differ"}}},
		Unknown: []string{"whether the key expires"}}
	d := begin(t, &fakeHost{rotation: r})
	for _, text := range []string{"POST /v1/keys · GET /v1/keys", "1 write · 1 command", "wait 15m", "no undo after this · DELETE /v1/keys/k1"} {
		d.sees(text)
	}
	d.press("p")
	for _, text := range []string{"until it shows the new key", "proves the new key exists", "write  /srv/payments/.env", "run    systemctl restart payments", "asks   where old and new differ", "whether the key expires", "enter  create the new key"} {
		d.sees(text)
	}
	if r.plans != 1 {
		t.Errorf("the plan was made %d times", r.plans)
	}
	d.press("p", "enter")
	if view := ansi.Strip(d.screen.View()); strings.Contains(view, "THE PLAN") {
		t.Errorf("the plan stays in the way after the first step:\n%s", view)
	}
}

// The evidence shows every observation, the newest first, and takes nothing for a confirmation.
func TestTheEvidenceShowsEveryObservation(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), inHand)
	for i, kind := range rotation.ClaimKinds {
		var c rotation.Claim
		at := noon.Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
		if err := json.Unmarshal([]byte(`{"kind":"`+string(kind)+`","subject":"payments","evidence":{"by":"probe","at":"`+at+`","detail":"detail of `+string(kind)+`"}}`), &c); err != nil {
			t.Fatal(err)
		}
		r.view.Claims = append(r.view.Claims, c)
	}
	r.view.History = []rotation.Event{{At: noon, Text: "create begins"}}
	d := begin(t, &fakeHost{rotation: r})
	d.press("i")
	if _, shown := d.screen.(*Evidence); !shown {
		t.Fatal("i shows no evidence")
	}
	d.screen.SetSize(100, 100)
	view := ansi.Strip(d.screen.View())
	last := -1
	for i := len(rotation.ClaimKinds) - 1; i >= 0; i-- {
		at := strings.Index(view, "detail of "+string(rotation.ClaimKinds[i]))
		if at < last {
			t.Fatalf("%s is missing, or not in its place:\n%s", rotation.ClaimKinds[i], view)
		}
		last = at
	}
	for _, text := range []string{"API_KEY in /srv/payments/.env", "by probe", "12:00:00", "create begins"} {
		d.sees(text)
	}
	d.screen.SetSize(76, 20)
	d.press("G")
	d.sees("create begins")
	d.press("g", "enter")
	if r.view.Step != rotation.Create || !d.left() {
		t.Error("enter in the evidence did a step")
	}
}

func TestARotationIsPlacedByTheStricterEnvironment(t *testing.T) {
	for _, c := range []struct{ profile, key, want apikey.Environment }{
		{apikey.Test, apikey.Live, apikey.Live}, {apikey.Live, apikey.Test, apikey.Live}, {"", apikey.Test, ""}, {apikey.Dev, "", apikey.Dev}, {"", "", ""},
	} {
		r := newScript(moves(rotation.Create, "ok"))
		r.view.Old.Environment, r.view.Mode = c.key, rotation.Compromised
		d := begin(t, &fakeHost{rotation: r, env: c.profile})
		if got := d.screen.(ui.Placed).Place(); got != (ui.Place{Profile: "prod", Service: "prosopo", Setting: apikey.Setting{Environment: c.want, Remote: true}, Alarm: "COMPROMISED"}) {
			t.Errorf("profile %q, key %q: %+v", c.profile, c.key, got)
		}
	}
}

// The row under the cursor is the choice: what enter begins there is what the button and the header say.
func TestEnterBeginsTheModeUnderTheCursor(t *testing.T) {
	for tabs, want := range map[int]mode{0: modes[0], 2: modes[0], 3: modes[0], 4: modes[1], 5: modes[2], 6: modes[0]} {
		h := &fakeHost{rotation: newScript(), named: []Named{{Name: "payments", Suggested: true}}}
		d := &driver{t: t, clock: &clockwork{noon}}
		d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
		d.screen.SetSize(118, 34)
		d.run(ui.Begin(d.screen))
		for range tabs {
			d.press("tab")
		}
		d.sees("[ Begin: " + want.name + " ]")
		alarm := d.screen.(ui.Placed).Place().Alarm
		d.press("enter")
		if h.plan.Mode != want.mode || h.plan.OldFirst != want.oldFirst || (alarm != "") != (want.mode == rotation.Compromised) {
			t.Errorf("after %d tabs: began %+v under %q, want %s", tabs, h.plan, alarm, want.name)
		}
	}
}

// The list has every state and each row's environment; what is over is looked at, not resumed.
func TestTheListShowsEveryStateAndEnvironment(t *testing.T) {
	view := func(name string, state rotation.State, e apikey.Environment) rotation.View {
		v := newScript().view
		v.Old.Name, v.State, v.Old.Environment = name, state, e
		v.Left = []string{"what is left of " + name}
		return v
	}
	h := &fakeHost{views: []rotation.View{view("done", rotation.Over, apikey.Test), view("closed", rotation.Closed, apikey.Live), view("open", rotation.Open, apikey.Dev)}}
	for _, width := range []int{56, 76, 116} {
		d := &driver{t: t, clock: &clockwork{noon}}
		d.screen = NewList(newEnv(d.clock, termenv.Ascii), h)
		d.screen.SetSize(width, 30)
		d.run(ui.Begin(d.screen))
		text := ansi.Strip(d.screen.View())
		for _, want := range []string{"open", "done", "closed", "LIVE", "test", "dev", "ENV"} {
			if !strings.Contains(text, want) {
				t.Errorf("%d: %q is not in the list:\n%s", width, want, text)
			}
		}
		d.press("G")
		d.sees("what is left of closed")
		d.press("enter")
		if _, looked := d.screen.(*Evidence); !looked {
			t.Error("a closed rotation cannot be looked at")
		}
	}
}

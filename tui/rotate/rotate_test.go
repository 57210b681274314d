package rotate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// clockwork is a clock that moves only when a timer is waited for.
type clockwork struct{ now time.Time }

func newEnv(c *clockwork, profile termenv.Profile) *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true)
	return &ui.Env{Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Now: func() time.Time { return c.now }, Zone: time.UTC,
		After: func(d time.Duration, msg tea.Msg) tea.Cmd {
			return func() tea.Msg { return timer{d, msg} }
		}}
}

type timer struct {
	after time.Duration
	msg   tea.Msg
}

// script is a rotation that does what its steps say.
type script struct {
	view     rotation.View
	steps    []func(*script) (rotation.Result, error)
	undo     func(*script) (rotation.Result, error)
	attested []string
	answers  []rotation.Answer
	answer   func(*script, rotation.Answer) (rotation.Result, error) // nil takes every answer
	turned   func(*script) rotation.Result
	ended    string
	plan     rotation.FullPlan
	plans    int

	closed bool
}

func (r *script) View() rotation.View { return r.view }
func (r *script) Do(context.Context) (rotation.Result, error) {
	if len(r.steps) == 0 {
		return rotation.Result{}, errors.New("the script is over")
	}
	step := r.steps[0]
	r.steps = r.steps[1:]
	return step(r)
}
func (r *script) Undo(context.Context) (rotation.Result, error) { return r.undo(r) }
func (r *script) Answer(_ context.Context, a rotation.Answer) (rotation.Result, error) {
	r.answers = append(r.answers, a)
	if r.answer != nil {
		return r.answer(r, a)
	}
	return rotation.Result{Status: rotation.Moved, Message: "noted"}, nil
}
func (r *script) TurnAround() (rotation.Result, error) { return r.turned(r), nil }
func (r *script) End(_ context.Context, reason string) (rotation.Result, error) {
	r.ended = reason
	r.view.State = rotation.Closed
	r.view.Left = []string{"the old key is left as it is"}
	return rotation.Result{Status: rotation.Finished, Message: "closed as it stands"}, nil
}
func (r *script) Plan(context.Context) (rotation.FullPlan, error) {
	r.plans++
	return r.plan, nil
}
func (r *script) Reenable(context.Context) (rotation.Result, error) {
	return r.move(rotation.Drain, "the old key is on again"), nil
}
func (r *script) Attest(reason string) error { r.attested = append(r.attested, reason); return nil }
func (r *script) Close()                     { r.closed = true }

// said reports whether a question of that kind was answered yes.
func (r *script) said(kind rotation.QuestionKind) bool {
	return slices.ContainsFunc(r.answers, func(a rotation.Answer) bool { return a.Kind == kind && a.Choice == rotation.Yes })
}

var order = []rotation.Step{rotation.Preflight, rotation.Create, rotation.Deliver, rotation.Verify, rotation.Drain, rotation.Disable, rotation.Soak, rotation.Delete}

var texts = map[rotation.Step]string{
	rotation.Preflight: "check the key, the service and every destination; nothing is changed",
	rotation.Create:    `create the key "payments-api ~r7mgmdycp7r" with the access and lifetime of the old one`,
	rotation.Deliver:   "deliver the new secret to API_KEY in /srv/payments/.env, then run systemctl --user restart payments",
	rotation.Verify:    "prove the new key with harmless requests",
	rotation.Drain:     "wait until the old key has not been used for 15m",
	rotation.Disable:   "disable the old key: a rehearsal of the deletion, which can be taken back",
	rotation.Soak:      "leave it off for 10m",
	rotation.Delete:    `delete the old key "payments-api" (k1) and prove that it is gone`,
}

var defaults = map[rotation.Step]string{rotation.Preflight: "check everything", rotation.Create: "create the new key", rotation.Deliver: "deliver the new secret",
	rotation.Verify: "prove the new key", rotation.Drain: "watch the old key", rotation.Disable: "disable the old key", rotation.Soak: "wait", rotation.Delete: "delete the old key"}

func (r *script) at(step rotation.Step) {
	r.view.Step, r.view.Plan = step, nil
	state := rotation.Completed
	for _, s := range order {
		if s == step {
			state = rotation.Current
		}
		r.view.Plan = append(r.view.Plan, rotation.PlanLine{Step: s, Title: strings.ToUpper(string(s[:1])) + string(s[1:]), Phase: phaseOf(s), State: state, Text: texts[s]})
		if s == step {
			state = rotation.Later
		}
	}
	r.view.Next = rotation.Next{Step: step, Text: texts[step], Default: defaults[step], Undo: "put the old value back, then delete the new key",
		Waits: step == rotation.Drain || step == rotation.Soak}
}

func phaseOf(s rotation.Step) rotation.Phase {
	switch s {
	case rotation.Preflight, rotation.Create:
		return rotation.PhaseCreate
	case rotation.Deliver:
		return rotation.PhaseUpdate
	case rotation.Verify:
		return rotation.PhaseVerify
	}
	return rotation.PhaseDelete
}

func (r *script) move(to rotation.Step, said string) rotation.Result {
	did := r.view.Step
	r.at(to)
	return rotation.Result{Status: rotation.Moved, Did: did, Step: to, Message: said}
}

func moves(to rotation.Step, said string) func(*script) (rotation.Result, error) {
	return func(r *script) (rotation.Result, error) { return r.move(to, said), nil }
}

func newScript(steps ...func(*script) (rotation.Result, error)) *script {
	r := &script{steps: steps}
	r.view = rotation.View{ID: "7mgmdycp7r", Profile: "prod", Service: "prosopo", Mode: rotation.Planned, State: rotation.Open, Started: noon.Add(-2 * time.Minute),
		Old:          apikey.Key{ID: "k1", Name: "payments-api", LastUsedAt: apikey.At(noon.Add(-3 * time.Minute))},
		NewName:      "payments-api ~r7mgmdycp7r",
		Destinations: []rotation.DestinationView{{Spec: "payments", Describe: "API_KEY in /srv/payments/.env", CanUndo: true}},
		Certain:      []string{`the old key "payments-api" (k1) was not touched`, "no new key exists"}}
	r.at(rotation.Preflight)
	return r
}

type fakeHost struct {
	rotation *script
	err      error
	plan     Plan
	named    []Named
	views    []rotation.View
	env      apikey.Environment
}

func (h *fakeHost) Rotations(context.Context) ([]rotation.View, error) { return h.views, h.err }
func (h *fakeHost) Setting(string) apikey.Setting {
	return apikey.Setting{Environment: h.env, Remote: true}
}
func (h *fakeHost) Destinations(string, string) []Named { return h.named }
func (h *fakeHost) Start(_ context.Context, _ string, _ apikey.Key, p Plan) (Rotation, error) {
	h.plan = p
	return h.rotation, h.err
}
func (h *fakeHost) Resume(context.Context, string) (Rotation, error) { return h.rotation, h.err }

// driver is a root of one overlay at a time: it runs commands until nothing is left but timers.
type driver struct {
	t      *testing.T
	clock  *clockwork
	screen ui.Screen
	timers []timer
	sent   []tea.Msg // what reached the root

	complete func(text string) []string // as the root has its host do it; nil for nobody
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	case timer:
		d.timers = append(d.timers, msg)
	case ui.Push:
		d.screen = msg.Screen
		d.screen.SetSize(118, 34)
		d.run(ui.Begin(d.screen))
	case ui.Complete:
		d.sent = append(d.sent, msg)
		if d.complete != nil {
			d.run(d.screen.Update(ui.Completed{Ticket: msg.Ticket, Found: d.complete(msg.Text)}))
		}
	case ui.Pop, ui.Keep, ui.Toast, Changed, ui.Quit:
		d.sent = append(d.sent, msg)
	default:
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice { // tea.Sequence's own type
			for i := range v.Len() {
				d.run(v.Index(i).Interface().(tea.Cmd))
			}
			return
		}
		d.run(d.screen.Update(msg))
	}
}

// elapse lets time pass and fires what is due, again and again.
func (d *driver) elapse(span time.Duration) {
	end := d.clock.now.Add(span)
	for d.clock.now.Before(end) && len(d.timers) > 0 {
		due := d.timers
		d.timers = nil
		d.clock.now = d.clock.now.Add(time.Second)
		for _, x := range due {
			d.run(d.screen.Update(x.msg))
		}
	}
	d.clock.now = end
}

func (d *driver) press(keys ...string) {
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "enter":
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		case "esc":
			msg = tea.KeyMsg{Type: tea.KeyEsc}
		case "tab":
			msg = tea.KeyMsg{Type: tea.KeyTab}
		case "space":
			msg = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
		case "ctrl+c":
			msg = tea.KeyMsg{Type: tea.KeyCtrlC}
		case "down":
			msg = tea.KeyMsg{Type: tea.KeyDown}
		case "up":
			msg = tea.KeyMsg{Type: tea.KeyUp}
		case "backspace":
			msg = tea.KeyMsg{Type: tea.KeyBackspace}
		}
		d.run(d.screen.Update(msg))
	}
}

func (d *driver) left() bool {
	for _, m := range d.sent {
		if _, ok := m.(ui.Pop); ok {
			return true
		}
	}
	return false
}

func (d *driver) sees(text string) {
	d.t.Helper()
	if view := ansi.Strip(d.screen.View()); !strings.Contains(view, text) {
		d.t.Fatalf("%q is not on the screen:\n%s", text, view)
	}
}

func begin(t *testing.T, h *fakeHost) *driver {
	t.Helper()
	d := &driver{t: t, clock: &clockwork{noon}}
	s := Start(newEnv(d.clock, termenv.Ascii), h, ui.Place{Profile: "prod"}, apikey.Key{ID: "k1", Name: "payments-api"}, Plan{})
	d.screen = s
	s.SetSize(118, 34)
	d.run(ui.Begin(s))
	return d
}

func inHand(r *script) (rotation.Result, error) {
	res := r.move(rotation.Deliver, "the new key was created")
	r.view.SecretInHand = true
	return res, nil
}

func delivered(r *script) (rotation.Result, error) {
	res := r.move(rotation.Verify, "the new secret was delivered")
	r.view.SecretInHand = false
	return res, nil
}

func attest(r *script) (rotation.Result, error) {
	if r.said(rotation.AskAttest) {
		return r.move(rotation.Disable, "no drain, as you said"), nil
	}
	return stops(rotation.Question{Kind: rotation.AskAttest, Text: "whether the old key is still used cannot be seen here: look at the Audit page", Each: true,
		Lines: r.view.Statements(), Choices: yesOrNo("all of it is so", rotation.WantsNothing), Default: rotation.No})(r)
}

func yesOrNo(yes string, wants rotation.Wants) []rotation.Choice {
	return []rotation.Choice{{ID: rotation.Yes, Label: yes, Does: "this comes of it", Wants: wants}, {ID: rotation.No, Label: "leave it for later"}}
}

// stops is a step that asks.
func stops(q rotation.Question) func(*script) (rotation.Result, error) {
	return func(r *script) (rotation.Result, error) {
		return rotation.Result{Status: rotation.Stopped, Step: r.view.Step, Question: &q, Message: q.Text}, nil
	}
}

func over(r *script) (rotation.Result, error) {
	r.view.State = rotation.Over
	return rotation.Result{Status: rotation.Finished, Did: rotation.Delete, Message: "the old key is gone"}, nil
}

func TestThePreflightRunsByItselfAndTheRestWaitsForEnter(t *testing.T) {
	r := newScript(moves(rotation.Create, "everything is as it must be"), inHand)
	d := begin(t, &fakeHost{rotation: r})
	if r.view.Step != rotation.Create {
		t.Fatalf("after opening the rotation stands at %s", r.view.Step)
	}
	d.elapse(time.Minute)
	if r.view.Step != rotation.Create {
		t.Fatal("a step that changes something was done without enter")
	}
	d.press("enter")
	if r.view.Step != rotation.Deliver {
		t.Fatalf("enter did not do the step: %s", r.view.Step)
	}
}

func TestAPlannedRotationTakesNineKeys(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), inHand, delivered, moves(rotation.Drain, "the new key works"), attest, attest,
		moves(rotation.Delete, "disabled"), over)
	h := &fakeHost{rotation: r, named: []Named{{Name: "payments", Describe: "API_KEY in /srv/payments/.env", Suggested: true}}}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(118, 34)
	d.run(ui.Begin(d.screen))
	keys := []string{"enter", "enter", "enter", "enter", "*", "enter", "enter", "enter"} // r comes before them
	d.press(keys...)
	if r.view.State != rotation.Over {
		t.Fatalf("after %d keys the rotation is %s at %s:\n%s", len(keys), r.view.State, r.view.Step, d.screen.View())
	}
	if len(h.plan.Destinations) != 1 || h.plan.Destinations[0] != "payments" || h.plan.Drain != nil {
		t.Errorf("the suggested plan was %+v", h.plan)
	}
	if !r.said(rotation.AskAttest) {
		t.Errorf("answered %+v", r.answers)
	}
	if len(keys)+1 > 9 {
		t.Errorf("%d keys", len(keys)+1)
	}
}

func TestTheOldKeySaysThatItIsOff(t *testing.T) {
	off := func(r *script) (rotation.Result, error) {
		r.view.OldOff = true
		return r.move(rotation.Delete, "the old key is disabled"), nil
	}
	d := begin(t, &fakeHost{rotation: newScript(moves(rotation.Disable, "ok"), off)})
	d.sees("k1  on")
	d.press("enter")
	d.sees("k1  off")
}

func TestLeavingWithASecretInHandAsksFirst(t *testing.T) {
	for _, leave := range []string{"esc", "q", "ctrl+c"} {
		r := newScript(moves(rotation.Create, "ok"), inHand, delivered)
		d := begin(t, &fakeHost{rotation: r})
		d.press("enter", leave)
		if d.left() || r.closed {
			t.Fatalf("%s left and lost the secret", leave)
		}
		d.sees("Leaving now loses it")
		d.press("enter")
		if r.view.Step != rotation.Verify {
			t.Errorf("%s, then enter did not deliver: %s", leave, r.view.Step)
		}
	}
}

func TestDiscardingTheSecretInHandUndoes(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), inHand)
	r.undo = func(r *script) (rotation.Result, error) {
		r.view.State, r.view.SecretInHand = rotation.Aborted, false
		return rotation.Result{Status: rotation.Finished, Message: "undone"}, nil
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter", "esc", "d")
	if r.view.State != rotation.Aborted {
		t.Fatal("the new key was not deleted")
	}
	d.sees("Undone.")
	d.press("enter")
	if !d.left() || !r.closed {
		t.Error("enter did not close a rotation that is over")
	}
}

func TestAWaitCountsDownAndLooksAgainByItself(t *testing.T) {
	looks := 0
	look := func(r *script) (rotation.Result, error) {
		looks++
		if looks > 3 {
			return r.move(rotation.Disable, "the old key was quiet for 15m"), nil
		}
		left := 15*time.Minute - time.Duration(looks-1)*5*time.Minute
		return rotation.Result{Status: rotation.Waiting, Step: rotation.Drain, Message: "waiting until the old key is quiet", Wait: 5 * time.Minute, Left: left, Total: 15 * time.Minute,
			Watch: &rotation.Watch{Visible: true, OldUsed: apikey.At(noon.Add(-3 * time.Minute)), NewUsed: apikey.At(noon), Polls: looks, QuietFor: 15*time.Minute - left}}, nil
	}
	r := newScript(moves(rotation.Verify, "delivered"), moves(rotation.Drain, "the new key works"), look, look, look, look)
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter")
	d.sees("15:00 left")
	d.elapse(30 * time.Second)
	d.sees("14:30 left")
	d.elapse(15 * time.Minute)
	if looks != 4 || r.view.Step != rotation.Disable {
		t.Fatalf("%d looks, at %s", looks, r.view.Step)
	}
	d.elapse(time.Hour)
	if r.view.Step != rotation.Disable {
		t.Error("a step that changes something was done without enter")
	}
	if len(d.timers) != 0 {
		t.Errorf("%d timers while nothing is waited for", len(d.timers))
	}
}

func TestAWaitThatIsLeftGoesOnAndSaysWhenItIsOver(t *testing.T) {
	looks := 0
	look := func(r *script) (rotation.Result, error) {
		if looks++; looks > 2 {
			return r.move(rotation.Disable, "the old key was quiet for 15m"), nil
		}
		return rotation.Result{Status: rotation.Waiting, Step: rotation.Drain, Message: "waiting", Wait: 5 * time.Minute, Left: 10 * time.Minute, Total: 15 * time.Minute}, nil
	}
	r := newScript(moves(rotation.Verify, "delivered"), moves(rotation.Drain, "the new key works"), look, look, look)
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter", "esc")
	if _, kept := d.sent[len(d.sent)-1].(ui.Keep); !kept || r.closed {
		t.Fatalf("esc ended a wait: %v", d.sent)
	}
	d.elapse(11 * time.Minute)
	if r.view.Step != rotation.Disable {
		t.Fatalf("the wait did not go on: %s after %d looks", r.view.Step, looks)
	}
	said := ""
	for _, m := range d.sent {
		if toast, ok := m.(ui.Toast); ok {
			said = toast.Text
		}
	}
	if !strings.Contains(said, "quiet for 15m") {
		t.Errorf("said %q", said)
	}
	d.run(d.screen.(ui.Kept).Back())
	d.sees("disable")
	d.press("esc")
	if !d.left() || !r.closed {
		t.Error("esc did not leave a rotation that waits for nothing")
	}
}

func TestAFailureSaysWhatIsCertainAndStays(t *testing.T) {
	fail := func(r *script) (rotation.Result, error) {
		return rotation.Result{}, &rotation.StepError{Step: rotation.Deliver, Err: errors.New("the folder cannot be written to"),
			Certain: []string{"the new key exists", "the old key was not touched"}, Next: "make the folder writable and try again"}
	}
	r := newScript(moves(rotation.Create, "ok"), inHand, fail, delivered)
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter", "enter")
	for _, text := range []string{"deliver failed", "the folder cannot be written to", "the new key exists", "make the folder writable"} {
		d.sees(text)
	}
	d.press("enter")
	if r.view.Step != rotation.Verify {
		t.Error("enter did not try again")
	}
}

func TestADifferenceIsAcceptedWithAReasonOnly(t *testing.T) {
	stop := func(r *script) (rotation.Result, error) {
		if r.said(rotation.AskAccept) {
			return over(r)
		}
		r.view.Diff = []rotation.Difference{{Field: apikey.FieldExpiry, Old: "never", New: "2027-01-01", Verdict: rotation.Differs}}
		return stops(rotation.Question{Kind: rotation.AskAccept, Text: "the new key is not as the old one", Lines: []string{"lifetime: never, now 2027-01-01"},
			Choices: yesOrNo("accept the differences", rotation.WantsReason), Default: rotation.No})(r)
	}
	r := newScript(moves(rotation.Delete, "ok"), stop, stop)
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter", "y", "enter")
	d.sees("say why")
	d.press("q", "u", "o", "t", "a", "enter")
	if len(r.answers) != 1 || r.answers[0].Reason != "quota" {
		t.Fatalf("answered %+v", r.answers)
	}
	if r.view.State != rotation.Over {
		t.Error("the rotation did not go on")
	}
}

var pasteQuestion = rotation.Question{Kind: rotation.AskPaste, Text: "create the key in the dashboard and paste its secret", Choices: yesOrNo("paste the new secret", rotation.WantsSecret), Default: rotation.Yes}

func TestAPastedSecretIsMaskedAndChecked(t *testing.T) {
	const canary = "sk_live_canary0123456789"
	r := newScript(moves(rotation.Create, "ok"), stops(pasteQuestion))
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter")
	d.run(d.screen.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("two\nlines"), Paste: true}))
	d.sees("more than one line")
	d.run(d.screen.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(canary), Paste: true}))
	if view := d.screen.View(); strings.Contains(view, canary[4:]) {
		t.Fatalf("the secret is on the screen:\n%s", view)
	}
	d.press("enter")
	if len(r.answers) != 1 || !r.answers[0].Secret.Equal(apikey.NewSecret(canary)) {
		t.Error("the paste did not arrive")
	}
	if text := fmt.Sprintf("%+v %#v", d.screen, d.screen); strings.Contains(text, canary) {
		t.Error("the secret stays in the screen")
	}
}

func TestAMixedFileNeedsAnExplicitYes(t *testing.T) {
	mixed := rotation.Question{Kind: rotation.AskMixed, Text: "line 3 is a test value", Choices: yesOrNo("deliver there all the same", rotation.WantsNothing), Default: rotation.No, Flag: "--force-mixed"}
	for _, press := range []string{"y", "enter", "esc", "n"} {
		r := newScript(stops(mixed), moves(rotation.Create, "ok"))
		d := begin(t, &fakeHost{rotation: r})
		d.sees("line 3 is a test value")
		d.sees("--force-mixed")
		d.press(press)
		if press == "y" {
			if r.view.Step != rotation.Create || !r.said(rotation.AskMixed) {
				t.Errorf("after y: %s, %+v", r.view.Step, r.answers)
			}
			continue
		}
		if r.view.Step != rotation.Preflight || len(r.answers) > 0 || !d.left() {
			t.Errorf("%s was taken for a yes", press)
		}
	}
}

func TestSetupWantsADestination(t *testing.T) {
	h := &fakeHost{rotation: newScript()}
	d := &driver{t: t, clock: &clockwork{noon}}
	d.screen = NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(80, 22)
	d.run(ui.Begin(d.screen))
	d.press("enter")
	d.sees("Where does the application read this key?")
	if h.plan.Destinations != nil {
		t.Fatal("a rotation was begun without a place for the secret")
	}
	d.press(strings.Split("~/app/.env:API_KEY", "")...)
	d.press("enter")
	if got := fmt.Sprint(h.plan.Destinations); got != "[env-file:~/app/.env:API_KEY]" {
		t.Errorf("destinations %s", got)
	}
}

func TestAWaitThatIsTypedIsTheOperatorsWord(t *testing.T) {
	for text, want := range map[string]string{"": "<nil>", "15m": "<nil>", "0": "0s", "0s": "0s", "20m": "20m0s"} {
		got, err := wait(text, rotation.DefaultDrain)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		said := "<nil>"
		if got != nil {
			said = got.String()
		}
		if said != want {
			t.Errorf("%q is %s, want %s", text, said, want)
		}
	}
	if _, err := wait("soon", 0); err == nil {
		t.Error("soon was taken for a time")
	}
}

func TestScreensLookAsTheyDid(t *testing.T) {
	states := map[string]func(d *driver, r *script){
		"create":  func(*driver, *script) {},
		"deliver": func(d *driver, _ *script) { d.press("enter") },
		"leave":   func(d *driver, _ *script) { d.press("enter", "esc") },
		"verify":  func(d *driver, _ *script) { d.press("enter", "enter") },
		"attest":  func(d *driver, _ *script) { d.press("enter", "enter", "enter", "space") },
		"undo":    func(d *driver, _ *script) { d.press("enter", "enter", "u") },
		"done":    func(d *driver, _ *script) { d.press("enter", "enter", "enter", "*", "enter", "enter", "enter") },
	}
	for name, walk := range states {
		for _, size := range []struct{ w, h int }{{118, 34}, {78, 20}, {58, 16}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.w, size.h), func(t *testing.T) {
				r := newScript(moves(rotation.Create, "everything is as it must be"), inHand, delivered, moves(rotation.Drain, "the new key works"),
					attest, attest, moves(rotation.Delete, "the old key is disabled"), over)
				d := begin(t, &fakeHost{rotation: r})
				walk(d, r)
				d.screen.SetSize(size.w, size.h)
				view := d.screen.View()
				for i, line := range strings.Split(view, "\n") {
					if ui.Width(line) > size.w || i >= size.h {
						t.Fatalf("line %d is outside %dx%d: %q", i, size.w, size.h, line)
					}
				}
				compare(t, view)
			})
		}
	}
}

func compare(t *testing.T, got string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got = strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "-")+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("the screen changed (-update writes it anew):\n%s\nwas\n%s", got, want)
	}
}

func TestAnUndoThatFailedIsTriedAgainAsAnUndo(t *testing.T) {
	r := newScript(moves(rotation.Create, "ok"), inHand, delivered)
	undos := 0
	r.undo = func(r *script) (rotation.Result, error) {
		if undos++; undos == 1 { // it had not begun
			return rotation.Result{}, &rotation.StepError{Step: "undo", Err: errors.New("no connection"), Certain: []string{"the new key exists"}, Next: "wait a moment, then undo again"}
		}
		r.view.State, r.view.SecretInHand = rotation.Aborted, false
		return rotation.Result{Status: rotation.Finished, Message: "undone"}, nil
	}
	d := begin(t, &fakeHost{rotation: r})
	d.press("enter", "u", "y")
	for _, text := range []string{"undo failed: no connection", "wait a moment, then undo again", "try again: undo"} {
		d.sees(text)
	}
	d.press("enter")
	if undos != 2 || r.view.Step != rotation.Deliver {
		t.Errorf("%d undos; the rotation is at %s", undos, r.view.Step)
	}
	d.sees("Undone")
}

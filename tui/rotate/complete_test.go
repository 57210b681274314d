package rotate

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/delivery"
	"detent/rotation"
	"detent/tui/ui"
)

// completingHost knows the files below a folder.
type completingHost struct {
	*keepingHost
	dir string
}

func (h *completingHost) Complete(_ context.Context, text string) []string {
	return delivery.Complete(text, delivery.Options{Dir: h.dir, Home: h.dir, Below: h.dir})
}

func completing(t *testing.T, remote bool) (*driver, *completingHost) {
	t.Helper()
	dir := t.TempDir()
	for path, text := range map[string]string{"payments/.env": "API_KEY=1\nAPI_URL=2\n", "payroll/.env": "KEY=1\n"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := &completingHost{&keepingHost{fakeHost: &fakeHost{rotation: newScript()}, holds: map[string]string{"env-file:payments/.env:API_KEY": "holds payments-api (psp_…)"}}, dir}
	d := setup(t, h, remote)
	d.complete = func(text string) []string { return h.Complete(context.Background(), text) }
	return d, h
}

// Tab completes a place as a shell does, down to the variable, and goes on where there is nothing more; what is there now is told at once.
func TestTabCompletesAPlaceDownToItsVariable(t *testing.T) {
	d, h := completing(t, false)
	d.press("p")
	for _, step := range []struct{ field, shows string }{
		{"pay", "payments/  payroll/"}, // alike so far
		{"payments/", "payments/"},     // the first of them
		{"payroll/", "payroll/"},       // and the second
	} {
		d.press("tab")
		if got := d.screen.(*Setup).other.Value(); got != step.field {
			t.Fatalf("%q, want %q", got, step.field)
		}
		d.sees(step.shows)
	}
	d.press("backspace", "backspace", "backspace", "backspace", "backspace", "m")
	for _, field := range []string{"payments/", "payments/.env:", "payments/.env:API_", "payments/.env:API_KEY"} {
		d.press("tab")
		if got := d.screen.(*Setup).other.Value(); got != field {
			t.Fatalf("%q, want %q", got, field)
		}
	}
	d.press("tab")
	d.sees("API_URL")
	d.press("tab")
	d.sees("API_KEY holds payments-api (psp_…)")
	d.press("down", "enter")
	if !slices.Equal(h.plan.Destinations, []string{"env-file:payments/.env:API_KEY"}) {
		t.Errorf("begun with %q", h.plan.Destinations)
	}
}

// A whole place is left by tab, an empty one too, and one that is nowhere.
func TestTabGoesOnWhereThereIsNothingToComplete(t *testing.T) {
	for _, typed := range []string{"", "payroll/.env:KEY", "nowhere/x", "command:cat"} {
		d, _ := completing(t, false)
		if typed != "" {
			d.press(strings.Split(typed, "")...)
		}
		d.press("tab")
		if s := d.screen.(*Setup); s.focus == s.otherRow() || s.other.Value() != typed {
			t.Errorf("%q: tab stays, and made it %q", typed, s.other.Value())
		}
	}
}

// The files of the server are nothing for those who come over SSH: nothing is typed there, and nothing asked.
func TestOverSSHNoFileIsAskedFor(t *testing.T) {
	d, _ := completing(t, true)
	d.press("p")
	d.press("tab")
	for _, msg := range d.sent {
		if asked, ok := msg.(ui.Complete); ok {
			t.Errorf("asked for %q", asked.Text)
		}
	}
}

// A key that leaked is replaced without a form where its places are known: enter is the first step then. Where they are not, it is asked.
func TestALeakedKeyIsReplacedWithoutAFormWhereItsPlacesAreKnown(t *testing.T) {
	for _, known := range []bool{true, false} {
		h := &fakeHost{rotation: newScript(), named: []Named{{Name: "payments", Suggested: known}}}
		d := &driver{t: t, clock: &clockwork{noon}}
		setup := NewSetup(newEnv(d.clock, termenv.Ascii), h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
		setup.Compromised()
		d.screen = setup
		d.screen.SetSize(76, 22)
		d.run(ui.Begin(d.screen))
		if _, form := d.screen.(*Setup); form == known {
			t.Fatalf("known %v, the form %v", known, form)
		}
		if !known {
			d.sees("WHERE DOES THE APPLICATION READ THIS KEY?")
			continue
		}
		if h.plan.Mode != rotation.Compromised || h.plan.OldFirst || !slices.Equal(h.plan.Destinations, []string{"payments"}) {
			t.Errorf("begun with %+v", h.plan)
		}
	}
}

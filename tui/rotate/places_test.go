package rotate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/tui/ui"
)

// keepingHost can look at places and keep them.
type keepingHost struct {
	*fakeHost
	holds    map[string]string
	kept     []string
	keepErr  error
	embedded bool
}

func (h *keepingHost) Look(_ context.Context, _ string, _ apikey.Key, spec string) (string, error) {
	words, ok := h.holds[spec]
	if !ok {
		return "", errors.New("cannot be looked at")
	}
	return words, nil
}

func (h *keepingHost) CanRemember(string) bool { return !h.embedded }

func (h *keepingHost) Remember(_ context.Context, _ string, k apikey.Key, spec string) (string, error) {
	if h.keepErr != nil {
		return "", h.keepErr
	}
	h.kept = append(h.kept, k.Name+" "+spec)
	h.named = append(h.named, Named{Name: "payments-api", Describe: spec, Suggested: true})
	return "payments-api", nil
}

func setup(t *testing.T, h Host, remote bool) *driver {
	t.Helper()
	d := &driver{t: t, clock: &clockwork{noon}}
	env := newEnv(d.clock, termenv.Ascii)
	env.Remote = remote
	d.screen = NewSetup(env, h, "prod", apikey.Key{ID: "k1", Name: "payments-api"}, apikey.Capabilities{Create: apikey.Can()})
	d.screen.SetSize(76, 22)
	d.run(ui.Begin(d.screen))
	return d
}

func singly(text string) []string { return strings.Split(text, "") }

// A place that is remembered is one enter the second time.
func TestAPlaceIsRememberedForTheNextRotation(t *testing.T) {
	h := &keepingHost{fakeHost: &fakeHost{rotation: newScript()}, holds: map[string]string{"env-file:/srv/.env:KEY": "holds payments-api (psp_…)", "payments-api": "holds payments-api (psp_…)"}}
	d := setup(t, h, false)
	d.press(singly("/srv/.env:KEY")...)
	d.press("tab")
	d.sees("holds payments-api (psp_…)")
	d.sees("[ ] remember this place for payments-api")
	d.press("space", "enter")
	if !slices.Equal(h.kept, []string{"payments-api env-file:/srv/.env:KEY"}) || !slices.Equal(h.plan.Destinations, []string{"payments-api"}) {
		t.Fatalf("kept %q, begun with %q", h.kept, h.plan.Destinations)
	}
	h.plan = Plan{}
	d = setup(t, h, false)
	d.sees("[x] payments-api")
	d.press("enter")
	if !slices.Equal(h.plan.Destinations, []string{"payments-api"}) {
		t.Errorf("the second time: %q", h.plan.Destinations)
	}
}

// Where it cannot be remembered nothing is begun; unasked, nothing is remembered.
func TestAPlaceThatCannotBeRememberedStopsAndSaysSo(t *testing.T) {
	h := &keepingHost{fakeHost: &fakeHost{rotation: newScript()}, keepErr: errors.New("the file is not yours")}
	d := setup(t, h, false)
	d.press(singly("/srv/.env:KEY")...)
	d.press("tab", "space", "enter")
	d.sees("the place is not remembered: the file is not yours")
	if h.plan.Destinations != nil {
		t.Fatalf("begun with %q", h.plan.Destinations)
	}
	d.press("space", "enter")
	if !slices.Equal(h.plan.Destinations, []string{"env-file:/srv/.env:KEY"}) || h.kept != nil {
		t.Errorf("kept %q, begun with %q", h.kept, h.plan.Destinations)
	}
}

// Nothing is offered that cannot be: of a built-in profile, and over SSH, where the file is the server's.
func TestWhereNoPlaceIsKeptNoneIsOffered(t *testing.T) {
	for name, d := range map[string]*driver{
		"embedded": setup(t, &keepingHost{fakeHost: &fakeHost{rotation: newScript()}, embedded: true}, false),
		"SSH":      setup(t, &keepingHost{fakeHost: &fakeHost{rotation: newScript()}}, true),
		"no host":  setup(t, &fakeHost{rotation: newScript()}, false),
	} {
		if view := d.screen.View(); strings.Contains(view, "remember") {
			t.Errorf("%s:\n%s", name, view)
		}
	}
}

// What a place holds is told once it was looked at, a failure too, and by ear a place can be remembered as well.
func TestWhatNamedPlacesHoldIsTold(t *testing.T) {
	h := &keepingHost{fakeHost: &fakeHost{rotation: newScript(), named: []Named{{Name: "one"}, {Name: "two"}}}, holds: map[string]string{"one": "nothing is there yet"}}
	d := setup(t, h, false)
	d.sees("nothing is there yet")
	d.sees("! cannot be looked at")
	d.press(singly("/srv/.env:KEY")...)
	d.press("tab")
	said := d.screen.(ui.Spoken).Speak()
	if !slices.ContainsFunc(said.Ask.Choices, func(c ui.Choice) bool { return strings.Contains(c.Words, "remember this place") }) {
		t.Errorf("%+v", said.Ask.Choices)
	}
}

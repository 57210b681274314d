package host

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"

	"detent/config"
	"detent/rotation"
	"detent/tui/ui"
)

// demoHost is a host of the demo, and the folder that all it may write lies in.
func demoHost(t *testing.T, change func(*Settings)) (*Host, string) {
	t.Helper()
	dir := t.TempDir()
	s := Settings{Demo: true, Timeout: 15 * time.Second}
	if change != nil {
		change(&s)
	}
	return New(Options{Settings: s, Env: config.NewEnv([]string{"HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + filepath.Join(dir)}),
		Now: time.Now, Zone: time.UTC, Err: io.Discard, Say: t.Logf}), dir
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, f.Name())
	}
	return out
}

func TestTheDemoHoldsARotationInEachStateAndWritesInItsOwnFolderAlone(t *testing.T) {
	h, dir := demoHost(t, nil)
	defer h.Close()
	if !h.ShowsAll() {
		t.Error("it does not begin with all profiles")
	}
	screens := h.Screens(io.Discard)
	behind := screens.Stage()
	views, err := h.Rotations()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]rotation.View{}
	for _, v := range views {
		got[v.Old.Name] = v
	}
	for name, want := range map[string]struct {
		state rotation.State
		step  rotation.Step
		made  bool
	}{
		"doc-intake":     {rotation.Over, rotation.Done, true},
		"ci-deploy":      {rotation.Open, rotation.Drain, true},
		"data-warehouse": {rotation.Open, rotation.Drain, true},
		"storefront":     {rotation.Open, rotation.Deliver, true},
		"studio-backend": {rotation.Open, rotation.Verify, true},
	} {
		v := got[name]
		if v.State != want.state || v.Step != want.step || (v.New != nil) != want.made || v.Holder != nil {
			t.Errorf("%s is %s at %s, new %v, held by %v: want %s at %s", name, v.State, v.Step, v.New, v.Holder, want.state, want.step)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d rotations", len(got))
	}
	made := behind(&ui.Env{Styles: ui.StylesOf(lipgloss.NewRenderer(io.Discard), ui.Look{}), Keys: ui.NewKeys(), Now: time.Now, Zone: time.UTC})
	if len(made) != 1 || made[0].(ui.Kept).KeptID() != got["data-warehouse"].ID {
		t.Errorf("behind the list goes on %v, and not the drain alone", made)
	}
	if found := entries(t, dir); len(found) != 1 {
		t.Errorf("it wrote %v: its own folder is one", found)
	}
	h.Close()
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}

func TestTheApplicationsOfTheDemoHoldTheirKeys(t *testing.T) {
	h, _ := demoHost(t, nil)
	defer h.Close()
	screens := h.Screens(io.Discard)
	screens.Stage()
	for _, p := range screens.Profiles() {
		c, err := screens.Open(t.Context(), p.Name)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := (&Session{Service: c.Service}).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			for _, d := range screens.Destinations(p.Name, k.Name) {
				if !d.Suggested || k.Name != "payments-api" && k.Name != "billing-worker" && k.Name != "contract-review" {
					continue
				}
				holds, err := screens.Look(t.Context(), p.Name, k, d.Name)
				if want := "holds " + k.Name + " (" + k.Masked + ")"; err != nil || holds != want {
					t.Errorf("%s: %q, %v; want %q", d.Name, holds, err, want)
				}
			}
		}
	}
}

// TestThePlacesOfTheDemoAreThereForWhoeverOpensOneProfile, a command, say, though nothing is staged; also where nothing may be written.
func TestThePlacesOfTheDemoAreThereForWhoeverOpensOneProfile(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		h, dir := demoHost(t, func(s *Settings) { s.Profile, s.ReadOnly = "local/generic", &readOnly })
		s, err := h.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"billing-worker", "storefront", "data-warehouse"} {
			k, err := s.Find(t.Context(), name, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range Suggested(s.Profile, k.Name) {
				holds, err := h.Screens(io.Discard).Look(t.Context(), s.Profile.Name, k, place.Name)
				if want := "holds " + k.Name + " (" + k.Masked + ")"; err != nil || holds != want {
					t.Errorf("%s: %q, %v; want %q", place.Name, holds, err, want)
				}
			}
		}
		h.Close()
		if left := entries(t, dir); len(left) != 0 {
			t.Errorf("it left %v", left)
		}
	}
}

func TestNothingIsStagedWhereTheDemoMayWriteNothingOrIsForScale(t *testing.T) {
	yes := true
	for name, change := range map[string]func(*Settings){
		"read-only": func(s *Settings) { s.ReadOnly = &yes },
		"for scale": func(s *Settings) { s.DemoKeys = 30 },
	} {
		t.Run(name, func(t *testing.T) {
			h, dir := demoHost(t, change)
			h.Screens(io.Discard).Stage()
			if views, err := h.Rotations(); err != nil || len(views) != 0 {
				t.Errorf("%d rotations, %v", len(views), err)
			}
			if cfg, err := h.Config(); err != nil || name == "for scale" && (h.ShowsAll() || len(cfg.Profiles[0].Deliver) != 0) {
				t.Errorf("begins with all %v, places %v, %v", h.ShowsAll(), cfg.Profiles[0].Deliver, err)
			}
			h.Close()
			if left := entries(t, dir); len(left) != 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// Whoever quits at once finds nothing left: what was being staged has ended before its folder goes.
func TestADemoThatEndsWhileItIsStagedLeavesNothing(t *testing.T) {
	for _, writes := range []int{1, 7, 30} {
		h, dir := demoHost(t, nil)
		begun, over, seen := make(chan struct{}), make(chan struct{}), 0
		h.o.Hook = func(string) {
			if seen++; seen == writes {
				close(begun)
			}
		}
		go func() {
			defer close(over)
			h.Screens(io.Discard).Stage()
		}()
		<-begun
		h.Close()
		<-over
		if left := entries(t, dir); len(left) != 0 {
			t.Errorf("at its write %d it left %v", writes, left)
		}
	}
}

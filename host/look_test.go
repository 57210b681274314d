package host

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"detent/config"
)

// hostWith is a host on a configuration file of this text, with a state folder of its own.
func hostWith(t *testing.T, text string, environ ...string) *Host {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, ".config", "detent", "config.toml")
	if text != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return New(Options{Env: config.NewEnv(append([]string{"HOME=" + home}, environ...)), Now: time.Now, Say: t.Logf})
}

const someProfile = "[profiles.prod]\nservice = \"prosopo\"\nurl = \"https://api.example.com\"\ntoken = { env = \"T\" }\n"

func TestWhatTheScreensDoNotKnowIsAnErrorWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"[ui.keys]\nrotat = \"r\"\n":                              ":2: ui.keys.rotat: there is no action of that name",
		"[ui.keys]\nrotate = \"n\"\n":                             ":2: ui.keys.rotate: n is the key of new too",
		"[ui.keys]\ndelete = [\"D\"]\n\nedit = [\"e\", \"D\"]\n":  ":4: ui.keys.edit: D is the key of delete too",
		"[ui.keys]\nrotate = [\"r\", \"ctrl+c\"]\n":               ":2: ui.keys.rotate: ctrl+c does the same everywhere",
		"[ui.keys]\nrotate = \"hyper+r\"\n":                       ":2: ui.keys.rotate: there is no key \"hyper+r\"",
		"[ui]\ntheme = \"dark\"\ncolumns = [\"name\", \"nme\"]\n": ":3: ui.columns: there is no column \"nme\"",
		"[ui]\ncolumns = [\"status\", \"name\"]\n":                ":2: ui.columns: the first column is always name",
		"[ui]\norder = \"+name\"\n":                               ":2: ui.order: nothing is sorted by \"+name\"",
	} {
		if _, err := hostWith(t, text).Config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	h := hostWith(t, "[ui.keys]\nrotate = [\"t\"]\nrotations = \"r\"\n")
	if got := h.keys(); got.Rotate.Help().Key != "t" || got.Rotations.Help().Key != "r" {
		t.Errorf("rotate by %q, rotations by %q", got.Rotate.Help().Key, got.Rotations.Help().Key)
	}
}

// A session goes on where the last one was, unless something says otherwise: a flag, the environment, the file. A token in the environment
// is for the profile that is said, never for one that is remembered.
func TestASessionBeginsWhereTheLastOneWas(t *testing.T) {
	last := config.Last{Profile: "prod", Order: "-created", Chosen: []string{"key r"}}
	for name, tc := range map[string]struct {
		text    string
		environ []string
		flag    string
		last    config.Last
		want    string
	}{
		"nothing said":     {someProfile, nil, "", last, "prod"},
		"nothing left":     {someProfile, nil, "", config.Last{}, "local/prosopo"},
		"it is gone":       {"", nil, "", last, "local/prosopo"},
		"a flag":           {someProfile, nil, "local/generic", last, "local/generic"},
		"the environment":  {someProfile, []string{"DETENT_PROFILE=local/vertesia"}, "", last, "local/vertesia"},
		"the file":         {"default_profile = \"local/generic\"\n" + someProfile, nil, "", last, "local/generic"},
		"a token is there": {someProfile, []string{"DETENT_TOKEN=x"}, "", last, "local/prosopo"},
	} {
		h := hostWith(t, tc.text, tc.environ...)
		h.o.Profile = tc.flag
		dir, err := h.o.Env.StateDir()
		if err != nil {
			t.Fatal(err)
		}
		if err := config.WriteLast(dir, tc.last); err != nil {
			t.Fatal(err)
		}
		start, err := h.begin()
		if err != nil || start.Name != tc.want {
			t.Errorf("%s: begins with %q (%v), want %q", name, start.Name, err, tc.want)
		}
		if got := h.preferences(); got.Order != tc.last.Order || !reflect.DeepEqual(got.Chosen, tc.last.Chosen) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := hostWith(t, "[ui]\norder = \"status\"\n").preferences(); got.Order != "status" {
		t.Errorf("the file's order: %q", got.Order)
	}
}

// What is thrown away and what is another's leaves nothing, and takes up nothing.
func TestADemoAndAGuestRememberNothing(t *testing.T) {
	h := hostWith(t, someProfile)
	h.o.Demo = true
	if h.remembers() {
		t.Error("the demo is remembered")
	}
	h = hostWith(t, someProfile)
	h.o.Guest = &Guest{}
	if h.remembers() {
		t.Error("a guest is remembered")
	}
}

package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scene is one picture of the program.
type scene struct {
	name   string
	change []func(*Options, *fakeHost)
	play   func(d *driver)
}

func scenes() []scene {
	none := func(*driver) {}
	listFails := func(err error) func(*Options, *fakeHost) {
		return func(_ *Options, h *fakeHost) { h.service.listErr = err }
	}
	refused := &client.Error{
		Op: "list keys", Kind: client.Unauthorized, Status: 401, Code: "API.UNAUTHORIZED", Message: "invalid api key", Outcome: client.NotDone,
		Hint: "Was the key revoked? Is it mistyped? Is it a key of the wrong environment?",
	}
	offline := &client.Error{Op: "list keys", Kind: client.Unreachable, Message: "connection refused", Outcome: client.NotDone}
	return []scene{
		{"list", nil, func(d *driver) { d.press("j", "j") }},
		{"detail", nil, func(d *driver) { d.app.list.Select(d.host.service.keys[2].ID); d.press("enter", "j", "j") }},
		{"filter", nil, func(d *driver) { d.press("/"); d.typing("api get") }},
		{"filter nothing", nil, func(d *driver) { d.press("/"); d.typing("zzz") }},
		{"sorted by expiry", nil, func(d *driver) { d.press("s", "s", "S") }},
		{"help", nil, func(d *driver) { d.press("?") }},
		{"profiles", nil, func(d *driver) { d.press("p", "j", "t") }},
		{"empty", []func(*Options, *fakeHost){withKeys(nil), withProfile("local/prosopo")}, none},
		{"read only", []func(*Options, *fakeHost){withProfile("audit")}, func(d *driver) { d.press("d") }},
		{"refused", []func(*Options, *fakeHost){withKeys(nil), listFails(refused)}, none},
		{"offline with the last list", nil, func(d *driver) { d.host.service.listErr = offline; d.press("ctrl+r") }},
		{"cannot open", []func(*Options, *fakeHost){func(_ *Options, h *fakeHost) { h.openErr = fmt.Errorf("environment variable PROSOPO_TOKEN is not set") }}, none},
		{"error box", nil, func(d *driver) {
			d.send(ui.Fail{Title: "Could not delete payments-api", Err: &client.Error{
				Op: "delete key", Kind: client.Forbidden, Status: 403, Code: "API.INSUFFICIENT_PERMISSIONS", Message: "not allowed",
				Permission: "ApiKeys.deleteApiKey", Outcome: client.NotDone, Hint: "Use a key that has it.",
			}})
		}},
		{"no answer", nil, func(d *driver) {
			d.send(ui.Fail{Title: "Could not create ci", Err: &client.Error{Op: "create key", Kind: client.Timeout, Outcome: client.Unknown}})
		}},
		{"hostile names", []func(*Options, *fakeHost){func(_ *Options, h *fakeHost) {
			for i, name := range hostileNames() {
				h.service.keys[i].Name = name
			}
		}}, none},
		{"what a service does not say", []func(*Options, *fakeHost){func(_ *Options, h *fakeHost) {
			h.service.keys = []apikey.Key{{ID: "1", Name: "bare"}, {ID: "2"}}
		}}, none},
		{"toast", nil, func(d *driver) { d.press("y", "enter") }},
	}
}

func hostileNames() []string {
	return []string{
		"中文名字 payments", "שלום עולם", "👨\u200d👩\u200d👧\u200d👦 family", "e\u0301te\u0301 café", "🇩🇪 flag",
		strings.Repeat("long ", 1000), "", "❤\ufe0f heart", "ภาษาไทย", "tab\tand\nnewline", "\x1b]52;c;aGk=\x07\x1b[2J", "\u202egnp.exe", "a\u200bb\ufeff",
	}
}

func TestTheScreensLookAsTheyShould(t *testing.T) {
	sizes := [][2]int{{120, 40}, {80, 24}, {60, 20}}
	for _, s := range scenes() {
		for _, size := range sizes {
			name := fmt.Sprintf("%s %dx%d", s.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				d := start(t, size[0], size[1], s.change...)
				s.play(d)
				golden(t, name, d.view())
			})
		}
	}
}

func TestTheColoursAreThoseOfTheTerminal(t *testing.T) {
	for _, theme := range []struct {
		name    string
		profile termenv.Profile
		dark    bool
	}{{"dark", termenv.ANSI, true}, {"light", termenv.ANSI, false}} {
		for _, s := range scenes() {
			if s.name != "list" && s.name != "filter" && s.name != "error box" && s.name != "detail" {
				continue
			}
			name := s.name + " " + theme.name
			t.Run(name, func(t *testing.T) {
				d := start(t, 120, 24, append(s.change, func(o *Options, _ *fakeHost) { o.Renderer = renderer(theme.profile, theme.dark) })...)
				s.play(d)
				golden(t, name, strings.ReplaceAll(d.app.View(), "\x1b", "␛"))
			})
		}
	}
}

func TestATerminalThatIsTooSmallSaysSo(t *testing.T) {
	for _, size := range [][2]int{{39, 20}, {60, 9}, {20, 5}, {3, 2}, {1, 1}} {
		d := start(t, size[0], size[1])
		if size[0] >= 20 {
			d.sees("too small: "+fmt.Sprintf("%dx%d", size[0], size[1]), "needs 40x10")
		}
		d.press("j", "n", "d", "enter", "?")
		if len(d.app.overlays) > 0 || d.quit {
			t.Fatalf("%v: a key acted although nothing was drawn", size)
		}
		d.press("q")
		if !d.quit {
			t.Fatalf("%v: q does not quit", size)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: write it with -update", err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s differs from %s; look at both, then -update\n%s", name, path, got)
	}
}

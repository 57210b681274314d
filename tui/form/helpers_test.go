package form

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

var update = flag.Bool("update", false, "write the golden files anew")

const canary = "pk_live_canary0123456789abcdefCANARY"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// look is a terminal's colours.
type look struct {
	name    string
	profile termenv.Profile
	dark    bool
}

var looks = []look{
	{"dark", termenv.ANSI256, true}, {"light", termenv.ANSI256, false}, {"nocolour", termenv.Ascii, true},
}

var sizes = [][2]int{{120, 40}, {80, 24}, {60, 20}}

// newEnv is an environment with a fixed clock that starts at noon; timers never fire by themselves.
func newEnv(l look) *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(l.profile)
	r.SetHasDarkBackground(l.dark)
	return &ui.Env{
		Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Zone: time.FixedZone("CET", 3600),
		Now:   func() time.Time { return noon },
		After: func(time.Duration, tea.Msg) tea.Cmd { return nil },
	}
}

func plainEnvironment() *ui.Env { return newEnv(looks[2]) }

// driver holds a screen and the intents that it has handed out.
type driver struct {
	t       *testing.T
	screen  ui.Screen
	intents []tea.Msg
	silent  bool // nobody answers a reveal

	complete func(text string) []string // what this machine has; nil for nothing
}

func drive(t *testing.T, s ui.Screen) *driver {
	t.Helper()
	s.SetSize(80, 24)
	d := &driver{t: t, screen: s}
	d.run(ui.Begin(s))
	return d
}

// run collects what a command yields; sequences and batches are taken apart.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	msg := cmd()
	for _, inner := range innerCommands(msg) {
		d.run(inner)
	}
	if asked, ok := msg.(ui.Complete); ok { // as the root does, whoever the host is
		var found []string
		if d.complete != nil {
			found = d.complete(asked.Text)
		}
		d.send(ui.Completed{Ticket: asked.Ticket, Found: found})
		return
	}
	if len(innerCommands(msg)) == 0 && msg != nil {
		d.intents = append(d.intents, msg)
	}
	if asked, ok := msg.(ui.RevealSecret); ok && !d.silent {
		d.send(ui.SecretRevealed{Ticket: asked.Ticket})
	}
}

// innerCommands are the commands of a batch or a sequence, whose type is not exported.
func innerCommands(msg tea.Msg) []tea.Cmd {
	if batch, ok := msg.(tea.BatchMsg); ok {
		return batch
	}
	return sequence(msg)
}

func (d *driver) send(msg tea.Msg) { d.run(d.screen.Update(msg)) }

// press sends keys by name; anything that is no name of a key is typed.
func (d *driver) press(keys ...string) *driver {
	d.t.Helper()
	for _, k := range keys {
		if typ, ok := keyTypes[k]; ok {
			msg := tea.KeyMsg{Type: typ}
			if typ == tea.KeySpace {
				msg.Runes = []rune{' '}
			}
			d.send(msg)
			continue
		}
		for _, r := range k {
			d.send(runeKey(r))
		}
	}
	return d
}

func runeKey(r rune) tea.KeyMsg {
	if r == ' ' {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{r}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
}

var keyTypes = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "ctrl+c": tea.KeyCtrlC, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
	"pgdn": tea.KeyPgDown, "pgup": tea.KeyPgUp, "end": tea.KeyEnd, "home": tea.KeyHome, "ctrl+u": tea.KeyCtrlU,
}

func (d *driver) paste(text string) {
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
}

// view is what the screen shows, without styles.
func (d *driver) view() string { return ansi.Strip(d.screen.View()) }

func (d *driver) sees(want ...string) *driver {
	d.t.Helper()
	flat := strings.Join(strings.Fields(d.view()), " ")
	for _, w := range want {
		if !strings.Contains(flat, w) {
			d.t.Fatalf("%q is not on the screen:\n%s", w, d.view())
		}
	}
	return d
}

func (d *driver) seesNot(no ...string) *driver {
	d.t.Helper()
	for _, w := range no {
		if strings.Contains(d.view(), w) {
			d.t.Fatalf("%q is on the screen:\n%s", w, d.view())
		}
	}
	return d
}

// last is the newest intent, which must be of type T.
func last[T any](d *driver) T {
	d.t.Helper()
	if len(d.intents) > 0 {
		if v, ok := d.intents[len(d.intents)-1].(T); ok {
			return v
		}
	}
	var zero T
	d.t.Fatalf("want a %T as the last intent; have %+v\n%s", zero, d.intents, d.view())
	return zero
}

func (d *driver) quiet() {
	d.t.Helper()
	if len(d.intents) != 0 {
		d.t.Fatalf("intents were handed out: %+v", d.intents)
	}
}

// closed checks that the screen asked to be closed with its last intents.
func (d *driver) closed() {
	d.t.Helper()
	for _, msg := range d.intents {
		if pop, ok := msg.(ui.Pop); ok && pop.Screen == d.screen {
			return
		}
	}
	d.t.Fatalf("the screen did not close: %+v\n%s", d.intents, d.view())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; have\n%s\nwant\n%s", path, got, want)
	}
}

// fits fails when a view is wider or higher than its place: Bubble Tea would drop the top lines.
func fits(t *testing.T, view string, width, height int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > height {
		t.Errorf("%d lines in a height of %d:\n%s", len(lines), height, ansi.Strip(view))
	}
	for _, l := range lines {
		if w := ansi.StringWidth(l); w > width {
			t.Errorf("%d cells in a width of %d: %q", w, width, ansi.Strip(l))
		}
	}
}

func perm(feature, name, about string, risk apikey.Risk) apikey.PermissionInfo {
	return apikey.PermissionInfo{Permission: apikey.Permission{Feature: feature, Name: name}, Description: about, Risk: risk}
}

func prosopo() apikey.Capabilities {
	return apikey.Capabilities{
		Service: wirename.Prosopo, Title: "Prosopo", Create: apikey.Can(), Delete: apikey.Can(),
		Rename: apikey.Cannot("Prosopo has no update call"), ChangeRole: apikey.Cannot("Prosopo keys have permissions"),
		Disable: apikey.Cannot("Prosopo cannot disable a key"), PublicKeys: apikey.Cannot("Prosopo has site keys"),
		LastUsed: apikey.Cannot("Prosopo does not report it"), Expiry: apikey.Can(), Restrictions: apikey.Cannot("Prosopo has none"),
		PermissionGroups: []apikey.PermissionGroup{
			{Feature: "AccessRules", Title: "Access Rules", Permissions: []apikey.PermissionInfo{
				perm("AccessRules", "getRules", "List access control rules", apikey.NoRisk),
				perm("AccessRules", "getSuggestion", "Get a single rule suggestion", apikey.NoEffect),
				perm("AccessRules", "getSuggestions", "List rule suggestions", apikey.NoEffect),
				perm("AccessRules", "applySuggestions", "Apply suggested rules", apikey.NoEffect),
				perm("AccessRules", "createRule", "Create a new access control rule", apikey.NoRisk),
				perm("AccessRules", "deleteRule", "Delete an access control rule", apikey.NoRisk),
				perm("AccessRules", "deleteRuleGroup", "Delete an access control rule group", apikey.NoRisk)}},
			{Feature: "Sites", Title: "Sites", Permissions: []apikey.PermissionInfo{
				perm("Sites", "getSite", "Get a single site's details", apikey.NoRisk),
				perm("Sites", "getSites", "List all sites", apikey.NoRisk),
				perm("Sites", "createSite", "Create a new site", apikey.NoRisk),
				perm("Sites", "deleteSite", "Delete a site", apikey.NoRisk),
				perm("Sites", "updateSite", "Update site settings", apikey.NoRisk)}},
			{Feature: "ApiKeys", Title: "API Keys", Permissions: []apikey.PermissionInfo{
				perm("ApiKeys", "getApiKeys", "List API keys", apikey.NoRisk),
				perm("ApiKeys", "createApiKey", "Create a new API key", apikey.CanMint),
				perm("ApiKeys", "updateApiKey", "Update an existing API key", apikey.NoEffect),
				perm("ApiKeys", "deleteApiKey", "Delete an API key", apikey.CanMint)}},
			{Feature: "Verify", Title: "Verify", Permissions: []apikey.PermissionInfo{
				perm("Verify", "verify", "Verify CAPTCHA solutions", apikey.NoRisk)}},
		},
		PermissionPresets: []apikey.PermissionPreset{
			{Name: "verify only", Permissions: []apikey.Permission{{Feature: "Verify", Name: "verify"}}},
			{Name: "read only", Permissions: []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}, {Feature: "Sites", Name: "getSites"}}}},
		SecretPrefixes: []string{"pk_"}, MaxName: 200, UsagePage: "the portal's Audit page",
		AccessFields: []apikey.Field{apikey.FieldPermissions, apikey.FieldExpiry},
	}
}

func vertesia() apikey.Capabilities {
	return apikey.Capabilities{
		Service: wirename.Vertesia, Title: "Vertesia", Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(),
		ChangeRole: apikey.Can(), Disable: apikey.Can(), PublicKeys: apikey.Can(), Expiry: apikey.Can(),
		LastUsed: apikey.Cannot("not reported"), Restrictions: apikey.Cannot("none"), MaxName: 200, SecretPrefixes: []string{"sk-", "pk-"}, Types: []string{apikey.SecretKey, apikey.PublicKey},
		Roles: []apikey.RoleInfo{{Name: "reader", Description: "Read-only access"}, {Name: "executor", Description: "Execute interactions"},
			{Name: "application", Description: "Execute interactions and request public keys"},
			{Name: "developer", Description: "Create and edit, keys too", Risk: apikey.CanMint}, {Name: "admin", Description: "Everything", Risk: apikey.CanMint}},
		AccessFields: []apikey.Field{apikey.FieldRole, apikey.FieldType, apikey.FieldProject, apikey.FieldExpiry},
	}
}

func generic() apikey.Capabilities {
	return apikey.Capabilities{
		Service: wirename.Generic, Title: "Generic", Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Cannot("no update call"),
		ChangeRole: apikey.Cannot("no roles"), Disable: apikey.Cannot("no"), PublicKeys: apikey.Cannot("no"), Expiry: apikey.Can(), Restrictions: apikey.Can(),
		LastUsed: apikey.Can(), Environments: []apikey.Environment{apikey.Live, apikey.Test}, MaxName: 200, SecretPrefixes: []string{"sk_live_", "sk_test_"},
		AccessFields: []apikey.Field{apikey.FieldEnvironment, apikey.FieldExpiry, apikey.FieldRestrictions},
	}
}

var (
	prodProfile = ui.Profile{Name: "prod", Service: wirename.Prosopo, Environment: apikey.Live, Setting: apikey.Setting{Environment: apikey.Live, Remote: true}}
	testProfile = ui.Profile{Name: "staging", Service: wirename.Prosopo, Environment: apikey.Test, Setting: apikey.Setting{Environment: apikey.Test, Remote: true}}
)

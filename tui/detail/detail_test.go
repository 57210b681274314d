package detail

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/tui/ui"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newEnv() *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	return &ui.Env{Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Now: func() time.Time { return noon }, Zone: time.FixedZone("CET", 3600)}
}

func text(s Subject, width int) string { return strings.Join(render(newEnv(), s, width, false), "\n") }

func TestEveryFieldThatTheServiceReportsIsShown(t *testing.T) {
	on := true
	k := &apikey.Key{
		ID: "id-1", Name: "payments-api", Type: "sk", Role: "developer", Environment: apikey.Live,
		Permissions: []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}, {Feature: "Brand", Name: "newThing"}},
		Masked:      "pk7_****", Account: "acme", Project: "p-1", ProjectName: "Assistants", Enabled: &on,
		CreatedAt: apikey.At(noon.Add(-81 * 24 * time.Hour)), UpdatedAt: apikey.At(noon.Add(-time.Hour)),
		ExpiresAt: apikey.At(noon.Add(9 * 24 * time.Hour)), LastUsedAt: apikey.At(noon.Add(-2 * time.Minute)),
		Restrictions: &apikey.Restrictions{IPAddresses: []string{"10.0.0.0/8", "192.0.2.7"}, Referrers: []string{"https://shop.example"}, Endpoints: []string{"/v1/users"}},
		CreatedBy:    "maria", UpdatedBy: "ben", Own: true, Extra: map[string]json.RawMessage{"clearance": json.RawMessage(`"secret"`)},
	}
	caps := apikey.Capabilities{
		Roles:            []apikey.RoleInfo{{Name: "developer", Description: "makes keys"}},
		PermissionGroups: []apikey.PermissionGroup{{Feature: "AccessRules", Title: "Access Rules", Permissions: []apikey.PermissionInfo{{Permission: apikey.Permission{Feature: "AccessRules", Name: "getRules"}, Description: "List rules"}}}},
	}
	got := text(Subject{Key: k, Caps: caps, Findings: []apikey.Finding{{Kind: apikey.FindingAge, Detail: "created 81 days ago"}}}, 60)
	for _, want := range []string{
		"id-1", "payments-api", "secret (sk)", "developer", "makes keys", "LIVE", "pk7_****", "acme", "Assistants (p-1)", "enabled    yes",
		"2026-09-03 13:00:00 CET", "81d ago", "2026-11-23 12:00:00 CET", "2026-12-02 13:00:00 CET", "in 9d", "2026-11-23 12:58:00 CET", "2m ago",
		"Access Rules", "getRules", "List rules", "Brand.newThing", "10.0.0.0/8", "192.0.2.7", "https://shop.example", "/v1/users",
		"maria", "ben", "the key that detent itself uses", "clearance", "age: created 81 days ago",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown in\n%s", want, got)
		}
	}
}

func TestWhatTheServiceDoesNotSayIsUnknownAndWhatItLacksIsNotThere(t *testing.T) {
	caps := apikey.Capabilities{LastUsed: apikey.Cannot("look at the Audit page"), AccessFields: []apikey.Field{apikey.FieldRole, apikey.FieldProject}}
	got := text(Subject{Key: &apikey.Key{ID: "1"}, Caps: caps}, 60)
	for _, want := range []string{"(no name)", "created    unknown", "expires    unknown", "last used  unknown", "look at the Audit page", "project    unknown", "ROLE\nunknown"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown in\n%s", want, got)
		}
	}
	for _, gone := range []string{"PERMISSIONS", "RESTRICTIONS", "enabled", "account", "type"} {
		if strings.Contains(got, gone) {
			t.Errorf("%q is shown in\n%s", gone, got)
		}
	}
}

func TestNeverIsNotUnknown(t *testing.T) {
	got := text(Subject{Key: &apikey.Key{ID: "1", Name: "k", ExpiresAt: apikey.Never(), LastUsedAt: apikey.Never()}}, 60)
	if !strings.Contains(got, "expires    never") || !strings.Contains(got, "last used  never") {
		t.Error(got)
	}
}

func TestTheTextStaysInItsWidthWhateverTheServiceSays(t *testing.T) {
	hostile := "\x1b]0;owned\x07 中文 👨\u200d👩\u200d👧 " + strings.Repeat("x", 300) + "\u202e"
	k := &apikey.Key{ID: hostile, Name: hostile, Masked: hostile, Role: hostile, Type: hostile, Account: hostile, ProjectName: hostile, CreatedBy: hostile,
		Environment: apikey.Environment(hostile), Permissions: []apikey.Permission{{Feature: hostile, Name: hostile}},
		Restrictions: &apikey.Restrictions{Endpoints: []string{hostile}}, Extra: map[string]json.RawMessage{hostile: json.RawMessage(`"` + hostile + `"`)}}
	for width := 12; width < 90; width += 7 {
		d := New(newEnv())
		d.SetSize(width, 30)
		d.Show(Subject{Key: k, Findings: []apikey.Finding{{Kind: apikey.FindingUnused, Detail: hostile}}})
		for range 40 {
			for _, line := range d.Lines() {
				if ansi.StringWidth(line) != width {
					t.Fatalf("a line is %d cells wide, not %d: %q", ansi.StringWidth(line), width, line)
				}
				if strings.ContainsAny(line, "\x1b\x07\u202e\u200d") {
					t.Fatalf("%q lets a control through", line)
				}
			}
			d.Update(tea.KeyMsg{Type: tea.KeyPgDown})
		}
	}
}

func TestALongDetailScrollsAndSaysHowMuchIsLeft(t *testing.T) {
	k := &apikey.Key{ID: "1", Name: "k"}
	for range 40 {
		k.Permissions = append(k.Permissions, apikey.Permission{Name: "p"})
	}
	d := New(newEnv())
	d.SetSize(40, 10)
	d.Show(Subject{Key: k})
	if !strings.Contains(d.View(), "more lines") {
		t.Fatalf("nothing says that there is more:\n%s", d.View())
	}
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("G")})
	if !strings.Contains(d.View(), "lines above") {
		t.Fatalf("G does not go to the end:\n%s", d.View())
	}
	d.Show(Subject{Key: &apikey.Key{ID: "2", Name: "other"}})
	if !strings.Contains(d.View(), "other") {
		t.Fatal("another key does not begin at its top")
	}
}

func TestWarningsComeBeforeNotes(t *testing.T) {
	got := text(Subject{Key: &apikey.Key{ID: "1", Name: "k"}, Findings: []apikey.Finding{
		{Kind: apikey.FindingNeverExpires, Detail: "has no expiry"}, {Kind: apikey.FindingUnused, Detail: "never used"},
	}}, 60)
	if strings.Index(got, "! unused") > strings.Index(got, "· never expires") || !strings.Contains(got, "· never expires: has no expiry") {
		t.Error(got)
	}
}

// TestBesideTheListTheTextKeepsItsPlace: what moves from key to key flickers, and costs a thin line its bytes.
func TestBesideTheListTheTextKeepsItsPlace(t *testing.T) {
	caps := apikey.Capabilities{AccessFields: []apikey.Field{apikey.FieldPermissions}, PermissionGroups: []apikey.PermissionGroup{{Feature: "Verify", Title: "Verification",
		Permissions: []apikey.PermissionInfo{{Permission: apikey.Permission{Feature: "Verify", Name: "verify"}, Description: "Verify an answer"}}}}}
	perms := []apikey.Permission{{Feature: "Verify", Name: "verify"}}
	bare := Subject{Caps: caps, Key: &apikey.Key{ID: "1", Name: "bare", Permissions: perms, CreatedAt: apikey.At(noon), ExpiresAt: apikey.Never()}}
	old := Subject{Caps: caps, Key: &apikey.Key{ID: "2", Name: "old", Permissions: perms, CreatedAt: apikey.At(noon.AddDate(-1, 0, 0)), ExpiresAt: apikey.At(noon.AddDate(0, 1, 0))},
		Marks: ui.MarkOf(apikey.FindingAge), Findings: []apikey.Finding{{Kind: apikey.FindingAge, Detail: "created 365 days ago"}, {Kind: apikey.FindingCanMint}}}
	a, b := render(newEnv(), bare, 40, true), render(newEnv(), old, 40, true)
	if len(a) != len(b) {
		t.Fatalf("%q\n%q", a, b)
	}
	for i := range a {
		label := func(s string) string { return strings.TrimSpace(s[:min(len(s), 10)]) }
		if i > 1 && label(a[i]) != label(b[i]) {
			t.Errorf("line %d: %q, %q", i, a[i], b[i])
		}
	}
	all := strings.Join(b, "\n")
	for _, word := range []string{"! old", "can mint", "verify"} {
		if !strings.Contains(all, word) {
			t.Errorf("%q is not said:\n%s", word, all)
		}
	}
	if strings.Contains(all, "Verify an answer") || !strings.Contains(text(old, 40), "Verify an answer") {
		t.Error("explanations belong to the pane that has the focus")
	}
}

// Labels that are cut read the same: each is whole where the pane is at least twice as wide.
// TestWhatAServiceHasBesideIsCalledAsItCallsIt: by names, and none in its words; what it does not report of access is unknown.
func TestWhatAServiceHasBesideIsCalledAsItCallsIt(t *testing.T) {
	caps := apikey.Capabilities{AccessFields: []apikey.Field{"note"}, Properties: []apikey.Property{{Field: "zones", Kind: apikey.ListProperty, Choices: []apikey.Choice{{Value: "z1", Name: "shop.example"}}},
		{Field: "hosts", Kind: apikey.AddressesProperty, Without: "any host"}, {Field: "starts", Kind: apikey.InstantProperty}, {Field: "note", Kind: apikey.TextProperty}, {Field: "rpm"}}}
	got := text(Subject{Caps: caps, Key: &apikey.Key{ID: "1", Name: "a", Extra: map[string]json.RawMessage{"zones": json.RawMessage(`["z1","z9"]`), "hosts": json.RawMessage("null"),
		"starts": json.RawMessage(`"2026-12-05T12:00:00Z"`), "other": json.RawMessage("null")}}}, 60)
	for _, want := range []string{"zones      shop.example, z9", "hosts      none: any host", "starts     2026-12-05 13:00:00 CET", "note       unknown", "other      null"} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "rpm") {
		t.Errorf("nothing says that keys have it:\n%s", got)
	}
}

func TestEachLabelOfWhatIsAlsoSetIsWhole(t *testing.T) {
	extra := map[string]json.RawMessage{"former_secret_dies": json.RawMessage(`"x"`), "former_secret_last_used": json.RawMessage(`"y"`), "id_of_the_workspace": json.RawMessage("7")}
	for width := 50; width <= 120; width += 7 {
		got := text(Subject{Key: &apikey.Key{ID: "1", Name: "shop", Extra: extra}}, width)
		for name, value := range map[string]string{"former_secret_dies": "x", "former_secret_last_used": "y", "id_of_the_workspace": "7"} {
			if !regexp.MustCompile(strings.ReplaceAll(name, "_", " ") + ` +"?` + value).MatchString(got) {
				t.Errorf("%d: %s is not whole:\n%s", width, name, got)
			}
		}
	}
}

// What a service tells as JSON is read to its end, whatever the width.
func TestJSONIsBrokenAtItsSpacesAndNotCut(t *testing.T) {
	raw := json.RawMessage(`[{"effect":"allow","groups":[{"id":"c8fed203ed3043cba015a93ad1616f1f","name":"Zone Read"}],"resources":{"com.example.zone.*":"*"}}]`)
	for width := 45; width <= 120; width += 5 {
		got := text(Subject{Key: &apikey.Key{ID: "1", Name: "shop", Extra: map[string]json.RawMessage{"policies": raw}}}, width)
		for _, want := range []string{`"allow",`, `"c8fed203ed3043cba015a93ad1616f1f",`, `"com.example.zone.*":`} {
			if !strings.Contains(got, want) || strings.Contains(got, "…") {
				t.Errorf("%d: %s is not there:\n%s", width, want, got)
			}
		}
	}
}

// In the list of all profiles the frame does not say whose a key is.
func TestAKeyOfAllProfilesSaysItsProfileAndEnvironment(t *testing.T) {
	s := Subject{Key: &apikey.Key{ID: "1", Name: "shop"}, Profile: "prod", Environment: apikey.WordLive}
	if got := text(s, 60); !strings.Contains(got, "profile    prod  LIVE") {
		t.Error(got)
	}
	if got := text(Subject{Key: s.Key}, 60); strings.Contains(got, "profile") {
		t.Error(got)
	}
}

func TestWhatHasNoPlaceOfItsOwnIsShownByItsName(t *testing.T) {
	k := &apikey.Key{ID: "1", Name: "shop ~rznjoqz5tye", CannotRetrieve: true, Extra: map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`), "tenants": json.RawMessage("7")}}
	got := text(Subject{Key: k}, 60)
	for _, want := range []string{"shop ~rznjoqz5tye\n", "ALSO SET", "\nretrieve   no", "\nproperties { \"team\": \"shop\" }", "\ntenants    7"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown in\n%s", want, got)
		}
	}
	if got := text(Subject{Key: &apikey.Key{ID: "1", Name: "shop"}}, 60); strings.Contains(got, "ALSO SET") {
		t.Errorf("nothing else is reported:\n%s", got)
	}
	// Every field of the table is somewhere on the screen.
	yes := true
	at := apikey.At(noon.Add(-time.Hour))
	full := &apikey.Key{ID: "v-id", Name: "v-name", Type: "v-type", Role: "v-role", Environment: "v-env", Permissions: []apikey.Permission{{Name: "v-right"}}, Added: []apikey.Permission{{Name: "v-added"}}, Masked: "v-mask", Account: "v-account",
		Project: "v-project", ProjectName: "v-title", Enabled: &yes, CreatedAt: at, UpdatedAt: at, ExpiresAt: at, LastUsedAt: at, RolledAt: at, FormerEndsAt: at, FormerUsedAt: at, Restrictions: &apikey.Restrictions{IPAddresses: []string{"v-ip"}},
		CreatedBy: "v-maker", UpdatedBy: "v-changer", CanRetrieve: true, Extra: map[string]json.RawMessage{}}
	for f := range apikey.Fields() {
		if f.IsExtra() {
			full.Extra[string(f.ID)] = json.RawMessage(`"v-` + string(f.ID) + `"`)
		}
	}
	shown := text(Subject{Key: full}, 80)
	for f := range apikey.Fields() {
		_, isTime := f.Moment(full)
		if !f.Reported(full) {
			t.Errorf("the key of this test has no value for %s: give it one", f.ID)
		} else if value := strings.Trim(f.Text(full), `"`); !isTime && f.ID != apikey.FieldEnabled && !strings.Contains(shown, value) {
			t.Errorf("%s, %q, is not shown: is it in laidOut, and written nowhere?\n%s", f.ID, value, shown)
		}
	}
}

// An id that is broken in two cannot be read, searched or selected.
func TestNoIDIsBrokenAtAnyWidth(t *testing.T) {
	for _, id := range []string{"65f03c6ef36712345678abcd", "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0", strings.Repeat("k", 30)} {
		for width := len([]rune(id)); width < 80; width++ {
			d := New(newEnv())
			d.SetSize(width, 60)
			d.Show(Subject{Key: &apikey.Key{ID: id, Name: "k", Masked: id[:20], Project: id}})
			if n := strings.Count(d.View(), id); n < 2 {
				t.Fatalf("%s in %d cells:\n%s", id, width, d.View())
			}
		}
	}
}

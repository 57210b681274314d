//go:build unix

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/host"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

// keptTokens are the token files that detent wrote itself.
func (m *machine) keptTokens() []string {
	m.t.Helper()
	files, err := filepath.Glob(filepath.Join(m.home, ".local/share/detent/tokens/*"))
	if err != nil {
		m.t.Fatal(err)
	}
	return files
}

func draftOf(t *testing.T, h *host.Screens, name string) ui.ProfileDraft {
	t.Helper()
	for _, p := range h.Profiles() {
		if p.Name == name {
			return p.Draft
		}
	}
	t.Fatalf("there is no profile %s", name)
	return ui.ProfileDraft{}
}

func TestATypedTokenWorksAtOnceAndItsFileGoesWithIt(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	h := m.hostFor()
	works := func() error {
		c, err := h.Open(t.Context(), "team")
		if err == nil {
			_, err = client.ListAll(t.Context(), c.Service)
		}
		return err
	}
	n := ui.ProfileDraft{Name: "team", Service: wirename.Prosopo, URL: r.url, NewToken: apikey.NewSecret("not-the-token-canary")}
	if err := h.SaveProfile(t.Context(), nil, n); err != nil {
		t.Fatal(err)
	}
	if err := works(); !client.IsKind(err, client.Unauthorized) {
		t.Errorf("with a wrong token: %v", err)
	}
	old := m.keptTokens()
	before := draftOf(t, h, "team")
	after := before
	after.TokenFile, after.NewToken, after.ReadOnly = "", apikey.NewSecret(r.tokens["prosopo"]), true
	if err := h.SaveProfile(t.Context(), &before, after); err != nil {
		t.Fatal(err)
	}
	if err := works(); err != nil {
		t.Error(err)
	}
	kept := m.keptTokens()
	if len(old) != 1 || len(kept) != 1 || kept[0] == old[0] {
		t.Errorf("token files %v, then %v", old, kept)
	}
	// A change that fails leaves neither a file nor a changed profile.
	before = draftOf(t, h, "team")
	after = before
	after.TokenFile, after.NewToken, after.CanCreate = "", apikey.NewSecret("third-canary"), true
	var wrong *ui.FieldError
	if err := h.SaveProfile(t.Context(), &before, after); !errors.As(err, &wrong) || wrong.Field != "create" {
		t.Errorf("%v", err)
	}
	if now := m.keptTokens(); len(now) != 1 || now[0] != kept[0] {
		t.Errorf("token files %v", now)
	}
	// Where two profiles name a file, it stays for the other.
	path := filepath.Join(m.home, ".config/detent/config.toml")
	text := read(t, path) + "\n[profiles.twin]\nservice = \"prosopo\"\nurl = \"" + r.url + "\"\ntoken = { file = \"" + kept[0] + "\" }\n"
	m.write(".config/detent/config.toml", text)
	h = m.hostFor() // which reads it as it is now
	after = before
	after.TokenFile, after.TokenEnv = "", "TEAM"
	if err := h.SaveProfile(t.Context(), &before, after); err != nil {
		t.Fatal(err)
	}
	if now := m.keptTokens(); len(now) != 1 {
		t.Errorf("the twin's token is gone: %v", now)
	}
	if log := read(t, path); strings.Contains(log, "canary") || strings.Contains(log, r.tokens["prosopo"]) {
		t.Error("a token is in the configuration")
	}
	if log := read(t, filepath.Join(m.home, ".local/state/detent/audit.log")); !strings.Contains(log, `"profile-edit"`) || !strings.Contains(log, "token, read_only") || strings.Contains(log, "canary") {
		t.Errorf("the record: %s", log)
	}
}

func TestAProfileIsChangedOnlyAsItWasShown(t *testing.T) {
	m := newMachine(t)
	const text = "[profiles.prod]\nservice = \"generic\"\nurl = \"https://keys.example.com\"\ntoken = { env = \"T\" }\nmax_age = \"30d\"\n" +
		"[profiles.prod.deliver.app]\nfile = \"/run/app\"\n"
	path := m.write(".config/detent/config.toml", text)
	h := m.hostFor()
	before := draftOf(t, h, "prod")
	after := before
	after.URL, after.CanCreate = "https://other.example.com/", true
	m.write(".config/detent/config.toml", strings.Replace(text, "max_age = \"30d\"", "read_only = true", 1))
	if err := h.SaveProfile(t.Context(), &before, after); !errors.Is(err, config.ErrChanged) {
		t.Errorf("%v", err)
	}
	m.write(".config/detent/config.toml", text)
	if err := h.SaveProfile(t.Context(), &before, after); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(strings.Replace(text, "keys.example", "other.example", 1), "\"30d\"\n", "\"30d\"\ncreate  = true\n", 1)
	if got := read(t, path); got != want {
		t.Errorf("%s", got)
	}
	stale := before
	if err := h.SaveProfile(t.Context(), &stale, after); !errors.Is(err, config.ErrChanged) {
		t.Errorf("what was shown before the change: %v", err)
	}
	bad := draftOf(t, h, "prod")
	bad.URL = "https://user:canary@x.example"
	before = draftOf(t, h, "prod")
	var wrong *ui.FieldError
	if err := h.SaveProfile(t.Context(), &before, bad); !errors.As(err, &wrong) || wrong.Field != "url" || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
	if log, _ := os.ReadFile(filepath.Join(m.home, ".local/state/detent/audit.log")); strings.Contains(string(log), "canary") {
		t.Error("a password of an address is on record")
	}
	if err := m.hostFor("--demo").SaveProfile(t.Context(), nil, after); err == nil {
		t.Error("the demo wrote a configuration")
	}
}

func TestAProfileThatCannotBeSavedIsOnRecordAsCertainlyNotChanged(t *testing.T) {
	m := newMachine(t)
	target := m.write(strings.Repeat("c", 250), "[profiles.prod]\nservice = \"generic\"\nurl = \"https://keys.example.com\"\ntoken = { env = \"T\" }\n")
	link := m.write(".config/detent/config.toml", "")
	if err := errors.Join(os.Remove(link), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	h := m.hostFor()
	before := draftOf(t, h, "prod")
	after := before
	after.ReadOnly = true
	if err := h.SaveProfile(t.Context(), &before, after); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Fatalf("%v", err)
	}
	added := ui.ProfileDraft{Name: "team", Service: wirename.Generic, URL: "https://keys.example.com", NewToken: apikey.NewSecret("canary-of-a-token")}
	if err := h.SaveProfile(t.Context(), nil, added); err == nil {
		t.Fatal("saved")
	}
	if kept := m.keptTokens(); len(kept) != 0 {
		t.Errorf("tokens that no profile names: %v", kept)
	}
	out := m.must("audit")
	if strings.Count(out, " failed") != 2 || strings.Contains(out, "not certain") {
		t.Errorf("%s", out)
	}
}

func TestAnAdminEditsAndAddsProfilesInTheirSession(t *testing.T) {
	t.Parallel()
	h, r := newSSHHost(t), newRemote(t)
	token := filepath.Join(h.home, "token")
	if err := os.WriteFile(token, []byte(r.tokens["generic"]), 0o600); err != nil {
		t.Fatal(err)
	}
	prod := "# the runbook is in the wiki\n[profiles.prod]\nservice = \"generic\"   # ours\nurl = \"" + r.url + "\"\ntoken = { file = \"" + token + "\" }\ncreate = true\n"
	h.configure(prod, h.operator("ada", "admin", "prod"), h.operator("alice", "operator", "prod"))
	h.look <- struct{}{}
	path := filepath.Join(h.home, ".config/detent/config.toml")
	alice := openScreen(t, h.login("alice"), "xterm", 110, 30)
	alice.wait("generic")
	alice.press("p")
	alice.wait("not tested yet")
	alice.press("e")
	alice.wait("adding and editing profiles is for admins")
	alice.pressUntil("\x1b", "the dialog is closed", func() bool { return !alice.shows("not tested yet") })
	ada := openScreen(t, h.login("ada"), "xterm", 110, 30)
	ada.wait("key")
	ada.press("p")
	ada.wait("not tested yet")
	ada.press("e")
	ada.wait("Edit prod")
	for _, step := range []struct{ key, then string }{{"\r", "https, or http"}, {"\r", "▸ as it is"}, {"\r", "┃ Token"}, {"\r", "┃ Create"}, {"\r", "┃ Environment"},
		{"\r", "┃ Read-only"}, {" ", "▸ yes ◂"}, {"\r", "yes (was no)"}} {
		ada.press(step.key)
		ada.wait(step.then)
	}
	ada.pressUntil("\r", "the profile is changed", func() bool { return strings.Contains(read(t, path), "read_only") })
	want := strings.Replace(prod, "create = true\n", "create = true\nread_only = true\n", 1)
	if got := read(t, path); !strings.HasPrefix(got, want) {
		t.Errorf("the file: %s", got)
	}
	ada.wait("read-only")
	h.look <- struct{}{}
	alice.wait("profiles were changed")
	alice.press("p")
	alice.wait("read-only")
	alice.press("\r")
	waitFor(t, "alice has the profile as it is now", func() bool { return alice.shows("read-only") && !alice.shows("not tested yet") })
	alice.press("n")
	alice.wait("is read-only")
	if log := read(t, filepath.Join(h.home, ".local/state/detent/audit.log")); !strings.Contains(log, `"profile-edit"`) || !strings.Contains(log, `"ada"`) {
		t.Errorf("the record: %s", log)
	}

	ada.press("p")
	ada.wait("not tested yet")
	ada.press("a")
	ada.wait("Add a profile")
	for _, step := range []struct{ key, then string }{{"team", "team"}, {"\r", "┃ Service"}, {"\r", "┃ URL"}, {r.url, r.url}, {"\r", "┃ Where does"}, {"\r", "it is not shown"},
		{r.tokens["prosopo"], "characters"}, {"\r", "┃ Environment"}, {"\r", "┃ Read-only"}, {"\r", "typed, kept in a private file of detent"}} {
		ada.press(step.key)
		ada.wait(step.then)
	}
	ada.pressUntil("\r", "the profile is added", func() bool { return strings.Contains(read(t, path), "team") })
	ada.wait("profile team added")
	ada.wait("▸   team") // the form is gone, which would take the key
	ada.press("t")
	ada.wait("✓ works")
	ada.press("\r")
	ada.wait("team · prosopo")
	h.look <- struct{}{}
	h.look <- struct{}{} // the first look is over
	ada.press("q")
	if err := ada.end(); err != nil {
		t.Errorf("the session of who added it: %v", err)
	}
	cfg, err := config.Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := cfg.OperatorOf(h.key("ada").PublicKey()); !o.Sees("team") {
		t.Errorf("ada has %v", o.Profiles)
	}
	if o, _ := cfg.OperatorOf(h.key("alice").PublicKey()); o.Sees("team") {
		t.Errorf("alice has %v", o.Profiles)
	}
	if r := h.exec("ada", "list -p team -o json", ""); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if r := h.exec("alice", "list -p team", ""); r.code != 2 {
		t.Errorf("%+v", r)
	}
	for _, raw := range []string{ada.raw.String(), alice.raw.String(), h.err.String(), read(t, path), read(t, filepath.Join(h.home, ".local/state/detent/audit.log"))} {
		if strings.Contains(raw, r.tokens["prosopo"]) || strings.Contains(raw, r.tokens["generic"]) {
			t.Error("a token is shown or kept where it must not be")
		}
	}
	if files := h.keptTokens(); len(files) != 1 {
		t.Errorf("token files %v", files)
	}
}

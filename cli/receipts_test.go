//go:build unix

package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detent/apikey"
	"detent/tui/ui"
)

// TestWhereASecretWentIsOnRecord: printed, shown, copied and saved, each with its key, and never the secret.
func TestWhereASecretWentIsOnRecord(t *testing.T) {
	m := newMachine(t)
	id, secret := m.create("--name", "web", "--permission", "getRules")
	secrets := []string{secret}
	var made struct {
		Key    struct{ ID string }
		Secret string
	}
	decode(t, m.must("create", "--name", "json", "--permission", "getRules", "-o", "json"), &made)
	secrets = append(secrets, made.Secret)
	public := strings.TrimSpace(m.must("public-key", "-p", "local/vertesia", "--name", "front"))
	secrets = append(secrets, public)
	file := filepath.Join(m.home, "secret")
	m.must("create", "--name", "saved", "--permission", "getRules", "--deliver", "file:"+file)
	secrets = append(secrets, strings.TrimSpace(read(t, file)))

	h := m.hostFor()
	k := apikey.Key{ID: id, Name: "web"}
	if err := h.Showing(t.Context(), "local/prosopo", k); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Deliver(t.Context(), "local/prosopo", k, "file:"+file+"2", apikey.NewSecret(secret), false); err != nil {
		t.Fatal(err)
	}
	if err := h.Showing(t.Context(), "nowhere", k); err == nil {
		t.Error("shown of a profile that is not there")
	}
	var got []string
	for _, r := range m.audit() {
		detail, _ := r["detail"].(string)
		got = append(got, strings.TrimSpace(strings.Join([]string{r["action"].(string), word(r["key_name"]), word(r["key_id"]), regexp.MustCompile(` create-\w+$`).ReplaceAllString(detail, "")}, " ")))
	}
	want := []string{"create web " + id, "print web " + id + " to standard output", "create json " + made.Key.ID, "print json " + made.Key.ID + " to standard output",
		"public-key front", "print front  to standard output", "create saved *", "deliver saved * file:" + file, "reveal web " + id + " on the screen", "deliver web " + id + " file:" + file + "2"}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(want[i]), `\*`, `\w+`)+"$").MatchString(got[i]) {
			t.Fatalf("on record\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	for _, s := range secrets {
		if log := read(t, m.auditLog()); len(s) < 12 || strings.Contains(log, s) {
			t.Errorf("%.4s… is in the log", s)
		}
	}
}

// word is a value of a row; empty where there is none.
func word(v any) string {
	s, _ := v.(string)
	return s
}

// TestAnEditOfAProfileIsOnRecordBeforeAndAfter, and where a token that was typed is kept, without the token or a command's words.
func TestAnEditOfAProfileIsOnRecordBeforeAndAfter(t *testing.T) {
	m := newMachine(t)
	h := m.hostFor()
	added := ui.ProfileDraft{Name: "p", Service: "prosopo", URL: "https://a.example", NewToken: apikey.NewSecret("canary-token-0123456789")}
	if err := h.SaveProfile(t.Context(), nil, added); err != nil {
		t.Fatal(err)
	}
	before := draftOf(t, h, "p")
	changed := before
	changed.URL, changed.TokenFile, changed.TokenCommand, changed.ReadOnly, changed.Environment = "https://b.example", "", []string{"/usr/bin/pass", "show", "canary-path"}, true, apikey.Live
	if err := h.SaveProfile(t.Context(), &before, changed); err != nil {
		t.Fatal(err)
	}
	rows := m.audit()
	if got := word(rows[0]["detail"]); rows[0]["action"] != "profile-add" || !strings.HasPrefix(got, "https://a.example; the token that was typed is in the file "+m.home) {
		t.Errorf("%v", rows[0])
	}
	edit := rows[1]
	was, is := fmt.Sprint(edit["before"]), fmt.Sprint(edit["after"])
	if edit["action"] != "profile-edit" || edit["detail"] != "url, token, environment, read_only" || was != "map[environment: read_only:false token:file "+before.TokenFile+" url:https://a.example]" ||
		is != "map[environment:live read_only:true token:command pass url:https://b.example]" {
		t.Errorf("before %s\nafter %s\n%v", was, is, edit)
	}
	if out := m.must("audit"); !strings.Contains(out, "url https://a.example → https://b.example") || !strings.Contains(out, "read only no → yes") || !strings.Contains(out, "environment none → live") {
		t.Error(out)
	}
	if log := read(t, m.auditLog()); strings.Contains(log, "canary") {
		t.Error("a token, or a word of a command, is in the log")
	}
}

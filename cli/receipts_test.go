//go:build unix

package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detent/apikey"
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

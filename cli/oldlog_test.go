//go:build unix

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestALogOfTheFirstVersionIsShownVerifiedAndGoneOnFrom by each command that reads the log.
func TestALogOfTheFirstVersionIsShownVerifiedAndGoneOnFrom(t *testing.T) {
	m := newMachine(t)
	old := filepath.Join("..", "audit", "testdata", "v1")
	for name, to := range map[string]string{"audit.log": "audit.log", "audit.head": "audit.head", "older.log": "audit.2025.log"} {
		m.write(filepath.Join(".local/state/detent", to), read(t, filepath.Join(old, name)))
	}
	moved := filepath.Join(filepath.Dir(m.auditLog()), "audit.2025.log")
	m.want(0, "", "audit", "verify")
	if got := actionsOf(m.audit()); got != "update done, create done, login refused, delete failed, delete unknown" {
		t.Errorf("shown: %s", got)
	}
	m.create("--name", "now", "--permission", "getRules")
	if got := m.must("audit", "verify", moved); !strings.Contains(got, "records  16 (1 to 16), the chain holds") {
		t.Errorf("both versions: %s", got)
	}
	versions := ""
	for line := range strings.Lines(m.must("audit", "export", moved)) {
		var r struct{ V json.Number }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		versions += r.V.String()
	}
	if versions != strings.Repeat("1", 12)+strings.Repeat("2", 4) {
		t.Errorf("exported: %s", versions)
	}
	text := read(t, m.auditLog())
	for _, c := range [][2]string{{"role reader", "role admin"}, {`"v":1,"seq":5`, `"v":2,"seq":5`}, {`"key_name":"now"`, `"key_name":"not"`}, {"AccessRules.getRules", "AccessRules.addRules"}} {
		forged := strings.Replace(text, c[0], c[1], 1)
		if forged == text {
			t.Errorf("%s is not in the log", c[0])
		}
		if err := os.WriteFile(m.auditLog(), []byte(forged), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := m.run("", "audit", "verify", moved); r.code != 1 {
			t.Errorf("%s was changed: %+v", c[0], r)
		}
	}
}

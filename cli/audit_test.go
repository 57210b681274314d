//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/audit"
	"detent/desk"
	"detent/host"
)

func (m *machine) audit(args ...string) []map[string]any {
	m.t.Helper()
	var rows []map[string]any
	decode(m.t, m.must(append([]string{"audit", "-o", "json"}, args...)...), &rows)
	return rows
}

func (m *machine) auditLog() string { return filepath.Join(m.home, ".local/state/detent/audit.log") }

func actionsOf(rows []map[string]any) string {
	var out []string
	for _, r := range rows {
		out = append(out, r["action"].(string)+" "+r["result"].(string))
	}
	return strings.Join(out, ", ")
}

func TestEveryActionOfTheCommandLineIsOnRecord(t *testing.T) {
	m := newMachine(t, "USER=somebody", "SSH_CONNECTION=192.0.2.9 50000 192.0.2.1 22")
	if rows := m.audit(); len(rows) != 0 {
		t.Fatalf("before anything: %v", rows)
	}
	id, _ := m.create("-p", "local/vertesia", "--name", "web", "--role", "reader")
	m.must("update", "-p", "local/vertesia", "web", "--name", "web2", "--role", "executor")
	m.must("update", "-p", "local/vertesia", "web2", "--disable")
	m.must("update", "-p", "local/vertesia", "web2", "--enable")
	m.must("public-key", "-p", "local/vertesia", "--name", "front")
	m.must("delete", "-p", "local/vertesia", id, "--yes")
	m.must("list", "-p", "local/vertesia")
	secret := filepath.Join(m.home, "secret")
	m.must("create", "--name", "p", "--permission", "getRules", "--deliver", "file:"+secret)
	rows := m.audit()
	want := "create done, print done, update done, disable done, enable done, public-key done, print done, delete done, create done, deliver done"
	if got := actionsOf(rows); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	first, update := rows[0], rows[2]
	if got := fieldsOf(first); got != "action certain ended from granted key_id key_name profile result seq service time who" {
		t.Errorf("fields %s", got)
	}
	if first["key_id"] != id || first["key_name"] != "web" || first["profile"] != "local/vertesia" || first["service"] != "vertesia" ||
		first["certain"] != true || first["from"] != "192.0.2.9" || first["who"] == "" || first["seq"] != 1.0 {
		t.Errorf("%v", first)
	}
	if update["key_name"] != "web" || update["detail"] != "name web2, role executor" {
		t.Errorf("%v", update)
	}
	if d := rows[9]["detail"].(string); !strings.HasPrefix(d, "file:"+secret) {
		t.Errorf("delivered to %q", d)
	}
	if out := m.must("audit"); !strings.Contains(out, "WHO") || strings.Count(out, "\n") != 11 {
		t.Errorf("table:\n%s", out)
	}
	m.want(0, "", "audit", "verify")
}

// TestAuditFitsTheTerminal: a table where it fits and where nothing is a terminal, else every action in lines, whole.
func TestAuditFitsTheTerminal(t *testing.T) {
	rows := []host.AuditRow{
		{Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Who: "alice", From: "[2001:db8::1234:5678]:50000", Profile: "prod", Action: "delete", KeyID: "k1",
			KeyName: strings.Repeat("payments-", 12), Result: audit.Refused, Certain: true, Reason: desk.BeyondRole, Detail: "as\noperator"},
		{Time: time.Date(2026, 3, 1, 12, 0, 1, 0, time.UTC), From: "192.0.2.7:50000", Action: "login", Result: audit.Failed},
	}
	for _, width := range []int{40, 80, 120} {
		var b bytes.Buffer
		if err := writeAuditLines(&b, rows, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if len(line) > width {
				t.Errorf("at %d: %d cells: %s", width, len(line), line)
			}
		}
		whole := strings.Join(strings.Fields(b.String()), "")
		for _, want := range []string{"2026-03-01T12:00:00Z", "alicefrom[2001:db8::1234:5678]:50000", "delete" + rows[0].KeyName + "(k1)onprod:refused(beyondtherole);asoperator",
			"somebodyfrom192.0.2.7:50000", "login:failed,notcertain"} {
			if !strings.Contains(whole, want) {
				t.Errorf("at %d: %s is not in\n%s", width, want, b.String())
			}
		}
	}
	m := newMachine(t)
	name := "payments-" + strings.Repeat("x", 40)
	id, _ := m.create("--name", name, "--permission", "getRules")
	m.terminal("audit").wait("create " + name + " (" + id + ") on local/prosopo: done")
	if table := m.must("audit"); strings.Contains(table, " on local/prosopo") {
		t.Errorf("what is no terminal gets\n%s", table)
	}
}

func TestAuditShowsSinceATime(t *testing.T) {
	m := newMachine(t)
	m.create("--name", "k", "--permission", "getRules")
	now := m.now()
	for since, n := range map[string]int{"1h": 2, now.AddDate(0, 0, 1).Format("2006-01-02"): 0, now.AddDate(0, 0, -1).Format("2006-01-02"): 2, "2020-01-01T00:00:00Z": 2} {
		if rows := m.audit("--since", since); len(rows) != n {
			t.Errorf("--since %s: %d", since, len(rows))
		}
	}
	m.want(2, "--since", "audit", "--since", "yesterday")
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2027, 9, 5, 4, 0, 0, 0, time.UTC) // 01:00 there: the day has no midnight
	m.zone, m.now = santiago, func() time.Time { return first }
	m.create("--name", "dawn", "--permission", "getRules")
	if rows := m.audit("--since", "2027-09-05"); len(rows) != 2 {
		t.Errorf("on a day without a midnight: %d", len(rows))
	}
	m.want(2, "table, json or csv", "audit", "-o", "xml")
}

func TestAuditVerifyFindsWhatWasChangedAndPrintsTheHead(t *testing.T) {
	m := newMachine(t)
	m.want(0, "nothing is on record", "audit", "verify")
	m.create("--name", "k", "--permission", "getRules")
	head := regexp.MustCompile(`head +(\d+:[0-9a-f]{64})`).FindStringSubmatch(m.must("audit", "verify"))
	if head == nil {
		t.Fatal("no head is printed")
	}
	m.create("--name", "k2", "--permission", "getRules")
	m.must("audit", "verify", "--head", head[1])
	m.want(2, "--head", "audit", "verify", "--head", "x")
	r := m.run("", "audit", "verify", "--head", "1"+strings.TrimPrefix(head[1], "4"))
	if r.code != 1 || !strings.Contains(r.stdout, "record 1 is not the one") {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile(m.auditLog())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.auditLog(), bytes.Replace(b, []byte(`"k"`), []byte(`"j"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := m.run("", "audit", "verify"); r.code != 1 || !strings.Contains(r.stdout, "audit.log:2: ") {
		t.Errorf("%+v", r)
	}
	m.want(1, "tampered with or damaged", "audit")
	if err := os.WriteFile(m.auditLog(), append(b, `{"v":9,"seq":5}`+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := m.run("", "audit", "verify"); r.code != 1 || !strings.Contains(r.stdout, "newer detent") {
		t.Errorf("%+v", r)
	}
}

func TestTheDemosActionsGoWithTheDemo(t *testing.T) {
	m := newMachine(t)
	m.must("create", "--demo", "--name", "k", "--permission", "getRules")
	if _, err := os.Stat(m.auditLog()); err == nil {
		t.Error("the demo wrote to the user's log")
	}
}

func TestWhatCannotBeRecordedIsToldHere(t *testing.T) {
	m := newMachine(t)
	if err := os.MkdirAll(m.auditLog(), 0o700); err != nil { // a folder in the log's place
		t.Fatal(err)
	}
	m.want(0, "2 actions are not on record", "create", "--name", "k", "--permission", "getRules")
}

func TestAnActionWithoutAnEndIsNotCertain(t *testing.T) {
	m := newMachine(t)
	if _, err := audit.Open(filepath.Dir(m.auditLog()), m.now).Begin(audit.Action{Action: "delete", KeyID: "k"}); err != nil {
		t.Fatal(err)
	}
	if row := m.audit()[0]; row["result"] != "unknown" || row["certain"] != false {
		t.Errorf("%v", row)
	}
}

func TestRotationIsOnRecordWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	_, old := m.create("-p", "local/generic", "--name", "pay")
	file := filepath.Join(m.home, "secret")
	m.must("rotate", "-p", "local/generic", "pay", "--yes", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+file)
	fresh, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := actionsOf(m.audit())
	for _, want := range []string{"rotate done, create done, deliver done, stage done", "delete done, stage done"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	log, _ := os.ReadFile(m.auditLog())
	for _, secret := range []string{old, string(fresh)} {
		if secret = strings.TrimSpace(secret); bytes.Contains(log, []byte(secret)) || len(secret) < 20 {
			t.Error("a secret is in the log")
		}
	}
	for line := range bytes.Lines(log) {
		if !json.Valid(line) {
			t.Errorf("%s", line)
		}
	}
	m.must("audit", "verify")
}

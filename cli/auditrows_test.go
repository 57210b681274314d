//go:build unix

package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/audit"
	"detent/host"
)

func rawFields(pairs ...string) audit.Fields {
	f := audit.Fields{}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return f
}

// told are rows with all that a record can say.
func told() []host.AuditRow {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	end := at.Add(time.Second)
	row := func(r host.AuditRow) host.AuditRow {
		r.Seq, r.Time, r.Ended, r.Who, r.From, r.Profile, r.Service, r.Result, r.Certain = 7, at, &end, "alice", "192.0.2.7:4711", "prod", "prosopo", audit.Done, true
		return r
	}
	return []host.AuditRow{
		row(host.AuditRow{Action: "create", KeyID: "k1", KeyName: "web", Granted: rawFields("expires_at", "null", "permissions", `["AccessRules.getRules","AccessRules.addRule"]`, "role", `"reader"`,
			"restrictions", `{"ip_addresses":["192.0.2.0/24"],"referrers":[],"endpoints":["/v1"]}`, "custom_limit", `{"rps":5}`)}),
		row(host.AuditRow{Action: "create", KeyID: "k2", KeyName: "bare", Granted: rawFields("expires_at", `"2026-05-30T12:00:00Z"`, "permissions", "[]", "restrictions", `{"ip_addresses":[],"referrers":[],"endpoints":[]}`)}),
		row(host.AuditRow{Action: "update", KeyID: "k1", KeyName: "web", Detail: "name web2, role executor", Before: rawFields("name", `"web"`), After: rawFields("name", `"web2"`, "role", `"executor"`)}),
		row(host.AuditRow{Action: "disable", KeyID: "k1", KeyName: "web2", Before: rawFields("enabled", "true"), After: rawFields("enabled", "false"), Rotation: "r7k2mq4xzp", Stage: "disable"}),
		row(host.AuditRow{Action: "delete", KeyID: "k1", KeyName: "web2", Before: rawFields("enabled", "false", "role", `"executor"`)}),
		row(host.AuditRow{Action: "abort", KeyID: "k1", KeyName: "web2", Detail: "rotation r7k2mq4xzp", Rotation: "r7k2mq4xzp", Stage: "drain"}),
	}
}

var toldWords = []string{
	"granted role reader, permissions AccessRules.getRules AccessRules.addRule, expires never, restrictions 192.0.2.0/24 /v1, custom limit {\"rps\":5}",
	"granted permissions none, expires 2026-05-30T12:00:00Z, restrictions none",
	"name web → web2, role → executor",
	"state enabled → disabled; rotation r7k2mq4xzp at disable",
	"was role executor, was state disabled",
	"rotation r7k2mq4xzp",
}

func TestARowSaysWhatWasGrantedAndChangedInWords(t *testing.T) {
	for i, r := range told() {
		if got := strings.Join(r.More(), "; "); got != toldWords[i] {
			t.Errorf("%s:\ngot  %s\nwant %s", r.Action, got, toldWords[i])
		}
	}
	for _, width := range []int{60, 80} {
		var b bytes.Buffer
		if err := writeAuditLines(&b, told(), width); err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(strings.Fields(b.String()), "")
		for _, want := range toldWords {
			if !strings.Contains(whole, strings.ReplaceAll(want, " ", "")) {
				t.Errorf("at %d, %q is not in\n%s", width, want, b.String())
			}
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if ansi.StringWidth(line) > width {
				t.Errorf("at %d: %s", width, line)
			}
		}
	}
}

func TestTheTableAsCSVIsOfEveryRowAndNoFormula(t *testing.T) {
	rows := told()
	rows[0].KeyName = `=HYPERLINK("http://x","a")`
	rows[1].KeyName, rows[1].Detail = "a, \"quoted\"\nname", " =1+1"
	rows[2].Who = "@SUM(A1)"
	var b bytes.Buffer
	if err := writeAuditCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\r\n"); n < len(rows)+1 {
		t.Errorf("%d line ends of RFC 4180 in\n%s", n, b.String())
	}
	all, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(all) != len(rows)+1 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	at := func(row int, title string) string { return all[row][slices.Index(all[0], title)] }
	for _, c := range [][3]string{{"1", "key_name", `'=HYPERLINK("http://x","a")`}, {"2", "key_name", "a, \"quoted\"\nname"}, {"2", "detail", "' =1+1"}, {"3", "who", "'@SUM(A1)"},
		{"1", "granted", "role reader; permissions AccessRules.getRules AccessRules.addRule; expires never; restrictions 192.0.2.0/24 /v1; custom limit {\"rps\":5}"},
		{"3", "before", "name web"}, {"3", "after", "name web2; role executor"}, {"4", "rotation", "r7k2mq4xzp"}, {"4", "stage", "disable"}, {"1", "seq", "7"},
		{"1", "time", "2026-03-01T12:00:00Z"}, {"1", "ended", "2026-03-01T12:00:01Z"}, {"1", "result", "done"}, {"1", "certain", "true"}} {
		if got := at(int(c[0][0]-'0'), c[1]); got != c[2] {
			t.Errorf("row %s, %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestAuditOfAKeyTellsItsRotationsWhole: what was granted, where the secret went, and what became of the old key; and nobody else's.
func TestAuditOfAKeyTellsItsRotationsWhole(t *testing.T) {
	m := newMachine(t, "USER=somebody")
	old, _ := m.create("-p", "local/generic", "--name", "pay")
	m.create("-p", "local/generic", "--name", "other")
	file := filepath.Join(m.home, "secret")
	m.must("rotate", "-p", "local/generic", "pay", "--yes", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+file)
	want := "create done, print done, rotate done, create done, deliver done, stage done, said done, stage done, "
	for _, key := range []string{old, "pay"} {
		rows := m.audit("--key", key)
		got := actionsOf(rows)
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "delete done") {
			t.Errorf("--key %s: %s", key, got)
		}
		for _, r := range rows {
			if r["key_name"] == "other" {
				t.Errorf("--key %s: %v", key, r)
			}
			if r["action"] == "rotate" && word(r["detail"]) != "planned, strategy create, drain 0s as the operator named it, soak 0s as the operator named it" {
				t.Errorf("%v", r)
			}
			if r["rotation"] == nil && r["action"] != "print" && r["key_id"] != old {
				t.Errorf("of no rotation: %v", r)
			}
		}
	}
	if rows := m.audit("--key", "nobody"); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
	who := word(m.audit()[0]["who"])
	if rows := m.audit("--operator", who); len(rows) != len(m.audit()) {
		t.Errorf("--operator %s: %d", who, len(rows))
	}
	if rows := m.audit("--operator", "mallory"); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
	text := m.must("audit", "--key", "pay", "--operator", who, "-o", "csv")
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\r\n") || strings.Contains(line, `\r`) {
			t.Errorf("%q does not end as a line of CSV", line)
		}
	}
	if err != nil || len(lines) != len(m.audit("--key", "pay"))+1 || lines[0][0] != "seq" {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

// TestWhoSeesOneProfileSeesItsRows, and those of none: who logged in.
func TestWhoSeesOneProfileSeesItsRows(t *testing.T) {
	rows := told()[:3]
	rows[1].Profile, rows[2].Profile = "other", ""
	got := host.AuditFilter{Sees: func(p string) bool { return p == "prod" }}.Of(rows)
	if len(got) != 2 || got[0].Profile != "prod" || got[1].Profile != "" {
		t.Errorf("%+v", got)
	}
}

// TestAnExportIsTheLinesOfTheLog, a part of the chain that can be followed.
func TestAnExportIsTheLinesOfTheLog(t *testing.T) {
	m := newMachine(t)
	start := m.now()
	var passed atomic.Int64 // the embedded service asks for the time, too
	m.now = func() time.Time { return start.Add(time.Duration(passed.Add(int64(time.Second)))) }
	m.create("--name", "old", "--permission", "getRules")
	passed.Store(int64(100 * 24 * time.Hour))
	m.create("--name", "new", "--permission", "getRules")
	if all := m.must("audit", "export"); all != read(t, m.auditLog()) {
		t.Errorf("the whole log is\n%s", all)
	}
	r := m.run("", "audit", "export", "--since", "90d")
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	if r.code != 0 || len(lines) != 4 || strings.Contains(r.stdout, `"old"`) || !strings.Contains(r.stderr, "records 5 to 8; the head is 8:") {
		t.Errorf("%+v", r)
	}
	for i, line := range lines {
		var rec struct{ Prev string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256([]byte(lines[max(i-1, 0)])); i > 0 && rec.Prev != hex.EncodeToString(sum[:]) {
			t.Errorf("line %d does not follow from the one before", i+1)
		}
	}
	moved := m.auditLog() + ".1"
	if err := os.Rename(m.auditLog(), moved); err != nil {
		t.Fatal(err)
	}
	m.create("--name", "later", "--permission", "getRules")
	if out := m.must("audit", "export", moved); out != read(t, moved)+read(t, m.auditLog()) {
		t.Errorf("of two files:\n%s", out)
	}
	m.want(0, "nothing is on record here since then", "audit", "export", "--since", start.AddDate(1, 0, 0).Format(time.RFC3339))
	m.want(2, "--since", "audit", "export", "--since", "yesterday")
	b := read(t, m.auditLog())
	if err := os.WriteFile(m.auditLog(), []byte(strings.Replace(b, `"later"`, `"never"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := m.run("", "audit", "export", moved); r.code != 1 || !strings.Contains(r.stderr, "tampered with or damaged") || !strings.Contains(r.stdout, fmt.Sprintf("%q", "never")) {
		t.Errorf("of a log that was changed: %+v", r)
	}
}

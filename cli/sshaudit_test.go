//go:build unix

package cli

import (
	"encoding/csv"
	"strings"
	"testing"
)

// TestTheLogOverSSHIsForAdminsAlone, who see what concerns their profiles; that somebody else asked for it is on record.
func TestTheLogOverSSHIsForAdminsAlone(t *testing.T) {
	h := newSSHHost(t)
	id, secret := h.create("--name", "payments", "--permission", "getRules")
	h.create("-p", "local/vertesia", "--name", "elsewhere", "--role", "reader")
	for name, role := range map[string]string{"alice": "operator", "vera": "viewer"} {
		for _, command := range []string{"audit", "audit -o json --since 7d", "detent audit --key payments", "audit --operator ada -o csv"} {
			r := h.exec(name, command, "")
			if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "the log of who did what is for admins, and your role is "+role) {
				t.Errorf("%s, %s: %+v", name, command, r)
			}
		}
		h.visited(`\["` + name + `","audit","refused","beyond the role","as ` + role + `",null\]`)
	}
	var rows []map[string]any
	r := h.exec("ada", "audit -o json", "")
	decode(t, r.stdout, &rows)
	got := actionsOf(rows)
	if r.code != 0 || !strings.HasPrefix(got, "create done, print done, create done, print done, ") || !strings.Contains(got, "audit refused") || !strings.Contains(got, "login done") {
		t.Errorf("%+v", r)
	}
	if strings.Contains(r.stdout, secret) {
		t.Error("a secret is in it")
	}
	rows = nil
	decode(t, h.exec("ada", "audit -o json --key "+id, "").stdout, &rows)
	if got := actionsOf(rows); got != "create done, print done" {
		t.Errorf("of a key: %s", got)
	}
	rows = nil
	decode(t, h.exec("ada", "audit -o json --operator alice --since 1h", "").stdout, &rows)
	for _, row := range rows {
		if row["who"] != "alice" {
			t.Errorf("of alice: %v", row)
		}
	}
	if lines, err := csv.NewReader(strings.NewReader(h.exec("ada", "audit -o csv", "").stdout)).ReadAll(); err != nil || len(lines) < 10 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	for command, says := range map[string]string{"audit verify": "takes no argument", "audit export": "takes no argument", "audit --config /etc/passwd": "unknown flag", "audit -o xml": "table, json or csv",
		"audit --since yesterday": "--since"} {
		if r := h.exec("ada", command, ""); r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: %+v", command, r)
		}
	}
}

// TestAnAdminOfOneProfileSeesItsRows, and those of none.
func TestAnAdminOfOneProfileSeesItsRows(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	h.create("-p", "local/vertesia", "--name", "elsewhere", "--role", "reader")
	h.configure(h.operator("ada", "admin", "*"), h.operator("bert", "admin", "local/vertesia"))
	h.look <- struct{}{}
	h.look <- struct{}{} // the one before is over
	out := h.exec("bert", "audit -o json", "").stdout
	var rows []map[string]any
	decode(t, out, &rows)
	logins := 0
	for _, r := range rows {
		switch r["profile"] {
		case "local/vertesia":
		case nil:
			logins++
		default:
			t.Errorf("%v", r)
		}
	}
	if !strings.Contains(out, "elsewhere") || strings.Contains(out, "payments") || logins == 0 {
		t.Error(out)
	}
}

// TestAllProfilesOverSSHAreThoseOfTheOperator, and a filter takes words that look like flags for words.
func TestAllProfilesOverSSHAreThoseOfTheOperator(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	h.create("-p", "local/vertesia", "--name", "elsewhere", "--role", "reader")
	h.configure(h.operator("ada", "admin", "*"), h.operator("bert", "viewer", "local/vertesia"))
	h.look <- struct{}{}
	h.look <- struct{}{} // the one before is over
	names := func(who, command string) string {
		var keys []map[string]any
		r := h.exec(who, command+" -o json", "")
		decode(t, r.stdout, &keys)
		var out []string
		for _, k := range keys {
			out = append(out, k["name"].(string))
		}
		return strings.Join(out, " ")
	}
	for command, want := range map[string][2]string{
		"list --all-profiles":                {"payments elsewhere", "elsewhere"},
		"list --all-profiles pay":            {"payments", ""},
		"list --all-profiles '!role:reader'": {"payments", ""},
	} {
		if ada, bert := names("ada", command), names("bert", command); ada != want[0] || bert != want[1] {
			t.Errorf("%s: %q and %q, want %q", command, ada, bert, want)
		}
	}
	if r := h.exec("bert", "check --all-profiles --all", ""); strings.Contains(r.stdout, "payments") || r.code != 0 {
		t.Errorf("%+v", r)
	}
	for command, says := range map[string]string{"list colour:red": "FILTER: ", "list -- --config=/etc/passwd": "no key matches", "list --config /etc/passwd": "unknown flag"} {
		if r := h.exec("ada", command, ""); r.stdout != "" || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: %+v", command, r)
		}
	}
}

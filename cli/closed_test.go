//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/desk"
	"detent/keyserver/wirename"
	"detent/table"
)

// TestASecretThatReachesNobodyIsNoSuccess: each way to have no reader, for each way to print a secret.
func TestASecretThatReachesNobodyIsNoSuccess(t *testing.T) {
	secret, _ := apikey.ParseSecret("sk_test_abcdefghijklmnop")
	of := desk.Entry{KeyID: "k"}
	for flags, fails := range map[int]bool{os.O_RDWR: true, os.O_WRONLY: false} { // closed, and thrown away on purpose
		null, err := os.OpenFile(os.DevNull, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		a := newApp(World{Out: null, Now: time.Now})
		a.root()
		a.begin()
		for name, err := range map[string]error{
			"alone": a.printSecret(of, secret), "JSON": a.printCreatedJSON(of, table.Row{}, secret), "variable": a.printVariable(of, "X", secret),
		} {
			if (err != nil) != fails {
				t.Errorf("%s, opened with %d: %v", name, flags, err)
			}
		}
		if err := a.printCreatedJSON(of, table.Row{}, apikey.Secret{}); err != nil {
			t.Errorf("without a secret: %v", err)
		}
		_ = null.Close()
	}
	terminal, err := os.OpenFile(t.TempDir()+"/file", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	if isClosed(terminal) {
		t.Error("a file that is open is taken for a closed one")
	}
}

func TestCreateWithStandardOutputClosedLeavesNoKey(t *testing.T) {
	m := newMachine(t)
	for _, more := range [][]string{nil, {"-o", "json"}} {
		p := m.process(append([]string{"create", "--name", "k", "--permission", "getRules"}, more...)...)
		var errs strings.Builder
		p.Path, p.Args = "/bin/sh", append([]string{"sh", "-c", `exec "$0" "$@" >&-`, p.Path}, p.Args[1:]...)
		p.Stderr = &errs
		err := p.Run()
		if p.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "standard output is closed") || !strings.Contains(errs.String(), "deleted again") {
			t.Errorf("%v: %v\n%s", more, err, errs.String())
		}
	}
	if rows := m.must("list", "-o", "json"); strings.Contains(rows, `"k"`) {
		t.Errorf("a key is left:\n%s", rows)
	}
}

// TestAnAdministratorThatReachesNobodyIsTakenBack: it would count as the last one that stays. The next start that can be read gives each contract its own.
func TestAnAdministratorThatReachesNobodyIsTakenBack(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip(err)
	}
	for _, nowhere := range []string{">&-", ">/dev/full", "a pipe that nobody reads"} {
		m := newMachine(t)
		into := func(args ...string) (code int, said string) {
			p := m.process(args...)
			var errs strings.Builder
			if strings.HasPrefix(nowhere, ">") {
				p.Path, p.Args = "/bin/bash", append([]string{"bash", "-c", `"$0" "$@" ` + nowhere, p.Path}, p.Args[1:]...)
			} else {
				p.Stdout = gone(t)
			}
			p.Stderr = &errs
			_ = p.Run()
			return p.ProcessState.ExitCode(), errs.String()
		}
		if code, said := into("serve", "--listen", "127.0.0.1:0", "--log", "none"); code != 1 || !strings.Contains(said, "was not written") || !strings.Contains(said, "deleted again") {
			t.Fatalf("%s: exit %d\n%s", nowhere, code, said)
		}
		s := m.serve()
		if len(s.lines) != 5 {
			t.Errorf("%s: the next start prints %d lines", nowhere, len(s.lines))
		}
		for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
			before := len(m.keys("local/" + service))
			if code, said := into("serve", "admin-token", service); code != 1 || !strings.Contains(said, "was not written") || !strings.Contains(said, "deleted again") {
				t.Errorf("%s, %s: exit %d\n%s", nowhere, service, code, said)
			}
			if after := len(m.keys("local/" + service)); after != before {
				t.Errorf("%s, %s: there were %d keys, there are %d", nowhere, service, before, after)
			}
		}
	}
}

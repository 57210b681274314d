//go:build linux

package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"detent/e2e/certtest"
)

func send(t *testing.T, method, url, token, body string) int {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestServeTellsOnStandardErrorWhoDidWhat(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string // in the order of the lines
	}{
		{nil, []string{`msg=created contract=generic key=key_`, `msg=refused contract=generic call="GET /v1/api-keys" status=401 reason=unknown_key`}},
		{[]string{"--log", "json"}, []string{`"msg":"created","contract":"generic"`, `"msg":"refused"`}},
		{[]string{"--log", "none"}, nil},
	} {
		m := newMachine(t)
		s := m.serve(c.args...)
		live := strings.TrimPrefix(s.lines[2], "GENERIC_LIVE_TOKEN=")
		if status := send(t, "POST", s.url+"/v1/api-keys", live, `{"name":"n","environment":"live"}`); status != 201 {
			t.Fatalf("create: %d", status)
		}
		if status := send(t, "GET", s.url+"/v1/api-keys", "wrong", ""); status != 401 {
			t.Fatalf("list: %d", status)
		}
		http.DefaultClient.CloseIdleConnections()
		s.end(syscall.SIGTERM)
		lines := strings.Split(strings.TrimSpace(s.errs.String()), "\n")
		if c.want == nil && s.errs.Len() == 0 {
			continue
		}
		if len(lines) != len(c.want) {
			t.Fatalf("%v: it tells %q", c.args, lines)
		}
		for i, want := range c.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%v: line %d is %s", c.args, i, lines[i])
			}
			if len(c.args) > 0 && !json.Valid([]byte(lines[i])) {
				t.Errorf("no JSON: %s", lines[i])
			}
		}
		if strings.Contains(s.errs.String(), live) {
			t.Error("a secret is in the log")
		}
	}
	m := newMachine(t)
	m.want(2, "--log", "serve", "--log", "xml")
	m.want(2, "--connections-per-address", "serve", "--connections-per-address", "-1")
}

func TestAKeyOfACertificateThatEverybodyReadsIsRefused(t *testing.T) {
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o400: false, 0o644: true, 0o604: true, 0o602: true, 0o666: true, 0o777: true} {
		m := newMachine(t)
		cert, key := certtest.Pair(t, 1)
		cp, kp := filepath.Join(m.home, "c.pem"), filepath.Join(m.home, "k.pem")
		if err := os.WriteFile(cp, cert, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kp, key, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(kp, mode); err != nil {
			t.Fatal(err)
		}
		if refused {
			m.want(2, "by everybody", "serve", "--listen", "127.0.0.1:0", "--tls-cert", cp, "--tls-key", kp)
			continue
		}
		s := m.serve("--tls-cert", cp, "--tls-key", kp)
		if !strings.HasPrefix(s.url, "https://") {
			t.Errorf("%v: %s", mode, s.url)
		}
		s.end(syscall.SIGTERM)
	}
}

func TestACopyOfAStoreIsOnRecord(t *testing.T) {
	m := newMachine(t)
	from, to := filepath.Join(m.home, "a.db"), filepath.Join(m.home, "b.db")
	m.serve("--store", from).end(syscall.SIGTERM)
	before := len(m.audit())
	m.must("serve", "--copy-from", from, "--store", to)
	rows := m.audit()
	if len(rows) != before+1 || rows[before]["action"] != "copy-store" || rows[before]["result"] != "done" || rows[before]["detail"] != from {
		t.Errorf("the log has %v", rows)
	}
	m.want(1, "not empty", "serve", "--copy-from", from, "--store", to)
	if rows = m.audit(); len(rows) != before+2 || rows[before+1]["result"] != "failed" {
		t.Errorf("the log has %v", rows)
	}
}

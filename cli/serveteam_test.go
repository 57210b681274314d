//go:build unix

package cli

import (
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"detent/e2e/servers/pgtest"
)

func get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServeKeepsItsStoreInPostgreSQL(t *testing.T) {
	m := newMachine(t)
	at := pgtest.Schema(t)
	m.want(2, "no store", "serve", "admin-token", "prosopo", "--store", at)
	first := m.serve("--store", at)
	if len(first.lines) != 5 {
		t.Fatalf("%d lines, want 5: the administrators and the address", len(first.lines))
	}
	live := strings.TrimPrefix(first.lines[2], "GENERIC_LIVE_TOKEN=")
	m.environ = append(m.environ, "DETENT_STORE="+at)
	second := m.serve("--metrics", "127.0.0.1:0")
	if len(second.lines) != 1 {
		t.Errorf("a second instance printed %d lines, want its address alone", len(second.lines))
	}
	if status, _ := get(t, second.url+"/v1/api-keys", live); status != 200 {
		t.Errorf("the second instance answers %d to the administrator of the first", status)
	}
	minted := m.must("serve", "admin-token", "vertesia")
	if status, _ := get(t, first.url+"/api/v1/apikeys", strings.TrimSpace(minted)); status != 200 {
		t.Errorf("a minted administrator: %d", status)
	}
	http.DefaultClient.CloseIdleConnections()
	if code := second.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	metrics := regexp.MustCompile(`metrics on (http://127\.0\.0\.1:\d+/metrics)`)
	if !metrics.MatchString(second.errs.String()) {
		t.Errorf("it does not say where its metrics are: %s", second.errs.String())
	}
	if code := first.end(syscall.SIGTERM); code != 0 || first.errs.Len() != 0 {
		t.Errorf("exit %d\n%s", code, first.errs.String())
	}
}

func TestServeCopiesAStoreIntoAnother(t *testing.T) {
	m := newMachine(t)
	path := filepath.Join(m.home, "s.db")
	old := m.serve("--store", path)
	live := strings.TrimPrefix(old.lines[2], "GENERIC_LIVE_TOKEN=")
	old.end(syscall.SIGTERM)
	at := pgtest.Schema(t)
	if r := m.run("", "serve", "--copy-from", path, "--store", at); r.code != 0 || !strings.Contains(r.stderr, "4 keys") {
		t.Errorf("%+v", r)
	}
	s := m.serve("--store", at)
	if status, _ := get(t, s.url+"/v1/api-keys", live); status != 200 || len(s.lines) != 1 {
		t.Errorf("the copied administrator: %d, and %d lines", status, len(s.lines))
	}
	http.DefaultClient.CloseIdleConnections()
	m.want(1, "not empty", "serve", "--copy-from", path, "--store", at)
	m.want(2, "--copy-from", "serve", "--copy-from", path, "--demo")
}

func TestServeTellsWhatIsWrongWithItsStoreOrMetrics(t *testing.T) {
	m := newMachine(t)
	m.want(2, "beyond loopback", "serve", "--metrics", "0.0.0.0:9420")
	m.want(2, "beyond loopback", "serve", "--metrics", ":9420")
	m.want(2, "no address", "serve", "--metrics", "nowhere")
	m.want(2, "neither a path nor a URL", "serve", "--store", "mysql://h/d")
	m.want(1, "no URL such as postgres://", "serve", "--listen", "127.0.0.1:0", "--store", "postgres://u:c4nary@%zz/d")
	m.want(1, "postgres://u@127.0.0.1:1/d", "serve", "--listen", "127.0.0.1:0", "--store", "postgres://u:c4nary@127.0.0.1:1/d")
}

//go:build unix

package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"detent/e2e/servers/pgtest"
)

// Miniflux is a feed reader whose users have API keys. Its operator's credential is one of those.
func Miniflux(t testing.TB) Server {
	t.Helper()
	const version = "2.3.5"
	from := folder(t, "miniflux")
	dir := built(t, "miniflux", []string{"go.mod", "go.sum"}, func(into string) error {
		return command(from, []string{"GOFLAGS=-mod=readonly", "GOWORK=off"}, "go", "build", "-o", filepath.Join(into, "miniflux"), "miniflux.app/v2")
	})
	database := newDatabase(t) + "?sslmode=disable"
	origin := start(t, "/healthcheck", "OK", func(port int) *exec.Cmd {
		cmd := exec.Command(filepath.Join(dir, "miniflux"))
		cmd.Env = []string{"DATABASE_URL=" + database, "RUN_MIGRATIONS=1", "CREATE_ADMIN=1", "ADMIN_USERNAME=admin", "ADMIN_PASSWORD=canary-pa55word",
			fmt.Sprintf("LISTEN_ADDR=127.0.0.1:%d", port), "DISABLE_SCHEDULER_SERVICE=1", "HOME=" + t.TempDir()}
		return cmd
	})
	var made struct{ Token string }
	call(t, "POST", origin+"/v1/api-keys", `{"description":"detent"}`, &made, func(r *http.Request) { r.SetBasicAuth("admin", "canary-pa55word") })
	return Server{URL: origin, Token: made.Token, Login: "admin:canary-pa55word", Version: version}
}

// BetterAuth is an application in Node with the plugin for API keys of better-auth. Its operator's credential is the cookie of a session.
func BetterAuth(t testing.TB) Server {
	t.Helper()
	dir, node := installed(t, "betterauth", "host.mjs")
	origin := start(t, "/api/auth/ok", `"ok":true`, func(port int) *exec.Cmd {
		cmd := exec.Command(node, filepath.Join(dir, "host.mjs"))
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), fmt.Sprintf("BASE_URL=http://127.0.0.1:%d", port), fmt.Sprintf("PORT=%d", port),
			"BETTER_AUTH_SECRET=0123456789abcdef0123456789abcdef", "BETTER_AUTH_TELEMETRY=0", "HOME=" + t.TempDir()}
		return cmd
	})
	answer := call(t, "POST", origin+"/api/auth/sign-up/email", `{"name":"ops","email":"ops@example.com","password":"canary-pa55word"}`, nil, nil)
	for _, c := range answer.Cookies() {
		if strings.HasSuffix(c.Name, "better-auth.session_token") {
			return Server{URL: origin, Token: c.Value, Version: versionOf(t, dir, "@better-auth/api-key")}
		}
	}
	t.Fatal("no session came of signing up")
	return Server{}
}

// Unleash is a service of feature flags with API tokens for its clients. Its operator's credential is an admin token.
func Unleash(t testing.TB) Server {
	t.Helper()
	const admin = "*:*.canary0admin0token0of0the0tests"
	dir, node := installed(t, "unleash")
	database := newDatabase(t)
	origin := start(t, "/health", `"health":"GOOD"`, func(port int) *exec.Cmd {
		cmd := exec.Command(node, filepath.Join(dir, "node_modules", "unleash-server", "dist", "server.js"))
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + database, "DATABASE_SSL=false", "HTTP_HOST=127.0.0.1", fmt.Sprintf("HTTP_PORT=%d", port),
			"INIT_ADMIN_API_TOKENS=" + admin, "CHECK_VERSION=false", "SEND_TELEMETRY=false", "LOG_LEVEL=warn", "HOME=" + t.TempDir()}
		return cmd
	})
	return Server{URL: origin, Token: admin, Version: versionOf(t, dir, "unleash-server")}
}

// newDatabase makes an empty database and returns its URL.
func newDatabase(t testing.TB) string {
	t.Helper()
	server := pgtest.Shared(t)
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, t.Name()))
	server.Query(t, "CREATE DATABASE "+name)
	return server.URL("detent")[:strings.LastIndex(server.URL("detent"), "/")+1] + name
}

// versionOf is that of an installed package.
func versionOf(t testing.TB, dir, pack string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "node_modules", filepath.FromSlash(pack), "package.json"))
	var about struct{ Version string }
	if err == nil {
		err = json.Unmarshal(raw, &about)
	}
	if err != nil {
		t.Fatal(err)
	}
	return about.Version
}

// call makes a request that must be answered with success.
func call(t testing.TB, method, url, body string, into any, change func(*http.Request)) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.NewDecoder(bytes.NewReader(raw)).Decode(into)
	}
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %v\n%s", method, url, resp.StatusCode, err, last(raw))
	}
	return resp
}

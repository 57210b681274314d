//go:build unix

package servers_test

import (
	"net/http"
	"os"
	"testing"

	"detent/e2e/servers"
	"detent/e2e/servers/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

func TestEveryServerRunsUntilItsTestEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real servers")
	}
	for name, begin := range map[string]func(testing.TB) servers.Server{"miniflux": servers.Miniflux, "better-auth": servers.BetterAuth, "unleash": servers.Unleash} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var origin string
			t.Run("running", func(t *testing.T) {
				s := begin(t)
				if s.Token == "" || s.Version == "" {
					t.Errorf("an operator has the token %q at version %q", s.Token, s.Version)
				}
				origin = s.URL
				resp, err := http.Get(origin)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			})
			if origin == "" {
				t.Skip("it was not started")
			}
			if resp, err := http.Get(origin); err == nil {
				_ = resp.Body.Close()
				t.Errorf("%s answers after its test ended", origin)
			}
		})
	}
}

package cli

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// What the documents promise in passing, and no other test looks at.

func TestExpiryThatIsLeftOutIsSaidAndOneThatIsGivenIsNot(t *testing.T) {
	m := newMachine(t)
	m.want(0, "--expires is left out: the key never expires; the screens begin with 90d", "create", "--name", "a", "--permission", "getRules")
	for _, given := range []string{"never", "30d"} {
		if r := m.want(0, "created b", "create", "--name", "b", "--permission", "getRules", "--expires", given); strings.Contains(r.stderr, "left out") {
			t.Errorf("--expires %s: %s", given, r.stderr)
		}
	}
	if keys := m.keys("local/prosopo"); keys[0]["expires_at"] != nil {
		t.Errorf("expires_at %v, want null", keys[0]["expires_at"])
	}
}

func TestTheLifetimeThatScreensBeginWithIsOneThatTheServiceGives(t *testing.T) {
	server := httptest.NewServer(&acme{keys: map[string]string{"root": "admin"}})
	defer server.Close()
	m := newMachine(t, "ACME_TOKEN=acme-0123456789-root")
	m.write(".config/detent/config.toml", "default_profile = \"a\"\n[profiles.a]\nservice = \"acme\"\nurl = \""+server.URL+"\"\ntoken = { env = \"ACME_TOKEN\" }\nparents = { project = \"42\" }\n")
	for expiry, want := range map[string]string{`{ longest = "45d" }`: "45d", `{ spans = ["30d", "60d", "365d"] }`: "60d", `{ spans = ["180d", "365d"] }`: "180d"} {
		m.write(".config/detent/issuers/acme.toml", strings.NewReplacer(`label = { field = "name" }`, `label = { field = "name" }, days = { field = "expires_at", as = "days" }`,
			`cannot = { expiry = "keys of Acme do not end" }`, "expiry = "+expiry).Replace(acmeFile))
		m.want(0, "the screens begin with "+want+"\n", "create", "--name", "a"+want)
	}
}

func TestTablesWithoutARowLeaveStandardOutputEmpty(t *testing.T) {
	m := newMachine(t)
	for _, args := range [][]string{{"list"}, {"list", "-o", "table"}, {"rotations"}, {"check", "--all"}} {
		if r := m.want(0, "detent: ", args...); r.stdout != "" {
			t.Errorf("%v: %q", args, r.stdout)
		}
	}
}

func TestReadOnlyIsRefusedBeforeTheServiceIsAsked(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "vertesia", "read_only = true")
	before := r.hits.Load()
	for _, args := range [][]string{
		{"create", "--name", "k", "--role", "reader"}, {"update", "k", "--disable"}, {"public-key"},
		{"delete", "k", "--yes"}, {"rotate", "k", "--yes", "--deliver", "file:x"},
	} {
		m.want(2, "read-only", args...)
	}
	if n := r.hits.Load() - before; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	m.want(0, "", "list", "--read-only")
}

package cli

import (
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

// limitedIssuer is a user's own issuer whose keys have limits, one of a few lifetimes, and an end that can be moved.
const limitedIssuer = `name = "limited"
proven = "documents 2026-11-29"
expiry = { spans = ["30d", "90d"], always = true }
number = [{ name = "spend", title = "dollars", most = 500 }]
row = { as_named = ["id", "name", "expiresAt"], secret = ["token"] }
list = { call = "GET /keys" }
create = { call = "POST /keys", fields = ["name"], send = { days = { field = "expires_at", as = "days" } } }
update = { call = "PATCH /keys/{id}", fields = ["name", "spend"], send = { days = { field = "expires_at", as = "days" } } }
refusals.own = ["text"]
probe = [{ call = "GET /me", answers = "object" }]
`

// issuerOfOnesOwn is a machine with a profile p of a user's own issuer, whose service lists rows and answers all else with what answer gives. sent is
// what was sent last to change something.
func issuerOfOnesOwn(t *testing.T, name, file, rows string, answer func(req *http.Request, body string) string) (m *machine, sent *string) {
	t.Helper()
	m, r := newMachine(t), newRemote(t)
	m.environ = append(m.environ, "P_TOKEN=token-0123456789abcdef")
	m.write(".config/detent/config.toml", "default_profile = \"p\"\n[profiles.p]\nservice = \""+name+"\"\nurl = \""+r.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	m.write(".config/detent/issuers/"+name+".toml", file)
	sent = new(string)
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/json")
		raw, _ := io.ReadAll(req.Body)
		if req.Method != http.MethodGet {
			*sent = req.Method + " " + string(raw)
		}
		if req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/keys") {
			_, _ = io.WriteString(w, rows)
		} else {
			_, _ = io.WriteString(w, answer(req, string(raw)))
		}
		return true
	}
	return m, sent
}

// asking is a command, and what it sends, or says where nothing is sent.
type asking struct {
	args []string
	want string
}

func (m *machine) asksFor(sent *string, all []asking) {
	m.t.Helper()
	for _, c := range all {
		*sent = ""
		if strings.HasPrefix(c.want, "P") {
			if m.must(c.args...); *sent != c.want {
				m.t.Errorf("%q sent %s, want %s", c.args, *sent, c.want)
			}
			continue
		}
		if m.want(2, c.want, c.args...); *sent != "" {
			m.t.Errorf("%q sent %s", c.args, *sent)
		}
	}
}

// TestLimitsAndEndsAreAskedForAndChanged, and what the service does not give is refused before anything is sent.
func TestLimitsAndEndsAreAskedForAndChanged(t *testing.T) {
	const row = `{"id":"k1","name":"ci","expiresAt":"2026-12-23T10:00:00Z","spend":100`
	m, sent := issuerOfOnesOwn(t, "limited", limitedIssuer, "["+row+"},"+strings.NewReplacer("k1", "k2", "ci", "web", "100", "400").Replace(row)+"}]", func(req *http.Request, body string) string {
		if req.Method == http.MethodPatch {
			return `{"id":"k1","name":"ci","expiresAt":"` + time.Now().Add(90*24*time.Hour).UTC().Format(time.RFC3339) + `","spend":null}`
		}
		return row + `,"token":"secret-0123456789abcdef"}`
	})
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	m.now = func() time.Time { return now }
	m.asksFor(sent, []asking{
		{[]string{"create", "--name", "ci", "--expires", "30d", "--set", "spend=100"}, `POST {"days":30,"name":"ci","spend":100}`},
		{[]string{"create", "--name", "ci"}, "the service gives no key without an end: 30d or 90d"},
		{[]string{"create", "--name", "ci", "--expires", "45d"}, "--expires: the service gives a key 30d or 90d, not 45d"},
		{[]string{"create", "--name", "ci", "--expires", "30d", "--set", "spend=501"}, "--set: spend: 501 is not from 0 to 500"},
		{[]string{"create", "--name", "ci", "--expires", "30d", "--set", "rpm=5"}, `there is no "rpm": say NAME=VALUE, with spend`},
		{[]string{"update", "k1", "--set", "spend=none", "--expires", "90d"}, `PATCH {"days":90,"spend":null}`},
		{[]string{"update", "k1", "--expires", "soon"}, `"soon" is not an expiry`},
		{[]string{"update", "k1", "--expires", "1d"}, "--expires: the service gives a key 30d or 90d, not 1d"},
		{[]string{"update", "k1"}, "nothing to change: use --name"},
	})
	if out := m.must("list", "spend>200"); !strings.Contains(out, "web") || strings.Contains(out, "ci") || !strings.Contains(out, "SPEND") {
		t.Errorf("the list has\n%s", out)
	}
	if out := m.must("audit", "-o", "json"); !strings.Contains(out, `"detail": "expiry, spend null"`) || strings.Count(out, `"spend": 100`) < 2 || !strings.Contains(out, `"spend": null`) || strings.Count(out, `"before"`) != 1 {
		t.Errorf("no receipt has the limit:\n%s", out)
	}
}

// kindsIssuer is a user's own issuer whose keys have what no field is, and whose service tells which zones there are.
// TestAccessThatAnAnswerDoesNotTellIsSaidToBeUnknown, as on screen; JSON leaves it out.
func TestAccessThatAnAnswerDoesNotTellIsSaidToBeUnknown(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.environ = append(m.environ, "P_TOKEN=token-0123456789abcdef")
	m.write(".config/detent/config.toml", "default_profile = \"p\"\n[profiles.p]\nservice = \"limited\"\nurl = \""+r.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	m.write(".config/detent/issuers/limited.toml", strings.NewReplacer(`"expiresAt"]`, `"expiresAt"], permissions = ["scopes"]`, `fields = ["name"], send`, `fields = ["name", "permissions"], send`).Replace(limitedIssuer))
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, map[bool]string{true: `[{"id":"k1","name":"ci","scopes":["read"],"spend":5}]`, false: `{"id":"k1","name":"web"}`}[req.Method == http.MethodGet])
		return true
	}
	if out := m.must("show", "k1"); !strings.Contains(out, "permissions   read\n") || !strings.Contains(out, "expires       unknown\n") {
		t.Errorf("\n%s", out)
	}
	if out := m.must("update", "k1", "--name", "web"); !strings.Contains(out, "permissions   unknown\n") || strings.Contains(out, "spend") {
		t.Errorf("\n%s", out)
	}
	if out := m.must("update", "k1", "--name", "web", "-o", "json"); strings.Contains(out, "permissions") || strings.Contains(out, "unknown") {
		t.Errorf("\n%s", out)
	}
}

const kindsIssuer = `name = "kinds"
proven = "documents 2026-11-29"
property = [{ name = "tier", kind = "choice", title = "plan", choices = ["free", "paid"] }, { name = "zones", kind = "list", title = "zones", without = "all zones", catalogue = { call = "GET /zones", id = "id", name = "name" } },
	{ name = "hosts", kind = "addresses", title = "from where" }, { name = "starts", kind = "instant", title = "when it begins to work" }]
row = { as_named = ["id", "name"], secret = ["token"] }
list = { call = "GET /keys" }
create = { call = "POST /keys", fields = ["name"] }
update = { call = "PATCH /keys/{id}", fields = ["zones", "tier"] }
refusals.own = ["text"]
probe = [{ call = "GET /me", answers = "object" }]
`

// TestWhatKeysHaveBesideIsAskedForChangedAndFound: words by the names that the service has for them, which is asked where it was not yet.
func TestWhatKeysHaveBesideIsAskedForChangedAndFound(t *testing.T) {
	const row = `{"id":"k1","name":"ci","tier":"free","zones":["z1","z2"],"starts":"2026-01-01T00:00:00Z"`
	asked := 0
	m, sent := issuerOfOnesOwn(t, "kinds", kindsIssuer, "["+row+"},"+strings.NewReplacer("k1", "k2", "ci", "web", "free", "gold", `"z1"`, `"*"`, "2026-01", "2027-01").Replace(row)+"}]", func(req *http.Request, body string) string {
		switch {
		case strings.HasSuffix(req.URL.Path, "/zones"):
			asked++
			return `[{"id":"z1","name":"example.com"},{"id":"z2","name":"example.org"}]`
		case req.Method == http.MethodPatch:
			return strings.Replace(body, "{", `{"id":"`+path.Base(req.URL.Path)+`","name":"ci",`, 1)
		}
		return row + `,"token":"secret-0123456789abcdef"}`
	})
	m.asksFor(sent, []asking{
		{[]string{"create", "--name", "ci", "--set", "zones=example.org,z1", "--set", "tier=paid", "--set", "hosts=10.0.0.0/8"}, `POST {"hosts":["10.0.0.0/8"],"name":"ci","tier":"paid","zones":["z1","z2"]}`},
		{[]string{"create", "--name", "ci", "--set", "starts=2027-01-31T10:00:00+01:00"}, `POST {"name":"ci","starts":"2027-01-31T09:00:00Z"}`},
		{[]string{"create", "--name", "ci", "--set", "zones=example.net"}, `--set: zones: there is no "example.net"`},
		{[]string{"create", "--name", "ci", "--set", "tier=gold"}, `--set: tier: there is no "gold"`},
		{[]string{"create", "--name", "ci", "--set", "hosts=10.0.0.1/8"}, "bits behind its mask"},
		{[]string{"update", "k1", "--set", "zones=none", "--set", "tier=paid"}, `PATCH {"tier":"paid","zones":[]}`},
		{[]string{"update", "k2", "--set", "zones=*,z1", "--set", "tier=gold"}, `PATCH {"tier":"gold","zones":["*","z1"]}`}, // which it has, and nobody names
		{[]string{"update", "k2", "--set", "tier=silver"}, `--set: tier: there is no "silver"`},
		{[]string{"update", "k1", "--set", "zones=*"}, `--set: zones: there is no "*"`},
		{[]string{"update", "k1", "--set", "hosts=10.0.0.1"}, "no call that changes hosts"},
	})
	if asked < 1 || asked > 2 {
		t.Errorf("the service was asked %d times", asked)
	}
	for filter, want := range map[string]string{"zones:z1": "ci", "tier:gold": "web", "starts<2026-06-01": "ci", "!zones:z1": "web"} {
		if out := m.must("list", filter, "-o", "json"); strings.Count(out, `"id"`) != 1 || !strings.Contains(out, `"name": "`+want+`"`) {
			t.Errorf("%s finds\n%s", filter, out)
		}
	}
	m.want(2, `no field "colour"`, "list", "colour:red")
	if out := m.must("permissions"); !strings.Contains(out, "example.org") || !strings.Contains(out, "--set hosts=") {
		t.Errorf("what can be granted:\n%s", out)
	}
	if out := m.must("audit", "-o", "json"); !strings.Contains(out, `"detail": "tier \"paid\", zones null"`) && !strings.Contains(out, "zones null") {
		t.Errorf("no receipt has the zones:\n%s", out)
	}
}

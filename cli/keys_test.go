package cli

import (
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func fieldsOf(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func TestListIsAnEmptyArrayWithoutKeys(t *testing.T) {
	m := newMachine(t)
	if out := m.must("list", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("got %q", out)
	}
	if r := m.run("", "list"); r.stdout != "" || !strings.Contains(r.stderr, "no keys on local/prosopo") {
		t.Errorf("%+v", r)
	}
}

func TestListHasEveryFieldThatTheServiceReportsAndNoOther(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct {
		profile, fields string
		create          []string
	}{
		{"local/prosopo", "created_at expires_at findings id masked name permissions profile service", []string{"--permission", "getRules"}},
		{"local/vertesia", "account created_at enabled expires_at fields findings id masked name profile project project_name role service type updated_at", []string{"--role", "reader"}},
		{"local/generic", "created_at environment expires_at findings id last_used_at masked name profile restrictions service", nil},
	} {
		id, secret := m.create(append([]string{"-p", c.profile, "--name", "first"}, c.create...)...)
		keys := m.keys(c.profile)
		if len(keys) != 1 {
			t.Fatalf("%s: %d keys", c.profile, len(keys))
		}
		k := keys[0]
		if got := fieldsOf(k); got != c.fields {
			t.Errorf("%s: fields\n%s\nwant\n%s", c.profile, got, c.fields)
		}
		if k["id"] != id || k["name"] != "first" || k["profile"] != c.profile || k["service"] != strings.TrimPrefix(c.profile, "local/") {
			t.Errorf("%s: %v", c.profile, k)
		}
		if v, there := k["expires_at"]; !there || v != nil {
			t.Errorf("%s: expires_at is %v, want null for never", c.profile, v)
		}
		if at, _ := k["created_at"].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`).MatchString(at) {
			t.Errorf("%s: created_at %q is not RFC 3339 in UTC", c.profile, at)
		}
		for _, args := range [][]string{{"list"}, {"list", "-o", "json"}} {
			if r := m.run("", append(args, "-p", c.profile)...); strings.Contains(r.stdout+r.stderr, secret) {
				t.Errorf("%v shows the secret", args)
			}
		}
	}
	others, _ := m.keys("local/vertesia")[0]["fields"].(map[string]any)
	if fieldsOf(others) != "can_retrieve_value created_by updated_by" || others["can_retrieve_value"] != false || others["created_by"] == "" {
		t.Errorf("fields without a name of their own: %v", others)
	}
	k := m.keys("local/generic")[0]
	if v, there := k["last_used_at"]; !there || v != nil {
		t.Errorf("last_used_at is %v, want null for never used", v)
	}
	if r, _ := k["restrictions"].(map[string]any); fieldsOf(r) != "endpoints ip_addresses referrers" {
		t.Errorf("restrictions %v", k["restrictions"])
	} else if list, ok := r["ip_addresses"].([]any); !ok || len(list) != 0 {
		t.Errorf("ip_addresses %v", r["ip_addresses"])
	}
}

func TestCreatePrintsTheSecretAloneAndSaysTheRestOnStandardError(t *testing.T) {
	m := newMachine(t)
	r := m.run("", "create", "--name", "payments", "--permission", "getRules", "--permission", "Sites.getSites", "--permission", "AccessRules.getRules")
	if r.code != 0 || !regexp.MustCompile(`^\S+\n$`).MatchString(r.stdout) {
		t.Fatalf("%+v", r)
	}
	if !strings.Contains(r.stderr, "never expires") || !strings.Contains(r.stderr, "created payments") || strings.Contains(r.stderr, strings.TrimSpace(r.stdout)) {
		t.Errorf("standard error: %s", r.stderr)
	}
	if got := m.keys("local/prosopo")[0]["permissions"]; !slices.Equal(got.([]any), []any{"AccessRules.getRules", "Sites.getSites"}) {
		t.Errorf("permissions %v", got)
	}
	if v := m.run(r.stdout, "verify"); v.code != 0 || !strings.HasPrefix(v.stdout, "valid") {
		t.Errorf("the printed secret does not work: %+v", v)
	}
}

func TestCreateJSONIsTheKeyAndTheSecret(t *testing.T) {
	m := newMachine(t)
	var out map[string]any
	decode(t, m.must("create", "-p", "local/vertesia", "--name", "v", "--role", "executor", "--expires", "30d", "-o", "json"), &out)
	if fieldsOf(out) != "key secret" {
		t.Fatalf("fields %s", fieldsOf(out))
	}
	key := out["key"].(map[string]any)
	if key["role"] != "executor" || key["type"] != "sk" || key["enabled"] != true || !strings.HasPrefix(out["secret"].(string), "sk-") {
		t.Errorf("%v", out)
	}
	at, err := time.Parse(time.RFC3339, key["expires_at"].(string))
	if left := time.Until(at); err != nil || left < 29*24*time.Hour || left > 30*24*time.Hour {
		t.Errorf("expires_at %v: %v", key["expires_at"], err)
	}
}

func TestExpiryDateIsTheEndOfThatDayInTheLocalZone(t *testing.T) {
	m := newMachine(t)
	m.zone = time.FixedZone("X", -5*3600)
	year := time.Now().Year() + 1
	date := time.Date(year, 1, 31, 0, 0, 0, 0, m.zone)
	_, _ = m.create("-p", "local/generic", "--name", "k", "--expires", date.Format("2006-01-02"))
	at, err := time.Parse(time.RFC3339, m.keys("local/generic")[0]["expires_at"].(string))
	if err != nil || !at.Equal(time.Date(year, 1, 31, 23, 59, 59, 0, m.zone)) {
		t.Errorf("%v %v", at, err)
	}
}

func TestCreateSetsEnvironmentAndRestrictionsWhereTheServiceTakesThem(t *testing.T) {
	m := newMachine(t)
	_, live := m.create("-p", "local/generic", "--name", "live")
	_, test := m.create("-p", "local/generic", "--name", "test", "--environment", "test", "--allow-ip", "192.0.2.0/24", "--allow-ip", "::1",
		"--allow-referrer", "https://shop.example.com/*", "--allow-endpoint", "/v1/users")
	if !strings.HasPrefix(live, "sk_live_") || !strings.HasPrefix(test, "sk_test_") {
		t.Errorf("secrets begin with %.8s and %.8s", live, test)
	}
	for _, k := range m.keys("local/generic") {
		if k["environment"] != k["name"] {
			t.Errorf("%v is in environment %v", k["name"], k["environment"])
		}
		if k["name"] == "test" {
			r := k["restrictions"].(map[string]any)
			if len(r["ip_addresses"].([]any)) != 2 || r["referrers"].([]any)[0] != "https://shop.example.com/*" || r["endpoints"].([]any)[0] != "/v1/users" {
				t.Errorf("restrictions %v", r)
			}
		}
	}
}

func TestCreateRefusesWhatCannotBeBeforeAnythingIsSent(t *testing.T) {
	prosopo := []string{"--permission", "getRules"}
	vertesia := []string{"-p", "local/vertesia", "--role", "reader"}
	generic := []string{"-p", "local/generic"}
	m := newMachine(t)
	for _, c := range []struct {
		base []string
		args []string
		says string
	}{
		{prosopo, nil, "--name: must not be empty"},
		{prosopo, []string{"--name", " "}, "--name: must not be empty"},
		{prosopo, []string{"--name", "a\x1b[31m"}, "control character"},
		{prosopo, []string{"--name", strings.Repeat("x", 201)}, "over the limit"},
		{nil, []string{"--name", "k"}, "--permission is needed"},
		{nil, []string{"--name", "k", "--permission", "getRule"}, `no permission "getRule"; did you mean AccessRules.getRules`},
		{nil, []string{"--name", "k", "--permission", "getrules"}, "did you mean AccessRules.getRules"},
		{nil, []string{"--name", "k", "--permission", "Sites.getRules"}, "use AccessRules.getRules"},
		{nil, []string{"--name", "k", "--permission", "zzzzzzzzzzzz"}, "there are "},
		{nil, []string{"--name", "k", "--permission", ""}, "no permission"},
		{prosopo, []string{"--name", "k", "--role", "admin"}, "have no role"},
		{prosopo, []string{"--name", "k", "--environment", "live"}, "have no environment"},
		{prosopo, []string{"--name", "k", "--allow-ip", "127.0.0.1"}, "no restrictions"},
		{prosopo, []string{"--name", "k", "--expires", "0"}, "--expires"},
		{prosopo, []string{"--name", "k", "--expires=-1"}, "--expires"},
		{prosopo, []string{"--name", "k", "--expires", "1e99"}, "--expires"},
		{prosopo, []string{"--name", "k", "--expires", ""}, "--expires"},
		{prosopo, []string{"--name", "k", "--expires", "2027-02-30"}, "--expires"},
		{prosopo, []string{"--name", "k", "--expires", "2020-01-01"}, "in the past"},
		{prosopo, []string{"--name", "k", "--expires", "99999d"}, "100 years"},
		{prosopo, []string{"--name", "k", "-o", "yaml"}, "must be table or json"},
		{prosopo, []string{"--name", "k", "extra"}, "extra"},
		{prosopo, []string{"--name", "k", "--colour"}, "unknown flag"},
		{prosopo, []string{"--name", "k", "--deliver", "ftp:x"}, "--deliver"},
		{prosopo, []string{"--name", "k", "--deliver", "nowhere"}, "--deliver"},
		{prosopo, []string{"--name", "k", "--deliver", "file:/no/such/folder/x"}, "nothing was created"},
		{prosopo, []string{"--name", "k", "--read-only"}, "read-only"},
		{vertesia[:2], []string{"--name", "k"}, "--role is needed: "},
		{vertesia[:2], []string{"--name", "k", "--role", "raeder"}, "did you mean reader"},
		{vertesia, []string{"--name", "k", "--permission", "getRules"}, "have no permissions"},
		{generic, []string{"--name", "k", "--environment", "dev"}, "must be live or test"},
		{generic, []string{"--name", "k", "--allow-ip", "1.2.3"}, "no IP address"},
		{generic, []string{"--name", "k", "--allow-ip", "10.1.2.3/8"}, "is 10.0.0.0/8 meant?"},
		{generic, []string{"--name", "k", "--allow-ip", "1.2.3.4/33"}, "no IP address"},
		{generic, []string{"--name", "k", "--allow-referrer", "shop.example.com"}, "no origin"},
		{generic, []string{"--name", "k", "--allow-referrer", "https://x.example/path"}, "no origin"},
		{generic, []string{"--name", "k", "--allow-endpoint", "v1/users"}, "no path"},
	} {
		r := m.run("", append(append([]string{"create"}, c.base...), c.args...)...)
		if r.code != 2 || !strings.Contains(r.stderr, c.says) || r.stdout != "" {
			t.Errorf("create %v %v: exit %d, want 2 saying %q\n%s%s", c.base, c.args, r.code, c.says, r.stdout, r.stderr)
		}
	}
	for _, p := range []string{"local/prosopo", "local/vertesia", "local/generic"} {
		if keys := m.keys(p); len(keys) != 0 {
			t.Errorf("%s: something was created: %v", p, keys)
		}
	}
}

func TestCreateTakesAPermissionThatIsSeenInUse(t *testing.T) {
	m := newMachine(t)
	m.must("create", "--name", "report", "--permission", "createReport", "--permission", "Traffic.ingestClientEvents", "--permission", "verify")
	keys := m.keys("local/prosopo")
	if len(keys) != 1 || !slices.Equal(keys[0]["permissions"].([]any), []any{"Traffic.createReport", "Traffic.ingestClientEvents", "Verify.verify"}) {
		t.Errorf("the keys are %v", keys)
	}
}

func TestCreateTakesAPermissionOfNoCatalogueThatAKeyHas(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo") // its administrator has every permission of the service
	m.must("create", "--name", "report", "--permission", "createReport")
	for _, k := range m.keys("p") {
		if k["name"] == "report" && !slices.Equal(k["permissions"].([]any), []any{"Traffic.createReport"}) {
			t.Errorf("%v", k)
		}
	}
	m.want(2, "no permission", "create", "--name", "report", "--permission", "createReportt")
}

func TestCreateSpellsFeaturesAsTheKeysOfTheAccountDo(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	mayList := true
	var sent string
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		switch body, _ := io.ReadAll(req.Body); {
		case req.URL.Path == "/api-keys/create":
			sent = string(body)
			_, _ = io.WriteString(w, `{"id":"k2","expiresAt":null,"token":"pro_0123456789abcdef"}`)
		case mayList:
			_, _ = io.WriteString(w, `[{"id":"k1","permissions":{"Site":["getSite"],"Odd One":["do.it"]}}]`)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
		return true
	}
	for _, c := range []struct {
		mayList     bool
		permissions []string
		want        string
	}{
		{true, []string{"getSites", "Odd One.do.it"}, `"permissions":{"Odd One":["do.it"],"Site":["getSites"]}`},
		{true, []string{"Sites.getSites"}, `"permissions":{"Site":["getSites"]}`},
		{false, []string{"getSites"}, `"permissions":{"Sites":["getSites"]}`},
	} {
		mayList = c.mayList
		args := []string{"create", "--name", "k"}
		for _, p := range c.permissions {
			args = append(args, "--permission", p)
		}
		m.must(args...)
		if !strings.Contains(sent, c.want) {
			t.Errorf("%v: sent %s, want %s", c.permissions, sent, c.want)
		}
	}
}

func TestCreateWarnsOfRightsThatMintOrDoNothing(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--permission", "createApiKey"}, "make, change or delete keys"},
		{[]string{"--permission", "updateApiKey"}, "does nothing today"},
		{[]string{"-p", "local/vertesia", "--role", "admin"}, "the role admin lets the key"},
	} {
		m.want(0, c.says, append([]string{"create", "--name", "k"}, c.args...)...)
	}
}

func TestUpdateChangesWhatTheServiceCan(t *testing.T) {
	m := newMachine(t)
	id, secret := m.create("-p", "local/vertesia", "--name", "before", "--role", "reader")
	m.must("update", "before", "-p", "local/vertesia", "--name", "after", "--role", "executor")
	m.must("update", "after", "-p", "local/vertesia", "--disable")
	if k := m.keys("local/vertesia")[0]; k["id"] != id || k["name"] != "after" || k["role"] != "executor" || k["enabled"] != false {
		t.Errorf("%v", k)
	}
	if r := m.run(secret, "verify", "-p", "local/vertesia"); r.code != 1 {
		t.Errorf("a disabled key is still valid: %+v", r)
	}
	var out map[string]any
	decode(t, m.must("update", id, "-p", "local/vertesia", "--enable", "-o", "json"), &out)
	if out["enabled"] != true {
		t.Errorf("%v", out)
	}
	if r := m.run(secret, "verify", "-p", "local/vertesia"); r.code != 0 {
		t.Errorf("an enabled key is not valid: %+v", r)
	}
}

func TestUpdateRefusesWhatTheServiceCannotWithItsReason(t *testing.T) {
	m := newMachine(t)
	m.create("--name", "k", "--permission", "getRules")
	m.create("-p", "local/vertesia", "--name", "k", "--role", "reader")
	m.want(2, "the service changes no key", "update", "k", "--name", "x")
	m.want(2, "no off switch", "update", "k", "--disable")
	m.want(2, "nothing to change", "update", "k", "-p", "local/vertesia")
	m.want(2, "exclude each other", "update", "k", "-p", "local/vertesia", "--enable", "--disable")
	m.want(2, "must not be empty", "update", "k", "-p", "local/vertesia", "--name", "")
	m.want(2, "no role", "update", "k", "-p", "local/vertesia", "--role", "emperor")
	m.want(2, "no role", "update", "k", "-p", "local/vertesia", "--name", "x", "--role", "emperor")
	m.want(2, "name one KEY", "update", "-p", "local/vertesia", "--enable")
	m.want(2, "read-only", "update", "k", "-p", "local/vertesia", "--disable", "--read-only")
	m.want(1, "no key that is listed has the id or the name", "update", "nope", "-p", "local/vertesia", "--disable")
	if k := m.keys("local/vertesia")[0]; k["name"] != "k" || k["enabled"] != true {
		t.Errorf("%v", k)
	}
}

// TestASecretIsNotSentToDeleteWhereTheServiceHasNoCallForThat: the key stays, and so it does without a confirmation.
func TestASecretIsNotSentToDeleteWhereTheServiceHasNoCallForThat(t *testing.T) {
	m := newMachine(t)
	_, secret := m.create("--name", "leaked", "--permission", "getRules")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"delete", "leaked", "--by-secret", "--yes"}, 2, "no call by which a secret deletes its own key"},
		{[]string{"delete", "leaked", "--by-secret"}, 2, "use --yes"},
	} {
		if r := m.run(secret, c.args...); r.code != c.code || !strings.Contains(r.stderr, c.says) || strings.Contains(r.stdout+r.stderr, secret) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
	if len(m.keys("local/prosopo")) != 1 {
		t.Error("the key is gone")
	}
}

func TestDeleteNeedsAConfirmationAndThenTheSecretIsRefused(t *testing.T) {
	m := newMachine(t)
	_, secret := m.create("--name", "old", "--permission", "getRules")
	m.want(2, "use --yes", "delete", "old")
	if len(m.keys("local/prosopo")) != 1 {
		t.Fatal("deleted without a confirmation")
	}
	if r := m.want(0, "", "delete", "old", "--yes"); !strings.Contains(r.stdout, "deleted old") {
		t.Errorf("%+v", r)
	}
	if len(m.keys("local/prosopo")) != 0 {
		t.Error("still listed")
	}
	if r := m.run(secret, "verify"); r.code != 1 {
		t.Errorf("the deleted secret still works: %+v", r)
	}
	m.want(1, "no key that is listed has the id or the name", "delete", "old", "--yes")
	m.want(2, "read-only", "delete", "old", "--yes", "--read-only")
}

func TestKeyIsAnIDOrANameThatOnlyOneKeyHas(t *testing.T) {
	m := newMachine(t)
	one, _ := m.create("-p", "local/generic", "--name", "twin")
	two, _ := m.create("-p", "local/generic", "--name", "twin")
	r := m.want(2, "2 keys are named \"twin\"", "delete", "twin", "--yes", "-p", "local/generic")
	if !strings.Contains(r.stderr, one) || !strings.Contains(r.stderr, two) {
		t.Errorf("the ids are not listed: %s", r.stderr)
	}
	m.must("delete", one, "--yes", "-p", "local/generic")
	m.must("delete", "twin", "--yes", "-p", "local/generic")
	if len(m.keys("local/generic")) != 0 {
		t.Error("still listed")
	}
	m.want(2, "KEY is empty", "delete", "", "--yes", "-p", "local/generic")
}

func TestVerifySaysWhichKeyItIsAndWhatItMayDo(t *testing.T) {
	m := newMachine(t)
	id, secret := m.create("--name", "k", "--permission", "getRules")
	for _, end := range []string{"", "\n", "\r\n"} {
		var out map[string]any
		r := m.run(secret+end, "verify", "-o", "json")
		decode(t, r.stdout, &out)
		if r.code != 0 || fieldsOf(out) != "key valid" || out["valid"] != true || out["key"].(map[string]any)["id"] != id {
			t.Errorf("%q: %+v", end, r)
		}
	}
	if r := m.run(secret, "verify"); r.code != 0 || !strings.Contains(r.stdout, id) || !strings.Contains(r.stdout, "proved by") {
		t.Errorf("%+v", r)
	}
	wrong := secret[:len(secret)-4] + "aaaa"
	r := m.run(wrong, "verify", "-o", "json")
	var out map[string]any
	decode(t, r.stdout, &out)
	if r.code != 1 || fieldsOf(out) != "fits valid" || out["valid"] != false {
		t.Errorf("%+v", r)
	}
}

// TestVerifyCallsNothingUnknownThatTheKeyShows: the proof alone does not tell a role, the key that was found does.
func TestVerifyCallsNothingUnknownThatTheKeyShows(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct {
		profile, shown, notShown string
		args                     []string
	}{
		{"local/prosopo", "permissions   AccessRules.getRules", "unknown       the permissions", []string{"--permission", "getRules"}},
		{"local/vertesia", "role          executor", "unknown       the role", []string{"--role", "executor"}},
		{"local/generic", "restrictions  none", "unknown       its restrictions", nil},
	} {
		_, secret := m.create(append([]string{"-p", c.profile, "--name", "k"}, c.args...)...)
		if r := m.run(secret, "verify", "-p", c.profile); r.code != 0 || !strings.Contains(r.stdout, c.shown) || strings.Contains(r.stdout, c.notShown) {
			t.Errorf("%s: %+v", c.profile, r)
		}
	}
}

func TestVerifyRefusesWhatCannotBeASecretWithoutRepeatingIt(t *testing.T) {
	m := newMachine(t)
	for text, says := range map[string]string{
		"": "empty", "\n": "empty", "canary canary": "space", `"canary"`: "quotes", "canary\ncanary\n": "more than one line", "canary…": "cut off", "A=canary": "NAME=VALUE",
	} {
		r := m.run(text, "verify")
		if r.code != 2 || !strings.Contains(r.stderr, says) || strings.Contains(r.stderr+r.stdout, "canary") {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func TestPublicKeyIsTheSameOneWhileItIsValid(t *testing.T) {
	m := newMachine(t)
	args := []string{"public-key", "-p", "local/vertesia", "--name", "web", "--ttl", "1h"}
	first := m.must(args...)
	if !regexp.MustCompile(`^pk-\S+\n$`).MatchString(first) {
		t.Fatalf("standard output %q", first)
	}
	if second := m.must(args...); second != first {
		t.Errorf("another value: %q and %q", first, second)
	}
	m.want(2, "public", "public-key")
	m.want(2, "--ttl", "public-key", "-p", "local/vertesia", "--ttl", "soon")
	m.want(2, "read-only", "public-key", "-p", "local/vertesia", "--read-only")
}

func TestCheckWarnsWithExitOneAndNotesNever(t *testing.T) {
	m := newMachine(t)
	m.create("-p", "local/generic", "--name", "fresh")
	if r := m.run("", "check", "-p", "local/generic", "-o", "json"); r.code != 0 || strings.Join(strings.Fields(r.stdout), "") != `{"findings":[]}` {
		t.Errorf("%+v", r)
	}
	r := m.run("", "check", "-p", "local/generic", "-o", "json", "--all")
	var out struct{ Findings []map[string]any }
	decode(t, r.stdout, &out)
	kinds := map[string]bool{}
	for _, f := range out.Findings {
		kinds[f["kind"].(string)] = true
		if f["severity"] != "note" || fieldsOf(f) != "detail key kind severity" || fieldsOf(f["key"].(map[string]any)) != "id name" {
			t.Errorf("%v", f)
		}
	}
	if r.code != 0 || !kinds["never_expires"] || !kinds["no_restrictions"] {
		t.Errorf("exit %d, %v", r.code, kinds)
	}

	m.create("-p", "local/generic", "--name", "soon", "--expires", "10d")
	for _, c := range []struct {
		after time.Duration
		args  []string
		want  map[string]string
	}{
		{0, nil, map[string]string{"expiring soon": "warning"}},
		{0, []string{"--expiring", "9d"}, nil},
		{11 * 24 * time.Hour, nil, map[string]string{"expired soon": "warning"}},
		{20 * 24 * time.Hour, []string{"--expiring", "1s", "--max-age", "19d"}, map[string]string{"age fresh": "warning", "age soon": "warning", "expired soon": "warning"}},
		{20 * 24 * time.Hour, []string{"--unused", "19d"}, map[string]string{"unused fresh": "warning", "unused soon": "warning", "expired soon": "warning"}},
		{91 * 24 * time.Hour, nil, map[string]string{"age fresh": "warning", "age soon": "warning", "unused fresh": "warning", "unused soon": "warning", "expired soon": "warning"}},
	} {
		later := *m
		later.now = func() time.Time { return time.Now().Add(c.after) }
		r := later.run("", append([]string{"check", "-p", "local/generic", "-o", "json"}, c.args...)...)
		var out struct {
			Findings []struct {
				Kind, Severity string
				Key            struct{ Name string }
			}
		}
		decode(t, r.stdout, &out)
		got := map[string]string{}
		for _, f := range out.Findings {
			got[f.Kind+" "+f.Key.Name] = f.Severity
		}
		if !maps.Equal(got, c.want) || r.code != map[bool]int{true: 1, false: 0}[len(c.want) > 0] {
			t.Errorf("after %s %v: exit %d, %v, want %v", c.after, c.args, r.code, got, c.want)
		}
	}
	if k := m.keys("local/generic"); !slices.ContainsFunc(k, func(k map[string]any) bool { return slices.Contains(k["findings"].([]any), any("expiring")) }) {
		t.Errorf("list does not show the finding: %v", k)
	}
}

func TestCheckThatCouldNotCheckIsTwo(t *testing.T) {
	m := newMachine(t)
	m.want(2, "", "check", "--max-age", "never")
	m.want(2, "", "check", "-o", "xml")
	r := newRemote(t)
	m.profile(r, "prosopo")
	r.tokens["prosopo"] = "x"
	m.environ = append(m.environ, "P_TOKEN=psp_wrong-token-of-nobody")
	m.want(2, "401", "check")
	m.want(1, "401", "list")
}

func TestCheckRefusesAnEmptySpan(t *testing.T) {
	m := newMachine(t)
	for _, flag := range []string{"--max-age", "--expiring", "--unused"} {
		m.want(2, flag+": ", "check", flag, "")
	}
}

func TestCheckNotesAClockThatIsFarOff(t *testing.T) {
	m := newMachine(t)
	m.profile(newRemote(t), "prosopo")
	m.now = func() time.Time { return time.Now().Add(-5 * time.Minute) }
	r := m.run("", "check", "--all", "-o", "json")
	var out struct{ Findings []map[string]any }
	decode(t, r.stdout, &out)
	at := slices.IndexFunc(out.Findings, func(f map[string]any) bool { return f["kind"] == "clock_skew" })
	if r.code != 0 || at < 0 || fieldsOf(out.Findings[at]) != "detail kind severity" || out.Findings[at]["severity"] != "note" {
		t.Errorf("%+v", r)
	}
}

func TestHelpTakesNoValueFromTheFlagBehindIt(t *testing.T) {
	m := newMachine(t)
	for _, args := range [][]string{{"--help", "--renderer", "standard"}, {"--help", "-p", "local/generic"}, {"list", "--help", "--timeout", "3s"}} {
		if r := m.run("", args...); r.code != 0 || !strings.Contains(r.stdout, "Usage:") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

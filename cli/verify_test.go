package cli

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// TestVerifySaysThatItCannotTellWhereNothingWasShown: null in JSON, a sentence without it, exit 1, and never a yes or a no.
func TestVerifySaysThatItCannotTellWhereNothingWasShown(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header string
		body   string
		says   string
	}{
		"a rate limit told as 403":      {403, "Retry-After", `{"success":false,"message":"permission"}`, "rate limit"},
		"a wall's page":                 {403, "", `<html>blocked</html>`, "web page"},
		"an address restriction":        {403, "", `{"success":false,"message":"IP address not allowed"}`, "made-up secret"},
		"a service that takes anything": {404, "", `{"success":false,"message":"no such user"}`, "GET /v1/users/{id} answered 404 to a made-up secret too"},
		"a captive portal":              {200, "", `{"captive":true}`, "not this service's"},
	} {
		t.Run(name, func(t *testing.T) {
			m, r := newMachine(t), newRemote(t)
			m.profile(r, "generic")
			secret := r.tokens["generic"]
			r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
				if c.header != "" {
					w.Header().Set(c.header, "600")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
				return true
			}
			res := m.run(secret, "verify", "-o", "json")
			var out map[string]any
			decode(t, res.stdout, &out)
			if valid, there := out["valid"]; res.code != 1 || !there || valid != nil || fieldsOf(out) != "valid" || !strings.Contains(res.stderr, "cannot tell: ") || !strings.Contains(res.stderr, c.says) {
				t.Errorf("%+v", res)
			}
			res = m.run(secret, "verify")
			if res.code != 1 || !strings.HasPrefix(res.stdout, "cannot tell on ") || !strings.Contains(res.stdout, c.says) || strings.Contains(res.stdout, "not valid") || strings.Contains(res.stdout, "proved by") {
				t.Errorf("%+v", res)
			}
		})
	}
}

// TestVerifyThatIsNotAnsweredCannotTell: JSON says so whatever stood in the way, and standard error what it was.
func TestVerifyThatIsNotAnsweredCannotTell(t *testing.T) {
	for _, service := range []string{"generic", "vertesia", "prosopo"} {
		m, r := newMachine(t), newRemote(t)
		m.profile(r, service)
		m.run("", "list") // Prosopo's masks are known
		for _, status := range []int{429, 420, 500, 503, 529, 408, 0} {
			r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
				w.Header().Set("Retry-After", "600")
				if status == 0 {
					hangUp(w)
				} else {
					w.WriteHeader(status)
				}
				return true
			}
			res := m.run(r.tokens[service], "verify", "-o", "json", "--timeout", "2s")
			var out map[string]any
			decode(t, res.stdout, &out)
			if valid, there := out["valid"]; res.code != 1 || !there || valid != nil || fieldsOf(out) != "valid" || !strings.Contains(res.stderr, "cannot tell: ") || strings.Contains(res.stderr, "unauthorized") {
				t.Errorf("%s, %d: %+v", service, status, res)
			}
		}
	}
}

// TestVerifySaysThatASecretIsOfAnotherEnvironmentThanTheProfile: it may be valid there, and is not what the profile is about.
func TestVerifySaysThatASecretIsOfAnotherEnvironmentThanTheProfile(t *testing.T) {
	m := newMachine(t)
	secrets := map[string]string{}
	for _, env := range []string{"live", "test"} {
		_, secrets[env] = m.create("-p", "local/generic", "--name", env, "--environment", env)
	}
	r := newRemote(t)
	for _, profile := range []string{"live", "test", "dev", ""} {
		said := `environment = "` + profile + `"`
		if profile == "" {
			said = ""
		}
		m.profile(r, "generic", said)
		for env, secret := range secrets {
			for _, format := range []string{"table", "json"} {
				res := m.run(secret, "verify", "-o", format)
				other := profile != "" && (profile == "live") != (env == "live")
				if got := strings.Contains(res.stderr, "this is a "+env+" key, and the profile says "+profile); got != other {
					t.Errorf("a %s key on a profile that says %q: %+v", env, profile, res)
				}
			}
		}
	}
}

// TestVerifyRepeatsWhyASecretIsRefusedAndWhatToDo, in the table, and beside JSON on standard error.
func TestVerifyRepeatsWhyASecretIsRefusedAndWhatToDo(t *testing.T) {
	m := newMachine(t)
	_, off := m.create("-p", "local/vertesia", "--name", "off", "--role", "reader")
	m.must("update", "off", "--disable", "-p", "local/vertesia")
	id, gone := m.create("-p", "local/prosopo", "--name", "gone", "--permission", "verify")
	m.must("delete", id, "--yes", "-p", "local/prosopo")
	_, bound := m.create("-p", "local/generic", "--name", "bound", "--allow-ip", "192.0.2.1")
	for service, c := range map[string]struct {
		secret string
		says   []string
	}{
		"vertesia": {off, []string{"the key is disabled", "The key is switched off: enable it again"}},
		"prosopo":  {gone, []string{"it may be mistyped, revoked", "A deleted key is invalid at once"}},
		"generic":  {bound, []string{"restricted to other IP addresses", "call from one of those"}},
	} {
		table, asJSON := m.run(c.secret, "verify", "-p", "local/"+service), m.run(c.secret, "verify", "-o", "json", "-p", "local/"+service)
		for _, text := range c.says {
			if table.code != 1 || asJSON.code != 1 || !strings.Contains(table.stdout, text) || !strings.Contains(asJSON.stderr, text) || strings.Contains(asJSON.stdout, text) {
				t.Errorf("%s: %q: %+v, %+v", service, text, table, asJSON)
			}
		}
	}
}

// TestVerifySendsNoSecretWhereItCannotBelong: another vendor's, another service's, a placeholder.
func TestVerifySendsNoSecretWhereItCannotBelong(t *testing.T) {
	const body = "0123456789abcdef0123456789abcdef"
	for service, secrets := range map[string][]string{
		"generic":  {"sk-" + body, "psp_" + body, "ghp_" + body, "AKIAIOSFODNN7QWERTYU", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "${API_KEY_OF_PROD}", "your-key-goes-here", "sk_live_abc"},
		"vertesia": {"sk_live_" + body, "sk-ant-api03-" + body, "xoxb-" + body},
		"prosopo":  {"sk_live_" + body, "sk-" + body, "AIza" + body, "pro_" + body},
	} {
		m, r := newMachine(t), newRemote(t)
		m.profile(r, service)
		var sent atomic.Bool
		secret := ""
		r.fault = func(_ http.ResponseWriter, req *http.Request, _ http.Handler) bool {
			if strings.Contains(req.Header.Get("Authorization"), secret) {
				sent.Store(true)
			}
			return false
		}
		for _, secret = range secrets {
			res := m.run(secret, "verify")
			if res.code != 2 || !strings.Contains(res.stderr, "not sent") || strings.Contains(res.stdout+res.stderr, secret) || sent.Load() {
				t.Errorf("%s: %s: sent %v, %+v", service, secret, sent.Load(), res)
			}
		}
	}
}

// TestVerifyAsksTheOneProfileOfTheFile, be it the default, or nothing be said of one. A default that is built in leaves the question to all.
func TestVerifyAsksTheOneProfileOfTheFile(t *testing.T) {
	for name, line := range map[string]string{"the default": "default_profile = \"p\"\n", "none is said": "", "another is the default": "default_profile = \"local/generic\"\n"} {
		m, r := newMachine(t), newRemote(t)
		path := m.profile(r, "generic")
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m.write(".config/detent/config.toml", strings.Replace(string(file), "default_profile = \"p\"\n", line, 1))
		if res := m.run(r.tokens["generic"], "verify"); res.code != 0 || !strings.HasPrefix(res.stdout, "valid on p") {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

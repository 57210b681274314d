package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/issuers"
)

const documented = `default_profile = "prod"

[profiles.prod]
service     = "prosopo"                  # prosopo | vertesia | generic
url         = "https://api.prosopo.io"   # https, or http on loopback
token       = { env = "PROSOPO_TOKEN" }
environment = "live"
read_only   = false
max_age     = "60d"
auth        = "direct"                   # vertesia: direct | exchange
create      = false                      # generic: the service offers POST /v1/api-keys

[profiles.prod.deliver.payments]
keys     = ["payments-*"]
env_file = { path = "/srv/payments/.env", variable = "API_KEY" }
then     = ["systemctl", "--user", "restart", "payments"]

[profiles.prod.deliver.file]
file = "~/secrets/x"

[profiles.prod.deliver.vault]
command = ["vault", "kv", "put", "secret/x", "key=-"]
probe   = ["ssh", "pay1", "curl -fs localhost/ready"]

[profiles.team]
service   = "vertesia"
url       = "http://127.0.0.1:9000/base/"
token     = { command = ["pass", "show", "team"] }
auth      = "exchange"
token_url = "https://sts.example.com"

[profiles."shop/eu"]
service = "generic"
url     = "http://localhost:8420"
token   = { file = "~/.secrets/shop" }
create  = true
`

func TestDocumentedFileMeansWhatItSays(t *testing.T) {
	c, err := parse("config.toml", []byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	want := []Profile{
		{Name: "prod", Service: "prosopo", URL: "https://api.prosopo.io", Token: Token{Env: "PROSOPO_TOKEN"}, Environment: apikey.Live,
			MaxAge: 60 * 24 * time.Hour, Deliver: []Deliver{
				{Name: "payments", Keys: []string{"payments-*"}, EnvFile: &EnvFile{Path: "/srv/payments/.env", Variable: "API_KEY"},
					Then: []string{"systemctl", "--user", "restart", "payments"}},
				{Name: "file", File: "~/secrets/x"},
				{Name: "vault", Command: []string{"vault", "kv", "put", "secret/x", "key=-"}, Probe: []string{"ssh", "pay1", "curl -fs localhost/ready"}},
			}},
		{Name: "team", Service: "vertesia", URL: "http://127.0.0.1:9000/base", Token: Token{Command: []string{"pass", "show", "team"}},
			Exchange: true, TokenURL: "https://sts.example.com"},
		{Name: "shop/eu", Service: "generic", URL: "http://localhost:8420", Token: Token{File: "~/.secrets/shop"}, CanCreate: true},
	}
	if !reflect.DeepEqual(c.Profiles[:3], want) {
		t.Errorf("profiles\n%+v\nwant\n%+v", c.Profiles[:3], want)
	}
	if got := strings.Join(c.Names(), " "); got != "prod team shop/eu local/prosopo local/vertesia local/generic" {
		t.Errorf("names %s", got)
	}
	if c.Default != "prod" || c.Profiles[0].Policy().MaxAge != 60*24*time.Hour || c.Profiles[1].Policy() != apikey.DefaultPolicy() {
		t.Errorf("default %q, policies %+v %+v", c.Default, c.Profiles[0].Policy(), c.Profiles[1].Policy())
	}
}

const canary = "sk_canary_9f8e7d6c5b4a"

// valid is a profile whose lines a case replaces: line 2 service, 3 url, 4 token, 5 onward more.
func valid(replace map[int]string, more ...string) string {
	lines := []string{`[profiles.p]`, `service = "prosopo"`, `url = "https://api.example.com"`, `token = { env = "T" }`}
	for i, l := range replace {
		lines[i-1] = l
	}
	return strings.Join(append(lines, more...), "\n") + "\n"
}

func vertesia(more ...string) string {
	return valid(map[int]string{2: `service = "vertesia"`}, more...)
}

func deliver(lines ...string) string {
	return valid(nil, append([]string{`[profiles.p.deliver.d]`}, lines...)...)
}

var refusals = []struct {
	name, file string
	want       string // the whole message after "config.toml:"
}{
	{"no TOML", "[profiles.p\n", `1: is not TOML: expected ']' to close table name`},
	{"twice", valid(nil, `service = "generic"`), `5: is not TOML: key service is already defined`},
	{"unknown at the top", "colour = true\n", `1: colour: is no field here; allowed: default_profile, profiles, operators, ui`},
	{"unknown in a profile", valid(nil, "", `api_key = "`+canary+`"`), `6: profiles.p.api_key: is no field here; allowed: service, url, token, ca, environment, read_only, max_age, auth, token_url, create, secret_prefix, deliver`},
	{"unknown in a token", valid(map[int]string{4: `token = { env = "T", value = "` + canary + `" }`}), `4: profiles.p.token.value: is no field here; allowed: env, command, file`},
	{"unknown in a destination", deliver(`file = "/x"`, `mode = "0600"`), `7: profiles.p.deliver.d.mode: is no field here; allowed: keys, env_file, file, command, then, probe`},
	{"unknown in an env_file", deliver(`env_file = { path = "/x", variable = "A", quote = true }`), `6: profiles.p.deliver.d.env_file.quote: is no field here; allowed: path, variable`},
	{"dotted keys", "profiles.p.service = \"prosopo\"\nprofiles.p.url = \"ftp://x\"\nprofiles.p.token.env = \"T\"\n", `2: profiles.p.url: ` + urlRule},
	{"quoted name", strings.Replace(valid(map[int]string{3: "url = 1"}), "profiles.p", `profiles."a b"`, 1), `1: profiles."a b": ` + nameRule},
	{"reserved name", strings.Replace(valid(nil), "profiles.p", `profiles."local/mine"`, 1), `1: profiles."local/mine": names that begin with local/ are those of the embedded service`},
	{"profiles is no table", "profiles = 3\n", `1: profiles: must be tables: [profiles.NAME]`},
	{"profile is no table", "[profiles]\np = 3\n", `2: profiles.p: must be a table: [profiles.p]`},
	{"array of tables", "[[profiles]]\nservice = \"prosopo\"\n", `1: profiles: must be tables: [profiles.NAME]`},
	{"no service", "[profiles.p]\nurl = \"https://x.example\"\ntoken = { env = \"T\" }\n", `1: profiles.p.service: is missing: ` + alternatives(issuers.Names(""))},
	{"unknown service", valid(map[int]string{2: `service = "aws"`}), `2: profiles.p.service: must be ` + alternatives(issuers.Names("")) + `, or a file: issuers/aws.toml`},
	{"a service that no file can be called", valid(map[int]string{2: `service = "../aws"`}), `2: profiles.p.service: must be ` + alternatives(issuers.Names(""))},
	{"service of a wrong type", valid(map[int]string{2: `service = ["prosopo"]`}), `2: profiles.p.service: must be text: ` + alternatives(issuers.Names(""))},
	{"no url", valid(map[int]string{3: ""}), `1: profiles.p.url: is missing: for example "https://api.example.com"; it ` + urlRule},
	{"url of a wrong type", valid(map[int]string{3: "url = 1"}), `3: profiles.p.url: must be text: https://HOST`},
	{"no token", valid(map[int]string{4: ""}), `1: profiles.p.token: is missing: ` + tokenForms},
	{"token in the file", valid(map[int]string{4: `token = "` + canary + `"`}), `4: profiles.p.token: must be one of ` + tokenForms + `; never the token itself`},
	{"empty token", valid(map[int]string{4: `token = {}`}), `4: profiles.p.token: must have exactly one source: ` + tokenForms},
	{"two tokens", valid(map[int]string{4: `token = { env = "T", file = "/x" }`}), `4: profiles.p.token: must have exactly one source: ` + tokenForms},
	{"token in env", valid(map[int]string{4: `token = { env = "` + canary + `-x" }`}), `4: profiles.p.token.env: ` + variableRule},
	{"env of a wrong type", valid(map[int]string{4: `token = { env = 1 }`}), `4: profiles.p.token.env: must be text: the name of a variable`},
	{"command as text", valid(map[int]string{4: `token = { command = "pass show x" }`}), `4: profiles.p.token.command: must be a list of words: ` + commandForm},
	{"empty command", valid(map[int]string{4: `token = { command = [] }`}), `4: profiles.p.token.command: must be a list of words: ` + commandForm},
	{"command without a program", valid(map[int]string{4: `token = { command = ["", "x"] }`}), `4: profiles.p.token.command: must be a list of words: ` + commandForm},
	{"command with a number", valid(map[int]string{4: `token = { command = ["pass", 3] }`}), `4: profiles.p.token.command: must be a list of words: ` + commandForm},
	{"relative token file", valid(map[int]string{4: `token = { file = "secrets/x" }`}), `4: profiles.p.token.file: ` + pathRule},
	{"environment", valid(nil, `environment = "production"`), `5: profiles.p.environment: must be "live", "test" or "dev"`},
	{"read_only as text", valid(nil, `read_only = "yes"`), `5: profiles.p.read_only: must be true or false, without quotes`},
	{"read_only as number", valid(nil, `read_only = 1`), `5: profiles.p.read_only: must be true or false, without quotes`},
	{"max_age as number", valid(nil, `max_age = 90`), `5: profiles.p.max_age: must be text: a span such as "90d"`},
	{"max_age", valid(nil, `max_age = "soon"`), `5: profiles.p.max_age: must be a span such as "90d", "12h" or "3600s", above zero and at most 100 years`},
	{"max_age of zero", valid(nil, `max_age = "0d"`), `5: profiles.p.max_age: must be a span such as "90d", "12h" or "3600s", above zero and at most 100 years`},
	{"auth elsewhere", valid(nil, `auth = "exchange"`), `5: profiles.p.auth: is only for service = "vertesia"`},
	{"token_url elsewhere", valid(nil, `token_url = "https://x.example"`), `5: profiles.p.token_url: is only for service = "vertesia"`},
	{"create elsewhere", vertesia(`create = true`), `5: profiles.p.create: is only for service = "generic" or "gitlab-user"`},
	{"auth", vertesia(`auth = "oauth"`), `5: profiles.p.auth: must be "direct" or "exchange"`},
	{"token_url in the clear", vertesia(`token_url = "http://sts.example.com"`), `5: profiles.p.token_url: ` + urlRule},
	{"exchange without a server", valid(map[int]string{2: `service = "vertesia"`, 3: `url = "https://keys.example.com"`}, `auth = "exchange"`),
		`1: profiles.p.token_url: is missing: auth = "exchange" needs it where the host's first name is neither "api" nor begins with "api-"`},
	{"default profile", "default_profile = \"prod\"\n" + valid(nil), `1: default_profile: there is no profile "prod"; there are p, local/prosopo, local/vertesia, local/generic`},
	{"default profile of a wrong type", "default_profile = true\n", `1: default_profile: must be text: the name of a profile`},
	{"destination is no table", valid(nil, `deliver = "x"`), `5: profiles.p.deliver: must be tables: [profiles.p.deliver.NAME]`},
	{"destination named clipboard", strings.Replace(deliver(`file = "/x"`), "deliver.d", "deliver.clipboard", 1), `5: profiles.p.deliver.clipboard: is no name for a destination: letters, digits and . _ -, and not "clipboard"`},
	{"destination with a colon", strings.Replace(deliver(`file = "/x"`), "deliver.d", `deliver."file:x"`, 1), `5: profiles.p.deliver."file:x": is no name for a destination: letters, digits and . _ -, and not "clipboard"`},
	{"destination without a place", deliver(`keys = ["*"]`), `5: profiles.p.deliver.d: must have exactly one of env_file, file and command`},
	{"destination with two places", deliver(`file = "/x"`, `command = ["x"]`), `5: profiles.p.deliver.d: must have exactly one of env_file, file and command`},
	{"relative env_file", deliver(`env_file = { path = ".env", variable = "A" }`), `6: profiles.p.deliver.d.env_file.path: ` + pathRule},
	{"env_file without a variable", deliver(`env_file = { path = "/x" }`), `6: profiles.p.deliver.d.env_file.variable: is missing: { path = "/srv/app/.env", variable = "API_KEY" }`},
	{"env_file without a path", deliver(`env_file = { variable = "A" }`), `6: profiles.p.deliver.d.env_file.path: is missing: { path = "/srv/app/.env", variable = "API_KEY" }`},
	{"bad variable", deliver(`env_file = { path = "/x", variable = "1A" }`), `6: profiles.p.deliver.d.env_file.variable: ` + variableRule},
	{"empty variable", deliver(`env_file = { path = "/x", variable = "" }`), `6: profiles.p.deliver.d.env_file.variable: ` + variableRule},
	{"relative file", deliver(`file = "./x"`), `6: profiles.p.deliver.d.file: ` + pathRule},
	{"folder as file", deliver(`file = "/x/"`), `6: profiles.p.deliver.d.file: ` + pathRule},
	{"then as text", deliver(`file = "/x"`, `then = "reload"`), `7: profiles.p.deliver.d.then: must be a list of words: ` + commandForm},
	{"probe as text", deliver(`file = "/x"`, `probe = "curl x"`), `7: profiles.p.deliver.d.probe: must be a list of words: ` + commandForm},
	{"probe of nothing", deliver(`file = "/x"`, `probe = []`), `7: profiles.p.deliver.d.probe: must be a list of words: ` + commandForm},
	{"probe without a program", deliver(`file = "/x"`, `probe = ["", "x"]`), `7: profiles.p.deliver.d.probe: must be a list of words: ` + commandForm},
	{"probe with a number", deliver(`file = "/x"`, `probe = ["curl", 3]`), `7: profiles.p.deliver.d.probe: must be a list of words: ` + commandForm},
	{"bad pattern", deliver(`file = "/x"`, `keys = ["a["]`), `7: profiles.p.deliver.d.keys: "a[" is no pattern: * ? and [a-z] are special`},
	{"what is wrong before what is missing", "[profiles.p]\nservice = \"prosopo\"\nurll = \"https://x.example\"\n", `3: profiles.p.urll: is no field here; allowed: service, url, token, ca, environment, read_only, max_age, auth, token_url, create, secret_prefix, deliver`},
	{"ui is no table", "ui = 3\n", `1: ui: must be a table: [ui]`},
	{"theme", "[ui]\ntheme = \"solarized\"\n", `2: ui.theme: must be "terminal", "dark", "light" or "high-contrast"`},
	{"mouse as text", "[ui]\nmouse = \"off\"\n", `2: ui.mouse: must be true or false, without quotes`},
	{"bell as number", "[ui]\nbell = 0\n", `2: ui.bell: must be true or false, without quotes`},
	{"columns as text", "[ui]\ncolumns = \"name\"\n", `2: ui.columns: must be a list of words: ["name", "status", "expires"]`},
	{"order as a list", "[ui]\norder = [\"name\"]\n", `2: ui.order: must be text: a column: "status", or "-created" for the reverse order`},
	{"unknown in ui", "[ui]\ncolour = 1\n", `2: ui.colour: is no field here; allowed: theme, mouse, bell, screen_reader, columns, order, keys`},
	{"keys as a list", "[ui]\nkeys = [\"r\"]\n", `2: ui.keys: must be a table: [ui.keys], with rotate = ["r", "ctrl+t"]`},
	{"a key as a number", "[ui.keys]\n\nrotate = 3\n", `3: ui.keys.rotate: must be a list of words: ["r", "ctrl+t"]`},
	{"no keys", "[ui.keys]\nrotate = []\n", `2: ui.keys.rotate: must be a list of words: ["r", "ctrl+t"]`},
	{"the topmost of several", valid(map[int]string{2: `service = 1`}, `read_only = 1`), `2: profiles.p.service: must be text: ` + alternatives(issuers.Names(""))},
}

func TestWrongFileIsRefusedOnOneLineWithLineFieldAndWhatIsAllowed(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := parse("config.toml", []byte(c.file))
			if err == nil {
				err = cfg.Unusable("p")
			}
			if err == nil {
				t.Fatalf("accepted:\n%s", c.file)
			}
			if got, want := err.Error(), "config.toml:"+c.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "\n") {
				t.Errorf("a secret or a second line in %q", err)
			}
		})
	}
}

func TestServiceAddressIsHTTPSOrLoopback(t *testing.T) {
	for _, good := range []string{"https://a.example", "https://a.example:8443/base", "http://localhost:1", "http://127.9.9.9", "http://[::1]:80", "https://[2001:db8::1]"} {
		if got, err := CheckURL(good + "/"); err != nil || got != good {
			t.Errorf("%s: %q %v", good, got, err)
		}
	}
	for _, bad := range []string{"", "a.example", "//a.example", "https://", "https://:443", "http://a.example", "http://10.0.0.1", "http://localhost.evil.example",
		"ftp://localhost", "https://u:" + canary + "@a.example", "https://a.example?key=" + canary, "https://a.example?", "https://a.example#x", "https://a.example#",
		"https://a.example:0", "https://a.example:", "https://a.example:99999", "https://a b.example", "https://a.example/\x1b", "http://0.0.0.0:1", "file:///etc/passwd"} {
		if _, err := CheckURL(bad); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestProfileIsSelectedByFlagThenEnvironmentThenFileThenLocal(t *testing.T) {
	with, err := parse("c", []byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	env := NewEnv([]string{"DETENT_PROFILE=team"})
	for _, c := range []struct {
		config *Config
		flag   string
		env    Env
		want   string
	}{
		{with, "shop/eu", env, "shop/eu"}, {with, "", env, "team"}, {with, "", NewEnv(nil), "prod"}, {with, "local/generic", env, "local/generic"},
		{WithoutFile("c"), "", NewEnv(nil), "local/prosopo"},
	} {
		if p, err := c.config.Select(c.flag, c.env); err != nil || p.Name != c.want {
			t.Errorf("flag %q: %q %v, want %q", c.flag, p.Name, err, c.want)
		}
	}
	_, err = with.Select("", NewEnv([]string{"DETENT_PROFILE=nope"}))
	if err == nil || err.Error() != `DETENT_PROFILE: there is no profile "nope"; there are prod, team, shop/eu, local/prosopo, local/vertesia, local/generic` {
		t.Errorf("%v", err)
	}
}

func TestDirectoriesFollowXDGAndIgnoreRelativeValues(t *testing.T) {
	dirs := func(environ ...string) string {
		e := NewEnv(environ)
		c, explicit, err1 := e.Path("")
		d, err2 := e.DataDir()
		s, err3 := e.StateDir()
		if err := errors.Join(err1, err2, err3); err != nil {
			return err.Error()
		}
		if explicit {
			c += " (explicit)"
		}
		return strings.Join([]string{c, d, s}, " ")
	}
	for _, c := range []struct{ got, want string }{
		{dirs("HOME=/h"), "/h/.config/detent/config.toml /h/.local/share/detent /h/.local/state/detent"},
		{dirs("HOME=/h", "XDG_CONFIG_HOME=/c", "XDG_DATA_HOME=/d", "XDG_STATE_HOME=/s"), "/c/detent/config.toml /d/detent /s/detent"},
		{dirs("HOME=/h", "XDG_CONFIG_HOME=c", "XDG_DATA_HOME=", "XDG_STATE_HOME=./s"), "/h/.config/detent/config.toml /h/.local/share/detent /h/.local/state/detent"},
		{dirs("XDG_CONFIG_HOME=/c", "XDG_DATA_HOME=/d", "XDG_STATE_HOME=/s"), "/c/detent/config.toml /d/detent /s/detent"},
		{dirs("HOME=/h", "DETENT_CONFIG=~/my.toml"), "/h/my.toml (explicit) /h/.local/share/detent /h/.local/state/detent"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if got := dirs("PATH=/bin"); !strings.Contains(got, "HOME is not set") {
		t.Errorf("without a home: %s", got)
	}
	if got, _, err := NewEnv([]string{"DETENT_CONFIG=/e.toml"}).Path("/f.toml"); err != nil || got != "/f.toml" {
		t.Errorf("the flag does not beat the variable: %s %v", got, err)
	}
}

func TestReadOnlyVariableIsStrict(t *testing.T) {
	for text, want := range map[string][2]bool{"": {false, false}, "1": {true, true}, "TRUE": {true, true}, "no": {false, true}, "0": {false, true}} {
		if v, set, err := NewEnv([]string{"DETENT_READ_ONLY=" + text}).ReadOnly(); err != nil || v != want[0] || set != want[1] {
			t.Errorf("%q: %v %v %v", text, v, set, err)
		}
	}
	if _, _, err := NewEnv([]string{"DETENT_READ_ONLY=maybe"}).ReadOnly(); err == nil {
		t.Error("maybe is accepted")
	}
}

func TestChildrenGetNoVariableThatMayHoldACredential(t *testing.T) {
	c, err := parse("c", []byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	env := NewEnv([]string{"HOME=/h", "DETENT_TOKEN=" + canary, "DETENT_STORE=postgres://u:" + canary + "@h/d", "PROSOPO_TOKEN=" + canary, "PROSOPO_TOKEN_NOTE=x"})
	if got := strings.Join(env.Without(c.SecretVariables()...), " "); got != "HOME=/h PROSOPO_TOKEN_NOTE=x" {
		t.Errorf("child environment: %s", got)
	}
}

func TestMissingFileIsFineUnlessNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	c, err := Load(path, false)
	if err != nil || c.Found || len(c.Profiles) != 3 || c.Path != path {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := Load(path, true); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("named: %v", err)
	}
}

func TestTemplateIsValidInBothStates(t *testing.T) {
	if _, err := parse("t", []byte(Template())); err != nil {
		t.Fatal(err)
	}
	// What the comments show has to work once the marks are taken away.
	var active []string
	for _, line := range strings.Split(Template(), "\n") {
		line = strings.TrimPrefix(line, "# ")
		field, _, isField := strings.Cut(line, "=")
		field = strings.TrimSpace(field)
		if strings.HasPrefix(line, "[") || isField && apikey.IsVariableName(field) {
			switch field {
			case "token_url", "parents", "secret_prefix", "DETENT_TOKEN":
				continue // of another service; no field
			}
			active = append(active, line)
		}
	}
	c, err := parse("t", []byte(strings.Replace(strings.Join(active, "\n"), "ssh-ed25519 AAAA...", publicKey(t, 1), 1)))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(active, "\n"))
	}
	if len(c.Operators) != 1 || c.Operators[0].Role != Rotate {
		t.Errorf("%+v", c.Operators)
	}
	if p := c.Profiles[0]; p.Name != "prod" || len(p.Deliver) != 1 || p.Deliver[0].EnvFile == nil {
		t.Errorf("%+v", p)
	}
}

func writeFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

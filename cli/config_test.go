package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestConfigPathFollowsFlagThenVariableThenXDG(t *testing.T) {
	m := newMachine(t)
	if got := m.must("config", "path"); got != filepath.Join(m.home, ".config/detent/config.toml")+"\n" {
		t.Errorf("default: %q", got)
	}
	m.environ = append(m.environ, "XDG_CONFIG_HOME=/x")
	if got := m.must("config", "path"); got != "/x/detent/config.toml\n" {
		t.Errorf("XDG: %q", got)
	}
	m.environ = append(m.environ, "DETENT_CONFIG=/e.toml")
	if got := m.must("config", "path"); got != "/e.toml\n" {
		t.Errorf("variable: %q", got)
	}
	if got := m.must("config", "path", "--config", "/f.toml"); got != "/f.toml\n" {
		t.Errorf("flag: %q", got)
	}
}

func TestConfigInitWritesOnceAndTheResultLoads(t *testing.T) {
	m := newMachine(t)
	path := strings.TrimSpace(m.must("config", "init"))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	m.must("list")
	m.want(2, "already there", "config", "init")
}

func TestWrongConfigurationIsExitTwoOnOneLine(t *testing.T) {
	m := newMachine(t)
	path := m.write(".config/detent/config.toml", "[profiles.p]\nservice = \"prosopo\"\ncolour = 1\n")
	r := m.want(2, path+":3: profiles.p.colour: is no field here", "list")
	if strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("more than one line:\n%s", r.stderr)
	}
	m.want(2, "no such file", "list", "--config", "/nowhere/config.toml")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	m.want(2, "chmod go-w "+path, "list")
}

func TestConfigShowNamesSourcesAndNeverASecret(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo", `max_age = "30d"`, "[profiles.p.deliver.app]", `command = ["vault", "-token=canary-in-argv"]`)
	m.environ = append(m.environ, "DETENT_TOKEN=canary-detent-token")
	out := m.must("config", "show")
	for _, want := range []string{"selected p", "env P_TOKEN", "DETENT_TOKEN, in place of", "30d", "app: command vault", "local/generic", r.url} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "canary") || strings.Contains(out, r.tokens["prosopo"]) {
		t.Errorf("a secret in\n%s", out)
	}
}

func TestConfigCheckTriesEachProfileAndSaysWhatItCanDo(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	out := m.must("config", "check")
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "  as ") && (len(line) > 100 || !strings.Contains(line, " permissions: detent show ")) {
			t.Errorf("27 permissions on a line: %s", line)
		}
	}
	for _, want := range []string{"p: prosopo, " + r.url, "works   1 key", "as      administrator", "can     list, create, delete",
		"give a rotation its lost secret again (only where the service's list holds the secret)"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "local/") { // those are nobody's own
		t.Errorf("a profile that is not of the file:\n%s", out)
	}
	m.environ = append(m.environ, "P_TOKEN=psp_not-a-good-one")
	res := m.run("", "config", "check")
	if res.code != 1 || !strings.Contains(res.stdout, "failed  ") || !strings.Contains(res.stderr, "not tried: ") {
		t.Errorf("%+v", res)
	}
	out = m.must("config", "check", "-p", "local/vertesia")
	for _, want := range []string{"local/vertesia: vertesia, embedded", "  cannot  give a rotation its lost secret again: the service shows a secret once\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if out := m.must("config", "check", "-p", "local/generic"); !regexp.MustCompile(`(?m)^  can     .*, rotate --strategy roll`).MatchString(out) || strings.Contains(out, "cannot  rotate") {
		t.Errorf("whether a key can be rolled is not said:\n%s", out)
	}
	if !strings.Contains(out, "  cannot  rotate --strategy roll: ") {
		t.Errorf("that no key can be rolled is not said:\n%s", out)
	}
	if out := newMachine(t).must("config", "check"); strings.Count(out, "  works ") != 3 { // there are no others
		t.Error(out)
	}
	if res := m.run("", "config", "check", "-p", "local/prosopo"); res.code != 0 || strings.Contains(res.stdout, "failed") {
		t.Errorf("%+v", res)
	}
}

func TestProfileAndReadOnlyFollowFlagThenEnvironmentThenFile(t *testing.T) {
	m := newMachine(t)
	m.profile(newRemote(t), "prosopo", "read_only = true")
	m.want(2, "p is read-only", "create", "--name", "k", "--permission", "getRules")
	m.environ = append(m.environ, "DETENT_READ_ONLY=0")
	m.must("create", "--name", "k", "--permission", "getRules")
	m.want(2, "read-only", "create", "--name", "k", "--permission", "getRules", "--read-only")
	m.environ = append(m.environ, "DETENT_READ_ONLY=1")
	m.want(2, "read-only", "create", "--name", "k", "--permission", "getRules")
	m.must("create", "--name", "k2", "--permission", "getRules", "--read-only=false")
	m.environ = append(m.environ, "DETENT_READ_ONLY=perhaps")
	m.want(2, "DETENT_READ_ONLY: must be true or false", "list")
	m.environ = append(m.environ, "DETENT_READ_ONLY=", "DETENT_PROFILE=local/generic")
	if out := m.must("config", "show"); !strings.Contains(out, "selected local/generic") {
		t.Errorf("%s", out)
	}
	if out := m.must("config", "show", "-p", "p"); !strings.Contains(out, "selected p") {
		t.Errorf("%s", out)
	}
	m.want(2, `no profile "nope"`, "list", "-p", "nope")
}

func TestDetentTokenIsForTheSelectedProfileAndNeverForALocalOne(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	good := r.tokens["prosopo"]
	m.environ = append(m.environ, "P_TOKEN=psp_not-a-good-one")
	m.want(1, "401", "list")
	m.environ = append(m.environ, "DETENT_TOKEN="+good)
	m.must("list")
	m.environ = append(m.environ, "DETENT_TOKEN=psp_not-a-good-one")
	m.must("list", "-p", "local/prosopo")
	// Checked beside another selected profile, p has its own token again.
	m.environ = append(m.environ, "P_TOKEN="+good, "DETENT_PROFILE=local/prosopo")
	if out := m.must("config", "check"); strings.Contains(out, "failed") {
		t.Errorf("%s", out)
	}
}

func TestTokenProblemIsExitTwo(t *testing.T) {
	m := newMachine(t)
	path := m.write(".config/detent/config.toml", "[profiles.p]\nservice = \"prosopo\"\nurl = \"https://x.example\"\ntoken = { env = \"UNSET\" }\n")
	r := m.want(2, path+":4: profiles.p.token: env UNSET: the variable is not set or is empty: set it, or let token be one of { env", "list", "-p", "p")
	if strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("more than one line:\n%s", r.stderr)
	}
}

func TestWithoutAHomeOnlyWhatNeedsOneFails(t *testing.T) {
	m := newMachine(t)
	data := t.TempDir()
	m.environ = []string{"PATH=" + os.Getenv("PATH")}
	m.must("version")
	m.want(2, "HOME is not set", "list")
	m.environ = append(m.environ, "XDG_CONFIG_HOME="+data, "XDG_DATA_HOME="+data, "XDG_STATE_HOME="+data)
	m.must("list")
}

func TestDebugLogIsPrivateAndRedacted(t *testing.T) {
	m := newMachine(t)
	log := filepath.Join(m.home, "debug.log")
	_, secret := m.create("--name", "k", "--permission", "getRules", "--debug", log)
	m.run(secret, "verify", "--debug", log)
	text := read(t, log)
	if !strings.Contains(text, "/api-keys/create") || strings.Contains(text, secret) {
		t.Errorf("the log is\n%s", text)
	}
	if info, err := os.Stat(log); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Chmod(log, 0o640); err != nil {
		t.Fatal(err)
	}
	m.want(2, "chmod go-rwx", "list", "--debug", log)
	m.want(2, "no such file", "list", "--debug", "/no/such/folder/log")
}

func TestWrongUsageIsExitTwo(t *testing.T) {
	m := newMachine(t)
	for _, args := range [][]string{
		{"bogus"}, {"list", "colour:red"}, {"list", "--bogus"}, {"-x"}, {"config"}, {"config", "bogus"}, {"completion"}, {"completion", "tcsh"}, {"delete"}, {"update"},
		{"list", "--timeout", "soon"}, {"list", "--timeout", "0"}, {"list", "--renderer", "gpu"}, {"list", "-p", ""}, {"list", "--demo-keys", "3"},
		{"list", "--demo", "--config", "/x"}, {"list", "--demo", "--demo-keys", "0"}, {"serve", "bogus"}, {"serve", "admin-token"}, {"serve", "admin-token", "aws"}, {},
		{"man", "x"}, {"help", "bogus"}, {"version", "x"}, {"verify", "some-secret"},
	} {
		if r := m.run("", args...); r.code != 2 || r.stdout != "" || !strings.HasPrefix(r.stderr, "detent: ") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestWrongArgumentIsAnsweredWithWhatIsAllowed(t *testing.T) {
	m := newMachine(t)
	for says, args := range map[string][]string{
		"name one shell of [bash zsh fish powershell]":   {"completion", "tcsh"},
		"name one SERVICE of [prosopo vertesia generic]": {"serve", "admin-token", "aws"},
		"name one KEY": {"delete", "a", "b"},
		"name one of [add change rename default remove destination path check init show]": {"config"},
		"--timeout: must be above zero":                   {"list", "--timeout", "-1s"},
		"--ttl: a span of zero is refused\n":              {"public-key", "-p", "local/vertesia", "--ttl", "0"},
		"--max-age: a span of zero is refused\n":          {"check", "--max-age", "0"},
		"use never for no expiry":                         {"create", "--name", "k", "--permission", "getRules", "--expires", "0"},
		"local/vertesia is read-only: nothing is changed": {"update", "nobody", "-p", "local/vertesia", "--disable", "--read-only"},
		"--output: must be table or json":                 {"rotations", "-o", "yaml"},
	} {
		m.want(2, says, args...)
	}
}

func TestHelpAndGeneratedTextGoToStandardOutput(t *testing.T) {
	m := newMachine(t)
	for want, args := range map[string][]string{
		"Available Commands": {"--help"}, "Usage:": {"help", "create"}, "--permission": {"create", "-h"}, "#compdef": {"completion", "zsh"}, "bash completion": {"completion", "bash"},
		"complete -c detent": {"completion", "fish"}, "Register-ArgumentCompleter": {"completion", "powershell"}, ".TH DETENT 1": {"man"}, "detent ": {"version"}, runtime.GOOS + "/": {"--version"},
	} {
		if r := m.run("", args...); r.code != 0 || !strings.Contains(r.stdout, want) || r.stderr != "" {
			t.Errorf("%v: %q is missing in %+v", args, want, r)
		}
	}
	if out := m.must("man"); !strings.Contains(out, "DETENT_TOKEN") || !strings.Contains(out, "public\\-key") && !strings.Contains(out, "public-key") {
		t.Errorf("%s", out)
	}
}

func TestDemoReadsNoConfigurationAndLeavesNothing(t *testing.T) {
	m := newMachine(t, "DETENT_PROFILE=nowhere")
	m.write(".config/detent/config.toml", "this is no TOML")
	var keys []map[string]any
	decode(t, m.must("list", "--demo", "--demo-keys", "7", "-o", "json", "-p", "local/vertesia"), &keys)
	if len(keys) != 7 {
		t.Errorf("%d keys", len(keys))
	}
	m.want(1, "", "check", "--demo")
	if out := m.must("config", "show", "--demo"); !strings.Contains(out, "file     none") || !strings.Contains(out, "selected local/prosopo") {
		t.Errorf("%s", out)
	}
	m.want(2, "--demo", "config", "init", "--demo")
	for _, dir := range []string{m.home, m.tmp()} {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != ".config" {
				t.Errorf("left behind in %s: %s", dir, e.Name())
			}
		}
	}
}

// tmp is the machine's folder for temporary files.
func (m *machine) tmp() string {
	for _, line := range m.environ {
		if dir, ok := strings.CutPrefix(line, "TMPDIR="); ok {
			return dir
		}
	}
	m.t.Fatal("no TMPDIR")
	return ""
}

// What the screens change under p, commands change too.
func TestConfigChangesProfilesAndDestinations(t *testing.T) {
	m := newMachine(t)
	path := m.write(".config/detent/config.toml", "[profiles.a]\nservice = \"prosopo\"\nurl = \"https://a.example\"\ntoken = { env = \"A\" }\n\n[profiles.b]\nservice = \"prosopo\"\nurl = \"https://b.example\"\ntoken = { env = \"B\" }\n")
	m.want(0, "the default is a", "config", "default", "a")
	m.want(0, "has the destination app", "config", "destination", "add", "a", "app", "env-file:/srv/app/.env:API_KEY", "--key", "app-*")
	m.want(1, "already", "config", "destination", "add", "a", "app", "file:/x")
	m.want(2, "cannot be remembered", "config", "destination", "add", "a", "clip", "clipboard")
	if out := m.must("config", "show"); !strings.Contains(out, "selected a") || !strings.Contains(out, "app: ") {
		t.Errorf("config show:\n%s", out)
	}
	for _, takes := range [][]string{{"config", "remove", "b"}, {"config", "destination", "remove", "a", "app"}} {
		m.want(2, "removing needs a confirmation, and there is no terminal to ask on: use --yes", takes...)
	}
	m.want(0, "no destination app any more", "config", "destination", "remove", "a", "app", "--yes")
	m.want(1, "a is the default", "config", "remove", "a", "--yes")
	m.want(0, "the profile b is removed", "config", "remove", "b", "--yes")
	m.want(1, "built in", "config", "remove", "local/prosopo", "--yes")
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "default_profile = \"a\"\n[profiles.a]\nservice = \"prosopo\"\nurl = \"https://a.example\"\ntoken = { env = \"A\" }\n\n" {
		t.Errorf("%v\n%q", err, text)
	}
}

package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ownIssuer is a file of the user's, whose keys belong to a project.
const ownIssuer = `name = "acme"
title = "Acme"
proven = "documents 2026-11-28"
parent = [{ name = "project", title = "Project id" }]
row = { id = ["id"], name = ["name"], secret = ["token"] }
list = { call = "GET /projects/{project}/keys" }
probe = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`

// TestAProfileIsOfAnIssuerOfTheUsersOwn: one is there by its file, beside the configuration; what is wrong with it, or with what it
// asks of the profile, is said with the profile's line.
func TestAProfileIsOfAnIssuerOfTheUsersOwn(t *testing.T) {
	const head = "[profiles.p]\nservice = \"acme\"\nurl = \"https://api.acme.example\"\ntoken = { env = \"T\" }\n"
	for _, c := range []struct{ name, issuer, parents, want string }{
		{"whole", ownIssuer, `parents = { project = "42" }`, ""},
		{"no file", "", `parents = { project = "42" }`, `f:2: profiles.p.service: must be "prosopo", "vertesia"`},
		{"a wrong file", strings.Replace(ownIssuer, "GET /projects", "GET https://evil.example", 1), `parents = { project = "42" }`, `acme.toml:6: list.call: `},
		{"a program", ownIssuer + "run = \"sh\"\n", `parents = { project = "42" }`, `acme.toml:9: run: there is no such field`},
		{"another name", strings.Replace(ownIssuer, `"acme"`, `"bcme"`, 1), `parents = { project = "42" }`, `the file is called acme.toml`},
		{"the name of a built-in one", strings.Replace(ownIssuer, `"acme"`, `"generic"`, 1), `parents = { project = "42" }`, `is built in`},
		{"what only a built-in one may be", ownIssuer + "embedded = true\n", `parents = { project = "42" }`, `acme.toml:9: embedded: is for what is built in`},
		{"no parents", ownIssuer, ``, `profiles.p.parents: is missing: { project = "…" }: Project id`},
		{"an empty table", ownIssuer, `parents = {}`, `profiles.p.parents: is missing`},
		{"an unknown parent", ownIssuer, `parents = { project = "42", team = "1" }`, `f:5: profiles.p.parents.team: is nothing that keys of Acme belong to: they belong to project`},
		{"a path", ownIssuer, `parents = { project = "../42" }`, `f:5: profiles.p.parents.project: must be letters`},
		{"a number", ownIssuer, `parents = { project = 42 }`, `f:5: profiles.p.parents.project: must be text`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			write(t, path, head+c.parents+"\n")
			if c.issuer != "" {
				if err := os.Mkdir(filepath.Join(dir, "issuers"), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "issuers", "acme.toml"), c.issuer)
			}
			cfg, err := Load(path, true)
			if c.want != "" {
				if err != nil {
					t.Fatalf("the whole file ends with it: %v", err)
				}
				if err = cfg.Unusable("p"); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("%v; want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			before := cfg.Profiles[0]
			if before.Service != "acme" || before.Parents["project"] != "42" {
				t.Fatalf("%+v", before)
			}
			after := before
			after.Parents = map[string]string{"project": `43`}
			if err := Change(path, before, after); err != nil {
				t.Fatal(err)
			}
			if now, err := Load(path, true); err != nil || now.Profiles[0].Parents["project"] != "43" {
				t.Errorf("%+v, %v", now, err)
			}
		})
	}
}

// TestAWrongIssuerStopsItsOwnProfilesAlone: all others are read, used, added and changed; the profile says what is wrong, on one line.
func TestAWrongIssuerStopsItsOwnProfilesAlone(t *testing.T) {
	for name, issuer := range map[string]string{
		"not there": "", "no TOML": "name = \"acme", "two problems": strings.NewReplacer("GET /me", "DELETE /me", `"text"`, `"what"`).Replace(ownIssuer), "binary": "\x00",
		"a folder": "/", "huge": ownIssuer + "# " + strings.Repeat("x", 1<<20), "a parent more": strings.Replace(ownIssuer, "parent = [", `parent = [{ name = "org", title = "Org" }, `, 1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, file := filepath.Join(dir, "f"), filepath.Join(dir, "issuers", "acme.toml")
			const profile = "\n[profiles.%s]\nservice = \"%s\"\nurl = \"https://api.acme.example\"\ntoken = { env = \"T\" }\n"
			write(t, path, "default_profile = \"broken\"\n"+fmt.Sprintf(profile, "before", "prosopo")+fmt.Sprintf(profile, "broken", "acme")+"parents = { project = \"42\" }\n"+fmt.Sprintf(profile, "after", "generic"))
			switch err := os.Mkdir(filepath.Join(dir, "issuers"), 0o700); {
			case err != nil:
				t.Fatal(err)
			case issuer == "/":
				if err := os.Mkdir(file, 0o700); err != nil {
					t.Fatal(err)
				}
			case issuer != "":
				write(t, file, issuer)
			}
			cfg, err := Load(path, true)
			if err != nil {
				t.Fatal(err)
			}
			if wrong := cfg.Unusable("broken"); wrong == nil || !strings.HasPrefix(wrong.Error(), path+":9: profiles.broken.") && !strings.HasPrefix(wrong.Error(), path+":12: profiles.broken.") ||
				strings.Contains(wrong.Error(), "\n") || !strings.Contains(wrong.Error(), "acme") && !strings.Contains(wrong.Error(), "Org") {
				t.Errorf("%v", wrong)
			} else if name == "two problems" && !strings.Contains(wrong.Error(), "and 1 more: detent issuer check "+file) {
				t.Errorf("%v", wrong)
			}
			for _, p := range []string{"before", "after", "local/generic"} {
				if err := cfg.Unusable(p); err != nil {
					t.Errorf("%s: %v", p, err)
				}
			}
			p, _ := cfg.Lookup("after")
			changed := p
			changed.ReadOnly = true
			if err := Change(path, p, changed); err != nil {
				t.Errorf("another profile is changed: %v", err)
			}
			if err := Append(path, Profile{Name: "new", Service: "generic", URL: "https://x.example", Token: Token{Env: "T"}}, ""); err != nil {
				t.Errorf("another profile is added: %v", err)
			}
			var wrong *Error
			if err := Append(path, Profile{Name: "more", Service: "acme", URL: "https://x.example", Token: Token{Env: "T"}, Parents: p.Parents}, ""); !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Field, "profiles.more.") {
				t.Errorf("a profile that cannot be used is added: %v", err)
			}
			broken, _ := cfg.Lookup("broken")
			mended := broken
			mended.Service, mended.Parents = "generic", nil
			if err := Change(path, broken, mended); err != nil {
				t.Errorf("it is not mended: %v", err)
			}
			if cfg, err = Load(path, true); err != nil || cfg.Unusable("broken") != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAnOldSettingOfAnotherIssuerKeepsItsError.
func TestAnOldSettingOfAnotherIssuerKeepsItsError(t *testing.T) {
	for text, want := range map[string]string{
		valid(map[int]string{2: `service = "prosopo"`}, `auth = "exchange"`): `profiles.p.auth: is only for service = "vertesia"`,
		valid(map[int]string{2: `service = "prosopo"`}, `create = true`):     `profiles.p.create: is only for service = "generic"`,
		valid(nil, `parents = { project = "1" }`):                            `is nothing that keys of`,
	} {
		if _, err := parse("f", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSecretsOfOnesOwnBeginAsTheirAdministratorChose: the setting is read, written again as it is, and refused where it is a secret, no
// beginning, or of an issuer that leaves no choice.
func TestSecretsOfOnesOwnBeginAsTheirAdministratorChose(t *testing.T) {
	head := func(service, prefix string) string {
		return "[profiles.p]\nservice = \"" + service + "\"\nurl = \"https://git.example\"\ntoken = { env = \"T\" }\nparents = { project = \"42\" }\nsecret_prefix = " + prefix + "\n"
	}
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, head("gitlab-project", `"acme-"`))
	cfg, err := Load(path, true)
	if err != nil || cfg.Profiles[0].SecretPrefix != "acme-" {
		t.Fatalf("%+v, %v", cfg, err)
	}
	before := cfg.Profiles[0]
	after := before
	after.SecretPrefix = "git.acme_"
	if err := Change(path, before, after); err != nil {
		t.Fatal(err)
	}
	if now, err := Load(path, true); err != nil || now.Profiles[0].SecretPrefix != "git.acme_" {
		t.Errorf("%+v, %v", now, err)
	}
	for _, bad := range []string{`""`, `"a"`, `"acme "`, `"` + strings.Repeat("a", 41) + `"`, `"äcme-"`, `7`} {
		if _, err := parse("f", []byte(head("gitlab-project", bad))); err == nil || !strings.HasPrefix(err.Error(), "f:6: profiles.p.secret_prefix: must be") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := parse("f", []byte(strings.Replace(head("generic", `"acme-"`), "parents = { project = \"42\" }\n", "", 1))); err == nil || !strings.Contains(err.Error(), `secret_prefix: is only for service = "gitlab-group", "gitlab-project" or "gitlab-user"`) {
		t.Error(err)
	}
}

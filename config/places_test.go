package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const twoProfiles = `# mine
default_profile = "a" # the usual one

[profiles.a]
service = "prosopo"
url = "https://a.example"
token = { env = "A" }

# of b
[profiles.b]
service = "generic"   # generic
url = "https://b.example"
token = { command = [
  "pass", # asks
  "b",
] }
[profiles.b.deliver.app]
keys = ["app-*"]
file = "/srv/app/key"

[profiles.b.deliver.web]
env_file = { path = "/srv/web/.env", variable = "API_KEY" }
then = ["true"]

# last words
[operators.eve]
keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChAVLZ2E6u2CGQ0mz2TvZ8bnWV0cGnPkZQ2nkUqL"]
role = "viewer"
profiles = ["a"]
`

// edited is the file after an edit, with what it says.
func edited(t *testing.T, text string, edit func(path string) error) (string, *Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	failed := edit(path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if failed != nil {
		if string(data) != text {
			t.Errorf("it failed (%v) and changed the file:\n%s", failed, data)
		}
		return "", nil, failed
	}
	c, err := Load(path, true)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return string(data), c, nil
}

// Every kind of place comes back as it was given, whatever is in the file beside it, and all else stays byte for byte.
func TestADestinationIsAddedAndRemoved(t *testing.T) {
	for _, text := range []string{twoProfiles, strings.TrimSuffix(twoProfiles, "\n"), strings.ReplaceAll(twoProfiles, "\n", "\r\n")} {
		for _, d := range []Deliver{
			{Name: "new", Keys: []string{"a-*", `x"y`}, EnvFile: &EnvFile{Path: "/srv/a b/.env", Variable: "K"}},
			{Name: "new", File: `~/q"\uote`},
			{Name: "new", Command: []string{"vault", "kv", "a b", `"`}},
		} {
			for _, profile := range []string{"a", "b"} {
				with, c, err := edited(t, text, func(path string) error { return AddDestination(path, profile, d) })
				if err != nil {
					t.Fatal(err)
				}
				p, _ := c.Lookup(profile)
				if got := p.Deliver[len(p.Deliver)-1]; !reflect.DeepEqual(got, d) {
					t.Errorf("%+v is %+v", d, got)
				}
				if !strings.HasPrefix(with, strings.TrimSuffix(text, "\n")) {
					t.Errorf("something else changed:\n%s", with)
				}
				back, _, err := edited(t, with, func(path string) error { return RemoveDestination(path, profile, "new") })
				if err != nil || strings.TrimRight(back, "\r\n") != strings.TrimRight(text, "\r\n") {
					t.Errorf("removed again (%v):\n%q\nwas\n%q", err, back, text)
				}
			}
		}
	}
}

func TestAProfileIsRemovedWithItsDestinationsAndNothingElse(t *testing.T) {
	text, c, err := edited(t, twoProfiles, func(path string) error { return Remove(path, "b") })
	if err != nil {
		t.Fatal(err)
	}
	if _, there := c.Lookup("b"); there || strings.Contains(text, "/srv") || !strings.Contains(text, "# last words\n[operators.eve]") || !strings.Contains(text, "# mine\n") {
		t.Errorf("left:\n%s", text)
	}
	for name, edit := range map[string]func(path string) error{
		"the default":                func(path string) error { return Remove(path, "a") },
		"one that there is not":      func(path string) error { return Remove(path, "c") },
		"a built-in one":             func(path string) error { return Remove(path, "local/prosopo") },
		"no such destination":        func(path string) error { return RemoveDestination(path, "b", "c") },
		"a destination of nobody":    func(path string) error { return AddDestination(path, "c", Deliver{Name: "x", File: "/x"}) },
		"a name that is taken":       func(path string) error { return AddDestination(path, "b", Deliver{Name: "web", File: "/x"}) },
		"a name that is none":        func(path string) error { return AddDestination(path, "b", Deliver{Name: "a:b", File: "/x"}) },
		"a path that is relative":    func(path string) error { return AddDestination(path, "b", Deliver{Name: "x", File: "x"}) },
		"no place":                   func(path string) error { return AddDestination(path, "b", Deliver{Name: "x"}) },
		"a default that there isn't": func(path string) error { return SetDefault(path, "c") },
	} {
		if _, _, err := edited(t, twoProfiles, edit); err == nil {
			t.Errorf("%s: it was done", name)
		}
	}
}

// A file that is written in a way that cannot be edited line by line is left alone.
func TestWhatOnlyAPersonEditsIsLeftAlone(t *testing.T) {
	inline := "profiles = { a = { service = \"prosopo\", url = \"https://a.example\", token = { env = \"A\" } } }\n"
	for _, edit := range []func(path string) error{
		func(path string) error { return Remove(path, "a") },
		func(path string) error { return AddDestination(path, "a", Deliver{Name: "x", File: "/x"}) },
	} {
		if _, _, err := edited(t, inline, edit); err == nil {
			t.Error("it was done")
		}
	}
}

func TestADefaultIsSetWhereItStandsOrAtTheTop(t *testing.T) {
	text, c, err := edited(t, twoProfiles, func(path string) error { return SetDefault(path, "b") })
	if err != nil || c.Default != "b" || text != strings.Replace(twoProfiles, `"a" # the usual one`, `"b" # the usual one`, 1) {
		t.Errorf("%v\n%s", err, text)
	}
	without := strings.Replace(twoProfiles, "default_profile = \"a\" # the usual one\n", "", 1)
	text, c, err = edited(t, without, func(path string) error { return SetDefault(path, "local/generic") })
	if err != nil || c.Default != "local/generic" || !strings.HasSuffix(text, without) {
		t.Errorf("%v\n%s", err, text)
	}
}

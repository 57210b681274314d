package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAProfileIsRenamedWhereverTheFileNamesIt: what is written otherwise than in tables of its own is left to a person, whole.
func TestAProfileIsRenamedWhereverTheFileNamesIt(t *testing.T) {
	const fields = "service = \"vertesia\"\nurl = \"https://a.example\"\ntoken = { env = \"T\" }\n"
	const key = `["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChAVLZ2E6u2CGQ0mz2TvZ8bnWV0cGnPkZQ2nkUqL"]`
	for _, c := range []struct{ name, text, from, to, want, wrong string }{
		{"its table", "# ours\n[profiles.prod] # live\n" + fields, "prod", "main", "# ours\n[profiles.main] # live\n" + fields, ""},
		{"quoted", "[ profiles . \"prod\" ]\n" + fields, "prod", "a b", "", "no profile name"},
		{"a quoted one", "[ profiles . \"prod\" ]\n" + fields, "prod", "eu.1", "[ profiles . \"eu.1\" ]\n" + fields, ""},
		{"with destinations", "[profiles.prod]\n" + fields + "[profiles.prod.deliver.prod]\nfile = \"/k\"\n", "prod", "main",
			"[profiles.main]\n" + fields + "[profiles.main.deliver.prod]\nfile = \"/k\"\n", ""},
		{"begun with", "default_profile = \"prod\" # mine\n[profiles.prod]\n" + fields, "prod", "main", "default_profile = \"main\" # mine\n[profiles.main]\n" + fields, ""},
		{"beside another", "[profiles.prod]\n" + fields + "[profiles.prod2]\n" + fields, "prod", "main", "[profiles.main]\n" + fields + "[profiles.prod2]\n" + fields, ""},
		{"dotted", "[profiles]\nprod.service = \"vertesia\"\nprod.url = \"https://a.example\"\nprod.token = { env = \"T\" }\n", "prod", "main",
			"[profiles]\nmain.service = \"vertesia\"\nmain.url = \"https://a.example\"\nmain.token = { env = \"T\" }\n", ""},
		{"an operator's", "[profiles.prod]\n" + fields + "[operators.ada]\nkeys = " + key + "\nrole = \"viewer\"\nprofiles = [\"x\", \"prod\"]\n[profiles.x]\n" + fields, "prod", "main",
			"[profiles.main]\n" + fields + "[operators.ada]\nkeys = " + key + "\nrole = \"viewer\"\nprofiles = [\"x\", \"main\"]\n[profiles.x]\n" + fields, ""},
		{"inline", "profiles = { prod = { service = \"vertesia\", url = \"https://a.example\", token = { env = \"T\" } } }\n", "prod", "main", "", "by hand"},
		{"taken", "[profiles.prod]\n" + fields + "[profiles.x]\n" + fields, "prod", "x", "", "already"},
		{"a built-in one's", "[profiles.prod]\n" + fields, "prod", "local/prosopo", "", "already"},
		{"built in", "[profiles.prod]\n" + fields, "local/prosopo", "x", "", "built in"},
		{"not there", "[profiles.prod]\n" + fields, "x", "y", "", "no profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := Rename(path, c.from, c.to)
			got, readErr := os.ReadFile(path)
			if readErr != nil {
				t.Fatal(readErr)
			}
			want := c.want
			if c.wrong != "" {
				want = c.text
			}
			if string(got) != want || (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%v\n%s\nwant %q\n%s", err, got, c.wrong, want)
			}
		})
	}
}

package delivery

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpecsAreReadAsTheInterfaceWritesThem(t *testing.T) {
	o := Options{Home: "/home/u", Dir: "/work"}
	for spec, want := range map[string]string{
		"env-file:/srv/app/.env:API_KEY":   "API_KEY in /srv/app/.env",
		"env-file:/srv/a:b/.env:API_KEY":   "API_KEY in /srv/a:b/.env",
		"env-file:~/.env:K":                "K in /home/u/.env",
		"env-file:.env:K":                  "K in /work/.env",
		"env-file:../x/./.env:K":           "K in /x/.env",
		"file:/run/secret":                 "/run/secret",
		"file:a:b":                         "/work/a:b",
		"file:~/s":                         "/home/u/s",
		"command:kubectl apply -f 'a b'":   "the standard input of kubectl apply -f 'a b'",
		`command:sh -c "echo $HOME; a\"b"`: `the standard input of sh -c 'echo $HOME; a"b'`,
		"clipboard":                        "your terminal's clipboard",
	} {
		d, err := Parse(spec, o)
		if err != nil || d.Describe() != want {
			t.Errorf("%s: %v, %v, want %q", spec, d, err, want)
		}
	}
}

func TestASpecMeansTheSamePlaceFromAnotherFolder(t *testing.T) {
	for _, spec := range []string{"env-file:.env:K", "env-file:~/.env:K", "file:a:b", "file:/run/secret", "command:cat -", "clipboard"} {
		first, err := Parse(spec, Options{Home: "/home/u", Dir: "/work"})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(first.Spec(), Options{Home: "/home/other", Dir: "/elsewhere"})
		if err != nil || again.Describe() != first.Describe() {
			t.Errorf("%s: %s, from another folder %v (%v)", spec, first.Describe(), again, err)
		}
	}
}

func TestSpecsThatAreWrongAreRefusedWithTheForms(t *testing.T) {
	o := Options{Home: "/home/u", Dir: "/work"}
	for spec, want := range map[string]string{
		"":                       "env-file:PATH:VARIABLE",
		"payments":               "env-file:PATH:VARIABLE",
		"vault:x":                "vault is no kind",
		"env-file:/x":            "env-file:PATH:VARIABLE",
		"env-file::K":            "the path is empty",
		"env-file:/x:":           "no name for a variable",
		"env-file:/x:1K":         "no name for a variable",
		"env-file:/x:A-B":        "no name for a variable",
		"env-file:/x:A B":        "no name for a variable",
		"env-file:/x:export":     "no name for a variable",
		"env-file:/x:A\x1b[31mB": "no name for a variable",
		"env-file:/x/:K":         "is a folder",
		"file:":                  "file needs a path",
		"file:~other/x":          "another user's home",
		"command:":               "needs a program",
		"command:  ":             "needs a program",
		"command:''":             "no program",
		"command:a 'b":           "cannot be split",
		"clipboard:x":            "takes nothing",
	} {
		d, err := Parse(spec, o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v, %v, want %q", spec, d, err, want)
		}
	}
	if _, err := Parse("file:~/x", Options{}); err == nil {
		t.Error("~ without a home was taken")
	}
}

func TestANamedDestinationIsExactlyOneThing(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{Name: "a"}, "exactly one of"},
		{Config{Name: "a", File: "/x", Command: []string{"cat"}}, "exactly one of"},
		{Config{Name: "a", File: "x"}, "neither absolute nor begins with ~"},
		{Config{Name: "a", EnvFile: &EnvFile{"x", "K"}}, "neither absolute nor begins with ~"},
		{Config{Name: "a", EnvFile: &EnvFile{"/x", "1"}}, "no name for a variable"},
		{Config{Name: "a", Command: []string{""}}, "no program"},
		{Config{Name: "a", File: filepath.Join(dir, "f")}, ""},
		{Config{Name: "a", File: "~/f"}, ""},
		{Config{Name: "a", Command: []string{"cat", "a b"}}, ""},
	} {
		d, err := New(c.c, Options{Home: dir, Environ: os.Environ()})
		if c.want == "" && (err != nil || d.Spec() != "a") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.c, err, c.want)
		}
	}
}

// TestTheShortSpellingOfACommandIsItsProgramAlone: its words may hold anything.
func TestTheShortSpellingOfACommandIsItsProgramAlone(t *testing.T) {
	for spec, want := range map[string]string{
		"command:curl -H hunter2": "command:curl", "command:/usr/bin/curl\t-H\thunter2": "command:curl", "command: \n curl\nhunter2": "command:curl", "command:x": "command:x",
		"file:/srv/a b": "file:/srv/a b", "env-file:/srv/.env:API_KEY": "env-file:/srv/.env:API_KEY", "clipboard": "clipboard", "payments": "payments",
	} {
		if got := Short(spec); got != want {
			t.Errorf("%q is %q, want %q", spec, got, want)
		}
	}
}

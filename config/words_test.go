package config

import (
	"os"
	"strings"
	"testing"
)

func TestATokensSourceIsSaidInWords(t *testing.T) {
	for want, token := range map[string]Token{
		"env PROSOPO_TOKEN": {Env: "PROSOPO_TOKEN"}, "file ~/.secrets/prosopo": {File: "~/.secrets/prosopo"}, "command pass": {Command: []string{"pass", "show", "x"}},
		"command op": {Command: []string{"op"}}, "none": {},
	} {
		if got := token.String(); got != want {
			t.Errorf("%+v: %q, want %q", token, got, want)
		}
	}
}

// TestAProfileIsAddedAfterOneEmptyLine, in a file that has something, and at once in one that has nothing.
func TestAProfileIsAddedAfterOneEmptyLine(t *testing.T) {
	p := Profile{Name: "q", Service: "generic", URL: "https://q.example", Token: Token{Env: "Q"}}
	for before, want := range map[string]string{"": "", "# mine\n": "# mine\n\n", "# no end": "# no end\n\n", "\n": "\n\n"} {
		path := writeFile(t, before, 0o600)
		if err := Append(path, p, ""); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if head, _, _ := strings.Cut(string(got), "[profiles"); err != nil || head != want {
			t.Errorf("%q: begins %q, want %q", before, head, want)
		}
	}
}

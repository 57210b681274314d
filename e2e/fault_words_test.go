//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// evil is what a file name, a config value, an argument or a program's output may hold.
const evil = "\x1b]52;c;cm0=\x07\x1b[2J\x1b[31m\u009b2J\u202egnp\r\x08\u2028"

// tomlEvil is the same as a TOML string may write it.
const tomlEvil = `\u001b]52;c;cm0=\u0007\u001b[2J\u009b2J\u202egnp\r\b\u2028`

func controls(text string) string {
	for i, r := range text {
		if r != '\n' && !unicode.IsGraphic(r) {
			return text[max(0, i-60):min(len(text), i+60)]
		}
	}
	return ""
}

// TestNoControlCharacterOfAFileAnArgumentOrAProgramReachesTheTerminal: names of files and folders, values of the
// configuration and the environment, arguments, and what the operator's own commands print.
func TestNoControlCharacterOfAFileAnArgumentOrAProgramReachesTheTerminal(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.must(t, "", "create", "--name", "k", "--permission", "getRules")
	dir := h.path("d" + strings.ReplaceAll(evil, "/", ""))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	script := h.path("noisy")
	program(t, script, []byte("#!/bin/sh\ncat >/dev/null\nprintf '\\033]52;c;cm0=\\007\\033[2Jout\\n'\nprintf '\\033]0;t\\007\\302\\2332Jerr\\n' >&2\nexit ${1:-0}\n"), 0o700)
	for _, name := range []string{"x" + evil + ".json", "abcdefghij.json"} {
		state := h.path(".local", "state", "detent")
		if err := os.MkdirAll(state, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, name), []byte("{\"version\": 1, \"id\": \"\x1b[2J\"}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := "[profiles.p]\nservice = \"prosopo\"\nurl = \"http://127.0.0.1:1\"\ntoken = { env = \"T\" }\n"
	runs := 0
	look := func(what string, r result) {
		t.Helper()
		runs++
		if bad := controls(r.stdout + r.stderr); bad != "" {
			t.Errorf("%s: %q", what, bad)
		}
		if strings.TrimSpace(r.stdout+r.stderr) == "" {
			t.Errorf("%s: not a word", what)
		}
	}
	for _, args := range [][]string{
		{"list", "--profile", evil}, {"list", "--config", filepath.Join(dir, "none.toml")}, {"config", "path", "--config", filepath.Join(dir, "c.toml")},
		{"config", "init", "--config", filepath.Join(dir, "new.toml")}, {"config", "show", "--config", filepath.Join(dir, "new.toml")},
		{"delete", evil, "--yes"}, {"update", evil, "--name", "x"}, {"create", "--name", evil, "--permission", "getRules"},
		{"create", "--name", "x", "--permission", evil}, {"create", "--name", "x", "--permission", "getRules", "--expires", evil},
		{"create", "--name", "x", "--role", evil, "-p", "local/vertesia"}, {"create", "--name", "x", "-p", "local/generic", "--environment", "live", "--allow-ip", evil},
		{"create", "--name", "f", "--permission", "getRules", "--deliver", "file:" + filepath.Join(dir, "secret")},
		{"create", "--name", "f2", "--permission", "getRules", "--deliver", "file:" + filepath.Join(dir, "no", "folder")},
		{"create", "--name", "f3", "--permission", "getRules", "--deliver", "env-file:" + filepath.Join(dir, "env") + ":K"},
		{"create", "--name", "f4", "--permission", "getRules", "--deliver", "command:" + script}, {"create", "--name", "f5", "--permission", "getRules", "--deliver", "command:" + script + " 3"},
		{"create", "--name", "f6", "--permission", "getRules", "--deliver", evil}, {"create", "--name", "f7", "--permission", "getRules", "--deliver", "command:" + h.path("no"+evil)},
		{"rotate", "k", "--yes", "--deliver", "file:" + filepath.Join(dir, "rotated"), "--drain", "0s", "--soak", "0s"}, {"rotate", "--resume", evil, "--yes"},
		{"rotations"}, {"rotations", "-o", "json"}, {"check"}, {"list", "--debug", filepath.Join(dir, "no", "log")}, {"list", "-o", evil}, {evil}, {"list", "--" + evil}, {"help", evil}, {"config", evil},
		{"completion", evil}, {"serve", "--listen", evil}, {"serve", "--store", filepath.Join(dir, "no\x00where")}, {"serve", "admin-token", evil}, {"list", "--timeout", evil}, {"list", "--renderer", evil},
	} {
		if strings.Contains(strings.Join(args, ""), "\x00") {
			continue // no process can be given one
		}
		look(strings.Join(args[:min(2, len(args))], " "), h.run(t, "", args...))
	}
	for _, stdin := range []string{evil, "sk_live_" + evil} {
		look("verify", h.run(t, stdin, "verify"))
	}
	for name, text := range map[string]string{
		"a name":          strings.Replace(base, "[profiles.p]", `[profiles."`+tomlEvil+`"]`, 1),
		"a url":           strings.Replace(base, "127.0.0.1:1", `127.0.0.1/`+tomlEvil, 1),
		"a service":       strings.Replace(base, "prosopo", tomlEvil, 1),
		"a token's name":  strings.Replace(base, `"T"`, `"`+tomlEvil+`"`, 1),
		"a token's file":  strings.Replace(base, `{ env = "T" }`, `{ file = "/no/`+tomlEvil+`" }`, 1),
		"a token command": strings.Replace(base, `{ env = "T" }`, `{ command = ["/no/`+tomlEvil+`"] }`, 1),
		"a field":         base + `"` + tomlEvil + `" = 1` + "\n",
		"a path":          base + "[profiles.p.deliver.d]\nfile = \"/no/" + tomlEvil + "\"\n",
		"a destination":   base + "[profiles.p.deliver.\"" + tomlEvil + "\"]\nfile = \"/x\"\n",
		"a pattern":       base + "[profiles.p.deliver.d]\nkeys = [\"" + tomlEvil + "\"]\nfile = \"/x\"\n",
		"a then":          base + "[profiles.p.deliver.d]\nfile = \"/x\"\nthen = [\"" + tomlEvil + "\"]\n",
		"a default":       "default_profile = \"" + tomlEvil + "\"\n" + base,
		"a broken file":   "[profiles.p]\nx = \"" + evil,
	} {
		h.config(t, text)
		h.env = append(h.env, "T=psp_abcdefghijkl")
		for _, args := range [][]string{{"config", "show"}, {"config", "check"}, {"list", "-p", "p"}, {"create", "-p", "p", "--name", "k", "--permission", "getRules", "--deliver", "d"}} {
			look(name+": "+strings.Join(args, " "), h.run(t, "", append(args, "--timeout", "1s")...))
		}
		p := h.sit(t, 100, 30)
		p.rest()
		p.wait(`\S`)
		p.rest()
		if bad := foreign(p.output()); bad != "" {
			t.Errorf("%s: the TUI writes %s", name, bad)
		}
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	t.Logf("%d commands with hostile names, values and outputs", runs)
}

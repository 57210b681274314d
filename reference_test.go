package main

import (
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"detent/apikey"
)

// section is what docs/REFERENCE.md says under a heading, or from a bold word to the end of its paragraph.
func section(t *testing.T, from, to string) string {
	t.Helper()
	page, err := os.ReadFile("docs/REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, there := strings.Cut(string(page), from)
	if text, _, ends := strings.Cut(text, to); there && ends {
		return text
	}
	t.Fatalf("docs/REFERENCE.md has nothing between %q and %q", from, to)
	return ""
}

// TestTheReferenceNamesWhatScriptsRelyOn: what is added in the program is added to docs/REFERENCE.md, and what that names is there.
func TestTheReferenceNamesWhatScriptsRelyOn(t *testing.T) {
	ids := func(keep func(apikey.FieldInfo) bool) (out []string) {
		for f := range apikey.Fields() {
			if keep(f) {
				out = append(out, string(f.ID))
			}
		}
		return out
	}
	kinds := func(warning bool) (out []string) {
		for f := range apikey.Findings() {
			if f.Warning == warning {
				out = append(out, string(f.Kind))
			}
		}
		return out
	}
	warnings, notes, split := strings.Cut(section(t, "**Findings**:", "\n\n"), "are warnings")
	if !split {
		t.Fatal("docs/REFERENCE.md does not say which findings are warnings")
	}
	quoted, member := regexp.MustCompile("`([a-z][a-z_-]*)`"), regexp.MustCompile(`"([a-z_]+)":?`)
	key, _, _ := strings.Cut(section(t, "| a key |", "\n"), "(")
	begun, _, _ := strings.Cut(section(t, "| a rotation |", "\n"), "(") // what a rotation does is told in its own words
	left := section(t, "| a secret that leaves |", "\n")
	aside := []string{"print", "clipboard", "undeliver", "then"}                                                         // other words of a reveal, a place and a delivery
	beside := []string{"profile", "service", "findings", "fields", "ip_addresses", "referrers", "endpoints", "expiring"} // of the JSON of a key, and no field of it
	for _, c := range []struct {
		what, file, text string
		name             *regexp.Regexp
		has, but         []string
	}{
		{"a warning", "apikey/findings.go", warnings, quoted, kinds(true), nil},
		{"a note", "apikey/findings.go", notes, quoted, kinds(false), nil},
		{"an order on record", "desk", key + begun + left + section(t, "| a profile |", "\n"), quoted, orders(t), aside},
		{"a named field", "apikey/field.go", section(t, "A key: `{", "}`, and under"), member, ids(func(f apikey.FieldInfo) bool { return f.Named }), beside},
	} {
		var named []string
		for _, m := range c.name.FindAllStringSubmatch(c.text, -1) {
			named = append(named, m[1])
		}
		for _, name := range c.has {
			if !slices.Contains(named, name) {
				t.Errorf("%s is %s (%s), and docs/REFERENCE.md does not name it", name, c.what, c.file)
			}
		}
		for _, name := range named {
			if !slices.Contains(c.has, name) && !slices.Contains(c.but, name) {
				t.Errorf("docs/REFERENCE.md names %s, which is not %s (%s)", name, c.what, c.file)
			}
		}
	}
}

// TestTheReferenceNamesEveryCommand that cli registers by a literal.
func TestTheReferenceNamesEveryCommand(t *testing.T) {
	commands := strings.FieldsFunc(section(t, "## Commands", "Global flags"), func(r rune) bool { return strings.ContainsRune(" |\n[]", r) })
	looked := 0
	for _, s := range sources(t) {
		if s.test || top(s.path) != "cli" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || typeName(lit.Type) != "cobra.Command" {
				return true
			}
			use, ok := field(lit, "Use").(*ast.BasicLit)
			if !ok {
				return true
			}
			text, err := strconv.Unquote(use.Value)
			if err != nil {
				t.Fatal(err)
			}
			looked++
			if name, _, _ := strings.Cut(text, " "); !slices.Contains(commands, name) && name != "help" {
				t.Errorf("%s: docs/REFERENCE.md, \"Commands\", has no %q", s.fset.Position(n.Pos()), name)
			}
			return true
		})
	}
	if looked < 15 {
		t.Errorf("%d commands were found: is this test looking?", looked)
	}
}

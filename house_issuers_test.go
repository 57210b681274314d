package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"detent/client/issuers"
)

// nameIssuers are the only places that name one: its own file, the service that speaks as some of them, what is run against real ones, the world
// that rotations are tested in, and the words that firewalls have. Everywhere else, what one can do and takes is asked of its declaration.
var nameIssuers = []string{"client/issuers/", "client/wire/wordlists.go", "e2e/", "keyserver/", "rotation/world/"}

// mayNameNone reports whether a file is one that names no issuer. Tests may.
func mayNameNone(path string, test bool) bool {
	return !test && !slices.ContainsFunc(nameIssuers, func(place string) bool { return strings.HasPrefix(path, place) })
}

// issuerWords are how issuers are called: by profiles, and by people, the first word alone too.
func issuerWords(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, name := range issuers.BuiltIn() {
		d, err := issuers.Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(d.Title, " ")
		words = append(words, name)
		if first != "API" { // of a convention that is called what it is
			words = append(words, first)
		}
	}
	if len(words) < 20 {
		t.Fatalf("%q: is this test looking?", words)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// named are the places of a file that name one of the issuers: whole words of its texts, parts of its identifiers. Comments and imports
// are not looked at.
func named(fset *token.FileSet, file *ast.File, words []string) (places []string) {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, regexp.QuoteMeta(w))
	}
	word := regexp.MustCompile(`(?i)\b(?:` + strings.Join(quoted, "|") + `)\b`)
	part := regexp.MustCompile(`(?i)` + strings.ReplaceAll(strings.Join(quoted, "|"), "-", "_?"))
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			if part.MatchString(n.Name) {
				places = append(places, fmt.Sprintf("%s: %s names an issuer", fset.Position(n.Pos()), n.Name))
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING && word.MatchString(n.Value) {
				places = append(places, fmt.Sprintf("%s: %.60s names an issuer", fset.Position(n.Pos()), n.Value))
			}
		}
		return true
	})
	return places
}

func TestNothingElseNamesAnIssuer(t *testing.T) {
	words, looked := issuerWords(t), map[string]int{}
	for _, s := range sources(t) {
		if !mayNameNone(s.path, s.test) {
			continue
		}
		looked[top(s.path)]++
		for _, place := range named(s.fset, s.file, words) {
			t.Error(place)
		}
	}
	for _, room := range []string{"apikey", "audit", "cli", "client", "config", "delivery", "desk", "host", "remote", "rotation", "tui"} {
		if looked[room] < 5 {
			t.Errorf("%d files of %s were looked at", looked[room], room)
		}
	}
}

// TestANamedIssuerIsSeen: each issuer, by each of its names, in a text and in a part of an identifier, in each room; not in a comment,
// an import, a test, or a word that only begins so.
func TestANamedIssuerIsSeen(t *testing.T) {
	words := issuerWords(t)
	see := func(text string) int {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", "package x\n"+text, parser.ParseComments)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return len(named(fset, file, words))
	}
	for _, w := range words {
		ident := strings.ReplaceAll(w, "-", "_")
		for _, text := range []string{`var x = "%s"`, "var x = `keys of %s end`", `var x = map[string]int{"%s": 1}`, `func f(s string) bool { return s == "%s" }`} {
			if see(fmt.Sprintf(text, w)) == 0 || see(fmt.Sprintf(text, strings.ToUpper(w))) == 0 {
				t.Errorf("%s is not seen in %s", w, text)
			}
		}
		for _, text := range []string{"var is_%s = 1", "func open%s() {}", "type %sWire struct{}", "type t struct{ a%s int }", "var x = other.For%s()"} {
			if see(fmt.Sprintf(text, ident)) == 0 {
				t.Errorf("%s is not seen in %s", ident, text)
			}
		}
		if n := see("// " + w + " does so\nimport _ \"detent/" + w + "\"\nvar x = \"" + strings.ReplaceAll(w, "-", "") + "ly\""); n != 0 {
			t.Errorf("%s is seen %d times where it is none", w, n)
		}
	}
	for _, path := range []string{"main.go", "apikey/x.go", "audit/x.go", "client/x.go", "client/kit/x.go", "client/issuertest/x.go", "client/wire/x.go", "delivery/deep/x.go", "tui/deep/x.go"} {
		if !mayNameNone(path, false) || mayNameNone(path, true) {
			t.Errorf("%s is not looked at, or its tests are", path)
		}
	}
}

// TestADeclarationIsShort: what every issuer's file would have to say is what the language says for it. Comments and blank lines are free.
func TestADeclarationIsShort(t *testing.T) {
	files, err := fs.Glob(os.DirFS("client/issuers"), "*.toml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(path.Join("client/issuers", file))
		if err != nil {
			t.Fatal(err)
		}
		says := 0
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				says++
			}
			if len([]rune(line)) > 240 {
				t.Errorf("%s: %.60s… is over 240 characters: lines are not made fewer by joining them", file, line)
			}
		}
		if says > 80 {
			t.Errorf("%s has %d lines: is it something that other files say too, and that package kit should?", file, says)
		}
	}
}

// incomplete are the issuers that are not one declaration and one file of cases, with something in each.
func incomplete(fsys fs.FS) (wrong []string) {
	stems := func(dir, ext string) (out []string) {
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), ext); ok {
				out = append(out, name)
			}
		}
		return out
	}
	declared, cased := stems("client/issuers", ".toml"), stems("client/testdata", ".txtar")
	for _, name := range declared {
		raw, err := fs.ReadFile(fsys, path.Join("client/testdata", name+".txtar"))
		switch cases := string(raw); {
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("client/issuers/%s.toml has no cases: %v", name, err))
		case !strings.Contains(cases, "\n-- list") || !regexp.MustCompile(`(?m)^> [A-Z]+ /`).MatchString(cases) || !regexp.MustCompile(`(?m)^< \d{3}`).MatchString(cases):
			wrong = append(wrong, fmt.Sprintf("client/testdata/%s.txtar has no exchange of a list", name))
		}
	}
	for _, name := range cased {
		if !slices.Contains(declared, name) {
			wrong = append(wrong, fmt.Sprintf("client/testdata/%s.txtar has cases of no issuer", name))
		}
	}
	return wrong
}

// TestAnIssuerIsItsDeclarationAndItsCases: it is found by being there.
func TestAnIssuerIsItsDeclarationAndItsCases(t *testing.T) {
	for _, wrong := range incomplete(os.DirFS(".")) {
		t.Error(wrong)
	}
}

// TestAnIssuerWithoutCasesIsSeen: each of those that there are, without its file of cases, or with one that has none.
func TestAnIssuerWithoutCasesIsSeen(t *testing.T) {
	whole := func() fstest.MapFS {
		out := fstest.MapFS{}
		for _, name := range issuers.BuiltIn() {
			for _, file := range []string{"client/issuers/" + name + ".toml", "client/testdata/" + name + ".txtar"} {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				out[file] = &fstest.MapFile{Data: raw}
			}
		}
		return out
	}
	if wrong := incomplete(whole()); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
	for _, name := range issuers.BuiltIn() {
		cases, declaration := "client/testdata/"+name+".txtar", "client/issuers/"+name+".toml"
		for what, bend := range map[string]func(fstest.MapFS){
			"no cases":         func(f fstest.MapFS) { delete(f, cases) },
			"an empty file":    func(f fstest.MapFS) { f[cases] = &fstest.MapFile{} },
			"a head alone":     func(f fstest.MapFS) { f[cases] = &fstest.MapFile{Data: []byte("proven: documents\n")} },
			"no answer":        func(f fstest.MapFS) { f[cases] = &fstest.MapFile{Data: []byte("\n-- list --\n> GET /keys\n")} },
			"no declaration":   func(f fstest.MapFS) { delete(f, declaration) },
			"another's beside": func(f fstest.MapFS) { f["client/issuers/new.toml"] = f[declaration] },
		} {
			f := whole()
			if bend(f); len(incomplete(f)) != 1 {
				t.Errorf("%s, %s: %q", name, what, incomplete(f))
			}
		}
	}
}

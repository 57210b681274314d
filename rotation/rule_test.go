package rotation

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoRuleCanBeTurnedOffInANormalBuild: there a clause holds by a constant, and what turns one off is in test builds alone.
func TestNoRuleCanBeTurnedOffInANormalBuild(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	builds := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		normal := true
		for line := range strings.Lines(string(text)) {
			if expr, err := constraint.Parse(strings.TrimSpace(line)); err == nil {
				normal = expr.Eval(func(tag string) bool { return tag != "ruleswitch" })
				break
			}
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			switch {
			case !ok || !normal:
			case fn.Name.Name == "SwitchOff":
				t.Errorf("%s turns rules off, and is in a normal build", path)
			case fn.Recv == nil && fn.Name.Name == "rule":
				builds++
				ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
				if id, is := ret.Results[0].(*ast.Ident); len(fn.Body.List) != 1 || !ok || !is || id.Name != "true" {
					t.Errorf("%s: rule is not the constant true", path)
				}
			}
		}
	}
	if builds != 1 {
		t.Errorf("%d files of a normal build say what a rule is", builds)
	}
}

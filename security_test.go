package main

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityPageNamesTestsThatExist keeps docs/SECURITY.md honest: each promise names a test, each test is there, and
// each module that go.mod asks for is listed with why it is trusted.
func TestSecurityPageNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("docs/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && s.test {
				there[fn.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(string(page), -1)
	for _, name := range named {
		if !there[name[1]] {
			t.Errorf("docs/SECURITY.md names %s, which is not there", name[1])
		}
	}
	if len(named) < 40 {
		t.Errorf("only %d tests are named", len(named))
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(mod), "\n") {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.Contains(fields[0], ".") || !strings.HasPrefix(line, "\t") {
			continue
		}
		name := regexp.MustCompile(`/v\d+$`).ReplaceAllString(fields[0], "")
		if last := name[strings.LastIndexByte(name, '/')+1:]; !strings.Contains(string(page), last) {
			t.Errorf("docs/SECURITY.md does not say why %s is trusted", fields[0])
		}
	}
}

// TestSecretsAreComparedInConstantTimeInOnePlace holds by structure what a stopwatch cannot: the service authenticates
// in one function, which compares once, with both secrets that a key may have, in constant time, whether the key is known or not; and a
// hash is compared nowhere else.
func TestSecretsAreComparedInConstantTimeInOnePlace(t *testing.T) {
	compares := map[string]int{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if n.Sel.Name == "ConstantTimeCompare" {
						compares[s.path+" "+fn.Name.Name]++
					}
				case *ast.BinaryExpr:
					for _, side := range []ast.Expr{n.X, n.Y} {
						if sel, ok := side.(*ast.SelectorExpr); ok && sel.Sel.Name == "Hash" && top(s.path) == "keyserver" {
							t.Errorf("%s: a hash is compared with an operator", s.fset.Position(n.Pos()))
						}
					}
				}
				return true
			})
			switch {
			case top(s.path) == "keyserver" && fn.Name.Name == "authenticate":
				branchless(t, s, fn)
			case fn.Name.Name == "Accepts":
				for _, stmt := range fn.Body.List[:len(fn.Body.List)-1] {
					if _, ok := stmt.(*ast.AssignStmt); !ok {
						t.Errorf("%s: Accepts does more than compare", s.fset.Position(stmt.Pos()))
					}
				}
			}
		}
	}
	if compares["keyserver/store/keys.go Accepts"] != 2 || compares["apikey/secret.go Equal"] != 1 || len(compares) != 2 {
		t.Errorf("secrets are compared in %v", compares)
	}
}

// branchless holds that nothing returns between the lookup of a key and the comparison but a failure of the store.
func branchless(t *testing.T, s source, fn *ast.FuncDecl) {
	t.Helper()
	looked, returns := false, 0
	for _, stmt := range fn.Body.List {
		calls := func(name string) (found bool) {
			ast.Inspect(stmt, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					found = found || n.Sel.Name == name
				case *ast.ReturnStmt:
					if looked && name == "Accepts" {
						returns++
					}
				}
				return true
			})
			return found
		}
		if calls("Accepts") {
			if returns != 1 {
				t.Errorf("%s: %d returns between the lookup and the comparison, want the store's failure alone", s.path, returns)
			}
			return
		}
		looked = looked || calls("lookup")
	}
	t.Errorf("%s: authenticate does not compare in its own body", s.path)
}

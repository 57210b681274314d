package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// floors says which of our own packages a folder may import, itself and what lies
// under it aside. docs/ARCHITECTURE.md draws the same house.
var floors = map[string][]string{
	".":              {"aearly", "aterm", "cli"},
	"aearly":         {},
	"aterm":          {},
	"cli":            {"apikey", "client", "config", "delivery", "desk", "host", "keyserver", "paint", "remote", "rotation", "table", "tui"},
	"remote":         {"apikey", "config", "desk", "disk", "host", "paint", "rotation", "sshd", "tui"},
	"host":           {"apikey", "audit", "client", "client/issuers", "client/kit", "config", "delivery", "desk", "keyserver", "rotation", "tui"},
	"tui":            {"apikey", "client", "delivery", "desk", "loopback", "paint", "rotation"},
	"desk":           {"apikey", "audit", "client", "config", "delivery", "rotation"},
	"keyserver":      {"apikey"},
	"rotation":       {"apikey", "client", "delivery", "disk"},
	"delivery":       {"apikey", "disk"},
	"client":         {"apikey", "loopback", "tomlfile"},
	"client/issuers": {},
	"client/kit":     {"tomlfile"},
	"audit":          {"disk"},
	"config":         {"apikey", "client/issuers", "client/kit", "delivery", "disk", "loopback", "tomlfile"},
	"disk":           {},
	"loopback":       {},
	"table":          {"apikey"},
	"tomlfile":       {},
	"paint":          {},
	"sshd":           {},
	"apikey":         {},
	"e2e":            {},
}

// readers are single files that may import a floor which theirs may not, and nothing of it but what is named.
var readers = map[string]map[string][]string{
	"cli/auditcmd.go": {"audit": {"Read", "Lines", "Path", "ParseHead", "Head", "Record", "Report"}},
}

// fronts show what came of an order. They change nothing themselves, and write no log.
var fronts = []string{"cli", "remote", "tui", "host"}

// rooms are the floors inside a floor: a folder here imports of its own floor only what it names. Above them is the floor's own
// package, which may import each, but for what is written for its tests alone and stands on it.
var rooms = map[string][]string{
	"client/issuertest":    {"client", "client/signers"},
	"client/issuers":       {"client/kit"},
	"client/kit":           {"client/signers"},
	"client/signers":       {},
	"client/wire":          {"client/kit"},
	"host/trial":           {},
	"keyserver/servertest": {"keyserver"},
	"keyserver/contract":   {"keyserver/store", "keyserver/wirename"},
	"keyserver/store":      {"keyserver/wirename"},
	"keyserver/wirename":   {},
}

// revealers are the files that may turn a Secret into its bytes.
var revealers = map[string]string{
	"config/kept.go":         "a token that was typed, kept in a file for its profile",
	"delivery/command.go":    "standard input of the operator's command",
	"delivery/envfile.go":    "the variable's value in the file",
	"delivery/plainfile.go":  "the file's content",
	"delivery/scrub.go":      "taking it out of what a command prints",
	"client/attempt.go":      "the Authorization header",
	"host/clipboard.go":      "the terminal's clipboard takes them",
	"cli/secret.go":          "the secret that a command prints, once",
	"tui/form/secretview.go": "the show-once view",
}

const (
	maxFileLines     = 500
	maxFunctionLines = 100
	maxRootModel     = 250
)

type source struct {
	path string
	file *ast.File
	fset *token.FileSet
	test bool
}

// sources are all our files, parsed once.
func sources(t *testing.T) []source {
	t.Helper()
	out, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d sources found: is the test run in the module's root?", len(out))
	}
	return out
}

var parsed = sync.OnceValues(func() (out []source, err error) {
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{filepath.ToSlash(path), file, fset, strings.HasSuffix(path, "_test.go")})
		return nil
	})
	return out, err
})

func top(path string) string {
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return "."
}

func TestEachFloorImportsOnlyFloorsBelowIt(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		from := top(s.path)
		allowed, known := floors[from]
		if !known {
			t.Errorf("%s: the folder %s is not in the house; add it to floors and docs/ARCHITECTURE.md", s.path, from)
			continue
		}
		for _, spec := range s.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			to, ours := strings.CutPrefix(path, "detent/")
			if !ours {
				if from == "tui" && path == "net/http" || path == "database/sql" && from != "keyserver" && from != "e2e" {
					t.Errorf("%s imports %s", s.path, path)
				}
				continue
			}
			if room := filepath.ToSlash(filepath.Dir(s.path)); top(to+"/") == from {
				if below, isRoom := rooms[room]; isRoom && !slices.Contains(below, to) {
					t.Errorf("%s imports %s, which is not below %s", s.path, path, room)
				}
				continue
			}
			if _, inside := rooms[to]; inside && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, which is a room inside another floor", s.path, path)
			}
			if _, reads := readers[s.path][to]; reads {
				continue
			}
			if !slices.Contains(allowed, top(to+"/")) && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, which is not below %s", s.path, path, from)
			}
		}
	}
}

// TestFloorsLieOnFloors: nobody imports upwards, by whatever way.
func TestFloorsLieOnFloors(t *testing.T) {
	var below func(floor string, way []string)
	below = func(floor string, way []string) {
		if slices.Contains(way, floor) {
			t.Fatalf("the floors run in a circle: %s", strings.Join(append(way, floor), " → "))
		}
		for _, next := range floors[floor] {
			below(next, append(slices.Clone(way), floor))
		}
	}
	below(".", nil)
}

// TestAReaderOnlyReads: of a floor that its own may not import, a file uses what is named.
func TestAReaderOnlyReads(t *testing.T) {
	looked := 0
	for _, s := range sources(t) {
		for from, names := range readers[s.path] {
			ast.Inspect(s.file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == from {
						looked++
						if !slices.Contains(names, sel.Sel.Name) {
							t.Errorf("%s: %s.%s is more than reading", s.fset.Position(n.Pos()), from, sel.Sel.Name)
						}
					}
				}
				return true
			})
		}
	}
	if looked == 0 {
		t.Error("nothing is read: is this test looking?")
	}
}

// asks are the calls of Service and Abilities in client/service.go that change no key and give no secret. Every other one is a write.
var asks = []string{"Capabilities", "Abilities", "CheckDraft", "List", "Probe", "Identify", "Listed", "OwnProject", "Catalogue", "ParentChoices", "ServerTime", "CallNames"}

// writes are the calls of a service that change a key or give its secret, with how many arguments each takes.
func writes(t *testing.T) map[string]int {
	out := map[string]int{}
	for _, s := range sources(t) {
		if s.path != "client/service.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			var calls []*ast.Field
			switch n := n.(type) {
			case *ast.InterfaceType:
				calls = n.Methods.List
			case *ast.StructType:
				calls = n.Fields.List
			}
			for _, m := range calls {
				if f, ok := m.Type.(*ast.FuncType); ok && !slices.Contains(asks, m.Names[0].Name) {
					out[m.Names[0].Name] = f.Params.NumFields()
				}
			}
			return true
		})
	}
	return out
}

// TestEveryWriteOfAServiceIsAnOrder: the service that fronts and rotations are given makes an order of it. One that does not would be
// called past the desk: without a check, without a role, without a receipt.
func TestEveryWriteOfAServiceIsAnOrder(t *testing.T) {
	ordered := map[string]bool{}
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || s.test || top(s.path) != "desk" || fn.Recv == nil {
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "ordering" {
				ordered[fn.Name.Name] = true
				ast.Inspect(fn, func(n ast.Node) bool {
					if set, ok := n.(*ast.AssignStmt); ok && fn.Name.Name == "Abilities" {
						if call, ok := set.Lhs[0].(*ast.SelectorExpr); ok {
							ordered[call.Sel.Name] = true
						}
					}
					return true
				})
			}
		}
	}
	calls := writes(t)
	for name := range calls {
		if !ordered[name] {
			t.Errorf("client/service.go: %s is no order: give desk's ordering that method, or one for its Abilities, in the file of its order (CONTRIBUTING.md, \"An order\"), or, where it changes no key and gives no secret, name it in asks", name)
		}
	}
	if len(calls) == 0 {
		t.Error("no writes: is this test looking?")
	}
}

// orders are the words that desk has for what can be ordered, as its receipts have them.
func orders(t *testing.T) []string {
	out := []string{"enable", "disable"} // an update that only switches a key
	for _, s := range sources(t) {
		if s.test || top(s.path) != "desk" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "What" {
					out = append(out, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
				}
			}
			return true
		})
	}
	if len(out) == 2 {
		t.Error("no orders: is this test looking?")
	}
	return out
}

// TestWhatIsDoneWithAKeyIsAnOrder: a front sends it to the desk, which alone makes the call and writes its receipt.
func TestWhatIsDoneWithAKeyIsAnOrder(t *testing.T) {
	writes, orders := writes(t), orders(t)
	called, recorded := 0, 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		front := slices.Contains(fronts, top(s.path))
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.CallExpr); ok && front && writes[n.Sel.Name] > 0 {
					if sel, ok := of.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Abilities" {
						t.Errorf("%s: %s is taken past the desk: make an order", s.fset.Position(n.Pos()), n.Sel.Name)
					}
				}
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if ok && writes[sel.Sel.Name] == len(n.Args) && len(n.Args) > 0 {
					if front {
						t.Errorf("%s: %s is called past the desk: make an order", s.fset.Position(n.Pos()), sel.Sel.Name)
					}
					called++
				}
			case *ast.CompositeLit:
				switch name := typeName(n.Type); {
				case name == "audit.Action", name == "audit.Outcome" && top(s.path) != "audit":
					if top(s.path) != "desk" {
						t.Errorf("%s: the desk alone writes receipts", s.fset.Position(n.Pos()))
					}
					recorded++
				case name == "desk.Entry":
					recorded++
					if action := field(n, "Action"); action != nil {
						text, ok := action.(*ast.BasicLit)
						if !ok || slices.Contains(orders, strings.Trim(text.Value, `"`)) {
							t.Errorf("%s: an order's receipt is the desk's own", s.fset.Position(n.Pos()))
						}
					}
				}
			}
			return true
		})
	}
	if called == 0 || recorded == 0 {
		t.Errorf("%d calls and %d records: is this test looking?", called, recorded)
	}
}

// typeName of a literal whose type is another package's: audit.Action.
func typeName(x ast.Expr) string {
	if sel, ok := x.(*ast.SelectorExpr); ok {
		if pkg, ok := sel.X.(*ast.Ident); ok {
			return pkg.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

func field(lit *ast.CompositeLit, name string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return kv.Value
			}
		}
	}
	return nil
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		lines := s.fset.Position(s.file.End()).Line
		if lines > maxFileLines {
			t.Errorf("%s has %d lines, over %d: is it one thing?", s.path, lines, maxFileLines)
		}
		if s.path == "tui/app.go" && lines > maxRootModel {
			t.Errorf("%s has %d lines: the root model stays under %d", s.path, lines, maxRootModel)
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1; n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, over %d", s.path, fn.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestOnlyTheNamedFilesRevealSecrets(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			// A binding of ui.Keys has the same name: k.Reveal, env.Keys.Reveal.
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" && !isKeys(sel.X) {
				used[s.path] = true
				if _, ok := revealers[s.path]; !ok {
					t.Errorf("%s: Reveal is called here: is this a place for a secret? Then name it in revealers with the reason", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
	for path := range revealers {
		if !used[path] {
			t.Errorf("%s no longer reveals a secret: take it off the list", path)
		}
	}
}

func TestStylesAreMadeForARendererInOnePlace(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || top(s.path) != "tui" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "lipgloss" && sel.Sel.Name == "NewStyle" {
				t.Errorf("%s: this style binds to the global renderer; take one of ui.Styles", s.fset.Position(n.Pos()))
			}
			return true
		})
	}
}

func isKeys(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "k"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Keys"
	}
	return false
}

// TestNothingIsCompiledBeforeItIsNeeded: the first frame does not wait for a regular expression of another screen.
func TestNothingIsCompiledBeforeItIsNeeded(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			ast.Inspect(vars, func(n ast.Node) bool {
				if _, later := n.(*ast.FuncLit); later {
					return false
				}
				if sel, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "MustCompile") {
					t.Errorf("%s: compiled at start; sync.OnceValue compiles it when it is needed", s.fset.Position(n.Pos()))
				}
				return true
			})
		}
	}
}

// TestCommentsCiteWhatIsInTheRepository: a reader has nothing else.
func TestCommentsCiteWhatIsInTheRepository(t *testing.T) {
	page := regexp.MustCompile(`[\w./-]*\w\.md\b`)
	cited := 0
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, name := range page.FindAllString(group.Text(), -1) {
				cited++
				if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
					t.Errorf("%s cites %s, which is not in the repository", s.fset.Position(group.Pos()), name)
				}
			}
		}
	}
	if cited == 0 {
		t.Error("no comment cites a page: is this test looking?")
	}
}

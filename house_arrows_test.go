package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// upward are the arrows that run back up inside a room: from a file to one that stands above it, because that one needs it too.
// Everything else in a room has an order: a file may be read knowing only those below it.
var upward = map[string][]arrow{}

// unordered are rooms whose files still need each other in circles.
var unordered = []string{}

// arrow says that a function or a table of one file is used in another, and why that file stands below the first all the same.
type arrow struct{ from, to, why string }

// TestTheFilesOfARoomStandInAnOrder follows every function, method and package variable that a file names of another file of its
// room. Types and constants are words that all may use. A file that must call what stands above it is given the function.
func TestTheFilesOfARoomStandInAnOrder(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
		packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) < 30 {
		t.Fatalf("only %d rooms found", len(loaded))
	}
	for _, room := range loaded {
		name := strings.TrimPrefix(room.PkgPath, "detent/")
		for _, e := range room.Errors {
			t.Errorf("%s: %v", name, e)
		}
		needs := between(room)
		if slices.Contains(unordered, name) {
			if circleIn(needs) == nil {
				t.Errorf("%s stands in an order: take it off the list", name)
			}
			continue
		}
		for _, up := range upward[name] {
			if up.why == "" || len(needs[up.from][up.to]) == 0 {
				t.Errorf("%s: %s is allowed to use %s, and does not, or without a reason", name, up.from, up.to)
			}
			delete(needs[up.from], up.to)
			if !reaches(needs, up.to, up.from) {
				t.Errorf("%s: from %s to %s is no way up: take it off the list", name, up.from, up.to)
			}
		}
		if circle := circleIn(needs); circle != nil {
			t.Errorf("%s: files need each other in a circle:\n%s", name, told(needs, circle))
		}
	}
}

func TestACircleOfFilesIsSeen(t *testing.T) {
	needs := arrows{"a.go": {"b.go": {"f": true}}, "b.go": {"c.go": {"g": true}}, "c.go": {"b.go": {"h": true}}}
	if circle := circleIn(needs); !slices.Equal(circle, []string{"b.go", "c.go"}) {
		t.Errorf("the circle is %v", circle)
	}
	delete(needs["c.go"], "b.go")
	if circle := circleIn(needs); circle != nil {
		t.Errorf("a circle where there is none: %v", circle)
	}
}

// arrows has, for each file, the files it needs and what of them.
type arrows map[string]map[string]map[string]bool

func between(room *packages.Package) arrows {
	needs := arrows{}
	fileOf := func(n interface{ Pos() token.Pos }) string {
		return filepath.Base(room.Fset.Position(n.Pos()).Filename)
	}
	for _, file := range room.Syntax {
		from := fileOf(file)
		needs[from] = map[string]map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := room.TypesInfo.Uses[id]
			if used == nil || used.Pkg() != room.Types {
				return true
			}
			switch used.(type) {
			case *types.Func:
			case *types.Var:
				if used.Parent() != room.Types.Scope() {
					return true
				}
			default:
				return true
			}
			to := fileOf(used)
			if to == from {
				return true
			}
			if needs[from][to] == nil {
				needs[from][to] = map[string]bool{}
			}
			needs[from][to][id.Name] = true
			return true
		})
	}
	return needs
}

// circleIn is a shortest circle, from its file that comes first by name; nil where there is none.
func circleIn(needs arrows) []string {
	var shortest []string
	for _, start := range slices.Sorted(maps.Keys(needs)) {
		if way := way(needs, start, start); way != nil && (shortest == nil || len(way) < len(shortest)) {
			shortest = way
		}
	}
	return shortest
}

func reaches(needs arrows, from, to string) bool { return way(needs, from, to) != nil }

// way is a shortest way from one file to another by arrows, without the file it ends at.
func way(needs arrows, from, to string) []string {
	came, queue := map[string]string{}, []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range slices.Sorted(maps.Keys(needs[at])) {
			if next == to {
				out := []string{at}
				for at != from {
					at = came[at]
					out = append(out, at)
				}
				slices.Reverse(out)
				return out
			}
			if _, seen := came[next]; !seen && next != from {
				came[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func told(needs arrows, circle []string) string {
	var out strings.Builder
	for i, from := range circle {
		to := circle[(i+1)%len(circle)]
		fmt.Fprintf(&out, "\t%s needs %s of %s\n", from, strings.Join(slices.Sorted(maps.Keys(needs[from][to])), ", "), to)
	}
	return out.String()
}

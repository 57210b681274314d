package rotation

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// constructors are the functions that make a claim of each kind: the one beside the observation, and no other.
var constructors = map[string]string{
	"SecretAccepted": "secretAccepted", "SecretKnown": "try", "SecretRefused": "secretRefused", "ControlRefused": "control",
	"RowSeen": "rowSeen", "RowMissing": "rowMissing", "CreateAnswered": "createAnswered",
	"DisableSent": "switchOff", "DisableAnswered": "isOff", "EnableAnswered": "switchOn",
	"DeleteSent": "deleteIsSent", "DeleteAnswered": "isDeleted newDeleted strayDeleted",
	"PlaceHolds": "placeHolds", "PlaceHeld": "placeHeld", "Quiet": "quiet", "SameAccess": "sameAccess",
	"CommandEnded": "commandEnded", "PersonSaid": "recordStatement",
}

func TestAClaimIsMadeBesideItsObservationAlone(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string][]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if sel, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "observed") && fn.Name.Name != "observed" {
						kind := n.Args[map[string]int{"observed": 0, "observedAt": 1}[sel.Sel.Name]].(*ast.Ident).Name
						made[kind] = append(made[kind], fn.Name.Name)
					}
				case *ast.CompositeLit:
					if id, ok := n.Type.(*ast.Ident); ok && (id.Name == "Claim" || id.Name == "claimRecord") && len(n.Elts) > 0 && fn.Name.Name != "observedAt" {
						t.Errorf("%s makes a Claim", fn.Name.Name)
					}
				}
				return true
			})
		}
	}
	for kind, want := range constructors {
		got := made[kind]
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("a claim of the kind %s is made by %v, not by %s", kind, got, want)
		}
	}
	if len(made) != len(ClaimKinds) || len(constructors) != len(ClaimKinds) {
		t.Errorf("%d kinds are made, %d are listed, %d exist", len(made), len(constructors), len(ClaimKinds))
	}
}

func TestOfEachClaimTheFirstAndTheLastAreKept(t *testing.T) {
	var all []Claim
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	add := func(kind ClaimKind, subject, detail string) {
		at = at.Add(time.Second)
		all = keepClaim(all, Claim{claimRecord{kind, subject, Evidence{By: "test", At: at, Detail: detail}}})
	}
	for _, d := range []string{"1", "2", "3", "4"} {
		add(RowSeen, SubjectOld, d)
		add(RowSeen, SubjectNew, d)
		add(PersonSaid, SubjectOld, d)
	}
	var got []string
	for _, c := range all {
		got = append(got, string(c.Kind())+" "+c.Subject()+" "+c.Evidence().Detail)
	}
	want := []string{"row-seen old 1", "row-seen new 1", "person-said old 1", "person-said old 2", "person-said old 3", "row-seen old 4", "row-seen new 4", "person-said old 4"}
	if !slices.Equal(got, want) {
		t.Errorf("kept:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	j := &journal{Claims: all}
	if last, _ := j.claimed(RowSeen, SubjectOld); last.Evidence().Detail != "4" {
		t.Errorf("the last is %v", last)
	}
}

package issuers

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"detent/client/kit"
)

// TestTheHeadOfADeclarationIsAsItIsRead: what is taken from a built-in file without reading it whole.
func TestTheHeadOfADeclarationIsAsItIsRead(t *testing.T) {
	embedded := 0
	for _, name := range BuiltIn() {
		d, err := Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		if want := (head{place: cmp.Or(d.Place, math.MaxInt), embedded: d.Embedded}); heads()[name] != want {
			t.Errorf("%s: %v, but it has place %d, embedded %v", name, heads()[name], d.Place, d.Embedded)
		}
		if d.Embedded {
			embedded++
		}
	}
	if embedded == 0 || embedded != len(Embedded()) {
		t.Errorf("%d are embedded, not %v", embedded, Embedded())
	}
}

// TestABuiltInDeclarationHasNothingWrong: the program reads it without looking.
func TestABuiltInDeclarationHasNothingWrong(t *testing.T) {
	for _, name := range BuiltIn() {
		raw, err := files.ReadFile(name + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		checked, err := kit.Load(name+".toml", raw)
		if err != nil {
			t.Fatal(err)
		}
		if used, err := Load("", name); err != nil || !reflect.DeepEqual(used, checked) {
			t.Errorf("%s: %v; it is not what was checked", name, err)
		}
	}
}

// TestAFileThatIsCalledAsNoneCanBeIsNoIssuer: a list of them has one line each, and a declaration is the file of its name.
func TestAFileThatIsCalledAsNoneCanBeIsNoIssuer(t *testing.T) {
	raw, err := files.ReadFile("miniflux.toml")
	if err != nil {
		t.Fatal(err)
	}
	folder, text := t.TempDir(), strings.Replace(string(raw), `"miniflux"`, `"acme"`, 1)
	for _, name := range []string{".toml", "..toml", "a\nb.toml", "a\x1b[2J.toml", "generic.toml", "acme", "acme.toml", "Acme.TOML"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Skip(err) // of a system that has no such names
		}
	}
	if own := Names(folder)[len(BuiltIn()):]; len(own) != 1 || own[0] != "acme" {
		t.Errorf("%q", own)
	}
	for name, fits := range map[string]bool{"acme.toml": true, "acme": false, "Acme.TOML": false, ".toml": false} {
		if _, err := LoadFile(filepath.Join(folder, name)); (err == nil) != fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}

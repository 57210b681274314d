package issuers

import (
	"cmp"
	"math"
	"reflect"
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

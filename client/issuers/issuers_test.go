package issuers

import (
	"strconv"
	"testing"
)

// TestTheHeadOfADeclarationIsAsItIsRead: what is taken from a built-in file without reading it whole.
func TestTheHeadOfADeclarationIsAsItIsRead(t *testing.T) {
	embedded := 0
	for _, name := range BuiltIn() {
		d, err := Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		place, _ := strconv.Atoi(head(name)["place"])
		if place != d.Place || (head(name)["embedded"] == "true") != d.Embedded {
			t.Errorf("%s: %v, but it has place %d, embedded %v", name, head(name), d.Place, d.Embedded)
		}
		if d.Embedded {
			embedded++
		}
	}
	if embedded == 0 || embedded != len(Embedded()) {
		t.Errorf("%d are embedded, not %v", embedded, Embedded())
	}
}

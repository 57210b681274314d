package client

import (
	"testing"

	"detent/apikey"
	"detent/client/kit"
)

// TestAnAbilityIsThereWhereTheDeclarationHasIt: every declared issuer has the methods of all, and lends none that does nothing.
func TestAnAbilityIsThereWhereTheDeclarationHasIt(t *testing.T) {
	for members, want := range map[string]bool{"": false, "masked": true} {
		d := &kit.Declaration{Name: "x", Row: kit.Row{ID: kit.Members{"id"}}}
		if members != "" {
			d.Row.Masked = kit.Members{members}
		}
		s, bad := openIssuer(d, options("x", "http://127.0.0.1:1"))
		if bad != nil {
			t.Fatal(bad)
		}
		if _, has := As[Identifier](s); has != want {
			t.Errorf("masked as %q: it identifies: %v", members, has)
		}
		if k, err := s.Identify(bg, apikey.NewSecret(genericSecret)); want == (err == nil) || k != nil {
			t.Errorf("masked as %q: %v, %v", members, k, err)
		}
		if _, has := As[Clock](s); !has {
			t.Error("it has no clock")
		}
	}
}

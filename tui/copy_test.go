package tui

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/tui/ui"
)

// y shows what can be copied; the id is one enter away, and nothing that is copied can break out of a line.
func TestYCopiesWhatIsChosen(t *testing.T) {
	for _, tc := range []struct {
		down int
		want string
	}{
		{0, "new-1"}, {1, "payments-api"}, {2, "psp_eqh5****"}, {3, "PAYMENTS_API=  # payments-api psp_eqh5**** new-1"},
		{4, `curl -H "Authorization: Bearer $PAYMENTS_API" https://api.prosopo.io`},
	} {
		d := start(t, 80, 24, withKeys([]apikey.Key{{ID: "new-1", Name: "payments-api ~rznjoqz5tye", Masked: "psp_eqh5****"}}))
		d.press("y").sees("Copy", tc.want[:min(len(tc.want), 20)])
		for range tc.down {
			d.press("down")
		}
		d.press("enter").sees("sent to your terminal's clipboard")
		if got := d.out.String(); got != "copied "+tc.want {
			t.Errorf("%d: %q, want %q", tc.down, got, tc.want)
		}
	}
	for _, name := range hostileNames() {
		d := start(t, 80, 24, withKeys([]apikey.Key{{ID: "1", Name: name}}))
		d.press("y", "down")
		if ui.Clean(name) != "" { // or there is none to copy
			d.press("down")
		}
		d.press("enter")
		got := strings.TrimPrefix(d.out.String(), "copied ")
		if variable, _, ok := strings.Cut(got, "="); !ok || !apikey.IsVariableName(variable) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' }) {
			t.Errorf("%q is copied as %q", name, got)
		}
	}
}

func TestTheEmbeddedServiceHasNoLineForCurl(t *testing.T) {
	start(t, 80, 24, withProfile("local/prosopo")).press("y").sees("Copy", ".env line").seesNot("curl")
}

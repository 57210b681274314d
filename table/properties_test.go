package table

import (
	"encoding/json"
	"strings"
	"testing"

	"detent/apikey"
)

// TestWhatAServiceHasBesideIsShownInWords to people, and stays as it is in CSV; what it does not report of access is unknown.
func TestWhatAServiceHasBesideIsShownInWords(t *testing.T) {
	row := Row{Key: apikey.Key{ID: "k1", Name: "a", Extra: map[string]json.RawMessage{"zones": json.RawMessage(`["z1","z9","a,b"]`), "hosts": json.RawMessage("null"), "ro": json.RawMessage("true"), "policies": json.RawMessage("[1]")}},
		Access: []apikey.Field{"zones", "note"}, Properties: []apikey.Property{{Field: "zones", Kind: apikey.ListProperty, Choices: []apikey.Choice{{Value: "z1", Name: "shop.example"}}},
			{Field: "hosts", Kind: apikey.AddressesProperty, Without: "any host"}, {Field: "ro", Kind: apikey.BooleanProperty}, {Field: "note", Kind: apikey.TextProperty}}}
	var out strings.Builder
	if err := Key(&out, row); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"zones         shop.example, z9, \"a,b\"", "hosts         none: any host", "ro            yes", "policies      [1]", "note          unknown"} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("%q is not in\n%s", line, out.String())
		}
	}
	out.Reset()
	if _, err := Keys(&out, []Row{row}, false, 0); err != nil || !strings.Contains(out.String(), "shop.example, z9, \"a,b\"") {
		t.Errorf("%v\n%s", err, out.String())
	}
	titles, cells := Cells([]Row{row})
	if got := strings.Join(titles, " ") + strings.Join(cells[0], " "); !strings.Contains(got, `["z1","z9","a,b"]`) || !strings.Contains(got, "null") {
		t.Error(got)
	}
}

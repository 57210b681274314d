package keylist

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"detent/apikey"
)

// TestAFilterFindsAPropertyAsPeopleReadIt: by the service's name for a word, and none.
func TestAFilterFindsAPropertyAsPeopleReadIt(t *testing.T) {
	keys := []apikey.Key{{ID: "named", Extra: map[string]json.RawMessage{"zones": json.RawMessage(`["z1","z9"]`)}}, {ID: "none", Extra: map[string]json.RawMessage{"zones": json.RawMessage("null")}},
		{ID: "empty", Extra: map[string]json.RawMessage{"zones": json.RawMessage("[]")}}, {ID: "silent"}}
	of := Profile{Properties: []apikey.Property{{Field: "zones", Kind: apikey.ListProperty, Without: "all zones", Choices: []apikey.Choice{{Value: "z1", Name: "Berlin, Germany"}}}}}
	for text, want := range map[string]string{"zones:berlin": "[named]", `zones:"Berlin, G"`: "[named]", "zones:z9": "[named]", "zones:none": "[none empty]", "zones:all": "[none empty]", "!zones:none": "[named silent]"} {
		f, err := ParseFilter(text, "zones")
		if err != nil {
			t.Fatal(err)
		}
		left, _ := f.Find(keys, nil, of, time.Now())
		var ids []string
		for _, i := range left {
			ids = append(ids, keys[i].ID)
		}
		if fmt.Sprint(ids) != want {
			t.Errorf("%s: %v in place of %s", text, ids, want)
		}
	}
}

package keylist

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// TestALimitOfTheServicesOwnIsFilteredBy: by any name that is no other word, in any case; and a word that is nearly another one is still
// taken for a mistake.
func TestALimitOfTheServicesOwnIsFilteredBy(t *testing.T) {
	of := func(name, limit string) apikey.Key {
		return apikey.Key{ID: name, Name: name, Extra: map[string]json.RawMessage{"spendLimit": json.RawMessage(limit)}}
	}
	keys := []apikey.Key{of("a", "5"), of("b", "20.5"), of("c", "1e3"), of("d", "null"), of("e", `"20.5"`), {ID: "f", Name: "f"}}
	for filter, want := range map[string]string{"spendlimit>10": "b c", "spendLimit<10": "a", "spendlimit:20.5": "b", "spendlimit:20.50": "b", "!spendlimit>10": "a d e f", "spendlimit>10 spendlimit<100": "b", "spendlimit:5": "a", "spendlimit:2": ""} {
		l := newList(keys...)
		l.SetSize(100, 14)
		typeFilter(l, filter)
		var got []string
		for _, i := range l.idx {
			var k apikey.Key
			got = append(got, l.seen.key(i, &k).Name)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	for filter, want := range map[string]string{"expire>5": "expires", "spendlimit>many": "no field", "nowhere>5": "? nowhere over 5", "spendlimit>5": "[spendlimit over 5]"} {
		l := newList(keys...)
		l.SetSize(100, 14)
		typeFilter(l, filter)
		if shown := ansi.Strip(strings.Join(l.Lines(), " ")); !strings.Contains(shown, want) {
			t.Errorf("%s: %q, want %q", filter, shown, want)
		}
	}
}

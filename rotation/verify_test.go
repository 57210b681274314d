package rotation_test

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
	"detent/rotation"
)

// TestANewKeyIsProvedByThreeAnswersInARow: a refusal or an answer that says nothing begins the row anew, and ten of them end it.
func TestANewKeyIsProvedByThreeAnswersInARow(t *testing.T) {
	for row, tc := range map[string]struct {
		probes int
		fails  string // empty: it is proved; else what is said
	}{
		"aaa": {3, ""}, "raaa": {4, ""}, "saaa": {4, ""}, "aaraaa": {6, ""}, "aasaaa": {6, ""}, "arasaaa": {7, ""}, "aarraarraaa": {11, ""},
		"rrrrrrrrraaa": {12, ""}, "sssssssssaaa": {12, ""}, "rsrsrsrsraaa": {12, ""},
		"rrrrrrrrrr": {10, "refuses the new key (10 times"}, "ssssssssss": {10, "whether the new key works could not be seen (10 times"}, "rrrrrsssss": {10, "could not be seen"},
		"aarrrrrrrrrr": {12, "refuses the new key (10 times"}, "arararararararararar": {20, "refuses the new key (10 times"},
	} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Verify)
		n := 0
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose != "new" {
				return
			}
			if n < len(row) {
				switch row[n] {
				case 'r':
					p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
				case 's':
					p.Verdict, p.Evidence, p.Why = apikey.Silent, "GET /harmless answered 503", "that says nothing"
				}
			}
			n++
		}
		res, err := r.Do(context.Background())
		if n != tc.probes {
			t.Errorf("%s: %d probes, want %d", row, n, tc.probes)
		}
		said := res.Message
		if err != nil {
			said = err.Error()
		}
		if proved := res.Status == rotation.Moved && err == nil; proved != (tc.fails == "") || !strings.Contains(said, tc.fails) {
			t.Errorf("%s: %+v, %v", row, res, err)
		}
	}
}

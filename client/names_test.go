package client_test

import (
	"regexp"
	"strings"
	"testing"

	"detent/client"
	"detent/client/issuers"
)

// TestAPlanNamesCallsWithNoPlaceLeftOpen: of every issuer, whatever its keys belong to; only the id of the key, and of the new one, is to be
// filled in. Where all calls have one address, their methods tell them apart.
func TestAPlanNamesCallsWithNoPlaceLeftOpen(t *testing.T) {
	open := regexp.MustCompile(`\{[a-z_]+\}`)
	withParents, byMethod := 0, 0
	for _, name := range issuers.BuiltIn() {
		_, s := opened(t, name, func(o *client.Options) { o.CanCreate = true })
		caps, all := s.Capabilities(), map[string]string{}
		for op, can := range map[string]bool{"list": true, "identify": true, "create": caps.Create.OK, "delete": caps.Delete.OK, "update": caps.Disable.OK, "retrieve": caps.Retrieve.OK, "probe": true} {
			if !can {
				continue
			}
			names := client.CallNames(s, op)
			if len(names) == 0 {
				t.Errorf("%s: %s has no call", name, op)
			}
			for _, call := range names {
				if left := open.FindString(strings.ReplaceAll(call, "{id}", "")); left != "" {
					t.Errorf("%s: %s: %q leaves %s open", name, op, call, left)
				}
				if strings.Contains(call, "their-") {
					withParents++
				}
				if strings.Contains(call, "(") {
					byMethod++
				}
				if was := all[call]; was != "" && op != "probe" && op != "identify" && was != "identify" && op != "retrieve" && was != "retrieve" && was != "probe" {
					t.Errorf("%s: %q is both %s and %s", name, call, op, was)
				}
				all[call] = op
			}
		}
	}
	if withParents < 8 || byMethod < 4 {
		t.Errorf("%d calls with parents, %d by method: is this test looking?", withParents, byMethod)
	}
}

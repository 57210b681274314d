//go:build unix

package cli

import (
	"fmt"
	"testing"

	"detent/keyserver/wirename"
)

// TestWhatCutsDetentOffNeedsATypedName: --yes is the yes to a deletion, not to a profile that no longer works. The service would
// do each of these: another administrator stays.
func TestWhatCutsDetentOffNeedsATypedName(t *testing.T) {
	toDelete := func(id string) [][]string { return [][]string{{"delete", id, "--yes"}, {"delete", id}} }
	for service, c := range map[string]struct {
		more, second []string
		ways         func(id string) [][]string
	}{
		wirename.Prosopo: {nil, []string{"--permission", "createApiKey"}, toDelete},
		wirename.Generic: {[]string{"create = true"}, []string{"--environment", "live"}, toDelete},
		wirename.Vertesia: {nil, []string{"--role", "admin"}, func(id string) [][]string {
			return append(toDelete(id), []string{"update", id, "--disable"}, []string{"update", id, "--role", "reader"}, []string{"update", id, "--name", "x", "--disable"})
		}},
	} {
		m, r := newMachine(t), newRemote(t)
		m.profile(r, service, append(c.more, `environment = "live"`)...)
		own := m.keys("p")[0]
		id, name := fmt.Sprint(own["id"]), fmt.Sprint(own["name"])
		m.create(append([]string{"--name", "second"}, c.second...)...)
		before := fmt.Sprint(m.keys("p"))
		for _, way := range c.ways(id) {
			m.want(2, "no terminal to ask on", way...)
			term := m.terminal(way...)
			term.wait("this is the key that detent itself uses here")
			term.wait("Type " + name + " to ")
			term.write("y\r")
			if code := term.exit(); code != 1 {
				t.Errorf("%s: %v with a y: exit %d\n%s", service, way, code, term.output())
			}
			if after := fmt.Sprint(m.keys("p")); service != wirename.Generic && after != before || len(m.keys("p")) != 2 {
				t.Fatalf("%s: %v: there were %s, there are %s", service, way, before, after)
			}
		}
		if service == wirename.Vertesia { // what cuts nothing off needs nothing
			m.must("update", id, "--name", "mine")
			m.must("update", id, "--enable")
			name = "mine"
		}
		sure := m.terminal("delete", id, "--yes")
		sure.wait("Type " + name + " to delete it: ")
		sure.write(name + "\r")
		if code := sure.exit(); code != 0 {
			t.Errorf("%s: exit %d\n%s", service, code, sure.output())
		}
		m.want(1, "401", "list")
	}
}

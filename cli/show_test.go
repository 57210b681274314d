package cli

import (
	"reflect"
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

// TestShowIsTheRowOfTheList, of every service, by id and by name, and never with the secret.
func TestShowIsTheRowOfTheList(t *testing.T) {
	m := newMachine(t)
	for profile, more := range map[string][]string{"local/prosopo": {"--permission", "getRules"}, "local/vertesia": {"--role", "reader"}, "local/generic": {"--allow-ip", "10.0.0.0/8"}} {
		id, secret := m.create(append([]string{"-p", profile, "--name", "pay api", "--expires", "1d"}, more...)...)
		m.create(append([]string{"-p", profile, "--name", "other"}, more...)...)
		var want map[string]any
		for _, k := range m.keys(profile) {
			if k["id"] == id {
				want = k
			}
		}
		for _, key := range []string{id, "pay api"} {
			var got map[string]any
			decode(t, m.must("show", key, "-p", profile, "-o", "json"), &got)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\nwant %v", key, got, want)
			}
			text := m.must("show", key, "-p", profile)
			for _, line := range []string{"name          pay api\n", "id            " + id + "\n"} {
				if !strings.Contains(text, line) {
					t.Errorf("no %q in\n%s", line, text)
				}
			}
			if strings.Contains(text, secret) {
				t.Error("the secret is shown")
			}
		}
		m.want(1, "no key", "show", "nobody", "-p", profile)
	}
	m.want(2, "KEY is empty", "show", "")
	m.want(2, "name one KEY", "show")
	m.must("create", "-p", "local/generic", "--name", "other")
	m.want(2, "2 keys are named", "show", "other", "-p", "local/generic")
}

// TestShowOfANameThatIsBothKeysOfARotationIsItsWayOn.
func TestShowOfANameThatIsBothKeysOfARotationIsItsWayOn(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	got := decodeRotated(t, m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY").stdout)
	var k map[string]any
	decode(t, m.must("show", "shop", "-o", "json"), &k) // exactly so called
	if k["id"] != old || !strings.Contains(m.must("show", got.New["id"].(string)), "rotation_open") {
		t.Errorf("%v", k)
	}
	m.must("update", old, "--name", "shop ~raaaaaaaaaa")
	m.want(1, "detent rotate --resume "+got.ID, "show", "shop")
}

// TestPermissionsAreWhatCreateTakes: each name that is printed can be granted, and those that are dangerous or do nothing are the findings
// of the key that has them.
func TestPermissionsAreWhatCreateTakes(t *testing.T) {
	m := newMachine(t)
	type grant struct{ Name, Description, Risk string }
	var can struct {
		Groups []struct {
			Feature, Title string
			Permissions    []grant
		}
		More    []string
		Presets []struct {
			Name        string
			Permissions []string
		}
		Roles []grant
	}
	decode(t, m.must("permissions", "-o", "json"), &can)
	var all []grant
	for _, g := range can.Groups {
		all = append(all, g.Permissions...)
	}
	if len(all) < 20 || len(can.Roles) != 0 || len(can.Presets) == 0 {
		t.Fatalf("%+v", can)
	}
	text, named := m.must("permissions"), map[string]grant{}
	for _, g := range all {
		id, _ := m.create("--name", g.Name, "--permission", g.Name)
		named[id] = g
		if g.Description == "" || !strings.Contains(text, g.Name) {
			t.Errorf("%s %q is not in\n%s", g.Name, g.Description, text)
		}
	}
	var found struct {
		Findings []struct {
			Kind string
			Key  struct{ ID string }
		}
	}
	decode(t, m.run("", "check", "--all", "-o", "json").stdout, &found)
	risks := map[string]string{}
	for _, f := range found.Findings {
		if f.Kind == "can_mint" || f.Kind == "no_op_grant" {
			risks[f.Key.ID] = f.Kind
		}
	}
	for id, g := range named {
		if risks[id] != g.Risk {
			t.Errorf("%s: risk %q, and a key that has it is found to be %q", g.Name, g.Risk, risks[id])
		}
	}
	decode(t, m.must("permissions", "-o", "json", "-p", "local/vertesia"), &can)
	for _, r := range can.Roles[:3] {
		m.create("-p", "local/vertesia", "--name", r.Name, "--role", r.Name)
	}
	if r := m.want(0, "neither permissions nor a role", "permissions", "-p", "local/generic"); !strings.Contains(r.stdout, "environment  live") {
		t.Errorf("%q", r.stdout)
	}
	m.want(2, `--type: there is no type "admin"; there are sk, pk`, "create", "-p", "local/vertesia", "--name", "x", "--role", "reader", "--type", "admin")
	m.want(2, "--type: a new key of this service is asked for without a type", "create", "-p", "local/generic", "--name", "x", "--environment", "live", "--type", "sk")
}

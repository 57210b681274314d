package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/keyserver/wirename"
	"detent/table"
)

// TestANameStaysAfterARotation: on a service that keeps the mark in the name, scripts and the configuration still find the key.
func TestANameStaysAfterARotation(t *testing.T) {
	m, r, old, env := shop(t, wirename.Prosopo)
	m.profile(r, wirename.Prosopo, "[profiles.p.deliver.shop]", `keys = ["shop"]`, fmt.Sprintf("env_file = { path = %q, variable = \"API_KEY\" }", env))
	quick := []string{"--yes", "-o", "json", "--drain", "0", "--soak", "0"}
	for range 2 {
		res := m.rotate(newClock(), append([]string{"rotate", "shop"}, quick...)...)
		got := decodeRotated(t, res.stdout)
		if res.code != 0 || got.State != "done" || got.Old["id"] != old {
			t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
		}
		old = got.New["id"].(string)
	}
	if out := m.must("delete", "shop", "--yes"); !strings.HasPrefix(out, "deleted shop ~r") {
		t.Errorf("deleted: %s", out)
	}
	if keys := keyIDs(m.keys("p")); len(keys) != 1 || slices.Contains(keys, old) {
		t.Errorf("keys %v", keys)
	}
}

func TestWhileARotationIsOpenItsNameChangesNothing(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	deliver := "env-file:" + env + ":API_KEY"
	// Rotated once before, so that both keys of the second rotation carry a mark.
	first := decodeRotated(t, m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--drain", "0", "--soak", "0", "--deliver", deliver).stdout)
	if first.State == "done" {
		old = first.New["id"].(string)
	}
	got := decodeRotated(t, m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--deliver", deliver).stdout)
	if got.State != "open" || got.Old["id"] != old {
		t.Fatalf("%+v", got)
	}
	fresh := got.New["id"].(string)
	for _, args := range [][]string{
		{"delete", "shop", "--yes"}, {"update", "shop", "--disable"},
		{"delete", got.Old["name"].(string), "--yes"}, {"update", got.New["name"].(string), "--role", "admin"},
	} {
		if res := m.want(1, "detent rotate --resume "+got.ID, args...); !strings.Contains(res.stderr, old) || !strings.Contains(res.stderr, fresh) {
			t.Errorf("%v: the ids are not said:\n%s", args, res.stderr)
		}
	}
	m.want(1, "detent rotate --resume "+got.ID, "rotate", "shop", "--yes", "--deliver", deliver)
	before := m.keys("p")
	if !slices.ContainsFunc(before, func(k map[string]any) bool { return k["id"] == old && k["enabled"] == true && k["role"] == "reader" }) {
		t.Errorf("changed: %v", before)
	}
	m.want(0, "", "update", old, "--role", "reader") // by id it is meant
	m.want(0, "", "delete", old, "--yes")
}

func TestAKeyIsWrittenWithAllThatTheServiceReports(t *testing.T) {
	yes := true
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	k := apikey.Key{ID: "k1", Name: "a<b>&", Type: "sk", Role: "reader", Environment: apikey.Live, Permissions: []apikey.Permission{{Feature: "A", Name: "x"}}, Masked: "sk-…",
		Account: "acc", Project: "p1", ProjectName: "Shop", Enabled: &yes, CreatedAt: apikey.At(at), UpdatedAt: apikey.At(at), ExpiresAt: apikey.Never(),
		LastUsedAt: apikey.At(at), Restrictions: &apikey.Restrictions{IPAddresses: []string{"10.0.0.0/8"}}, CreatedBy: "maria", UpdatedBy: "ben", CanRetrieve: true,
		Own: true, Extra: map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`), "clearance": json.RawMessage("3"), "tenants": json.RawMessage(`["t"]`)}}
	p := config.Profile{Name: "p", Service: "vertesia"}
	got, err := json.Marshal(keyRow(p, k, map[string][]string{"k1": {"age"}}))
	want := `{"id":"k1","name":"a\u003cb\u003e\u0026","profile":"p","service":"vertesia","environment":"live","type":"sk","role":"reader","permissions":["A.x"],"masked":"sk-…",` +
		`"account":"acc","project":"p1","project_name":"Shop","enabled":true,"created_at":"2026-11-20T12:00:00Z","updated_at":"2026-11-20T12:00:00Z","expires_at":null,` +
		`"last_used_at":"2026-11-20T12:00:00Z","restrictions":{"ip_addresses":["10.0.0.0/8"],"referrers":[],"endpoints":[]},"findings":["age"],` +
		`"fields":{"created_by":"maria","updated_by":"ben","can_retrieve_value":true,"properties":{"team":"shop"},"clearance":3,"tenants":["t"]}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	got, err = json.Marshal(keyRow(p, apikey.Key{ID: "k2"}, nil))
	if want := `{"id":"k2","profile":"p","service":"vertesia","findings":[]}`; err != nil || string(got) != want {
		t.Errorf("%v %s, want %s", err, got, want)
	}
	var text strings.Builder
	if _, err := table.Keys(&text, []table.Row{keyRow(p, k, nil), keyRow(p, apikey.Key{ID: "k2", Extra: map[string]json.RawMessage{"zone": json.RawMessage("1")}}, nil)}, false, 0); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(text.String(), "\n")
	if got, want := strings.Join(strings.Fields(head), " "), "NAME ID ENVIRONMENT TYPE ROLE KEY ACCOUNT PROJECT PROJECT NAME STATE CREATED UPDATED EXPIRES LAST USED RESTRICTIONS CREATED BY UPDATED BY RETRIEVE PROPERTIES CLEARANCE TENANTS ZONE PERMISSIONS"; got != want {
		t.Errorf("columns\n%s\nwant\n%s", got, want)
	}
	text.Reset()
	if err := table.Key(&text, keyRow(p, k, nil)); err != nil || !strings.Contains(text.String(), "clearance     3\n") || !strings.Contains(text.String(), "state         enabled\n") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

func TestCheckSaysNothingOfKeysThatAreMadeToEnd(t *testing.T) {
	m := newMachine(t)
	m.must("public-key", "-p", "local/vertesia")
	m.create("-p", "local/generic", "--name", "twin", "--environment", "live")
	m.create("-p", "local/generic", "--name", "twin", "--environment", "test")
	for _, profile := range []string{"local/vertesia", "local/generic"} {
		if r := m.want(0, "", "check", "--all", "-p", profile); strings.Contains(r.stdout, "expir") && !strings.Contains(r.stdout, "never_expires") || strings.Contains(r.stdout, "duplicate_name") {
			t.Errorf("%s", r.stdout)
		}
	}
}

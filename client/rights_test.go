package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// rightful is an issuer whose wire groups permissions and names one that is missing by a code.
const rightful = `list = { call = "GET /keys", secrets = true }
create = { call = "POST /keys", read_back = true, send = { name = { field = "name" }, rights = { field = "permissions", as = "grouped" } } }
row = { id = ["id"], name = ["name"], permissions = ["rights"], expires_at = ["end"], secret = ["token"] }
access = ["permissions"]
permission = [{ name = "readZone", feature = "Zones" }, { name = "edit", feature = "Zones" }, { name = "edit", feature = "Records" }, { name = "list", feature = "Records" }]
refusals.lacking = "NO_RIGHT"
probe = [
	{ call = "GET /zones", needs = "readZone", answers = "list", rows = ["zones"] },
	{ call = "GET /zones/all", needs = "readZone", answers = "list", rows = ["zones"] },
	{ call = "GET /records", needs = "list", answers = "list", rows = ["records"] },
]
`

// TestAPermissionIsFiledWhereTheAccountFilesIt: one feature's name is learned from keys, one that two features share is not guessed,
// and what has no known feature goes without any.
func TestAPermissionIsFiledWhereTheAccountFilesIt(t *testing.T) {
	for _, c := range []struct{ listed, asked, sent string }{
		{`{}`, "Zones.readZone Records.edit", `{"Records":["edit"],"Zones":["readZone"]}`},
		{`{"zone-config":["readZone"]}`, "Zones.readZone", `{"zone-config":["readZone"]}`},
		{`{"zone-config":["readZone"]}`, "Zones.edit", `{"Zones":["edit"]}`},
		{`{"zone-config":["edit"]}`, "Zones.edit", `{"Zones":["edit"]}`},
		{`{"zone-config":["readZone"],"Zones":["readZone"]}`, "readZone", `{"Zones":["readZone"]}`},
		{`["readZone"]`, "list", `{"Records":["list"]}`},
		{`{}`, "list edit", `["list","edit"]`},
		{`{}`, "New.thing list", `{"New":["thing"],"Records":["list"]}`},
	} {
		s := serve(t, rightful, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method == "GET" {
				say(w, 200, `[{"id":"k1","name":"a","rights":`+c.listed+`,"end":0}]`)
				return
			}
			say(w, 201, `{"id":"k4","name":"n","token":"secret-0123456789","end":0}`)
		})
		if _, err := ListAll(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(context.Background(), apikey.Draft{Name: "n", Permissions: perms(strings.Fields(c.asked)...)}); err != nil {
			t.Fatal(err)
		}
		if asked := s.asked(); len(asked) != 2 || !strings.Contains(asked[1], `"rights":`+c.sent) {
			t.Errorf("after %s, %s: %q, want %s", c.listed, c.asked, asked, c.sent)
		}
	}
}

// TestFlatPermissionsAreTakenApartByWhatIsDeclared alone: a dot in an unknown name is a part of it.
func TestFlatPermissionsAreTakenApartByWhatIsDeclared(t *testing.T) {
	for listed, want := range map[string]string{
		`["readZone"]`: "Zones|readZone", `["Records.edit"]`: "Records|edit", `["edit"]`: "|edit", `["Other.edit"]`: "|Other.edit", `["a.b"]`: "|a.b", `{"a.b":["c"]}`: "a.b|c",
		`{"Zones":{"edit":true,"readZone":false}}`: "Zones|edit", `{"Zones":{"edit":"all"}}`: "Zones|edit:all", `7`: "|7",
	} {
		s := serve(t, rightful, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `[{"id":"k1","rights":`+listed+`}]`)
		})
		keys, err := ListAll(context.Background(), s)
		if err != nil || len(keys) != 1 || len(keys[0].Permissions) != 1 || keys[0].Permissions[0].Feature+"|"+keys[0].Permissions[0].Name != want {
			t.Errorf("%s: %+v, %v, want %s", listed, keys, err, want)
		}
	}
}

// TestAMissingRightProvesAKey, and the next read is made until one is answered: each right is asked for once.
func TestAMissingRightProvesAKey(t *testing.T) {
	const lacks, gone = `403 {"error":{"code":"NO_RIGHT","message":"no"}}`, `404 {}`
	for _, c := range []struct {
		zones, all, records string
		want                apikey.Verdict
		can, cannot         string
		calls               int
	}{
		{`200 {"zones":[]}`, lacks, lacks, apikey.Accepted, "readZone", "", 1},
		{lacks, `200 []`, `200 []`, apikey.Accepted, "list", "readZone", 2},
		{lacks, `200 []`, lacks, apikey.Accepted, "", "readZone list", 2},
		{gone, lacks, gone, apikey.Accepted, "", "readZone", 3},
		{gone, gone, gone, apikey.Silent, "", "", 3},
		{`401 {}`, lacks, lacks, apikey.Refused, "", "", 1},
		{`403 {"error":{"code":"OTHER","message":"no permission"}}`, `401 {}`, lacks, apikey.Refused, "", "", 2},
	} {
		s := serve(t, rightful, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			status := 0
			answer := map[string]string{"/zones": c.zones, "/zones/all": c.all, "/records": c.records}[r.URL.Path]
			_, _ = fmt.Sscan(answer[:3], &status)
			say(w, status, answer[4:])
		})
		p, err := s.Probe(context.Background(), apikey.NewSecret("secret-0123456789"), "")
		if err != nil || p.Verdict != c.want || strings.Join(p.Can, " ") != c.can || strings.Join(p.Cannot, " ") != c.cannot || len(s.asked()) != c.calls {
			t.Errorf("%+v: %+v, %v, %d calls", c, p, err, len(s.asked()))
		}
	}
}

// told is an issuer that tells which permissions there are, and takes them as ids.
const told = `list = { call = "GET /keys" }
create = { call = "POST /keys", send = { name = { field = "name" }, rights = { field = "permissions", as = "ids" } } }
row = { id = ["id"], name = ["name"], secret = ["token"] }
permission = [{ name = "Read", id = "old-1", description = "read all" }, { name = "Gone", id = "old-2", useless = true }, { name = "Read.All", id = "old-3" }]
preset = [{ name = "reader", permissions = ["Read"] }, { name = "gone", permissions = ["Gone"] }]
catalogue = { call = "GET /rights", rows = ["rights"], name = "is.name", id = "id", group = "of.0", mints = "mint|keys" }
` + plainProbe

// TestWhatTheServiceSaysOfItsPermissionsIsOffered, with its own ids, until a session that asks nothing remembers it.
func TestWhatTheServiceSaysOfItsPermissionsIsOffered(t *testing.T) {
	rights := `{"rights":[{"id":"n1","is":{"name":"Read"},"of":["data_store"]},{"id":7,"is":{"name":"Mint tokens"},"of":[]},{"id":"n3","is":{"name":"Read.All"}},{"id":"n4","is":{"name":"Read"}}]}`
	answer := func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/rights" {
			say(w, 200, rights)
			return
		}
		say(w, 201, `{"id":"k4","name":"n","token":"secret-0123456789"}`)
	}
	draft := apikey.Draft{Name: "n", Permissions: perms("Read", "Read.All", "Mint tokens", "Unheard of")}
	s := serve(t, told, "token-0123456789", answer)
	catalogue, err := s.Abilities().Catalogue(context.Background())
	if err != nil || len(catalogue.Permissions) != 3 {
		t.Fatalf("%+v, %v", catalogue, err)
	}
	later := serve(t, told, "token-0123456789", answer, func(o *Options) { o.Catalogue = &catalogue })
	for _, s := range []*served{s, later} {
		caps := s.Capabilities()
		if len(caps.PermissionGroups) != 2 || caps.PermissionGroups[0].Title != "Data store" || caps.PermissionGroups[0].Permissions[0].Description != "read all" {
			t.Errorf("%+v", caps.PermissionGroups)
		}
		if info, ok := caps.FindPermission("Mint tokens"); !ok || info.Risk != apikey.CanMint {
			t.Errorf("%+v", info)
		}
		if len(caps.PermissionPresets) != 1 || caps.PermissionPresets[0].Name != "reader" {
			t.Errorf("%+v", caps.PermissionPresets)
		}
		if _, err := s.Create(context.Background(), draft); err != nil {
			t.Error(err)
		}
		asked := s.asked()
		if want := `"rights":[{"id":"n1"},{"id":"n3"},{"id":"7"},{"id":"Unheard of"}]`; !strings.Contains(asked[len(asked)-1], want) {
			t.Errorf("%q, want %s", asked, want)
		}
	}
	if n := len(later.asked()); n != 1 {
		t.Errorf("%d requests of a session that remembers", n)
	}
	unasked := serve(t, told, "token-0123456789", answer)
	if _, err := unasked.Create(context.Background(), draft); err != nil || !strings.Contains(unasked.asked()[0], `{"id":"old-1"},{"id":"old-3"}`) {
		t.Errorf("as declared: %q, %v", unasked.asked(), err)
	}
}

// TestACatalogueThatIsNotWholeIsNone: more pages, too many rows, rows without a name.
func TestACatalogueThatIsNotWholeIsNone(t *testing.T) {
	row := `{"id":"n1","is":{"name":"Read"}}`
	for name, body := range map[string]string{
		"more pages": `{"rights":[` + row + `],"has_more":true}`, "no rows": `{"rights":[]}`, "no name": `{"rights":[` + row + `,{"id":"n2","is":{}}]}`, "no": `{"success":false,"error":"no"}`,
		"too many": `{"rights":[` + strings.Join(slices.Collect(func(yield func(string) bool) {
			for i := range maxCatalogue + 1 {
				if !yield(fmt.Sprintf(`{"is":{"name":"r%d"}}`, i)) {
					return
				}
			}
		}), ",") + `]}`,
	} {
		s := serve(t, told, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, body) })
		if c, err := s.Abilities().Catalogue(context.Background()); err == nil || !s.Capabilities().Catalogue.Asked.IsZero() {
			t.Errorf("%s: %d permissions", name, len(c.Permissions))
		}
	}
	none := serve(t, rightful, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, `[]`) })
	if none.Abilities().Catalogue != nil || none.Capabilities().Catalogue.Can {
		t.Error("an issuer without a catalogue claims one")
	}
}

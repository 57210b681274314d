package client_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/issuers"
	"detent/client/kit"
)

// facet is something that keys of an issuer can have, and where it is to be found.
type facet struct {
	name  string
	field apikey.Field
	// row reports whether the list shows it.
	row func(r *kit.Row) bool
	// offered reports whether a form has something to choose it from.
	offered func(c apikey.Capabilities) bool
	// changed reports whether a form offers to change it; nil for what no update sends.
	changed func(c apikey.Capabilities) bool
	set     func(k *apikey.Key, other bool)
}

var facets = []facet{
	property("spend_limit", "100", "250.5"), property("tier", `"free"`, `"paid"`), property("remark", `"a"`, `"b"`), property("starts", `"2026-11-23T10:00:00Z"`, `"2026-11-24T10:00:00Z"`),
	property("zones", `["a"]`, `["a","b"]`), property("hosts", `["10.0.0.0/8"]`, `["10.0.0.1"]`), property("readonly", "true", "false"),
	{"permissions", apikey.FieldPermissions, func(r *kit.Row) bool { return len(r.Permissions) > 0 }, func(c apikey.Capabilities) bool { return len(c.PermissionGroups) > 0 || c.FreePermissions }, nil,
		func(k *apikey.Key, other bool) {
			k.Permissions = []apikey.Permission{{Name: pick(other, "read", "write")}}
		}},
	{"role", apikey.FieldRole, func(r *kit.Row) bool { return len(r.Role) > 0 }, func(c apikey.Capabilities) bool { return len(c.Roles) > 0 }, func(c apikey.Capabilities) bool { return c.ChangeRole.OK },
		func(k *apikey.Key, other bool) { k.Role = pick(other, "reader", "admin") }},
	{"environment", apikey.FieldEnvironment, func(r *kit.Row) bool { return len(r.Environment) > 0 }, func(c apikey.Capabilities) bool { return len(c.Environments) > 0 }, nil,
		func(k *apikey.Key, other bool) { k.Environment = apikey.Environment(pick(other, "live", "test")) }},
	{"type", apikey.FieldType, func(r *kit.Row) bool { return len(r.Type) > 0 }, nil, nil, func(k *apikey.Key, other bool) { k.Type = pick(other, "sk", "pk") }},
	{"expiry", apikey.FieldExpiry, func(r *kit.Row) bool { return len(r.ExpiresAt) > 0 }, func(c apikey.Capabilities) bool { return c.Expiry.OK }, func(c apikey.Capabilities) bool { return c.ChangeExpiry.OK },
		func(k *apikey.Key, other bool) {
			k.ExpiresAt = apikey.At(time.Date(2027, map[bool]time.Month{true: 2, false: 1}[other], 1, 0, 0, 0, 0, time.UTC))
		}},
	{"restrictions", apikey.FieldRestrictions, func(r *kit.Row) bool { return len(r.Restrictions) > 0 }, func(c apikey.Capabilities) bool { return c.Restrictions.OK }, nil,
		func(k *apikey.Key, other bool) {
			k.Restrictions = &apikey.Restrictions{IPAddresses: []string{pick(other, "10.0.0.1", "10.0.0.2")}}
		}},
	{"switch", apikey.FieldEnabled, func(r *kit.Row) bool { return len(r.Enabled)+len(r.State.Members) > 0 }, nil, func(c apikey.Capabilities) bool { return c.Disable.OK },
		func(k *apikey.Key, other bool) { k.Enabled = &other }},
	{"name", apikey.FieldName, func(r *kit.Row) bool { return len(r.Name) > 0 }, nil, func(c apikey.Capabilities) bool { return c.Rename.OK }, func(k *apikey.Key, other bool) { k.Name = pick(other, "a", "b") }},
	{"last use", apikey.FieldLastUsed, func(r *kit.Row) bool { return len(r.LastUsedAt) > 0 }, nil, nil, func(k *apikey.Key, other bool) { k.LastUsedAt = apikey.Never() }},
}

// property is a facet that only some services have.
func property(name, a, b string) facet {
	is := func(p apikey.Property) bool { return p.Field == apikey.Field(name) }
	return facet{name, apikey.Field(name), func(r *kit.Row) bool { return slices.Contains(r.Copied, name) }, func(c apikey.Capabilities) bool { return slices.ContainsFunc(c.Properties, is) },
		func(c apikey.Capabilities) bool {
			return slices.ContainsFunc(c.Properties, func(p apikey.Property) bool { return is(p) && p.Change })
		}, func(k *apikey.Key, other bool) {
			k.Extra = map[string]json.RawMessage{name: json.RawMessage(pick(other, a, b))}
		}}
}

// ownIssuers are some of a user's own, with what no built-in one has.
var ownIssuers = map[string]string{
	"limits": `name = "limits"
proven = "documents 2026-11-29"
expiry = { words = { "30d" = "MONTH", "90d" = "QUARTER" }, always = true }
number = [{ name = "spend_limit", title = "spend limit in dollars", most = 1000, fraction = true }]
row    = { as_named = ["id", "name", "expiresAt", "permissions"], secret = ["token"] }
list   = { call = "GET /keys" }
create = { call = "POST /keys", fields = ["name", "permissions"], send = { life = { field = "expires_at", as = "word" } } }
update = { call = "PATCH /keys/{id}", fields = ["name", "spend_limit"], send = { life = { field = "expires_at", as = "word" } } }
delete = { call = "DELETE /keys/{id}" }
probe  = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`,
	"kinds": `name = "kinds"
proven = "documents 2026-11-29"
property = [
	{ name = "tier", kind = "choice", title = "plan", choices = ["free", "paid"] },
	{ name = "remark", kind = "text", title = "what it is for" },
	{ name = "starts", kind = "instant", title = "when it begins to work" },
	{ name = "zones", kind = "list", title = "zones", without = "all zones", catalogue = { call = "GET /zones", id = "id", name = "name" } },
	{ name = "hosts", kind = "addresses", title = "from where" },
	{ name = "readonly", kind = "boolean", title = "it only reads" },
]
row    = { as_named = ["id", "name"], secret = ["token"], absent_is_none = ["tier"] }
list   = { call = "GET /keys" }
create = { call = "POST /keys", fields = ["name", "tier"], send = { starts = { field = "starts", as = "unix" }, grants = [{ zones = { field = "zones", as = "objects", member = "id" } }] } }
update = { call = "PATCH /keys/{id}", fields = ["tier", "hosts", "readonly"], send = { zones = { field = "zones", as = "members", each = "zone.{}", value = "*" } } }
delete = { call = "DELETE /keys/{id}" }
probe  = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`,
	"budget": `name = "budget"
proven = "documents 2026-11-29"
number = [{ name = "spend_limit", title = "budget", always = true }]
row    = { as_named = ["id", "name"], secret = ["token"] }
list   = { call = "GET /keys" }
create = { call = "POST /keys", send = { name = { field = "name" }, budget = { dollars = { field = "spend_limit" } } } }
probe  = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`,
}

func pick(other bool, a, b string) string { return map[bool]string{false: a, true: b}[other] }

// TestEachFacetOfEachIssuerReachesEachPlace: what a create sends is offered by a form, copied from key to key and compared; what an update
// sends can be changed; what a list shows is in the detail and has a word of the filter; and nothing is offered that is not sent.
func TestEachFacetOfEachIssuerReachesEachPlace(t *testing.T) {
	looked, folder := 0, t.TempDir()
	for name, text := range ownIssuers {
		if err := os.WriteFile(filepath.Join(folder, name+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range issuers.Names(folder) {
		d, err := issuers.Load(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		parents := map[string]string{}
		for _, p := range d.Parents {
			parents[p.Name] = "p1"
		}
		s, err := client.Open(client.Options{Service: name, IssuerFolder: folder, URL: "https://api.example.com", Token: apikey.NewSecret("aB3dE5fG7hJ9kL2mN4pQ6rS8"), Parents: parents, CanCreate: true})
		if err != nil {
			t.Fatal(err)
		}
		caps := s.Capabilities()
		for _, f := range facets {
			sent := d.Create != nil && d.Create.Sends(f.field) || d.Property(f.field) != nil
			changed := d.Update != nil && d.Update.Sends(f.field) || f.field == apikey.FieldEnabled && d.Enable != nil
			at := name + ", " + f.name + ": "
			info := apikey.FieldOf(f.field)
			if d.Property(f.field) == nil && f.field != "" && info.IsExtra() {
				continue
			}
			compared := f.field
			if info.IsExtra() || f.field == apikey.FieldPermissions && !slices.Contains(caps.AccessFields, f.field) {
				compared = apikey.FieldExtra
			}
			place := func(what string, has, want bool) {
				if looked++; has != want {
					t.Errorf("%s%s: %v, want %v", at, what, has, want)
				}
			}
			if f.offered != nil {
				place("offered by the create form", f.offered(caps), sent)
			}
			if f.changed != nil {
				place("offered by the edit form", f.changed(caps), changed)
			}
			var a, b apikey.Key
			f.set(&a, false)
			f.set(&b, true)
			if sent && info.Access {
				place("among what is compared", slices.Contains(caps.AccessFields, compared), true)
				differs := slices.ContainsFunc(apikey.Compare(a, b, caps.AccessFields), func(x apikey.Difference) bool { return x.Field == f.field && x.Verdict == apikey.Differs })
				place("a difference is seen", differs, true)
				draft := apikey.DraftOf(a, "copy")
				asked := draft.Asked(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
				place("copied", info.Reported(&asked) && (f.field == apikey.FieldExpiry || info.Text(&asked) == info.Text(&a)), true)
			}
			if f.row(&d.Row) {
				place("in the detail", slices.ContainsFunc(slices.Collect(fieldsOf(&a)), func(x apikey.Field) bool { return x == f.field }) && info.Label != "" && info.Text(&a) != "", true)
				place("in the filter", info.Filter != "" || f.field == apikey.FieldEnabled || d.Property(f.field) != nil, true)
				place("in JSON", json.Valid(asJSON(t, info, &a)), true)
			}
			if f.field == apikey.FieldLastUsed {
				place("last use is told", caps.LastUsed.OK, f.row(&d.Row))
				place("or why not", caps.LastUsed.OK || caps.LastUsed.Why != "", true)
			}
		}
		found := map[apikey.FindingKind]bool{}
		for _, x := range apikey.Examine([]apikey.Key{{ID: "k", Name: "n", ExpiresAt: apikey.Never(), LastUsedAt: apikey.Never(), Restrictions: &apikey.Restrictions{}}}, caps, apikey.DefaultPolicy(), nil, time.Now()) {
			found[x.Kind] = true
		}
		if ends := len(d.Row.ExpiresAt) > 0; found[apikey.FindingNeverExpires] != ends {
			t.Errorf("%s: a key without an end is found: %v; keys can have one: %v", name, found[apikey.FindingNeverExpires], ends)
		}
		if found[apikey.FindingNoRestrictions] != slices.Contains(d.Access, apikey.FieldRestrictions) {
			t.Errorf("%s: a key without restrictions is found, or is not", name)
		}
		for _, member := range d.Row.Copied {
			k := apikey.Key{Extra: map[string]json.RawMessage{member: json.RawMessage(`"a"`)}}
			other := apikey.Key{Extra: map[string]json.RawMessage{member: json.RawMessage(`"b"`)}}
			if draft := apikey.DraftOf(k, "copy"); string(draft.Extra[member]) != `"a"` {
				t.Errorf("%s: %s is not copied", name, member)
			}
			if !slices.ContainsFunc(apikey.Compare(k, other, caps.AccessFields), func(x apikey.Difference) bool { return x.Verdict == apikey.Differs }) {
				t.Errorf("%s: %s is not compared", name, member)
			}
		}
	}
	if looked < 350 {
		t.Errorf("%d places were looked at", looked)
	}
}

func fieldsOf(k *apikey.Key) func(func(apikey.Field) bool) {
	return func(yield func(apikey.Field) bool) {
		for f := range apikey.FieldsOf(k) {
			if !yield(f.ID) {
				return
			}
		}
	}
}

func asJSON(t *testing.T, f apikey.FieldInfo, k *apikey.Key) []byte {
	t.Helper()
	v, ok := f.JSON(k)
	if !ok {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

package apikey

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func perms(names ...string) []Permission {
	out := []Permission{}
	for _, n := range names {
		out = append(out, ParsePermission(n))
	}
	return out
}

func extra(name, text string) map[string]json.RawMessage {
	return map[string]json.RawMessage{name: json.RawMessage(text)}
}

func ips(list ...string) *Restrictions       { return &Restrictions{IPAddresses: list} }
func referrers(list ...string) *Restrictions { return &Restrictions{Referrers: list} }
func endpoints(list ...string) *Restrictions { return &Restrictions{Endpoints: list} }

// lives is a key that was made a while after noon and lives for d.
func lives(after, d time.Duration) Key {
	return Key{CreatedAt: At(noon.Add(after)), ExpiresAt: At(noon.Add(after + d))}
}

// pairs are values of a field of access, and what their comparison says; it says the same of them the other way round.
var pairs = []struct {
	what       string
	field      Field
	old, fresh Key
	want       Comparison
}{
	{"permissions in another order, one twice", FieldPermissions, Key{Permissions: perms("A.x", "B.y")}, Key{Permissions: perms("B.y", "A.x", "B.y")}, Equal},
	{"a permission less", FieldPermissions, Key{Permissions: perms("A.x", "B.y")}, Key{Permissions: perms("A.x")}, Differs},
	{"the case of a permission", FieldPermissions, Key{Permissions: perms("A.x")}, Key{Permissions: perms("A.X")}, Differs},
	{"a permission of another feature", FieldPermissions, Key{Permissions: perms("A.x")}, Key{Permissions: perms("B.x")}, Differs},
	{"a permission listed flat", FieldPermissions, Key{Permissions: perms("A.x", "B.y")}, Key{Permissions: perms("y", "x")}, Equal},
	{"a permission listed flat, another grouped", FieldPermissions, Key{Permissions: perms("A.x", "z")}, Key{Permissions: perms("x", "A.y")}, Differs},
	{"no permission on both", FieldPermissions, Key{Permissions: perms()}, Key{Permissions: perms()}, Equal},
	{"no permission on one", FieldPermissions, Key{Permissions: perms()}, Key{Permissions: perms("A.x")}, Differs},
	{"permissions not told", FieldPermissions, Key{}, Key{Permissions: perms("A.x")}, Unreported},
	{"permissions told by neither", FieldPermissions, Key{}, Key{}, Unreported},
	{"another role", FieldRole, Key{Role: "reader"}, Key{Role: "admin"}, Differs},
	{"the same role", FieldRole, Key{Role: "reader"}, Key{Role: "reader"}, Equal},
	{"a role in another case", FieldRole, Key{Role: "reader"}, Key{Role: "Reader"}, Differs},
	{"a role not told", FieldRole, Key{}, Key{Role: "admin"}, Unreported},
	{"another type", FieldType, Key{Type: SecretKey}, Key{Type: PublicKey}, Differs},
	{"a type not told", FieldType, Key{Type: SecretKey}, Key{}, Unreported},
	{"another environment", FieldEnvironment, Key{Environment: Live}, Key{Environment: Test}, Differs},
	{"an environment in another case", FieldEnvironment, Key{Environment: Live}, Key{Environment: "LIVE"}, Equal},
	{"an environment not told", FieldEnvironment, Key{}, Key{Environment: Live}, Unreported},
	{"no project", FieldProject, Key{}, Key{}, Equal},
	{"a project on one", FieldProject, Key{Project: "p1"}, Key{}, Differs},
	{"another project of the same name", FieldProject, Key{Project: "p1", ProjectName: "Shop"}, Key{Project: "p2", ProjectName: "Shop"}, Differs},
	{"enabled", FieldEnabled, Key{Enabled: yes()}, Key{Enabled: yes()}, Equal},
	{"disabled", FieldEnabled, Key{Enabled: yes()}, Key{Enabled: no()}, Differs},
	{"enabled not told", FieldEnabled, Key{Enabled: yes()}, Key{}, Unreported},

	{"host bits", FieldRestrictions, Key{Restrictions: ips("10.1.2.3/8")}, Key{Restrictions: ips("10.0.0.0/8")}, Equal},
	{"a single address and its network", FieldRestrictions, Key{Restrictions: ips("192.0.2.7")}, Key{Restrictions: ips("192.0.2.7/32")}, Equal},
	{"a single IPv6 address and its network", FieldRestrictions, Key{Restrictions: ips("2001:db8::1")}, Key{Restrictions: ips("2001:0DB8:0:0:0:0:0:1/128")}, Equal},
	{"IPv4 within IPv6", FieldRestrictions, Key{Restrictions: ips("::ffff:192.0.2.7")}, Key{Restrictions: ips("192.0.2.7")}, Equal},
	{"a network of IPv4 within IPv6", FieldRestrictions, Key{Restrictions: ips("::ffff:10.0.0.0/104")}, Key{Restrictions: ips("10.0.0.0/8")}, Equal},
	{"more than IPv4 within IPv6", FieldRestrictions, Key{Restrictions: ips("::ffff:0.0.0.0/95")}, Key{Restrictions: ips("0.0.0.0/0")}, Differs},
	{"IPv4 and IPv6 of the same bits", FieldRestrictions, Key{Restrictions: ips("::1.2.3.4")}, Key{Restrictions: ips("1.2.3.4")}, Differs},
	{"a mask of dots", FieldRestrictions, Key{Restrictions: ips("10.9.9.9/255.255.0.0")}, Key{Restrictions: ips("10.9.0.0/16")}, Equal},
	{"a mask that is no mask", FieldRestrictions, Key{Restrictions: ips("10.9.0.0/ffff::")}, Key{Restrictions: ips("10.9.0.0/16")}, Differs},
	{"all of IPv4 within IPv6", FieldRestrictions, Key{Restrictions: ips("::ffff:9.9.9.9/96")}, Key{Restrictions: ips("0.0.0.0/0")}, Equal},
	{"the two halves of IPv4", FieldRestrictions, Key{Restrictions: ips("0.0.0.0/1", "128.0.0.0/1")}, Key{Restrictions: ips("0.0.0.0/0")}, Equal},
	{"a mask of dots with a hole", FieldRestrictions, Key{Restrictions: ips("10.9.0.0/255.0.255.0")}, Key{Restrictions: ips("10.9.0.0/8")}, Differs},
	{"blanks around", FieldRestrictions, Key{Restrictions: ips(" 192.0.2.7 ")}, Key{Restrictions: ips("192.0.2.7")}, Equal},
	{"addresses in another order, one twice", FieldRestrictions, Key{Restrictions: ips("192.0.2.7", "10.0.0.0/8")}, Key{Restrictions: ips("10.0.0.0/8", "192.0.2.7/32", "10.3.2.1/8")}, Equal},
	{"an address within a network that is there", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/8", "10.1.2.3")}, Key{Restrictions: ips("10.0.0.0/8")}, Equal},
	{"two halves and their whole", FieldRestrictions, Key{Restrictions: ips("10.128.0.0/9", "10.0.0.0/9")}, Key{Restrictions: ips("10.0.0.0/8")}, Equal},
	{"four quarters and their whole", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/10", "10.64.0.0/10", "10.128.0.0/10", "10.192.0.0/10")}, Key{Restrictions: ips("10.0.0.0/8")}, Equal},
	{"neighbours that are no halves", FieldRestrictions, Key{Restrictions: ips("10.0.1.0/24", "10.0.2.0/24")}, Key{Restrictions: ips("10.0.0.0/22")}, Differs},
	{"neighbours of two sizes", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/9", "10.128.0.0/10")}, Key{Restrictions: ips("10.0.0.0/8")}, Differs},
	{"a wider network", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/8")}, Key{Restrictions: ips("10.0.0.0/7")}, Differs},
	{"another address", FieldRestrictions, Key{Restrictions: ips("192.0.2.7")}, Key{Restrictions: ips("192.0.2.8")}, Differs},
	{"every IPv4 address is not every address", FieldRestrictions, Key{Restrictions: ips("0.0.0.0/0")}, Key{Restrictions: ips("0.0.0.0/0", "::/0")}, Differs},
	{"every IPv4 address is a restriction", FieldRestrictions, Key{Restrictions: ips("0.0.0.0/0")}, Key{Restrictions: ips()}, Differs},
	{"what is no address", FieldRestrictions, Key{Restrictions: ips("office", "10.0.0.0/8")}, Key{Restrictions: ips("10.0.0.0/8", "office")}, Equal},
	{"another one that is no address", FieldRestrictions, Key{Restrictions: ips("office")}, Key{Restrictions: ips("Office")}, Differs},
	{"an address of an interface", FieldRestrictions, Key{Restrictions: ips("fe80::1%eth0")}, Key{Restrictions: ips("fe80::1")}, Differs},
	{"a network that cannot be", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/33")}, Key{Restrictions: ips("10.0.0.0/32")}, Differs},
	{"a network of less than nothing", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/-1")}, Key{Restrictions: ips("0.0.0.0/0")}, Differs},
	{"a mask of dots on IPv6", FieldRestrictions, Key{Restrictions: ips("2001:db8::/255.0.0.0")}, Key{Restrictions: ips("2001:db8::/8")}, Differs},

	{"the case of scheme and host", FieldRestrictions, Key{Restrictions: referrers("HTTPS://Shop.Example")}, Key{Restrictions: referrers("https://shop.example")}, Equal},
	{"a scheme's own port", FieldRestrictions, Key{Restrictions: referrers("https://shop.example:443", "http://a.example:80/*")}, Key{Restrictions: referrers("http://a.example/*", "https://shop.example")}, Equal},
	{"another port", FieldRestrictions, Key{Restrictions: referrers("https://shop.example:8443")}, Key{Restrictions: referrers("https://shop.example")}, Differs},
	{"the port of the other scheme", FieldRestrictions, Key{Restrictions: referrers("https://shop.example:80")}, Key{Restrictions: referrers("https://shop.example")}, Differs},
	{"the other port of the scheme", FieldRestrictions, Key{Restrictions: referrers("http://shop.example:443")}, Key{Restrictions: referrers("http://shop.example")}, Differs},
	{"another scheme", FieldRestrictions, Key{Restrictions: referrers("https://shop.example")}, Key{Restrictions: referrers("http://shop.example")}, Differs},
	{"a slash alone", FieldRestrictions, Key{Restrictions: referrers("https://shop.example/")}, Key{Restrictions: referrers("https://shop.example")}, Equal},
	{"the case of a path", FieldRestrictions, Key{Restrictions: referrers("https://shop.example/Pay/*")}, Key{Restrictions: referrers("https://shop.example/pay/*")}, Differs},
	{"the case of a query", FieldRestrictions, Key{Restrictions: referrers("https://shop.example?Q")}, Key{Restrictions: referrers("https://shop.example?q")}, Differs},
	{"the case of a bare host", FieldRestrictions, Key{Restrictions: referrers("*.Shop.Example/A")}, Key{Restrictions: referrers("*.shop.example/A")}, Equal},
	{"a subdomain", FieldRestrictions, Key{Restrictions: referrers("https://shop.example")}, Key{Restrictions: referrers("https://a.shop.example")}, Differs},

	{"endpoints in another order", FieldRestrictions, Key{Restrictions: endpoints("/v1/a", "/v1/b")}, Key{Restrictions: endpoints("/v1/b", "/v1/a", "/v1/a")}, Equal},
	{"a slash at the end of an endpoint", FieldRestrictions, Key{Restrictions: endpoints("/v1/a/")}, Key{Restrictions: endpoints("/v1/a")}, Equal},
	{"the root", FieldRestrictions, Key{Restrictions: endpoints("/")}, Key{Restrictions: endpoints("")}, Differs},
	{"the case of an endpoint", FieldRestrictions, Key{Restrictions: endpoints("/v1/A")}, Key{Restrictions: endpoints("/v1/a")}, Differs},
	{"an endpoint less", FieldRestrictions, Key{Restrictions: endpoints("/v1/a", "/v1/b")}, Key{Restrictions: endpoints("/v1/a")}, Differs},
	{"the same text in another list", FieldRestrictions, Key{Restrictions: endpoints("/v1")}, Key{Restrictions: referrers("/v1")}, Differs},
	{"no restriction", FieldRestrictions, Key{Restrictions: &Restrictions{}}, Key{Restrictions: ips()}, Equal},
	{"a restriction lost", FieldRestrictions, Key{Restrictions: ips("10.0.0.0/8")}, Key{Restrictions: &Restrictions{}}, Differs},
	{"restrictions not told", FieldRestrictions, Key{}, Key{Restrictions: &Restrictions{}}, Unreported},

	{"never", FieldExpiry, Key{ExpiresAt: Never()}, Key{ExpiresAt: Never()}, Equal},
	{"an end on one", FieldExpiry, Key{ExpiresAt: Never()}, lives(0, 30*day), Differs},
	{"an end not told", FieldExpiry, Key{}, lives(0, 30*day), Unreported},
	{"never and not told", FieldExpiry, Key{}, Key{ExpiresAt: Never()}, Unreported},
	{"the same lifetime later", FieldExpiry, lives(0, 30*day), lives(77*time.Hour, 30*day), Equal},
	{"some seconds less", FieldExpiry, lives(0, 30*day), lives(time.Hour, 30*day-50*time.Second), Equal},
	{"two minutes", FieldExpiry, lives(0, 30*day), lives(0, 30*day+2*time.Minute), Equal},
	{"over two minutes", FieldExpiry, lives(0, 30*day), lives(0, 30*day+2*time.Minute+time.Second), Differs},
	{"a day more", FieldExpiry, lives(0, 30*day), lives(0, 31*day), Differs},
	{"five seconds of a short life", FieldExpiry, lives(0, 40*time.Second), lives(0, 45*time.Second), Equal},
	{"six seconds of a short life", FieldExpiry, lives(0, 40*time.Second), lives(0, 46*time.Second), Differs},
	{"the same end, creation not told", FieldExpiry, Key{ExpiresAt: At(noon.Add(day))}, Key{ExpiresAt: At(noon.Add(day))}, Equal},
	{"another end, creation not told", FieldExpiry, Key{ExpiresAt: At(noon.Add(day))}, Key{ExpiresAt: At(noon.Add(day + time.Minute))}, Differs},
	{"the same end, one creation not told", FieldExpiry, lives(0, day), Key{ExpiresAt: At(noon.Add(day))}, Equal},
	{"the end of time and never", FieldExpiry, Key{ExpiresAt: At(time.Unix(253402300799, 0))}, Key{ExpiresAt: Never()}, Equal},
	{"the end of time on both", FieldExpiry, Key{CreatedAt: At(noon), ExpiresAt: At(time.Unix(253402300799, 0))}, Key{CreatedAt: At(noon.Add(day)), ExpiresAt: At(time.Unix(253402300799, 0))}, Equal},
	{"the end of time and an end", FieldExpiry, Key{ExpiresAt: At(time.Unix(253402300799, 0))}, lives(0, 30*day), Differs},

	{"no properties", FieldExtra, Key{}, Key{Extra: extra("properties", " { } ")}, Equal},
	{"null", FieldExtra, Key{Extra: extra("properties", "null")}, Key{Extra: extra("properties", "[]")}, Equal},
	{"members in another order", FieldExtra, Key{Extra: extra("properties", `{"a":1,"b":[2]}`)}, Key{Extra: extra("properties", `{ "b" : [2], "a" : 1.0 }`)}, Equal},
	{"an array in another order", FieldExtra, Key{Extra: extra("properties", `{"a":[1,2]}`)}, Key{Extra: extra("properties", `{"a":[2,1]}`)}, Differs},
	{"a text written otherwise", FieldExtra, Key{Extra: extra("properties", `"\u0061<"`)}, Key{Extra: extra("properties", `"a\u003c"`)}, Equal},
	{"a number and a text", FieldExtra, Key{Extra: extra("properties", `3`)}, Key{Extra: extra("properties", `"3"`)}, Differs},
	{"a large number", FieldExtra, Key{Extra: extra("properties", `9007199254740993`)}, Key{Extra: extra("properties", `9007199254740992`)}, Differs},
	{"yes and no", FieldExtra, Key{Extra: extra("properties", `[true]`)}, Key{Extra: extra("properties", `[false]`)}, Differs},
	{"null within", FieldExtra, Key{Extra: extra("properties", `[null]`)}, Key{Extra: extra("properties", `[0]`)}, Differs},
	{"half a JSON", FieldExtra, Key{Extra: extra("properties", `{"a":`)}, Key{Extra: extra("properties", `{"a":1}`)}, Differs},
	{"JSON and something after it", FieldExtra, Key{Extra: extra("properties", `{"a":1} {}`)}, Key{Extra: extra("properties", `{"a":1}`)}, Differs},
	{"a clearance on one", FieldExtra, Key{Extra: extra("clearance", `3`)}, Key{}, Differs},
	{"another clearance", FieldExtra, Key{Extra: extra("clearance", `3`)}, Key{Extra: extra("clearance", `4`)}, Differs},
	{"compartments in another order", FieldExtra, Key{Extra: extra("compartments", `["a","b"]`)}, Key{Extra: extra("compartments", `["b","a","b"]`)}, Equal},
	{"another compartment", FieldExtra, Key{Extra: extra("compartments", `["a"]`)}, Key{Extra: extra("compartments", `["b"]`)}, Differs},
	{"a property that no row names", FieldExtra, Key{Extra: extra("tenants", `["a"]`)}, Key{Extra: extra("tenants", `["a"]`)}, Equal},
	{"a property that no row names, on one", FieldExtra, Key{}, Key{Extra: extra("tenants", `["a"]`)}, Differs},
	{"a property called as a field is", FieldExtra, Key{Extra: extra("permissions", `["a"]`)}, Key{Extra: extra("permissions", `["a"]`)}, Equal},
	{"more of a property called as a field is", FieldExtra, Key{Extra: extra("permissions", `["a"]`)}, Key{Extra: extra("permissions", `["a","b"]`)}, Differs},
	{"a property called as a field is, on one", FieldExtra, Key{}, Key{Extra: extra("role", `"admin"`)}, Differs},
	{"a property called as a field without access is", FieldExtra, Key{}, Key{Extra: extra("updated_by", `"x"`)}, Differs},
	{"a field that nobody knows", "tags", Key{}, Key{}, Unreported},
}

func TestAccessIsComparedByMeaning(t *testing.T) {
	for _, p := range pairs {
		for _, way := range [][2]Key{{p.old, p.fresh}, {p.fresh, p.old}} {
			got := Compare(way[0], way[1], []Field{p.field})
			if len(got) != 1 || got[0].Verdict != p.want {
				t.Errorf("%s: %+v, want %s", p.what, got, p.want)
				continue
			}
			d := got[0]
			if p.want == Differs && d.Old == d.New || p.want == Equal && p.field != FieldExpiry && d.Old != d.New ||
				(p.want == Unreported) != (d.Old == "unknown" || d.New == "unknown") || d.Old == "" || d.New == "" {
				t.Errorf("%s: %s, but the words are %q and %q", p.what, d.Verdict, d.Old, d.New)
			}
		}
		// Undeclared, what differs is a difference all the same, and what is equal no word.
		switch got := Compare(p.old, p.fresh, nil); {
		case p.want == Differs && (len(got) != 1 || got[0].Verdict != Differs):
			t.Errorf("%s, declared by nobody: %+v", p.what, got)
		case p.want == Equal && len(got) != 0:
			t.Errorf("%s, declared by nobody: %+v", p.what, got)
		}
	}
}

func TestEveryFieldOfAccessThatIsDeclaredIsCompared(t *testing.T) {
	declared := []Field{FieldRole, FieldExtra, FieldType}
	k := Key{Role: "reader", Type: "sk", Environment: Live, Enabled: yes(), Extra: map[string]json.RawMessage{"clearance": json.RawMessage("3"), "properties": json.RawMessage(`{"a":1}`)}}
	var got []string
	for _, d := range Compare(k, k, declared) {
		got = append(got, fmt.Sprintf("%s=%s:%s", d.Field, d.Old, d.Verdict))
	}
	if want := "role=reader:equal type=sk:equal clearance=3:equal properties={\"a\":1}:equal"; strings.Join(got, " ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestOfAFieldThatNobodyDeclaredTheUsualSaysNothing(t *testing.T) {
	for what, tc := range map[string]struct {
		old, fresh Key
		want       int
	}{
		"enabled, and not told":      {Key{}, Key{Enabled: yes()}, 0},
		"not told, and enabled":      {Key{Enabled: yes()}, Key{}, 0},
		"disabled, and not told":     {Key{}, Key{Enabled: no()}, 1},
		"unrestricted, and not told": {Key{}, Key{Restrictions: ips()}, 0},
		"restricted, and not told":   {Key{}, Key{Restrictions: ips("10.0.0.0/8")}, 1},
		"not told, and restricted":   {Key{Restrictions: ips("10.0.0.0/8")}, Key{}, 1},
		"a role, and not told":       {Key{}, Key{Role: "admin"}, 1},
		"an end, and not told":       {Key{}, lives(0, day), 1},
		"no end, and not told":       {Key{}, Key{ExpiresAt: Never()}, 0},
		"what carries no access":     {Key{Name: "a", Account: "x", CreatedBy: "m"}, Key{Name: "b"}, 0},
	} {
		if got := Compare(tc.old, tc.fresh, nil); len(got) != tc.want {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestANewKeyIsComparedWithWhatWasAskedFor(t *testing.T) {
	full := Draft{Name: "ci", Permissions: perms("A.x"), Role: "reader", Type: "sk", Environment: Live, Expiry: Expiry{After: 30 * day},
		Restrictions: *ips("10.1.2.3/8"), Extra: extra("clearance", "3")}
	fullKey := func() Key {
		k := lives(10*time.Minute, 30*day) // the service's clock runs ahead of ours
		k.Permissions, k.Role, k.Type, k.Environment, k.Enabled = perms("A.x"), "reader", "sk", Live, yes()
		k.Restrictions, k.Extra, k.Project = ips("10.0.0.0/8"), extra("clearance", "3"), "p1"
		return k
	}
	all := []Field{FieldPermissions, FieldRole, FieldType, FieldEnvironment, FieldProject, FieldExpiry, FieldRestrictions, FieldExtra, FieldEnabled}
	got := CompareDraft(full, noon, fullKey(), all)
	if len(got) != len(all)-1 || slices.ContainsFunc(got, func(d Difference) bool { return d.Verdict != Equal || d.Field == FieldProject }) {
		t.Errorf("what was asked for: %+v", got)
	}
	for what, tc := range map[string]struct {
		change func(k *Key)
		field  Field
		want   Comparison
	}{
		"a permission more":       {func(k *Key) { k.Permissions = perms("A.x", "B.y") }, FieldPermissions, Differs},
		"permissions not told":    {func(k *Key) { k.Permissions = nil }, FieldPermissions, Unreported},
		"another role":            {func(k *Key) { k.Role = "admin" }, FieldRole, Differs},
		"another type":            {func(k *Key) { k.Type = "pk" }, FieldType, Differs},
		"another environment":     {func(k *Key) { k.Environment = Test }, FieldEnvironment, Differs},
		"disabled":                {func(k *Key) { k.Enabled = no() }, FieldEnabled, Differs},
		"ends in a day":           {func(k *Key) { k.ExpiresAt = At(noon.Add(day)) }, FieldExpiry, Differs},
		"never ends":              {func(k *Key) { k.ExpiresAt = Never() }, FieldExpiry, Differs},
		"an end that is not told": {func(k *Key) { k.ExpiresAt = Moment{} }, FieldExpiry, Unreported},
		"unrestricted":            {func(k *Key) { k.Restrictions = ips() }, FieldRestrictions, Differs},
		"restrictions not told":   {func(k *Key) { k.Restrictions = nil }, FieldRestrictions, Unreported},
		"another clearance":       {func(k *Key) { k.Extra = extra("clearance", "4") }, FieldClearance, Differs},
		"a property more":         {func(k *Key) { k.Extra["tenants"] = json.RawMessage("1") }, "tenants", Differs},
		"no clearance":            {func(k *Key) { k.Extra = nil }, FieldClearance, Differs},
	} {
		k := fullKey()
		tc.change(&k)
		var blocks []Difference
		for _, d := range CompareDraft(full, noon, k, all) {
			if d.Verdict != Equal {
				blocks = append(blocks, d)
			}
		}
		if len(blocks) != 1 || blocks[0].Field != tc.field || blocks[0].Verdict != tc.want {
			t.Errorf("%s: %+v", what, blocks)
		}
	}
}

func TestWhatNobodyAskedForIsADifference(t *testing.T) {
	for what, tc := range map[string]struct {
		fresh Key
		want  string
	}{
		"an end":           {lives(0, day), "expires_at: never expires, lives 1d"},
		"an end alone":     {Key{ExpiresAt: At(noon.Add(day))}, "expires_at: never expires, expires 2026-11-21T12:00:00Z"},
		"a restriction":    {Key{Restrictions: ips("10.0.0.0/8")}, "restrictions: none, ip 10.0.0.0/8"},
		"a role":           {Key{Role: "admin"}, "role: none, admin"},
		"a permission":     {Key{Permissions: perms("A.x")}, "permissions: none, A.x"},
		"a clearance":      {Key{Extra: extra("clearance", "3")}, "clearance: none, 3"},
		"a copied role":    {Key{Extra: extra("role", "3")}, "properties.role: none, 3"},
		"a disabled key":   {Key{Enabled: no()}, "enabled: yes, no"},
		"an environment":   {Key{Environment: Live}, "environment: none, live"},
		"nothing":          {Key{}, ""},
		"nothing, said so": {Key{Restrictions: ips(), Enabled: yes(), ExpiresAt: Never(), Permissions: perms(), Extra: extra("properties", "{}")}, ""},
		"no access at all": {Key{Name: "x", Account: "a", CreatedBy: "m", LastUsedAt: At(noon), Project: "p1"}, ""},
	} {
		for _, declared := range [][]Field{nil, {FieldRole, FieldPermissions, FieldExtra, FieldRestrictions, FieldExpiry, FieldEnvironment, FieldEnabled}} {
			var got []string
			for _, d := range CompareDraft(Draft{Name: "x"}, noon, tc.fresh, declared) {
				if d.Verdict == Differs {
					got = append(got, fmt.Sprintf("%s: %s, %s", d.Field, d.Old, d.New))
				}
				if d.Verdict == Unreported && declared == nil {
					t.Errorf("%s: %+v", what, d)
				}
			}
			if strings.Join(got, "; ") != tc.want {
				t.Errorf("%s, declared %v: %q, want %q", what, declared, got, tc.want)
			}
		}
	}
}

package apikey

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// fullKey has a value in every field that a service can report.
func fullKey() Key {
	return Key{ID: "k1", Name: "shop", Type: SecretKey, Role: "reader", Environment: Live, Permissions: perms("A.x", "B.y"), Added: perms("2fa"), Masked: "sk-…", Account: "acc",
		Project: "p1", ProjectName: "Shop", Enabled: yes(), CreatedAt: At(noon), UpdatedAt: At(noon.Add(time.Second)), ExpiresAt: At(noon.Add(30 * day)), LastUsedAt: Never(),
		Restrictions: &Restrictions{[]string{"10.0.0.0/8"}, []string{"https://a.example"}, []string{"/v1"}}, CreatedBy: "maria", UpdatedBy: "ben", CanRetrieve: true, RolledAt: At(noon.Add(time.Hour)), FormerEndsAt: At(noon.Add(day)), FormerUsedAt: Never(),
		Extra: map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`), "clearance": json.RawMessage("3"), "compartments": json.RawMessage(`["a"]`),
			"scim_provisioning": json.RawMessage("true"), "can_delegate_security_attributes": json.RawMessage("false"), "tenants": json.RawMessage(`"t"`), "zone": json.RawMessage(`"<z>"`)}}
}

func ids(keep func(FieldInfo) bool) string {
	var out []string
	for f := range Fields() {
		if keep(f) {
			out = append(out, string(f.ID))
		}
	}
	return strings.Join(out, " ")
}

// TestTheTableKeepsItsPromises: what the documentation of the JSON, the filter and the comparison names.
func TestTheTableKeepsItsPromises(t *testing.T) {
	for what, tc := range map[string]struct{ got, want string }{
		"named in a key's JSON": {ids(func(f FieldInfo) bool { return f.Named }),
			"id name environment type role permissions masked account project project_name enabled created_at updated_at expires_at last_used_at restrictions"},
		"under fields": {ids(func(f FieldInfo) bool { return !f.Named }),
			"rolled_at former_ends_at former_used_at added_permissions created_by updated_by can_retrieve_value properties clearance compartments scim_provisioning can_delegate_security_attributes"},
		"access": {ids(func(f FieldInfo) bool { return f.Access }),
			"environment type role permissions project enabled expires_at restrictions properties clearance compartments scim_provisioning can_delegate_security_attributes"},
		"copied": {ids(func(f FieldInfo) bool { return f.draft != nil || f.IsExtra() }),
			"environment type role permissions restrictions properties clearance compartments scim_provisioning can_delegate_security_attributes"},
		"further properties": {ids(FieldInfo.IsExtra), "properties clearance compartments scim_provisioning can_delegate_security_attributes"},
		"absent is a value":  {ids(func(f FieldInfo) bool { return f.Absent }), "project properties clearance compartments scim_provisioning can_delegate_security_attributes"},
		"plain words":        {ids(func(f FieldInfo) bool { return f.Search }), "id name environment type role permissions masked project project_name added_permissions"},
		"one of few words":   {ids(func(f FieldInfo) bool { return f.Whole }), "environment type role"},
		"a column":           {ids(func(f FieldInfo) bool { return f.Column.Title != "" }), "name environment type role masked project enabled created_at expires_at last_used_at"},
		"times":              {ids(func(f FieldInfo) bool { _, ok := f.Moment(&Key{}); return ok }), "created_at updated_at expires_at last_used_at rolled_at former_ends_at former_used_at"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s\nwant %s\nif that is meant, say it here, in docs/REFERENCE.md and in CHANGELOG.md", what, tc.got, tc.want)
		}
	}
}

// TestARowOfAFieldIsWhole: what two rows may not share, and what a column has to say.
func TestARowOfAFieldIsWhole(t *testing.T) {
	words, places, drops := map[string]Field{}, map[int]Field{}, map[int]Field{}
	for f := range Fields() {
		if f.Label == "" || f.Label != strings.ToLower(f.Label) {
			t.Errorf("%s: the label %q is to be words in small letters", f.ID, f.Label)
		}
		if other, taken := words[f.Filter]; taken && f.Filter != "" {
			t.Errorf("%s: the filter's word %q is that of %s", f.ID, f.Filter, other)
		}
		words[f.Filter] = f.ID
		c := f.Column
		if c.Title == "" {
			continue
		}
		if other, taken := places[c.Place]; taken {
			t.Errorf("%s: the place %d is that of %s: take a number between two others", f.ID, c.Place, other)
		}
		if other, taken := drops[c.Drop]; taken {
			t.Errorf("%s: %d, when it is dropped, is that of %s: take a number between two others", f.ID, c.Drop, other)
		}
		if (c.Drop == 0) != (f.ID == FieldName) || (c.Width == 0) == (c.Most == 0) {
			t.Errorf("%s: a column has a Width or a Most, and only the name is never dropped: %+v", f.ID, c)
		}
		places[c.Place], drops[c.Drop] = f.ID, f.ID
	}
}

// TestNoFieldOfAKeyIsLost: a field that is added to Key needs a row, or a reason here.
func TestNoFieldOfAKeyIsLost(t *testing.T) {
	ours := []string{"Own", "Matched", "CannotRetrieve"} // what detent knows of a key, and the no of CanRetrieve
	k := Key{}
	at := map[uintptr]bool{}
	for f := range Fields() {
		if f.IsExtra() {
			continue
		}
		if p := reflect.ValueOf(f.at(&k)); f.ID != FieldCanRetrieve {
			at[p.Pointer()] = true
		}
	}
	v := reflect.ValueOf(&k).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if !at[v.Field(i).Addr().Pointer()] && !slices.Contains(append(ours, "Extra", "CanRetrieve"), name) {
			t.Errorf("Key.%s has no row in the table of fields (field.go): nothing shows it and no filter finds it", name)
		}
	}
}

func TestAFieldIsReportedOrNot(t *testing.T) {
	full, empty := fullKey(), Key{}
	for f := range FieldsOf(&full) {
		if f.Reporter()(&full) != f.Reported(&full) || f.Reporter()(&empty) != f.Reported(&empty) {
			t.Errorf("%s is reported in two ways", f.ID)
		}
		if !f.Reported(&full) || f.Text(&full) == "" {
			t.Errorf("%s is not reported: has fullKey a value for it?", f.ID)
		}
		if _, ok := f.JSON(&full); !ok {
			t.Errorf("%s has no JSON", f.ID)
		}
		if f.Reported(&empty) || f.Text(&empty) != "" {
			t.Errorf("%s is reported of an empty key, as %q", f.ID, f.Text(&empty))
		}
		if v, ok := f.JSON(&empty); ok {
			t.Errorf("%s of an empty key is %v", f.ID, v)
		}
	}
	var rows []string
	for f := range FieldsOf(&full) {
		rows = append(rows, string(f.ID))
	}
	if len(rows) != len(fields)+2 || rows[len(rows)-1] != "zone" || rows[0] != "id" {
		t.Errorf("%v", rows)
	}
	for stop := 1; stop <= len(rows); stop++ {
		n := 0
		for range FieldsOf(&full) {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("stopped after %d of %d", n, stop)
		}
	}
}

func TestAFieldIsWrittenForATableAndAsJSON(t *testing.T) {
	k := fullKey()
	rest := Key{Permissions: perms(), Enabled: no(), Restrictions: &Restrictions{}, ExpiresAt: Never(), CannotRetrieve: true, Extra: extra("tenants", `{"half"`)}
	for _, tc := range []struct {
		key        Key
		id         Field
		text, json string
	}{
		{k, FieldID, "k1", `"k1"`}, {k, FieldEnvironment, "live", `"live"`}, {k, FieldPermissions, "A.x B.y", `["A.x","B.y"]`}, {rest, FieldPermissions, "none", `[]`},
		{k, FieldEnabled, "enabled", "true"}, {rest, FieldEnabled, "disabled", "false"}, {k, FieldCreated, "2026-11-20T12:00:00Z", `"2026-11-20T12:00:00Z"`},
		{k, FieldLastUsed, "never", "null"}, {rest, FieldExpiry, "never", "null"}, {k, FieldCanRetrieve, "yes", "true"}, {rest, FieldCanRetrieve, "no", "false"},
		{k, FieldRestrictions, "10.0.0.0/8 https://a.example /v1", `{"ip_addresses":["10.0.0.0/8"],"referrers":["https://a.example"],"endpoints":["/v1"]}`},
		{rest, FieldRestrictions, "none", `{"ip_addresses":[],"referrers":[],"endpoints":[]}`}, {k, FieldCompartments, `["a"]`, `["a"]`}, {k, "tenants", `"t"`, `"t"`},
		{rest, "tenants", `{"half"`, ""}, // no JSON is no member of one
	} {
		f := FieldOf(tc.id)
		if got := f.Text(&tc.key); got != tc.text {
			t.Errorf("%s is %q in a table, want %q", tc.id, got, tc.text)
		}
		v, ok := f.JSON(&tc.key)
		if b, err := json.Marshal(v); ok != (tc.json != "") || ok && (err != nil || string(b) != tc.json) {
			t.Errorf("%s is %s, %v, want %s", tc.id, b, err, tc.json)
		}
	}
}

func TestAFieldWithoutARowIsAFurtherProperty(t *testing.T) {
	f := FieldOf("some_thing")
	if f.ID != "some_thing" || f.Label != "some thing" || !f.IsExtra() || !f.Access || f.Named || f.Kind != KindJSON {
		t.Errorf("%+v", f)
	}
	if _, ok := f.Moment(&Key{}); ok {
		t.Error("it is a time")
	}
	if m, ok := FieldOf(FieldExpiry).Moment(&Key{ExpiresAt: Never()}); !ok || !m.IsNever() {
		t.Errorf("%v %v", m, ok)
	}
	if m, ok := FieldOf(FieldName).Moment(&Key{Name: "x"}); ok || m.Known() {
		t.Errorf("%v %v", m, ok)
	}
}

func TestWordsOfAccess(t *testing.T) {
	k := fullKey()
	var got []string
	for f := range FieldsOf(&k) {
		if f.Access {
			got = append(got, fmt.Sprintf("%s=%s|%s", f.ID, f.Words(k), f.Words(Key{})))
		}
	}
	want := []string{"environment=live|unknown", "type=sk|unknown", "role=reader|unknown", "permissions=A.x, B.y|unknown", "project=p1|none", "enabled=yes|unknown",
		"expires_at=lives 30d|unknown", "restrictions=ip 10.0.0.0/8; referrer https://a.example; endpoint /v1|unknown", `properties={"team":"shop"}|none`, "clearance=3|none",
		`compartments=["a"]|none`, "scim_provisioning=true|none", "can_delegate_security_attributes=false|none", `tenants="t"|unknown`, `zone="<z>"|unknown`}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func TestADraftOfAKeyHasItsAccessAndNothingElse(t *testing.T) {
	k := fullKey()
	d := DraftOf(k, "shop ~raaaaaaaaaa")
	want := Draft{Name: "shop ~raaaaaaaaaa", Expiry: Expiry{After: 30 * day}, Permissions: perms("A.x", "B.y"), Role: "reader", Type: SecretKey, Environment: Live,
		Restrictions: *k.Restrictions, Extra: k.Extra}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v\nwant\n%+v", d, want)
	}
	// It is its own: changing it leaves the key as it was.
	d.Permissions[0].Name, d.Restrictions.IPAddresses[0], d.Restrictions.Referrers[0], d.Restrictions.Endpoints[0] = "z", "z", "z", "z"
	maps.DeleteFunc(d.Extra, func(string, json.RawMessage) bool { return true })
	if !reflect.DeepEqual(k, fullKey()) {
		t.Error("the key has changed with its draft")
	}
	if d := DraftOf(Key{ExpiresAt: Never()}, "x"); !reflect.DeepEqual(d, Draft{Name: "x"}) {
		t.Errorf("of a key that says nothing: %+v", d)
	}
	// A key that is made as its draft says is no difference, whatever it is like.
	for _, p := range pairs {
		for _, k := range []Key{p.old, p.fresh} {
			for _, diff := range CompareDraft(DraftOf(k, "x"), noon, k, nil) {
				ended := diff.Field == FieldExpiry && !k.CreatedAt.Known() // its end is copied as it is
				if diff.Verdict == Differs && diff.Field != FieldEnabled && !ended {
					t.Errorf("%s: %+v", p.what, diff)
				}
			}
		}
	}
}

func TestTheLifetimeOfAReplacement(t *testing.T) {
	for what, tc := range map[string]struct {
		old  Key
		want Expiry
	}{
		"never":               {Key{ExpiresAt: Never()}, Expiry{}},
		"not told":            {Key{}, Expiry{}},
		"a span":              {lives(0, 30*day), Expiry{After: 30 * day}},
		"whole seconds":       {lives(0, 90*time.Second+900*time.Millisecond), Expiry{After: 90 * time.Second}},
		"less than a second":  {lives(0, time.Millisecond), Expiry{After: time.Second}},
		"the end alone":       {Key{ExpiresAt: At(noon)}, Expiry{At: noon}},
		"an end before it is": {lives(0, -day), Expiry{At: noon.Add(-day)}},
		"the end of time":     {Key{CreatedAt: At(noon), ExpiresAt: At(time.Unix(253402300799, 0))}, Expiry{}},
		"a hundred years":     {lives(0, MaxLifetime), Expiry{After: MaxLifetime}},
		"over a hundred":      {lives(0, MaxLifetime+time.Second), Expiry{}},
		"the year 2199":       {Key{ExpiresAt: At(time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC))}, Expiry{At: time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)}},
		"the year 2200":       {Key{ExpiresAt: At(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))}, Expiry{}},
	} {
		if got := LifetimeOf(tc.old); got != tc.want {
			t.Errorf("%s: %+v, want %+v", what, got, tc.want)
		}
	}
	if d, ok := Lifetime(lives(0, MaxLifetime)); !ok || d != MaxLifetime {
		t.Errorf("%v %v", d, ok)
	}
	for _, k := range []Key{{}, {CreatedAt: At(noon)}, {ExpiresAt: At(noon)}, lives(0, 0), lives(0, -1), lives(0, MaxLifetime+1)} {
		if d, ok := Lifetime(k); ok || d != 0 {
			t.Errorf("%+v lives %v", k, d)
		}
	}
}

func TestLifetimesAreSaid(t *testing.T) {
	for what, tc := range map[string]struct {
		key  Key
		want string
	}{
		"never": {Key{ExpiresAt: Never()}, "never expires"}, "not told": {Key{}, "unknown"}, "a span": {lives(0, 30*day), "lives 30d"},
		"an end": {Key{ExpiresAt: At(noon)}, "expires 2026-11-20T12:00:00Z"}, "the end of time": {Key{ExpiresAt: At(time.Unix(253402300799, 0))}, "never expires"},
	} {
		if got := LifetimeWords(tc.key); got != tc.want {
			t.Errorf("%s: %q, want %q", what, got, tc.want)
		}
	}
	for d, want := range map[time.Duration]string{
		30*day - time.Second: "30d", 30*day - 2*time.Minute: "30d", 30*day - 20*time.Minute: "29d 23h", 30 * day: "30d", day: "1d", 25 * time.Hour: "1d 1h", 30 * time.Hour: "1d 6h",
		23 * time.Hour: "23h", 15 * time.Minute: "15m", time.Minute: "1m", 70 * time.Second: "1m10s", 70 * time.Minute: "1h10m", time.Hour: "1h", 61 * time.Minute: "1h1m",
		time.Hour + time.Second: "1h0m1s", 10 * time.Second: "10s", 1600 * time.Millisecond: "2s", 600 * time.Millisecond: "600ms", 749627 * time.Nanosecond: "1ms", 12345678 * time.Nanosecond: "12ms", 1: "1ms", time.Second: "1s", 0: "0s", 2*day + 50*time.Minute: "2d",
		2 * time.Hour: "2h", day - time.Second: "1d", 20 * time.Hour: "20h", 10 * time.Hour: "10h", 10 * time.Minute: "10m",
	} {
		if got := SpanWords(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestAServiceThatKeepsDays: an end at midnight says no more than the day.
func TestAServiceThatKeepsDays(t *testing.T) {
	ends := func(made time.Time, end time.Time) Key { return Key{CreatedAt: At(made), ExpiresAt: At(end)} }
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	old := lives(0, 30*day)
	for what, tc := range map[string]struct {
		fresh Key
		want  Comparison
	}{
		"the day before":               {ends(noon, midnight.Add(30*day)), Equal},
		"the day after":                {ends(noon, midnight.Add(31*day)), Equal},
		"two days after":               {ends(noon, midnight.Add(32*day)), Differs},
		"a day after, not at midnight": {ends(noon, noon.Add(31*day)), Differs},
		"made at midnight":             {ends(midnight, midnight.Add(31*day)), Differs},
	} {
		if got := Compare(old, tc.fresh, []Field{FieldExpiry}); got[0].Verdict != tc.want {
			t.Errorf("%s: %+v", what, got)
		}
	}
	// Of a short life a day is not little.
	for days, want := range map[int]Comparison{3: Differs, 4: Equal} {
		life := time.Duration(days)*day - 12*time.Hour
		old, fresh := lives(0, life), ends(noon, midnight.Add(time.Duration(days+1)*day))
		if got := Compare(old, fresh, []Field{FieldExpiry}); got[0].Verdict != want {
			t.Errorf("%s: %+v, want %s", life, got, want)
		}
	}
}

func TestNumbersHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "0e9": "0", "1": "1", "1.0": "1", "10e-1": "1", "1e0": "1", "1E+2": "100", "-1.50": "-1.5", "0.5": "0.5", "5e-1": "0.5", "0.05": "0.05",
		"123.456": "123.456", "1e20": "100000000000000000000", "1e21": "1e21", "10e20": "1e21", "1e-20": "0.00000000000000000001", "1e-21": "1e-21", "12e-1": "1.2", "100": "100",
		"9007199254740993": "9007199254740993", "1e999999999": "1e999999999", "1e99999999999": "1e99999999999", "-2e30": "-2e30", "0.10": "0.1", "12300": "12300", "1.5e1": "15",
	} {
		if got := canonicalNumber(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func FuzzCanonicalJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.0,1e2],"a":{"x":null}}`, `"\u0061<>&\u2028"`, `[true,false]`, `{}`, `1 2`, `{"a":1,"a":2}`, `-0.0e-9`, ``, `[[],{}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, set := range []bool{false, true} {
			once := canonicalJSON(json.RawMessage(text), set)
			if again := canonicalJSON(json.RawMessage(once), set); again != once {
				t.Fatalf("%q is %q, and that is %q", text, once, again)
			}
			if json.Valid([]byte(text)) != json.Valid([]byte(once)) {
				t.Fatalf("%q is %q", text, once)
			}
			var was, is any
			if !set && json.Unmarshal([]byte(text), &was) == nil && json.Unmarshal([]byte(once), &is) == nil && !reflect.DeepEqual(was, is) {
				t.Fatalf("%q is %q: another value", text, once)
			}
		}
	})
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8 10.1.2.3", "::1 ::ffff:1.2.3.4/100", "10.0.0.0/255.0.0.0", "a b", "0.0.0.0/1 128.0.0.0/1", "::/0", "1.2.3.4/33"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := strings.Fields(text)
		once := addresses(list)
		if again := addresses(once); !slices.Equal(again, once) {
			t.Fatalf("%q is %q, and that is %q", list, once, again)
		}
		slices.Reverse(list)
		if other := addresses(append(list, list...)); !slices.Equal(other, once) {
			t.Fatalf("%q is %q in another order", list, other)
		}
		// Every network that was named is held by those that are left.
		for _, s := range list {
			p, ok := parseNetwork(s)
			if !ok {
				continue
			}
			if !slices.ContainsFunc(once, func(o string) bool {
				q, ok := parseNetwork(o)
				return ok && q.Bits() <= p.Bits() && q.Contains(p.Addr())
			}) {
				t.Fatalf("%s is lost in %q", s, once)
			}
		}
	})
}

func TestOriginsAndPathsHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"HTTPS://A.Example:443/": "https://a.example", " http://A:80 ": "http://a", "https://a:4430": "https://a:4430", "A.Example": "a.example", "A/B": "a/B", "ftp://A:443/": "ftp://a:443",
		"https://a/*": "https://a/*", "https://A#F": "https://a#F", "https://A?Q/": "https://a?Q/", "/": "", "": "",
	} {
		if got := canonicalOrigin(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"/v1/": "/v1", "/v1": "/v1", "/": "/", "": "", " /A ": "/A", "//": "/"} {
		if got := canonicalPath(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestAMemberOfExtraIsNoFieldOfTheTable: a service may call what is copied as a field of every key is called. Both are there, apart.
func TestAMemberOfExtraIsNoFieldOfTheTable(t *testing.T) {
	for f := range Fields() {
		name := string(f.ID)
		k := Key{Extra: map[string]json.RawMessage{name: json.RawMessage(`["x"]`), "properties." + name: json.RawMessage(`["y"]`)}}
		var got []string
		for row := range FieldsOf(&k) {
			if row.Reported(&k) && row.ID != FieldCanRetrieve {
				got = append(got, row.Member()+" "+row.Text(&k))
			}
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values([]string{name + ` ["x"]`, "properties." + name + ` ["y"]`})); !slices.Equal(got, want) {
			t.Errorf("of what is copied as %s: %q", name, got)
		}
		if row := FieldOfMember(name); FieldOf(row.ID).Member() != name || !FieldOf(row.ID).IsExtra() || (row.ID == f.ID) != f.IsExtra() {
			t.Errorf("the id of what is copied as %s is %s, which is %+v", name, row.ID, FieldOf(row.ID))
		}
	}
}

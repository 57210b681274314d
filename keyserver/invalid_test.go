package keyserver

import (
	"encoding/json"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// with returns a valid body with one field changed; a nil value takes the field away.
func with(valid map[string]string, field, raw string) string {
	var parts []string
	for _, name := range []string{"name", "permissions", "expiresIn", "role", "environment", "expires_at", "apiKeyId"} {
		value, ok := valid[name]
		if name == field {
			value, ok = raw, raw != ""
		}
		if ok {
			parts = append(parts, `"`+name+`":`+value)
		}
	}
	if _, known := valid[field]; !known && raw != "" && !strings.Contains(strings.Join(parts, ","), `"`+field+`"`) {
		parts = append(parts, `"`+field+`":`+raw)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func quote(s string) string {
	raw, _ := json.Marshal(s) // a string always marshals
	return string(raw)
}

// TestMalformedRequestsAreRefusedWithAReason holds the list of the services page, for each contract.
func TestMalformedRequestsAreRefusedWithAReason(t *testing.T) {
	onEachStore(t, testMalformedRequestsAreRefusedWithAReason)
}

func testMalformedRequestsAreRefusedWithAReason(t *testing.T, open opener) {
	b := open(t)
	type endpoint struct {
		service, method, path string
		valid                 map[string]string
	}
	target := b.vertesia(b.session(wirename.Vertesia, ""), "target", "reader", "expires_at", "2027-06-01T00:00:00Z").text("id")
	prosopoCreate := endpoint{wirename.Prosopo, "POST", "/api-keys/create", map[string]string{"name": `"n"`, "permissions": `["verify"]`}}
	prosopoDelete := endpoint{wirename.Prosopo, "POST", "/api-keys/delete", map[string]string{"apiKeyId": `"x"`}}
	vertesiaCreate := endpoint{wirename.Vertesia, "POST", "/api/v1/apikeys", map[string]string{"name": `"n"`, "role": `"reader"`}}
	vertesiaUpdate := endpoint{wirename.Vertesia, "PUT", "/api/v1/apikeys/" + target, map[string]string{}}
	genericCreate := endpoint{wirename.Generic, "POST", "/v1/api-keys", map[string]string{"name": `"n"`, "environment": `"live"`}}
	userCreate := endpoint{wirename.Generic, "POST", "/v1/users", map[string]string{"name": `"n"`}}

	check := func(e endpoint, body string) {
		t.Helper()
		a, err := b.try(b.session(e.service, ""), e.method, e.path, body)
		if err != nil {
			t.Errorf("%s %.80s: %v", e.path, body, err)
			return
		}
		if a.status != 400 {
			t.Errorf("%s %.120s: %d %.200s, want 400", e.path, body, a.status, a.raw)
			return
		}
		shape(t, e.service, 400, a)
	}
	long := quote(strings.Repeat("é", 201))
	for _, e := range []endpoint{prosopoCreate, prosopoDelete, vertesiaCreate, vertesiaUpdate, genericCreate, userCreate} {
		for _, body := range []string{"{", "[]", "null", `"x"`, "1", "{}{}", "{} x", `{"name":"a",}`, "{\"name\":\"\xff\"}", "\x00", "<html>",
			strings.Repeat("[", 20000), `{"name":"` + strings.Repeat("a", 1<<20) + `"}`} {
			check(e, body)
		}
		check(e, with(e.valid, "surprise", `1`))
		check(e, with(e.valid, "NAME", `"x"`))
	}
	for _, e := range []endpoint{prosopoCreate, vertesiaCreate, genericCreate} {
		check(e, `{}`)
		check(e, `{"name":"a","name":"b",`+with(e.valid, "name", "")[1:])
		for field := range e.valid {
			check(e, with(e.valid, field, ""))
			for _, raw := range []string{"null", "1", "true", `{"a":1}`, `[1]`} {
				check(e, with(e.valid, field, raw))
			}
		}
	}
	for _, e := range []endpoint{prosopoCreate, vertesiaCreate, vertesiaUpdate, genericCreate, userCreate} {
		for _, raw := range []string{`""`, `" "`, `"\t\n"`, long, `"a\u0000b"`, `null`, `1`, `[]`} {
			check(e, with(e.valid, "name", raw))
		}
	}
	for _, raw := range []string{"-1", "-0.5", "1.5", "1e99", "1e999", "-1e999", "99999999999999999999", "3155760001", `"3600"`, "true", "[]", "{}"} {
		check(prosopoCreate, with(prosopoCreate.valid, "expiresIn", raw))
	}
	for _, e := range []endpoint{vertesiaCreate, genericCreate} {
		for _, raw := range []string{`"2026-11-23T10:00:00Z"`, `"2020-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`, `"2027-02-30T00:00:00Z"`, `"tomorrow"`,
			`"2027-01-31"`, `""`, `1`, `1e99`, `-1`, `true`, `[]`} {
			check(e, with(e.valid, "expires_at", raw))
		}
	}
	for _, raw := range []string{`[]`, `{}`, `{"Verify":[]}`, `["nope"]`, `["Verify.nope"]`, `["Sites.verify"]`, `{"Sites":["verify"]}`, `{"Nope":["verify"]}`,
		`{"Nope":[]}`, `{"Verify":"verify"}`, `"verify"`, `["verify",1]`, `[""]`, `["verify","*"]`,
		`{"Verify":null,"Sites":["getSites"]}`, `{"Verify":["verify"],"Verify":["verify"]}`, `["verify",null]`} {
		check(prosopoCreate, with(prosopoCreate.valid, "permissions", raw))
	}
	for _, raw := range []string{`""`, `"Admin"`, `"root"`, `"admin "`} {
		check(vertesiaCreate, with(vertesiaCreate.valid, "role", raw))
		check(vertesiaUpdate, with(vertesiaUpdate.valid, "role", raw))
	}
	for _, field := range []struct{ name, raw string }{
		{"type", `"xk"`}, {"type", `"pk"`}, {"type", `null`}, {"project", `"p"`}, {"id", `"x"`}, {"enabled", `true`}, {"clearance", `"high"`},
		{"compartments", `"a"`}, {"compartments", `[1]`}, {"properties", `[]`}, {"scim_provisioning", `"yes"`},
	} {
		check(vertesiaCreate, with(vertesiaCreate.valid, field.name, field.raw))
	}
	for _, body := range []string{"", " \n", `{"enabled":"yes"}`, `{"enabled":1}`, `{"enabled":null}`, `{"type":"pk"}`, `{"expires_at":"2028-01-01T00:00:00Z"}`,
		`{"expires_at":null}`, `{"account":"x"}`, `{"project":"x"}`, `{"clearance":null}`, `{"value":"sk-x"}`} {
		check(vertesiaUpdate, body)
	}
	for _, raw := range []string{`"dev"`, `""`, `"LIVE"`} {
		check(genericCreate, with(genericCreate.valid, "environment", raw))
	}
	for _, raw := range []string{`[]`, `"x"`, `{"ips":[]}`, `{"ip_addresses":"127.0.0.1"}`, `{"ip_addresses":null}`, `{"ip_addresses":[1]}`, `{"ip_addresses":["x"]}`,
		`{"ip_addresses":["300.1.1.1"]}`, `{"ip_addresses":["10.0.0.0/33"]}`, `{"ip_addresses":["::1/129"]}`, `{"ip_addresses":["fe80::1%eth0"]}`,
		`{"ip_addresses":["10.0.0.1-10.0.0.9"]}`, `{"ip_addresses":[""]}`, `{"ip_addresses":["::ffff:10.0.0.0/8"]}`,
		`{"referrers":["example.com"]}`, `{"referrers":["https://*.example.com"]}`, `{"referrers":["https://a.example/path"]}`, `{"referrers":["https://a.example*"]}`,
		`{"referrers":["ftp://a.example"]}`, `{"referrers":["https://u@a.example"]}`, `{"referrers":["https://"]}`, `{"referrers":["https://a.example?x"]}`, `{"referrers":["https://a.example:"]}`,
		`{"referrers":["https://a.example:99999"]}`, `{"endpoints":["/v1/users "]}`, `{"endpoints":["/v1/users\n"]}`,
		`{"endpoints":["v1"]}`, `{"endpoints":["/v1/../x"]}`, `{"endpoints":["/v1//x"]}`, `{"endpoints":["/v1/*"]}`, `{"endpoints":[""]}`, `{"endpoints":["/v1?x"]}`,
	} {
		check(genericCreate, with(genericCreate.valid, "restrictions", raw))
	}
	for _, query := range []string{"ttl=0", "ttl=-1", "ttl=x", "ttl=", "ttl=1.5", "ttl=1e99", "ttl=1e999", "ttl=NaN", "name=", "name=%20", "name=" + strings.Repeat("a", 201),
		"name=%ff", "projectId=a%ffb", "name=%zz", "name=a;b", "name=a&name=b", "ttl=60&ttl=60"} {
		check(endpoint{wirename.Vertesia, "GET", "/api/v1/apikeys/pk?" + query, nil}, "")
	}
	check(endpoint{wirename.Vertesia, "GET", "/api/v1/apikeys?level=galaxy", nil}, "")
	check(endpoint{wirename.Vertesia, "GET", "/api/v1/apikeys?level=project&level=account", nil}, "")
	check(endpoint{wirename.Vertesia, "GET", "/api/v1/apikeys/" + target + "?withValue=%zz", nil}, "")
	check(prosopoDelete, `{"apiKeyId":""}`)
	for _, query := range []string{"limit=0", "limit=-1", "limit=x", "cursor=x", "cursor=!!", "limit=", "limit=1&limit=2", "limit=%zz"} {
		check(endpoint{wirename.Generic, "GET", "/v1/api-keys?" + query, nil}, "")
	}
	if l := b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil); len(l.list("")) != 1 {
		t.Errorf("a refused request made a key: %s", l.raw)
	}
}

func TestNamesKeepEveryCharacterTheyWereGiven(t *testing.T) {
	onEachStore(t, testNamesKeepEveryCharacterTheyWereGiven)
}

func testNamesKeepEveryCharacterTheyWereGiven(t *testing.T, open opener) {
	b := open(t)
	names := []string{"日本語", "موقع", "e\u0301", "👩‍👩‍👧", "a\x1b[31mred", "\u202eevil", "<b>&\"'\\", strings.Repeat("界", 200), "line\nbreak", "x\u2028y"}
	for _, name := range names {
		b.prosopo(b.session(wirename.Prosopo, ""), name, []string{"verify"})
		b.vertesia(b.session(wirename.Vertesia, ""), name, "reader")
		b.generic(b.session(wirename.Generic, apikey.Live), name, "live")
	}
	p := b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/get", "{}").list("")
	v := b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil).list("")
	g := b.want(200, b.session(wirename.Generic, ""), "GET", "/v1/api-keys", nil).list("data")
	for _, list := range [][]any{p, v, g} {
		if len(list) != len(names) {
			t.Fatalf("%d keys, want %d", len(list), len(names))
		}
		got := map[any]bool{}
		for _, row := range list {
			got[row.(map[string]any)["name"]] = true
		}
		for _, name := range names {
			if !got[name] {
				t.Errorf("%q is not listed", name)
			}
		}
	}
}

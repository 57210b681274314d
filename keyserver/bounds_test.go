package keyserver

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// jsonOf writes a value; a test's own always marshals.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func repeated(entry string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = entry
	}
	return list
}

// referrer is an origin of so many bytes.
func referrer(bytes int) string {
	const before, after = "https://", ".example"
	return before + strings.Repeat("a", bytes-len(before)-len(after)) + after
}

func TestEveryFieldHasABound(t *testing.T) {
	b := open(t)
	type field struct {
		name, service, method, path, body string
		taken                             bool
	}
	var fields []field
	create := func(service, name string, taken bool, what string, value any) {
		body := map[string]any{"name": "n", what: value}
		f := field{name: name, service: service, method: "POST", taken: taken}
		switch service {
		case wirename.Prosopo:
			f.path = "/api-keys/create"
			if what != "permissions" {
				body["permissions"] = []string{"verify"}
			}
		case wirename.Vertesia:
			f.path, body["role"] = "/api/v1/apikeys", "reader"
		default:
			f.path, body["environment"] = "/v1/api-keys", "live"
		}
		f.body = jsonOf(body)
		fields = append(fields, f)
	}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		create(service, "a name of 200", true, "name", strings.Repeat("界", 200))
		create(service, "a name of 201", false, "name", strings.Repeat("界", 201))
		create(service, "a name of a mebibyte", false, "name", strings.Repeat("a", 1<<20-200))
	}
	create(wirename.Prosopo, "200 permissions", true, "permissions", repeated("verify", 200))
	create(wirename.Prosopo, "201 permissions", false, "permissions", repeated("verify", 201))
	create(wirename.Prosopo, "100,000 permissions", false, "permissions", repeated("verify", 100_000))
	create(wirename.Prosopo, "200 permissions of a feature", true, "permissions", map[string]any{"Verify": repeated("verify", 200)})
	create(wirename.Prosopo, "201 permissions of two features", false, "permissions",
		map[string]any{"Verify": repeated("verify", 100), "Sites": repeated("getSites", 101)})
	features := map[string]any{}
	for i := range 20_000 {
		features[fmt.Sprint("f", i)] = []string{}
	}
	create(wirename.Prosopo, "20,000 features", false, "permissions", features)
	for list, entries := range map[string][2]string{
		"referrers": {referrer(contract.MaxEntry), referrer(contract.MaxEntry + 1)},
		"endpoints": {"/" + strings.Repeat("a", 199), "/" + strings.Repeat("a", 200)},
	} {
		create(wirename.Generic, list+": the longest entry", true, "restrictions", map[string]any{list: []string{entries[0]}})
		create(wirename.Generic, list+": a longer entry", false, "restrictions", map[string]any{list: []string{entries[1]}})
		create(wirename.Generic, list+": 100 entries", true, "restrictions", map[string]any{list: repeated(entries[0], 100)})
		create(wirename.Generic, list+": 101 entries", false, "restrictions", map[string]any{list: repeated("/a", 101)})
		create(wirename.Generic, list+": one of a mebibyte", false, "restrictions", map[string]any{list: []string{referrer(1 << 19)}})
	}
	create(wirename.Generic, "101 addresses", false, "restrictions", map[string]any{"ip_addresses": repeated("10.0.0.1", 101)})
	create(wirename.Vertesia, "properties", true, "properties", map[string]any{"a": strings.Repeat("a", 16_000)})
	create(wirename.Vertesia, "large properties", false, "properties", map[string]any{"a": strings.Repeat("a", 17_000)})
	create(wirename.Vertesia, "compartments", true, "compartments", repeated("legal", 100))
	create(wirename.Vertesia, "many compartments", false, "compartments", repeated("legal", 101))
	create(wirename.Vertesia, "a long compartment", false, "compartments", []string{strings.Repeat("a", contract.MaxEntry+1)})
	create(wirename.Vertesia, "a long clearance", false, "clearance", json.RawMessage("1."+strings.Repeat("0", 1000)))
	fields = append(fields,
		field{"a long apiKeyId", wirename.Prosopo, "POST", "/api-keys/delete", jsonOf(map[string]any{"apiKeyId": strings.Repeat("a", 201)}), false},
		field{"a long e-mail", wirename.Generic, "POST", "/v1/users", jsonOf(map[string]any{"name": "n", "email": strings.Repeat("a", 201)}), false})
	for _, f := range fields {
		want := 400
		if f.taken {
			want = map[string]int{wirename.Prosopo: 200, wirename.Vertesia: 200, wirename.Generic: 201}[f.service]
		}
		if a := b.ask(b.session(f.service, ""), f.method, f.path, f.body); a.status != want {
			t.Errorf("%s, %s: %d %.200s, want %d", f.service, f.name, a.status, a.raw, want)
		}
	}
}

func TestANumberOfSecondsIsExactlyWhatWasWritten(t *testing.T) {
	b := open(t)
	prosopo, vertesia := b.session(wirename.Prosopo, ""), b.session(wirename.Vertesia, "")
	for i, c := range []struct {
		text  string
		taken bool
	}{
		{"3600", true}, {"3600.0", true}, {"3.6e3", true}, {"36E2", true}, {"3153600000", true}, {"1e-0", true}, {"0.36e4", true},
		{"1e-400", false}, {"1e-10000000000", false}, {"0.5", false}, {"1.00000000000000000001", false}, {"0.99999999999999999999999", false},
		{"3600.0000000000000000000001", false}, {"1e400", false}, {"1e10000000000", false}, {"-1e-400", false}, {"-1e10000000000", false},
		{"0x1p10", false}, {"0x400", false}, {"1_000", false}, {"+60", false}, {"Inf", false}, {"infinity", false}, {"NaN", false}, {".5e1", false}, {"5.", false},
		{"0600", false}, {" 60", false}, {"60s", false}, {"1e", false}, {"3153600001", false}, {"1" + strings.Repeat("0", 1000), false},
		{"0." + strings.Repeat("0", 1000) + "1", false},
	} {
		want := 400
		if c.taken {
			want = 200
		}
		raw := strings.ReplaceAll(strings.ReplaceAll(c.text, "+", "%2B"), " ", "%20")
		if a := b.ask(vertesia, "GET", fmt.Sprintf("/api/v1/apikeys/pk?name=k%d&ttl=%s", i, raw), nil); a.status != want {
			t.Errorf("ttl=%.40s: %d %s, want %d", c.text, a.status, a.raw, want)
		}
		if strings.TrimSpace(c.text) != c.text {
			continue // JSON has no such thing
		}
		if a := b.ask(prosopo, "POST", "/api-keys/create", `{"name":"k","permissions":["verify"],"expiresIn":`+c.text+`}`); a.status != want {
			t.Errorf("expiresIn %.40s: %d %s, want %d", c.text, a.status, a.raw, want)
		}
	}
}

func TestAParameterInAnotherSpellingIsRefused(t *testing.T) {
	b := open(t)
	made := b.generic(b.session(wirename.Generic, apikey.Live), "k", "live").text("data.id")
	admin := b.session(wirename.Vertesia, "")
	v := b.vertesia(admin, "k", "reader").text("id")
	for _, c := range []struct {
		service, method, path string
		want                  int
	}{
		{wirename.Vertesia, "GET", "/api/v1/apikeys/pk?name=a&TTL=60", 400}, {wirename.Vertesia, "GET", "/api/v1/apikeys/pk?name=a&Ttl=60", 400},
		{wirename.Vertesia, "GET", "/api/v1/apikeys/pk?name=a&expires=60", 400}, {wirename.Vertesia, "GET", "/api/v1/apikeys/pk?name=a&project_id=x", 400},
		{wirename.Vertesia, "GET", "/api/v1/apikeys/pk?NAME=a", 400}, {wirename.Vertesia, "GET", "/api/v1/apikeys/pk?name=a&ttl=60", 200},
		{wirename.Vertesia, "GET", "/api/v1/apikeys?LEVEL=project", 400}, {wirename.Vertesia, "GET", "/api/v1/apikeys?level=project", 200},
		{wirename.Vertesia, "GET", "/api/v1/apikeys?_=123", 200}, {wirename.Vertesia, "GET", "/api/v1/apikeys/" + v + "?with_value=true", 400},
		{wirename.Generic, "GET", "/v1/api-keys?Limit=1", 400}, {wirename.Generic, "GET", "/v1/api-keys?CURSOR=x", 400}, {wirename.Generic, "GET", "/v1/api-keys?v=2", 200},
		{wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?Reason=other", 400}, {wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?why=other", 400},
		{wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?reason=bored", 400}, {wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?reason=", 400},
		{wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?reason=compromised&reason=other", 400},
		{wirename.Generic, "DELETE", "/v1/api-keys/" + made + "?reason=superseded", 200},
	} {
		if a := b.ask(b.session(c.service, ""), c.method, c.path, nil); a.status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, a.status, a.raw, c.want)
		}
	}
	if got := len(b.want(200, admin, "GET", "/api/v1/apikeys", nil).list("")); got != 2 {
		t.Errorf("%d keys, want the reader and the one public key that was asked for properly", got)
	}
}

func TestAProjectThatIsNotThereIsNotMade(t *testing.T) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	own := b.vertesia(admin, "k", "reader").text("project.id")
	b.put(store.Key{Service: wirename.Vertesia, Role: "reader", Project: "staging", ProjectName: "Staging", Enabled: true})
	for project, want := range map[string]int{"nosuch": 404, "Staging": 404, "staging ": 404, "staging": 200, own: 200, "": 200} {
		a := b.ask(admin, "GET", "/api/v1/apikeys/pk?name=n"+fmt.Sprint(len(project))+"&projectId="+strings.ReplaceAll(project, " ", "%20"), nil)
		if a.status != want {
			t.Errorf("%q: %d %s, want %d", project, a.status, a.raw, want)
		}
	}
}

func TestOneTokenHasOneSpelling(t *testing.T) {
	b := open(t)
	key := b.vertesia(b.session(wirename.Vertesia, ""), "k", "reader").text("value")
	token := b.want(200, key, "POST", "/token/issue", nil, "Host", "evil.example").text("token")
	if claims := claimsOf(t, token); claims.Issuer != tokenIssuer {
		t.Errorf("the issuer is %q: who asks decides who answered", claims.Issuer)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	accepted := 0
	for _, last := range alphabet {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, request("GET", "/api/v1/apikeys", token[:len(token)-1]+string(last)))
		if w.Code == 200 {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d spellings of the signature are accepted", accepted)
	}
	for _, spelled := range []string{token + "=", token + "==", token + "\t", token[:20] + "\n" + token[20:]} {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, request("GET", "/api/v1/apikeys", spelled))
		if w.Code != 401 && spelled != token+"\t" { // a header's own white space is cut off
			t.Errorf("%q is accepted", spelled[len(spelled)-4:])
		}
	}
}

//go:build unix

package issuers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/client/issuers"
	"detent/e2e/servers"
)

// vendor is the published client of one, and what its calls are on the wire. What it is to do is said by the request that it then has to
// make, so that a case of the suite's and an act of a flow are the same to it.
type vendor struct {
	service string
	begin   func(testing.TB) *servers.Client
	calls   map[string]string // the client's name of the call by the request, whose "*" and body or query it takes, in that order
	types   string            // the file in TypeScript that has the client, where it holds no answer to its types by itself; "%s" are the lines
	further string            // a request with this member is for a further page: the client makes it by itself
	adds    map[string]any    // what the client sends beside, each the default of the service
	unread  []string          // members of an answer that the client leaves aside

	// Acts, with $id, $name and $secret; those that a service lacks are empty. verify is made by the secret itself, unless it holds it.
	list, create, rename, off, on, roll, remove, verify string
	id, secret                                          string // the members that hold them
}

const (
	openAIKeys    = "/v1/organization/admin_api_keys"
	grafanaTokens = "/api/serviceaccounts/2/tokens"
)

var vendors = []vendor{
	{service: "openai-admin", begin: packaged("openai"), id: "id", secret: "value", further: "after", unread: []string{"object", "first_id", "last_id"},
		types: "import OpenAI from 'openai';\ndeclare const client: OpenAI;\n%s",
		calls: map[string]string{"GET " + openAIKeys: "admin.organization.adminAPIKeys.list", "POST " + openAIKeys: "admin.organization.adminAPIKeys.create",
			"DELETE " + openAIKeys + "/*": "admin.organization.adminAPIKeys.delete"},
		list: "GET " + openAIKeys, create: "POST " + openAIKeys + ` {"name":"$name"}`, remove: "DELETE " + openAIKeys + "/$id", verify: "GET " + openAIKeys},
	{service: "unkey", begin: packaged("@unkey/api"), id: "keyId", secret: "key", further: "cursor",
		adds: map[string]any{"limit": 100., "decrypt": false, "revalidateKeysCache": false, "byteLength": 16., "enabled": true, "recoverable": false, "permanent": false},
		calls: map[string]string{"POST /v2/apis.listKeys": "apis.listKeys", "POST /v2/keys.createKey": "keys.createKey", "POST /v2/keys.updateKey": "keys.updateKey",
			"POST /v2/keys.deleteKey": "keys.deleteKey", "POST /v2/keys.rerollKey": "keys.rerollKey", "POST /v2/keys.verifyKey": "keys.verifyKey"},
		list: `POST /v2/apis.listKeys {"apiId":"api_1234abcd"}`, create: `POST /v2/keys.createKey {"apiId":"api_1234abcd","name":"$name"}`,
		rename: `POST /v2/keys.updateKey {"keyId":"$id","name":"$name"}`, off: `POST /v2/keys.updateKey {"keyId":"$id","enabled":false}`,
		on: `POST /v2/keys.updateKey {"keyId":"$id","enabled":true}`, roll: `POST /v2/keys.rerollKey {"keyId":"$id","expiration":0}`,
		remove: `POST /v2/keys.deleteKey {"keyId":"$id"}`, verify: `POST /v2/keys.verifyKey {"key":"$secret","credits":{"cost":0}}`},
	{service: "grafana", begin: servers.GrafanaClient, id: "id", secret: "key",
		calls: map[string]string{"GET /api/serviceaccounts/*/tokens": "ServiceAccounts.ListTokens", "POST /api/serviceaccounts/*/tokens": "ServiceAccounts.CreateToken",
			"DELETE /api/serviceaccounts/*/tokens/*": "ServiceAccounts.DeleteToken",
			"GET /api/serviceaccounts/search":        "ServiceAccounts.SearchOrgServiceAccountsWithPaging", "GET /api/org": "Org.GetCurrentOrg"},
		list: "GET " + grafanaTokens, create: "POST " + grafanaTokens + ` {"name":"$name"}`, remove: "DELETE " + grafanaTokens + "/$id", verify: "GET /api/org"},
}

func packaged(name string) func(testing.TB) *servers.Client {
	return func(t testing.TB) *servers.Client { return servers.PackagedClient(t, name) }
}

// order is the call that makes a request.
func (v *vendor) order(t *testing.T, origin, token, request, body string) servers.Order {
	t.Helper()
	target, query, _ := strings.Cut(request, "?")
	for pattern, call := range v.calls {
		if fits, _ := path.Match(pattern, target); !fits {
			continue
		}
		args, segments := []any{}, strings.Split(target, "/")
		for i, segment := range strings.Split(pattern, "/") {
			if segment == "*" {
				args = append(args, segments[i])
			}
		}
		if body == "" && query != "" {
			asked := map[string]string{}
			for _, one := range strings.Split(query, "&") {
				name, value, _ := strings.Cut(one, "=")
				asked[name] = value
			}
			args = append(args, asked)
		} else if body != "" {
			args = append(args, json.RawMessage(body))
		}
		return servers.Order{URL: origin, Token: token, Call: call, Args: args}
	}
	t.Fatalf("the client has no call for %s", request)
	return servers.Order{}
}

// TestVendorsClients: an issuer that is said to be proven by its vendor's client is. The client makes the requests of its cases and reads their
// answers, and is on one service with the program.
func TestVendorsClients(t *testing.T) {
	if testing.Short() {
		t.Skip("installs the clients")
	}
	for _, v := range vendors {
		t.Run(v.service, func(t *testing.T) {
			t.Parallel()
			client := v.begin(t)
			declared, err := issuers.Load("", v.service)
			if err != nil {
				t.Fatal(err)
			}
			if want := "client " + client.Name + " " + client.Version; declared.Proven != want {
				t.Errorf("it is proven by %q, and this is %s", declared.Proven, want)
			}
			t.Run("cases", func(t *testing.T) { v.cases(t, client) })
			t.Run("beside the program", func(t *testing.T) { besideTheProgram(t, v, client) })
		})
	}
}

// TestWhatIsProvenByAClientHasOneHere: and nobody else says so.
func TestWhatIsProvenByAClientHasOneHere(t *testing.T) {
	for _, name := range issuers.BuiltIn() {
		declared, err := issuers.Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		here := slices.ContainsFunc(vendors, func(v vendor) bool { return v.service == name })
		if says := strings.HasPrefix(declared.Proven, "client "); says != here {
			t.Errorf("%s is proven by %q, and its client is run here: %v", name, declared.Proven, here)
		}
	}
}

// cases holds that the client makes the same request as each exchange of an issuer's cases, and reads the answer: it stands the client's own
// checks, and no member of it is unknown to the client.
func (v *vendor) cases(t *testing.T, client *servers.Client) {
	cases, typed := exchanges(t, v.service), strings.Builder{}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			for rest := cases[name]; len(rest) > 0; {
				n := 1
				for n < len(rest) && v.further != "" && strings.Contains(rest[n].call+rest[n].body, v.further) {
					n++
				}
				v.act(t, client, rest[:n])
				for _, x := range rest[:n] {
					v.typed(t, &typed, name, x)
				}
				rest = rest[n:]
			}
		})
	}
	if v.types == "" {
		return
	}
	if said := client.Types(t, fmt.Sprintf(v.types, typed.String())); said != "" {
		t.Errorf("its types say:\n%s\n%s", said, typed.String())
	}
}

// act plays exchanges that are one call of the client's.
func (v *vendor) act(t *testing.T, client *servers.Client, all []exchange) {
	t.Helper()
	own, at := playedAs(v.service).own, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at == len(all) {
			t.Errorf("one more request: %s %s", r.Method, r.RequestURI)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		x := all[at]
		at++
		sent, _ := io.ReadAll(r.Body)
		if got, by := r.Method+" "+r.RequestURI, "Bearer "+cmp.Or(x.bearer, own); got != x.call || r.Header.Get("Authorization") != by {
			t.Errorf("it asks %s by %s, and the case %s by %s", got, r.Header.Get("Authorization"), x.call, by)
		}
		v.sends(t, x.body, sent)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(x.status)
		_, _ = io.WriteString(w, x.answer)
	}))
	defer server.Close()
	made := client.Make(t, v.order(t, server.URL, cmp.Or(all[0].bearer, own), all[0].call, all[0].body))
	if last := all[len(all)-1]; last.status >= 400 {
		if made.Status != last.status {
			t.Errorf("%s was refused with %d, and it says %d: %s", last.call, last.status, made.Status, made.Error)
		}
		return
	}
	if made.Error != "" || len(made.Answers) != len(all) || at != len(all) {
		t.Fatalf("it made %d of %d requests and read %d answers: %s", at, len(all), len(made.Answers), made.Error)
	}
	for i, x := range all {
		var answered any
		if err := json.Unmarshal([]byte(x.answer), &answered); err != nil {
			t.Fatal(err)
		}
		v.reads(t, x.call, answered, made.Answers[i])
	}
}

// sends holds that the client sends what a case does, and beside it no more than defaults.
func (v *vendor) sends(t *testing.T, want string, sent []byte) {
	t.Helper()
	body, have := map[string]any{}, map[string]any{}
	if err := errors.Join(json.Unmarshal([]byte(cmp.Or(want, "{}")), &body), json.Unmarshal([]byte(cmp.Or(string(sent), "{}")), &have)); err != nil {
		t.Errorf("%v in %s or %s", err, sent, want)
	}
	for name, value := range v.adds {
		if _, asked := body[name]; !asked && reflect.DeepEqual(have[name], value) {
			delete(have, name)
		}
	}
	if !reflect.DeepEqual(have, body) {
		t.Errorf("it sends %s, and the case %s", sent, want)
	}
}

// reads holds that what was answered is in what the client made of it. What is null, false or 0 a client may leave out, and
// null it may call by what its language has for it.
func (v *vendor) reads(t *testing.T, at string, answered, made any) {
	t.Helper()
	switch answered := answered.(type) {
	case map[string]any:
		members, _ := made.(map[string]any)
		for name, value := range answered {
			have, has := members[name]
			switch {
			case value == nil, slices.Contains(v.unread, name), !has && (value == false || value == 0.):
			case !has:
				t.Errorf("%s.%s is no member that the client knows", at, name)
			default:
				v.reads(t, at+"."+name, value, have)
			}
		}
	case []any:
		rows, _ := made.([]any)
		if len(rows) != len(answered) {
			t.Fatalf("%s: %d rows of %d", at, len(rows), len(answered))
		}
		for i := range answered {
			v.reads(t, fmt.Sprintf("%s[%d]", at, i), answered[i], rows[i])
		}
	default:
		if a, b := instant(answered), instant(made); !reflect.DeepEqual(a, b) {
			t.Errorf("%s is %v, and the client says %v", at, a, b)
		}
	}
}

// instant is a time, where a text is one.
func instant(value any) any {
	if text, is := value.(string); is {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UTC()
		}
	}
	return value
}

// typed writes an exchange as lines of TypeScript, in which every member that the client's types do not have, and every one that is missing,
// is an error.
func (v *vendor) typed(t *testing.T, into *strings.Builder, name string, x exchange) {
	t.Helper()
	if v.types == "" || x.status >= 400 {
		return
	}
	o := v.order(t, "", "", x.call, x.body)
	args, err := json.Marshal(o.Args)
	if err != nil {
		t.Fatal(err)
	}
	got, answer := "Awaited<ReturnType<typeof client."+o.Call+">>", x.answer
	if strings.HasSuffix(o.Call, ".list") { // of a page the client keeps the rows
		var page struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatal(err)
		}
		got, answer = got+"['data']", string(page.Data)
	}
	fmt.Fprintf(into, "/* %s */ client.%s(%s); ((_: %s) => {})(%s);\n", name, o.Call, strings.Trim(string(args), "[]"), got, strings.TrimSpace(answer))
}

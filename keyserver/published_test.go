package keyserver

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detent/keyserver/wirename"
)

// published makes the requests of @vertesia/client: paths, queries, headers and bodies are
// those that its ApiKeysApi and its token exchange send, in the versions with and without a trailing slash.
type published struct {
	*bench
	jwt   string
	slash string
}

const publishedVersion = "20260803"

// exchange is the client's getAuthToken: no body, but a content type.
func (p *published) exchange(key string) {
	a := p.want(200, key, "POST", "/token/issue", nil, "Content-Type", "application/json")
	p.jwt = a.text("token")
	claims := claimsOf(p.t.(*testing.T), p.jwt)
	// isTokenExpired would ask again before each request in the last minute.
	if time.Unix(claims.Expires, 0).Sub(p.clock.now()) <= time.Minute {
		p.t.Errorf("the token is over in the client's eyes: exp %d", claims.Expires)
	}
	// getAccount and getProject read these.
	if claims.Account.ID == "" || claims.Project == nil || claims.Project.ID == "" || claims.Type != "apikey" || claims.Apps == nil {
		p.t.Errorf("claims that the client reads are missing: %+v", claims)
	}
}

func (p *published) request(status int, method, path string, payload any) answer {
	p.t.Helper()
	headers := []string{"accept", "application/json", "x-api-version", publishedVersion}
	if payload != nil {
		headers = append(headers, "content-type", "application/json")
	}
	return p.want(status, p.jwt, method, "/api/v1/apikeys"+path, payload, headers...)
}

// keyFields are the fields that the client's ApiKey declares as always there, with the JSON type of each.
var keyFields = map[string]string{"id": "string", "name": "string", "type": "string", "role": "string", "maskedValue": "string", "account": "string",
	"project": "object", "enabled": "boolean", "created_by": "string", "updated_by": "string", "created_at": "time", "updated_at": "time"}

func (p *published) checkKey(row any) {
	p.t.Helper()
	key, _ := row.(map[string]any)
	for field, kind := range keyFields {
		ok := false
		switch v := key[field].(type) {
		case string:
			_, err := time.Parse(time.RFC3339, v)
			ok = v != "" && (kind == "string" || kind == "time" && err == nil)
		case bool:
			ok = kind == "boolean"
		case map[string]any:
			ok = kind == "object" && v["id"] != "" && v["name"] != "" && v["account"] == key["account"]
		}
		if !ok {
			p.t.Errorf("%s is %v, want a %s", field, key[field], kind)
		}
	}
}

func TestPublishedVertesiaClientWorksUnchanged(t *testing.T) {
	onEachStore(t, testPublishedVertesiaClientWorksUnchanged)
}

func testPublishedVertesiaClientWorksUnchanged(t *testing.T, open opener) {
	for _, slash := range []string{"", "/"} {
		b := open(t)
		secret, err := b.MintAdmin(t.Context(), wirename.Vertesia, "")
		if err != nil {
			t.Fatal(err)
		}
		p := &published{bench: b, slash: slash}
		p.exchange(secret.Reveal())

		// list(level = 'account')
		list := p.request(200, "GET", slash+"?level=account", nil).list("")
		if len(list) != 1 {
			t.Fatalf("%d keys", len(list))
		}
		p.checkKey(list[0])
		p.request(200, "GET", slash+"?level=project", nil)

		// create(payload)
		made := p.request(200, "POST", slash, map[string]any{"name": "from the client", "role": "developer", "type": "sk",
			"expires_at": b.clock.now().Add(24 * time.Hour).Format("2006-01-02T15:04:05.000Z"), "properties": map[string]any{"team": "a"},
			"clearance": 2, "compartments": []string{"eu"}, "can_delegate_security_attributes": false})
		p.checkKey(made.json)
		if !strings.HasPrefix(made.text("value"), "sk-") {
			t.Errorf("created: %s", made.raw)
		}
		path := "/" + made.text("id")

		// retrieve(id), retrieve(id, true)
		got := p.request(200, "GET", path, nil)
		p.checkKey(got.json)
		if got.at("clearance") != 2.0 || got.text("compartments.0") != "eu" || got.text("properties.team") != "a" || got.at("value") != nil {
			t.Errorf("read back: %s", got.raw)
		}
		p.request(200, "GET", path+"?withValue=true", nil)

		// update(id, payload), with the whole key sent back as Partial<ApiKey> allows
		whole, _ := got.json.(map[string]any)
		whole["name"], whole["enabled"] = "renamed", false
		changed := p.request(200, "PUT", path, whole)
		p.checkKey(changed.json)
		if changed.text("name") != "renamed" || changed.at("enabled") != false || changed.text("role") != "developer" {
			t.Errorf("changed: %s", changed.raw)
		}
		whole["expires_at"] = "2029-01-01T00:00:00.000Z"
		p.request(400, "PUT", path, whole)
		p.request(200, "PUT", path, map[string]any{"enabled": true})

		// requestPublicKey({name, projectId, ttl})
		project := claimsOf(t, p.jwt).Project.ID
		public := p.request(200, "GET", "/pk?name=site%20key&projectId="+project+"&ttl=3600", nil)
		p.exchange(public.text("value"))
		refused := p.request(403, "GET", slash+"?level=account", nil)
		if refused.text("error") == "" { // what the client shows, where there is no message
			t.Errorf("refused: %s", refused.raw)
		}
		p.exchange(secret.Reveal())

		// delete(id): DeleteOperationResult
		gone := p.request(200, "DELETE", path, nil)
		if gone.at("acknowledged") != true || gone.at("deletedCount") != 1.0 {
			t.Errorf("deleted: %s", gone.raw)
		}
		names := []string{}
		for _, row := range p.request(200, "GET", slash+"?level=account", nil).list("") {
			names = append(names, row.(map[string]any)["name"].(string))
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"administrator", "site key"}) {
			t.Errorf("left: %v", names)
		}
	}
}

// TestAKeyThatWasReadBeforeAnotherChangeCanStillBeSentBack holds read, change, send back, which the client's Partial<ApiKey>
// invites to: who changed the key last, and when, is the service's to say and not a change that is asked for.
func TestAKeyThatWasReadBeforeAnotherChangeCanStillBeSentBack(t *testing.T) {
	onEachStore(t, testAKeyThatWasReadBeforeAnotherChangeCanStillBeSentBack)
}

func testAKeyThatWasReadBeforeAnotherChangeCanStillBeSentBack(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	path := "/api/v1/apikeys/" + b.vertesia(admin, "k", "reader").text("id")
	whole, _ := b.want(200, admin, "GET", path, nil).json.(map[string]any)
	b.clock.advance(time.Second)
	other := b.vertesia(admin, "other", "admin")
	b.want(200, other.text("value"), "PUT", path, `{"enabled":false}`)
	whole["name"] = "renamed"
	changed := b.want(200, admin, "PUT", path, whole)
	if changed.text("name") != "renamed" || changed.at("enabled") != true || changed.text("updated_by") != "detent" {
		t.Errorf("changed: %s", changed.raw)
	}
	b.want(400, admin, "PUT", path, `{"updated_at":5}`)
	b.want(400, admin, "PUT", path, `{"created_at":"2020-01-01T00:00:00Z"}`)
}

//go:build unix

package issuers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/e2e/servers"
)

// Services that nobody can start here are played as their documents and their published source say, on a listener of their own: those
// whose roll makes a key with an id of its own, and those whose vendor publishes a client. TestThePlayedServicesAnswerAsTheirExchangesDo
// holds them to the exchanges of the suite, and TestVendorsClients to what the vendor's client reads.

// played is what all have.
type played struct {
	mu   sync.Mutex
	all  []*playedKey
	next int
	dead int  // requests with the secret of a key that is over
	less bool // a roll gives the new key another role
}

// playedKey is a key of a played service.
type playedKey struct {
	id            int
	called        string // in an id's place
	name, secret  string
	scopes        []string
	role          int
	off, revoked  bool
	made, changed time.Time
	end, used     time.Time
}

func (k *playedKey) works() bool {
	return !k.off && !k.revoked && (k.end.IsZero() || k.end.After(time.Now()))
}

func (p *played) add(like playedKey, prefix string) *playedKey {
	p.next++
	k := like
	k.id, k.secret = p.next, fmt.Sprintf("%s%04dSECRETcanary01234567", prefix, p.next)
	k.made, k.used = time.Now().Truncate(time.Millisecond), time.Time{}
	p.all = append(p.all, &k)
	return &k
}

func (p *played) find(fits func(k *playedKey) bool) *playedKey {
	if at := slices.IndexFunc(p.all, fits); at >= 0 {
		return p.all[at]
	}
	return nil
}

func (p *played) numbered(text string) *playedKey {
	n, err := strconv.Atoi(text)
	return p.find(func(k *playedKey) bool { return err == nil && k.id == n })
}

func (p *played) holding(secret string) *playedKey {
	return p.find(func(k *playedKey) bool { return k.secret == secret })
}

// accepts says whether a secret is that of a key that works, without a request.
func (p *played) accepts(secret string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.holding(secret)
	return k != nil && k.works()
}

// tried are the requests with a dead secret.
func (p *played) tried() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// gitlab is GitLab's wire of project access tokens. Its source: gitlabhq/gitlabhq, lib/api/resource_access_tokens.rb (calls and statuses),
// app/services/personal_access_tokens/rotate_service.rb (what a rotation does, a week without an end, the words of a second one),
// app/finders/personal_access_tokens_finder.rb (a revoked token stays listed), lib/api/personal_access_tokens/self_information.rb,
// lib/api/personal_access_tokens/self_revocation.rb, lib/api/api_guard.rb (words of a 401), and GitLab's documents of its REST (pages by Link).
type gitlab struct{ played }

const (
	gitlabOwn     = "glpat-OWNcanary0123456789ab"
	gitlabProject = "42"
)

func (g *gitlab) row(k *playedKey) map[string]any {
	row := map[string]any{"id": k.id, "name": k.name, "description": nil, "revoked": k.revoked, "active": k.works(), "scopes": k.scopes, "user_id": 100 + k.id, "access_level": k.role,
		"created_at": k.made.UTC().Format("2006-01-02T15:04:05.000Z"), "expires_at": nil, "last_used_at": nil}
	if !k.end.IsZero() {
		row["expires_at"] = k.end.UTC().Format(time.DateOnly)
	}
	if !k.used.IsZero() {
		row["last_used_at"] = k.used.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return row
}

func (g *gitlab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sent := r.Header.Get("Private-Token")
	by := g.holding(sent)
	switch {
	case by != nil && by.revoked:
		g.dead++
		say(w, 401, map[string]any{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."})
		return
	case by != nil && !by.works():
		g.dead++
		say(w, 401, map[string]any{"error": "invalid_token", "error_description": "Token is expired. You can either do re-authorization or token refresh."})
		return
	case by == nil && sent != gitlabOwn:
		say(w, 401, map[string]any{"message": "401 Unauthorized"})
		return
	case by != nil && time.Since(by.used) > 10*time.Minute: // it is written so often
		by.used = time.Now()
	}
	if r.URL.Path == "/api/v4/personal_access_tokens/self" && r.Method == "DELETE" && by != nil {
		by.revoked = true
		w.WriteHeader(204)
		return
	}
	if r.URL.Path == "/api/v4/personal_access_tokens/self" {
		row := map[string]any{"id": 1, "name": "ops", "revoked": false, "active": true, "scopes": []string{"api"}}
		if by != nil {
			row = g.row(by)
			delete(row, "access_level")
		}
		say(w, 200, row)
		return
	}
	rest, of := strings.CutPrefix(r.URL.Path, "/api/v4/projects/"+gitlabProject+"/access_tokens")
	switch {
	case !of:
		say(w, 404, map[string]any{"message": "404 Project Not Found"})
	case by != nil: // a token of a project reads nothing of this
		say(w, 403, map[string]any{"message": "403 Forbidden"})
	case rest == "" && r.Method == "GET":
		g.list(w, r.URL.Query())
	case rest == "" && r.Method == "POST":
		g.create(w, r)
	default:
		id, rotates := strings.CutSuffix(strings.TrimPrefix(rest, "/"), "/rotate")
		g.about(w, r, g.numbered(id), rotates)
	}
}

func (g *gitlab) list(w http.ResponseWriter, query url.Values) {
	size, page := 20, 1
	_, _ = fmt.Sscan(query.Get("per_page"), &size)
	_, _ = fmt.Sscan(query.Get("page"), &page)
	rows := []any{}
	for i := (page - 1) * size; i < min(page*size, len(g.all)); i++ {
		rows = append(rows, g.row(g.all[i]))
	}
	if page*size < len(g.all) {
		w.Header().Set("Link", fmt.Sprintf(`<https://gitlab.example.com/api/v4/projects/%s/access_tokens?page=%d&per_page=%d>; rel="next"`, gitlabProject, page+1, size))
	}
	say(w, 200, rows)
}

// ends is the end that a request asks for, by days.
func ends(text string) time.Time {
	end, _ := time.Parse(time.DateOnly, text)
	return end
}

func (g *gitlab) create(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Name    string
		Scopes  []string
		Level   int    `json:"access_level"`
		Expires string `json:"expires_at"`
	}
	if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Name == "" || len(asked.Scopes) == 0 {
		say(w, 400, map[string]any{"error": "name is missing, scopes is missing"})
		return
	}
	end := ends(asked.Expires)
	if end.IsZero() {
		end = time.Now().AddDate(1, 0, 0)
	}
	k := g.add(playedKey{name: asked.Name, scopes: asked.Scopes, role: asked.Level, end: end}, "glpat-")
	g.answer(w, 201, k)
}

// answer is a token with its secret.
func (g *gitlab) answer(w http.ResponseWriter, status int, k *playedKey) {
	row := g.row(k)
	row["token"] = k.secret
	say(w, status, row)
}

func (g *gitlab) about(w http.ResponseWriter, r *http.Request, k *playedKey, rotates bool) {
	switch {
	case k == nil && rotates: // whoever is no administrator is not told which there are
		say(w, 401, map[string]any{"message": "401 Unauthorized"})
	case k == nil:
		say(w, 404, map[string]any{"message": "404 project Access Token Not Found"})
	case !rotates && r.Method == "DELETE":
		k.revoked = true
		w.WriteHeader(204)
	case rotates && r.Method == "POST" && k.revoked:
		say(w, 400, map[string]any{"message": "400 Bad request - Token already revoked"})
	case rotates && r.Method == "POST":
		var asked struct {
			Expires string `json:"expires_at"`
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		k.revoked = true
		like := playedKey{name: k.name, scopes: k.scopes, role: k.role, end: ends(asked.Expires)}
		if like.end.IsZero() {
			like.end = time.Now().AddDate(0, 0, 7)
		}
		if g.less {
			like.role = 20
		}
		g.answer(w, 200, g.add(like, "glpat-"))
	default:
		say(w, 405, map[string]any{"error": "405 Not Allowed"})
	}
}

// unkey is Unkey's wire of an API's keys. Its source: unkeyed/unkey, svc/api/openapi/spec and svc/api/routes: v2_apis_list_keys (a key that is
// over stays listed), v2_keys_create_key, v2_keys_update_key, v2_keys_delete_key, v2_keys_verify_key (always 200, the verdict in data.code),
// v2_keys_reroll_key (the new key is like the old one, whose end is a full minute, or now).
type unkey struct{ played }

const (
	unkeyOwn = "unkey_OWNcanary0123456789abcdef"
	unkeyAPI = "api_1234abcd"
)

func keyID(k *playedKey) string { return cmp.Or(k.called, fmt.Sprintf("key_%06d", k.id)) }

func (u *unkey) called(id string) *playedKey {
	return u.find(func(k *playedKey) bool { return keyID(k) == id })
}

func (u *unkey) say(w http.ResponseWriter, data any, more ...any) {
	answer := map[string]any{"meta": map[string]any{"requestId": "req_1"}, "data": data}
	for _, pagination := range more {
		answer["pagination"] = pagination
	}
	say(w, 200, answer)
}

func (u *unkey) no(w http.ResponseWriter, status int, title, detail, kind string) {
	say(w, status, map[string]any{"meta": map[string]any{"requestId": "req_1"},
		"error": map[string]any{"title": title, "detail": detail, "status": status, "type": "https://unkey.com/docs/errors/unkey/" + kind}})
}

func (u *unkey) row(k *playedKey) map[string]any {
	row := map[string]any{"keyId": keyID(k), "start": k.secret[:len("sk_0001")], "enabled": !k.off, "name": k.name, "createdAt": k.made.UnixMilli()}
	for name, at := range map[string]time.Time{"updatedAt": k.changed, "expires": k.end, "lastUsedAt": k.used} {
		if !at.IsZero() {
			row[name] = at.UnixMilli()
		}
	}
	if len(k.scopes) > 0 {
		row["permissions"] = k.scopes
	}
	return row
}

// unkeyAsks are the members of all its requests.
type unkeyAsks struct {
	APIID       string `json:"apiId"`
	KeyID       string `json:"keyId"`
	Key         string
	Name        *string
	Enabled     *bool
	Permissions []string
	Expires     json.RawMessage
	Expiration  *int64
	Limit       *int
	Cursor      string
}

func (u *unkey) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var asks unkeyAsks
	call, of := strings.CutPrefix(r.URL.Path, "/v2/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+unkeyOwn:
		u.no(w, 401, "Unauthorized", "The root key you provided is invalid.", "authentication/key_not_found")
		return
	case r.Method != "POST" || !of:
		u.no(w, 404, "Not Found", "The requested route does not exist.", "application/route_not_found")
		return
	case json.NewDecoder(r.Body).Decode(&asks) != nil:
		u.no(w, 400, "Bad Request", "POST request body failed to validate schema", "application/invalid_input")
		return
	}
	k := u.called(asks.KeyID)
	switch {
	case call == "apis.listKeys" && asks.APIID == unkeyAPI:
		u.list(w, asks)
	case call == "keys.createKey" && asks.APIID == unkeyAPI && asks.Name != nil:
		made := u.add(playedKey{name: *asks.Name, scopes: asks.Permissions, end: asks.end()}, "sk_")
		u.say(w, map[string]any{"keyId": keyID(made), "key": made.secret})
	case call == "keys.verifyKey":
		u.verify(w, asks.Key)
	case k == nil:
		u.no(w, 404, "Not Found", "The specified key was not found.", "data/key_not_found")
	case call == "keys.updateKey":
		if asks.Name != nil {
			k.name = *asks.Name
		}
		if asks.Enabled != nil {
			k.off = !*asks.Enabled
		}
		if asks.Expires != nil {
			k.end = asks.end()
		}
		k.changed = time.Now()
		u.say(w, map[string]any{})
	case call == "keys.deleteKey":
		u.all = slices.DeleteFunc(u.all, func(one *playedKey) bool { return one == k })
		u.say(w, map[string]any{})
	case call == "keys.rerollKey" && asks.Expiration != nil:
		like := *k
		like.called = ""
		made := u.add(like, "sk_")
		k.end, k.changed = time.Now(), time.Now()
		if *asks.Expiration > 0 {
			k.end = time.Now().Add(time.Duration(*asks.Expiration)*time.Millisecond + time.Minute - time.Nanosecond).Truncate(time.Minute)
		}
		u.say(w, map[string]any{"keyId": keyID(made), "key": made.secret})
	default:
		u.no(w, 400, "Bad Request", "POST request body failed to validate schema", "application/invalid_input")
	}
}

func (a unkeyAsks) end() time.Time {
	var ms int64
	if json.Unmarshal(a.Expires, &ms) != nil || ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (u *unkey) list(w http.ResponseWriter, asks unkeyAsks) {
	size, from := 100, 0
	if asks.Limit != nil {
		size = *asks.Limit
	}
	if asks.Cursor != "" {
		from = max(0, slices.IndexFunc(u.all, func(k *playedKey) bool { return keyID(k) == asks.Cursor }))
	}
	rows, to := []any{}, min(from+size, len(u.all))
	for _, k := range u.all[from:to] {
		rows = append(rows, u.row(k))
	}
	pagination := map[string]any{"hasMore": to < len(u.all)}
	if to < len(u.all) {
		pagination["cursor"] = keyID(u.all[to])
	}
	u.say(w, rows, pagination)
}

func (u *unkey) verify(w http.ResponseWriter, secret string) {
	k := u.holding(secret)
	code := "VALID"
	switch {
	case k == nil:
		u.say(w, map[string]any{"valid": false, "code": "NOT_FOUND"})
		return
	case k.off:
		code = "DISABLED"
	case !k.works():
		code = "EXPIRED"
	default:
		k.used = time.Now()
	}
	u.say(w, map[string]any{"valid": code == "VALID", "code": code, "keyId": keyID(k), "name": k.name, "enabled": !k.off})
}

// playedIssuer is a played service, and how detent is told of it.
type playedIssuer struct {
	issuer
	parents  string
	own      string
	never    bool // a dead secret must not be tried
	overlaps bool // the old key lives on for as long as is asked
	begin    func() (http.Handler, *played)
	sign     func(r *http.Request, bearer string) // a request of the suite's
	stage    func(state *played, name string)     // what a case of the suite's is about
}

var allPlayed = []playedIssuer{
	{issuer: issuer{service: "gitlab-project", create: []string{"--role", "30", "--permission", "read_api", "--expires", "30d"}, bySecret: true, keeps: true, roll: "POST /api/v4/projects/42/access_tokens/"},
		parents: `{ project = "` + gitlabProject + `" }`, own: gitlabOwn, never: true,
		begin: func() (http.Handler, *played) { g := &gitlab{}; return g, &g.played },
		sign: func(r *http.Request, bearer string) {
			r.Header.Set("Private-Token", cmp.Or(bearer, gitlabOwn))
		},
		stage: func(p *played, name string) {
			p.next = 57
			k := p.add(playedKey{name: "ci", scopes: []string{"read_api"}, role: 30, end: time.Now().AddDate(0, 1, 0)}, "glpat-")
			k.secret, k.revoked = "glpat-SECRETcanary01234567", strings.Contains(name, "revoked") && !strings.HasPrefix(name, "list") || strings.Contains(name, "dead")
			for strings.Contains(name, "two pages") && len(p.all) < 101 {
				p.add(*k, "glpat-")
			}
		}},
	{issuer: issuer{service: "unkey", update: true, ends: true, roll: "POST /v2/keys.rerollKey"},
		parents: `{ api = "` + unkeyAPI + `" }`, own: unkeyOwn, overlaps: true,
		begin: func() (http.Handler, *played) { u := &unkey{}; return u, &u.played },
		sign:  bearer(unkeyOwn),
		stage: func(p *played, name string) {
			k := p.add(playedKey{name: "ci"}, "sk_")
			if k.called = "key_1234abcd"; !strings.Contains(name, "dead") {
				k.secret = "sk_SECRETcanary0123456789abcdef"
			}
			p.add(playedKey{name: "b"}, "sk_").called = "key_b"
		}},
	{issuer: issuer{service: "openai-admin", unnamed: true}, parents: "{}", own: openAIOwn,
		begin: func() (http.Handler, *played) { o := &openAI{}; return o, &o.played },
		sign:  bearer(openAIOwn),
		stage: func(p *played, name string) {
			for _, id := range []string{"key_a", "key_abc"} {
				p.add(playedKey{name: id}, "sk-admin-").called = id
			}
			if !strings.Contains(name, "dead") {
				p.all[0].secret = "sk-admin-SECRETcanary0123456789ab"
			}
		}},
	{issuer: issuer{service: "grafana", unnamed: true}, parents: `{ account = "2" }`, own: grafanaOwn,
		begin: func() (http.Handler, *played) { g := &grafana{}; return g, &g.played },
		sign:  bearer(grafanaOwn),
		stage: func(p *played, name string) {
			p.next = 6
			if k := p.add(playedKey{name: "grafana"}, "glsa_"); !strings.Contains(name, "dead") {
				k.secret = "glsa_SECRETcanary0123456789abcdefgh"
			}
		}},
}

func playedAs(service string) playedIssuer {
	return allPlayed[slices.IndexFunc(allPlayed, func(p playedIssuer) bool { return p.service == service })]
}

// bearer signs a request by this secret, where it is to be made by no other.
func bearer(own string) func(r *http.Request, other string) {
	return func(r *http.Request, other string) { r.Header.Set("Authorization", "Bearer "+cmp.Or(other, own)) }
}

// newPlayed is a home with a profile of a service that is played.
func newPlayed(t *testing.T, is playedIssuer) (*home, *played) {
	t.Helper()
	handler, state := is.begin()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h := newHome(t, is.service, servers.Server{URL: server.URL, Token: is.own, Version: "as documented"}, func(_, secret string) bool { return state.accepts(secret) })
	config, err := os.ReadFile(h.path(".config/detent/config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	h.write(".config/detent/config.toml", string(config)+"parents = "+is.parents+"\n")
	return h, state
}

//go:build unix

package issuers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bearerOf is the credential of a request, and the key that it is the secret of.
func (p *played) bearerOf(r *http.Request) (sent string, by *playedKey) {
	sent = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return sent, p.holding(sent)
}

func (p *played) drop(k *playedKey) {
	p.all = slices.DeleteFunc(p.all, func(one *playedKey) bool { return one == k })
}

// openAI is OpenAI's wire of an organization's admin keys. Its source: openai/openai-openapi, openapi.yaml, paths /organization/admin_api_keys
// (20 a page unless asked, after an id), schemas AdminApiKey, AdminApiKeyCreateResponse, ErrorResponse.
type openAI struct{ played }

const openAIOwn = "sk-admin-OWNcanary0123456789abcdef"

func (o *openAI) row(k *playedKey) map[string]any {
	row := map[string]any{"object": "organization.admin_api_key", "id": keyID(k), "name": k.name, "redacted_value": k.secret[:8] + "..." + k.secret[len(k.secret)-3:],
		"created_at": k.made.Unix(), "last_used_at": nil, "expires_at": nil,
		"owner": map[string]any{"type": "user", "object": "organization.user", "id": "user_123", "name": "John Doe", "created_at": 1711471533, "role": "owner"}}
	for name, at := range map[string]time.Time{"last_used_at": k.used, "expires_at": k.end} {
		if !at.IsZero() {
			row[name] = at.Unix()
		}
	}
	return row
}

func (o *openAI) no(w http.ResponseWriter, status int, message, code string) {
	say(w, status, map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "param": nil, "code": code}})
}

func (o *openAI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	sent, by := o.bearerOf(r)
	id, of := strings.CutPrefix(r.URL.Path, "/v1/organization/admin_api_keys")
	k := o.find(func(k *playedKey) bool { return "/"+keyID(k) == id })
	switch {
	case sent != openAIOwn && (by == nil || !by.works()):
		o.no(w, 401, "Incorrect API key provided.", "invalid_api_key")
		return
	case by != nil:
		by.used = time.Now()
	}
	switch {
	case of && id == "" && r.Method == "GET":
		o.list(w, r.URL.Query().Get("after"))
	case of && id == "" && r.Method == "POST":
		var asked struct {
			Name string
			Life int64 `json:"expires_in_seconds"`
		}
		if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Name == "" {
			o.no(w, 400, "Missing required parameter: 'name'.", "missing_required_parameter")
			return
		}
		made := o.add(playedKey{name: asked.Name}, "sk-admin-")
		made.secret = fmt.Sprintf("sk-admin-SECRETcanary01234567%04d", made.id) // its end is shown
		if asked.Life > 0 {
			made.end = made.made.Add(time.Duration(asked.Life) * time.Second)
		}
		row := o.row(made)
		row["value"] = made.secret
		say(w, 200, row)
	case k != nil && r.Method == "GET":
		say(w, 200, o.row(k))
	case k != nil && r.Method == "DELETE":
		o.drop(k)
		say(w, 200, map[string]any{"object": "organization.admin_api_key.deleted", "id": keyID(k), "deleted": true})
	default:
		o.no(w, 404, "No such admin key.", "not_found")
	}
}

func (o *openAI) list(w http.ResponseWriter, after string) {
	from := 1 + slices.IndexFunc(o.all, func(k *playedKey) bool { return keyID(k) == after })
	to := min(from+20, len(o.all))
	page := map[string]any{"object": "list", "data": []any{}, "first_id": nil, "last_id": nil, "has_more": to < len(o.all)}
	rows := []any{}
	for _, k := range o.all[from:to] {
		rows = append(rows, o.row(k))
	}
	if page["data"] = rows; len(rows) > 0 {
		page["first_id"], page["last_id"] = keyID(o.all[from]), keyID(o.all[to-1])
	}
	say(w, 200, page)
}

// grafana is Grafana's wire of one service account's tokens. Its source: grafana/grafana, its document of the HTTP API of service accounts,
// pkg/services/serviceaccounts/api/token.go and models.go (refusals), pkg/services/authn/clients/api_key.go (words of a 401).
type grafana struct{ played }

const grafanaOwn = "glsa_OWNcanary0123456789abcdefghijkl"

func (g *grafana) row(k *playedKey) map[string]any {
	row := map[string]any{"id": k.id, "name": k.name, "created": k.made.UTC().Format(time.RFC3339), "lastUsedAt": nil, "expiration": nil,
		"secondsUntilExpiration": 0, "hasExpired": false, "isRevoked": false}
	if !k.used.IsZero() {
		row["lastUsedAt"] = k.used.UTC().Format(time.RFC3339)
	}
	if !k.end.IsZero() {
		left := max(0, time.Until(k.end).Seconds())
		row["expiration"], row["secondsUntilExpiration"], row["hasExpired"] = k.end.UTC().Format(time.RFC3339), left, left == 0
	}
	return row
}

func (g *grafana) no(w http.ResponseWriter, status int, message string) {
	say(w, status, map[string]any{"message": message})
}

func (g *grafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sent, by := g.bearerOf(r)
	id, of := strings.CutPrefix(r.URL.Path, "/api/serviceaccounts/2/tokens")
	k := g.numbered(strings.TrimPrefix(id, "/"))
	switch {
	case by == nil && sent != grafanaOwn:
		g.no(w, 401, "Invalid API key")
	case by != nil && !by.works():
		g.no(w, 401, "Expired API key")
	case r.URL.Path == "/api/org":
		if by != nil {
			by.used = time.Now()
		}
		say(w, 200, map[string]any{"id": 1, "name": "Main Org.", "address": map[string]any{"address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": ""}})
	case by != nil:
		g.no(w, 403, "You'll need additional permissions to perform this action.")
	case of && id == "" && r.Method == "GET":
		rows := []any{}
		for _, k := range g.all {
			rows = append(rows, g.row(k))
		}
		say(w, 200, rows)
	case of && id == "" && r.Method == "POST":
		g.create(w, r)
	case of && k != nil && r.Method == "DELETE":
		g.drop(k)
		g.no(w, 200, "API key deleted")
	default:
		g.no(w, 404, "service account token not found")
	}
}

func (g *grafana) create(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Name          string
		SecondsToLive int64
	}
	switch err := json.NewDecoder(r.Body).Decode(&asked); {
	case err != nil:
		g.no(w, 400, "Bad request data")
	case g.find(func(k *playedKey) bool { return k.name == asked.Name }) != nil:
		g.no(w, 400, "service account token with given name already exists in the organization")
	default:
		made := g.add(playedKey{name: asked.Name}, "glsa_")
		if asked.SecondsToLive > 0 {
			made.end = made.made.Add(time.Duration(asked.SecondsToLive) * time.Second)
		}
		say(w, 200, map[string]any{"id": made.id, "name": made.name, "key": made.secret})
	}
}

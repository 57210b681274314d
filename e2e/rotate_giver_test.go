//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"detent/keyserver/wirename"
)

// giver stands in front of the embedded service and gives secrets again, as the real services do:
// Prosopo's list has each key's token, Vertesia hands out the value of a key that can_retrieve_value.
type giver struct {
	proxy *proxy
	kind  string

	mu     sync.Mutex
	values map[string]string // by id
}

func newGiver(t *testing.T, b *backend) string {
	t.Helper()
	g := &giver{proxy: newProxy(t, b.url), kind: b.service, values: map[string]string{}}
	server := httptest.NewServer(g)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

func (g *giver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, body, err := g.proxy.forward(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if answer.StatusCode/100 == 2 {
		body = g.enrich(r, body)
	}
	reply(w, answer, body)
}

func (g *giver) enrich(r *http.Request, body []byte) []byte {
	var one map[string]any
	var many []map[string]any
	if bytes.HasPrefix(body, []byte("[")) {
		if json.Unmarshal(body, &many) != nil {
			return body
		}
	} else if json.Unmarshal(body, &one) != nil {
		return body
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, member := range []string{"token", "value"} {
		if secret, ok := one[member].(string); ok {
			id, _ := one["id"].(string)
			g.values[id] = secret
			return body
		}
	}
	for _, k := range append(many, one) {
		id, _ := k["id"].(string)
		secret, known := g.values[id]
		switch {
		case !known:
		case g.kind == wirename.Prosopo:
			k["token"] = secret
		case strings.Contains(r.URL.RawQuery, "withValue=true"):
			k["value"] = secret
		default:
			k["can_retrieve_value"] = true
		}
	}
	var out any = one
	if many != nil {
		out = many
	}
	b, err := json.Marshal(out)
	if err != nil {
		return body
	}
	return b
}

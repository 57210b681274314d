package host

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// quillFile is what a writer made of docs/ISSUERS.md and these facts: keys belong to a project; pages come with a header Link; rows keep
// their fields under attributes, and the secret of a new key lies under credentials; times are in milliseconds; a key is revoked by POST with
// a verb; a key is tried at /v2/ping, in a header of its own.
const quillFile = `name   = "quill"
title  = "Quill"
proven = "documents 2026-11-29"
auth   = { kind = "header", header = "X-Quill-Token" }

[[parent]]
name  = "project"
title = "Project id"

[row]
inside             = ["attributes", "credentials"]
id                 = ["id"]
name               = ["display_name"]
created_at         = ["created_ms"]
expires_at         = ["expires_ms"]
no_expiry_is_never = true
state              = { members = ["state"], on = ["ACTIVE"], off = ["REVOKED"] }
secret             = ["token"]

[list]
call  = "GET /v2/projects/{project}/keys"
rows  = ["keys"]
pages = { kind = "link", size = "limit", most = 50 }

[create]
call = "POST /v2/projects/{project}/keys"
key  = ["result.key"]
send = { attributes = { display_name = { field = "name" }, expires_ms = { field = "expires_at", as = "unix-ms", null = true } } }

[delete]
call = "POST /v2/projects/{project}/keys/{id}:revoke"
send = { reason = "rotation" }

[[probe]]
call    = "GET /v2/ping"
answers = "members"
members = ["pong"]

[refusals]
own = ["message"]

[cannot]
rename  = "a key of Quill keeps its name"
disable = "a key of Quill can only be revoked"
`

type quill struct {
	mu   sync.Mutex
	keys []map[string]any
	next int
}

func (q *quill) add(name string, end any) map[string]any {
	q.next++
	k := map[string]any{"id": q.next, "attributes": map[string]any{"display_name": name, "created_ms": time.Now().UnixMilli(), "expires_ms": end, "state": "ACTIVE"},
		"credentials": map[string]any{"token": fmt.Sprint("quill_0123456789abcdef_", q.next)}}
	q.keys = append(q.keys, k)
	return k
}

func (q *quill) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	say := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	alive := slices.ContainsFunc(q.keys, func(k map[string]any) bool {
		return k["credentials"].(map[string]any)["token"] == r.Header.Get("X-Quill-Token")
	})
	about, revokes := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v2/projects/42/keys/"), ":revoke")
	var sent struct{ Attributes map[string]any }
	_ = json.NewDecoder(r.Body).Decode(&sent)
	switch {
	case !alive:
		say(401, map[string]any{"message": "token not recognized"})
	case r.URL.Path == "/v2/ping":
		say(200, map[string]any{"pong": true})
	case revokes && r.Method == "POST":
		id, _ := strconv.Atoi(about)
		at := slices.IndexFunc(q.keys, func(k map[string]any) bool { return k["id"] == id })
		if at < 0 {
			say(404, map[string]any{"message": "no such key"})
			return
		}
		q.keys = slices.Delete(q.keys, at, at+1)
		say(200, map[string]any{"revoked": true})
	case r.Method == "POST":
		name, _ := sent.Attributes["display_name"].(string)
		say(201, map[string]any{"result": map[string]any{"key": q.add(name, sent.Attributes["expires_ms"])}})
	default:
		size, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		from, _ := strconv.Atoi(r.URL.Query().Get("from"))
		rows := []any{}
		for _, k := range q.keys[from:min(from+size, len(q.keys))] {
			rows = append(rows, map[string]any{"id": k["id"], "attributes": k["attributes"]})
		}
		if from+size < len(q.keys) {
			w.Header().Set("Link", fmt.Sprintf(`<https://quill.example%s?limit=%d&from=%d>; rel="next"`, r.URL.Path, size, from+size))
		}
		say(200, map[string]any{"keys": rows})
	}
}

// TestAnIssuerOfAnotherShapeIsWrittenFromThePage, and holds what it says in a trial, further pages and the end in milliseconds among it.
func TestAnIssuerOfAnotherShapeIsWrittenFromThePage(t *testing.T) {
	q := &quill{}
	root := q.add("root", nil)
	q.add("another", time.Now().Add(time.Hour).UnixMilli())
	server := httptest.NewServer(q)
	defer server.Close()
	h := hostWith(t, "[profiles.p]\nservice = \"quill\"\nurl = \""+server.URL+"\"\ntoken = { env = \"T\" }\nparents = { project = \"42\" }\n", "T="+root["credentials"].(map[string]any)["token"].(string))
	folder, err := h.issuersPath()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "quill.toml")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(quillFile), 0o600); err != nil {
		t.Fatal(err)
	}
	h.o.Profile, h.o.Timeout = "p", 10*time.Second
	var out strings.Builder
	if err := h.TryIssuer(t.Context(), file, TryOptions{Write: true}, &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"2 keys", "expires_at   a key that was to end in 2 days does", "pages        of 1: the same 4 keys, in 4 requests", "revoke_lag   the deleted secret: refused at once", "a second time: gone already", "each in the shape that is declared"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said\n%s", want, out.String())
		}
	}
	if len(q.keys) != 2 {
		t.Errorf("%d keys are left", len(q.keys))
	}
}

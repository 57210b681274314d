package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// plainIssuer is a user's own issuer whose rows show a role that a create cannot ask for.
const plainIssuer = `name = "plain"
proven = "documents 2026-11-29"
row = { as_named = ["id", "name", "role", "expiresAt"], secret = ["token"], absent_is_none = ["role"], no_expiry_is_never = true }
list = { call = "GET /keys" }
create = { call = "POST /keys", fields = ["name"] }
delete = { call = "DELETE /keys/{id}" }
refusals.own = ["text"]
probe = [{ call = "GET /me", answers = "object" }]
`

// plainService has one key, which may write; what it makes may do what made says, nothing where that is empty.
type plainService struct {
	keys  []map[string]string
	made  string
	count int
}

func (s *plainService) serve(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
	w.Header().Set("Content-Type", "application/json")
	show := func(k map[string]string, secret bool) map[string]string {
		row := map[string]string{"id": k["id"], "name": k["name"]}
		for _, more := range []string{"role", "expiresAt"} {
			if k[more] != "" {
				row[more] = k[more]
			}
		}
		if secret {
			row["token"] = k["token"]
		}
		return row
	}
	switch {
	case req.URL.Path == "/me":
		for _, k := range s.keys {
			if req.Header.Get("Authorization") == "Bearer "+k["token"] {
				_, _ = io.WriteString(w, `{"id":"`+k["id"]+`"}`)
				return true
			}
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"text":"no such token"}`)
	case req.Method == http.MethodPost:
		var draft struct{ Name string }
		_ = json.NewDecoder(req.Body).Decode(&draft)
		s.count++
		k := map[string]string{"id": fmt.Sprint("n", s.count), "name": draft.Name, "role": s.made, "token": fmt.Sprintf("tok-new-%d123456789abcdef", s.count)}
		s.keys = append(s.keys, k)
		_ = json.NewEncoder(w).Encode(show(k, true))
	case req.Method == http.MethodDelete:
		for i, k := range s.keys {
			if strings.HasSuffix(req.URL.Path, "/"+k["id"]) {
				s.keys = append(s.keys[:i], s.keys[i+1:]...)
				break
			}
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		rows := []map[string]string{}
		for _, k := range s.keys {
			rows = append(rows, show(k, false))
		}
		_ = json.NewEncoder(w).Encode(rows)
	}
	return true
}

func plain(t *testing.T) (*machine, *plainService) {
	t.Helper()
	m, r, s := newMachine(t), newRemote(t), &plainService{}
	m.environ = append(m.environ, "P_TOKEN=token-0123456789abcdef")
	m.write(".config/detent/config.toml", "default_profile = \"p\"\n[profiles.p]\nservice = \"plain\"\nurl = \""+r.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	m.write(".config/detent/issuers/plain.toml", plainIssuer)
	r.fault = s.serve
	return m, s
}

// TestWhichKeyOfANameIsToComeAliveIsSaidByItsID: beside one of that name that works it is not known which is meant.
func TestWhichKeyOfANameIsToComeAliveIsSaidByItsID(t *testing.T) {
	m, s := plain(t)
	s.keys = []map[string]string{{"id": "k1", "name": "shop", "token": "tok-ended-123456789abcdef", "expiresAt": "2020-01-01T00:00:00Z"}, {"id": "k2", "name": "shop", "token": "tok-lives-123456789abcdef"}}
	begin := []string{"rotate", "shop", "--yes", "--plan", "--drain", "0", "--deliver", "env-file:" + m.write("app/.env", "") + ":API_KEY"}
	m.want(2, "2 keys are named \"shop\": use an id: k1, k2", append(begin, "--revive")...)
	if out := m.must(append(begin, "-o", "json")...); !strings.Contains(out, `"id": "k2"`) {
		t.Errorf("without it the one that works is meant:\n%s", out)
	}
}

// TestWhatTheNewKeyWouldLackIsAcceptedWithAReasonAlone: --yes is none, and nothing is made before it. What the new key has beyond what was said is asked about.
func TestWhatTheNewKeyWouldLackIsAcceptedWithAReasonAlone(t *testing.T) {
	m, s := plain(t)
	const old = "tok-old-0123456789abcdef"
	var env string
	begin := func(more ...string) result {
		s.keys = []map[string]string{{"id": "k1", "name": "shop", "role": "writer", "token": old}}
		env = m.write("app/.env", "API_KEY="+old+"\n")
		return m.rotate(newClock(), append([]string{"rotate", "shop", "--yes", "--drain", "0", "--deliver", "env-file:" + env + ":API_KEY"}, more...)...)
	}
	const lack = "role: the old key has writer, which a create cannot ask for"
	for _, more := range [][]string{nil, {"--accept-unknown", "it is known"}, {"--plan"}} {
		res := begin(more...)
		if res.code != 1 || !strings.Contains(res.stderr, lack) || !strings.Contains(res.stderr, "--accept-lacks REASON") || len(s.keys) != 1 {
			t.Errorf("%q: exit %d, keys %v\n%s%s", more, res.code, s.keys, res.stdout, res.stderr)
		}
	}
	m.want(2, "--accept-lacks: must not be empty", "rotate", "shop", "--yes", "--accept-lacks", " ")
	const reason = "the application reads alone"
	if res := begin("--accept-lacks", reason, "--plan"); res.code != 0 || len(s.keys) != 1 {
		t.Errorf("exit %d, %v\n%s%s", res.code, s.keys, res.stdout, res.stderr)
	}

	s.made = "admin"
	res := begin("--accept-lacks", reason, "-o", "json")
	open := decodeRotated(t, res.stdout)
	if res.code != 1 || open.Step != "create" || !strings.Contains(res.stderr, "role differs: old writer, new admin") || !strings.Contains(readFile(t, env), old) {
		t.Errorf("more than was said: exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	for range 2 { // nobody has said a word since
		again := m.rotate(newClock(), "rotate", "--resume", open.ID, "--yes", "-o", "json")
		if got := decodeRotated(t, again.stdout); again.code != 1 || got.New["id"] != open.New["id"] || len(s.keys) != 2 || !strings.Contains(again.stderr, "role differs") {
			t.Errorf("exit %d, keys %v\n%s%s", again.code, s.keys, again.stdout, again.stderr)
		}
	}
	m.want(2, "settled when a rotation begins", "rotate", "--resume", open.ID, "--yes", "--accept-lacks", reason)
	if undone := m.rotate(newClock(), "rotate", "--abort", open.ID, "--yes"); undone.code != 0 || len(s.keys) != 1 {
		t.Errorf("exit %d\n%s%s", undone.code, undone.stdout, undone.stderr)
	}

	s.made = ""
	res = begin("--accept-lacks", reason, "-o", "json")
	done := decodeRotated(t, res.stdout)
	if res.code != 0 || done.State != "done" || !strings.Contains(strings.Join(done.Certain, "\n"), "accepted: role ("+reason+")") || strings.Contains(readFile(t, env), old) {
		t.Errorf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	if out := m.must("audit", "-o", "json"); !strings.Contains(out, `"action": "said"`) || strings.Count(out, reason) != 2 { // of the two that were begun
		t.Errorf("the reason is on record %d times:\n%s", strings.Count(out, reason), out)
	}
}

package keyserver

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

// targets are new stores of each kind.
var targets = map[string]func(t *testing.T) Options{
	"sqlite":   func(t *testing.T) Options { return Options{Path: filepath.Join(t.TempDir(), "copy.db")} },
	"postgres": func(t *testing.T) Options { return Options{URL: pgtest.Schema(t)} },
}

// overTwoStatements is how many keys take more than two of the statements that fill a store, each of 100.
const overTwoStatements = 207

func TestACopiedStoreIsTheSameAndItsSourceUntouched(t *testing.T) {
	for kind, target := range targets {
		t.Run(kind, func(t *testing.T) {
			from := open(t)
			secrets := map[string][2]string{
				from.prosopo(from.session(wirename.Prosopo, ""), "p", []string{"getUsers"}).text("token"):           {"GET", "/users/get"},
				from.vertesia(from.session(wirename.Vertesia, ""), "日本 'v'\n", "reader").text("value"):              {"GET", "/api/v1/apikeys"},
				from.generic(from.session(wirename.Generic, apikey.Live), "g", "live").text("data.key"):             {"GET", "/v1/api-keys"},
				from.want(200, from.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys/pk", nil).text("value"): {"POST", "/token/issue"},
			}
			for secret := range secrets {
				if strings.HasPrefix(secret, "sk-") {
					token := from.want(200, secret, "POST", "/token/issue", nil).text("token")
					secrets[token] = [2]string{"GET", "/api/v1/apikeys"}
				}
			}
			if err := from.FillDemo(t.Context(), overTwoStatements); err != nil {
				t.Fatal(err)
			}
			from.want(201, from.session(wirename.Generic, apikey.Live), "POST", "/v1/users", `{"name":"Ada"}`)
			from.usage.flush()
			before, err := os.ReadFile(from.path)
			if err != nil {
				t.Fatal(err)
			}
			o := target(t)
			done, err := CopyStore(t.Context(), o, from.path) // while a server has it open
			if want := (Copied{Keys: 4 + 3*overTwoStatements, Users: 1}); err != nil || done != want {
				t.Fatalf("copied %+v (%v), want %+v", done, err, want)
			}
			if after, err := os.ReadFile(from.path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the source was changed (%v)", err)
			}
			to := openStoreAt(t, o, from.clock)
			if to.account != from.account || to.project != from.project {
				t.Error("the account or the project has another id")
			}
			for secret, call := range secrets {
				to.want(200, secret, call[0], call[1], nil)
			}
			for service, call := range map[string][2]string{wirename.Prosopo: {"POST", "/api-keys/get"}, wirename.Vertesia: {"GET", "/api/v1/apikeys"}, wirename.Generic: {"GET", "/v1/api-keys?limit=5"}} {
				was, is := from.want(200, from.session(service, ""), call[0], call[1], nil), to.want(200, to.session(service, ""), call[0], call[1], nil)
				if !bytes.Equal(was.raw, is.raw) && service != wirename.Generic { // generic's last_used has moved
					t.Errorf("the lists of %s differ", service)
				}
			}
			_, err = CopyStore(t.Context(), o, from.path)
			if err == nil || !strings.Contains(err.Error(), "not empty") || !strings.Contains(err.Error(), "nothing was copied") {
				t.Errorf("copied over what was there: %v", err)
			}
		})
	}
}

func TestWhatCannotBeCopiedLeavesAnEmptyTarget(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := closedStore(t, 1)
	mustExec(t, newer, `UPDATE detent_meta SET value = '99' WHERE name = 'schema'`)
	unreadable := closedStore(t, 300)
	mustExec(t, unreadable, `UPDATE keys SET name = 'a' || char(0) WHERE id = (SELECT MAX(id) FROM keys)`)
	for kind, target := range targets {
		for from, want := range map[string]string{
			filepath.Join(dir, "none"):  "no such file",
			write("text", "my notes\n"): "not a key store",
			write("empty", ""):          "nothing to copy",
			newer:                       "newer version",
			unreadable:                  "keys",
		} {
			if from == unreadable && kind == "sqlite" {
				continue // SQLite takes a NUL
			}
			o := target(t)
			if _, err := CopyStore(t.Context(), o, from); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: copied %s with %v, want %q", kind, from, err, want)
			}
			if done, err := CopyStore(t.Context(), o, closedStore(t, 2)); err != nil || done.Keys != 6 {
				t.Errorf("%s: after %s the target is not empty: %v", kind, from, err)
			}
		}
	}
	same := closedStore(t, 1)
	if _, err := CopyStore(t.Context(), Options{Path: same}, same); err == nil || !strings.Contains(err.Error(), "too") {
		t.Errorf("a store was copied into itself: %v", err)
	}
}

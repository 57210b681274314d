//go:build unix

package issuers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/e2e/servers"
)

// issuer is one whose server is started, and what its keys can.
type issuer struct {
	service  string
	begin    func(testing.TB) servers.Server
	alive    func(origin, secret string) bool
	create   []string // flags of a create besides the name
	update   bool     // keys can be renamed and switched off
	ends     bool     // the end of a key can be moved
	stays    bool     // and not be taken away
	remove   string   // the request that deletes a key
	make     string   // the request that makes one
	lag      bool     // a deleted key is accepted for up to a minute
	unnamed  bool     // nothing tells which key a secret is of
	bySecret bool     // a secret deletes its own key
	keeps    bool     // the row of a key that is over stays in the list
	asks     string   // the request that tells which environments there are
	roll     string   // the request that gives a key a new secret in place; empty for none
}

// zabbixAccepts says whether Zabbix answers a harmless question to a token, and no error.
func zabbixAccepts(origin, secret string) bool {
	resp, err := http.Post(origin+"/api_jsonrpc.php", "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"user.get","params":{"limit":1},"auth":"`+secret+`"}`))
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ Result []any }
	return json.NewDecoder(resp.Body).Decode(&answer) == nil && len(answer.Result) > 0
}

// asks says whether the server answers 200 to a secret in this header.
func asks(path, header string) func(origin, secret string) bool {
	return func(origin, secret string) bool {
		req, err := http.NewRequest("GET", origin+path, nil)
		if err != nil {
			return false
		}
		req.Header.Set(header, secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
}

var all = []issuer{
	{service: "miniflux", begin: servers.Miniflux, alive: asks("/v1/me", "X-Auth-Token"), make: "POST /v1/api-keys", remove: "DELETE /v1/api-keys/", bySecret: true},
	{service: "better-auth", begin: servers.BetterAuth, alive: asks("/api/verify", "x-api-key"), update: true, ends: true,
		make: "POST /api/auth/api-key/create", remove: "POST /api/auth/api-key/delete"},
	{service: "zabbix", begin: servers.Zabbix, alive: zabbixAccepts, update: true, ends: true, unnamed: true, make: "token.create", remove: "token.delete", roll: "token.generate"},
	{service: "unleash", begin: servers.Unleash, alive: asks("/api/client/features", "Authorization"), create: []string{"--role", "client", "--environment", "dev"}, ends: true, stays: true, lag: true,
		make: "POST /api/admin/api-tokens", remove: "DELETE /api/admin/api-tokens/", asks: "GET /api/admin/environments"},
}

// TestRealIssuers drives the program from a key's creation to its end on each server, all at once.
func TestRealIssuers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real servers")
	}
	for _, is := range all {
		t.Run(is.service, func(t *testing.T) {
			t.Parallel()
			server := is.begin(t)
			t.Logf("%s %s", is.service, server.Version)
			for name, flow := range map[string]func(h *home, is issuer){
				"a key from its making to its end": aKey, "a rotation": aRotation, "killed when the new key was made": killedAfterTheCreate,
				"killed before the old key was deleted": killedBeforeTheDelete, "killed when the old key was deleted": killedAfterTheDelete, "compromised": compromised,
				"by user and password": byLogin, "a user's own file": ownFile,
				"what a key can be given": catalogue, "a roll": aRoll, "killed when the key was rolled": killedAfterTheRoll, "killed before the key was rolled": killedBeforeTheRoll,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					flow(newHome(t, is.service, server, is.alive), is)
				})
			}
		})
	}
}

// refused waits until the server refuses a secret: at once, or after its lag.
func (h *home) refused(is issuer, secret string) {
	h.Helper()
	begin := time.Now()
	for h.alive(secret) {
		if !is.lag || time.Since(begin) > 2*time.Minute {
			h.Fatalf("the server accepts the old secret %s later", time.Since(begin).Round(time.Second))
		}
		time.Sleep(200 * time.Millisecond) // between two questions to a server that has no other way to tell
	}
}

func aKey(h *home, is issuer) { wholeLife(h, is, "whole life", "renamed") }

func wholeLife(h *home, is issuer, name, renamed string) {
	made, secret := h.create(name, is.create...)
	if !h.alive(secret) {
		h.Fatal("the server does not accept the new secret")
	}
	if found := h.named(name); len(found) != 1 || found[0].ID != made.ID {
		h.Errorf("listed: %+v, want the id %s once", found, made.ID)
	}
	if out := h.must("list"); strings.Contains(out.stdout+out.stderr, secret) {
		h.Error("the list shows the secret")
	}
	if valid, of := h.verified(secret); !valid || is.unnamed != (of == nil) || of != nil && of.ID != made.ID {
		h.Errorf("the secret is valid: %v, of %+v", valid, of)
	}
	if valid, _ := h.verified(secret[:len(secret)-6] + "abcdef"); valid {
		h.Error("a secret that nobody has is valid")
	}
	if r := h.run("", "update", made.ID, "--name", renamed); is.update != (r.code == 0) {
		h.Errorf("renamed: exit %d\n%s", r.code, r.stderr)
	}
	if is.update {
		h.must("update", made.ID, "--disable")
		if found := h.named(renamed); len(found) != 1 || found[0].Enabled == nil || *found[0].Enabled {
			h.Errorf("switched off: %+v", found)
		}
		if valid, _ := h.verified(secret); valid || h.alive(secret) {
			h.Error("a key that is switched off is accepted")
		}
		h.must("update", made.ID, "--enable")
		if !h.alive(secret) {
			h.Error("a key that was switched on again is refused")
		}
	}
	called := map[bool]string{true: renamed, false: name}[is.update]
	if is.ends {
		for _, days := range []int{2, 5} {
			h.must("update", made.ID, "--expires", fmt.Sprint(days, "d"))
			if found := h.named(called); len(found) != 1 || found[0].ExpiresAt == nil || time.Until(*found[0].ExpiresAt).Round(time.Hour) != time.Duration(days)*24*time.Hour || !h.alive(secret) {
				h.Errorf("given an end in %d days: %+v", days, found)
			}
		}
		if r := h.run("", "update", made.ID, "--expires", "never"); is.stays != (r.code != 0) || is.stays && !strings.Contains(r.stderr, "not taken away") && !strings.Contains(r.stderr, "no key without an end") {
			h.Errorf("its end taken away: exit %d\n%s", r.code, r.stderr)
		}
		if found := h.named(called); len(found) != 1 || is.stays != (found[0].ExpiresAt != nil) || !h.alive(secret) {
			h.Errorf("its end taken away: %+v", found)
		}
	}
	if is.bySecret {
		other, _ := h.create(name+" beside", is.create...)
		if r := h.run(secret, "delete", other.ID, "--by-secret", "--yes"); r.code == 0 || !h.alive(secret) || len(h.named(name+" beside")) != 1 {
			h.Errorf("a secret deleted another key, or its own in its place: exit %d\n%s", r.code, r.stderr)
		}
		h.must("delete", other.ID, "--yes")
		if r := h.run(secret, "delete", made.ID, "--by-secret", "--yes"); r.code != 0 {
			h.Errorf("deleted by its secret: exit %d\n%s", r.code, r.stderr)
		}
	} else {
		h.must("delete", made.ID, "--yes")
	}
	if slices.ContainsFunc(h.list(), func(k key) bool { return k.ID == made.ID && !(is.keeps && k.Enabled != nil && !*k.Enabled) }) {
		h.Error("a deleted key is listed")
	}
	if !is.lag {
		h.refused(is, secret)
	}
	if r := h.run("", "delete", made.ID, "--yes"); r.code == 0 && !is.keeps && !strings.Contains(r.stdout+r.stderr, "already") {
		h.Errorf("deleted twice: %s%s", r.stdout, r.stderr)
	}
	h.leaks(secret)
}

// catalogue asks the server which environments and projects there are: where one is meant that is not offered, and by the command for it.
func catalogue(h *home, is issuer) {
	if is.asks == "" {
		h.Skip("it cannot be asked")
	}
	for _, args := range [][]string{{"create", "--name", "elsewhere", "--role", "client", "--environment", "nosuch"}, {"permissions"}} {
		h.front.record()
		r := h.run("", args...)
		if wire := h.front.recorded(); !slices.Contains(wire, is.asks) || slices.Contains(wire, is.make) {
			h.Errorf("%v: asked were %v", args, wire)
		}
		switch want := "are as the service said just now"; {
		case args[0] == "create" && (r.code != 2 || !strings.Contains(r.stderr, "dev") || !strings.Contains(r.stderr, "live") || len(h.named("elsewhere")) > 0):
			h.Errorf("exit %d: %s", r.code, r.stderr)
		case args[0] == "permissions" && (r.code != 0 || !strings.Contains(r.stderr, want)):
			h.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
		case args[0] == "permissions" && !strings.Contains(r.stdout, "Default"):
			h.Errorf("the server's one project is not offered: %s", r.stdout)
		}
	}
	made, _ := h.create("of all projects", append(slices.Clone(is.create), "--set", "projects=*")...)
	if out := h.must("list", "projects:*", "-o", "json"); !strings.Contains(out.stdout, made.ID) {
		h.Errorf("a key for all projects is not found: %s", out.stdout)
	}
	if r := h.run("", append([]string{"create", "--name", "of none", "--set", "projects=nosuch"}, is.create...)...); r.code != 2 || !strings.Contains(r.stderr, "default") {
		h.Errorf("exit %d: %s", r.code, r.stderr)
	}
}

// byLogin takes a key from its making to its end, and rotates one, where the credential is a user with a password.
func byLogin(h *home, is issuer) {
	if h.server.Login == "" {
		h.Skip("it has no such credential")
	}
	h.write("token", h.server.Login)
	wholeLife(h, is, "by login", "login renamed")
	rotationOf(h, is, "login plain")
	_, password, _ := strings.Cut(h.server.Login, ":")
	h.leaks(password)
}

// ownFile tries the declaration as a user's file on the real server: what it says of further pages, ends, changes, refusals, deletions and
// the lag holds, or is said not to have been tried. The record of it has no secret.
func ownFile(h *home, is issuer) {
	raw, err := os.ReadFile("../../client/issuers/" + is.service + ".toml")
	if err != nil {
		h.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^(name\s*=\s*)"`+is.service+`"`).ReplaceAll(raw, []byte(`${1}"own"`))
	h.write(".config/detent/issuers/own.toml", string(named))
	r := h.must("issuer", "try", h.path(".config/detent/issuers/own.toml"), "--write", "--record", h.path("record.json"))
	h.Log(r.stdout)
	if strings.Contains(r.stdout, "failed") || !strings.Contains(r.stdout, "the deleted secret: refused") || len(h.named("detent-try-")) > 0 {
		h.Errorf("left: %+v\n%s", h.named("detent-try-"), r.stdout)
	}
	if lag := regexp.MustCompile(`refused after (\S+)`).FindStringSubmatch(r.stdout); is.lag && lag == nil {
		h.Logf("no lag was seen: the server looked just then")
	}
	record, err := os.ReadFile(h.path("record.json"))
	if err != nil || !json.Valid(record) || strings.Contains(string(record), h.server.Token) || strings.Contains(string(record), "detent-try-") || strings.Contains(string(record), "failed") {
		h.Errorf("%v: %s", err, record)
	}
}

// rotating makes the key of an application and says how it is rotated.
func (h *home) rotating(is issuer, name string, more ...string) (old key, secret string, args []string) {
	h.Helper()
	h.write("app/.env", "# the application\nOTHER=1\n")
	h.must(append([]string{"create", "--name", name, "--deliver", h.deliver()}, is.create...)...)
	secret = h.env()
	found := h.named(name)
	if len(found) != 1 || !h.alive(secret) {
		h.Fatalf("the application's key: %+v", found)
	}
	return found[0], secret, append([]string{"rotate", name, "--deliver", h.deliver(), "--drain", "0s", "--soak", "0s", "--yes", "-o", "json"}, more...)
}

// rotated holds that the application has a new secret that works, and that of the old key nothing is left.
func (h *home) rotated(is issuer, old key, secret string) {
	h.Helper()
	fresh := h.env()
	if fresh == secret || !h.alive(fresh) {
		h.Errorf("the application has a new secret: %v; it works: %v", fresh != secret, h.alive(fresh))
	}
	if left := h.named(old.Name); len(left) != 1 || left[0].ID == old.ID {
		h.Errorf("left: %+v, the old one was %s", left, old.ID)
	}
	if valid, of := h.verified(fresh); !valid || is.unnamed != (of == nil) {
		h.Errorf("the new secret is valid: %v, of %+v", valid, of)
	}
	if id := h.open(); id != "" {
		h.Errorf("the rotation %s is open", id)
	}
	if !is.lag {
		h.refused(is, secret)
	}
	h.leaks(secret, fresh)
}

func aRotation(h *home, is issuer) { rotationOf(h, is, "plain") }

func rotationOf(h *home, is issuer, name string) {
	old, secret, args := h.rotating(is, name)
	var end rotation
	h.into(h.must(args...), &end)
	if end.State != "done" {
		h.Errorf("it ends as %+v", end)
	}
	h.rotated(is, old, secret)
}

// resumed goes on with the rotation that was killed.
func (h *home) resumed(is issuer, old key, secret string) {
	h.Helper()
	id := h.open()
	if id == "" {
		h.Fatal("no rotation is open")
	}
	h.must("rotate", "--resume", id, "--yes")
	h.rotated(is, old, secret)
}

func killedAfterTheCreate(h *home, is issuer) {
	old, secret, args := h.rotating(is, "lost")
	h.killedAt(is.make, true, args...)
	h.resumed(is, old, secret)
}

func killedBeforeTheDelete(h *home, is issuer) {
	old, secret, args := h.rotating(is, "before")
	h.killedAt(is.remove, false, args...)
	h.resumed(is, old, secret)
}

func killedAfterTheDelete(h *home, is issuer) {
	old, secret, args := h.rotating(is, "after")
	h.killedAt(is.remove, true, args...)
	h.resumed(is, old, secret)
}

// compromised ends when the old secret is refused, and says how long it was accepted, as whoever asked the server all the time saw it.
func compromised(h *home, is issuer) {
	old, secret, args := h.rotating(is, "leaked", "--compromised")
	over, last := make(chan struct{}), make(chan time.Time)
	go func() {
		var accepted time.Time
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-over:
				last <- accepted
				return
			case <-tick.C:
				if at := time.Now(); h.alive(secret) {
					accepted = at
				}
			}
		}
	}()
	r := h.must(args...)
	if h.alive(secret) {
		h.Error("it has ended, and the old secret is accepted")
	}
	close(over)
	deleted := h.front.answered(is.remove)
	seen := (<-last).Sub(deleted)
	var end rotation
	h.into(r, &end)
	said := strings.Split(strings.Join(end.Certain, "\n"), "\n")[0]
	h.Logf("accepted for %s after it was deleted; %s", seen.Round(100*time.Millisecond), said)
	m := stillAccepted.FindStringSubmatch(said)
	switch {
	case !is.lag:
		if m != nil || seen > time.Second {
			h.Errorf("accepted for %s: %s", seen, said)
		}
	case m == nil:
		if seen > 5*time.Second { // it may have been deleted just before the server looked
			h.Errorf("accepted for %s, and not said: %s", seen, said)
		}
	default: // it was accepted so much later, and refused at that moment: between the two lies what was seen
		told, err := time.ParseDuration(m[1])
		at, err2 := time.Parse(time.DateOnly+" 15:04:05Z", deleted.UTC().Format(time.DateOnly)+" "+m[2])
		if at.Before(deleted.Add(-time.Hour)) { // of the next day
			at = at.Add(24 * time.Hour)
		}
		refused := at.Sub(deleted)
		if err != nil || err2 != nil || told > seen+2*time.Second || refused < seen-2*time.Second {
			h.Errorf("accepted for %s, and said to be for %s to %s: %s", seen, told, refused, said)
		}
	}
	h.rotated(is, old, secret)
}

var stillAccepted = regexp.MustCompile(`was still accepted (\S+) later, and refused at (\S+Z)`)

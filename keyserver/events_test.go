package keyserver

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// told are the lines of the log, as JSON.
func (b *bench) told() (lines []map[string]any) {
	for _, line := range strings.Split(strings.TrimSpace(b.log.String()), "\n") {
		var m map[string]any
		if line != "" && json.Unmarshal([]byte(line), &m) == nil {
			lines = append(lines, m)
		}
	}
	return lines
}

func TestTheLogTellsWhoDidWhatAndWhoWasRefusedAndNoSecret(t *testing.T) {
	for _, format := range EventFormats {
		t.Run(format, func(t *testing.T) {
			b := openStoreAt(t, Options{Path: t.TempDir() + "/keys.db", Events: format}, newClock())
			var secrets []string
			admins := map[string]string{}
			for _, service := range contracts {
				minted, err := b.MintAdmin(t.Context(), service, apikey.Live)
				if err != nil {
					t.Fatal(err)
				}
				admins[service] = minted.Reveal()
				secrets = append(secrets, minted.Reveal())
			}
			id := func(service string) string { id, _ := store.IDOf(service, admins[service]); return id }
			var want []map[string]any
			expect := func(what string, fields ...string) {
				m := map[string]any{"msg": what}
				for i := 0; i < len(fields); i += 2 {
					m[fields[i]] = fields[i+1]
				}
				want = append(want, m)
			}
			for _, c := range creates {
				a := b.want(c.status, admins[c.service], "POST", c.path, c.body)
				secrets = append(secrets, a.text(c.secret[0]))
				expect("created", "contract", c.service, "key", a.text(c.id), "name", "n", "by", id(c.service))
				switch c.service {
				case wirename.Prosopo:
					b.want(403, a.text(c.secret[0]), "POST", "/api-keys/get", nil)
					expect("refused", "contract", c.service, "call", "POST /api-keys/get", "by", a.text(c.id), "reason", "forbidden")
					b.want(200, admins[c.service], "POST", "/api-keys/delete", map[string]any{"apiKeyId": a.text("id")})
				case wirename.Vertesia:
					b.want(200, admins[c.service], "PUT", "/api/v1/apikeys/"+a.text("id"), `{"enabled":false,"name":"evil\nline \u202e"}`)
					expect("changed", "contract", c.service, "key", a.text("id"), "name_before", "n", "by", id(c.service))
					b.want(401, a.text("value"), "GET", "/api/v1/apikeys", nil)
					expect("refused", "contract", c.service, "by", a.text("id"), "reason", "disabled")
					b.want(200, admins[c.service], "DELETE", "/api/v1/apikeys/"+a.text("id"), nil)
				default:
					b.want(401, a.text("data.key")[:20]+strings.Repeat("a", 30), "GET", "/v1/api-keys", nil)
					expect("refused", "contract", c.service, "reason", "unknown_key")
					b.want(200, admins[c.service], "DELETE", "/v1/api-keys/"+a.text("data.id")+"?reason=compromised", nil)
					expect("deleted", "contract", c.service, "key", a.text("data.id"), "reason", "compromised", "by", id(c.service))
					continue
				}
				expect("deleted", "contract", c.service, "key", a.text("id"), "by", id(c.service))
			}
			// A secret where an id belongs: the last administrator, refused with 409, and a restricted key's path.
			b.want(409, admins[wirename.Generic], "DELETE", "/v1/api-keys/"+id(wirename.Generic), nil)
			expect("refused", "call", "DELETE /v1/api-keys/{id}", "reason", "conflict")
			limited := b.generic(admins[wirename.Generic], "l", "live", "restrictions", map[string]any{"endpoints": []string{"/v1/api-keys"}})
			secrets = append(secrets, limited.text("data.key"))
			b.want(403, limited.text("data.key"), "GET", "/v1/users/"+admins[wirename.Generic], nil)
			expect("refused", "call", "GET /v1/users/{id}", "reason", "forbidden", "by", limited.text("data.id"))

			log := b.log.String()
			for _, secret := range secrets {
				if strings.Contains(log, secret) || strings.Contains(log, secret[len(secret)-30:]) {
					t.Errorf("a secret is in the log:\n%s", log)
				}
			}
			if strings.ContainsRune(log, '\u202e') && format == "text" {
				t.Error("a name turns the log's text round")
			}
			if format != "json" {
				if n := strings.Count(log, "\n"); n < len(want) || strings.Contains(log, "\nline") {
					t.Errorf("%d lines, want at least %d, each of them whole:\n%s", n, len(want), log)
				}
				return
			}
			lines := b.told()
			for _, w := range want {
				found := false
				for _, line := range lines {
					same := true
					for name, value := range w {
						same = same && line[name] == value
					}
					found = found || same
				}
				if !found {
					t.Errorf("no line has %v:\n%s", w, log)
				}
			}
			for _, line := range lines {
				if line["from"] == nil || line["time"] == nil {
					t.Errorf("a line without when and from where: %v", line)
				}
			}
		})
	}
}

func TestRefusalsWithoutEndAreCountedAndNotTold(t *testing.T) {
	b := openStoreAt(t, Options{Path: t.TempDir() + "/keys.db", Events: "json"}, newClock())
	for range 10 * refusalsAtOnce {
		b.want(401, "x", "GET", "/v1/api-keys", nil)
	}
	if n := len(b.told()); n != refusalsAtOnce {
		t.Errorf("%d were told, want %d", n, refusalsAtOnce)
	}
	b.clock.advance(time.Second)
	b.want(401, "x", "GET", "/v1/api-keys", nil)
	lines := b.told()
	if last := lines[len(lines)-1]; last["not_told_before"] != float64(9*refusalsAtOnce) {
		t.Errorf("the next says %v", last)
	}
}

func TestWithoutEventsTheLogHasFailuresAlone(t *testing.T) {
	b := open(t)
	b.generic(b.session(wirename.Generic, apikey.Live), "k", "live")
	b.want(401, "x", "GET", "/v1/api-keys", nil)
	if b.log.String() != "" {
		t.Errorf("it has %s", b.log.String())
	}
}

func TestARefusedCallIsNoUse(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		here := `{"ip_addresses":["203.0.113.1"],"referrers":[],"endpoints":[]}`
		for name, c := range map[string]struct {
			key                store.Key
			method, path, body string
			status             int
			used               bool
		}{
			"an address that is not let in":    {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true, Restrictions: here}, "GET", "/v1/users/usr_1", "", 403, false},
			"an endpoint that is not let in":   {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true, Restrictions: `{"ip_addresses":[],"referrers":[],"endpoints":["/v1/users"]}`}, "GET", "/v1/api-keys", "", 403, false},
			"another environment":              {store.Key{Service: wirename.Generic, Environment: apikey.Test, Enabled: true}, "POST", "/v1/api-keys", `{"name":"n","environment":"live"}`, 403, false},
			"a permission that is missing":     {store.Key{Service: wirename.Prosopo, Permissions: `{"Verify":["verify"]}`, Enabled: true}, "POST", "/api-keys/get", "", 403, false},
			"a permission that it cannot give": {store.Key{Service: wirename.Prosopo, Permissions: `{"ApiKeys":["createApiKey"]}`, Enabled: true}, "POST", "/api-keys/create", `{"name":"n","permissions":["verify"]}`, 403, false},
			"a role that is not enough":        {store.Key{Service: wirename.Vertesia, Role: "reader", Enabled: true}, "POST", "/api/v1/apikeys", `{"name":"n","role":"reader"}`, 403, false},
			"a role that it cannot give":       {store.Key{Service: wirename.Vertesia, Role: "developer", Enabled: true}, "POST", "/api/v1/apikeys", `{"name":"n","role":"admin"}`, 403, false},
			"a disabled key":                   {store.Key{Service: wirename.Vertesia, Role: "admin"}, "GET", "/api/v1/apikeys", "", 401, false},
			"an expired key":                   {store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true, ExpiresAt: 1}, "POST", "/api-keys/get", "", 401, false},
			"a list":                           {store.Key{Service: wirename.Vertesia, Role: "reader", Enabled: true}, "GET", "/api/v1/apikeys", "", 200, true},
			"what is not there":                {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true}, "GET", "/v1/users/usr_1", "", 404, true},
			"what is malformed":                {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true}, "POST", "/v1/api-keys", "{}", 400, true},
		} {
			secret, k := b.put(c.key)
			b.clock.advance(time.Second)
			before := b.clock.now().UnixMilli()
			if a := b.ask(secret, c.method, c.path, c.body); a.status != c.status {
				t.Errorf("%s: %d %s, want %d", name, a.status, a.raw, c.status)
			}
			if used := b.usage.lastUse(k.ID, 0) == before; used != c.used {
				t.Errorf("%s: last use moved: %v", name, used)
			}
		}
	})
}

// lastUse is that of a key that was never rolled.
func (u *usage) lastUse(id string, stored int64) int64 {
	own, _ := u.lastUses(&store.Key{ID: id, LastUsedAt: stored})
	return own
}

func TestARefusedCallDoesNotTakeTheUseOfAnotherAtTheSameTime(t *testing.T) {
	u := &usage{}
	u.start(nil, nil)
	u.closed = true // nothing is stored
	k := secretName{id: "k"}
	first := u.touch(k, "", 10)
	second := u.touch(k, "", 20)
	third := u.touch(k, "", 20)
	u.undo(k, 20, third)
	if got := u.lastUse("k", 0); got != 20 {
		t.Errorf("one of two at once was refused, and the last use is %d", got)
	}
	u.undo(k, 20, second)
	if got := u.lastUse("k", 0); got != 10 {
		t.Errorf("both were refused, and the last use is %d", got)
	}
	u.undo(k, 10, first)
	if got := u.lastUse("k", 7); got != 7 {
		t.Errorf("all were refused, and the last use is %d", got)
	}
}

package keyserver

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

var walkActs = flag.Int("walk-acts", 0, "how many acts TestNoDeadKeyLivesHoweverItDied has on each store; 0 is 4,000, or 1,000 with -short")

// walker is a client that knows of its own keys what they may do, from the answers that it had.
type walker struct {
	t         *testing.T
	instances []*bench // of one store; the last may be another process
	write     func(sql string, args ...any) error
	random    *rand.Rand
	admins    map[string]string
	keys      []*walked
	done      map[string]int
}

// walked is a key as it should be.
type walked struct {
	service, id, secret, token string
	former, gone               string // generic: another secret that is let in, and the last one that is not any more
	dead, expired, disabled    bool   // dead: deleted or expired
	developer                  bool   // Vertesia
	restricted                 bool   // generic: to an address that nobody here has
	noRead                     bool   // Prosopo: without getRules
}

func (w *walker) any() *bench { return w.instances[w.random.IntN(len(w.instances))] }

// ask goes to any instance, again where it says that nothing was done.
func (w *walker) ask(want int, token, method, path string, body any, headers ...string) answer {
	for {
		a, err := w.any().try(token, method, path, body, headers...)
		if err != nil {
			w.t.Error(err)
			return a
		}
		if a.status == 503 && a.header.Get("Retry-After") != "" {
			continue
		}
		if a.status != want {
			w.t.Errorf("%s %s: %d %s, want %d", method, path, a.status, a.raw, want)
		}
		return a
	}
}

// expected is what the key's probe answers: one that needs a right, and changes nothing.
func (k *walked) expected() (status int, method, path string, body any) {
	switch k.service {
	case wirename.Prosopo:
		status, method, path = 200, "GET", "/v1/prosopo/provider/admin/rules"
		if k.noRead {
			status = 403
		}
	case wirename.Vertesia:
		status, method, path, body = 403, "POST", "/api/v1/apikeys", "{}"
		if k.developer {
			status = 400 // let in, and told that a name is missing
		}
	default:
		status, method, path = 404, "GET", "/v1/users/usr_1"
		if k.restricted {
			status = 403
		}
	}
	if k.dead || k.disabled {
		status = 401
	}
	return status, method, path, body
}

func (w *walker) check(k *walked, after string) {
	status, method, path, body := k.expected()
	for _, secret := range []string{k.secret, k.token, k.former, k.gone} {
		if secret == "" {
			continue
		}
		status := status
		if secret == k.gone {
			status = 401
		}
		a, err := w.any().try(secret, method, path, body)
		if err != nil || a.status != status {
			w.t.Errorf("%s key after %s: %d %s (%v), want %d", k.service, after, a.status, a.raw, err, status)
		}
	}
}

func (w *walker) create() *walked {
	k := &walked{service: []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}[w.random.IntN(3)]}
	admin := w.admins[k.service]
	switch k.service {
	case wirename.Prosopo:
		permission := "getRules"
		if k.noRead = w.random.IntN(3) == 0; k.noRead {
			permission = "verify"
		}
		a := w.ask(200, admin, "POST", "/api-keys/create", map[string]any{"name": "w", "permissions": []string{permission}})
		k.id, k.secret = a.text("id"), a.text("token")
	case wirename.Vertesia:
		role := "reader"
		if k.developer = w.random.IntN(2) == 0; k.developer {
			role = "developer"
		}
		a := w.ask(200, admin, "POST", "/api/v1/apikeys", map[string]any{"name": "w", "role": role})
		k.id, k.secret = a.text("id"), a.text("value")
		if w.random.IntN(2) == 0 {
			k.token = w.ask(200, k.secret, "POST", "/token/issue", nil).text("token")
		}
	default:
		a := w.ask(201, admin, "POST", "/v1/api-keys", map[string]any{"name": "w", "environment": "live"})
		k.id, k.secret = a.text("data.id"), a.text("data.key")
	}
	w.keys = append(w.keys, k)
	return k
}

// acts are what may happen to a key. One that does not apply is no act.
var acts = map[string]func(w *walker, k *walked) bool{
	"delete": func(w *walker, k *walked) bool {
		admin, want := w.admins[k.service], 200
		if k.expired {
			return w.random.IntN(2) == 0 // a sweep has deleted it, or not yet
		}
		if k.dead {
			want = 404
		}
		switch k.service {
		case wirename.Prosopo:
			w.ask(want, admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": k.id})
		case wirename.Vertesia:
			w.ask(want, admin, "DELETE", "/api/v1/apikeys/"+k.id, nil)
		default:
			w.ask(want, admin, "DELETE", "/v1/api-keys/"+k.id, nil)
		}
		k.dead = true
		return true
	},
	"expire": func(w *walker, k *walked) bool {
		if k.dead || k.service != wirename.Vertesia { // the others are listed and can be deleted once more
			return false
		}
		k.expired = w.write(`UPDATE keys SET expires_at = $1 WHERE id = $2`, time.Now().Add(-time.Second).UnixMilli(), k.id) == nil
		k.dead = k.expired
		return k.dead
	},
	"disable or enable": func(w *walker, k *walked) bool {
		if k.dead || k.service != wirename.Vertesia {
			return false
		}
		w.ask(200, w.admins[k.service], "PUT", "/api/v1/apikeys/"+k.id, map[string]any{"enabled": k.disabled})
		k.disabled = !k.disabled
		return true
	},
	"demote or promote": func(w *walker, k *walked) bool {
		if k.dead || k.service != wirename.Vertesia {
			return false
		}
		k.developer = !k.developer
		role := map[bool]string{true: "developer", false: "reader"}[k.developer]
		w.ask(200, w.admins[k.service], "PUT", "/api/v1/apikeys/"+k.id, map[string]any{"role": role})
		return true
	},
	"roll": func(w *walker, k *walked) bool {
		if k.dead || k.service != wirename.Generic || k.former != "" {
			return false
		}
		overlap := w.random.IntN(2) * 3600
		was := k.secret
		a := w.ask(200, w.admins[k.service], "POST", "/v1/api-keys/"+k.id+"/roll", map[string]any{"overlap_seconds": overlap}, onceHeader, fmt.Sprint(w.random.Uint64()))
		if k.secret = a.text("data.key"); overlap > 0 {
			k.former = was
		} else {
			k.gone = was
		}
		return true
	},
	"end an overlap, or keep the former secret": func(w *walker, k *walked) bool {
		if k.dead || k.former == "" {
			return false
		}
		if w.random.IntN(2) == 0 {
			w.ask(200, w.admins[k.service], "POST", "/v1/api-keys/"+k.id+"/roll/end", nil)
			k.gone = k.former
		} else {
			w.ask(200, w.admins[k.service], "POST", "/v1/api-keys/"+k.id+"/roll/keep", nil)
			k.secret, k.gone = k.former, k.secret
		}
		k.former = ""
		return true
	},
	"restrict or not": func(w *walker, k *walked) bool {
		if k.service != wirename.Generic {
			return false
		}
		text := `{"ip_addresses":["203.0.113.1"],"referrers":[],"endpoints":[]}`
		if k.restricted {
			text = ""
		}
		if w.write(`UPDATE keys SET restrictions = $1 WHERE id = $2`, text, k.id) != nil {
			return false
		}
		k.restricted = !k.restricted
		return true
	},
	"take or give a permission": func(w *walker, k *walked) bool {
		if k.service != wirename.Prosopo {
			return false
		}
		text := `{"Verify":["verify"]}`
		if k.noRead {
			text = `{"AccessRules":["getRules"]}`
		}
		if w.write(`UPDATE keys SET permissions = $1 WHERE id = $2`, text, k.id) != nil {
			return false
		}
		k.noRead = !k.noRead
		return true
	},
}

var actNames = slices.Sorted(maps.Keys(acts))

func (w *walker) step() {
	if len(w.keys) == 0 || w.random.IntN(5) == 0 {
		w.check(w.create(), "create")
		w.done["create"]++
		return
	}
	i := w.random.IntN(len(w.keys))
	k := w.keys[i]
	if w.random.IntN(2) == 0 {
		w.check(k, "nothing") // so that it is kept where something is
	}
	for {
		name := actNames[w.random.IntN(len(actNames))]
		if acts[name](w, k) {
			w.check(k, name)
			w.done[name]++
			break
		}
	}
	if k.dead && w.random.IntN(3) == 0 {
		w.keys[i] = w.keys[len(w.keys)-1]
		w.keys = w.keys[:len(w.keys)-1]
	}
}

// TestNoDeadKeyLivesHoweverItDied has several clients create, delete, disable, demote, expire and restrict keys at instances of one
// store that they pick anew for each request, and checks after each answer that the key is let in, or not, for what it may do.
func TestNoDeadKeyLivesHoweverItDied(t *testing.T) {
	total := *walkActs
	if total == 0 {
		total = 4000
		if testing.Short() {
			total = 1000
		}
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			o := Options{Path: filepath.Join(t.TempDir(), "keys.db")}
			at := o.Path
			if kind == "postgres" {
				o = Options{URL: pgtest.Schema(t)}
				at = o.URL
			}
			one := openStoreAt(t, o, nil)
			instances := []*bench{one, openStoreAt(t, o, nil), startInstance(t, at).at()}
			admins := map[string]string{}
			for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
				minted, err := one.MintAdmin(t.Context(), service, apikey.Live)
				if err != nil {
					t.Fatal(err)
				}
				admins[service] = minted.Reveal()
			}
			write := func(sql string, args ...any) error { // as another program does: no instance's own path
				return one.store.AddAgain(context.Background(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.ExecContext(ctx, sql, args...)
					return err
				})
			}
			const clients = 6
			var left atomic.Int64
			left.Store(int64(total))
			var mu sync.Mutex
			sum := map[string]int{}
			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() {
					w := &walker{t: t, instances: instances, write: write, admins: admins, done: map[string]int{},
						random: rand.New(rand.NewPCG(uint64(i), uint64(total)))}
					for left.Add(-1) >= 0 && !t.Failed() {
						w.step()
					}
					mu.Lock()
					defer mu.Unlock()
					for name, n := range w.done {
						sum[name] += n
					}
				})
			}
			wg.Wait()
			t.Log(fmt.Sprint(sum))
			for name := range acts {
				if sum[name] == 0 {
					t.Errorf("nobody did %s", name)
				}
			}
		})
	}
}

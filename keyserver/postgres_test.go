package keyserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// names are the names of Prosopo's keys.
func (b *bench) names() []string {
	b.t.Helper()
	var names []string
	for _, row := range b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/get", "{}").list("") {
		names = append(names, row.(map[string]any)["name"].(string))
	}
	return names
}

// countPauses replaces the pauses between attempts.
func (b *bench) countPauses() *int {
	var n int
	b.store.Pause = func(context.Context, int) error { n++; return nil }
	return &n
}

const createBody = `{"name":"k","permissions":["verify"]}`

func TestTransactionsThatMeetAreTriedAgain(t *testing.T) {
	b, w := openOnWire(t)
	pauses := b.countPauses()
	admin := b.session(wirename.Prosopo, "")
	w.set("commit", serializing, 3)
	b.want(200, admin, "POST", "/api-keys/create", createBody)
	if got := b.names(); len(got) != 1 || *pauses != 3 || w.count() != 3 {
		t.Errorf("%d keys after %d pauses and %d refused commits, want one after 3", len(got), *pauses, w.count())
	}
	*pauses = 0
	w.set("commit", serializing, 1000)
	unavailableAnswer(t, wirename.Prosopo, b.ask(admin, "POST", "/api-keys/create", createBody), false)
	w.set("", pass, 0)
	if got := b.names(); len(got) != 1 || *pauses != store.MaxAttempts {
		t.Errorf("%d keys after %d pauses, want the one from before after %d", len(got), *pauses, store.MaxAttempts)
	}
}

func TestALostCommitOfACreateIsNotSentAgain(t *testing.T) {
	for how, want := range map[spoil]int{cutBefore: 0, cutAfter: 1} {
		b, w := openOnWire(t)
		w.set("commit", how, 1)
		unavailableAnswer(t, wirename.Prosopo, b.ask(b.session(wirename.Prosopo, ""), "POST", "/api-keys/create", createBody), true)
		if got := b.names(); len(got) != want || w.count() != 1 {
			t.Errorf("%d keys, want %d", len(got), want)
		}
	}
}

func TestACreateThatWasCutBeforeItsCommitIsMadeOnce(t *testing.T) {
	for _, at := range []string{"begin", "INSERT INTO keys"} {
		for _, how := range []spoil{cutBefore, cutAfter} {
			b, w := openOnWire(t)
			b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/get", "{}")
			w.set(at, how, 1)
			b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/create", createBody)
			if got := b.names(); len(got) != 1 || w.count() != 1 {
				t.Errorf("cut at %s: %d keys after %d cuts", at, len(got), w.count())
			}
		}
	}
}

func TestWhatMayHappenTwiceIsAskedAgainAfterALostCommit(t *testing.T) {
	for _, how := range []spoil{cutBefore, cutAfter} {
		b, w := openOnWire(t)
		id := b.prosopo(b.session(wirename.Prosopo, ""), "k", []string{"verify"}).text("id")
		w.set("commit", how, 1)
		b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
		if got := b.names(); len(got) != 0 || w.count() != 1 {
			t.Errorf("%d keys after a deletion", len(got))
		}
		b.want(404, b.session(wirename.Prosopo, ""), "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
		w.set("commit", how, 1)
		value := b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys/pk", nil).text("value")
		if second := b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys/pk", nil).text("value"); second != value || w.count() != 1 {
			t.Errorf("a public key whose commit was lost: %d cuts, and another one the next time", w.count())
		}
	}
}

func TestReadsGoOnOverALostConnection(t *testing.T) {
	b, w := openOnWire(t)
	if err := b.FillDemo(t.Context(), 3*pageSize); err != nil {
		t.Fatal(err)
	}
	token := b.generic(b.session(wirename.Generic, apikey.Live), "k", "live").text("data.key")
	for range 3 {
		w.cutAll()
		b.want(404, token, "GET", "/v1/users/usr_1", nil)
	}
	w.set("ORDER BY created_at, id LIMIT", cutAfter, 1)
	if got := b.names(); len(got) != 3*pageSize {
		t.Errorf("a list over a lost connection has %d keys, want %d", len(got), 3*pageSize)
	}
	w.set("", cutBefore, 1000) // as if the database were gone
	unavailableAnswer(t, wirename.Generic, b.ask(token, "GET", "/v1/users/usr_1", nil), false)
}

func TestADatabaseThatRestartsIsWaitedForWithoutARestartOfOurs(t *testing.T) {
	b := openPostgresBench(t)
	pg := pgtest.Shared(t)
	created := 0
	for _, stop := range []func(){pg.Halt, pg.Kill} {
		b.prosopo(b.session(wirename.Prosopo, ""), "k", []string{"verify"})
		created++
		stop()
		for service, call := range map[string][2]string{wirename.Prosopo: {"POST", "/api-keys/create"}, wirename.Vertesia: {"GET", "/api/v1/apikeys"}, wirename.Generic: {"GET", "/v1/api-keys"}} {
			body := any(nil)
			if service == wirename.Prosopo {
				body = createBody
			}
			unavailableAnswer(t, service, b.ask(b.session(service, ""), call[0], call[1], body), false)
		}
		if err := pg.Launch(); err != nil {
			t.Fatal(err)
		}
		if got := b.names(); len(got) != created {
			t.Errorf("%d keys, want %d: what was answered with 503 is half made", len(got), created)
		}
	}
}

func TestManyInstancesMakeANewStoreOnce(t *testing.T) {
	at := pgtest.Schema(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	minted := 0
	accounts := map[string]bool{}
	for range 6 {
		wg.Go(func() {
			s, err := Open(context.Background(), Options{URL: at})
			if err != nil {
				t.Error(err)
				return
			}
			admins, err := s.MintFirstAdmins(context.Background())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			minted += len(admins)
			accounts[s.account] = true
			mu.Unlock()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if minted != 4 || len(accounts) != 1 {
		t.Errorf("%d administrator keys and %d accounts, want 4 and one", minted, len(accounts))
	}
}

func TestDatabaseOfANewerVersionOrAnotherProgramIsLeftUntouched(t *testing.T) {
	picture := func(schema string) string {
		return pgtest.Shared(t).Query(t, fmt.Sprintf(`SELECT table_name || column_name FROM information_schema.columns WHERE table_schema = '%s' ORDER BY 1`, schema))
	}
	for want, prepare := range map[string]string{
		"newer version":              "UPDATE %[1]s.detent_meta SET value = '99' WHERE name = 'schema'; DROP TABLE %[1]s.leases",
		"another program's database": "DROP TABLE %[1]s.detent_meta",
	} {
		b := openPostgresBench(t)
		schema := strings.TrimPrefix(b.options.URL[strings.Index(b.options.URL, "search_path"):], "search_path=")
		for _, statement := range strings.Split(fmt.Sprintf(prepare, schema), "; ") {
			pgtest.Shared(t).Query(t, statement)
		}
		before := picture(schema)
		_, err := Open(t.Context(), b.options)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("opened with %v, want %q", err, want)
		}
		if picture(schema) != before {
			t.Errorf("%s: the tables were changed", want)
		}
	}
}

func TestAStoreThatMustBeThereIsNotMade(t *testing.T) {
	at := pgtest.Schema(t)
	if _, err := Open(t.Context(), Options{URL: at, MustExist: true}); !errors.Is(err, ErrNoStore) {
		t.Errorf("%v", err)
	}
	schema := at[strings.Index(at, "search_path=")+len("search_path="):]
	if got := pgtest.Shared(t).Query(t, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = '"+schema+"'"); got != "" {
		t.Errorf("it made %s", got)
	}
}

func TestTheLastAdministratorStaysWithSeveralInstances(t *testing.T) {
	one := openPostgresBench(t)
	two := one.beside(t)
	for round := range 10 {
		a := one.vertesia(one.session(wirename.Vertesia, ""), "a", "admin")
		b := one.vertesia(one.session(wirename.Vertesia, ""), "b", "admin")
		var wg sync.WaitGroup
		answers := make([]answer, 2)
		for i, c := range []struct {
			at             *bench
			caller, target answer
		}{{one, a, b}, {two, b, a}} {
			wg.Go(func() {
				answers[i], _ = c.at.try(c.caller.text("value"), "DELETE", "/api/v1/apikeys/"+c.target.text("id"), nil)
			})
		}
		wg.Wait()
		left := 0
		for _, row := range one.want(200, one.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil).list("") {
			if row.(map[string]any)["role"] == "admin" {
				left++
			}
		}
		if left != 1+round {
			t.Fatalf("%d administrators are left after two deleted each other: %d %s, %d %s", left, answers[0].status, answers[0].raw, answers[1].status, answers[1].raw)
		}
		if answers[0].status != 200 && answers[1].status != 200 {
			t.Fatalf("neither was deleted: %s, %s", answers[0].raw, answers[1].raw)
		}
	}
}

func TestOneInstanceSweepsAndAnotherTakesOver(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		one := open(t)
		two := one.beside(t)
		due := func() {
			one.vertesia(one.session(wirename.Vertesia, ""), "v", "reader", "expires_at", one.clock.now().Add(time.Second))
			one.clock.advance(2 * time.Second)
		}
		sweep := func(by *bench, want int) {
			t.Helper()
			if err := by.sweep(t.Context(), by.clock.now()); err != nil {
				t.Fatal(err)
			}
			var left int
			if err := one.store.Reader.QueryRow(`SELECT COUNT(*) FROM keys WHERE service = 'vertesia'`).Scan(&left); err != nil || left != want {
				t.Fatalf("%d expired keys are stored (%v), want %d", left, err, want)
			}
		}
		due()
		sweep(one, 0)
		due()
		sweep(two, 1) // the work is the other's
		one.clock.advance(leaseLife)
		sweep(two, 0) // who does not do it for so long is dead
		due()
		sweep(one, 1)
		if err := two.release(t.Context()); err != nil {
			t.Fatal(err)
		}
		sweep(one, 0) // who ends gives it back
	})
}

func TestLastUseOfSeveralInstancesNeverMovesBack(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		one := open(t)
		two := one.beside(t)
		_, k := one.put(store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true})
		now := one.clock.now().UnixMilli()
		for _, step := range []struct {
			by *bench
			at int64
		}{{one, now + 5}, {two, now + 9}, {one, now + 7}} {
			if err := step.by.usage.write(map[secretName]use{{id: k.ID}: {at: step.at, hash: k.Hash}, {id: "gone"}: {at: step.at}}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Get(t.Context(), one.store.Reader, k.ID)
		if err != nil || got.LastUsedAt != now+9 {
			t.Errorf("last used %d after the start (%v), want 9", got.LastUsedAt-now, err)
		}
		many := map[secretName]use{{id: k.ID}: {at: now + 20, hash: k.Hash}}
		for i := range 3 * usageRows {
			many[secretName{id: fmt.Sprint("none", i)}] = use{at: now}
		}
		if err := two.usage.write(many); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Get(t.Context(), one.store.Reader, k.ID); err != nil || got.LastUsedAt != now+20 {
			t.Errorf("%v %v", got, err)
		}
	})
}

// TestAKeyThatIsDeletedWhileItsRequestComesInMakesNothing deletes the caller through one instance while its body is on the way to
// another.
func TestAKeyThatIsDeletedWhileItsRequestComesInMakesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		one := open(t)
		two := one.beside(t)
		caller := one.prosopo(one.session(wirename.Prosopo, ""), "caller", []string{"createApiKey", "verify"})
		body := newSlowBody(createBody)
		got := make(chan answer, 1)
		go func() {
			a, err := one.tryReader(caller.text("token"), "POST", "/api-keys/create", body)
			if err != nil {
				t.Error(err)
			}
			got <- a
		}()
		eventually(t, "the caller is let in", func() bool { return one.usage.lastUse(caller.text("id"), 0) > 0 })
		if err := two.store.Change(t.Context(), func(ctx context.Context, tx store.Tx) error { return store.Delete(ctx, tx, caller.text("id")) }); err != nil {
			t.Fatal(err)
		}
		body.finish()
		shape(t, wirename.Prosopo, 401, <-got)
		if names := one.names(); len(names) != 0 {
			t.Errorf("it made %v", names)
		}
	})
}

// TestAKeyThatLosesItsRightsWhileItsRequestComesInMakesNothing changes the caller as another instance might.
func TestAKeyThatLosesItsRightsWhileItsRequestComesInMakesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		for _, c := range []struct {
			name, lost string // a column, and what it becomes
			caller     store.Key
			path, body string
			status     int
		}{
			{"permissions", `'{"Verify":["verify"]}'`, store.Key{Service: wirename.Prosopo, Permissions: `{"ApiKeys":["createApiKey"],"Verify":["verify"]}`}, "/api-keys/create", createBody, 409},
			{"role", `'reader'`, store.Key{Service: wirename.Vertesia, Role: "admin"}, "/api/v1/apikeys", `{"name":"k","role":"admin"}`, 409},
			{"restrictions", `'{"ip_addresses":["10.0.0.1"]}'`, store.Key{Service: wirename.Generic, Environment: apikey.Live}, "/v1/api-keys", `{"name":"k","environment":"live"}`, 409},
			{"enabled", `0`, store.Key{Service: wirename.Vertesia, Role: "admin"}, "/api/v1/apikeys", `{"name":"k","role":"admin"}`, 401},
		} {
			t.Run(c.name, func(t *testing.T) {
				b := open(t)
				c.caller.Name, c.caller.Enabled = "caller", true
				secret, caller := b.put(c.caller)
				body := newSlowBody(c.body)
				got := make(chan answer, 1)
				go func() {
					a, err := b.tryReader(secret, "POST", c.path, body)
					if err != nil {
						t.Error(err)
					}
					got <- a
				}()
				eventually(t, "the caller is let in", func() bool { return b.usage.lastUse(caller.ID, 0) > 0 })
				if err := b.store.Change(t.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.ExecContext(ctx, `UPDATE keys SET `+c.name+` = `+c.lost+` WHERE id = $1`, caller.ID)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				body.finish()
				shape(t, c.caller.Service, c.status, <-got)
				var made int
				if err := b.store.Read(t.Context(), func(ctx context.Context, q store.Queryer) error {
					return q.QueryRowContext(ctx, `SELECT COUNT(*) FROM keys WHERE name = 'k'`).Scan(&made)
				}); err != nil || made != 0 {
					t.Errorf("it made %d keys (%v)", made, err)
				}
			})
		}
	})
}

func TestNoErrorShowsThePasswordOfTheStore(t *testing.T) {
	pg := pgtest.Shared(t)
	const canary = "c4nary%21" // c4nary!
	shown := func(text string) bool { return strings.Contains(text, "c4nary") }
	for name, at := range map[string]string{
		"refused":           "postgres://locked:" + canary + "@" + pg.Addr() + "/postgres",
		"nobody listens":    "postgres://u:" + canary + "@127.0.0.1:1/postgres",
		"no port":           "postgres://u:" + canary + "@127.0.0.1:" + canary + "/postgres",
		"no URL":            "postgres://u:c4nary!%zz@127.0.0.1/postgres",
		"a space":           "postgres://u:c4nary @127.0.0.1/postgres",
		"unknown sslmode":   "postgres://u:" + canary + "@127.0.0.1/postgres?sslmode=" + canary,
		"unknown parameter": "postgres://detent:" + canary + "@" + pg.Addr() + "/postgres?nonsense=" + canary,
		"as a parameter":    "postgres://locked@" + pg.Addr() + "/postgres?password=" + canary,
		"no database":       "postgres://detent:" + canary + "@" + pg.Addr() + "/nowhere",
		"no such host":      "postgres://u:" + canary + "@no-such-host.invalid/postgres",
	} {
		log := &safeBuffer{}
		s, err := Open(t.Context(), Options{URL: at, Log: log})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", name)
		} else if shown(err.Error()) || shown(fmt.Sprintf("%+v %#v", err, err)) || shown(log.String()) {
			t.Errorf("%s: the password is in %v", name, err)
		}
	}
	s, err := Open(t.Context(), Options{URL: "postgres://locked:" + pgtest.Password + "@" + pg.Addr() + "/postgres?search_path=nowhere"})
	if err == nil {
		_ = s.Close()
	}
	if err == nil || strings.Contains(err.Error(), "password") {
		t.Errorf("the right password: %v", err) // it is let in; there is no schema to make a table in
	}
}

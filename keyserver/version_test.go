package keyserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// kept is how many keys the server would let in without asking its store.
func (b *bench) kept() int {
	b.admitted.mu.RLock()
	defer b.admitted.mu.RUnlock()
	if b.admitted.at != b.store.Version.Now() {
		return 0
	}
	return len(b.admitted.rows)
}

func TestAKeyIsKeptUntilAnybodyCommitsAnything(t *testing.T) {
	b := open(t)
	other := b.beside(t)
	live := b.session(wirename.Generic, apikey.Live)
	made := b.generic(live, "k", "live")
	key, path := made.text("data.key"), "/v1/users/usr_1"
	use := func() { b.want(404, key, "GET", path, nil) }
	for name, write := range map[string]func(){
		"this instance makes a key": func() { b.generic(live, "other", "live") },
		"another one makes a key":   func() { other.generic(other.session(wirename.Generic, apikey.Live), "other", "live") },
		"another program writes":    func() { mustExec(t, b.path, `UPDATE keys SET updated_at = updated_at + 1 WHERE name = 'k'`) },
		"a user is made":            func() { b.want(201, live, "POST", "/v1/users", map[string]any{"name": "u"}) },
	} {
		eventually(t, "the key is kept before "+name, func() bool { use(); return b.kept() == 1 })
		write()
		if b.kept() != 0 {
			t.Errorf("%s, and the key is still kept", name)
		}
	}
	use()
	mustExec(t, b.path, `UPDATE keys SET enabled = 0 WHERE id = '`+made.text("data.id")+`'`)
	b.want(401, key, "GET", path, nil)
}

// counting counts the questions that the store is asked.
type counting struct {
	store.Pool
	asked atomic.Int64
}

func (c *counting) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.asked.Add(1)
	return c.Pool.QueryRowContext(ctx, query, args...)
}

func TestAWrongSecretOfAKeptKeyTakesAsLongAWayAsOneOfNoKey(t *testing.T) {
	s, _ := bare(t)
	close(s.stop) // the sweeper asks too
	s.sweeper.Wait()
	s.stop = make(chan struct{})
	counter := &counting{Pool: s.store.Reader}
	s.store.Reader = counter
	minted, err := s.MintAdmin(t.Context(), wirename.Prosopo, "")
	if err != nil {
		t.Fatal(err)
	}
	key := minted.Reveal()
	body := key[:len(key)-sumCharacters-1] + flip(key[len(key)-sumCharacters-1])
	unknown := "psp_" + strings.Repeat("a", idCharacters+40)
	ask := func(token string) (status int, questions int64) {
		before, w := counter.asked.Load(), httptest.NewRecorder()
		s.Handler().ServeHTTP(w, request("GET", "/v1/prosopo/provider/admin/rules", token))
		return w.Code, counter.asked.Load() - before
	}
	for range 2 {
		ask(key)
	}
	for name, want := range map[string]struct {
		token     string
		status    int
		questions int64
	}{
		"the right secret":           {key, 200, 0},
		"another secret of the key":  {body + sumOf(body), 401, 1},
		"one of a key that is not":   {unknown + sumOf(unknown), 401, 1},
		"a mistyped one of the key":  {body + sumOf(body)[1:] + "a", 401, 1},
		"a mistyped one of no key":   {unknown + sumOf(unknown)[1:] + "a", 401, 1},
		"the right secret once more": {key, 200, 0},
	} {
		if status, questions := ask(want.token); status != want.status || questions != want.questions {
			t.Errorf("%s: %d after %d questions, want %d after %d", name, status, questions, want.status, want.questions)
		}
	}
}

func TestAVersionThatDoesNotMoveIsNotTrusted(t *testing.T) {
	b := open(t)
	b.store.Version.Moved(b.store.Version.Now()) // nobody committed
	live := b.session(wirename.Generic, apikey.Live)
	made := b.generic(live, "k", "live")
	b.want(404, made.text("data.key"), "GET", "/v1/users/usr_1", nil)
	if len(b.keys.rows) != 0 {
		t.Error("a key is kept without a version")
	}
	if err := errors.Join(b.store.Version.Close(), b.store.Watch(t.Context())); err != nil {
		t.Fatal(err)
	}
	// A connection to another store is one that never sees a commit of this one.
	elsewhere := openAt(t, filepath.Join(t.TempDir(), "keys.db"), b.clock)
	b.store.Version, elsewhere.store.Version = elsewhere.store.Version, b.store.Version
	b.generic(live, "other", "live")
	if b.store.Version.Now().Known || !strings.Contains(b.log.String(), "did not move") {
		t.Errorf("it is trusted; the log is %q", b.log.String())
	}
	b.want(200, live, "DELETE", "/v1/api-keys/"+made.text("data.id"), nil)
	b.want(401, made.text("data.key"), "GET", "/v1/users/usr_1", nil)
	if err := elsewhere.store.Read(context.Background(), func(context.Context, store.Queryer) error { return nil }); err != nil {
		t.Error(err)
	}
	b.store.Version, elsewhere.store.Version = elsewhere.store.Version, b.store.Version
}

func TestAShortListFromMemoryIsTheOneFromTheStore(t *testing.T) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	b.vertesia(admin, "stays", "reader")
	b.vertesia(admin, "goes", "reader", "expires_at", b.clock.now().Add(1e9*60))
	count := func(service, method, path string) int {
		return len(b.want(200, b.session(service, ""), method, path, nil).list(map[string]string{wirename.Generic: "data"}[service]))
	}
	for i := range 3 {
		if n := count(wirename.Vertesia, "GET", "/api/v1/apikeys"); n != 2 {
			t.Errorf("list %d has %d keys, want 2", i, n)
		}
	}
	b.clock.advance(1e9 * 60)
	if n := count(wirename.Vertesia, "GET", "/api/v1/apikeys"); n != 1 {
		t.Errorf("after the end of one, %d are listed", n)
	}
	live := b.session(wirename.Generic, apikey.Live)
	for i := range 3 {
		b.generic(live, "k", "live")
		for range 2 {
			if n := count(wirename.Generic, "GET", "/v1/api-keys"); n != i+1 {
				t.Errorf("%d keys are listed of %d", n, i+1)
			}
			page := b.want(200, live, "GET", "/v1/api-keys?limit=1", nil)
			if len(page.list("data")) != 1 || page.at("has_more") != (i > 0) {
				t.Errorf("the first page of %d is %s", i+1, page.raw)
			}
		}
	}
}

// TestAListIsWhatIsStoredHoweverLong lists twice, so that the second may come from memory, on each side of the length up to which lists are
// kept, and after another instance took a key out.
func TestAListIsWhatIsStoredHoweverLong(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		minted, err := b.MintAdmin(t.Context(), wirename.Generic, apikey.Live)
		if err != nil {
			t.Fatal(err)
		}
		admin, n := minted.Reveal(), 1
		list := func(after string) (ids []string) {
			t.Helper()
			for _, query := range []string{"", "", "?limit=1000", "?limit=1000"} {
				rows := b.want(200, admin, "GET", "/v1/api-keys"+query, nil).list("data")
				if ids = nil; len(rows) != n {
					t.Errorf("after %s the list%s has %d keys, want %d", after, query, len(rows), n)
				}
				for _, row := range rows {
					ids = append(ids, row.(map[string]any)["id"].(string))
				}
				slices.Sort(ids)
				if len(slices.Compact(slices.Clone(ids))) != len(ids) {
					t.Errorf("after %s the list%s has a key twice", after, query)
				}
			}
			return ids
		}
		for _, want := range []int{1, maxShort - 1, maxShort, maxShort + 1, maxShort + 2, 2*maxShort + 3} {
			for ; n < want; n++ {
				b.generic(admin, "k", "live")
			}
			list(fmt.Sprint(n, " creates"))
			gone := b.generic(admin, "k", "live").text("data.id")
			n++
			if !slices.Contains(list("a create"), gone) {
				t.Errorf("of %d keys the newest is not listed", n)
			}
			other.want(200, other.session(wirename.Generic, apikey.Live), "DELETE", "/v1/api-keys/"+gone, nil)
			n--
			if slices.Contains(list("a delete elsewhere"), gone) {
				t.Errorf("of %d keys one is listed that another instance deleted", n)
			}
		}
	})
}

func TestAUserIsAsStored(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		other := b.beside(t)
		minted, err := b.MintAdmin(t.Context(), wirename.Generic, apikey.Live)
		if err != nil {
			t.Fatal(err)
		}
		id := b.want(201, minted.Reveal(), "POST", "/v1/users", map[string]any{"name": "0"}).text("data.id")
		for i := range 3 {
			for range 2 {
				if got := b.want(200, minted.Reveal(), "GET", "/v1/users/"+id, nil).text("data.name"); got != fmt.Sprint(i) {
					t.Errorf("the user is %s, want %d", got, i)
				}
			}
			err := other.store.AddAgain(t.Context(), func(ctx context.Context, tx store.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE users SET name = $1`, fmt.Sprint(i+1))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// watched is a store in PostgreSQL.
func watched(t *testing.T, url string) *Store {
	t.Helper()
	s, _, err := Open(t.Context(), Options{URL: url})
	if err == nil {
		err = s.Watch(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// put stores a key and returns its id.
func (s *Store) put(t *testing.T, name string) string {
	t.Helper()
	k := &Key{Service: wirename.Prosopo, Name: name, Enabled: true}
	err := s.Add(t.Context(), func(ctx context.Context, tx Tx) error {
		_, err := Insert(ctx, tx, rand.Reader, k, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k.ID
}

func (s *Store) exec(t *testing.T, statement string) {
	t.Helper()
	err := s.AddAgain(t.Context(), func(ctx context.Context, tx Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (s *Store) get(t *testing.T, id string) (*Key, Seen) {
	t.Helper()
	k, seen, err := s.Key(t.Context(), id, Seen{})
	if err != nil {
		t.Fatal(err)
	}
	return k, seen
}

func TestARowFromPostgresIsKeptUntilAnybodyCommitsAnything(t *testing.T) {
	url := pgtest.Schema(t)
	s, other := watched(t, url), watched(t, url)
	elsewhere := watched(t, pgtest.Schema(t))
	id, second := s.put(t, "0"), s.put(t, "second")
	for i, write := range []func(text string){
		func(text string) { s.exec(t, `UPDATE keys SET name = '`+text+`' WHERE id = '`+id+`'`) },
		func(text string) { other.exec(t, `UPDATE keys SET name = '`+text+`' WHERE id = '`+id+`'`) },
		func(text string) {
			other.exec(t, `UPDATE keys SET name = '`+text+`' WHERE id = '`+id+`'`)
			elsewhere.put(t, "another database")
		},
	} {
		var k, again *Key
		var seen, same Seen
		for attempt := 0; attempt < 20 && (k == nil || k != again); attempt++ { // the database's own work commits too
			k, seen = s.get(t, id)
			s.get(t, second) // beside it, and not in its place
			again, same = s.get(t, id)
		}
		if !seen.Known || k != again || seen != same {
			t.Fatalf("%d: a row was read twice and nobody wrote: %v %v", i, seen, same)
		}
		write(fmt.Sprint(i + 1))
		again, now := s.get(t, id)
		if again.Name != fmt.Sprint(i+1) || now == seen {
			t.Errorf("%d: the row is still %s, the version %v and was %v", i, again.Name, now, seen)
		}
		if k, at, err := s.Key(t.Context(), id, now); err != nil || k != again || at != now {
			t.Errorf("%d: at the version that was seen it is %v (%v)", i, k, err)
		}
	}
	s.get(t, id)
	other.exec(t, `DELETE FROM keys WHERE id = '`+id+`'`)
	if k, _, err := s.Key(t.Context(), id, Seen{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("the row was deleted and is %v (%v)", k, err)
	}
	if k, _ := s.get(t, second); k.Name != "second" {
		t.Error("the other row is gone")
	}
}

// TestNoRowIsKeptWhereTheVersionSaysNothing has databases that show something else under the names that the version is made of, as one of several
// nodes does, or a replica.
func TestNoRowIsKeptWhereTheVersionSaysNothing(t *testing.T) {
	for name, function := range map[string]string{
		"it stands still":                "pg_current_snapshot() RETURNS text AS $$ SELECT '7:7:' $$",
		"there is none":                  "pg_current_snapshot() RETURNS text AS $$ SELECT (1 / (random() * 0)::int)::text $$",
		"a replica":                      "pg_is_in_recovery() RETURNS boolean AS $$ SELECT true $$",
		"rows do not carry the number":   "pg_current_xact_id() RETURNS xid8 AS $$ SELECT '77'::xid8 $$",
		"transactions have no number":    "pg_current_xact_id() RETURNS xid8 AS $$ SELECT (1 / (random() * 0)::int)::text::xid8 $$",
		"nobody knows when it was begun": "pg_postmaster_start_time() RETURNS timestamptz AS $$ SELECT NULL::timestamptz $$",
	} {
		t.Run(name, func(t *testing.T) {
			url := pgtest.Schema(t)
			maker := watched(t, url)
			if !maker.batcher.sure.Load() {
				t.Fatal("PostgreSQL's own version is not believed")
			}
			maker.exec(t, `CREATE FUNCTION `+function+` LANGUAGE sql`)
			s, _, err := Open(t.Context(), Options{URL: url + ",pg_catalog"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() }) // only read
			var why string
			s.Distrusted = func(text string) { why = text }
			if err := s.Watch(t.Context()); err != nil || why == "" {
				t.Errorf("%v; told %q", err, why)
			}
			id := maker.put(t, "0")
			for i := range 3 {
				if k, seen := s.get(t, id); k.Name != fmt.Sprint(i) || seen.Known {
					t.Errorf("the row is %s, want %d; version %v", k.Name, i, seen)
				}
				maker.exec(t, fmt.Sprintf(`UPDATE keys SET name = '%d'`, i+1))
			}
		})
	}
}

func TestAVersionOfPostgresThatStopsMovingIsNotBelievedAnyMore(t *testing.T) {
	url := pgtest.Schema(t)
	maker := watched(t, url)
	maker.exec(t, `CREATE SEQUENCE moves`)
	maker.exec(t, `CREATE FUNCTION pg_current_snapshot() RETURNS text AS $$ SELECT nextval('moves')::text $$ LANGUAGE sql`)
	s := watched(t, url+",pg_catalog")
	id := s.put(t, "0")
	maker.exec(t, `CREATE OR REPLACE FUNCTION pg_current_snapshot() RETURNS text AS $$ SELECT '7' $$ LANGUAGE sql`)
	k, seen := s.get(t, id)
	if again, _ := s.get(t, id); !seen.Known || again != k { // whatever the database itself commits
		t.Fatal("the version is not believed before a commit of our own")
	}
	told := 0
	s.Distrusted = func(string) { told++ }
	s.exec(t, `UPDATE keys SET name = '1'`)
	s.Ended(seen)
	for range 2 {
		if k, seen := s.get(t, id); k.Name != "1" || seen.Known {
			t.Errorf("the row is %s, version %v", k.Name, seen)
		}
	}
	if told != 1 {
		t.Errorf("it was told %d times", told)
	}
}

// TestWhoAsksPostgresAtOnceIsAnsweredAsOfThen has readers ask for one row that a writer moves on and on: none may see it older than it was when
// the reader came.
func TestWhoAsksPostgresAtOnceIsAnsweredAsOfThen(t *testing.T) {
	url := pgtest.Schema(t)
	s, other := watched(t, url), watched(t, url)
	id := s.put(t, "0")
	var mu sync.Mutex
	written := 0
	now := func() int {
		mu.Lock()
		defer mu.Unlock()
		return written
	}
	const last = 200
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for at := now(); at < last && !t.Failed(); at = now() {
				k, _, err := s.Key(t.Context(), id, Seen{})
				var name int
				if err == nil {
					_, err = fmt.Sscan(k.Name, &name)
				}
				if err != nil || name < at {
					t.Errorf("the row is %d, and was %d before it was asked for (%v)", name, at, err)
				}
			}
		})
	}
	for i := range last {
		writer := []*Store{s, other}[i%2]
		err := writer.AddAgain(t.Context(), func(ctx context.Context, tx Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE keys SET name = $1 WHERE id = $2`, fmt.Sprint(i+1), id)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		written = i + 1
		mu.Unlock()
	}
	wg.Wait()
}

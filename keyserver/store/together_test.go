package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func fileStore(t *testing.T) *Store {
	t.Helper()
	s, _, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "keys.db")})
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

// meta are the rows of detent_meta whose names begin so.
func (s *Store) meta(t *testing.T, prefix string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	rows, err := s.Reader.QueryContext(t.Context(), `SELECT name FROM detent_meta`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what matters
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, prefix) {
			names[name] = true
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// held has one write in hand until all the others have come, so that they are committed together, and waits for their end.
func (s *Store) held(t *testing.T, writes int, each func(i int)) {
	t.Helper()
	inside, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Add(context.Background(), func(context.Context, Tx) error {
			close(inside)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	for i := range writes {
		wg.Go(func() { each(i) })
	}
	for {
		s.together.mu.Lock()
		n := len(s.together.waiting)
		s.together.mu.Unlock()
		if n == writes {
			break
		}
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
}

var errOwn = errors.New("its own failure")

// ends are how a write may end, and whether it is there then.
var ends = map[string]struct {
	there bool
	after func(ctx context.Context, tx Tx) error
}{
	"well":                     {true, func(context.Context, Tx) error { return nil }},
	"with an error of its own": {false, func(context.Context, Tx) error { return errOwn }},
	"with a panic":             {false, func(context.Context, Tx) error { panic(errOwn) }},
	"with a statement that is none": {false, func(ctx context.Context, tx Tx) error {
		_, err := tx.ExecContext(ctx, `NONE`)
		return err
	}},
	"with a row that is there": {false, func(ctx context.Context, tx Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO detent_meta (name, value) VALUES ('schema', '')`)
		return err
	}},
	"with the whole transaction": {false, func(ctx context.Context, tx Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR ROLLBACK INTO detent_meta (name, value) VALUES ('schema', '')`)
		return err
	}},
	"with a client that left": {true, func(context.Context, Tx) error { return nil }},
}

var endNames = slices.Sorted(maps.Keys(ends))

// TestWritesThatAreCommittedTogetherEndEachByItself has writes of all kinds at once: what was answered with success is there, and nothing else.
func TestWritesThatAreCommittedTogetherEndEachByItself(t *testing.T) {
	s := fileStore(t)
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 1))
		const writes = 24
		var names [writes]string
		for i := range writes {
			if names[i] = "well"; random.IntN(3) == 0 { // most go well, as they do
				names[i] = endNames[random.IntN(len(endNames))]
			}
		}
		prefix := fmt.Sprintf("round %d ", round)
		var answered [writes]bool
		s.held(t, writes, func(i int) {
			end := ends[names[i]]
			defer func() {
				if v := recover(); (v != nil) != (names[i] == "with a panic") {
					t.Errorf("%s: it ends with %v", names[i], v)
				}
			}()
			ctx, leave := context.WithCancel(context.Background())
			defer leave()
			err := s.Change(ctx, func(ctx context.Context, tx Tx) error {
				if err := SetMeta(ctx, tx, fmt.Sprint(prefix, i), ""); err != nil {
					return err
				}
				if names[i] == "with a client that left" {
					leave()
				}
				return end.after(ctx, tx)
			})
			// One whose client left is not tried again where its first try was spoiled by another.
			if answered[i] = err == nil; answered[i] != end.there && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: it is answered with %v", names[i], err)
			}
			if names[i] == "with an error of its own" && err != errOwn {
				t.Errorf("its own error became %v", err)
			}
		})
		there := s.meta(t, prefix)
		for i, name := range names {
			if there[fmt.Sprint(prefix, i)] != answered[i] {
				t.Fatalf("round %d, %s among %v: it is there: %v; answered with success: %v", round, name, names, !answered[i], answered[i])
			}
		}
	}
}

func TestWritesThatComeAtOnceAreCommittedTogether(t *testing.T) {
	s := fileStore(t)
	before := s.together.commits
	const writes = 2*maxTogether + 1
	s.held(t, writes, func(i int) {
		err := s.Add(context.Background(), func(ctx context.Context, tx Tx) error { return SetMeta(ctx, tx, fmt.Sprint("write ", i), "") })
		if err != nil {
			t.Error(err)
		}
		if !s.meta(t, "write")[fmt.Sprint("write ", i)] {
			t.Error("a write was answered before it was there for all to see")
		}
	})
	if n := s.together.commits - before; n != 4 { // the one that was held, two full ones, the rest
		t.Errorf("%d commits for %d writes, want 4", n, writes)
	}
}

func TestAWriteWhoseClientLeftBeforeItsTurnIsNone(t *testing.T) {
	s := fileStore(t)
	ctx, leave := context.WithCancel(context.Background())
	leave()
	s.held(t, 3, func(i int) {
		mine := context.Background()
		if i == 1 {
			mine = ctx
		}
		err := s.Add(mine, func(ctx context.Context, tx Tx) error { return SetMeta(ctx, tx, fmt.Sprint("write ", i), "") })
		if (err != nil) != (i == 1) || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("write %d: %v", i, err)
		}
	})
	if there := s.meta(t, "write"); len(there) != 2 || there["write 1"] {
		t.Errorf("there are %v", there)
	}
}

// TestAWriteWithoutRoomTakesNoOtherWithIt fills the store but for some pages: what is too large is refused, and what was committed with it is not.
func TestAWriteWithoutRoomTakesNoOtherWithIt(t *testing.T) {
	s := fileStore(t)
	var pages int
	err := s.Writer.QueryRow(`PRAGMA page_count`).Scan(&pages)
	if err == nil {
		_, err = s.Writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+4))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.held(t, 8, func(i int) {
		text := ""
		if i%4 == 1 {
			text = strings.Repeat("0", 1<<20)
		}
		err := s.Add(context.Background(), func(ctx context.Context, tx Tx) error { return SetMeta(ctx, tx, fmt.Sprint("write ", i), text) })
		var down *Unavailable
		if text == "" && err != nil || text != "" && (!errors.As(err, &down) || down.Unknown) {
			t.Errorf("write %d of %d bytes: %v", i, len(text), err)
		}
	})
	if there := s.meta(t, "write"); len(there) != 6 {
		t.Errorf("there are %v", there)
	}
}

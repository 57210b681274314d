package store

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"
)

// batcher asks a database that is a round trip away for many keys at once: those that are asked for while it answers wait for the
// next question. None gets an answer to a question that was put before it came. Where the database has a version, a question names
// the one that the rows in memory are of, and is answered with rows only where that is not the version any more.
type batcher struct {
	store *Store
	sure  atomic.Bool // the database's version is believed

	mu      sync.Mutex
	waiting *question
	running int
	sent    time.Time       // the last question
	at      Seen            // what rows are of
	rows    map[string]*Key // not to be written to
	asked   int             // questions
	kept    int             // the number of the question that brought at
	left    Seen            // a version that a commit has ended since
}

// batchRuns is how many questions may be on their way at once. One is cheapest, as it has the most keys in it; where its answer takes longer
// than batchWait another one is sent beside it, so that a key need not wait for two answers of a database that is far away.
const (
	batchRuns = 4
	batchWait = time.Millisecond
)

// maxGathered bounds the rows in memory; then they begin anew.
const maxGathered = 20_000

// question is keys that are asked for together.
type question struct {
	ids   []string
	asked map[string]bool
	done  chan struct{}

	found map[string]*Key
	at    Seen
	err   error
}

// key returns a record that others may have too, as it was at the version that is returned, which was asked for after key was called, or
// is the one given.
func (g *batcher) key(ctx context.Context, id string, at Seen) (*Key, Seen, error) {
	if !Storable(id) {
		return nil, at, ErrNoKey
	}
	g.mu.Lock()
	if at.Known && at == g.at {
		if k := g.rows[id]; k != nil {
			g.mu.Unlock()
			return k, at, nil
		}
	}
	q := g.waiting
	if q == nil {
		q = &question{asked: map[string]bool{}, done: make(chan struct{})}
		g.waiting = q
	}
	if !q.asked[id] {
		q.asked[id] = true
		q.ids = append(q.ids, id)
	}
	if g.running == 0 || g.running < batchRuns && time.Since(g.sent) > batchWait {
		g.running++
		g.waiting, g.sent = nil, time.Now()
		g.mu.Unlock()
		g.run(ctx, q)
	} else {
		g.mu.Unlock()
		<-q.done
	}
	switch k := q.found[id]; {
	case q.err != nil:
		return nil, q.at, q.err
	case k == nil:
		return nil, q.at, ErrNoKey
	default:
		return k, q.at, nil
	}
}

// run asks one question, and lets the next one begin.
func (g *batcher) run(ctx context.Context, q *question) {
	ctx = context.WithoutCancel(ctx) // others wait for it too; store.patience bounds it
	defer func() {
		close(q.done)
		g.mu.Lock()
		next := g.waiting
		g.waiting, g.sent = nil, time.Now()
		if next == nil {
			g.running--
		}
		g.mu.Unlock()
		if next != nil {
			go g.run(ctx, next)
		}
	}()
	if !g.sure.Load() || !g.askIfMoved(ctx, q) {
		g.ask(ctx, q)
	}
}

// ask reads the keys of a question.
func (g *batcher) ask(ctx context.Context, q *question) {
	if len(q.ids) == 1 {
		var k *Key
		q.err = g.store.Read(ctx, func(ctx context.Context, tx Queryer) (err error) {
			k, err = Get(ctx, tx, q.ids[0])
			return err
		})
		if q.err == ErrNoKey {
			q.err = nil
		} else if q.err == nil {
			q.found = map[string]*Key{k.ID: k}
		}
		return
	}
	q.err = g.store.Read(ctx, func(ctx context.Context, tx Queryer) error {
		q.found = make(map[string]*Key, len(q.ids))
		rows, err := tx.QueryContext(ctx, `SELECT `+readColumns+` FROM keys WHERE id = ANY($1)`, q.ids)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err says what matters
		for rows.Next() {
			k := new(Key)
			if err := rows.Scan(k.fields()...); err != nil {
				return err
			}
			q.found[k.ID] = k
		}
		return rows.Err()
	})
}

// keysIfMoved answers with the version in a row without an id, and beside it with the keys of $1, or where the version is not $3 with those of
// $2. It is one statement, so that all of it is of one version, whichever server of several answers.
const keysIfMoved = `WITH seen AS MATERIALIZED (SELECT ` + versionOfPostgres + ` AS at)
	SELECT (SELECT at FROM seen), ` + readColumns + ` FROM keys
	WHERE id = ANY(CASE WHEN (SELECT at FROM seen) = $3 THEN $1::text[] ELSE $2::text[] END)
	UNION ALL SELECT at, '', '', '', '', '', '', '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 0, '', '', '' FROM seen`

// askIfMoved reads those keys of a question that are not in memory, or all of them; false says that the version is not believed any more.
func (g *batcher) askIfMoved(ctx context.Context, q *question) bool {
	missing := make([]string, 0, len(q.ids))
	had := make(map[string]*Key, len(q.ids))
	g.mu.Lock()
	g.asked++
	number, base, left := g.asked, g.at, g.left
	for _, id := range q.ids {
		if k := g.rows[id]; k != nil {
			had[id] = k
		} else {
			missing = append(missing, id)
		}
	}
	g.mu.Unlock()
	var at Seen
	var read []*Key
	q.err = g.store.Read(ctx, func(ctx context.Context, tx Queryer) error {
		read = read[:0]
		rows, err := tx.QueryContext(ctx, keysIfMoved, missing, q.ids, base.text)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err says what matters
		for rows.Next() {
			k := new(Key)
			if err := rows.Scan(append([]any{&at.text}, k.fields()...)...); err != nil {
				return err
			}
			if k.ID != "" {
				k.ReadOnce()
				read = append(read, k)
			}
		}
		return rows.Err()
	})
	if q.err != nil {
		return true
	}
	if at.Known = at.text != ""; at.Known && at == left && g.sure.Swap(false) {
		g.store.Distrusted(unmoved) // a commit that came before this question does not show
	}
	if !g.sure.Load() {
		return false
	}
	if q.at = at; !at.Known || at != base {
		clear(had)
	}
	for _, k := range read {
		had[k.ID] = k
	}
	q.found = had
	g.keep(number, at, read)
	return true
}

// keep keeps rows that a question read at that version.
func (g *batcher) keep(number int, at Seen, read []*Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !at.Known || at != g.at && number < g.kept {
		return // an older question was answered later
	}
	if at != g.at || len(g.rows)+len(read) > maxGathered {
		g.at, g.kept, g.rows = at, number, map[string]*Key{}
	}
	for _, k := range read {
		g.rows[k.ID] = k
	}
}

// watch finds out whether the database's version can be believed: a key that is stored and taken out again in one commit must carry the number
// of the transaction, which is what a version names, and the commit must show. Where rows lie elsewhere (a database of several nodes), or nothing
// of the kind is known, nothing is kept.
func (g *batcher) watch(ctx context.Context) error {
	s := g.store
	var before, after string
	var carries bool
	ask := func(into *string) error {
		return s.Read(ctx, func(ctx context.Context, q Queryer) error {
			return q.QueryRowContext(ctx, `SELECT `+s.version).Scan(into)
		})
	}
	id, err := RandomText(rand.Reader, randomBytes)
	if err == nil {
		err = ask(&before)
	}
	if err == nil {
		err = s.AddAgain(ctx, func(ctx context.Context, tx Tx) error {
			trial := &Key{ID: "trial " + id}
			err := tx.QueryRowContext(ctx, insertKeySQL+` RETURNING xmin::text = pg_current_xact_id()::xid::text`, trial.Values(false)...).Scan(&carries)
			if err != nil {
				return err
			}
			return Delete(ctx, tx, trial.ID)
		})
	}
	if err == nil {
		err = ask(&after)
	}
	if err != nil && s.failure(err) > taken {
		return err
	}
	if err == nil && carries && before != "" && after != "" && before != after {
		g.sure.Store(true)
	} else {
		s.Distrusted("the database has none that shows each commit")
	}
	return nil
}

// ended says that a commit came after that version and was answered: who asks now and is told that version is not told the truth.
func (g *batcher) ended(at Seen) {
	if !at.Known {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = at
}

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxPages  = 100_000 // of a service that never stops
	maxBarren = 1000    // pages in a row that bring nothing new
	maxEmpty  = 10      // empty pages in a row, of a service that names a next one for ever
)

// visit is told of a row: its key, which is the next row's when it returns, and the secret that the row shows.
type visit func(*apikey.Key, apikey.Secret)

// pageReader reads one page of the list: start is called at each attempt, each for each row, those that count as no
// key among them.
type pageReader func(ctx context.Context, query url.Values, start func(*answer), each func(*listedKey)) (rest wire.Beside, err error)

// firstPage is how the first page of a list is asked for.
func (s *issuer) firstPage(p *kit.Pages) url.Values {
	if trial := s.opts.Trial; trial != nil && trial.PageSize.Load() > 0 {
		return wire.FirstPage(p, int(trial.PageSize.Load()))
	}
	if p == nil {
		return nil
	}
	return wire.FirstPage(p, p.Most)
}

// pageCall is the call that gives one page.
func (s *issuer) pageCall(query url.Values) call {
	c := s.request(opList, &s.d.List.Call, "", nil)
	c.list = true
	c.ask(s.d.List.Pages, query)
	return c
}

// page is the pageReader of keys.
func (s *issuer) page(ctx context.Context, query url.Values, start func(*answer), each func(*listedKey)) (rest wire.Beside, err error) {
	c := s.pageCall(query)
	if s.d.List.Each != nil {
		return s.pageOfIDs(ctx, c, start, each)
	}
	var k listedKey // one for all rows, as the record is
	return s.rows(ctx, c, start, func(dec *jsontext.Decoder, r *wire.Record) error {
		if err := r.Next(dec); err != nil {
			return err
		}
		if err := s.ofList(r, &k); err != nil {
			return err
		}
		each(&k)
		return nil
	})
}

// ask asks for a page.
func (c *call) ask(p *kit.Pages, query url.Values) {
	body, _ := c.body.(map[string]any)
	for name, values := range query {
		switch {
		case body != nil && p != nil && p.InBody:
			body[name] = inBody(values[0])
		case c.query == nil:
			c.query = url.Values{name: values}
		default:
			c.query[name] = values
		}
	}
}

// rows makes a call that is answered with a list: start is called at each attempt, each reads a row.
func (s *issuer) rows(ctx context.Context, c call, start func(*answer), each func(*jsontext.Decoder, *wire.Record) error) (rest wire.Beside, err error) {
	err = s.send(ctx, c, func(a *answer) (err error) {
		start(a)
		r := s.listed()
		rest.Header = a.header
		rest.Members, err = wire.ReadList(a.body, s.d.List.Rows, func(dec *jsontext.Decoder) error { return each(dec, r) })
		if rest.Unnamed = err == error(wire.ErrNoList); rest.Unnamed {
			err = nil
		}
		return err
	})
	return rest, err
}

// listedKey is a key of the list, with the secret that its row shows.
type listedKey struct {
	key    apikey.Key
	secret apikey.Secret
	other  bool // the row is of another kind: it has an id, counts as a row of its page, and is no key
}

// to passes a key on.
func (k *listedKey) to(each visit) {
	if !k.other {
		each(&k.key, k.secret)
	}
}

// ofList is what a row of the list shows.
func (s *issuer) ofList(r *wire.Record, out *listedKey) (err error) {
	out.secret = r.Secret()
	if out.other = !r.Counts(); out.other {
		id := wire.FirstOf(r.ID...)
		if s.d.Row.SecretIsID {
			id = idOfSecret(out.secret)
		}
		if id == "" {
			return s.withoutID()
		}
		if r.Watched && s.opts.Trial.Passed != nil {
			s.opts.Trial.Passed()
		}
		out.key = apikey.Key{ID: s.spelling.Show(id)}
		return nil
	}
	if out.key, err = s.key(r); err != nil {
		return err
	}
	s.ofRow(&out.key, r)
	out.key.Own = out.secret.Equal(s.opts.Token)
	return nil
}

// proves is the failure of a first page that may be anybody's, where the list is to prove something (ForProof).
func proves(ctx context.Context, rest wire.Beside) error {
	if rest.Unnamed && ctx.Value(forProofKey{}) != nil {
		return notWhole(opList, wire.ErrNoList.Error()+": it tells of no key whether it is there")
	}
	return nil
}

// inBody is a number where it is one, and a cursor as the service gave it.
func inBody(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

// manyAtOnce is how many keys are asked for at once, where each is a request of its own.
const manyAtOnce = 8

// ids reads the ids of a page.
func (s *issuer) ids(ctx context.Context, c call, start func(*answer)) (ids []string, rest wire.Beside, err error) {
	restart := func(a *answer) {
		start(a)
		ids = nil
	}
	rest, err = s.rows(ctx, c, restart, func(dec *jsontext.Decoder, r *wire.Record) error {
		var id wire.Text
		if dec.PeekKind() == '{' {
			if err := r.Next(dec); err != nil {
				return err
			}
			id = wire.Text(wire.FirstOf(r.ID...))
		} else if raw, err := wire.Value(dec); err != nil {
			return err
		} else if err := id.UnmarshalJSON(raw); err != nil {
			return err
		}
		if id == "" {
			return s.withoutID()
		}
		ids = append(ids, string(id))
		return nil
	})
	return ids, rest, err
}

// pageOfIDs reads a list that shows ids alone, and then each key. One that is gone by then is passed over, where the list does not have it
// any more either.
func (s *issuer) pageOfIDs(ctx context.Context, c call, start func(*answer), each func(*listedKey)) (rest wire.Beside, err error) {
	ids, rest, err := s.ids(ctx, c, start)
	if err != nil {
		return rest, err
	}
	unseen := map[string]bool{}
	for from := 0; from < len(ids); from += manyAtOnce {
		some := ids[from:min(from+manyAtOnce, len(ids))]
		found, failed := make([]listedKey, len(some)), make([]error, len(some))
		var all sync.WaitGroup
		for i, id := range some {
			all.Go(func() { found[i], failed[i] = s.shown(ctx, id) })
		}
		all.Wait()
		for i, id := range some {
			switch {
			case IsKind(failed[i], NotFound):
				unseen[id] = true
				each(&listedKey{key: apikey.Key{ID: s.spelling.Show(id)}, other: true}) // a row all the same
			case failed[i] != nil:
				return rest, failed[i]
			default:
				each(&found[i])
			}
		}
	}
	return rest, s.gone(ctx, unseen)
}

// gone holds that the list does not have ids any more of which no key was shown, as soon as it may lag behind.
func (s *issuer) gone(ctx context.Context, ids map[string]bool) error {
	readIDs := func(ctx context.Context, query url.Values, start func(*answer), each func(*listedKey)) (wire.Beside, error) {
		all, rest, err := s.ids(ctx, s.pageCall(query), start)
		for _, id := range all {
			each(&listedKey{key: apikey.Key{ID: id}})
		}
		return rest, err
	}
	ctx = ForProof(ctx)
	for waited := time.Duration(0); len(ids) > 0; waited += time.Second {
		still := 0
		err := s.still(ctx, readIDs, func(*answer) { still = 0 }, func(k *apikey.Key, _ apikey.Secret) {
			if ids[k.ID] {
				still++
			}
		})
		switch {
		case err != nil || still == 0:
			return err
		case waited >= s.d.Truth.ListLag.Duration:
			return notWhole(opList, fmt.Sprintf("the list has %s that %s does not find (404): the list is not whole", apikey.Count(still, "key"), s.d.List.Each.Call))
		}
		if err := s.opts.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// shown asks for one key.
func (s *issuer) shown(ctx context.Context, id string) (out listedKey, err error) {
	c := s.request(opList, s.d.List.Each, id, map[apikey.Field]any{apikey.FieldID: id})
	if s.d.Row.SecretIsID { // no text repeats it
		c.idSecret = apikey.NewSecret(id)
	}
	err = s.send(ctx, c, func(a *answer) (err error) {
		r := s.listed()
		if err := r.Read(a.body, s.d.List.Each.Key); err != nil {
			return err
		}
		if wire.FirstOf(r.ID...) == "" {
			r.SetID(wire.Text(id))
		}
		return s.ofList(r, &out)
	})
	return out, err
}

// walk reads the list, page by page. A key that moved to the next page meanwhile comes once. The list ends with the page
// that names no other, and with one that brings nothing and names one that was read: services name a page after the last,
// the last one again, or the first, and some have one name for all. One that says in so many words that there is more is not
// the end: whoever asks with a parameter that the service does not know gets its first page for ever.
func (s *issuer) walk(ctx context.Context, start func(*answer), each visit) error {
	err := s.still(ctx, s.page, start, each)
	if err == nil && s.d.Catalogue != nil && s.d.Catalogue.Keys {
		s.learnFromKeys()
	}
	return err
}

// stillReads is how often a list is read that moves while it is read.
const stillReads = 5

// still reads a list that stands still. Pages that are counted lose a key where one before it goes meanwhile, and then it looks whole: where
// the list says another count than before, or rows come again, it is read again, until nothing moves or two readings are alike. Such a
// list is passed on when it was read to its end.
func (s *issuer) still(ctx context.Context, read pageReader, start func(*answer), each visit) error {
	if s.d.List.Paging == "" && s.d.List.Pages == nil {
		return s.widest(ctx, read, start, each)
	}
	if p := s.d.List.Pages; p == nil || p.Kind != "page" && p.Kind != "offset" {
		var m wire.Motion
		if err := s.walkPages(ctx, read, start, each, &m); err != nil {
			return err
		}
		return notWhole(opList, m.Short(s.d.List.Pages))
	}
	var before []string
	for i := range stillReads {
		var rows []listedKey
		var m wire.Motion
		err := s.walkPages(ctx, read, func(a *answer) {
			start(a)
			rows, m = nil, wire.Motion{}
		}, func(k *apikey.Key, secret apikey.Secret) { rows = append(rows, listedKey{key: *k, secret: secret}) }, &m)
		if err != nil {
			return err
		}
		short := notWhole(opList, m.Short(s.d.List.Pages)) // a key may have gone between the count and the rows
		if alike := i > 0 && slices.Equal(m.IDs, before); short != nil && alike {
			return short
		} else if short == nil && !m.Moved || alike {
			for _, row := range rows {
				row.to(each)
			}
			return nil
		}
		before = m.IDs
	}
	return notWhole(opList, fmt.Sprintf("keys were made or deleted between the pages of the list each of the %d times that it was read: it is not whole", stillReads))
}

func (s *issuer) walkPages(ctx context.Context, read pageReader, start func(*answer), each visit, m *wire.Motion) error {
	seen, cursors := map[string]bool{}, map[string]bool{}
	query := s.firstPage(s.d.List.Pages)
	barren, total, last := 0, 0, "" // pages in a row without a key that is new; rows so far; the id of the last
	for page := 0; ; page++ {
		count, before := 0, len(seen)
		var further []listedKey
		rest, err := read(ctx, query, func(a *answer) {
			count, further = 0, nil
			m.IDs = m.IDs[:m.Page]
			if page == 0 {
				start(a)
				clear(seen)
			}
		}, func(k *listedKey) {
			count++
			m.IDs = append(m.IDs, k.key.ID)
			last = s.spelling.Raw(k.key.ID)
			switch {
			case seen[k.key.ID]:
			case page == 0: // it streams; a further page is whole before its first key is passed on
				seen[k.key.ID] = true
				k.to(each)
			default:
				further = append(further, *k)
			}
		})
		if err == nil && page == 0 {
			err = proves(ctx, rest)
		}
		if err != nil {
			return err
		}
		for _, row := range further {
			if !seen[row.key.ID] {
				seen[row.key.ID] = true
				row.to(each)
			}
		}
		if barren++; len(seen) > before {
			barren = 0
		}
		total += count
		m.Turn(rest, s.d.List.Pages, len(seen)-before)
		cursor, more, bad := wire.Following(s.d.List.Pages, rest, wire.At{Page: page, Count: count, Total: total, Last: last, Barren: barren > 0})
		more = more && (barren == 0 || !cursors[cursor]) && (barren < maxEmpty || count > 0 || wire.SaysMore(rest.Members))
		if bad == "" && !more && page > 0 && barren > 0 && count > 0 && wire.SaysMore(rest.Members) {
			bad = "a further page of the list brought only keys that had come before, and says that there are more: the list is not whole. " +
				"Where a declaration says how pages are asked for, it may name another parameter than the service's"
		}
		if bad == "" && more && (page >= maxPages || barren >= maxBarren) {
			bad = "the list's pages do not come to an end"
		}
		if bad != "" {
			return notWhole(opList, bad)
		}
		if !more {
			return nil
		}
		cursors[cursor] = true
		query = wire.FurtherPage(s.d.List.Pages, query, cursor, count)
	}
}

// widest reads the widest list that the credential may read.
func (s *issuer) widest(ctx context.Context, read pageReader, start func(*answer), each visit) error {
	queries := s.d.List.Queries
	if len(queries) == 0 {
		queries = []string{""}
	}
	var first error
	for i := s.query.Load(); int(i) < len(queries); i++ {
		rows := 0
		rest, err := read(ctx, s.queryOf(queries[i]), func(a *answer) { rows = 0; start(a) }, func(k *listedKey) { rows++; k.to(each) })
		if err == nil && wire.SaysMore(rest.Members) {
			return notWhole(opList, "the list says that there are more keys than it has, and nothing says how they are asked for: it is not whole. In an issuer's file list.pages does")
		}
		if err == nil {
			s.query.Store(i)
			if err := proves(ctx, rest); err != nil {
				return err
			}
			var all wire.Tally
			all.Add(rest, nil, rows)
			return notWhole(opList, all.Short(nil))
		}
		if first == nil {
			first = err
		}
		if !IsKind(err, Forbidden) && !IsKind(err, Invalid) && !IsKind(err, NotFound) {
			return err
		}
	}
	return first
}

// inList is the key that the list has under an id; none where it has no such key.
func (s *issuer) inList(ctx context.Context, id string) (found listedKey, err error) {
	err = s.walk(ForProof(ctx), func(*answer) { found = listedKey{} }, func(k *apikey.Key, secret apikey.Secret) {
		if k.ID == id {
			found = listedKey{key: *k, secret: secret}
		}
	})
	if err != nil {
		return listedKey{}, err
	}
	return found, nil
}

// find is the one key of the list that is meant, else the one that has a mask of the secret; nil where none or several are.
func (s *issuer) find(ctx context.Context, secret apikey.Secret, meant func(*apikey.Key, apikey.Secret) bool) (*apikey.Key, error) {
	var exact, masked []apikey.Key
	err := s.walk(ctx,
		func(*answer) { exact, masked = nil, nil },
		func(k *apikey.Key, listed apikey.Secret) {
			switch {
			case meant(k, listed):
				exact = append(exact, *k)
			case listed.IsZero() && apikey.IsMaskOf(k.Masked, secret):
				masked = append(masked, *k)
			}
		})
	if err != nil {
		return nil, err
	}
	if len(exact) == 0 {
		exact = masked
	}
	if len(exact) != 1 {
		return nil, nil
	}
	exact[0].Matched = true
	return &exact[0], nil
}

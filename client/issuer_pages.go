package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"detent/apikey"
)

const (
	pageSize  = 100     // where the first page does not show the service's own
	maxPages  = 100_000 // of a service that never stops
	maxBarren = 1000    // pages in a row that bring nothing new
	maxEmpty  = 10      // empty pages in a row, of a service that names a next one for ever
)

// page reads one page of the list: start is called at each attempt, each for each row, whose key and record are those of the
// next one when it returns.
func (s *issuer) page(ctx context.Context, query url.Values, start func(*answer), each func(*apikey.Key, *record)) (rest map[string]json.RawMessage, err error) {
	c := s.request(opList, &s.d.List.Call, "", nil)
	c.query, c.list = query, true
	err = s.send(ctx, c, func(a *answer) error {
		start(a)
		r := s.layout.record()
		var err error
		rest, err = decodeList(a.body, s.d.List.Rows, func(raw []byte) error {
			if err := r.decode(raw); err != nil {
				return err
			}
			key, err := s.key(r)
			if err != nil {
				return err
			}
			key.Own = r.secret().Equal(s.opts.Token)
			each(&key, r)
			return nil
		})
		return err
	})
	return rest, err
}

// walk reads the list, page by page. A key that moved to the next page meanwhile comes once. The list ends with the page
// that names no other, and with one that brings nothing and names one that was read: services name a page after the last,
// the last one again, or the first, and some have one name for all.
func (s *issuer) walk(ctx context.Context, start func(*answer), each func(*apikey.Key, *record), end func()) error {
	if s.d.List.Paging == "" {
		err := s.widest(ctx, start, each)
		if err == nil {
			end()
		}
		return err
	}
	seen, cursors := map[string]bool{}, map[string]bool{}
	var query url.Values
	barren := 0 // pages in a row without a key that is new
	for page := 0; ; page++ {
		count, before := 0, len(seen)
		var later []later
		rest, err := s.page(ctx, query, func(a *answer) {
			count, later = 0, nil
			if page == 0 {
				start(a)
				clear(seen)
			}
		}, func(k *apikey.Key, r *record) {
			count++
			switch {
			case seen[k.ID]:
			case page == 0: // it streams; a further page is whole before its first key is passed on
				seen[k.ID] = true
				each(k, r)
			default:
				later = append(later, keep(k, r))
			}
		})
		if err != nil {
			return err
		}
		for _, row := range later {
			if !seen[row.key.ID] {
				seen[row.key.ID] = true
				each(&row.key, row.record)
			}
		}
		if barren++; len(seen) > before {
			barren = 0
		}
		cursor, more, bad := nextPage(rest, count == 0)
		more = more && (barren == 0 || !cursors[cursor]) && (barren < maxEmpty || count > 0 || saysMore(rest))
		if bad == "" && more && (page >= maxPages || barren >= maxBarren) {
			bad = "the list's pages do not come to an end"
		}
		if bad != "" {
			return &Error{Op: opList, Kind: BadAnswer, Status: http.StatusOK, Outcome: NotDone, Message: bad}
		}
		if !more {
			end()
			return nil
		}
		cursors[cursor] = true
		if query == nil {
			if count == 0 {
				count = pageSize
			}
			query = url.Values{"limit": {strconv.Itoa(count)}}
		}
		query.Set("cursor", cursor)
	}
}

// widest reads the widest list that the credential may read.
func (s *issuer) widest(ctx context.Context, start func(*answer), each func(*apikey.Key, *record)) error {
	queries := s.d.List.Queries
	if len(queries) == 0 {
		queries = []string{""}
	}
	var first error
	for i := s.query.Load(); int(i) < len(queries); i++ {
		_, err := s.page(ctx, queryOf(queries[i]), start, each)
		if err == nil {
			s.query.Store(i)
			return nil
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

// later is a row of a page that is read whole before any of it is passed on.
type later struct {
	key    apikey.Key
	record *record
}

// keep keeps a row. Of its record only the secret is looked at afterwards.
func keep(k *apikey.Key, r *record) later {
	kept := r.l.none
	if secret := r.secret(); !secret.IsZero() {
		kept = r.l.record()
		kept.keep(secret)
	}
	return later{*k, kept}
}

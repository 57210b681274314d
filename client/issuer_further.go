package client

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// at is where the reading of a list has come to.
type at struct {
	page, count, total int    // its number from 0, its rows, and those of all so far
	last               string // the id of the last row
	barren             bool   // it brought nothing that is new
}

// firstPage is how the first page is asked for; nil for nothing beside the list's own query.
func (s *issuer) firstPage(p *kit.Pages) url.Values {
	if p == nil {
		return nil
	}
	query := url.Values{}
	if p.Size != "" {
		query.Set(p.Size, strconv.Itoa(s.pageSize(p)))
	}
	if p.Kind == "page" {
		query.Set(p.By, strconv.Itoa(firstNumber(p.First)))
	}
	return query
}

// pageSize is how many rows a page is asked for.
func (s *issuer) pageSize(p *kit.Pages) int {
	if trial := s.opts.Trial; trial != nil && trial.PageSize.Load() > 0 {
		return int(trial.PageSize.Load())
	}
	return p.Most
}

func firstNumber(declared *int) int {
	if declared == nil {
		return 1
	}
	return *declared
}

// furtherPage is how the page that a cursor names is asked for.
func furtherPage(p *kit.Pages, query url.Values, cursor string, count int) url.Values {
	switch {
	case p == nil && query == nil:
		if count == 0 {
			count = pageSize
		}
		return url.Values{"limit": {strconv.Itoa(count)}, "cursor": {cursor}}
	case p == nil:
		query.Set("cursor", cursor)
	case p.Kind == "link":
		query, _ = url.ParseQuery(cursor)
	default:
		query.Set(p.By, cursor)
	}
	return query
}

// following says whether there is a further page, and its cursor. Those that are counted end with a page that is empty or brings
// nothing new: a service may give fewer rows than were asked for, so that a short page is not the last one.
func following(p *kit.Pages, rest beside, now at) (cursor string, more bool, bad string) {
	if p == nil {
		return wire.NextPage(rest.members, now.count == 0)
	}
	told := wire.Dig(rest.members, p.More)
	if p.More != "" && wire.Says(told, false) {
		return "", false, ""
	}
	next := wire.TextAt(rest.members, p.Next)
	switch p.Kind {
	case "cursor":
		if wire.Says(told, true) && next == "" && now.count > 0 {
			return "", false, "the list says that there is more, but not where"
		}
		if raw := wire.Dig(rest.members, p.Next); p.InBody && next != "" {
			return string(raw), true, "" // as it was given: "100" is another cursor than 100
		}
		return next, next != "", ""
	case "link":
		if next == "" {
			next = linkTo(rest.header, "next")
		}
		u, err := url.Parse(next)
		if err != nil || next == "" {
			return "", false, ""
		}
		return u.RawQuery, u.RawQuery != "", ""
	}
	if n, err := strconv.Atoi(wire.TextAt(rest.members, p.Last)); err == nil && now.page+1 >= n {
		return "", false, ""
	}
	more = now.count > 0 && !now.barren
	switch p.Kind {
	case "page":
		cursor = strconv.Itoa(firstNumber(p.First) + now.page + 1)
	case "offset":
		cursor = strconv.Itoa(now.total)
	case "after-id":
		cursor = now.last
	}
	return cursor, more, ""
}

// totalNames are how a service calls the number of keys that there are.
var totalNames = []string{"total", "total_count", "totalCount"}

// tally holds how many rows there are, as a list says, against those that came: whatever they are, and however often.
type tally struct {
	pages, rows int
	said        int // how many there are, by a name that is usual; a 0 past the end says nothing
	last        int // what list.pages.last says, which is of rows or of pages
}

// add is told of each page.
func (t *tally) add(rest beside, p *kit.Pages, rows int) {
	t.pages++
	t.rows += rows
	raw, _ := wire.PageMember(rest.members, totalNames)
	t.said = cmp.Or(atoi(wire.Literal(raw)), t.said)
	if p != nil && p.Last != "" {
		t.last = cmp.Or(atoi(wire.TextAt(rest.members, p.Last)), t.last)
	}
}

// short is the failure of a list that was read to its end, and has more rows than came. What may be a number of pages, all of which came, is no
// such count.
func (t *tally) short(op string, p *kit.Pages) error {
	said := t.said
	if t.last > t.pages || p != nil && countsRows(p.Last) {
		said = max(said, t.last)
	}
	if said <= t.rows {
		return nil
	}
	why := fmt.Sprintf("the answer says that there are %d, and %s came, on %s: it is not whole", said, apikey.Count(t.rows, "row"), apikey.Count(t.pages, "page"))
	if p == nil {
		why += ". Where there are further pages, list.pages of an issuer's file says how they are asked for"
	}
	return notWhole(op, why)
}

// countsRows reports whether a path is that of a number of rows by its name: "meta.page.total_count", and not "total_pages".
func countsRows(path string) bool {
	path = strings.ToLower(path)
	name := path[strings.LastIndexByte(path, '.')+1:]
	return !strings.Contains(path, "pages") && !strings.Contains(name, "page") && (strings.Contains(name, "total") || strings.Contains(name, "count"))
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// linkTo is the address that a header Link has for a relation.
func linkTo(h http.Header, relation string) string {
	for _, line := range h.Values("Link") {
		for _, link := range strings.Split(line, ",") {
			address, parameters, _ := strings.Cut(link, ";")
			address = strings.TrimSpace(address)
			if strings.HasPrefix(address, "<") && strings.HasSuffix(address, ">") &&
				strings.Contains(strings.ReplaceAll(strings.ToLower(parameters), `"`, ""), "rel="+relation) {
				return address[1 : len(address)-1]
			}
		}
	}
	return ""
}

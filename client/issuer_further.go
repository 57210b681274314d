package client

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

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

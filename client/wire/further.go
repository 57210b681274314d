package wire

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"detent/client/kit"
)

// At is where the reading of a list has come to.
type At struct {
	Page, Count, Total int    // its number from 0, its rows, and those of all so far
	Last               string // the id of the last row
	Barren             bool   // it brought nothing that is new
}

// Beside is what an answer says beside its list.
type Beside struct {
	Members map[string]json.RawMessage
	Header  http.Header
	Unnamed bool // it is {}: an empty list of some services, and what anybody may answer
}

// FirstPage is how the first page is asked for, with so many rows; nil for nothing beside the list's own query.
func FirstPage(p *kit.Pages, size int) url.Values {
	if p == nil {
		return nil
	}
	query := url.Values{}
	if p.Size != "" {
		query.Set(p.Size, strconv.Itoa(size))
	}
	if p.Kind == "page" {
		query.Set(p.By, strconv.Itoa(firstNumber(p.First)))
	}
	return query
}

func firstNumber(declared *int) int {
	if declared == nil {
		return 1
	}
	return *declared
}

// pageSize is how many rows a page has where the first one does not show the service's own.
const pageSize = 100

// FurtherPage is how the page that a cursor names is asked for.
func FurtherPage(p *kit.Pages, query url.Values, cursor string, count int) url.Values {
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

// Following says whether there is a further page, and its cursor. Those that are counted end with a page that is empty or brings
// nothing new: a service may give fewer rows than were asked for, so that a short page is not the last one.
func Following(p *kit.Pages, rest Beside, now At) (cursor string, more bool, bad string) {
	if p == nil {
		return NextPage(rest.Members, now.Count == 0)
	}
	told := Dig(rest.Members, p.More)
	if p.More != "" && Says(told, false) {
		return "", false, ""
	}
	next := TextAt(rest.Members, p.Next)
	switch p.Kind {
	case "cursor":
		if Says(told, true) && next == "" && now.Count > 0 {
			return "", false, "the list says that there is more, but not where"
		}
		if raw := Dig(rest.Members, p.Next); p.InBody && next != "" {
			return string(raw), true, "" // as it was given: "100" is another cursor than 100
		}
		return next, next != "", ""
	case "link":
		if next == "" {
			next = LinkTo(rest.Header, "next")
		}
		if next == "" {
			return "", false, ""
		}
		u, err := url.Parse(next)
		if err == nil {
			_, err = url.ParseQuery(u.RawQuery)
		}
		if err != nil || u.RawQuery == "" {
			return "", false, "the list names a next page, and not by a query that can be asked for"
		}
		return u.RawQuery, true, ""
	}
	if n, err := strconv.Atoi(TextAt(rest.Members, p.Last)); err == nil && now.Page+1 >= n {
		return "", false, ""
	}
	more = now.Count > 0 && !now.Barren
	switch p.Kind {
	case "page":
		cursor = strconv.Itoa(firstNumber(p.First) + now.Page + 1)
	case "offset":
		cursor = strconv.Itoa(now.Total)
	case "after-id":
		cursor = now.Last
	}
	return cursor, more, ""
}

// LinkTo is the address that a header Link has for a relation.
func LinkTo(h http.Header, relation string) string {
	for _, line := range h.Values("Link") {
		for _, link := range strings.Split(line, "<")[1:] { // an address may have a comma or a semicolon in it
			address, parameters, whole := strings.Cut(link, ">")
			if whole && strings.Contains(strings.NewReplacer(`"`, "", " ", "").Replace(strings.ToLower(parameters)), "rel="+relation) {
				return address
			}
		}
	}
	return ""
}

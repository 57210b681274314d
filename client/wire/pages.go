package wire

import (
	"encoding/json"
	"net/url"
)

// What a page says of the next one stands beside the list, or in an object of its own; some services write it otherwise than in
// the convention. A spelling that is passed over would be a list that lacks keys and looks whole.
var (
	cursorNames = []string{"next_cursor", "nextCursor"}
	moreNames   = []string{"has_more", "hasMore"}
	// nextNames are how a service calls the cursor, the number or the address of the page after.
	nextNames = append(cursorNames, "next", "next_page", "nextPage", "next_page_uri", "next_page_url", "next_url", "nextUrl", "next_link", "nextLink", "@odata.nextLink",
		"next_page_token", "nextPageToken", "next_token", "nextToken")
	pageObjects = []string{"pagination", "paging", "meta", "page_info", "pageInfo", "links", "_links"}
)

// PageMember is a member of what stands beside the list, in any of its spellings.
func PageMember(rest map[string]json.RawMessage, names []string) (raw json.RawMessage, there bool) {
	for _, name := range names {
		if raw, there = rest[name]; there {
			return raw, true
		}
	}
	for _, object := range pageObjects {
		if rest[object] == nil {
			continue
		}
		inner := Object(rest[object])
		for _, name := range names {
			if raw, there = inner[name]; there {
				return raw, true
			}
		}
	}
	return nil, false
}

// NextPage says whether there is more, and where. A page without a key that says so is taken for the last one.
func NextPage(rest map[string]json.RawMessage, empty bool) (cursor string, more bool, bad string) {
	var next Text
	if raw, ok := PageMember(rest, cursorNames); ok && json.Unmarshal(raw, &next) != nil {
		return "", false, "the list's next_cursor is no text"
	}
	if next == "" {
		next = nextAddress(rest)
	}
	raw, reported := PageMember(rest, moreNames)
	switch {
	case Says(raw, true) && next == "" && !empty:
		return "", false, "the list says that there is more, but not where"
	case reported && !Says(raw, true):
		return "", false, ""
	}
	return string(next), next != "", ""
}

// nextAddress is the cursor in the address of the next page, where that is what a service gives.
func nextAddress(rest map[string]json.RawMessage) Text {
	raw, _ := PageMember(rest, []string{"next"})
	var link struct {
		Href string `json:"href"`
	}
	if json.Unmarshal(raw, &link.Href) != nil && json.Unmarshal(raw, &link) != nil {
		return ""
	}
	u, err := url.Parse(link.Href)
	if err != nil {
		return ""
	}
	return Text(u.Query().Get("cursor"))
}

// SaysMore reports whether a page says in so many words that there is more.
func SaysMore(rest map[string]json.RawMessage) bool {
	raw, _ := PageMember(rest, moreNames)
	return Says(raw, true)
}

package wire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/client/kit"
)

// totalNames are how a service calls the number of keys that there are.
var totalNames = []string{"total", "total_count", "totalCount"}

// Tally holds how many rows there are, as a list says, against those that came: whatever they are, and however often.
type Tally struct {
	pages, rows int
	said        int // how many there are, by a name that is usual; a 0 past the end says nothing
	last        int // what list.pages.last says, which is of rows or of pages
}

// Add is told of each page.
func (t *Tally) Add(rest Beside, p *kit.Pages, rows int) {
	t.pages++
	t.rows += rows
	raw, _ := PageMember(rest.Members, totalNames)
	t.said = cmp.Or(atoi(Literal(raw)), t.said)
	if p != nil && p.Last != "" {
		t.last = cmp.Or(atoi(TextAt(rest.Members, p.Last)), t.last)
	}
}

// Short is what is wrong with a list that was read to its end, and has more rows than came; empty for nothing. What may be a number of pages,
// all of which came, is no such count.
func (t *Tally) Short(p *kit.Pages) string {
	said := t.said
	if t.last > t.pages || p != nil && countsRows(p.Last) {
		said = max(said, t.last)
	}
	if said <= t.rows {
		return ""
	}
	why := fmt.Sprintf("the answer says that there are %d, and %s came, on %s: it is not whole", said, apikey.Count(t.rows, "row"), apikey.Count(t.pages, "page"))
	if p == nil {
		why += ". Where there are further pages, list.pages of an issuer's file says how they are asked for"
	}
	return why
}

// Motion is what tells that a list moved while it was read.
type Motion struct {
	IDs   []string // of all rows, as they came
	Page  int      // how many came before this page
	count string   // of all keys, as the page before said
	Moved bool
	Tally
}

// Turn is told of each page when it was read: what it says beside its rows, and how many of them are new.
func (m *Motion) Turn(rest Beside, p *kit.Pages, fresh int) {
	raw, _ := PageMember(rest.Members, totalNames)
	if p != nil && p.Last != "" {
		raw = Dig(rest.Members, p.Last)
	}
	rows := len(m.IDs) - m.Page
	if m.Add(rest, p, rows); fresh == 0 { // a page that came before: whoever asks by another name than the service's has the first one for ever
		m.rows -= rows
	}
	m.Moved = m.Moved || m.count != "" && len(raw) > 0 && string(raw) != m.count || fresh > 0 && fresh < rows
	if m.Page = len(m.IDs); len(raw) > 0 {
		m.count = string(raw)
	}
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

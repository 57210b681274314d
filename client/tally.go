package client

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// totalNames are how a service calls the number of keys that there are.
var totalNames = []string{"total", "total_count", "totalCount"}

// tally holds how many rows there are, as a list says, against those that came: whatever they are, and however often.
type tally struct {
	pages, rows int
	said        int // how many there are, by a name that is usual; a 0 past the end says nothing
	last        int // what list.pages.last says, which is of rows or of pages
}

// add is told of each page.
func (t *tally) add(rest wire.Beside, p *kit.Pages, rows int) {
	t.pages++
	t.rows += rows
	raw, _ := wire.PageMember(rest.Members, totalNames)
	t.said = cmp.Or(atoi(wire.Literal(raw)), t.said)
	if p != nil && p.Last != "" {
		t.last = cmp.Or(atoi(wire.TextAt(rest.Members, p.Last)), t.last)
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

package table

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// column is one column of a table of keys; value is empty where the service does not say.
type column struct {
	id, title string
	value     func(*Row) string
	// drop is who goes first where the table is wider than the terminal: the highest. 0 stays.
	drop int
	// soft: its cells may be cut before a column goes.
	soft bool
}

// The columns that are no fields of a key.
const (
	columnProfile  = "profile"
	columnService  = "service"
	columnFindings = "findings"
)

// columnsOf are the columns of a table of keys: their names first, then every field that one of them may have. Permissions are
// last, where their length moves nothing else.
func columnsOf(rows []Row) []column {
	name, id, last := apikey.FieldOf(apikey.FieldName), apikey.FieldOf(apikey.FieldID), apikey.FieldOf(apikey.FieldPermissions)
	out := []column{of(name), of(id)}
	seen := map[apikey.Field]bool{name.ID: true, id.ID: true, last.ID: true}
	add := func(f apikey.FieldInfo) {
		if !seen[f.ID] {
			seen[f.ID] = true
			out = append(out, of(f))
		}
	}
	for f := range apikey.Fields() {
		add(f)
	}
	for i := range rows {
		if len(rows[i].Key.Extra) > 0 {
			for f := range apikey.FieldsOf(&rows[i].Key) {
				add(f)
			}
		}
	}
	out = append(out, column{id: columnFindings, title: "FINDINGS", drop: 15, soft: true, value: func(r *Row) string { return strings.Join(r.Findings, " ") }})
	return append(out, of(last))
}

// of is a field as a column. How long it stays as a terminal narrows is as on screen; what has no column there goes first.
func of(f apikey.FieldInfo) column {
	c := column{id: string(f.ID), title: strings.ToUpper(f.Label), value: func(r *Row) string { return r.text(f) }, drop: f.Column.Drop}
	switch {
	case f.ID == apikey.FieldID: // what other commands take
		c.drop = 0
	case f.ID == apikey.FieldPermissions: // what stands under ACCESS on screen
		c.drop = apikey.FieldOf(apikey.FieldRole).Column.Drop
	case f.Column.Title == "":
		c.drop = 100
	}
	c.soft = f.Kind != apikey.KindText && f.Kind != apikey.KindWord && f.Kind != apikey.KindTime && f.Kind != apikey.KindLife && f.Kind != apikey.KindBool
	return c
}

// ofProfile says whose a key is, where there are several profiles.
func ofProfile() column {
	return column{id: columnProfile, title: "PROFILE", value: func(r *Row) string { return r.Profile }}
}

// Keys writes a table of keys with the columns that any of them fills. With several, whose each is is a column too. width is the
// terminal's, which the table then fits; 0 is any. left are the titles of the columns that did not fit.
func Keys(w io.Writer, keys []Row, several bool, width int) (left []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var filled []column
	var cells [][]string // by column
	columns := columnsOf(keys)
	if several {
		columns = slices.Insert(columns, 2, ofProfile())
	}
	for _, c := range columns {
		any, of := false, make([]string, len(keys))
		for i := range keys {
			of[i] = c.value(&keys[i])
			any = any || of[i] != ""
			of[i] = cmp.Or(of[i], "-")
		}
		if any {
			filled, cells = append(filled, c), append(cells, of)
		}
	}
	if width > 0 {
		filled, cells, left = fit(filled, cells, width)
	}
	titles, rows := make([]string, len(filled)), make([][]string, len(keys))
	for n, c := range filled {
		titles[n] = c.title
		for i := range rows {
			rows[i] = append(rows[i], cells[n][i])
		}
	}
	return left, Write(w, titles, rows)
}

// leastSoft is what a cell that is cut keeps at least, and leastName what a name does.
const leastSoft, leastName = 16, 12

// fit makes a table no wider than the terminal: what may be cut is cut, then the columns go that matter least. An id stays whole.
func fit(columns []column, cells [][]string, width int) (kept []column, cut [][]string, left []string) {
	for {
		widths := make([]int, len(columns))
		over := gap*(len(columns)-1) - width
		for n, c := range columns {
			widths[n] = ansi.StringWidth(c.title)
			for _, cell := range cells[n] {
				widths[n] = max(widths[n], ansi.StringWidth(cell))
			}
			over += widths[n]
		}
		least := func(n int) int { return max(leastSoft, ansi.StringWidth(columns[n].title)) }
		shrink := func(n, to int) {
			if by := min(over, widths[n]-to); by > 0 {
				widths[n], over = widths[n]-by, over-by
			}
		}
		for n, c := range columns {
			if c.soft {
				shrink(n, least(n))
			}
		}
		worst := 0
		for n, c := range columns {
			if c.drop >= columns[worst].drop && c.drop > 0 {
				worst = n
			}
		}
		if over > 0 && columns[worst].drop > 0 {
			left = append(left, columns[worst].title)
			columns, cells = slices.Delete(columns, worst, worst+1), slices.Delete(cells, worst, worst+1)
			continue
		}
		shrink(0, leastName)
		if last := len(columns) - 1; columns[last].id == columnProfile {
			shrink(last, leastName)
		}
		for n := range columns {
			if widths[n] < 1 || columns[n].id == string(apikey.FieldID) {
				continue
			}
			for i, cell := range cells[n] {
				cells[n][i] = ansi.Truncate(cell, widths[n], "…")
			}
		}
		return columns, cells, left
	}
}

// Cells are the keys for CSV: a column for every field that a key's JSON names, whether one of them fills it or not, so that it is the
// same ones in every file, and then those that only some services report.
func Cells(keys []Row) (titles []string, rows [][]string) {
	keys = slices.Clone(keys)
	for i := range keys { // what a service has beside stays as the service writes it
		keys[i].Properties = nil
	}
	columns := slices.Insert(columnsOf(keys), 2, ofProfile(), column{id: columnService, value: func(r *Row) string { return r.Service }})
	rows = make([][]string, len(keys))
	for _, c := range columns {
		cells, filled := make([]string, len(keys)), false
		for i := range keys {
			cells[i] = c.value(&keys[i])
			filled = filled || cells[i] != ""
		}
		ours := c.id == columnProfile || c.id == columnService || c.id == columnFindings
		if !filled && !ours && !apikey.FieldOf(apikey.Field(c.id)).Named {
			continue
		}
		titles = append(titles, c.id)
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	return titles, rows
}

// Key writes every field of one key that the service reports, a line each; access that it does not report is unknown.
func Key(w io.Writer, k Row) error {
	width := 13 // of the titles that most keys have
	var filled []column
	columns := columnsOf([]Row{k})
	for _, p := range k.Properties {
		if k.Key.Extra[string(p.Field)] == nil {
			columns = slices.Insert(columns, len(columns)-1, of(apikey.FieldOf(p.Field)))
		}
	}
	for _, c := range columns {
		f := apikey.Field(c.id)
		declared := slices.ContainsFunc(k.Properties, func(p apikey.Property) bool { return p.Field == f })
		if slices.Contains(k.Access, f) && (declared || !apikey.FieldOf(f).IsExtra()) && c.value(&k) == "" {
			c.value = func(*Row) string { return "unknown" }
		}
		if c.value(&k) != "" {
			filled = append(filled, c)
			width = max(width, len(c.title))
		}
	}
	for _, c := range filled {
		if _, err := fmt.Fprintf(w, "%-*s %s\n", width, strings.ToLower(c.title), c.value(&k)); err != nil {
			return err
		}
	}
	return nil
}

// Moment is a time in UTC, never, or empty where the service does not say.
func Moment(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format(time.RFC3339)
	}
	if m.IsNever() {
		return "never"
	}
	return ""
}

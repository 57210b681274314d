package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// keyRow is a key as docs/REFERENCE.md writes it. A field that the service does not report is absent.
type keyRow struct {
	key              apikey.Key
	profile, service string
	findings         []string
}

// keyRow makes one; warnings are its findings by key id.
func (s *session) keyRow(k apikey.Key, warnings map[string][]string) keyRow {
	return keyRow{k, s.Profile.Name, s.Profile.Service, notNil(warnings[k.ID])}
}

// MarshalJSON writes the key's named fields, what is known of it here, and its other fields under "fields".
func (r keyRow) MarshalJSON() ([]byte, error) {
	var o, others object
	for f := range apikey.FieldsOf(&r.key) {
		if value, reported := f.JSON(&r.key); reported {
			into := &others
			if f.Named {
				into = &o
			}
			into.member(string(f.ID), value)
		}
		if f.ID == apikey.FieldName {
			o.member("profile", r.profile)
			o.member("service", r.service)
		}
	}
	o.member("findings", r.findings)
	if others.Len() > 0 {
		o.member("fields", json.RawMessage(others.close()))
	}
	return o.close(), errors.Join(o.err, others.err)
}

// object writes an object of JSON, member by member.
type object struct {
	bytes.Buffer
	encoder *json.Encoder
	err     error
}

// member writes one; name is one of ours and needs no escapes.
func (o *object) member(name string, value any) {
	if o.encoder == nil {
		o.Grow(512)
		o.encoder = json.NewEncoder(&o.Buffer)
		o.encoder.SetEscapeHTML(false)
		o.WriteByte('{')
	} else {
		o.WriteByte(',')
	}
	o.WriteByte('"')
	o.WriteString(name)
	o.WriteString(`":`)
	if err := o.encoder.Encode(value); err != nil {
		o.err = errors.Join(o.err, err)
		return
	}
	o.Truncate(o.Len() - 1) // its newline
}

func (o *object) close() []byte {
	o.WriteByte('}')
	return o.Bytes()
}

// notNil makes JSON write [] where there is nothing.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// writeJSON writes one value.
func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// column is one column of a table of keys; value is empty where the service does not say.
type column struct {
	title string
	value func(*keyRow) string
}

// columnsOf are the columns of a table of keys: their names first, then every field that one of them may have. Permissions are
// last, where their length moves nothing else.
func columnsOf(rows []keyRow) []column {
	of := func(f apikey.FieldInfo) column {
		return column{strings.ToUpper(f.Label), func(r *keyRow) string { return f.Text(&r.key) }}
	}
	name, id, last := apikey.FieldOf(apikey.FieldName), apikey.FieldOf(apikey.FieldID), apikey.FieldOf(apikey.FieldPermissions)
	out := []column{of(name), of(id)}
	seen := map[apikey.Field]bool{name.ID: true, id.ID: true, last.ID: true}
	add := func(fields iter.Seq[apikey.FieldInfo]) {
		for f := range fields {
			if !seen[f.ID] {
				seen[f.ID] = true
				out = append(out, of(f))
			}
		}
	}
	add(apikey.Fields())
	for i := range rows {
		if len(rows[i].key.Extra) > 0 {
			add(apikey.FieldsOf(&rows[i].key))
		}
	}
	out = append(out, column{"FINDINGS", func(r *keyRow) string { return strings.Join(r.findings, " ") }})
	return append(out, of(last))
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// moment is a time in UTC, never, or empty where the service does not say.
func moment(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format(time.RFC3339)
	}
	if m.IsNever() {
		return "never"
	}
	return ""
}

// writeKeys writes a table of keys with the columns that any of them fills.
func writeKeys(w io.Writer, keys []keyRow) error {
	if len(keys) == 0 {
		return nil
	}
	var titles []string
	rows := make([][]string, len(keys))
	for _, c := range columnsOf(keys) {
		filled := false
		cells := make([]string, len(keys))
		for i := range keys {
			cells[i] = c.value(&keys[i])
			filled = filled || cells[i] != ""
		}
		if !filled {
			continue
		}
		titles = append(titles, c.title)
		for i, cell := range cells {
			if cell == "" {
				cell = "-"
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return writeTable(w, titles, rows)
}

// writeTable aligns columns by the cells that their text takes on a terminal.
func writeTable(w io.Writer, titles []string, rows [][]string) error {
	widths := make([]int, len(titles))
	all := append([][]string{titles}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// keyCount is a number of keys in words: "1 key", "3 keys".
func keyCount(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// writeKey writes every field of one key that the service reports, a line each.
func writeKey(w io.Writer, k keyRow) error {
	width := 13 // of the titles that most keys have
	var filled []column
	for _, c := range columnsOf([]keyRow{k}) {
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

// warningsOf are the findings that deserve attention, by key id, as list and check name them.
func (s *session) warningsOf(keys []apikey.Key, rotating map[string]bool, now time.Time) map[string][]string {
	out := map[string][]string{}
	for _, f := range apikey.Examine(keys, s.Caps, s.Profile.Policy(), rotating, now) {
		if f.Kind.IsWarning() && f.KeyID != "" {
			out[f.KeyID] = append(out[f.KeyID], string(f.Kind))
		}
	}
	return out
}

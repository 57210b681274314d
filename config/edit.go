package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// byHand is why a table is left alone.
func byHand(path string, table []string) error {
	return fmt.Errorf("%s: [%s] is written in a way that only a person changes: edit the file by hand", path, quoteKeys(table))
}

// setField gives a field of a table another value, or takes it out where there is none for it; a comment behind a value
// stays. A field that is not there comes after the table's last one, in line with it.
func setField(path, text string, table []string, f fieldValue) (string, error) {
	t, ok := findTable(text, table)
	if !ok {
		return "", byHand(path, table)
	}
	at, there := t.fields[f.name]
	if there && f.value == "" {
		f.value = f.off
	}
	switch {
	case there && f.value == "":
		return text[:at.line] + text[at.next:], nil
	case there:
		return text[:at.value] + f.value + text[at.end:], nil
	case f.value == "":
		return "", byHand(path, table)
	}
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	before := text[:t.next]
	if !strings.HasSuffix(before, "\n") {
		before += newline
	}
	return before + t.indent + fmt.Sprintf("%-*s = ", t.nameWidth, f.name) + f.value + newline + text[t.next:], nil
}

// tableText is where a table stands that has a header of its own, in offsets.
type tableText struct {
	fields    map[string]fieldText
	next      int    // the line after its last field, or after its header
	indent    string // before its last field
	nameWidth int    // of its last field, with what is filled up to the =
}

// fieldText is where one field stands: its line, its value without what is behind it, the next line.
type fieldText struct{ line, value, end, next int }

// expression is a header, or a field with its name in its table, and where that begins.
type expression struct {
	header bool
	name   []string
	at     int
}

// expressions are those of a text, in order.
func expressions(text string) (all []expression, err error) {
	var p unstable.Parser
	p.Reset([]byte(text))
	for p.NextExpression() {
		e := expression{header: p.Expression().Kind != unstable.KeyValue}
		for key := p.Expression().Key(); key.Next(); e.name = append(e.name, string(key.Node().Data)) {
			if e.name == nil {
				e.at = int(key.Node().Raw.Offset)
			}
		}
		if e.name != nil { // a comment has none
			all = append(all, e)
		}
	}
	return all, p.Error()
}

// findTable looks for a table and its fields; without a path, for those that are in none. It finds none where one of them is not to be
// made out.
func findTable(text string, path []string) (t tableText, found bool) {
	all, err := expressions(text)
	in := len(path) == 0
	t, found = tableText{fields: map[string]fieldText{}}, in
	for _, e := range all {
		switch {
		case e.header:
			if in = slices.Equal(e.name, path); in {
				found = true
				t = tableText{fields: map[string]fieldText{}, next: nextLine(text, e.at)}
			}
		case in && len(e.name) == 1:
			f, ok := findField(text, e.at)
			if !ok {
				return t, false
			}
			t.fields[e.name[0]], t.next = f, f.next
			t.indent = text[f.line:e.at]
			t.nameWidth = len(strings.TrimSuffix(text[e.at:strings.IndexByte(text[e.at:], '=')+e.at], " "))
		}
	}
	return t, found && err == nil
}

// findField makes out the field whose name begins at start: its value ends where nothing or a comment is left on a line, and
// what is before is TOML.
func findField(text string, start int) (fieldText, bool) {
	line := strings.LastIndexByte(text[:start], '\n') + 1
	equals := strings.IndexByte(text[start:], '=')
	if equals < 0 || strings.TrimSpace(text[line:start]) != "" {
		return fieldText{}, false
	}
	value := start + equals + 1
	value += len(text[value:]) - len(strings.TrimLeft(text[value:], " \t"))
	for end := value + 1; end <= len(text); end++ {
		rest := strings.TrimLeft(text[end:nextLine(text, end)], " \t\r\n")
		if text[end-1] == ' ' || text[end-1] == '\t' || rest != "" && rest[0] != '#' {
			continue
		}
		var field map[string]any
		if toml.Unmarshal([]byte(text[start:end]), &field) == nil {
			return fieldText{line: line, value: value, end: end, next: nextLine(text, end)}, true
		}
	}
	return fieldText{}, false
}

// nextLine is the offset after the line of an offset.
func nextLine(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

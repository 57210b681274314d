package kit

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// field is one that a declaration can have, by its path in a file, with what fills the lists of tables on the way.
type field struct {
	path string
	kind reflect.Type
}

// allFields are those of a declaration, down to the last.
func allFields() []field {
	var out []field
	var in func(path string, t reflect.Type)
	in = func(path string, t reflect.Type) {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if path != "" {
			out = append(out, field{path, t})
		}
		switch {
		case t == reflect.TypeOf(Span{}):
		case t.Kind() == reflect.Struct:
			for name, index := range fieldsOf(t) {
				in(join(path, name), t.FieldByIndex(index).Type)
			}
		case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
			in(path+"[0]", t.Elem())
		}
	}
	in("", reflect.TypeOf(Declaration{}))
	return out
}

// at is a line of TOML that gives a field a value, a list of tables as one with inline tables.
func (f field) at(value string) string {
	for {
		from := strings.LastIndex(f.path, "[0]")
		if from < 0 {
			return f.path + " = " + value
		}
		inner := strings.TrimPrefix(f.path[from+3:], ".")
		if inner != "" {
			value = "{ " + inner + " = " + value + " }"
		}
		f.path, value = f.path[:from], "[ "+value+" ]"
	}
}

// goWords are what no person who writes a file is to read.
var goWords = []string{"kit.", "struct", "reflect", "[]string", "map[", "int64", "float64", "interface", "cannot decode", "Go ", "bool ", "slice", "<nil>"}

func problems(t *testing.T, text string) []*Problem {
	t.Helper()
	_, err := Load("f.toml", []byte(text))
	if err == nil {
		return nil
	}
	var out []*Problem
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, e := range all {
		var p *Problem
		if !errors.As(e, &p) {
			t.Fatalf("%v", e)
		}
		out = append(out, p)
	}
	for _, word := range goWords {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%q stands in %v", word, err)
		}
	}
	return out
}

// TestAValueOfAWrongKindIsRefusedAtItsLine: of every field that there is, with every kind of value that it cannot have.
func TestAValueOfAWrongKindIsRefusedAtItsLine(t *testing.T) {
	values := map[string]string{"text": `"soon"`, "number": `60`, "flag": `true`, "float": `1.5`, "date": `2026-11-28`, "texts": `["a"]`, "numbers": `[1]`, "table": `{ a = 1 }`, "tables": `[{ a = 1 }]`}
	takes := func(f field, kind string) bool {
		switch f.kind.Kind() {
		case reflect.String:
			return kind == "text"
		case reflect.Bool:
			return kind == "flag"
		case reflect.Int:
			return kind == "number"
		case reflect.Map:
			return kind == "table" && f.kind.Elem().Kind() == reflect.Interface
		case reflect.Slice:
			return kind == "texts" && f.kind.Elem().Kind() == reflect.String
		}
		return false
	}
	looked := 0
	for _, f := range allFields() {
		for kind, value := range values {
			if takes(f, kind) {
				continue
			}
			looked++
			found := false
			for _, p := range problems(t, "\n\n"+f.at(value)+"\n") {
				found = found || p.Line == 3 && (p.Field == f.path || strings.HasPrefix(p.Field, f.path+"[") || strings.HasPrefix(p.Field, f.path+"."))
			}
			if !found {
				t.Errorf("%s: nothing is said of it: %v", f.at(value), problems(t, "\n\n"+f.at(value)+"\n"))
			}
		}
	}
	if looked < 1000 {
		t.Errorf("%d were looked at", looked)
	}
}

// TestAnUnknownFieldIsRefusedInEveryTable: in a table of its own, in one line alone or with another, and as a dotted key.
func TestAnUnknownFieldIsRefusedInEveryTable(t *testing.T) {
	looked := 0
	for _, f := range allFields() {
		if f.kind.Kind() != reflect.Struct || f.kind == reflect.TypeOf(Span{}) {
			continue
		}
		ways := map[string]string{"alone in one line": f.at(`{ zork = 1 }`), "beside a known one": f.at(`{ zork = 1, call = "GET /v1/keys" }`)}
		if !strings.Contains(f.path, "[") {
			ways["a table"], ways["dotted"] = "["+f.path+"]\nzork = 1", f.path+".zork = 1"
		} else if path, ok := strings.CutSuffix(f.path, "[0]"); ok && !strings.Contains(path, "[") {
			ways["a table of a list"] = "[[" + path + "]]\nzork = 1"
		}
		for way, text := range ways {
			looked++
			found := false
			for _, p := range problems(t, "\n"+text) {
				found = found || p.Field == f.path+".zork" && p.Line == 2+strings.Count(text, "\n") && strings.Contains(p.Text, "there is no such field; here are ")
			}
			if !found {
				t.Errorf("%s, %s: %v", f.path, way, problems(t, "\n"+text))
			}
		}
	}
	if looked < 60 {
		t.Errorf("%d were looked at", looked)
	}
}

// TestAllProblemsAreSaidAtOnce: those of kinds, of fields that there are not, and of what values mean, each at its own line, also in lists
// over several lines and in the second table of a list; nothing is said twice.
func TestAllProblemsAreSaidAtOnce(t *testing.T) {
	text := `name = "example"
title = 7
proven = "by hand"
longest_name = "long"
row = { id = ["id"], nam = ["name"] }
secret.prefix = [
  { text = "a_" },
  { text = 5 },
]
[list]
call = "GET keys"
rows = "data"
pages = { kind = "page", by = "page", most = "50" }
[[probe]]
call = "GET /me"
answers = "object"
[[probe]]
call = "DELETE /me"
answers = "object"
[probe.send]
key = { secret = true }
[refusals]
own = ["text",
  "what"]
[truth]
revoke_lag = 60
list_lag = "soon"
`
	var got []string
	for _, p := range problems(t, text) {
		got = append(got, fmt.Sprintf("%d %s", p.Line, p.Field))
	}
	want := "2 title|3 proven|4 longest_name|5 row.nam|8 secret.prefix[1].text|11 list.call|12 list.rows|13 list.pages.most|18 probe[1].call|21 probe[1].send.key|23 refusals.own|26 truth.revoke_lag|27 truth.list_lag|5 row.name"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}

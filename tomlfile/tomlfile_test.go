package tomlfile_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"detent/tomlfile"
)

func plain(name string) string { return name }

func TestEveryFieldIsOnItsLine(t *testing.T) {
	_, lines, err := tomlfile.Read("a.toml", []byte(`name = "a"
[list]
call = "GET /keys"
pages = { kind = "page",
  by = "p" }
[[probe]]
call = "GET /a"
[[probe]]
call = "GET /b"
[probe.send]
x = [ "one",
  "two" ]
[a."b.c"]
d = 1
`), plain)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]int{"name": 1, "list": 2, "list.call": 3, "list.pages": 4, "list.pages.kind": 4, "list.pages.by": 5, "probe": 6, "probe[0]": 6,
		"probe[0].call": 7, "probe[1]": 8, "probe[1].call": 9, "probe[1].send": 10, "probe[1].send.x": 11, "probe[1].send.x[1]": 12, "a.b.c": 13, "a.b.c.d": 14} {
		if lines()[field] != want {
			t.Errorf("%s is on line %d, want %d", field, lines()[field], want)
		}
	}
}

func TestANameIsWrittenAsItsReaderWantsIt(t *testing.T) {
	_, lines, err := tomlfile.Read("a.toml", []byte("[a.\"b.c\"]\nd = 1\n[a.b]\nc = 2\n"), strconv.Quote)
	if err != nil || lines()[`"a"."b.c"."d"`] != 2 || lines()[`"a"."b"."c"`] != 4 {
		t.Errorf("%v, %v", lines(), err)
	}
}

func TestWhatIsNoTOMLIsSaidWithItsLine(t *testing.T) {
	for text, line := range map[string]int{"a = 1\nb = \n": 2, "[a\n": 1, "a = 1\na = 2\n": 2} {
		_, _, err := tomlfile.Read("a.toml", []byte(text), plain)
		var p *tomlfile.Problem
		if !errors.As(err, &p) || p.Line != line || p.Field != "" || !strings.HasPrefix(p.Error(), "a.toml:"+strconv.Itoa(line)+": is not TOML: ") {
			t.Errorf("%q: %v, want line %d", text, err, line)
		}
	}
}

func TestWhatIsMissingIsSaidLast(t *testing.T) {
	all := []*tomlfile.Problem{{Line: 1, Missing: true}, {Line: 9}, {Line: 3}, {Line: 4, Missing: true}}
	slices.SortFunc(all, tomlfile.Compare)
	var got []int
	for _, p := range all {
		got = append(got, p.Line)
	}
	if !slices.Equal(got, []int{3, 9, 1, 4}) {
		t.Errorf("%v", got)
	}
}

// TestATableThatIsWrittenTwiceIsSaidWithWhatToDo, in each way in which that can be.
func TestATableThatIsWrittenTwiceIsSaidWithWhatToDo(t *testing.T) {
	for text, want := range map[string]string{
		"[create]\nsend.name = 1\n[create.send]\nx = 1\n": "f.toml:3: is not TOML: table send already exists as defined by a dotted key: a table is written in one way and once; either lines send.NAME = … or one header [send]",
		"a.b = 1\n[a]\nc = 1\n":                           "either lines a.NAME = … or one header [a]",
		"[a]\n[a]\n":                                      "either lines a.NAME = … or one header [a]",
		"a = { b = 1 }\n[a.c]\nx = 1\n":                   "key a already exists as a value: a table in braces is whole; add what is missing inside of them, or write [a]",
	} {
		if _, _, err := tomlfile.Read("f.toml", []byte(text), plain); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

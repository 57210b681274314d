package kit

import (
	"cmp"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// builtInOnly are the fields that only declarations of detent's own need: words of its forms, and what one convention has.
var builtInOnly = []string{"label", "place", "usage_page", "embedded", "other_ids", "own_project", "exchange", "public_key", "environment_names",
	"remedy", "secret.shape", "permission.useless", "role.manages", "auth.cookie_tls", "auth.origin"}

// fieldPaths are all fields of the language, each with the table that it stands in. What every call has is a field of "call".
func fieldPaths() []string {
	found := map[string]bool{}
	var walk func(table string, of reflect.Type)
	walk = func(table string, of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			name := cmp.Or(f.Tag.Get("toml"), strings.ToLower(f.Name))
			if f.Anonymous && f.Type == reflect.TypeFor[Call]() {
				walk("call", f.Type)
				continue
			}
			path := strings.TrimPrefix(table+"."+name, ".")
			if name == "-" || found[path] {
				continue
			}
			found[path] = true
			in := f.Type
			for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
				in = in.Elem()
			}
			switch {
			case in == reflect.TypeFor[Call]():
				walk("call", in)
			case in.Kind() == reflect.Struct && in != reflect.TypeFor[Span]() && !slices.Contains(builtInOnly, path):
				// A key is sent in the ways of a credential, and roles are asked for as permissions are.
				walk(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "key_"), "role_"), "environment_"), in)
			}
		}
	}
	walk("", reflect.TypeFor[Declaration]())
	return slices.Sorted(maps.Keys(found))
}

// missingOn are the fields that a page says nothing of: one is said where its name stands in code, in a paragraph, an example or a row of the table
// whose code names its table, too.
func missingOn(page string) (missing []string) {
	span := regexp.MustCompile("`[^`]+`")
	var blocks []string
	block := ""
	end := func() { blocks, block = append(blocks, block), "" }
	for line := range strings.Lines(page) {
		switch {
		case strings.TrimSpace(line) == "":
			if !strings.HasPrefix(block, "    ") { // an example goes on after a blank line
				end()
			}
		case strings.HasPrefix(line, "    "):
			if !strings.HasPrefix(block, "    ") {
				end()
			}
			block += line
		case strings.HasPrefix(line, "|"):
			end()
			block = strings.Join(span.FindAllString(line, -1), " ")
		default:
			if strings.HasPrefix(block, "    ") {
				end()
			}
			block += strings.Join(span.FindAllString(line, -1), " ") + " "
		}
	}
	end()
	for _, path := range fieldPaths() {
		table, name, nested := strings.Cut(path, ".")
		if !nested {
			table, name = "", path
		}
		word := func(w string) *regexp.Regexp { return regexp.MustCompile(`(?:^|[^\w-])` + w + `(?:[^\w-]|$)`) }
		of, in := word(name), word(table)
		said := slices.ContainsFunc(blocks, func(b string) bool { return of.MatchString(b) && (table == "" || table == "call" || in.MatchString(b)) })
		if !said && !slices.Contains(builtInOnly, path) {
			missing = append(missing, path)
		}
	}
	return missing
}

// TestEveryFieldOfTheLanguageIsOnThePage that somebody writes a file by.
func TestEveryFieldOfTheLanguageIsOnThePage(t *testing.T) {
	raw, err := os.ReadFile("../../docs/ISSUERS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range missingOn(string(raw)) {
		t.Errorf("docs/ISSUERS.md says nothing of %s", path)
	}
	all := fieldPaths()
	if len(all) < 130 {
		t.Errorf("%d fields: is this test looking?", len(all))
	}
	for _, path := range builtInOnly {
		if !slices.Contains(all, path) {
			t.Errorf("there is no field %s", path)
		}
	}
	if intro, _, found := strings.Cut(string(raw), "## Each field"); !found || len(missingOn(intro)) < 30 {
		t.Errorf("of a page without its table only %q are missing", missingOn(intro))
	}
}

package kit

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestARefusedWordIsSaidWithThoseThatAreAllowed: each refusal in the source of this package that says what a word is not says what it could be.
func TestARefusedWordIsSaidWithThoseThatAreAllowed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	refusal := regexp.MustCompile("(?:refuse\\([^\"`]*(?:\"[^\"]*\"[^\"`]*)?, |Errorf\\()(\"%q is (?:no|none|nothing|not)\\b(?:[^\"\\\\]|\\\\.)*\")")
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range refusal.FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(m[1], ": ") && !strings.Contains(m[1], "without ") {
				t.Errorf("%s: %s says nothing of what is allowed", file, m[1])
			}
		}
	}
	if found < 12 {
		t.Errorf("%d refusals: is this test looking?", found)
	}
}

// TestWhatIsAllowedInstead: what a file has, and what it could have, where that depends on the file.
func TestWhatIsAllowedInstead(t *testing.T) {
	for text, want := range map[string]string{
		`create.send.x = { field = "colour" }`:                                                   `f.toml:13: create.send.x: "colour" is no field that can be sent: one of "id", "name", "environment", "expires_at", "restrictions", "role", "type", "enabled", "permissions"`,
		"number = [{ name = \"spend\", title = \"x\" }]\ncreate.send.x = { field = \"colour\" }": `"permissions", "spend"`,
		`create.fields = ["colour"]`:                                                             `create.fields: "colour" is no field that can be sent so: one of "name", "environment"`,
		`create.send.x = { parent = "team" }`:                                                    `"team" is no [[parent]] of this file: it has none, and one is declared by its name and a title`,
		"parent = [{ name = \"org\", title = \"x\" }]\ncreate.send.x = { parent = \"team\" }":    `"team" is no [[parent]] of this file: one of "org"`,
		`access = ["name"]`:                                                                  `access: "name" is no field of access: one of "environment", "type", "role", "permissions", "project"`,
		`create.setting = "create"`:                                                          `create.setting: "create" is none of settings: the file has none`,
		`row.as_named = ["colour"]`:                                                          `row.as_named: "colour" is no field of a row that has members: one of "account", "can_retrieve_value", "created_at"`,
		`list.rows = ["result.items"]`:                                                       `list.rows: "result.items" is a path, and here is the name of a member of the answer itself`,
		`update = { call = "PATCH /v1/keys/{id}" }`:                                          `f.toml:13: update.send: changes nothing: { field = … } somewhere in it, or update.fields, is one of "name", "role", "enabled", "expires_at"`,
		`update = { call = "PATCH /v1/keys/{id}", send = { why = "x" } }`:                    `update.send: changes nothing`,
		`update = { call = "PATCH /v1/keys/{id}", send = { key = { field = "id" } } }`:       `update.send: changes nothing`,
		`update = { call = "PATCH /v1/keys", fields = ["name"], send.k = { field = "id" } }`: ``,
	} {
		_, err := Load("f.toml", []byte(small+text+"\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestAMemberOfARowMayBeAPath, but for what is sent back under its own name and what is looked into. All elements of an array are for permissions.
func TestAMemberOfARowMayBeAPath(t *testing.T) {
	for _, named := range (&Row{}).Named() {
		if strings.HasPrefix(named.Field, "former") {
			continue
		}
		file := regexp.MustCompile(`(?m)^row\.`+regexp.QuoteMeta(named.Field)+` = .*$`).ReplaceAllString(small, "") + "\nrow." + named.Field + " = [\"meta.created\"]\n"
		if named.Field == "pair_with" {
			file += "row.pair = \":\"\n"
		}
		_, err := Load("f.toml", []byte(file))
		if flat := named.Field == "copied" || named.Field == "inside"; flat && (err == nil || !strings.Contains(err.Error(), `"meta.created" is a path`)) || !flat && err != nil {
			t.Errorf("%s: %v", named.Field, err)
		}
		_, err = Load("f.toml", []byte(strings.Replace(file, "meta.created", "meta[].created", 1)))
		if all := named.Field == "permissions"; all && err != nil || !all && (err == nil || !strings.Contains(err.Error(), `"meta[].created" takes all elements of an array, which is for row.permissions: the first one is "meta.0.created"`)) {
			t.Errorf("%s: %v", named.Field, err)
		}
	}
	for text, want := range map[string]string{`row.created_at = ["a..b"]`: `"" is no name`, `row.created_at = [".b"]`: `"" is no name`, `row.created_at = ["b."]`: `"" is no name`,
		"row.role = [\"meta.role\"]\nrole = [{ name = \"admin\" }]\ncreate.fields = [\"role\"]": `"role" is a path in the row (meta.role): say in send how it goes`} {
		if _, err := Load("f.toml", []byte(small+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestACreateSendsAName: by it alone a create is found again whose answer is lost.
func TestACreateSendsAName(t *testing.T) {
	const says = `create.send: sends no name: { field = "name" } somewhere in it, or create.fields`
	for with, refused := range map[string]bool{`create.send.kind = "key"`: true, `create.fields = ["name"]`: false, `create.send.deep = [{ n = { field = "name" } }]`: false} {
		text := strings.Replace(small, `create.send.name = { field = "name" }`, with, 1)
		if _, err := Load("f.toml", []byte(text)); (err != nil) != refused || refused && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", with, err)
		}
	}
}

// TestAFieldOfTheFileBelowATableIsSaidToBelongAbove: each that the table above it does not have.
func TestAFieldOfTheFileBelowATableIsSaidToBelongAbove(t *testing.T) {
	own := fieldsOf(reflect.TypeFor[Parent]())
	looked := 0
	for name := range fieldsOf(reflect.TypeFor[Declaration]()) {
		if _, has := own[name]; has {
			continue
		}
		looked++
		_, err := Load("f.toml", []byte(small+"[[parent]]\nname = \"team\"\ntitle = \"Team\"\n"+name+" = \"x\"\n"))
		if want := "f.toml:16: parent[0]." + name + ": there is no such field; here are about, catalogue, name, title; " + name + " is a field of the whole file: move it above the first [table]"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if looked < 20 {
		t.Errorf("%d fields", looked)
	}
	if _, err := Load("f.toml", []byte(small+"[[parent]]\nname = \"team\"\ncolour = \"red\"\n")); err == nil || strings.Contains(err.Error(), "above the first") {
		t.Error(err)
	}
}

// TestAListOfTextsIsSaidByOneThatTheFieldMayHave: no field is told to be a list of ids.
func TestAListOfTextsIsSaidByOneThatTheFieldMayHave(t *testing.T) {
	looked := 0
	for _, of := range []struct {
		path string
		in   reflect.Type
	}{{"", reflect.TypeFor[Declaration]()}, {"row.", reflect.TypeFor[Row]()}, {"list.", reflect.TypeFor[List]()}, {"create.", reflect.TypeFor[Create]()}, {"refusals.", reflect.TypeFor[Refusals]()}} {
		for name, index := range fieldsOf(of.in) {
			if t := of.in.FieldByIndex(index).Type; t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.String {
				continue
			}
			looked++
			field := of.path + name
			lines := slices.DeleteFunc(strings.Split(small, "\n"), func(line string) bool { return strings.HasPrefix(line, field+" ") })
			_, err := Load("f.toml", []byte(strings.Join(lines, "\n")+"\n"+field+" = 7\n"))
			m := regexp.MustCompile(regexp.QuoteMeta(field) + `: must be a list of texts: \["(.*)"\]`).FindStringSubmatch(errorText(err))
			if m == nil || m[1] == "id" && field != "row.id" {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	if looked < 30 {
		t.Errorf("%d fields", looked)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

package kit

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestNoCallLeavesTheHostOfTheProfile: each call that there is, with every way that an address can be another's, or hold what it should not.
func TestNoCallLeavesTheHostOfTheProfile(t *testing.T) {
	hostile := []string{"https://evil.example/keys", "http://evil.example", "//evil.example/keys", "///evil.example", "/v1//evil.example", `/\\evil.example`, `/v1\\..\\admin`, "/../admin", "/v1/../../admin",
		"/v1/./keys", "/v1/..", "/.well-known/x", "/v1/%2e%2e/admin", "/%2f%2fevil.example", "/v1/keys?token=x", "/v1/keys#x", "/user:password@evil.example/", "@evil.example/", ":80/", "/v1/keys:", "/v1/keys:80", ":8443@evil.example",
		"evil.example/keys", "v1/keys", "", "/", "/v1/ke ys", "/v1/keys/", "/{}", "/{ID}", "/{{project}}", "/{project}{project}", "/x{project}", "/{secret}", "/{token}", "/{id}/{id}", "/{nowhere}", "/v1/kéys", "javascript:alert(1)",
		"file:///etc/passwd", "/v1/$(id)", "/v1/`id`", "/v1/${HOME}", "/v1/~root/../x", "/v1/keys;x", "/v1/keys,x", "/v1/keys*"}
	looked := 0
	for _, f := range allFields() {
		if f.kind.Kind() != reflect.String || !strings.HasSuffix("."+f.path, ".call") && !strings.HasSuffix(f.path, ".read") {
			continue
		}
		for _, method := range []string{"GET ", "POST ", "DELETE ", "get ", "CONNECT ", "TRACE ", ""} {
			for _, path := range hostile {
				if method+path == "" && strings.HasSuffix(f.path, ".read") {
					continue // it is left out
				}
				looked++
				parent := `parent = [{ name = "project", title = "P" }]`
				if strings.HasPrefix(f.path, "parent") {
					parent = "" // it is one itself
				}
				text := "\n" + parent + "\n" + f.at(`"`+method+path+`"`)
				if !slices.ContainsFunc(problems(t, text), func(p *Problem) bool { return (p.Field == f.path || p.Field == "key_auth.login") && p.Line == 3 }) {
					t.Errorf("%s: nothing is said of it", f.at(`"`+method+path+`"`))
				}
			}
		}
	}
	if looked < 3000 {
		t.Errorf("%d were looked at", looked)
	}
}

// TestAnAddressHoldsNoCredential, and no file of an issuer does: a header of its own neither.
func TestAnAddressHoldsNoCredential(t *testing.T) {
	for _, name := range []string{"key_api-key", "api_key", "apikey", "API-KEY", "access_token", "token", "x-auth-token", "secret", "client_secret", "password", "pwd", "authorization", "credentials", "signature",
		"clientSecret", "refreshToken", "userPassword", "secretKey", "secret_key", "accessKey", "private-key", "passphrase", "jwt"} {
		for _, at := range []string{`list.query = "%s=abc"`, `list.query = "a=b&%s=abc"`, `list.queries = ["%s=abc"]`, `create.query = "%s={project}"`, `probe = [{ call = "GET /me", answers = "object", query = "%s=x" }]`, `own_project = "%s=1"`, `headers = { %s = "abc" }`} {
			text := fmt.Sprintf(at, name)
			if !slices.ContainsFunc(problems(t, "\n"+text), func(p *Problem) bool { return p.Line == 2 && strings.Contains(p.Text, "redential") }) {
				t.Errorf("%s: is taken", text)
			}
		}
	}
	for _, fine := range []string{`list.query = "include_secrets=false&withValue=true"`, `list.query = "key_type=user"`, `list.query = "includeSecret=false&withToken=true"`, `headers = { X-Api-Version = "2" }`} {
		if slices.ContainsFunc(problems(t, fine), func(p *Problem) bool { return strings.Contains(p.Text, "redential") }) {
			t.Errorf("%s is refused", fine)
		}
	}
}

// TestAFileThatIsNotWhatItLooksLikeIsRefusedByLine.
func TestAFileThatIsNotWhatItLooksLikeIsRefusedByLine(t *testing.T) {
	deep := func(open, close string, n int) string {
		return "x = " + strings.Repeat(open, n) + "1" + strings.Repeat(close, n)
	}
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"NUL": {small + "# \x00", 13}, "NUL in a text": {"name = \"a\x00b\"", 1}, "not UTF-8": {small + "\n\n# \xff", 15}, "UTF-16": {"\xff\xfen\x00", 1},
		"a byte order mark in the middle": {small + "\ufefftitle = \"x\"", 13}, "a carriage return alone": {small + "# harmless\rlist.call = \"GET /evil\"", 13}, "a comment that turns round": {small + "# \u202e x", 13},
		"a name that turns round": {small + "\"na\u202eme\" = 1", 13}, "an escape of a terminal": {small + `about = "\u001b[2J"`, 13}, "a line break in a text": {small + `about = "a\nb"`, 13}, "an escape in a name": {small + `headers = { "a\u001bb" = "x" }`, 13},
		"an escape in a body": {small + `update.send.x = ["\u001b"]`, 13}, "lists in lists": {small + deep("[", "]", 20_000), 13}, "tables in tables": {small + deep("{a=", "}", 10_000), 13}, "a deep body": {small + "update.send." + deep("{a=", "}", 9), 13}, "a deep key": {small + strings.Repeat("a.", 20_000) + "b = 1", 13},
		"10 MB": {small + "# " + strings.Repeat("x", 10<<20), 1}, "10 MB of one text": {`name = "` + strings.Repeat("x", 10<<20) + `"`, 1}, "a long text": {small + `usage_page = "` + strings.Repeat("x", 1001) + `"`, 13}, "empty": {"", 1}, "one field twice": {small + "name = \"b\"", 13}, "one table twice": {small + "[auth]\n[auth]", 14},
		"no end": {small + "about = \"x", 13}, "a secret's shape without end": {small + "secret.shape = \"" + strings.Repeat("(a|", 60) + "b" + strings.Repeat(")*", 60) + "\"", 13},
	} {
		t.Run(name, func(t *testing.T) {
			found := problems(t, c.text)
			if len(found) == 0 || !slices.ContainsFunc(found, func(p *Problem) bool { return p.Line == c.line }) {
				t.Errorf("want a problem at line %d: %v", c.line, found)
			}
			for _, p := range found {
				if len(p.Error()) > 2000 || strings.ContainsAny(p.Error(), "\x00\x1b\u202e\n") {
					t.Errorf("said with %d bytes: %.200q", len(p.Error()), p.Error())
				}
			}
		})
	}
	for name, text := range map[string]string{"a byte order mark": "\ufeff" + small, "line ends of Windows": strings.ReplaceAll(small, "\n", "\r\n")} {
		if found := problems(t, text); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// hostileTexts are what no text of any field may be: of each kind several.
var hostileTexts = map[string][]string{
	"an end of a line":  {"a\r\nHost: evil.example", "a\nb", "\r", "x\u0085y", "x\u2028y", "x\u2029y", "a\vb"},
	"a control":         {"\x00", "a\x1b[2Jb", "\x7f", "\u009b31m", "a\tb"},
	"what is not seen":  {"a\u200bb", "\u2060", "a\u00adb", "\u034f", "\u115fx", "\u3164", "\uffa0", "\u2800", "a\ufe0f", "a\U000e0041b", "\ufeff"},
	"what turns round":  {"\u202egpj", "\u2066a\u2069", "\u061cx", "\u200fa"},
	"no blank":          {"a\u00a0b", "a\u3000b", "\u2003", " ", "   "},
	"too long":          {strings.Repeat("a", 1001), strings.Repeat("é", 600)},
	"nobody's own sign": {"\ue000", "\U000f0000"},
}

// texts of a declaration, a list of them among them.
func takesText(f field) (list, takes bool) {
	k := f.kind.Kind()
	return k == reflect.Slice, k == reflect.String || k == reflect.Slice && f.kind.Elem().Kind() == reflect.String
}

// TestNoTextOfAnyFieldIsHostile: each field that there is, with every kind of text that looks like another one, or would be an end of a line
// in a header.
func TestNoTextOfAnyFieldIsHostile(t *testing.T) {
	looked := 0
	for _, f := range allFields() {
		list, takes := takesText(f)
		if !takes {
			continue
		}
		for kind, texts := range hostileTexts {
			for _, text := range texts {
				value := tomlText(text)
				if list {
					value = "[" + value + "]"
				}
				looked++
				if !slices.ContainsFunc(problems(t, "\n\n"+f.at(value)), func(p *Problem) bool { return p.Line == 3 && strings.HasPrefix(p.Field, f.path) }) {
					t.Errorf("%s of %s, %q: nothing is said of it", kind, f.path, text)
				}
			}
		}
	}
	for _, at := range []string{"headers.x", "cannot.create", "note.create", `environment_names.live`, `create.send.x`, `create.send.x.y`, `expiry.words.30d`, `probe = [{ accepts.x`} {
		for _, texts := range hostileTexts {
			for _, text := range texts {
				line := at + " = " + tomlText(text)
				if strings.HasPrefix(at, "probe") {
					line = at + " = [" + tomlText(text) + "] }]"
				}
				looked++
				if !slices.ContainsFunc(problems(t, "\n\n"+line), func(p *Problem) bool { return p.Line == 3 }) && !(strings.HasPrefix(at, "create.send") && strings.TrimSpace(text) == "") {
					t.Errorf("%s: nothing is said of %q", at, text)
				}
			}
		}
	}
	if looked < 3000 {
		t.Errorf("%d were looked at", looked)
	}
}

// tomlText is a text as TOML writes it, with an escape for whatever is no letter.
func tomlText(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			fmt.Fprintf(&b, `\U%08x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// TestANumberThatNobodyMeansIsRefused: of each field that holds one.
func TestANumberThatNobodyMeansIsRefused(t *testing.T) {
	for _, f := range allFields() {
		if f.kind.Kind() != reflect.Int || f.path == "number[0].least" {
			continue
		}
		for _, n := range []string{"-1", "-2147483648", "2147483648", "9223372036854775807", "-0x1", "1e3", "1.0"} {
			if !slices.ContainsFunc(problems(t, "\n\n"+f.at(n)), func(p *Problem) bool { return p.Line == 3 }) {
				t.Errorf("%s: nothing is said of it", f.at(n))
			}
		}
	}
}

// TestANameOfAHeaderIsOne.
func TestANameOfAHeaderIsOne(t *testing.T) {
	for _, name := range []string{"X Key", "X-Key:", "X-Key: a", "Host:evil", "(x)", "X/Key", "X=1", "X;Y", "X,Y", "{x}", "[x]", "X-Kéy", "X\"", strings.Repeat("x", 65), ""} {
		for _, at := range []string{`headers = { %s = "v" }`, `auth = { kind = "header", header = %s }`, `key_auth = { kind = "header", header = %s }`, `auth = { kind = "cookie", cookie = %s }`, `auth = { kind = "cookie", cookie = "a", cookie_tls = %s }`} {
			line := fmt.Sprintf(at, tomlText(name))
			if name == "" && strings.Contains(at, "cookie_tls") {
				continue // it is left out
			}
			if !slices.ContainsFunc(problems(t, "\n\n"+line), func(p *Problem) bool { return p.Line == 3 }) {
				t.Errorf("%s: nothing is said of it", line)
			}
		}
	}
	for line, want := range map[string]string{`auth = { header = "X-Key" }`: `auth.header: is for kind = "header"`, `auth = { kind = "basic", prefix = "Key" }`: `auth.prefix: is for kind = "header"`, `auth = { kind = "header", header = "X", cookie = "c" }`: `auth.cookie: is for kind = "cookie"`,
		`access = ["{secret}"]`: `access: "{secret}" is no field of access`, `list.pages = { kind = "page", by = "p", most = 5 }`: `list.pages.most: is for list.pages.size`, `list.pages = { kind = "page", by = "p", first = -1 }`: `list.pages.first: is 0 to 1000`,
		`refusals.means = [{ status = 99, is = 401 }]`: `status: is a status of HTTP`, `remedy = [{ status = 401, op = "rm -rf", hint = "x" }]`: `remedy[0].op: "rm -rf" is not known here`, `create.maybe_gone = "gone"`: `create.maybe_gone: is for delete`} {
		if !slices.ContainsFunc(problems(t, small+line), func(p *Problem) bool { return strings.Contains(p.Error(), want) }) {
			t.Errorf("%s: %v; want %q", line, problems(t, small+line), want)
		}
	}
}

// TestWhatAPlaceCannotHaveIsRefusedWhereItStands: each place of each body, beside fields and a property that are put into it, too.
func TestWhatAPlaceCannotHaveIsRefusedWhereItStands(t *testing.T) {
	head := strings.Replace(small, "create.send.name = { field = \"name\" }\n", "", 1) + "number = [{ name = \"rpm\", title = \"x\" }]\n"
	looked, elsewhere := 0, regexp.MustCompile(`^(?:parent|number|property|probe|key_auth)`)
	for _, f := range allFields() {
		at, is := strings.CutSuffix(f.path, ".send")
		if !is || elsewhere.MatchString(at) {
			continue
		}
		for _, place := range []string{`{ field = "name", foo = 1 }`, `{ field = 7 }`, `{ field = "" }`, `{ field = "name", as = 1 }`, `{ parent = "p", foo = 1 }`, `{ login = "user", foo = 1 }`, `{ secret = true, foo = 1 }`, `{ secret = "x" }`,
			`{ a = { field = "name", foo = 1 } }`, `[{ field = "name", foo = 1 }]`, `2026-11-28`, `[[[[[[[[[1]]]]]]]]]`} {
			for _, beside := range []string{"", "fields = [\"name\"]", "fields = [\"rpm\"]"} {
				text := head + f.at("{ x = 1, name = "+place+" }") + "\n"
				if beside != "" {
					text += at + "." + beside + "\n"
				}
				looked++
				if found := problems(t, text); !slices.ContainsFunc(found, func(p *Problem) bool { return p.Field == f.path+".name" && p.Line == 13 }) {
					t.Errorf("%s: %v", text[len(head):], found)
				}
			}
		}
	}
	if looked < 500 {
		t.Errorf("%d were looked at", looked)
	}
}

// FuzzAField draws a field, a value for it, and where it stands. Whatever comes, a problem has a file, a line and a field that can be shown,
// and what is taken stays on the host, and is fit for a header and a screen.
func FuzzAField(f *testing.F) {
	fields := allFields()
	for i, text := range []string{"GET /keys", "https://evil.example/", "a\r\nb", "{{ .Env }}", "token={secret}", "\u202e", "/v1/../x", "X-Key: a", "9999999d", "[[[", "{ field = \"secret\" }"} {
		f.Add(uint16(i*37), text, byte(i))
	}
	f.Fuzz(func(t *testing.T, which uint16, text string, as byte) {
		at := fields[int(which)%len(fields)]
		value := map[byte]string{0: tomlText(text), 1: "[" + tomlText(text) + "]", 2: text, 3: "{ x = " + tomlText(text) + " }", 4: "{ " + tomlText(text) + ` = "x" }`}[as%5]
		d, err := LoadUsers("f.toml", []byte(small+at.at(value)))
		if err != nil {
			all := []error{err}
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				all = joined.Unwrap()
			}
			for _, e := range all {
				var p *Problem
				if !errors.As(e, &p) || p.File != "f.toml" || p.Line < 1 || len(p.Error()) > 3000 || strings.ContainsFunc(p.Error(), func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) {
					t.Fatalf("%s: said as %q", at.path, e)
				}
			}
			return
		}
		var in func(v reflect.Value, path string)
		in = func(v reflect.Value, path string) {
			switch v.Kind() {
			case reflect.String:
				if text := v.String(); len(text) > 1000 || strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && (!unicode.IsPrint(r) || invisible(r)) }) {
					t.Fatalf("%s is taken as %q", path, text)
				}
			case reflect.Struct:
				for i := range v.NumField() {
					if v.Type().Field(i).IsExported() {
						in(v.Field(i), path+"."+v.Type().Field(i).Name)
					}
				}
			case reflect.Slice:
				for i := range v.Len() {
					in(v.Index(i), path)
				}
			case reflect.Map:
				for _, k := range v.MapKeys() {
					in(k, path)
					in(v.MapIndex(k), path)
				}
			case reflect.Pointer, reflect.Interface:
				if !v.IsNil() {
					in(v.Elem(), path)
				}
			}
		}
		in(reflect.ValueOf(d), at.path)
		for _, c := range d.Calls() {
			if _, path, _ := strings.Cut(c.Call, " "); !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?#%@\\ ") || strings.Contains(path, "/.") {
				t.Fatalf("%s is taken as %q", c.Name, c.Call)
			}
		}
		for name, value := range d.Headers {
			if !tokenName().MatchString(name) || strings.ContainsAny(value, "\r\n") {
				t.Fatalf("the header %q is taken", name)
			}
		}
	})
}

package kit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
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
				text := "\n" + `parent = [{ name = "project", title = "P" }]` + "\n" + f.at(`"`+method+path+`"`)
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
	for _, name := range []string{"key_api-key", "api_key", "apikey", "API-KEY", "access_token", "token", "x-auth-token", "secret", "client_secret", "password", "pwd", "authorization", "credentials", "signature"} {
		for _, at := range []string{`list.query = "%s=abc"`, `list.query = "a=b&%s=abc"`, `list.queries = ["%s=abc"]`, `create.query = "%s={project}"`, `probe = [{ call = "GET /me", answers = "object", query = "%s=x" }]`, `own_project = "%s=1"`, `headers = { %s = "abc" }`} {
			text := fmt.Sprintf(at, name)
			if !slices.ContainsFunc(problems(t, "\n"+text), func(p *Problem) bool { return p.Line == 2 && strings.Contains(p.Text, "redential") }) {
				t.Errorf("%s: is taken", text)
			}
		}
	}
	for _, fine := range []string{`list.query = "include_secrets=false&withValue=true"`, `list.query = "key_type=user"`, `headers = { X-Api-Version = "2" }`} {
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

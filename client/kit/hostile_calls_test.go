package kit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhatIsReadIsAskedForByARead: a profile that is read-only, and a trial that only reads, make these calls.
func TestWhatIsReadIsAskedForByARead(t *testing.T) {
	for field, line := range map[string]string{
		"list.call": `list = { call = "%s /v1/keys" }`, "list.each.call": `list = { call = "GET /v1/keys", each = { call = "%s /v1/keys/{id}" } }`,
		"retrieve.call":   `retrieve = { call = "%s /v1/keys/{id}/secret" }`,
		"auth.login.call": `auth = { kind = "cookie", cookie = "sid", login = { call = "%s /session", send = { user = { login = "user" } } } }`,
	} {
		for _, method := range []string{"DELETE", "PATCH", "PUT", "POST"} {
			text := "\n\n" + fmt.Sprintf(line, method) + "\n" + strings.Replace(small, "list.call = \"GET /v1/keys\"\n", "", 1)
			refused := slices.ContainsFunc(problems(t, text), func(p *Problem) bool { return p.Field == field && p.Line == 3 && strings.Contains(p.Text, "POST") })
			if reads := method == "POST" || method == "PUT" && field == "auth.login.call"; refused == reads {
				t.Errorf("%s by %s: refused is %v", field, method, refused)
			}
		}
	}
}

// TestAHeaderThatIsNotTheFilesIsRefused: one that makes another call of a call, a part of a list of it, or belongs to the connection.
func TestAHeaderThatIsNotTheFilesIsRefused(t *testing.T) {
	for _, name := range []string{"X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "Range", "If-Match", "If-None-Match", "Connection", "Upgrade", "Expect", "TE", "Trailer", "Content-Encoding", "Host", "Transfer-Encoding"} {
		for _, at := range []string{`headers = { "%s" = "x" }`, `auth = { kind = "header", header = "%s" }`, `key_auth = { kind = "header", header = "%s" }`, `auth = { kind = "header", header = "X-A", second = "%s" }`} {
			line := fmt.Sprintf(at, name)
			if !slices.ContainsFunc(problems(t, "\n\n"+line), func(p *Problem) bool { return p.Line == 3 && strings.Contains(p.Text, name) }) {
				t.Errorf("%s: nothing is said of it", line)
			}
		}
	}
	if !slices.ContainsFunc(problems(t, "\n\nheaders = { X-App = \"a\", x-app = \"b\" }"), func(p *Problem) bool { return p.Line == 3 && strings.Contains(p.Text, "twice") }) {
		t.Error("one header twice: nothing is said of it")
	}
	if found := problems(t, small+`headers = { Accept = "application/vnd.acme+json", X-Api-Version = "2", Origin = "https://acme.example" }`); len(found) > 0 {
		t.Error(found)
	}
}

// TestWhatNoBodyCanHoldIsRefused: JSON has no number without a value, and what is sent as it stands has no place in it.
func TestWhatNoBodyCanHoldIsRefused(t *testing.T) {
	head := small + `property = [{ name = "zones", kind = "list", title = "zones" }]` + "\n"
	for _, value := range []string{"nan", "-inf", "+inf", "[1.0, nan]", "{ a = [{ b = inf }] }", "2026-11-28", "{ a = { field = \"name\" } }", "[{ parent = \"p\" }]", "{ secret = true }", strings.Repeat("[", 30) + strings.Repeat("]", 30)} {
		for _, at := range []string{`{ field = "role", else = %s }`, `{ field = "zones", as = "members", each = "z.{}", value = %s }`} {
			line := "create.send.x = " + fmt.Sprintf(at, value)
			if !slices.ContainsFunc(problems(t, head+line), func(p *Problem) bool { return p.Line == 14 && p.Field == "create.send.x" }) {
				t.Errorf("%s: nothing is said of it", line)
			}
		}
		if line := "create.send.x = " + value; strings.Contains(value, "n") && !strings.Contains(value, "field") && !slices.ContainsFunc(problems(t, head+line), func(p *Problem) bool { return p.Line == 14 && p.Field == "create.send.x" }) {
			t.Errorf("%s: nothing is said of it", line)
		}
	}
	for _, value := range []string{"0", `"never"`, "[]", "{}", "{ a = [1, \"b\"] }", "true", "1.5"} {
		if found := problems(t, head+`create.send.x = { field = "restrictions", else = `+value+` }`); len(found) > 0 {
			t.Errorf("%s: %v", value, found)
		}
	}
}

// TestAPlaceInABodyThatIsNotSentIsRefused: a GET has none, and what is put there would be missing. A probe would prove whatever it is given.
func TestAPlaceInABodyThatIsNotSentIsRefused(t *testing.T) {
	for field, line := range map[string]string{
		"probe[0].send.key":       `probe = [{ call = "GET /v1/verify", answers = "object", by_own_credential = true, send = { key = { secret = true } } }]`,
		"create.send.name":        `create = { call = "GET /v1/keys/new", send = { name = { field = "name" } } }`,
		"delete.send.id":          `delete = { call = "GET /v1/keys/delete", send = { id = { field = "id" } } }`,
		"auth.login.send.a.words": `auth = { kind = "cookie", cookie = "sid", login = { call = "GET /login", send = { a = { words = { login = "password" } } } } }`,
	} {
		if found := problems(t, "\n\n"+line); !slices.ContainsFunc(found, func(p *Problem) bool { return p.Field == field && p.Line == 3 && strings.Contains(p.Text, "GET") }) {
			t.Errorf("%s: %v", line, found)
		}
	}
	if found := problems(t, strings.Replace(small, "list.call", "list.send = { all = true }\nlist.call", 1)); len(found) > 0 {
		t.Errorf("a constant: %v", found)
	}
}

// TestNoFieldHoldsTheSecretUnderAnotherName: what is around it, in the object that it is in, or in each element of its list.
func TestNoFieldHoldsTheSecretUnderAnotherName(t *testing.T) {
	head := strings.Replace(small, "row.secret = [\"token\"]\n", "", 1)
	for _, row := range []string{`secret = ["credentials.token"], copied = ["credentials"]`, `secret = ["a.b.token"], restrictions = ["a.b"]`, `secret = ["a.B.token"], type = ["A.b"]`, `secret = ["creds.0.token"], permissions = ["creds[].token"]`,
		`secret = ["creds.0.token"], permissions = ["creds[]"]`, `secret = ["token"], inside = ["data"], masked = ["data.token"]`, `secret = ["data.token"], inside = ["data"], masked = ["token"]`} {
		if found := problems(t, head+"row = { id = [\"id\"], name = [\"name\"], "+row+" }\n"); len(found) == 0 {
			t.Errorf("%s is taken", row)
		}
		text := "\n\n" + strings.NewReplacer("row.id = [\"id\"]\n", "", "row.name = [\"name\"]\n", "").Replace(head) + "row = { id = [\"id\"], name = [\"name\"], " + row + " }\n"
		if found := problems(t, text); !slices.ContainsFunc(found, func(p *Problem) bool {
			return strings.HasPrefix(p.Field, "row.") && p.Line == 12 && strings.Contains(p.Text, "secret")
		}) {
			t.Errorf("%s: %v", row, found)
		}
	}
	for _, row := range []string{`secret = ["key.value"], masked = ["key.mask"]`, `secret = ["token"], masked = ["token_mask"]`, `secret = ["credentials.token"], inside = ["credentials"], copied = ["scopes"]`, `secret = ["creds.0.token"], permissions = ["creds[].scope"]`, `secret = ["key"], type = ["data.key"]`} {
		text := strings.NewReplacer("row.id = [\"id\"]\n", "", "row.name = [\"name\"]\n", "").Replace(head) + "row = { id = [\"id\"], name = [\"name\"], " + row + " }\n"
		if found := problems(t, text); len(found) > 0 {
			t.Errorf("%s: %v", row, found)
		}
	}
}

// TestPagesAreNotAskedForByAnIDThatIsASecret.
func TestPagesAreNotAskedForByAnIDThatIsASecret(t *testing.T) {
	text := strings.Replace(small, "row.id = [\"id\"]", "row.secret_is_id = true", 1) + `list.pages = { kind = "after-id", by = "after" }`
	if found := problems(t, text); !slices.ContainsFunc(found, func(p *Problem) bool { return p.Field == "list.pages.kind" && p.Line == 13 }) {
		t.Error(found)
	}
}

// TestAFileOfProblemsAloneIsSaidInAScreenOfThem, and at once: the first hundred, and how many more there are.
func TestAFileOfProblemsAloneIsSaidInAScreenOfThem(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "f%d = 1\n", i)
	}
	found := problems(t, text.String())
	if last := found[len(found)-1]; len(found) != 101 || found[99].Line != 100 || last.Line != 100 || !strings.Contains(last.Text, "more") {
		t.Errorf("%d problems, the last of them %v", len(found), last)
	}
}

package kit

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"detent/apikey"
)

// checker collects what is wrong with a declaration.
type checker struct {
	file     string
	lines    map[string]int
	problems []*Problem
}

// refuse notes a problem at a field's line, or that of the nearest table around it.
func (c *checker) refuse(field, format string, args ...any) {
	line := 1
	for at := field; at != ""; {
		if n, ok := c.lines[at]; ok {
			line = n
			break
		}
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	c.problems = append(c.problems, &Problem{c.file, line, field, fmt.Sprintf(format, args...)})
}

// one of a few words.
func (c *checker) one(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.refuse(field, "%q is not known here: one of %s", value, strings.Join(quoted(allowed), ", "))
	}
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return out
}

// Words of a declaration that mean something.
var (
	abilities   = []string{"create", "delete", "rename", "role", "disable", "public_key", "retrieve", "last_used", "expiry", "restrictions"}
	settings    = []string{"create", "auth", "token_url"}
	methods     = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	environment = []string{string(apikey.Live), string(apikey.Test), string(apikey.Dev)}
)

var (
	issuerName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`) })
	provenBy   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(?:server|client) \S.*|documents \d{4}-\d\d(?:-\d\d)?)$`)
	})
	plainQuery = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+(?:&[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+)*$`)
	})
	// pathOf is what a path may hold: segments of unreserved characters, each of them whole or an {id}.
	pathOf = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9_.~-]*|\{id\}))+$`)
	})
)

func (c *checker) declaration(d *Declaration) {
	if !issuerName().MatchString(d.Name) {
		c.refuse("name", "a name is small letters, digits and hyphens, a letter first, at most 32")
	}
	c.text("title", d.Title, 40)
	if !provenBy().MatchString(d.Proven) {
		c.refuse("proven", `say "server NAME VERSION", "client NAME VERSION" or "documents DATE"`)
	}
	for _, s := range d.Settings {
		c.one("settings", s, settings...)
	}
	if d.Place < 0 {
		c.refuse("place", "is 1 or more")
	}
	if d.Longest < 0 || d.Longest > 10_000 {
		c.refuse("longest_name", "0 to 10000 characters")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		switch strings.ToLower(name) {
		case "authorization", "host", "cookie", "content-length", "content-type", "transfer-encoding", "idempotency-key":
			c.refuse("headers", "%q is detent's own to send", name)
		}
		c.member("headers", name)
		c.text("headers."+name, d.Headers[name], 200)
	}
	for i, p := range d.Secret.Prefixes {
		field := fmt.Sprintf("secret.prefix[%d]", i)
		c.text(field+".text", p.Text, 40)
		if p.Environment != "" {
			c.one(field+".environment", string(p.Environment), environment...)
		}
	}
	c.row(&d.Row)
	c.calls(d)
	c.words(d)
}

// text that a person reads, or that is sent: printable, and not without end.
func (c *checker) text(field, text string, most int) {
	switch {
	case strings.TrimSpace(text) == "":
		c.refuse(field, "is missing")
	case len([]rune(text)) > most:
		c.refuse(field, "is over %d characters", most)
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		c.refuse(field, "has a character that cannot be shown")
	}
}

// Named are the fields of a row with their members, in the order in which they are declared.
func (r *Row) Named() []NamedMembers {
	return []NamedMembers{{"id", r.ID}, {"name", r.Name}, {"type", r.Type}, {"role", r.Role}, {"masked", r.Masked}, {"environment", r.Environment},
		{"enabled", r.Enabled}, {"created_at", r.CreatedAt}, {"updated_at", r.UpdatedAt}, {"expires_at", r.ExpiresAt}, {"last_used_at", r.LastUsedAt},
		{"restrictions", r.Restrictions}, {"account", r.Account}, {"project", r.Project}, {"created_by", r.CreatedBy}, {"updated_by", r.UpdatedBy},
		{"can_retrieve_value", r.CanRetrieve}, {"copied", r.Copied}, {"prefix", r.Prefix}, {"secret", r.Secret}}
}

// NamedMembers are the members of one field.
type NamedMembers struct {
	Field   string
	Members Members
}

func (c *checker) row(r *Row) {
	of := map[string]string{}
	for _, named := range r.Named() {
		field := "row." + named.Field
		for _, member := range named.Members {
			c.member(field, member)
			if other, taken := of[strings.ToLower(member)]; taken {
				c.refuse(field, "the member %q is %s already: one member is one field", member, other)
			}
			of[strings.ToLower(member)] = field
		}
	}
	if len(r.ID) == 0 {
		c.refuse("row.id", "is missing: a key is told by its id")
	}
	if len(r.Name) == 0 {
		c.refuse("row.name", "is missing")
	}
}

func (c *checker) member(field, member string) {
	if member == "" || len(member) > 64 || strings.ContainsFunc(member, func(r rune) bool { return r < 0x21 || r > 0x7e || r == '"' || r == '\\' }) {
		c.refuse(field, "%q is no name of a member: printable ASCII without quotes, at most 64", member)
	}
}

func (c *checker) members(field string, members []string) {
	for _, m := range members {
		c.member(field, m)
	}
}

func (c *checker) calls(d *Declaration) {
	c.call("list", &d.List.Call, false)
	c.members("list.rows", d.List.Rows)
	c.one("list.paging", d.List.Paging, "", "cursor")
	if d.Create != nil {
		c.call("create", &d.Create.Call, false)
		if d.Create.Setting != "" && !slices.Contains(d.Settings, d.Create.Setting) {
			c.refuse("create.setting", "%q is none of settings", d.Create.Setting)
		}
		if len(d.Row.Secret) == 0 {
			c.refuse("row.secret", "is missing: the answer to a create holds the secret somewhere")
		}
	}
	for field, call := range map[string]*Call{"update": d.Update, "delete": d.Delete, "retrieve": d.Retrieve} {
		if call != nil {
			c.call(field, call, true)
		}
	}
	for _, q := range append(slices.Clone(d.List.Queries), d.OwnProject) {
		c.query("list.queries", q)
	}
	if d.Exchange != nil && c.path("exchange.call", d.Exchange.Call, false) != "POST" {
		c.refuse("exchange.call", "is a POST: a key is in no address")
	}
	if p := d.PublicKey; p != nil {
		c.path("public_key.call", p.Call, false)
		c.members("public_key", []string{p.Name, p.Project, p.TTL})
	}
	if len(d.Probes) == 0 {
		c.refuse("probe", "is missing: one harmless read must show that a secret works")
	}
	for i, p := range d.Probes {
		field := fmt.Sprintf("probe[%d]", i)
		method := c.path(field+".call", p.Call, p.ID != "")
		if method != "" && method != "GET" && method != "POST" {
			c.refuse(field+".call", "a probe is harmless: GET, or a POST that reads")
		}
		c.one(field+".answers", p.Answers, "keys", "object")
	}
}

// call checks a request. with says that it is about one key: then its id is in the path or in the body.
func (c *checker) call(field string, call *Call, with bool) {
	c.path(field+".call", call.Call, with && !sends(call, "id"))
	c.query(field+".query", call.Query)
	c.members(field+".key", call.Key)
	for _, member := range slices.Sorted(maps.Keys(call.Send)) {
		v := call.Send[member]
		at := field + ".send." + member
		c.member(at, member)
		if !sendable(v.Field) {
			c.refuse(at, "%q is no field that can be sent", v.Field)
		}
		c.one(at, v.As, "", "rfc3339", "rfc3339-ms")
	}
}

// query checks a query: it is the same for everybody, and holds no secret.
func (c *checker) query(field, query string) {
	if query != "" && !plainQuery().MatchString(query) {
		c.refuse(field, "%q is no query: name=value&name=value, of letters, digits and _ . -", query)
	}
}

func sends(call *Call, field apikey.Field) bool {
	for _, v := range call.Send {
		if v.Field == field {
			return true
		}
	}
	return false
}

// sendable reports whether a field is one of an id, a draft or a change.
func sendable(f apikey.Field) bool {
	switch f {
	case apikey.FieldID, apikey.FieldName, apikey.FieldEnvironment, apikey.FieldExpiry, apikey.FieldRestrictions, apikey.FieldRole, apikey.FieldType,
		apikey.FieldEnabled:
		return true
	}
	return false
}

// path checks "METHOD /path". A path stays on the profile's own host, and has an {id} where one is meant.
func (c *checker) path(field, call string, id bool) (method string) {
	method, path, _ := strings.Cut(call, " ")
	switch {
	case call == "":
		c.refuse(field, `is missing: "GET /v1/keys"`)
		return ""
	case !slices.Contains(methods, method):
		c.refuse(field, "begins with one of %s", strings.Join(methods, ", "))
		return ""
	case !pathOf().MatchString(path):
		c.refuse(field, "%q is no path on the profile's own host: segments of letters, digits and _ . ~ -, or {id}, each after a slash, and no query", path)
	case strings.Count(path, "{id}") > 1 || id != strings.Contains(path, "{id}"):
		c.refuse(field, "%s", map[bool]string{true: "needs one {id}, for the key that it is about", false: "has an {id}, but is about no key"}[id])
	}
	return method
}

func (c *checker) words(d *Declaration) {
	if len(d.Refusals.Own) == 0 {
		c.refuse("refusals.own", "is missing: by what is an error of the issuer's told from a proxy's?")
	}
	for _, own := range d.Refusals.Own {
		c.one("refusals.own", own, "no", "text", "object")
	}
	c.members("refusals.foreign", d.Refusals.Foreign)
	c.members("refusals.members", d.Refusals.Members)
	c.one("refusals.forbidden", d.Refusals.Forbidden, "", "words", "role")
	for i, r := range d.Roles {
		c.text(fmt.Sprintf("role[%d].name", i), r.Name, 64)
		c.text(fmt.Sprintf("role[%d].description", i), r.Description, 200)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Note)) {
		c.one("note", name, abilities...)
		c.text("note."+name, d.Note[name], 200)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Cannot)) {
		c.one("cannot", name, abilities...)
		c.text("cannot."+name, d.Cannot[name], 200)
	}
	for _, f := range d.Access {
		if !apikey.FieldOf(f).Access {
			c.refuse("access", "%q is no field of access", f)
		}
	}
	for _, e := range d.Environments {
		c.one("environments", string(e), environment...)
	}
	for name, text := range map[string]string{"keep": d.Advice.Keep, "browser": d.Advice.Browser, "least": d.Advice.Least, "separate": d.Advice.Separate, "life": d.Advice.Life} {
		if text != "" {
			c.text("advice."+name, text, 120)
		}
	}
	for i, r := range d.Remedies {
		field := fmt.Sprintf("remedy[%d]", i)
		if r.Status < 400 || r.Status > 599 {
			c.refuse(field+".status", "is the status of a refusal, 400 to 599")
		}
		c.text(field+".hint", r.Hint, 300)
	}
}

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

// IsParentValue reports whether a profile may give this for a parent: it becomes a segment of a path.
func IsParentValue(text string) bool { return parentValue().MatchString(text) }

// checker collects what is wrong with a declaration.
type checker struct {
	d        *Declaration
	file     string
	lines    map[string]int
	problems []*Problem
	unknown  []string // the fields whose value could not be taken: of them nothing else is said
}

// undecoded notes a field whose value is none that it can have.
func (c *checker) undecoded(field, format string, args ...any) {
	c.refuse(field, format, args...)
	c.unknown = append(c.unknown, field)
}

// refuse notes a problem at a field's line, or that of the nearest table around it.
func (c *checker) refuse(field, format string, args ...any) {
	for _, u := range c.unknown {
		if field == u || strings.HasPrefix(field, u+".") || strings.HasPrefix(field, u+"[") || strings.HasPrefix(u, field+"[") {
			return
		}
	}
	line := 1
	for at := field; at != ""; {
		if n, ok := c.lines[at]; ok {
			line = n
			break
		}
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	_, there := c.lines[field]
	shown := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, field)
	c.problems = append(c.problems, &Problem{File: c.file, Line: line, Field: shown, Text: fmt.Sprintf(format, args...), Missing: !there})
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
	settings    = []string{"create", "auth", "token_url", "secret_prefix"}
	timeForms   = []string{"rfc3339", "rfc3339-ms", "date", "unix", "unix-ms", "unix-text", "seconds", "seconds-text", "days", "word"}
	rightForms  = []string{"list", "grouped", "words", "ids"}
	methods     = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	environment = []string{string(apikey.Live), string(apikey.Test), string(apikey.Dev)}
)

var (
	issuerName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`) })
	provenBy   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(?:server|client) \S.*|documents \d{4}-\d\d(?:-\d\d)?)$`)
	})
	plainQuery = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z0-9_.-]+=(?:[A-Za-z0-9_.,-]+|\{[a-z][a-z0-9_]*\})(?:&[A-Za-z0-9_.-]+=(?:[A-Za-z0-9_.,-]+|\{[a-z][a-z0-9_]*\}))*$`)
	})
	// pathOf is what a path may hold: segments of unreserved characters, each of them whole or an {id}, and a verb after a colon.
	pathOf = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9_.~-]*|\{[a-z][a-z0-9_]*\})(?::[a-z][A-Za-z]*)?)+$`)
	})
	// credentialName is what a header or a member of a query is called that holds a credential.
	credentialName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:.*[-_.])?(?:api[-_]?key|(?:access[-_]?|auth[-_]?|private[-_]?)?token|secret|password|passwd|pwd|credentials?|authorization|signature)$`)
	})
	placeIn     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`) })
	parentValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_@:~-][A-Za-z0-9_.@:~-]{0,127}$`) })
	tokenName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") })
	memberName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`) })
	parentName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`) })
	webAddress  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9_.~/-]*)?$`)
	})
)

func (c *checker) declaration(d *Declaration) {
	c.d = d
	if !issuerName().MatchString(d.Name) {
		c.refuse("name", "a name is small letters, digits and hyphens, a letter first, at most 32")
	}
	c.text("title", d.Title, 40)
	c.optional("label", d.Label, 40)
	c.optional("about", d.About, 80)
	if !provenBy().MatchString(d.Proven) {
		c.refuse("proven", `say "server NAME VERSION", "client NAME VERSION" or "documents DATE"`)
	}
	for _, s := range d.Settings {
		c.one("settings", s, settings...)
	}
	if d.Place < 0 || d.Place > 100 {
		c.refuse("place", "is 1 or more, and 100 at most")
	}
	if d.Usage != "" {
		c.text("usage_page", d.Usage, 120)
	}
	if d.Longest < 0 || d.Longest > 10_000 {
		c.refuse("longest_name", "0 to 10000 characters")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		switch strings.ToLower(name) {
		case "authorization", "host", "cookie", "content-length", "content-type", "transfer-encoding", "idempotency-key":
			c.refuse("headers", "%q is detent's own to send", name)
		}
		if credentialName().MatchString(name) {
			c.refuse("headers", "%q holds a credential, which is the profile's, and in no file of an issuer: auth says how it is sent", name)
		}
		c.token("headers", name)
		c.text("headers."+name, d.Headers[name], 200)
	}
	for i, p := range d.Secret.Prefixes {
		field := fmt.Sprintf("secret.prefix[%d]", i)
		c.text(field+".text", p.Text, 40)
		if p.Environment != "" {
			c.one(field+".environment", string(p.Environment), environment...)
		}
	}
	for field, address := range map[string]string{"url": d.URL, "home": d.Home} {
		if address != "" && !webAddress().MatchString(address) {
			c.refuse(field, "%q is no https address without user, query and fragment", address)
		}
	}
	c.parents(d.Parents)
	c.auth("auth", &d.Auth)
	c.auth("key_auth", &d.KeyAuth)
	if d.KeyAuth.Login != nil {
		c.refuse("key_auth.login", "a key is tried itself, not what it is exchanged for")
	}
	c.shape(d.Secret.Shape)
	c.row(&d.Row)
	c.calls(d)
	c.expiry(d)
	c.numbers(d)
	c.refusals(d)
	c.words(d)
}

// shape checks what secrets look like: an expression that words fit would leave nothing of what an issuer says.
func (c *checker) shape(shape string) {
	if shape == "" {
		return
	}
	re, err := regexp.Compile(shape)
	switch {
	case len(shape) > 200:
		c.refuse("secret.shape", "is over 200 characters")
	case err != nil:
		c.refuse("secret.shape", "is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	case re.MatchString("") || re.MatchString("the api-key 4711 is unauthorized, or expired at 2026-11-29T10:00:00Z"):
		c.refuse("secret.shape", "fits words that are no secret")
	}
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

// optional is a text that need not be there.
func (c *checker) optional(field, text string, most int) {
	if text != "" {
		c.text(field, text, most)
	}
}

// Named are the fields of a row with their members, in the order in which they are declared.
func (r *Row) Named() []NamedMembers {
	return []NamedMembers{{"id", r.ID}, {"name", r.Name}, {"type", r.Type}, {"role", r.Role}, {"masked", r.Masked}, {"environment", r.Environment},
		{"enabled", r.Enabled}, {"state.members", r.State.Members}, {"permissions", r.Permissions}, {"created_at", r.CreatedAt}, {"updated_at", r.UpdatedAt}, {"expires_at", r.ExpiresAt}, {"last_used_at", r.LastUsedAt},
		{"rolled_at", r.RolledAt}, {"former.members", r.Former.Members},
		{"restrictions", r.Restrictions}, {"account", r.Account}, {"project", r.Project}, {"created_by", r.CreatedBy}, {"updated_by", r.UpdatedBy},
		{"can_retrieve_value", r.CanRetrieve}, {"copied", r.Copied}, {"prefix", r.Prefix}, {"secret", r.Secret}, {"inside", r.Inside}}
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
	switch {
	case r.SecretIsID && len(r.ID) > 0:
		c.refuse("row.secret_is_id", "a key has no other id then: leave row.id out")
	case r.SecretIsID && len(r.Secret) == 0:
		c.refuse("row.secret", "is missing: with secret_is_id it names the key")
	case !r.SecretIsID && len(r.ID) == 0:
		c.refuse("row.id", "is missing: a key is told by its id")
	}
	if pair := r.Pair; pair != "" && (len(pair) > 3 || strings.ContainsFunc(pair, func(r rune) bool { return r < 0x21 || r > 0x7e || unicode.IsLetter(r) || unicode.IsDigit(r) }) || r.SecretIsID) {
		c.refuse("row.pair", "is what stands between an id and a secret, such as %q: 1 to 3 signs, no letters or digits, and not with secret_is_id", ":")
	}
	if len(r.Name) == 0 {
		c.refuse("row.name", "is missing")
	}
	if r.NoPermissions && len(r.Permissions) == 0 {
		c.refuse("row.permissions", "is missing: no_permissions_is_none says what a row without it means")
	}
}

// token is a name that a header or a cookie can have.
func (c *checker) token(field, name string) {
	if !tokenName().MatchString(name) {
		c.refuse(field, "%q is no name of a header or a cookie: letters, digits and - _ . ~ ! # $ %% & ' * + ^ ` |, at most 64", name)
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

func (c *checker) refusals(d *Declaration) {
	if len(d.Refusals.Own)+len(d.Refusals.With) == 0 {
		c.refuse("refusals.own", "is missing, and refusals.with too: by what is an error of the issuer's told from a proxy's?")
	}
	for _, own := range d.Refusals.Own {
		c.one("refusals.own", own, "no", "text", "object", "message", "code")
	}
	c.members("refusals.with", d.Refusals.With)
	c.members("refusals.foreign", d.Refusals.Foreign)
	c.members("refusals.members", d.Refusals.Members)
	c.smallWords("refusals.known", d.Refusals.Known)
	c.one("refusals.forbidden", d.Refusals.Forbidden, "", "words", "role")
	if d.Refusals.Lacking != "" {
		c.text("refusals.lacking", d.Refusals.Lacking, 64)
		for i, p := range d.Probes {
			if p.Needs == "" {
				c.refuse(fmt.Sprintf("probe[%d].needs", i), "is missing: with refusals.lacking each probe says which permission it shows")
			}
		}
	}
	for i, m := range d.Refusals.Means {
		field := fmt.Sprintf("refusals.means[%d]", i)
		if m.Is < 400 || m.Is > 499 {
			c.refuse(field+".is", "is the status of a refusal, 400 to 499")
		}
		if m.Status != 0 && (m.Status < 200 || m.Status > 599) {
			c.refuse(field+".status", "is a status of HTTP, 200 to 599")
		}
		c.smallWords(field+".words", m.Words)
		if m.Status == 0 && m.Words == "" {
			c.refuse(field+".words", "is missing: which refusals are meant?")
		}
	}
}

func (c *checker) words(d *Declaration) {
	features := map[string]bool{}
	for i, p := range d.Permissions {
		field := fmt.Sprintf("permission[%d]", i)
		c.text(field+".name", p.Name, 128)
		c.optional(field+".id", p.ID, 128)
		c.optional(field+".description", p.Description, 200)
		if features[p.Feature+"."+p.Name] {
			c.refuse(field+".name", "%q is there twice", p.Name)
		}
		features[p.Feature+"."+p.Name] = true
	}
	for _, name := range d.MorePermissions {
		c.text("more_permissions", name, 128)
	}
	for i, p := range d.Presets {
		field := fmt.Sprintf("preset[%d]", i)
		c.text(field+".name", p.Name, 40)
		for _, name := range p.Permissions {
			if !slices.ContainsFunc(d.Permissions, func(k Permission) bool { return k.Name == name }) {
				c.refuse(field+".permissions", "%q is none of the permissions", name)
			}
		}
	}
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
		if info := apikey.FieldOf(f); !info.Access || info.IsExtra() && info.Filter == "" && !contains(d.Row.Copied, string(f)) {
			c.refuse("access", "%q is no field of access", f)
		}
	}
	for e, name := range d.EnvironmentNames {
		c.one("environment_names", string(e), environment...)
		c.text("environment_names."+string(e), name, 64)
		if !slices.Contains(d.Environments, e) {
			c.refuse("environment_names", "%q is none of environments", e)
		}
	}
	for _, e := range d.Environments {
		c.one("environments", string(e), environment...)
	}
	for name, text := range map[string]string{"keep": d.Advice.Keep, "browser": d.Advice.Browser, "least": d.Advice.Least, "separate": d.Advice.Separate, "life": d.Advice.Life} {
		c.optional("advice."+name, text, 120)
	}
	for i, r := range d.Remedies {
		field := fmt.Sprintf("remedy[%d]", i)
		if r.Status < 400 || r.Status > 599 {
			c.refuse(field+".status", "is the status of a refusal, 400 to 599")
		}
		c.text(field+".hint", r.Hint, 300)
		c.smallWords(field+".words", r.Words)
		for name, text := range map[string]string{".code": r.Code, ".sent": r.Sent} {
			if text != "" {
				c.text(field+name, text, 64)
			}
		}
		for _, op := range strings.Split(r.Op, "|") {
			c.one(field+".op", op, "", "list", "create", "update", "delete", "probe")
		}
	}
}

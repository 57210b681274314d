package kit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"detent/apikey"
)

// checker collects what is wrong with a declaration.
type checker struct {
	d        *Declaration
	file     string
	lines    func() map[string]int
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
		if inside, is := strings.CutPrefix(field, u); is && (inside == "" || inside[0] == '.' || inside[0] == '[') {
			return
		}
		if inside, is := strings.CutPrefix(u, field); is && inside[0] == '[' {
			return
		}
	}
	line := 1
	for at := field; at != ""; {
		if n, ok := c.lines()[at]; ok {
			line = n
			break
		}
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	_, there := c.lines()[field]
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
		c.refuse(field, "%q is not known here: %s", value, oneOf(allowed))
	}
}

// oneOf are the words that are allowed.
func oneOf(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "one of " + strings.Join(quoted, ", ")
}

// texts are words of a kind of their own as what they are written as.
func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, word := range list {
		out[i] = string(word)
	}
	return out
}

// among are the words that are allowed, or why there are none.
func among(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return oneOf(list)
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

// flat checks names that are looked for in the answer itself, and not further down.
func (c *checker) flat(field string, members []string) {
	c.members(field, members)
	for _, m := range members {
		if strings.Contains(m, ".") {
			c.refuse(field, "%q is a path, and here is the name of a member of the answer itself, such as %q", m, "data")
		}
	}
}

func (c *checker) members(field string, members []string) {
	for _, m := range members {
		c.member(field, m)
	}
}

// paths checks ways into an answer: members and indexes with a dot between.
func (c *checker) paths(field string, paths ...string) {
	for _, path := range paths {
		for _, member := range strings.Split(path, ".") {
			if path != "" {
				c.member(field, member)
			}
		}
	}
}

// namesCredential reports whether a header or a member of a query is called as one that holds a credential: api_key, clientSecret.
func namesCredential(name string) bool {
	return credentialName().MatchString(name) || credentialName().MatchString(snake(name))
}

// snake is a name as fields are written, of one that is written as JSON often has it: created_at of createdAt.
func snake(name string) string {
	var out strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// ownHeader reports whether a header is no file's to send: detent's own or the connection's, or one that makes another call of a call, or asks
// for a part of what a list has.
func ownHeader(name string) bool {
	switch strings.ToLower(name) {
	case "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "te", "trailer", "connection", "upgrade", "expect",
		"idempotency-key", "if-match", "if-none-match", "range", "x-http-method", "x-http-method-override", "x-method-override":
		return true
	}
	return false
}

// smallWords checks words that are looked for in others, which are in small letters by then.
func (c *checker) smallWords(field, words string) {
	if words == "" {
		return
	}
	c.text(field, words, 200)
	if words != strings.ToLower(words) {
		c.refuse(field, "must be in small letters: it is looked for in words that are")
	}
}

// known refuses a parent that is not declared.
func (c *checker) known(field, parent string) {
	if !slices.ContainsFunc(c.d.Parents, func(p Parent) bool { return p.Name == parent }) {
		names := make([]string, len(c.d.Parents))
		for i, p := range c.d.Parents {
			names[i] = p.Name
		}
		c.refuse(field, "%q is no [[parent]] of this file: %s", parent, among(names, "it has none, and one is declared by its name and a title"))
	}
}

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
	credentialName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:.*[-_.])?(?:(?:api|access|secret|private)[-_.]?key|(?:access[-_]?|auth[-_]?|private[-_]?)?token|secret|password|passwd|pwd|passphrase|jwt|credentials?|authorization|signature)$`)
	})
	placeIn     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`) })
	headerPlace = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([A-Za-z0-9_.-]*)\}`) })
	parentValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_@:~-][A-Za-z0-9_.@:~-]{0,127}$`) })
	tokenName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") })
	memberName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`) })
	parentName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`) })
	webAddress  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9_.~/-]*)?$`)
	})
)

// Words of a declaration that mean something.
var (
	settings   = []string{"create", "auth", "token_url", "secret_prefix"}
	timeForms  = []string{"rfc3339", "rfc3339-ms", "date", "unix", "unix-ms", "unix-text", "seconds", "seconds-text", "days", "word"}
	rightForms = []string{"list", "grouped", "words", "ids", "objects", "members"}
	// propertyKinds are those of properties.
	propertyKinds = texts([]apikey.PropertyKind{apikey.NumberProperty, apikey.ChoiceProperty, apikey.TextProperty, apikey.InstantProperty, apikey.ListProperty, apikey.AddressesProperty, apikey.BooleanProperty})
	// absentFields are the fields of access that a row may lack because the key has none.
	absentFields = []string{string(apikey.FieldPermissions), string(apikey.FieldRole), string(apikey.FieldType), string(apikey.FieldEnvironment), string(apikey.FieldRestrictions)}
	methods      = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	environment  = []string{string(apikey.Live), string(apikey.Test), string(apikey.Dev)}
)

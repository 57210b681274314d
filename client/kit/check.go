package kit

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"detent/apikey"
)

// IsParentValue reports whether a profile may give this for a parent: it becomes a segment of a path.
func IsParentValue(text string) bool { return parentValue().MatchString(text) }

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
	sent := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		small := strings.ToLower(name)
		if ownHeader(name) || small == "authorization" || small == "cookie" {
			c.refuse("headers", "%q is detent's own to send", name)
		}
		if sent[small] {
			c.refuse("headers", "%q is there twice: a header is called alike in any case", name)
		}
		sent[small] = true
		if namesCredential(name) {
			c.refuse("headers", "%q holds a credential, which is the profile's, and in no file of an issuer: auth says how it is sent", name)
		}
		c.token("headers", name)
		c.text("headers."+name, d.Headers[name], 200)
		for _, place := range headerPlace().FindAllStringSubmatch(d.Headers[name], -1) {
			c.known("headers."+name, place[1])
		}
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
	c.roll(d)
	c.expiry(d)
	c.properties(d)
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

func (c *checker) row(r *Row) {
	of := map[string]string{}
	for _, named := range r.Named() {
		field := "row." + named.Field
		for _, member := range named.Members {
			c.paths(field, strings.ReplaceAll(member, "[]", ""))
			switch {
			case strings.Contains(member, "[]") && named.Field != "permissions":
				c.refuse(field, "%q takes all elements of an array, which is for row.permissions: the first one is %q", member, strings.ReplaceAll(member, "[]", ".0"))
			case strings.Contains(member, ".") && (named.Field == "inside" || named.Field == "copied"):
				c.refuse(field, "%q is a path, and here is the name of one member of a row", member)
			}
			if other, taken := of[strings.ToLower(member)]; taken {
				c.refuse(field, "the member %q is %s already: one member is one field", member, other)
			}
			of[strings.ToLower(member)] = field
		}
	}
	c.secretAlone(r)
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
	switch {
	case len(r.PairWith) == 0:
	case r.Pair == "":
		c.refuse("row.pair", "is missing: what stands between row.pair_with and the secret?")
	case len(r.Masked)+len(r.Prefix)+len(r.Suffix) > 0 || c.d.List.Secrets:
		c.refuse("row.pair_with", "is the mask of a key, and not with row.masked, prefix, suffix or list.secrets")
	}
	if len(r.Name) == 0 {
		c.refuse("row.name", "is missing")
	}
	for _, named := range r.Named() {
		if f := apikey.Field(named.Field); slices.Contains(r.AbsentIsNone, f) && len(named.Members) == 0 {
			c.refuse("row."+named.Field, "is missing: row.absent_is_none says what a row without it means")
		}
	}
	for _, f := range slices.Sorted(maps.Keys(r.None)) {
		field := "row.none." + string(f)
		c.one("row.none", string(f), append([]string{string(apikey.FieldExpiry), string(apikey.FieldLastUsed)}, c.d.propertyNames()...)...)
		if f == apikey.FieldExpiry && len(r.ExpiresAt) == 0 || f == apikey.FieldLastUsed && len(r.LastUsedAt) == 0 {
			c.refuse("row."+string(f), "is missing: row.none says what it has for none")
		}
		if len(r.None[f]) == 0 {
			c.refuse(field, "is missing: which values mean none?")
		}
		for _, value := range r.None[f] {
			c.text(field, value, 64)
		}
	}
	for _, f := range r.AbsentIsNone {
		c.one("row.absent_is_none", string(f), append(c.d.propertyNames(), absentFields...)...)
	}
}

// secretAlone holds that no other field has the secret in it: neither what is around it, nor the same member by another way.
func (c *checker) secretAlone(r *Row) {
	steps := func(path string) []string {
		all := strings.Split(strings.ToLower(strings.ReplaceAll(path, "[]", ".[]")), ".")
		if len(all) > 1 && slices.ContainsFunc(r.Inside, func(name string) bool { return strings.EqualFold(name, all[0]) }) {
			return all[1:]
		}
		return all
	}
	isStep := func(a, b string) bool { return a == b || a == "[]" && strings.Trim(b, "0123456789") == "" }
	for _, named := range r.Named() {
		if named.Field == "secret" || named.Field == "inside" {
			continue
		}
		for _, member := range named.Members {
			for _, secret := range r.Secret {
				if way, to := steps(member), steps(secret); len(way) <= len(to) && slices.EqualFunc(way, to[:len(way)], isStep) && !strings.EqualFold(member, secret) {
					c.refuse("row."+named.Field, "%q has %q in it, which is the secret: it is in no other field", member, secret)
				}
			}
		}
	}
}

func (c *checker) refusals(d *Declaration) {
	if len(d.Refusals.Own)+len(d.Refusals.With) == 0 {
		c.refuse("refusals.own", "is missing, and refusals.with too: by what is an error of the issuer's told from a proxy's?")
	}
	for _, own := range d.Refusals.Own {
		c.one("refusals.own", own, "no", "text", "object", "message", "code", "plain")
	}
	worded := func(m Meaning) bool { return m.Words != "" }
	if slices.Contains(d.Refusals.Own, "plain") && d.Refusals.Known == "" && !slices.ContainsFunc(d.Refusals.Means, worded) {
		c.refuse("refusals.means", "is missing, with words: proxies write plain text too, so that a refusal of \"plain\" counts as the issuer's own by words of means or known alone")
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

// accessFields are the fields by which a key may do more.
func accessFields() (out []string) {
	for f := range apikey.Fields() {
		if f.Access && (!f.IsExtra() || f.Filter != "") {
			out = append(out, string(f.ID))
		}
	}
	return out
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
		if needed := func(by Probe) bool { return by.Needs == p.Name }; p.Always && (p.Mints || slices.ContainsFunc(d.Probes, needed)) {
			c.refuse(field+".always", "is not compared, and what makes keys, or a probe needs, always is: leave it out")
		}
	}
	for _, name := range d.MorePermissions {
		c.text("more_permissions", name, 128)
	}
	var names []string
	for _, p := range d.Permissions {
		if !p.Always {
			names = append(names, p.Name)
		}
	}
	for i, p := range d.Presets {
		field := fmt.Sprintf("preset[%d]", i)
		c.text(field+".name", p.Name, 40)
		for _, name := range p.Permissions {
			if !slices.Contains(names, name) {
				c.refuse(field+".permissions", "%q is none of the permissions: %s", name, among(names, "none is declared by [[permission]]"))
			}
		}
	}
	for i, r := range d.Roles {
		c.text(fmt.Sprintf("role[%d].name", i), r.Name, 64)
		c.text(fmt.Sprintf("role[%d].description", i), r.Description, 200)
	}
	for field, said := range map[string]map[string]string{"note": d.Note, "cannot": d.Cannot} {
		for _, name := range slices.Sorted(maps.Keys(said)) {
			c.one(field, name, abilities...)
			c.text(field+"."+name, said[name], 200)
		}
	}
	for _, f := range d.Access {
		if info := apikey.FieldOf(f); !info.Access || info.IsExtra() && info.Filter == "" && !slices.Contains(d.Row.Copied, info.Member()) && !slices.Contains(d.unseen(), f) {
			c.refuse("access", "%q is no field of access: %s, or a member of row.copied", f, oneOf(accessFields()))
		}
	}
	for e, name := range d.EnvironmentNames {
		c.one("environment_names", string(e), environment...)
		c.text("environment_names."+string(e), name, 64)
		if !slices.Contains(d.Environments, e) {
			c.refuse("environment_names", "%q is none of environments: %s", e, among(texts(d.Environments), "the file has none"))
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

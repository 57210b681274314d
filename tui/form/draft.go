package form

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"detent/apikey"
	"detent/tui/ui"
)

// none stands where nothing was said.
const none = "—"

// draft is what the form says now.
func (c *Create) draft() apikey.Draft {
	d := apikey.Draft{Name: strings.TrimSpace(c.name.value())}
	if types := c.types(); len(types) > 0 {
		d.Type = types[0]
	}
	if c.kind != nil {
		d.Type = c.kind.value()
	}
	if c.expiry != nil {
		d.Expiry, _ = c.expiry.value()
	}
	if c.environment != nil {
		d.Environment = apikey.Environment(c.environment.value())
	}
	if c.permissions != nil {
		d.Permissions = c.permissions.value()
	}
	if c.free != nil {
		d.Permissions = freePermissions(c.free.value())
	}
	d.Extra = asked(c.properties)
	if c.role != nil {
		d.Role = c.role.value()
	}
	if c.ips != nil {
		d.Restrictions.IPAddresses, _ = each(c.ips.value(), apikey.CleanIP)
		d.Restrictions.Referrers, _ = each(c.referrers.value(), apikey.CleanReferrer)
		d.Restrictions.Endpoints, _ = each(c.endpoints.value(), apikey.CleanEndpoint)
	}
	return d
}

// types are those of a new key. A public one is asked for elsewhere.
func (c *Create) types() []string {
	return slices.DeleteFunc(slices.Clone(c.caps.Types), func(t string) bool { return t == apikey.PublicKey && c.caps.PublicKeys.OK })
}

func typeWords(t string) string {
	if t == apikey.SecretKey {
		return "secret key (" + t + ")"
	}
	return ui.Clean(t)
}

// facts say exactly what will be created.
func (c *Create) facts() []fact {
	d := c.draft()
	where := c.caps.Title
	if c.profile.Name != "" {
		where += " · " + ui.Clean(c.profile.Name)
	}
	if word := c.profile.Setting.Badge(); word != "" {
		where += " · " + word
	}
	out := []fact{{label: "Service", value: where}, {label: "Name", value: cmp.Or(ui.Clean(d.Name), none)}}
	if mark, note := nameNote(d.Name, c.caps.MaxName, c.existing); mark == "! " {
		out = append(out, fact{mark: mark, value: note})
	}
	if c.environment != nil {
		out = append(out, fact{label: "Environment", value: environmentWord(d.Environment) + ", " + environmentAbout(d.Environment)})
	}
	if d.Type != "" {
		out = append(out, fact{label: "Type", value: typeWords(d.Type)})
	}
	if slices.Contains(c.caps.AccessFields, apikey.FieldProject) {
		out = append(out, fact{label: "Project", value: "that of this profile's credential"})
	}
	out = append(out, c.expiryFacts(d)...)
	out = append(out, c.accessFacts(d)...)
	if c.ips != nil {
		out = append(out, restrictionFacts(d.Restrictions, c.caps)...)
	}
	for _, l := range c.properties {
		raw, _ := l.value()
		out = append(out, l.fact(l.words(raw)))
	}
	if len(c.caps.Sent) > 0 {
		out = append(out, fact{label: "Always sent", value: ui.Clean(strings.Join(c.caps.Sent, ", "))})
	}
	return out
}

func (c *Create) expiryFacts(d apikey.Draft) []fact {
	switch {
	case c.expiry == nil:
		return []fact{{label: "Expires", value: "not settable here: " + cmp.Or(ui.Clean(c.caps.Expiry.Why), none)}}
	case c.expiry.check() != nil:
		return []fact{{label: "Expires", mark: "! ", value: c.expiry.check().Error()}}
	case d.Expiry.IsNever():
		return []fact{{label: "Expires", mark: "! ", value: "never: it works until somebody deletes it"}}
	}
	return []fact{{label: "Expires", value: expiryText(c.env, d.Expiry)}}
}

func (c *Create) accessFacts(d apikey.Draft) []fact {
	var out []fact
	if c.role != nil {
		o := c.role.in.Option()
		out = append(out, fact{label: "Role", value: o.Label}, fact{mark: o.Mark, value: o.About})
	}
	if c.free != nil {
		return append(out, fact{label: "Permissions", value: cmp.Or(ui.Clean(strings.Join(apikey.PermissionTexts(d.Permissions), ", ")), "none")})
	}
	if c.permissions == nil {
		return out
	}
	label := "Permissions"
	for _, g := range c.caps.PermissionGroups {
		var names []string
		for _, info := range g.Permissions {
			if slices.Contains(d.Permissions, info.Permission) {
				names = append(names, ui.Clean(info.Permission.Name))
			}
		}
		if len(names) > 0 {
			out = append(out, fact{label: label, value: ui.Clean(g.Title) + ": " + strings.Join(names, ", ")})
			label = ""
		}
	}
	if label != "" {
		out = append(out, fact{label: label, mark: "! ", value: "none yet: pick at least one"})
	}
	for _, w := range warningsFor(c.permissions.infos, d.Permissions) {
		out = append(out, fact{mark: "! ", value: w})
	}
	return out
}

func restrictionFacts(r apikey.Restrictions, caps apikey.Capabilities) []fact {
	if r.Empty() {
		return []fact{{label: "Restrictions", mark: "! ", value: "none: " + caps.Unrestricted()}}
	}
	out := []fact{}
	label := "Restrictions"
	for _, kind := range []struct {
		word   string
		values []string
	}{{"from ", r.IPAddresses}, {"referrer ", r.Referrers}, {"endpoint ", r.Endpoints}} {
		if len(kind.values) > 0 {
			out = append(out, fact{label: label, value: kind.word + strings.Join(kind.values, ", ")})
			label = ""
		}
	}
	return out
}

// newName is the field of a key's name.
func newName(env *ui.Env, value string, limit int, existing map[string]int) *text {
	t := newText(env, "Name", value)
	t.line.Example("payments-api")
	t.verify = func(v string) error { return checkName(v, limit) }
	t.note = func(v string) (string, string) { return nameNote(v, limit, existing) }
	return t
}

// checkName says what is wrong with a name.
func checkName(value string, limit int) error {
	value = strings.TrimSpace(value)
	switch n := utf8.RuneCountInString(value); {
	case value == "":
		return fmt.Errorf("a name is required")
	case limit > 0 && n > limit:
		return fmt.Errorf("the name has %d characters; the service takes at most %d", n, limit)
	}
	return nil
}

// nameNote warns about a name that another key has, and about one that is too long.
func nameNote(value string, limit int, existing map[string]int) (mark, note string) {
	value = strings.TrimSpace(value)
	switch n := existing[value]; {
	case value == "":
		return "", ""
	case limit > 0 && utf8.RuneCountInString(value) > limit:
		return "! ", fmt.Sprintf("%d characters, over the limit of %d", utf8.RuneCountInString(value), limit)
	case n == 1:
		return "! ", "a key of this name is there already: two are hard to tell apart"
	case n > 1:
		return "! ", fmt.Sprintf("%d keys of this name are there already: they are hard to tell apart", n)
	}
	return "", ""
}

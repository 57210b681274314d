package kit

import (
	"fmt"
	"slices"

	"detent/apikey"
)

// Number is a limit or a budget that keys can have. It is a member of the row, which is shown, compared and copied, and is sent under the
// same name, or where { field = "NAME" } stands.
type Number struct {
	Name string `toml:"name"`
	// Title is what a person is asked for: "spend limit in US dollars".
	Title string `toml:"title"`
	// Least and Most bound it; both 0 for no bounds.
	Least int `toml:"least"`
	Most  int `toml:"most"`
	// Fraction says that it need not be whole, Always that no key is without it.
	Fraction bool `toml:"fraction"`
	Always   bool `toml:"always"`
}

// Number is one by its name; nil for none.
func (d *Declaration) Number(f apikey.Field) *Number {
	if at := slices.IndexFunc(d.Numbers, func(n Number) bool { return n.Name == string(f) }); at >= 0 {
		return &d.Numbers[at]
	}
	return nil
}

// sendable are the fields of an id, a draft or a change.
func (d *Declaration) sendable() (out []string) {
	for _, f := range []apikey.Field{apikey.FieldID, apikey.FieldName, apikey.FieldEnvironment, apikey.FieldExpiry, apikey.FieldRestrictions, apikey.FieldRole, apikey.FieldType,
		apikey.FieldEnabled, apikey.FieldPermissions} {
		out = append(out, string(f))
	}
	return append(out, d.numberNames()...)
}

// changeable are those of a change.
func (d *Declaration) changeable() []string {
	return append([]string{string(apikey.FieldName), string(apikey.FieldRole), string(apikey.FieldEnabled), string(apikey.FieldExpiry)}, d.numberNames()...)
}

func (d *Declaration) numberNames() (out []string) {
	for _, n := range d.Numbers {
		out = append(out, n.Name)
	}
	return out
}

// NumbersOfKeys are the numbers as a form asks for them.
func (d *Declaration) NumbersOfKeys() (out []apikey.Number) {
	for _, n := range d.Numbers {
		out = append(out, apikey.Number{Field: apikey.Field(n.Name), Title: n.Title, Least: int64(n.Least), Most: int64(n.Most), Fraction: n.Fraction, Always: n.Always,
			Change: d.Update != nil && d.Update.Sends(apikey.Field(n.Name))})
	}
	return out
}

// numbers checks the limits that keys can have.
func (c *checker) numbers(d *Declaration) {
	taken := map[string]bool{}
	for f := range apikey.Fields() {
		taken[string(f.ID)], taken[f.Filter] = true, true
	}
	for i, n := range d.Numbers {
		field := fmt.Sprintf("number[%d]", i)
		if !memberName().MatchString(n.Name) {
			c.refuse(field+".name", "is the name of a member: letters, digits and _, a letter first, at most 32")
		} else if taken[n.Name] {
			c.refuse(field+".name", "%q is a field of every key, or a word of the filter, or said already", n.Name)
		}
		taken[n.Name] = true
		c.text(field+".title", n.Title, 60)
		if n.Most != 0 && n.Least > n.Most || n.Most == 0 && n.Least > 0 {
			c.refuse(field+".most", "is %d or more: least is %d", n.Least, n.Least)
		}
	}
}

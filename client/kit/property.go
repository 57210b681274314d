package kit

import (
	"slices"
	"strings"

	"detent/apikey"
)

// Property is what keys can have that no field is: a limit, a choice, zones, tags. It is a member of the row, which is shown, compared and
// copied, and is sent under the same name, or where { field = "NAME" } stands.
type Property struct {
	Name string `toml:"name"`
	// Kind is "number", "choice" for one of several words, "text", "instant", "list" for several words, "addresses" for several IP addresses
	// and CIDRs, "boolean". A [[number]] is one of kind number.
	Kind apikey.PropertyKind `toml:"kind"`
	// Title is what a person is asked for: "spend limit in US dollars"; Without what a key without it has: "all zones".
	Title   string `toml:"title"`
	Without string `toml:"without"`
	// Choices are the words of a choice or a list, Catalogue how the service is asked for more; a list of neither takes any. The id of a row of
	// the catalogue is what is sent, its name what people call it.
	Choices   []string   `toml:"choices"`
	Catalogue *Catalogue `toml:"catalogue"`
	// Least and Most bound a number; both 0 for no bounds.
	Least int `toml:"least"`
	Most  int `toml:"most"`
	// Fraction says that a number need not be whole, Always that no key is without the property.
	Fraction bool `toml:"fraction"`
	Always   bool `toml:"always"`
	// Unshown says that no row shows it.
	Unshown bool `toml:"unshown"`
}

// Property is one by its name; nil for none.
func (d *Declaration) Property(f apikey.Field) *Property {
	if at := slices.IndexFunc(d.Properties, func(p Property) bool { return p.Name == string(f) }); at >= 0 {
		return &d.Properties[at]
	}
	return nil
}

// SentAs is how a field is sent, by a create or else by an update: what a row has of it is of the same shape.
func (d *Declaration) SentAs(f apikey.Field) (out Value) {
	if d.Update != nil {
		out, _ = d.Update.Value(f)
	}
	if d.Create != nil && d.Create.Sends(f) {
		out, _ = d.Create.Value(f)
	}
	return out
}

// unseen are the properties that a create asks for and no list tells of a key. What goes in a member that a row has and a copy keeps is seen there.
func (d *Declaration) unseen() (out []apikey.Field) {
	if d.Create == nil {
		return nil
	}
	for _, p := range d.Properties {
		d.Create.each(func(path string, v Value) {
			member, _, _ := strings.Cut(path, ".")
			if p.Unshown && v.Field == apikey.Field(p.Name) && !slices.Contains(d.Row.Copied, member) {
				out = append(out, v.Field)
			}
		})
	}
	return out
}

func (d *Declaration) creates() *Call {
	if d.Create == nil {
		return nil
	}
	return &d.Create.Call
}

// sendable are the fields of an id, a draft or a change.
func (d *Declaration) sendable() (out []string) {
	for _, f := range []apikey.Field{apikey.FieldID, apikey.FieldName, apikey.FieldEnvironment, apikey.FieldExpiry, apikey.FieldRestrictions, apikey.FieldRole, apikey.FieldType,
		apikey.FieldEnabled, apikey.FieldPermissions} {
		out = append(out, string(f))
	}
	return append(out, d.propertyNames()...)
}

// changeable are those of a change.
func (d *Declaration) changeable() []string {
	return append([]string{string(apikey.FieldName), string(apikey.FieldRole), string(apikey.FieldEnabled), string(apikey.FieldExpiry)}, d.propertyNames()...)
}

func (d *Declaration) propertyNames() (out []string) {
	for _, p := range d.Properties {
		out = append(out, p.Name)
	}
	return out
}

// PropertiesOfKeys are the properties as a form asks for them.
func (d *Declaration) PropertiesOfKeys() (out []apikey.Property) {
	for _, p := range d.Properties {
		one := apikey.Property{Field: apikey.Field(p.Name), Kind: p.Kind, Title: p.Title, Without: p.Without, Asks: p.Catalogue != nil, Least: int64(p.Least), Most: int64(p.Most),
			Fraction: p.Fraction, Always: p.Always, Change: d.Update != nil && d.Update.Sends(apikey.Field(p.Name))}
		for _, word := range p.Choices {
			one.Choices = append(one.Choices, apikey.Choice{Value: word})
		}
		out = append(out, one)
	}
	return out
}

// namedProperties puts the numbers before the other properties, has the row show each, and a create send it.
func namedProperties(d *Declaration) {
	for i := range d.Numbers {
		d.Numbers[i].Kind = apikey.NumberProperty
	}
	d.Properties = append(d.Numbers, d.Properties...)
	for _, p := range d.Properties {
		if !p.Unshown && !slices.Contains(d.Row.Copied, p.Name) {
			d.Row.Copied = append(d.Row.Copied, p.Name)
		}
	}
}

// sentProperties has a create send what it does not say otherwise, each under its own name.
func sentProperties(d *Declaration) {
	for _, p := range d.Properties {
		if c := d.creates(); c != nil && memberName().MatchString(p.Name) && apikey.FieldOf(apikey.Field(p.Name)).IsExtra() && !d.Create.Sends(apikey.Field(p.Name)) {
			if c.Send == nil {
				c.Send, c.Body = map[string]any{}, map[string]Value{}
			}
			if _, taken := c.Body[p.Name]; !taken {
				c.Body[p.Name] = Value{Field: apikey.Field(p.Name)}
			}
		}
	}
}

// properties checks what keys can have beside.
func (c *checker) properties(d *Declaration) {
	taken := map[string]bool{}
	for f := range apikey.Fields() {
		taken[string(f.ID)], taken[f.Filter] = true, true
	}
	for i, p := range d.Properties {
		field := propertyAt(d, i)
		if !memberName().MatchString(p.Name) {
			c.refuse(field+".name", "is the name of a member: letters, digits and _, a letter first, at most 32")
		} else if taken[p.Name] {
			c.refuse(field+".name", "%q is a field of every key, or a word of the filter, or said already", p.Name)
		}
		taken[p.Name] = true
		c.one(field+".kind", string(p.Kind), propertyKinds...)
		c.text(field+".title", p.Title, 60)
		c.optional(field+".without", p.Without, 60)
		if p.Most != 0 && p.Least > p.Most || p.Most == 0 && p.Least > 0 {
			c.refuse(field+".most", "is %d or more: least is %d", p.Least, p.Least)
		}
		if p.Kind != apikey.NumberProperty && (p.Least != 0 || p.Most != 0 || p.Fraction) {
			c.refuse(field+".kind", "least, most and fraction are those of a number")
		}
		of := p.Kind == apikey.ChoiceProperty || p.Kind == apikey.ListProperty
		switch {
		case !of && (len(p.Choices) > 0 || p.Catalogue != nil):
			c.refuse(field+".kind", "choices and a catalogue are those of a choice or a list")
		case p.Kind == apikey.ChoiceProperty && len(p.Choices) == 0 && p.Catalogue == nil:
			c.refuse(field+".choices", "is missing: which words are there?")
		}
		for _, word := range p.Choices {
			c.text(field+".choices", word, 128)
			if strings.EqualFold(word, "none") {
				c.refuse(field+".choices", "%q cannot be typed: it takes the word away", word)
			}
		}
		if p.Unshown && d.creates() == nil && d.Update == nil {
			c.refuse(field+".unshown", "is no property at all then: no call sends it")
		}
	}
}

// sentAs checks how a property is sent.
func (c *checker) sentAs(at string, p *Property, v Value) {
	switch p.Kind {
	case apikey.InstantProperty:
		c.one(at, v.As, slices.DeleteFunc(append([]string{""}, timeForms...), func(as string) bool { return as == "word" })...)
	case apikey.ListProperty, apikey.AddressesProperty:
		c.one(at, v.As, "", "list", "words", "objects", "members")
	default:
		c.one(at, v.As, "")
	}
}

// shaped checks what as = "objects" and as = "members" need.
func (c *checker) shaped(at string, v Value) {
	switch objects, members := v.As == "objects", v.As == "members"; {
	case objects != (v.Member != ""):
		c.refuse(at, "as = \"objects\" and member go together: member = \"name\" for [{\"name\": …}]")
	case members && v.Value == nil:
		c.refuse(at, "as = \"members\" says the value of each, too: value = \"*\" for {\"…\": \"*\"}")
	case !members && (v.Each != "" || v.Value != nil):
		c.refuse(at, "each and value are for as = \"members\"")
	case v.Each != "" && strings.Count(v.Each, "{}") != 1:
		c.refuse(at, "%q has one {} in it, where the word goes", v.Each)
	}
}

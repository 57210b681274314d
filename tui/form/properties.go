package form

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/tui/ui"
)

// property is the field of a property that a key can have.
type property struct {
	apikey.Property
	in    field
	typed func() string   // what stands in the field, as it is typed; empty for none
	was   json.RawMessage // what the key has; null for none
	began *string         // what stood in the field of a key at first, and is what the key has, whatever it reads as; nil for a new key
}

// newProperties are the fields of properties, with what a key has of them. Of a new key the service is asked which words there are.
func newProperties(env *ui.Env, all []apikey.Property, has map[string]json.RawMessage, isNew bool) (out []*property) {
	for _, p := range all {
		l := &property{Property: p, was: json.RawMessage("null")}
		if raw := has[string(p.Field)]; raw != nil {
			l.was = raw
		}
		l.Property = p.Keeping(l.was)
		switch {
		case p.Kind == apikey.ChoiceProperty || p.Kind == apikey.BooleanProperty:
			l.choose(env)
		case p.Listed() && (len(p.Choices) > 0 || p.Asks && isNew):
			l.pick(env)
		default:
			l.typeIn(env)
		}
		if began := l.typed(); !isNew {
			l.began = &began
		}
		out = append(out, l)
	}
	return out
}

// title is what a person is asked for, with a capital letter.
func (l *property) title() string {
	title := ui.Clean(l.Title)
	first, size := utf8.DecodeRuneInString(title)
	return string(unicode.ToUpper(first)) + title[size:]
}

// help says what is typed or chosen, and what none is.
func (l *property) help() string {
	what := map[apikey.PropertyKind]string{apikey.NumberProperty: "A number.", apikey.InstantProperty: "A date is its end; a span counts from now.", apikey.ListProperty: "Separated by commas; one with a comma in quotes.",
		apikey.AddressesProperty: "Addresses or CIDRs, separated by commas."}[cmp.Or(l.Kind, apikey.NumberProperty)]
	switch {
	case l.Always:
	case l.Without != "":
		what += " Empty is none: " + ui.Clean(l.Without) + "."
	default:
		what += " Empty is none."
	}
	return strings.TrimSpace(what)
}

func (l *property) typeIn(env *ui.Env) {
	value := strings.Join(apikey.PropertyWords(l.was), "")
	if l.Listed() {
		value = apikey.Typed(apikey.PropertyWords(l.was))
	}
	t := newText(env, l.title(), value)
	if example := map[apikey.PropertyKind]string{apikey.NumberProperty: "100", apikey.InstantProperty: expiryExample, apikey.AddressesProperty: "203.0.113.7, 10.0.0.0/8"}[cmp.Or(l.Kind, apikey.NumberProperty)]; example != "" {
		t.line.Example(example)
	}
	t.help = l.help()
	t.verify = func(v string) error { _, err := l.read(v); return err }
	if l.Kind == apikey.InstantProperty {
		t.note = func(v string) (string, string) {
			raw, _ := l.Parse(v, env.Now(), env.Zone)
			at, err := apikey.InstantOf(raw)
			if err != nil {
				return "", ""
			}
			return "", "→ " + ui.Exact(at, env.Zone)
		}
	}
	l.in, l.typed = t, t.value
}

// choose is a choice, of yes and no too.
func (l *property) choose(env *ui.Env) {
	value := strings.Join(apikey.PropertyWords(l.was), "")
	if l.Kind == apikey.BooleanProperty && l.Always { // that of a key without any word of it
		value = cmp.Or(value, "no")
	}
	c := newChoice(env, l.title(), value, l.options())
	c.alone = c.in.Len() > 8
	l.in, l.typed = c, c.value
}

func (l *property) options() (out []option) {
	for i, name := range l.Names() {
		out = append(out, option{Value: l.Choices[i].Value, Label: ui.Clean(name), About: ui.Clean(l.Choices[i].About)})
	}
	if l.Kind == apikey.BooleanProperty {
		out = []option{{Value: "yes", Label: "yes"}, {Value: "no", Label: "no"}}
		if word := strings.Join(apikey.PropertyWords(l.was), ""); word != "" && word != "yes" && word != "no" {
			out = append(out, option{Value: word, Label: ui.Clean(word)})
		}
	}
	if !l.Always || len(out) == 0 {
		out = append([]option{{Label: none, About: cmp.Or(ui.Clean(l.Without), "none")}}, out...)
	}
	return out
}

// pick ticks several, as permissions are.
func (l *property) pick(env *ui.Env) {
	p := newPermissions(env, l.pickable(apikey.Catalogue{}))
	p.title, p.verify = l.title(), func() error { _, err := l.read(l.typed()); return err }
	if p.help = ""; l.Without != "" {
		p.help = "None picked is: " + ui.Clean(l.Without) + "."
	}
	names := l.Names()
	for _, word := range apikey.PropertyWords(l.was) {
		p.picked[apikey.Permission{Name: names[slices.IndexFunc(l.Choices, func(c apikey.Choice) bool { return c.Value == word })]}] = true
	}
	p.changed = func() bool { _, changed := l.value(); return changed }
	l.in = p
	l.typed = func() string {
		var words []string
		for i, name := range l.Names() {
			if p.picked[apikey.Permission{Name: name}] {
				words = append(words, l.Choices[i].Value)
			}
		}
		return apikey.Typed(words)
	}
}

// pickable are the words as what can be granted.
func (l *property) pickable(known apikey.Catalogue) (caps apikey.Capabilities) {
	group := apikey.PermissionGroup{Title: l.title()}
	for i, name := range l.Names() {
		about := l.Choices[i].About
		if l.Choices[i].Name != "" {
			about = cmp.Or(about, l.Choices[i].Value)
		}
		group.Permissions = append(group.Permissions, apikey.PermissionInfo{Permission: apikey.Permission{Name: name}, Description: about})
	}
	if len(group.Permissions) > 0 {
		caps.PermissionGroups = []apikey.PermissionGroup{group}
	}
	caps.Catalogue = apikey.Catalogue{Can: l.Asks, Asked: known.Asked}
	return caps
}

// learn takes up the words that the service named.
func (l *property) learn(caps apikey.Capabilities, failed error) {
	at := slices.IndexFunc(caps.Properties, func(p apikey.Property) bool { return p.Field == l.Field })
	if !l.Asks || at < 0 {
		return
	}
	l.Choices = caps.Properties[at].Choices
	switch in := l.in.(type) {
	case *permissions:
		in.learn(l.pickable(caps.Catalogue), failed)
	case *choice:
		in.in.Offer(l.options())
	}
}

// pagesOf are the pages of properties: those that are picked, and a choice of many, have one of their own.
func pagesOf(all []*property) (out []page) {
	name, together := "Limits", page{shared: true}
	for _, l := range all {
		c, few := l.in.(*choice)
		if _, picks := l.in.(*permissions); picks || few && c.alone {
			label := ui.Clean(apikey.FieldOf(l.Field).Label)
			out = append(out, page{name: strings.ToUpper(label[:1]) + label[1:], fields: []field{l.in}})
			continue
		}
		if !l.Numeric() {
			name = "Properties"
		}
		together.fields = append(together.fields, l.in)
	}
	if together.name = name; len(together.fields) > 0 {
		out = append(out, together)
	}
	return out
}

// value is what stands in the field, and whether it is another than the key has.
func (l *property) value() (raw json.RawMessage, changed bool) {
	raw, err := l.read(l.typed())
	return raw, err == nil && !l.Same(raw, l.was, 0)
}

// read is what a text in the field comes to.
func (l *property) read(text string) (json.RawMessage, error) {
	if l.began != nil && text == *l.began {
		return l.was, nil
	}
	return l.Parse(text, l.env().Now(), l.env().Zone)
}

func (l *property) env() *ui.Env { return l.in.(interface{ frame() *base }).frame().env }

// fact is a line of a review: the field's short name, what it comes to, and what that is.
func (l *property) fact(value string) fact {
	out := fact{label: ui.Clean(apikey.FieldOf(l.Field).Label), value: value}
	if !strings.EqualFold(out.label, ui.Clean(l.Title)) {
		out.value += ", " + ui.Clean(l.Title)
	}
	if raw, _ := l.value(); l.Without != "" && len(apikey.PropertyWords(raw)) == 0 { // what is left out may be more
		out.mark = "! "
	}
	return out
}

// words are a value for a review.
func (l *property) words(raw json.RawMessage) string {
	if at, err := apikey.InstantOf(raw); err == nil && l.Kind == apikey.InstantProperty {
		return ui.Exact(at, l.env().Zone)
	}
	return ui.Clean(l.Words(raw))
}

// asked are the properties that differ from what a key has; nil for none.
func asked(all []*property) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	for _, l := range all {
		if raw, changed := l.value(); changed {
			if out == nil {
				out = map[string]json.RawMessage{}
			}
			out[string(l.Field)] = raw
		}
	}
	return out
}

// newFree asks for permissions of names that somebody chose, where nothing tells which there are.
func newFree(env *ui.Env) *text {
	t := newText(env, "Permissions", "")
	t.line.Example("documents.read, documents.write")
	t.help = "Their names, separated by commas or spaces: the service has no list of them. Empty is none."
	t.note = func(v string) (string, string) {
		if n := len(freePermissions(v)); n > 0 {
			return "", ui.Count(n, "permission")
		}
		return "", ""
	}
	return t
}

func freePermissions(text string) []apikey.Permission {
	return apikey.ParsePermissions(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }))
}

// newEnd asks for another end of a key; an empty field leaves it as it is.
func newEnd(env *ui.Env, gives apikey.Lifetimes, now apikey.Moment) *text {
	t := newText(env, "New end", "")
	t.line.Example(expiryExample)
	t.help = "It ends " + ui.Moment(now, env.Now()) + " now. Empty leaves it so; a span counts from now."
	if now.IsNever() {
		t.help = "It never ends now. Empty leaves it so; a span counts from now."
	}
	if len(gives.Spans) > 0 {
		t.line.Example(gives.Words())
	}
	parse := func(v string) (apikey.Expiry, error) {
		e, err := apikey.ParseExpiry(v, env.Now(), env.Zone)
		if err == nil {
			err = gives.Check(e, env.Now())
		}
		return e, err
	}
	t.verify = func(v string) error {
		if strings.TrimSpace(v) == "" {
			return nil
		}
		_, err := parse(v)
		return err
	}
	t.note = func(v string) (string, string) {
		switch e, err := parse(v); {
		case strings.TrimSpace(v) == "":
			return "", ""
		case err != nil:
			return "! ", err.Error()
		case e.IsNever():
			return "! ", "never expires: it works until somebody deletes it"
		default:
			return "", "→ " + expiryText(env, e)
		}
	}
	return t
}

// newExpiryOf is what stands in the field of another end; nil for none.
func newExpiryOf(t *text) *apikey.Expiry {
	if t == nil || strings.TrimSpace(t.value()) == "" || t.check() != nil {
		return nil
	}
	e, err := apikey.ParseExpiry(t.value(), t.env.Now(), t.env.Zone)
	if err != nil {
		return nil
	}
	return &e
}

package form

import (
	"encoding/json"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

// limit is the field of a number that a key can have.
type limit struct {
	apikey.Number
	in  *text
	was json.RawMessage // what the key has; null for none
}

// newLimits are the fields of numbers, with what a key has of them.
func newLimits(env *ui.Env, numbers []apikey.Number, has map[string]json.RawMessage) (out []limit) {
	for _, n := range numbers {
		l := limit{Number: n, was: json.RawMessage("null")}
		value := ""
		if raw, ok := has[string(n.Field)]; ok && string(raw) != "null" {
			l.was, value = raw, string(raw)
			if as, _ := n.Parse(value); as != nil { // 20.50 and 20.5 are one number
				l.was = as
			}
		}
		title := ui.Clean(n.Title)
		l.in = newText(env, strings.ToUpper(title[:1])+title[1:], value)
		l.in.line.Example("100")
		if l.in.help = "A number."; !n.Always {
			l.in.help = "A number. Empty is none."
		}
		l.in.verify = func(v string) error { _, err := n.Parse(v); return err }
		out = append(out, l)
	}
	return out
}

// fieldsOf are the fields for a page.
func fieldsOf(limits []limit) (out []field) {
	for _, l := range limits {
		out = append(out, l.in)
	}
	return out
}

// value is what stands in the field, and whether it is another than the key has.
func (l limit) value() (raw json.RawMessage, changed bool) {
	raw, err := l.Parse(l.in.value())
	return raw, err == nil && string(raw) != string(l.was)
}

// fact is a line of a review: the field's short name, what it comes to, and what that is.
func (l limit) fact(value string) fact {
	return fact{label: ui.Clean(apikey.FieldOf(l.Field).Label), value: value + ", " + ui.Clean(l.Title)}
}

// words are a number for a review.
func (l limit) words(raw json.RawMessage) string {
	if string(raw) == "null" {
		return "none"
	}
	return ui.Clean(string(raw))
}

// asked are the numbers that differ from what a key has; nil for none.
func asked(limits []limit) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	for _, l := range limits {
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

package client

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// dialect is how a service says no: the shape of its errors, what they name as missing, and what a 403 of its own says
// about the key.
type dialect struct {
	*kit.Refusals
	remedies []kit.Remedy
	features *wire.Features
	secret   *regexp.Regexp // the shape of one; nil where it is not declared
}

func newDialect(d *kit.Declaration, f *wire.Features) dialect {
	out := dialect{Refusals: &d.Refusals, remedies: d.Remedies, features: f}
	if d.Secret.Shape != "" {
		out.secret = regexp.MustCompile(d.Secret.Shape)
	}
	return out
}

// own reports whether a refusal has the shape of the service's own.
func (d dialect) own(f wire.Fault) bool {
	if f.Shape.Plain { // as a proxy writes, too: it is the service's by words that its file has
		told := strings.ToLower(f.Message)
		return slices.Contains(d.Own, "plain") && (d.Known != "" && wire.AnyOf(told, d.Known) ||
			slices.ContainsFunc(d.Means, func(m kit.Meaning) bool { return m.Words != "" && wire.AnyOf(told, m.Words) }))
	}
	has := func(name string) bool { return slices.Contains(f.Shape.Members, name) }
	lacks := func(name string) bool { return !has(name) }
	unknown := func(name string) bool { return !slices.Contains(d.Members, name) }
	if d.Status && f.Status == 0 || len(d.Members) > 0 && slices.ContainsFunc(f.Shape.Members, unknown) || slices.ContainsFunc(d.Foreign, has) {
		return false
	}
	if len(d.With) > 0 && !slices.ContainsFunc(d.With, lacks) {
		return true
	}
	marks := map[string]bool{"no": f.Shape.No, "text": f.Shape.Text, "object": f.Shape.Object, "code": f.Code != "", "message": has("message")}
	return slices.ContainsFunc(d.Own, func(mark string) bool { return marks[mark] })
}

// means is the status that a refusal would have of a service that uses them.
func (d dialect) means(status int, f wire.Fault) int {
	told := strings.ToLower(f.Message + " " + f.Code)
	for _, m := range d.Means {
		if (m.Status == 0 || m.Status == status) && (m.Words == "" || wire.AnyOf(told, m.Words)) {
			return m.Is
		}
	}
	return status
}

// verdict is what a 403 says about a key. It depends on who said it, and why. Only the service's own words for a right that the key
// lacks, and for nothing else that is said of it, show that the key is alive: everything that may be said before anybody looks at the key shows nothing. Of a service that has a code
// for a missing right, words say nothing of rights.
func (d dialect) verdict(e *Error) apikey.Verdict {
	switch {
	case d.Known != "" && wire.AnyOf(strings.ToLower(e.Message), d.Known):
		return apikey.Accepted
	case d.Lacking != "" && strings.Contains(e.Code, d.Lacking) && !e.speaksOf(wire.LimitWords):
		return apikey.Accepted
	case e.speaksOf(wire.LimitWords, wire.FirewallWords, wire.AccountWords, wire.KeyWords):
		return apikey.Silent
	case e.speaksOf(wire.PlaceWords):
		return apikey.Known
	case d.Forbidden == "role" && wire.SaysNoMore(e.Message, e.Code):
		return apikey.Accepted
	case d.Lacking != "":
		return apikey.Silent
	case e.speaksOf(wire.RightWords) && wire.SaysNoMore(e.Message, e.Code):
		return apikey.Accepted
	case e.speaksOf(wire.BoundWords):
		return apikey.Known
	}
	return apikey.Silent
}

// missing is what a refusal names as missing, else what the call needs.
func (d dialect) missing(message, needed string) string {
	switch {
	case d.Forbidden == "role":
		return namedRole(message, needed)
	case d.Lacking != "":
		return d.features.Named(message, needed)
	}
	return needed
}

// namedRole is the role that a refusal says is needed, else the one that the call needs.
func namedRole(message, needed string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) })
	for i := range words {
		if i+3 < len(words) && words[i] == "role" && words[i+2] == "is" && words[i+3] == "needed" {
			return words[i+1]
		}
	}
	return needed
}

// speaksOf reports whether a refusal has words of one of the lists.
func (e *Error) speaksOf(lists ...func() *regexp.Regexp) bool {
	return wire.SpeaksOf(e.Message, e.Code, lists...)
}

package client

import (
	"strings"

	"detent/client/kit"
)

// CallNames implements CallNamer. A probe makes its first call; where that tells nothing, the next. Which one tells by the rights of a
// key is not known before. The profile's parents stand in their places.
func (s *issuer) CallNames(op string) []string {
	names := s.declaredNames(op)
	for i, name := range names {
		names[i] = s.ofParents(name)
	}
	return names
}

func (s *issuer) declaredNames(op string) []string {
	switch op {
	case "list", "identify":
		return inWords(&s.d.List.Call)
	case "project":
		if s.d.OwnProject != "" {
			return inWords(&s.d.List.Call)
		}
	case "update": // a rotation switches a key off and on
		if s.d.Disable != nil {
			return inWords(s.d.Disable)
		}
		return inWords(s.d.Update)
	case "retrieve":
		if s.d.Retrieve == nil && s.d.List.Secrets {
			return inWords(&s.d.List.Call)
		}
		return inWords(s.d.Retrieve)
	case "roll", "end", "keep":
		return s.rollCalls(op)
	case "create":
		if s.d.Create != nil {
			return inWords(&s.d.Create.Call, s.d.Create.Secret)
		}
	case "delete":
		return inWords(s.d.Delete)
	case "catalogue":
		switch {
		case s.d.Catalogue == nil:
		case s.d.Catalogue.Keys:
			return inWords(&s.d.List.Call)
		default:
			return inWords(&s.d.Catalogue.Call)
		}
	case "probe":
		if s.exchange.usable() {
			return []string{s.d.Exchange.Call}
		}
		var all []string
		for _, p := range s.d.Probes {
			name := inWords(&kit.Call{Call: strings.Replace(p.Call, "{id}", p.ID, 1), Send: p.Send})
			if all = append(all, name...); s.d.Refusals.Lacking == "" {
				break
			}
		}
		return all
	}
	return nil
}

// inWords is the name of calls that are made one after the other; nil for none. Where all calls have one address, the method in the body
// is what tells them apart.
func inWords(calls ...*kit.Call) []string {
	var names []string
	for _, c := range calls {
		if c == nil {
			continue
		}
		name := c.Call
		if c.Whole {
			name = c.Read + " twice, then " + name
		}
		if method, ok := c.Send["method"].(string); ok {
			name += " (" + method + ")"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return []string{strings.Join(names, ", then ")}
}

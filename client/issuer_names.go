package client

import (
	"cmp"
	"strings"

	"detent/client/kit"
)

// callNames: a probe makes its first call; where that tells nothing, the next. Which one tells by the rights of a
// key is not known before. The profile's parents stand in their places.
func (s *issuer) callNames(op string) []string {
	names := s.declaredNames(op)
	for i, name := range names {
		names[i] = s.ofParents(name)
	}
	return names
}

func (s *issuer) declaredNames(op string) []string {
	calls := s.d.Requests()
	switch op {
	case "identify":
		return inWords(calls["list"])
	case "project":
		if s.d.OwnProject != "" {
			return inWords(calls["list"])
		}
	case "update": // a rotation switches a key off and on
		return s.lookedUp(cmp.Or(calls["disable"], calls["update"]))
	case "rename":
		return s.lookedUp(calls["update"])
	case "retrieve":
		if calls[op] == nil && s.d.List.Secrets {
			return inWords(calls["list"])
		}
	case "catalogue":
		permissions := calls[op]
		if s.d.Catalogue != nil && s.d.Catalogue.Keys {
			permissions = calls["list"]
		}
		return inWords(calls["role_catalogue"], calls["environment_catalogue"], permissions)
	case "end", "keep":
		return inWords(calls["roll."+op])
	case "create":
		return inWords(calls[op], calls["create.secret"], calls["create.named"])
	case "delete":
		if s.d.Delete != nil && s.d.Delete.OffFirst {
			return inWords(cmp.Or(calls["disable"], calls["update"]), calls[op])
		}
	case "probe":
		if s.tokenServer != nil {
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
	return inWords(calls[op])
}

// lookedUp is the name of a change, and of the look at the list where its answer shows no key.
func (s *issuer) lookedUp(change *kit.Call) []string {
	if change != nil && change.Silent {
		return inWords(change, &s.d.List.Call)
	}
	return inWords(change)
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

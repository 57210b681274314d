package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// wholeBody is the object of a key with what is changed in it, for a service whose change replaces it all. It is read twice: what somebody
// else wrote between the two would be taken back by the write.
func (s *issuer) wholeBody(ctx context.Context, declared *kit.Call, id string, changes any) (body map[string]any, tag string, err error) {
	was, _, err := s.wholeObject(ctx, declared, id)
	if err != nil {
		return nil, "", err
	}
	body = make(map[string]any, len(was))
	for name, raw := range was {
		body[name] = raw
	}
	merge(body, changes)
	now, tag, err := s.wholeObject(ctx, declared, id)
	if err != nil {
		return nil, "", err
	}
	if names := differing(was, now); len(names) > 0 {
		return nil, "", &Error{Op: opUpdate, Kind: Conflict, Outcome: NotDone, Message: "somebody else changed the key meanwhile: " + strings.Join(names, ", "),
			Hint: "Nothing was sent. Look at the key as it is now, and change it again."}
	}
	return body, tag, nil
}

// wholeObject reads the object, without what is not sent back: what the declaration leaves out, a secret, and the last use, which moves by
// itself.
func (s *issuer) wholeObject(ctx context.Context, declared *kit.Call, id string) (object map[string]json.RawMessage, tag string, err error) {
	c, err := s.about(ctx, opGet, &kit.Call{Call: declared.Read}, id, map[apikey.Field]any{})
	if err != nil {
		return nil, "", err
	}
	err = s.send(ctx, c, func(a *answer) error {
		object, _, err = wire.DecodeObject(a.body, declared.Key...)
		if tag = a.header.Get("ETag"); err == nil && len(object) == 0 {
			err = wire.BadAnswer("the answer holds no object")
		}
		return err
	})
	if e := asError(err); e != nil {
		e.Op, e.Outcome = opUpdate, NotDone
		e.Message = strings.TrimSuffix(fmt.Sprintf("the key could not be read before it is changed: %s", e.Message), ": ")
		return nil, "", e
	}
	for _, path := range s.notSentBack(declared) {
		wire.Drop(object, path)
	}
	return object, tag, nil
}

// notSentBack are the members of an object, and paths in it, that are left out. Where the whole answer is sent back, and not what is under a
// key's own member, the secret and the last use are looked for where the other calls have them.
func (s *issuer) notSentBack(declared *kit.Call) []string {
	places := []string{""}
	for _, c := range []*kit.Call{s.d.Retrieve, s.d.List.Each} {
		if c != nil {
			places = append(places, c.Key...)
		}
	}
	if s.d.Create != nil {
		places = append(places, s.d.Create.Key...)
	}
	for _, place := range slices.Clone(places) {
		for _, inside := range s.d.Row.Inside {
			places = append(places, strings.TrimPrefix(place+"."+inside, "."))
		}
	}
	out := slices.Clone(declared.Omit)
	for _, place := range places {
		for _, name := range slices.Concat(s.d.Row.Secret, s.d.Row.LastUsedAt) {
			out = append(out, strings.TrimPrefix(place+"."+name, "."))
		}
	}
	return out
}

// merge puts what is changed in the place of what was; inside of an object only what is named.
func merge(into map[string]any, changes any) {
	members, _ := changes.(map[string]any)
	for name, change := range members {
		if inner, is := change.(map[string]any); is {
			below := map[string]any{}
			if raw, had := into[name].(json.RawMessage); had {
				for n, r := range wire.Object(raw) {
					below[n] = r
				}
			}
			merge(below, inner)
			into[name] = below
			continue
		}
		into[name] = change
	}
}

// differing are the members that two readings of an object do not have alike, spaces and the order of members apart.
func differing(a, b map[string]json.RawMessage) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !alike(a[name], b[name]) {
			names = append(names, wire.Field(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, had := a[name]; !had {
			names = append(names, wire.Field(name))
		}
	}
	return names
}

func alike(a, b json.RawMessage) bool {
	plain := func(raw json.RawMessage) []byte {
		var v any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if dec.Decode(&v) != nil {
			return raw
		}
		out, err := json.Marshal(v)
		if err != nil {
			return raw
		}
		return out
	}
	return bytes.Equal(plain(a), plain(b))
}

// Update implements Service.
func (s *issuer) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	key, open, err := s.change(ctx, id, patch)
	if err != nil || open == nil {
		return key, err
	}
	return s.look(ctx, id, patch, open)
}

// unseen is a change whose answer shows no key.
type unseen struct {
	call     call
	declared *kit.Call
	answered string // what is no yes and no no; empty for a yes
}

// change sends a change. open is what is left to look up.
func (s *issuer) change(ctx context.Context, id string, patch apikey.Patch) (key apikey.Key, open *unseen, err error) {
	ctx, done := s.operation(ctx)
	defer done()
	declared := s.d.Update
	if patch.Enabled != nil && patch.Name == nil && patch.Role == nil && patch.Expiry == nil && len(patch.Properties) == 0 && s.d.Enable != nil && s.d.Disable != nil {
		declared = map[bool]*kit.Call{true: s.d.Enable, false: s.d.Disable}[*patch.Enabled]
	}
	if declared == nil {
		return key, nil, unsupported(opUpdate, s.Capabilities().Rename)
	}
	if bad := s.checkID(opUpdate, id); bad != nil {
		return key, nil, bad
	}
	values := map[apikey.Field]any{}
	if patch.Name != nil {
		if bad := checkDraft(opUpdate, apikey.Draft{Name: *patch.Name}, s.opts.Now(), s.d.Longest); bad != nil {
			return key, nil, bad
		}
		values[apikey.FieldName] = *patch.Name
	}
	if patch.Role != nil {
		values[apikey.FieldRole] = s.spelling.Raw(*patch.Role)
	}
	if patch.Enabled != nil {
		values[apikey.FieldEnabled] = *patch.Enabled
	}
	if bad := s.limits(declared, patch, values); bad != nil {
		return key, nil, bad
	}
	if len(values) == 0 {
		return key, nil, invalid(opUpdate, "there is nothing to change")
	}
	if s.opts.ReadOnly { // before what is changed is read
		return key, nil, readOnly(opUpdate)
	}
	values[fillChange] = true
	c, err := s.about(ctx, opUpdate, declared, id, values)
	if err != nil {
		return key, nil, err
	}
	c.write = true
	if declared.Whole {
		if c.body, c.ifMatch, err = s.wholeBody(ctx, declared, id, c.body); err != nil {
			return key, nil, err
		}
	}
	if declared.Silent {
		c.emptyYes = declared.EmptyYes
		open = &unseen{call: c, declared: declared}
		return key, open, s.send(ctx, c, func(a *answer) error {
			said, err := s.acknowledged(a, c, "the change")
			open.answered = said.open
			return err
		})
	}
	key, err = s.changed(ctx, c, declared, id, patch)
	return key, nil, err
}

// look finds a key that was changed, by an answer that shows none: whether it was is what the row shows.
func (s *issuer) look(ctx context.Context, id string, patch apikey.Patch, open *unseen) (apikey.Key, error) {
	said := open.answered == "" // then a row need not tell
	found, shown, err := s.awaited(ctx, id, func(k *apikey.Key) bool {
		return k.ID != "" && (patch.Name == nil || k.Name == *patch.Name) && (patch.Role == nil || k.Role == *patch.Role) &&
			(patch.Enabled == nil || k.Enabled == nil && said || k.Enabled != nil && *k.Enabled == *patch.Enabled) &&
			(patch.Expiry == nil || k.ExpiresAt.Known() || said) && s.showsLimits(*k, patch, open.declared)
	})
	if e := asError(err); e != nil {
		e.Op, e.Outcome = opUpdate, Unknown
		return apikey.Key{}, e
	}
	seen := "the list does not show the change"
	if found.ID == "" {
		seen = "the list does not have the key"
	}
	switch {
	case shown:
		return found, nil
	case open.answered != "":
		return found, openAnswer(open.call, open.answered, seen)
	case found.ID == "":
		return found, &Error{Op: opUpdate, Kind: NotFound, Outcome: Unknown, Message: "the change was taken, and " + seen, Hint: hintLook}
	}
	return found, &Error{Op: opUpdate, Kind: BadAnswer, Outcome: Unknown, Message: "the change was answered, and the list does not show it", Hint: hintLook}
}

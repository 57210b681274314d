package client

import (
	"cmp"
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

// changed makes a change whose answer shows the key. One that shows another key, or this one without what was asked for, is no yes: the service
// may be slow, or take no such change.
func (s *issuer) changed(ctx context.Context, c call, declared *kit.Call, id string, patch apikey.Patch) (key apikey.Key, err error) {
	err = s.send(ctx, c, func(a *answer) (err error) {
		r := wire.NewRecord(&s.d.Row)
		if err = r.Read(a.body, declared.Key); err != nil {
			return err
		}
		if key, err = s.key(r); err != nil {
			return err
		}
		if key.ID != id {
			return wire.BadAnswer("the answer is about another key")
		}
		shown := key
		if !wire.FirstTime(r.ExpiresAt...).Set && !wire.FirstTime(r.CreatedAt...).Set { // a short answer says nothing of the end
			shown.ExpiresAt = apikey.Moment{}
		}
		if unlike := s.unlike(shown, patch, declared); len(unlike) > 0 {
			return wire.BadAnswer("the answer shows the key without the change: " + strings.Join(unlike, "; "))
		}
		return nil
	})
	return key, err
}

// unlike says in which of the fields of a change a key has something else, as far as it is shown.
func (s *issuer) unlike(shown apikey.Key, patch apikey.Patch, declared *kit.Call) (out []string) {
	say := func(id apikey.Field, asked, shows apikey.Key) {
		f := apikey.FieldOf(id)
		out = append(out, fmt.Sprintf("%s %s was asked for, and it has %s", f.Label, cmp.Or(f.Text(&asked), "none"), cmp.Or(f.Text(&shows), "none")))
	}
	if patch.Name != nil && shown.Name != "" && strings.TrimSpace(shown.Name) != strings.TrimSpace(wire.Field(wire.Text(*patch.Name))) {
		say(apikey.FieldName, apikey.Key{Name: wire.Field(wire.Text(*patch.Name))}, shown)
	}
	if patch.Role != nil && shown.Role != "" && !strings.EqualFold(shown.Role, *patch.Role) {
		say(apikey.FieldRole, apikey.Key{Role: *patch.Role}, shown)
	}
	if patch.Enabled != nil && shown.Enabled != nil && *shown.Enabled != *patch.Enabled {
		say(apikey.FieldEnabled, apikey.Key{Enabled: patch.Enabled}, shown)
	}
	if patch.Expiry != nil && !s.showsLimits(shown, apikey.Patch{Expiry: patch.Expiry}, declared) {
		asked := apikey.Key{ExpiresAt: apikey.Never()}
		if !patch.Expiry.IsNever() {
			asked.ExpiresAt = apikey.At(patch.Expiry.Instant(s.now()).UTC())
		}
		say(apikey.FieldExpiry, asked, shown)
	}
	for _, name := range slices.Sorted(maps.Keys(patch.Properties)) {
		one := apikey.Patch{Properties: map[string]json.RawMessage{name: patch.Properties[name]}}
		if shown.Extra[name] != nil && !s.showsLimits(shown, one, declared) {
			say(apikey.Field(name), apikey.Key{Extra: one.Properties}, shown)
		}
	}
	return out
}

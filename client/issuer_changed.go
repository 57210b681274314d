package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
		whole, err := io.ReadAll(a.body)
		if err != nil {
			return err
		}
		r := wire.NewRecord(&s.d.Row)
		if err = r.Read(bytes.NewReader(whole), declared.Key); err != nil {
			return s.despite(err, whole, declared.Key, func(r *wire.Record) bool {
				_, unlike := s.shows(r, id, patch, declared)
				return unlike == nil
			})
		}
		key, err = s.shows(r, id, patch, declared)
		return err
	})
	return key, err
}

// shows is the key of an answer to a change, where it is the one that was to be changed, with the change.
func (s *issuer) shows(r *wire.Record, id string, patch apikey.Patch, declared *kit.Call) (apikey.Key, error) {
	key, err := s.key(r)
	if err != nil {
		return key, err
	}
	if key.ID != id {
		return key, wire.BadAnswer("the answer is about another key")
	}
	shown := key
	if !wire.FirstTime(r.ExpiresAt...).Set && !wire.FirstTime(r.CreatedAt...).Set { // a short answer says nothing of the end
		shown.ExpiresAt = apikey.Moment{}
	}
	if unlike := s.unlike(shown, patch, declared); len(unlike) > 0 {
		return key, wire.BadAnswer("the answer shows the key without the change: " + strings.Join(unlike, "; "))
	}
	return key, nil
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

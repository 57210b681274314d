package cli

import (
	"context"
	"slices"

	"detent/apikey"
)

// beforehand gives the keys that were there before a create. They are asked for once, however often it is called.
type beforehand func() ([]apikey.Key, error)

// warnOfName says which keys have the name already. A key that may create need not be one that may list, so that
// create goes on where that cannot be told.
func (a *app) warnOfName(before beforehand, name string) {
	keys, err := before()
	if err != nil {
		a.say("whether a key named %q is there already is not known: %v", name, err)
		return
	}
	switch twins := withName(keys, name); {
	case len(twins) == 1:
		a.say("a key named %q is there already (%s): two are hard to tell apart", name, twins[0].ID)
	case len(twins) > 1:
		a.say("%d keys named %q are there already: they are hard to tell apart", len(twins), name)
	}
}

func withName(keys []apikey.Key, name string) []apikey.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k apikey.Key) bool { return k.Name != name })
}

// sayCreated says what the answer to a create names, and whether that is the new key for sure: a key that
// was there before must not be deleted in its place.
func (a *app) sayCreated(s *session, asked string, created apikey.Created, before beforehand) (sure bool) {
	k := created.Key
	keys, err := before()
	i := slices.IndexFunc(keys, func(old apikey.Key) bool { return old.ID == k.ID })
	switch {
	case i >= 0:
		a.say("asked %s for a key named %q; the answer names %s, the id of the key %q, which was there before. Certain is that the create was answered; "+
			"whether there is a new key is not: look with detent list, and try the secret with detent verify", s.profile.Name, asked, k.ID, keys[i].Name)
	case err != nil && k.Name != asked && k.Name != "":
		a.say("asked %s for a key named %q; the answer names %s, the key %q: whether that is a new key is not known", s.profile.Name, asked, k.ID, k.Name)
	default:
		sure = true
		a.say("created %s (%s) on %s; expires: %s", k.Name, k.ID, s.profile.Name, orUnknown(moment(k.ExpiresAt)))
		if k.Name != asked && k.Name != "" {
			a.say("asked for the name %q; the service calls it %q", asked, k.Name)
		}
	}
	for _, note := range created.Notes {
		a.say("%s", note)
	}
	return sure
}

// sayWhatIsThere follows a create whose answer was lost.
func (a *app) sayWhatIsThere(ctx context.Context, s *session, name string, before beforehand) {
	looking, cancel := a.lasting(ctx)
	defer cancel()
	keys, err := s.list(looking)
	if err != nil {
		a.say("whether the key exists is not known, and the keys cannot be listed: %v", err)
		return
	}
	old, _ := before() // where they are not known, any of them may be the new one
	found := slices.DeleteFunc(withName(keys, name), func(k apikey.Key) bool {
		return slices.ContainsFunc(old, func(o apikey.Key) bool { return o.ID == k.ID })
	})
	for _, k := range found {
		a.say("there is a key named %q: %s, created %s; if it is the new one, nobody has its secret: detent delete %s", name, k.ID, orUnknown(moment(k.CreatedAt)), k.ID)
	}
	switch {
	case len(found) > 0:
	case len(withName(old, name)) > 0:
		a.say("no key named %q is listed now that was not there before; a late request could still create one: look once more before you create it again", name)
	default:
		a.say("no key named %q is listed now; a late request could still create it: look once more before you create it again", name)
	}
}

package host

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/rotation"
)

// Find is the key that KEY names: an id, or a name that only one key has, with or without the mark of a rotation. One that is over does not
// count beside one that works.
func (s *Session) Find(ctx context.Context, text string, open []rotation.View) (apikey.Key, error) {
	if strings.TrimSpace(text) == "" {
		return apikey.Key{}, errEmptyKey
	}
	keys, err := s.List(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	return s.FindIn(keys, text, open)
}

// FindIn is Find among keys that were listed.
func (s *Session) FindIn(keys []apikey.Key, text string, open []rotation.View) (apikey.Key, error) {
	if strings.TrimSpace(text) == "" {
		return apikey.Key{}, errEmptyKey
	}
	k, _, err := s.pick(s.inUse(keys, text), text, open)
	return k, err
}

// FindToRevive is Find where a key that is over may be meant: beside one of its name that works, it is not known which.
func (s *Session) FindToRevive(ctx context.Context, text string, open []rotation.View) (apikey.Key, error) {
	k, _, err := s.lookUp(ctx, text, open)
	return k, err
}

// inUse are the keys without those of a name that are over, where one of that name works: a service may list for good what it has ended, and a
// key that takes another's place may have its name.
func (s *Session) inUse(keys []apikey.Key, text string) []apikey.Key {
	meant := func(k apikey.Key) bool {
		exact, based := s.called(k, text)
		return exact || based
	}
	now := s.serviceNow()
	over := func(k apikey.Key) bool { return k.ExpiresAt.Before(now) || k.IsDisabled() && !s.Caps.Disable.OK }
	if !slices.ContainsFunc(keys, func(k apikey.Key) bool { return meant(k) && !over(k) }) {
		return keys
	}
	return slices.DeleteFunc(slices.Clone(keys), func(k apikey.Key) bool { return k.ID != text && meant(k) && over(k) })
}

var errEmptyKey = Usagef("KEY is empty: give an id or a name")

// FindToChange is Find for what deletes or changes a key at once. While a rotation is open, a name may mean its old key or its new
// one, and the one that was not meant may be the one in use: the id is asked for.
func (s *Session) FindToChange(ctx context.Context, text string, open []rotation.View) (apikey.Key, error) {
	k, byName, err := s.lookUp(ctx, text, open)
	if err != nil || !byName {
		return k, err
	}
	base, _ := apikey.SplitName(k.Name)
	if k.Name != text && base != text {
		return apikey.Key{}, fmt.Errorf("no key that is listed is called %q; %q may be the one whose name was cut: give its id, %s", text, k.Name, k.ID)
	}
	for _, v := range open {
		if concerns(v, k) || s.sameBase(v.Old.Name, base) {
			return apikey.Key{}, fmt.Errorf("a rotation of %q is open, so that this name may mean its old key or its new one (%s): `detent rotate --resume %s` or `--abort %s` ends it; "+
				"or give an id", base, ofRotation(v), v.ID, v.ID)
		}
	}
	return k, nil
}

// lookUp is Find; byName says that it was no id.
func (s *Session) lookUp(ctx context.Context, text string, open []rotation.View) (k apikey.Key, byName bool, err error) {
	if strings.TrimSpace(text) == "" {
		return apikey.Key{}, false, errEmptyKey
	}
	keys, err := s.List(ctx)
	if err != nil {
		return apikey.Key{}, false, err
	}
	return s.pick(keys, text, open)
}

// pick takes the key with this id, else the one with exactly this name, else the one that is called so but for a rotation's mark.
func (s *Session) pick(keys []apikey.Key, text string, open []rotation.View) (k apikey.Key, byName bool, err error) {
	var named, based []apikey.Key
	for _, k := range keys {
		if k.ID == text {
			return k, false, nil
		}
		switch exact, base := s.called(k, text); {
		case exact:
			named = append(named, k)
		case base:
			based = append(based, k)
		}
	}
	if len(named) == 0 {
		named = based
	}
	switch len(named) {
	case 1:
		return named[0], true, nil
	case 0:
		return apikey.Key{}, true, fmt.Errorf("no key that is listed has the id or the name %q", text)
	}
	for _, v := range open {
		if !slices.ContainsFunc(named, func(k apikey.Key) bool { return !concerns(v, k) }) {
			return apikey.Key{}, true, fmt.Errorf("%q is both keys of an open rotation (%s): `detent rotate --resume %s` goes on with it, `--abort %s` undoes it", text, ofRotation(v), v.ID, v.ID)
		}
	}
	ids := make([]string, len(named))
	for i, k := range named {
		if ids[i] = k.ID; k.Name != text {
			ids[i] += fmt.Sprintf(" (%s)", k.Name)
		}
	}
	return apikey.Key{}, true, Usagef("%d keys are named %q: use an id: %s", len(named), text, strings.Join(ids, ", "))
}

// called reports whether a key has exactly this name, or has it but for a rotation's mark. A name with the mark of one rotation is no name of
// another's key.
func (s *Session) called(k apikey.Key, text string) (exact, based bool) {
	if k.Name == text {
		return true, false
	}
	_, mark := apikey.SplitName(text)
	base, nonce := apikey.SplitName(k.Name)
	return false, nonce != "" && mark == "" && apikey.SameBase(base, text, s.Caps.MaxName)
}

// sameBase reports whether two names are of one base, where the service's limit may have cut the one that a rotation made.
func (s *Session) sameBase(name, base string) bool {
	name, _ = apikey.SplitName(name)
	return apikey.SameBase(base, name, s.Caps.MaxName) || apikey.SameBase(name, base, s.Caps.MaxName)
}

// concerns reports whether a rotation is of this key, or made it.
func concerns(v rotation.View, k apikey.Key) bool {
	_, nonce := apikey.SplitName(k.Name)
	return v.Old.ID == k.ID || v.NewID() == k.ID || nonce == v.ID
}

// ofRotation names the keys of a rotation.
func ofRotation(v rotation.View) string {
	words := "old: " + v.Old.ID
	if id := v.NewID(); id != "" {
		words += ", new: " + id
	}
	return words
}

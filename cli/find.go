package cli

import (
	"context"
	"fmt"
	"strings"

	"detent/apikey"
)

// find is the key that KEY names: an id, or a name that only one key has.
func (s *session) find(ctx context.Context, text string) (apikey.Key, error) {
	if strings.TrimSpace(text) == "" {
		return apikey.Key{}, usagef("KEY is empty: give an id or a name")
	}
	keys, err := s.list(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	return pick(keys, text)
}

func pick(keys []apikey.Key, text string) (apikey.Key, error) {
	var named []apikey.Key
	for _, k := range keys {
		if k.ID == text {
			return k, nil
		}
		if k.Name == text {
			named = append(named, k)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return apikey.Key{}, fmt.Errorf("no key has the id or the name %q", text)
	}
	ids := make([]string, len(named))
	for i, k := range named {
		ids[i] = k.ID
	}
	return apikey.Key{}, usagef("%d keys are named %q: use an id: %s", len(named), text, strings.Join(ids, ", "))
}

package client

import (
	"regexp"
	"strings"
	"sync"

	"detent/apikey"
	"detent/client/wire"
)

// minMask is how many characters of a mask must be the key's own, beyond the service's prefix,
// before it says anything about which key it is.
const minMask = 4

// commonPrefix is how the secrets of a service all begin; it says nothing about which one it is.
var commonPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z]{2,5}[_-](?:(?:live|test)_)?`) })

// maskOf reports whether a mask such as "sk-ec54686****" is one of the secret: what is shown of it
// begins the secret, and is more than the service's common prefix, or the end that is shown tells it.
func maskOf(mask string, secret apikey.Secret) bool {
	if shown := strings.TrimRight(mask, "*….•"); shown != mask && secret.HasPrefix(shown) {
		return len(shown)-len(commonPrefix().FindString(shown)) >= minMask
	}
	begins, ends, ok := apikey.MaskShows(mask)
	return ok && apikey.EndTells(ends) && secret.HasPrefix(begins) && secret.HasSuffix(ends)
}

// collector hands a list over in batches and marks the credential that lists it. Keys whose mask
// could be the credential's wait for the end: only one such key can be told.
type collector struct {
	each   func([]apikey.Key)
	answer *answer
	own    apikey.Secret
	ownID  string

	pending []apikey.Key
	held    []apikey.Key
	found   bool
}

func (c *collector) add(k *apikey.Key) {
	if c.ownID != "" && k.ID == c.ownID {
		k.Own = true
	}
	c.found = c.found || k.Own
	if !k.Own && maskOf(k.Masked, c.own) {
		c.held = append(c.held, *k)
		return
	}
	if c.pending == nil {
		c.pending = make([]apikey.Key, 0, wire.BatchSize)
	}
	c.pending = append(c.pending, *k)
	if len(c.pending) >= wire.BatchSize {
		c.flush()
	}
}

func (c *collector) finish() {
	if len(c.held) == 1 && !c.found {
		c.held[0].Own = true
	}
	c.pending = append(c.pending, c.held...)
	c.held = nil
	c.flush()
}

func (c *collector) flush() {
	if len(c.pending) == 0 {
		return
	}
	c.answer.handed = true
	c.each(c.pending)
	c.pending = c.pending[:0] // one batch's memory does for all
}

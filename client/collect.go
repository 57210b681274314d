package client

import (
	"detent/apikey"
	"detent/client/wire"
)

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
	if !k.Own && apikey.IsMaskOf(k.Masked, c.own) {
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

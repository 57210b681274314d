package sshd

import (
	"container/list"
	"net"
	"net/netip"
	"time"
)

const forgiveEvery = 3 * time.Second

// addresses remembers so many addresses, and forgets the one that was seen least recently for the next.
type addresses struct {
	limit int
	byAt  map[netip.Prefix]*list.Element
	seen  *list.List // of *visitor, the latest in front
}

// visitor is what is remembered of an address.
type visitor struct {
	at       netip.Prefix
	pending  int
	failures float64
	seen     time.Time
}

func newAddresses(limit int) *addresses {
	return &addresses{limit: limit, byAt: map[netip.Prefix]*list.Element{}, seen: list.New()}
}

// find is what is remembered of an address; nil for nothing.
func (a *addresses) find(at netip.Prefix) *visitor {
	e := a.byAt[at]
	if e == nil {
		return nil
	}
	return e.Value.(*visitor)
}

// see finds or makes what is remembered of an address, which is the latest then.
func (a *addresses) see(at netip.Prefix, now time.Time) *visitor {
	if e := a.byAt[at]; e != nil {
		a.seen.MoveToFront(e)
		return e.Value.(*visitor)
	}
	if len(a.byAt) >= a.limit {
		last := a.seen.Back()
		// Whoever has a connection pending stays: there are fewer of those than places.
		for last.Value.(*visitor).pending > 0 {
			a.seen.MoveToFront(last)
			last = a.seen.Back()
		}
		delete(a.byAt, last.Value.(*visitor).at)
		a.seen.Remove(last)
	}
	v := &visitor{at: at, seen: now}
	a.byAt[at] = a.seen.PushFront(v)
	return v
}

// forgive lets a failure be forgotten now and then.
func (v *visitor) forgive(now time.Time) {
	v.failures = max(v.failures-now.Sub(v.seen).Seconds()/forgiveEvery.Seconds(), 0)
	v.seen = now
}

// addressOf is what counts as one address: an IPv4 address, or the /64 that a customer of IPv6 has.
func addressOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

func remote(a net.Addr) string {
	if a == nil {
		return "somewhere"
	}
	return a.String()
}

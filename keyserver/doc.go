// Package keyserver is the embedded key service: the wire contracts of Prosopo,
// Vertesia and the generic service on one origin, over one store and one set of rules.
//
// A request passes auth, enabled, expiry, restriction and permission in that order, in
// Server.guard alone. Below this package are two more: contract reads and writes what goes over
// a wire, store keeps the keys. What a call does is here: a file for each contract's calls, and the rules, which all share.
//
// # What is ours
//
// Where the vendors' documents are silent, this service decides:
//
//   - A Prosopo secret begins with psp_, a Vertesia one with sk- or pk-, a generic one with
//     sk_live_ or sk_test_; then 12 characters that name the key, 200 random bits, and a CRC-32.
//     The mask is everything up to and including the 12 characters: it names exactly one key.
//   - A key that is unknown, wrong, disabled or expired gets 401; what a working key may not do gets 403.
//   - The last administrator is a key that can create keys, is enabled, lives for more than a day and carries no restriction. Where a contract has
//     none, the last key that can create keys at all stays.
//   - A start mints an administrator for a contract that never had one, and for no other.
//   - Idempotency-Key on a create: the same caller and body within 24 hours is answered with the row, without its secret; where that
//     row is gone, or the body another, with a 409.
//   - The session administrator may delete any generic live key that was not minted as an
//     administrator, even the last one: in process it is itself the way back in.
//   - Prosopo and generic keys past their expiry are refused and still listed; Vertesia keys are deleted.
//   - A generic list without limit and cursor is whole, up to 64 MiB; with limit (1 to 1000) it is paged, by 4 MiB too. What
//     does not fit is named by next_cursor.
//   - A parameter in another spelling than a call takes is a 400, and so is any unknown one of a call that changes something.
//   - A refused call (401, 403) moves no last use.
//   - Live users are stored, test users are in memory only and never reach a live key.
//   - A restricted generic key makes only keys that are restricted at least as much.
//   - Vertesia roles that its document does not rank may list keys, no more, and only an
//     administrator grants them or changes a key that has them.
//   - Vertesia's properties, clearance, compartments and the like are set by an administrator alone.
//   - A store that cannot be used is a 503. With Retry-After nothing was done; without, a write whose answer the database
//     did not give may have happened. A create is never tried again by the service itself.
//   - A write is refused if its caller lost its key or its rights while the request came in.
package keyserver

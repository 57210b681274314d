// Package form holds the screens that ask: create, edit, public key, profile,
// delete, enable and disable, verify, and the one that shows a new secret once. They know no
// service: capabilities and plain values go in, typed intents come out, and the
// answer to an intent is recognised by its ticket.
//
// The forms of several pages are huh forms with fields of our own. huh's fields cannot group, show
// what a lifetime comes to, or keep every key that is typed on a slow line as text; and their
// movements are commands, so that what is typed behind an enter lands in the field before. Ours are
// moved in Update itself.
//
// From the bottom up: key (what a key is called), failure, advice, buttons, gate and sink are parts of screens; on field stand the
// fields (choice, textfield, parentfield, tokenfield, expiry, access, limits, permissions and its view); pages holds fields, review shows what they
// come to, sheet has both and the keys between them, draft is what is sent. The screens are create, edit, profile, publickey, verify
// (with known and subject), confirm with delete and bulk, and secret with its view. speech says them all.
package form

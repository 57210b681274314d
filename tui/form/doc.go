// Package form holds the screens that ask: create, edit, public key, profile,
// delete, enable and disable, verify, and the one that shows a new secret once. They know no
// service: capabilities and plain values go in, typed intents come out, and the
// answer to an intent is recognised by its ticket.
//
// The forms of several pages are huh forms with fields of our own. huh's fields cannot group, show
// what a lifetime comes to, or keep every key that is typed on a slow line as text; and their
// movements are commands, so that what is typed behind an enter lands in the field before. Ours are
// moved in Update itself.
package form

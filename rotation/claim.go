package rotation

import (
	"fmt"
	"slices"
	"time"
)

// ClaimKind is one of the closed list of things that a rotation can have observed.
type ClaimKind string

// The kinds. What each proves, and what it does not, is said where it is observed.
const (
	SecretAccepted  ClaimKind = "secret-accepted"  // a request with the secret was answered after authentication; a made-up one is refused
	SecretRefused   ClaimKind = "secret-refused"   // refused, while the new secret is accepted by the same call
	SecretKnown     ClaimKind = "secret-known"     // refused for where it was sent from, as the key's own restriction explains
	ControlRefused  ClaimKind = "control-refused"  // a made-up secret of the same shape is refused by the same call
	RowSeen         ClaimKind = "row-seen"         // a complete list showed the key
	RowMissing      ClaimKind = "row-missing"      // a complete list did not show it: no proof of anything by itself
	CreateAnswered  ClaimKind = "create-answered"  // the service answered a create with an id and a secret
	DisableSent     ClaimKind = "disable-sent"     // a request to switch off is about to be sent
	DisableAnswered ClaimKind = "disable-answered" // the service answered that it is off
	EnableAnswered  ClaimKind = "enable-answered"  // the service answered that it is on
	DeleteSent      ClaimKind = "delete-sent"      // a request to delete is about to be sent
	DeleteAnswered  ClaimKind = "delete-answered"  // the service answered that it deleted the key, or that it has none such
	PlaceHolds      ClaimKind = "place-holds"      // a destination was read: what it held then
	PlaceHeld       ClaimKind = "place-held"       // what a destination held before anything was put there
	Quiet           ClaimKind = "quiet"            // the old key's last use did not move over a span that such a look can see
	SameAccess      ClaimKind = "same-access"      // every field of access that the service reports is the same on both keys
	CommandEnded    ClaimKind = "command-ended"    // a destination's command ended with exit 0
	PersonSaid      ClaimKind = "person-said"      // a person's word, with the reason
)

// ClaimKinds lists all of them, in the order in which a rotation usually meets them.
var ClaimKinds = []ClaimKind{PlaceHeld, SecretAccepted, SecretRefused, SecretKnown, ControlRefused, RowSeen, RowMissing, CreateAnswered,
	PlaceHolds, CommandEnded, SameAccess, Quiet, DisableSent, DisableAnswered, EnableAnswered, DeleteSent, DeleteAnswered, PersonSaid}

// The two subjects that every rotation has. Others are a destination's spelling or the id of a third key.
const (
	SubjectOld = "old"
	SubjectNew = "new"
)

// Evidence says by what a claim was observed, and when.
type Evidence struct {
	By     string    `json:"by"` // "probe", "list", "answer", "read", "command", "comparison", "person", "journal"
	At     time.Time `json:"at"`
	Detail string    `json:"detail,omitzero"`
}

// Claim is one observation. Only observed makes one, and it is called beside the observation alone: what
// says sentences has no other input. The zero Claim claims nothing.
type Claim struct{ claimRecord }

// Kind is what was observed.
func (c Claim) Kind() ClaimKind { return c.claimRecord.Kind }

// Subject is whom it was observed of: SubjectOld, SubjectNew, a destination's spelling, or a key's id.
func (c Claim) Subject() string { return c.claimRecord.Subject }

// Evidence is how and when.
func (c Claim) Evidence() Evidence { return c.claimRecord.Evidence }

// claimRecord is what users and the journal read of a claim. Claim's methods hide its fields: nobody outside can set them.
type claimRecord struct {
	Kind     ClaimKind `json:"kind"`
	Subject  string    `json:"subject"`
	Evidence Evidence  `json:"evidence"`
}

// observed records an observation that was made just now.
func (r *Rotation) observed(kind ClaimKind, subject, by, format string, args ...any) {
	r.observedAt(r.w.Wall(), kind, subject, by, format, args...)
}

// observedAt records one of an earlier moment, whose subject was not known then.
func (r *Rotation) observedAt(at time.Time, kind ClaimKind, subject, by, format string, args ...any) {
	r.j.Claims = keepClaim(r.j.Claims, Claim{claimRecord{kind, subject, Evidence{By: by, At: at.UTC(), Detail: fmt.Sprintf(format, args...)}}})
}

// keepClaim keeps of each kind and subject the first and the last, not a day of looks; of what persons said, all.
func keepClaim(all []Claim, c Claim) []Claim {
	if c.Kind() == PersonSaid {
		return append(all, c)
	}
	first, last := -1, -1
	for i, have := range all {
		if have.Kind() != c.Kind() || have.Subject() != c.Subject() {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	if last > first { // the last one of the two goes
		all = slices.Delete(all, last, last+1)
	}
	return append(all, c)
}

// claimed is the latest claim of a kind about a subject.
func (j *journal) claimed(kind ClaimKind, subject string) (Claim, bool) {
	for _, c := range slices.Backward(j.Claims) {
		if c.Kind() == kind && c.Subject() == subject {
			return c, true
		}
	}
	return Claim{}, false
}

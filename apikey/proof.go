package apikey

// Verdict is what one answer to a request with a secret says about that secret. The zero value says nothing: what was
// not observed is never taken for a yes or a no.
type Verdict uint8

// The verdicts.
const (
	// Silent is an answer that says nothing about the secret: a rate limit in any spelling, a wall's page, a redirect.
	Silent Verdict = iota
	// Accepted is an answer that is given after authentication alone.
	Accepted
	// Refused is a 401. Alone it may also mean that the secret was malformed on the way: where another secret is accepted by
	// the same call, this one is dead.
	Refused
	// Known is a 403 in the service's own words for an address, a referrer or an endpoint: the secret may be known, but
	// cannot be used from here.
	Known
)

// String is the verdict in a word.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	case Known:
		return "known"
	}
	return "silent"
}

// Proof is what a harmless request with a secret has shown. By itself it proves nothing that the same call would show of a
// made-up secret too: that is the caller's to ask (MadeUp, and Probe with Call).
type Proof struct {
	Verdict Verdict
	// Call names the one request whose answer decided ("GET /v1/users/{id}"): it is the same for every secret, and Probe
	// takes it to make exactly this call again.
	Call string
	// Status is the HTTP status of that answer, as the service's refusals are read; 0 where nothing was sent.
	Status int
	// Needs is the permission without which a living key gets this refusal too: alone it shows nothing, and of a key that is known to have
	// the permission, that its secret is dead.
	Needs string
	// NeedsMore says that a key that has it may get this refusal too, for what no permission says: its row proves nothing.
	NeedsMore bool
	// Key is the key that the secret belongs to, where the service lets us tell.
	Key *Key
	// Evidence says what was asked and answered ("GET /v1/prosopo/provider/admin/rules answered 200").
	Evidence string
	// Why says why an answer says nothing, or why a known secret cannot be used.
	Why string
	// Message is the service's own words for a refusal ("the key is disabled"), and Hint what its documents say to do about an
	// answer that is no yes.
	Message, Hint string
	// Limited says that a silent answer was a rate limit: the same call may say more later.
	Limited bool
	// Can and Cannot say what the key may do, as far as that was shown.
	Can    []string
	Cannot []string
	// Unknown says what was not shown.
	Unknown []string
}

// Accepted reports whether the service took the secret.
func (p Proof) Accepted() bool { return p.Verdict == Accepted }

// TurnedAway reports whether the service refused the request: that a made-up secret is, tells its calls from those that answer anybody, also
// where a living key without a permission would be.
func (p Proof) TurnedAway() bool { return p.Refused() || p.Verdict == Silent && p.Needs != "" }

// Refused reports whether the service refused the secret with a 401.
func (p Proof) Refused() bool { return p.Verdict == Refused }

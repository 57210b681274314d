package sshd

// Refusal is somebody who was turned away.
type Refusal struct {
	Operator string // empty for a stranger
	From     string // address and port
	Address  string // what counts as one address, where attempts are limited
	Why      string
	Detail   string // the fingerprint of the key that was offered
}

// Why somebody is turned away.
const (
	UnknownKey      = "unknown key"
	Unproved        = "key not proved" // an operator's key, and no signature by it
	TooOften        = "too many attempts from this address"
	TooMany         = "too many connections"
	NoSession       = "no session was begun" // logged in, but that was all
	Removed         = "no operator any more"
	TooManyChannels = "too many sessions on this connection"
	TooManySessions = "too many sessions are open"
	Stopping        = "the server is stopping"
	TooManyOfYours  = "too many sessions of this operator are open"
	TooFast         = "too many sessions of this operator begin"
	NotOffered      = "asked for what is not offered" // a subsystem, a forwarding
)

// refused tells of a refusal.
func (s *Server) refused(r Refusal) {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return
	}
	s.telling.Add(1)
	s.mu.Unlock()
	defer s.telling.Done()
	s.opts.Refused(r)
}

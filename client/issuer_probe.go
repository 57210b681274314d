package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// Probe implements Service: by the declared reads, in order. The next one is made where what came does not speak as the
// service does, as it may come from something in front of it; where the id was refused before the key was looked at; and where
// the key may be restricted to other endpoints.
func (s *issuer) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if proof, bad := unusable(secret); bad {
		return proof, nil
	}
	if s.tokenServer != nil {
		return s.probeByExchange(ctx, secret, call)
	}
	if call != "" {
		for i := range s.d.Probes {
			if s.d.Probes[i].Call == call {
				return s.probeBy(ctx, &s.d.Probes[i], secret)
			}
		}
		return apikey.Proof{}, noSuchCall(call)
	}
	if s.d.Refusals.Lacking != "" {
		return s.probeByRights(ctx, secret)
	}
	var first apikey.Proof
	for i := range s.d.Probes {
		proof, err := s.probeBy(ctx, &s.d.Probes[i], secret)
		switch {
		case err != nil:
			return proof, err
		case i == 0:
			first = proof
		case proof.Verdict != apikey.Silent:
			return proof, nil
		}
		elsewhere := proof.Verdict == apikey.Known && wire.BoundWords().MatchString(proof.Why)
		if !elsewhere && proof.Needs == "" && (proof.Verdict != apikey.Silent || proof.Limited || proof.Status == http.StatusForbidden) {
			break
		}
	}
	return first, nil
}

// probeByExchange exchanges the secret. A session that is no JWT may be anything: the first declared read tells. A token server
// that does not serve proves nothing: the read is made with the secret itself.
func (s *issuer) probeByExchange(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	read, issue := &s.d.Probes[0], s.d.Exchange.Call
	session := issue + ", " + read.Call
	switch call {
	case read.Call:
		return s.probeBy(ctx, read, secret)
	case "", issue, session:
	default:
		return apikey.Proof{}, noSuchCall(call)
	}
	given, err := s.issue(ctx, opProbe, secret)
	e := asError(err)
	did := answeredWith(issue)
	switch {
	case e == nil && !given.isJWT && call != issue:
		proof, err := s.probeBy(ctx, read, given.token)
		if proof.Call != "" {
			proof.Call = session
		}
		if proof.Verdict == apikey.Refused { // what was given for the secret is no session: who gave it is not the token server
			proof.Verdict, proof.Why = apikey.Silent, wire.ErrForeign.Error()
		}
		return proof, err
	case e == nil && !given.isJWT:
		return apikey.Proof{Call: call, Status: http.StatusOK, Evidence: did(http.StatusOK), Why: wire.ErrForeign.Error()}, nil
	case e == nil:
		return apikey.Proof{Verdict: apikey.Accepted, Call: issue, Status: http.StatusOK, Evidence: did(http.StatusOK),
			Can: []string{"be exchanged for a session"}, Unknown: []string{openRole}}, nil
	case call == "" && (e.Kind == Forbidden || e.Kind == NotFound || e.Kind == Invalid):
		return s.probeBy(ctx, read, secret)
	}
	proof, err := s.judge(issue, did, e)
	if call != "" {
		proof.Call = call
	}
	return proof, err
}

// probeBy makes one call.
func (s *issuer) probeBy(ctx context.Context, p *kit.Probe, secret apikey.Secret) (apikey.Proof, error) {
	of, failed := s.ask(ctx, p, secret)
	if s.d.Refusals.Lacking != "" && errors.Is(failed, wire.ErrForeign) && s.authenticates(ctx, p, secret) {
		failed = nil
	}
	proof, err := s.proofOf(p, of, failed)
	return s.remembered(p, secret, proof), err
}

// remembered makes a refusal of one that a living key may get, where the same call has accepted the secret before: its key is known to have
// what the call needs.
func (s *issuer) remembered(p *kit.Probe, secret apikey.Secret, proof apikey.Proof) apikey.Proof {
	if !s.d.RefusesAlike(p, 0) {
		return proof
	}
	at := [2]string{p.Call, idOfSecret(secret)}
	if proof.Accepted() {
		s.answered.Store(at, true)
	} else if _, before := s.answered.Load(at); before && proof.Needs != "" {
		proof.Verdict, proof.Needs, proof.Why = apikey.Refused, "", ""
	}
	return proof
}

// probeByRights goes from read to read until one tells. Being told that a permission is missing tells too, as that is said only to a
// key that is known: then the next read shows what the key may do.
func (s *issuer) probeByRights(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	var lacks apikey.Proof // what the missing permissions prove, once one was told
	var silent apikey.Proof
	var strange *kit.Probe // answered 200 in a shape that is not known
	var last error
	for i := range s.d.Probes {
		read := &s.d.Probes[i]
		if slices.Contains(lacks.Cannot, read.Needs) {
			continue
		}
		of, asked := s.ask(ctx, read, secret)
		e := asError(asked)
		proof, err := s.proofOf(read, of, asked)
		switch {
		case err != nil && e.Kind == Unavailable:
			last = err
		case err != nil && lacks.Accepted():
		case err != nil:
			return apikey.Proof{}, err
		case proof.Accepted() && len(proof.Can) > 0:
			if lacks.Accepted() {
				proof.Cannot, proof.Evidence = lacks.Cannot, lacks.Evidence+"; "+proof.Evidence
			}
			return proof, nil
		case proof.Accepted() && !lacks.Accepted():
			lacks = proof
		case proof.Accepted():
			lacks.Cannot, lacks.Evidence = append(lacks.Cannot, read.Needs), lacks.Evidence+"; "+proof.Evidence
		case proof.Refused():
			return proof, nil
		case proof.Limited || e.Kind == Forbidden && wire.LacksFeature(e.Message, e.Code) || proof.Status == http.StatusProxyAuthRequired || e.Kind == BadAnswer && e.Status < 400 && !errors.Is(asked, wire.ErrForeign):
			if lacks.Accepted() {
				continue
			}
			return proof, nil // no other read can tell more
		default:
			silent, last = proof, nil
			if strange == nil && errors.Is(asked, wire.ErrForeign) {
				strange = read
			}
		}
	}
	switch {
	case lacks.Accepted():
		return lacks, nil
	case strange != nil && s.authenticates(ctx, strange, secret):
		proof, err := s.proofOf(strange, "", nil)
		proof.Evidence += ", and 401 to a made-up key"
		return proof, err
	case last != nil:
		return apikey.Proof{}, last
	}
	return silent, nil
}

func noSuchCall(name string) *Error {
	return invalid(opProbe, fmt.Sprintf("there is no call %q to check a secret with", wire.Scrub(name, 80)))
}

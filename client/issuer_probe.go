package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
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
	if s.exchange.usable() {
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
		elsewhere := proof.Verdict == apikey.Known && boundWords().MatchString(proof.Why)
		if !elsewhere && (proof.Verdict != apikey.Silent || proof.Limited || proof.Status == http.StatusForbidden) {
			break
		}
	}
	return first, nil
}

// probeByExchange exchanges the secret. A session that is no JWT may be anything: the first declared read tells. A token server
// that does not serve proves nothing: the read is made with the secret itself.
func (s *issuer) probeByExchange(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	read, issue := &s.d.Probes[0], s.exchange.name
	session := issue + ", " + read.Call
	switch call {
	case read.Call:
		return s.probeBy(ctx, read, secret)
	case "", issue, session:
	default:
		return apikey.Proof{}, noSuchCall(call)
	}
	given, err := s.exchange.issue(ctx, opProbe, secret)
	e := asError(err)
	did := answeredWith(issue)
	switch {
	case e == nil && !given.isJWT && call != issue:
		proof, err := s.probeBy(ctx, read, given.token)
		if proof.Call != "" {
			proof.Call = session
		}
		if proof.Verdict == apikey.Refused { // what was given for the secret is no session: who gave it is not the token server
			proof.Verdict, proof.Why = apikey.Silent, errForeign.Error()
		}
		return proof, err
	case e == nil && !given.isJWT:
		return apikey.Proof{Call: call, Status: http.StatusOK, Evidence: did(http.StatusOK), Why: errForeign.Error()}, nil
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
	if s.d.Refusals.Lacking != "" && errors.Is(failed, errForeign) && s.authenticates(ctx, p, secret) {
		failed = nil
	}
	return s.proofOf(p, of, failed)
}

// ask makes the request of a probe. of is the id of the key that the secret is of, where the answer names it.
func (s *issuer) ask(ctx context.Context, p *kit.Probe, secret apikey.Secret) (of string, err error) {
	method, path, _ := strings.Cut(p.Call, " ")
	c := call{op: opProbe, method: method, path: s.ofParents(path), spelt: path, id: p.ID, query: s.queryOf(p.Query), bearer: secret, scheme: s.tried, needs: p.Needs,
		paced: s.d.Paced, header: s.d.Headers, list: p.Answers == "keys" || p.Answers == "list"}
	if p.Send != nil {
		c.body = s.fill(p.Body, map[apikey.Field]any{fillSecret: secret})
	}
	if p.Own {
		c.bearer, c.tried = apikey.Secret{}, secret
		err = s.send(ctx, c, s.shapeOf(p, &of))
		return of, err
	}
	err = s.do(ctx, c, s.shapeOf(p, &of))
	return of, err
}

// proofOf is what the answer to a probe shows, and whose the secret is where it names that.
func (s *issuer) proofOf(p *kit.Probe, of string, failed error) (apikey.Proof, error) {
	proof, err := s.verdictOf(p, failed)
	if of != "" && proof.Accepted() {
		proof.Key = &apikey.Key{ID: s.spelling.show(of)}
	}
	return proof, err
}

// verdictOf is what the answer to a probe shows.
func (s *issuer) verdictOf(p *kit.Probe, failed error) (apikey.Proof, error) {
	did := answeredWith(strings.Replace(p.Call, "{id}", p.ID, 1))
	e := asError(failed)
	switch {
	case p.Own && e != nil && (e.Kind == Unauthorized || e.Kind == Forbidden) && !errors.Is(failed, errDead):
		// It is our own credential that is refused, and nothing is said of the secret.
		return apikey.Proof{Call: p.Call, Status: e.Status, Evidence: did(e.Status), Why: "the profile's own credential may not make this call: " + e.Message, Hint: e.Hint}, nil
	case p.NotFound && e != nil && e.Kind == NotFound && e.Own:
		proof, err := s.judge(p.Call, func(int) string { return did(e.Status) }, nil)
		proof.Status = e.Status
		return s.open(p, proof), err
	case e != nil && (p.NotFoundRefuses && e.Kind == NotFound && e.Own || errors.Is(failed, errDead)):
		return apikey.Proof{Call: p.Call, Status: e.Status, Verdict: apikey.Refused, Evidence: did(e.Status), Message: e.Message, Hint: e.Hint}, nil
	}
	proof, err := s.judge(p.Call, did, e)
	if s.d.Refusals.Lacking != "" {
		return rights(p, proof, e), err
	}
	return s.open(p, proof), err
}

// shapeOf reads the answer that only a secret that is accepted gets, and the id in it of the key that the secret is of.
func (s *issuer) shapeOf(p *kit.Probe, of *string) func(*answer) error {
	names := func(members map[string]json.RawMessage) {
		var id text
		if raw := dig(members, p.KeyID); raw != nil {
			_ = json.Unmarshal(raw, &id)
		}
		*of = string(id)
	}
	switch p.Answers {
	case "keys":
		return s.ownList()
	case "object":
		return func(a *answer) error {
			members, err := requireOneObject(a)
			names(members)
			return err
		}
	case "list":
		return listed(slices.Concat(p.Rows, s.d.List.Rows), requireObject)
	}
	return func(a *answer) error {
		members, _, err := decodeObject(a.body)
		if err != nil {
			return foreign(err)
		}
		for _, path := range p.Members {
			if dig(members, path) == nil {
				return errForeign
			}
		}
		if anySays(members, p.Refuses) {
			return errDead
		}
		if len(p.Accepts) > 0 && !anySays(members, p.Accepts) {
			return errForeign
		}
		names(members)
		return nil
	}
}

// anySays reports whether a member has one of the values that are meant.
func anySays(members map[string]json.RawMessage, meant map[string][]string) bool {
	for path, values := range meant {
		var w word
		if raw := dig(members, path); raw != nil && w.UnmarshalJSON(raw) == nil && slices.Contains(values, string(w)) {
			return true
		}
	}
	return false
}

// ownList accepts the issuer's own list of keys.
func (s *issuer) ownList() func(*answer) error {
	r := newRecord(&s.d.Row)
	return listed(s.d.List.Rows, func(raw []byte) error {
		if r.decode(raw) != nil || firstOf(r.id...) == "" { // every key has one
			return errForeign
		}
		return nil
	})
}

// open says what a proof shows of what the key can do, and what it leaves open.
func (s *issuer) open(by *kit.Probe, p apikey.Proof) apikey.Proof {
	if p.Verdict != apikey.Accepted && p.Verdict != apikey.Known {
		return p
	}
	far := p.Verdict == apikey.Known
	refused := far || p.Status == http.StatusForbidden
	switch {
	case by.Can != "" && far:
		p.Cannot = []string{by.Can + " from here"}
	case by.Can != "" && refused:
		p.Cannot = []string{by.Can}
	case by.Can != "":
		p.Can = []string{by.Can}
	case refused:
		p.Cannot = []string{"make this request, or not from here"}
	}
	switch {
	case len(s.d.Roles) > 0:
		p.Unknown = []string{openRole}
	case refused:
		p.Unknown = []string{"what the key may do besides"}
	default:
		p.Unknown = []string{"what the key may do besides", openRestrictions}
	}
	return p
}

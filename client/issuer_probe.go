package client

import (
	"context"
	"net/http"
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
	if call != "" {
		for i := range s.d.Probes {
			if s.d.Probes[i].Call == call {
				return s.probeBy(ctx, &s.d.Probes[i], secret)
			}
		}
		return apikey.Proof{}, noSuchCall(call)
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

// probeBy makes one call.
func (s *issuer) probeBy(ctx context.Context, p *kit.Probe, secret apikey.Secret) (apikey.Proof, error) {
	method, path, _ := strings.Cut(p.Call, " ")
	c := call{op: opProbe, method: method, path: path, id: p.ID, bearer: secret}
	read := oneObject
	if p.Answers == "keys" {
		c.list, read = true, s.ownList()
	}
	e := asError(s.do(ctx, c, read))
	did := asking(strings.Replace(p.Call, "{id}", p.ID, 1))
	if p.NotFound && e != nil && e.Kind == NotFound && e.Own {
		proof, err := s.judge(p.Call, func(int) string { return did(e.Status) }, nil)
		proof.Status = e.Status
		return s.open(proof), err
	}
	proof, err := s.judge(p.Call, did, e)
	return s.open(proof), err
}

// ownList accepts the issuer's own list of keys.
func (s *issuer) ownList() func(*answer) error {
	r := s.layout.record()
	return listed(s.d.List.Rows, func(raw []byte) error {
		err := r.decode(raw)
		return aKey(string(r.text(r.l.id)), err)
	})
}

// open says what a proof leaves open.
func (s *issuer) open(p apikey.Proof) apikey.Proof {
	switch {
	case p.Verdict == apikey.Known || p.Verdict == apikey.Accepted && p.Status == http.StatusForbidden:
		p.Unknown = []string{"what the key may do besides"}
		p.Cannot = []string{"make this request, or not from here"}
	case p.Verdict == apikey.Accepted:
		p.Unknown = []string{"what the key may do besides", openRestrictions}
	}
	return p
}

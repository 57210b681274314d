package client

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"detent/apikey"
)

// The two calls that a secret can be checked with.
const (
	genericUserCall = "GET " + genericUser
	genericListCall = "GET " + genericKeys
)

// Probe implements Service. It asks for a user that does not exist: "not found" is said only to a key that is known. What
// does not speak as the service does may come from something in front of it, an id may be refused as such before the key is
// looked at, and a key may be restricted to other endpoints: then the list is asked.
func (g *generic) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	ctx, done := g.operation(ctx)
	defer done()
	if proof, bad := unusable(secret); bad {
		return proof, nil
	}
	switch call {
	case genericUserCall:
		return g.probeUser(ctx, secret)
	case genericListCall:
		return g.probeList(ctx, secret)
	case "":
	default:
		return apikey.Proof{}, noSuchCall(call)
	}
	proof, err := g.probeUser(ctx, secret)
	elsewhere := err == nil && proof.Verdict == apikey.Known && boundWords().MatchString(proof.Why)
	if err != nil || !elsewhere && (proof.Verdict != apikey.Silent || proof.Limited || proof.Status == http.StatusForbidden) {
		return proof, err
	}
	if other, err := g.probeList(ctx, secret); err != nil || other.Verdict != apikey.Silent {
		return other, err
	}
	return proof, nil
}

func (g *generic) probeUser(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	e := asError(g.do(ctx, call{op: opProbe, method: http.MethodGet, path: genericUser, id: probeUser, bearer: secret}, requireUser))
	did := answeredWith(strings.Replace(genericUserCall, "{id}", probeUser, 1))
	if e != nil && e.Kind == NotFound && e.Own {
		proof, err := g.judge(genericUserCall, func(int) string { return did(e.Status) }, nil)
		proof.Status = e.Status
		return g.open(proof), err
	}
	proof, err := g.judge(genericUserCall, did, e)
	return g.open(proof), err
}

func (g *generic) probeList(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	e := asError(g.do(ctx, call{op: opProbe, method: http.MethodGet, path: genericKeys, bearer: secret, list: true},
		listed(genericLists, func(raw []byte) error {
			var row genericRow
			err := decodeRow(raw, &row, genericNames)
			return requireKey(string(row.ID), err)
		})))
	proof, err := g.judge(genericListCall, answeredWith(genericListCall), e)
	return g.open(proof), err
}

// open says what a proof of this service's leaves open.
func (g *generic) open(p apikey.Proof) apikey.Proof {
	switch {
	case p.Verdict == apikey.Known || p.Verdict == apikey.Accepted && p.Status == http.StatusForbidden:
		p.Unknown = []string{"what the key may do besides"}
		p.Cannot = []string{"make this request, or not from here"}
	case p.Verdict == apikey.Accepted:
		p.Unknown = []string{"what the key may do besides", openRestrictions}
	}
	return p
}

// genericSpeaks: {"success":false,…} or an error. A message alone, and what frameworks and gateways add to an error, is
// somebody else's as well as the service's.
var genericSpeaks = dialect{verdict: rightsVerdict, own: func(f fault) bool {
	foreign := []string{"errors", "path", "timestamp", "title", "detail"}
	return (f.shape.no || f.shape.text || f.shape.object) && !slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return slices.Contains(foreign, name) })
}}

package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"unicode"

	"detent/apikey"
)

// prosopoProbe is one of the service's reads.
type prosopoProbe struct {
	permission, method, path string
	body                     any
	read                     func(*answer) error
}

// prosopoProbes are in the order in which a key is likely to have them. None
// of them writes; of their answers the shape is looked at. Only that of the last one is public.
var prosopoProbes = []prosopoProbe{
	{"getRules", http.MethodGet, "/v1/prosopo/provider/admin/rules", nil, prosopoListed("rules", "accessRules")},
	{"getRules", http.MethodPost, "/access-control/get", map[string]int{"limit": 1}, prosopoListed("rules", "accessRules")},
	{"getSites", http.MethodPost, "/sites/get", struct{}{}, prosopoListed("sites")},
	{"getUsers", http.MethodGet, "/users/get", nil, prosopoListed("users")},
	{"getApiKeys", http.MethodPost, "/api-keys/get", struct{}{}, listed(prosopoLists, func(raw []byte) error {
		var row prosopoRow
		err := decodeRow(raw, &row, prosopoNames)
		return requireKey(row.id(), err)
	})},
}

func prosopoListed(names ...string) func(*answer) error {
	return listed(append(names, prosopoLists...), requireObject)
}

func (p prosopoProbe) name() string { return p.method + " " + p.path }

const insufficient = "INSUFFICIENT_PERMISSIONS"

// Probe implements Service. The first read that the key may do proves it; where it may do none, being told that a permission
// is missing does, as that is said only to a key that is known.
func (p *prosopo) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	ctx, done := p.operation(ctx)
	defer done()
	if proof, bad := unusable(secret); bad {
		return proof, nil
	}
	if call == "" {
		return p.probeAny(ctx, secret)
	}
	for _, read := range prosopoProbes {
		if read.name() == call {
			return p.probeOne(ctx, read, secret)
		}
	}
	return apikey.Proof{}, noSuchCall(call)
}

// probeOne makes one call.
func (p *prosopo) probeOne(ctx context.Context, read prosopoProbe, secret apikey.Secret) (apikey.Proof, error) {
	err := p.ask(ctx, read, secret)
	if errors.Is(err, errForeign) && p.authenticates(ctx, read, secret) {
		err = nil
	}
	return p.proofOf(read, asError(err))
}

// authenticates reports whether a call whose answer has no known shape is refused to a made-up key. Who answers 200 to a secret and
// 401 to that one looks at keys; a captive portal does not. It is asked once.
func (p *prosopo) authenticates(ctx context.Context, read prosopoProbe, secret apikey.Secret) bool {
	if p.authenticating.has(read.name()) {
		return true
	}
	if !IsKind(p.ask(ctx, read, apikey.MadeUp(secret, p.opts.Random)), Unauthorized) {
		return false
	}
	p.authenticating.add(read.name())
	return true
}

func (p *prosopo) proofOf(read prosopoProbe, e *Error) (apikey.Proof, error) {
	proof, err := p.judge(read.name(), answeredWith(read.name()), e)
	switch {
	case proof.Verdict == apikey.Accepted && proof.Status == http.StatusOK:
		proof.Can, proof.Unknown = []string{read.permission}, []string{openPermissions}
	case proof.Verdict == apikey.Accepted:
		proof.Cannot, proof.Unknown = []string{read.permission}, []string{openPermissions}
		proof.Evidence += " " + e.Code
	}
	return proof, err
}

// probeAny goes from read to read until one tells.
func (p *prosopo) probeAny(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	var lacks apikey.Proof // what the missing permissions prove, once one was told
	var silent apikey.Proof
	var strange *prosopoProbe // answered 200 in a shape that is not known
	var last error
	for _, read := range prosopoProbes {
		if n := len(lacks.Cannot); n > 0 && lacks.Cannot[n-1] == read.permission {
			continue
		}
		asked := p.ask(ctx, read, secret)
		e := asError(asked)
		proof, err := p.proofOf(read, e)
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
			lacks.Cannot, lacks.Evidence = append(lacks.Cannot, read.permission), lacks.Evidence+"; "+proof.Evidence
		case proof.Refused():
			return proof, nil
		case proof.Limited || e.Kind == Forbidden && lacksFeature(e) || proof.Status == http.StatusProxyAuthRequired || e.Kind == BadAnswer && e.Status < 400 && !errors.Is(asked, errForeign):
			if lacks.Accepted() {
				continue
			}
			return proof, nil // no other read can tell more
		default:
			silent, last = proof, nil
			if strange == nil && errors.Is(asked, errForeign) {
				strange = &read
			}
		}
	}
	switch {
	case lacks.Accepted():
		return lacks, nil
	case strange != nil && p.authenticates(ctx, *strange, secret):
		proof, err := p.proofOf(*strange, nil)
		proof.Evidence += ", and 401 to a made-up key"
		return proof, err
	case last != nil:
		return apikey.Proof{}, last
	}
	return silent, nil
}

// callSet are the calls that tell, though their answer has no known shape.
type callSet struct {
	mu    sync.Mutex
	calls map[string]bool
}

func (t *callSet) add(call string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string]bool{}
	}
	t.calls[call] = true
}

func (t *callSet) has(call string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[call]
}

func (p *prosopo) ask(ctx context.Context, probe prosopoProbe, secret apikey.Secret) error {
	return p.do(ctx, call{op: opProbe, method: probe.method, path: probe.path, body: probe.body, bearer: secret, list: true,
		needs: probe.permission}, probe.read)
}

// prosopoSpeaks: {"error":{…}} or {"error":"…"}, and a code of its own for a permission that is missing.
var prosopoSpeaks = dialect{names: namedPermission,
	own: func(f fault) bool { return f.shape.text || f.shape.object || f.shape.no || f.code != "" },
	verdict: func(e *Error) apikey.Verdict {
		switch {
		case strings.Contains(e.Code, insufficient) && !e.speaksOf(limitWords):
			return apikey.Accepted
		case e.speaksOf(placeWords) && !e.speaksOf(limitWords, firewallWords, accountWords, keyWords):
			return apikey.Known
		}
		return apikey.Silent
	}}

// lacksFeature reports whether a 403 is for want of the account's API feature.
func lacksFeature(e *Error) bool {
	message := strings.ToLower(e.Message)
	return strings.Contains(e.Code, "FEATURE") || strings.Contains(message, "api feature") ||
		strings.Contains(message, "feature") && !strings.Contains(message, "permission")
}

// namedPermission is the permission that a message names, else the one that the call needs.
func namedPermission(message, needed string) string {
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return r != '.' && !unicode.IsLetter(r) }) {
		p := apikey.ParsePermission(strings.Trim(word, "."))
		if feature, ok := prosopoFeature[p.Name]; ok && (p.Feature == feature || p.Feature == "" && p.Name != strings.ToLower(p.Name)) {
			return p.Name
		}
	}
	return needed
}

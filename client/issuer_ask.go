package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// ask makes the request of a probe. of is the id of the key that the secret is of, where the answer names it.
func (s *issuer) ask(ctx context.Context, p *kit.Probe, secret apikey.Secret) (of string, failed error) {
	c := s.request(opProbe, &kit.Call{Call: p.Call, Query: p.Query, Send: p.Send, SendAs: p.SendAs, Body: p.Body, Needs: p.Needs}, p.ID, map[apikey.Field]any{fillSecret: secret})
	c.list = p.Answers == "keys" || p.Answers == "list"
	shape := s.shapeOf(p, &of)
	read := func(a *answer) error { return shape(a.body) }
	if p.Own {
		c.tried = secret
		return of, s.send(ctx, c, read)
	}
	return of, s.do(ctx, s.byKey(c, secret), read)
}

// proofOf is what the answer to a probe shows, and whose the secret is where it names that.
func (s *issuer) proofOf(p *kit.Probe, of string, failed error) (apikey.Proof, error) {
	proof, err := s.verdictOf(p, failed)
	if of != "" && proof.Accepted() {
		proof.Key = &apikey.Key{ID: s.spelling.Show(of)}
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
	if proof.Refused() && s.d.RefusesAlike(p, cmp.Or(e.Came, e.Status)) {
		proof.Verdict, proof.Needs, proof.Why = apikey.Silent, p.Needs, fmt.Sprintf("a living key without the permission %s is answered so too: %s", p.Needs, proof.Message)
		proof.Message = ""
	}
	if s.d.Refusals.Lacking != "" {
		return s.rights(p, proof, e), err
	}
	return s.open(p, proof), err
}

// shapeOf reads the answer that only a secret that is accepted gets, and the id in it of the key that the secret is of.
func (s *issuer) shapeOf(p *kit.Probe, of *string) func(*wire.Guard) error {
	names := func(members map[string]json.RawMessage) {
		var id wire.Text
		if raw := wire.Dig(members, p.KeyID); raw != nil {
			_ = json.Unmarshal(raw, &id)
		}
		*of = string(id)
	}
	switch p.Answers {
	case "keys":
		return s.ownList()
	case "object":
		return func(body *wire.Guard) error {
			members, err := wire.RequireOneObject(body, s.d.Row.ID)
			names(members)
			return err
		}
	case "list":
		return wire.RequireList(slices.Concat(p.Rows, s.d.List.Rows), wire.RequireObject)
	}
	return func(body *wire.Guard) error {
		members, _, err := wire.DecodeObject(body)
		if err != nil {
			return wire.Foreign(err)
		}
		for _, path := range p.Members {
			if wire.Dig(members, path) == nil {
				return wire.ErrForeign
			}
		}
		if anySays(members, p.Refuses) {
			return errDead
		}
		if len(p.Accepts) > 0 && !anySays(members, p.Accepts) {
			return wire.ErrForeign
		}
		names(members)
		return nil
	}
}

// anySays reports whether a member has one of the values that are meant.
func anySays(members map[string]json.RawMessage, meant map[string][]string) bool {
	for path, values := range meant {
		var w wire.Word
		if raw := wire.Dig(members, path); raw != nil && w.UnmarshalJSON(raw) == nil && slices.Contains(values, string(w)) {
			return true
		}
	}
	return false
}

// allSay reports whether each of the members that are meant has one of its values.
func allSay(members map[string]json.RawMessage, meant map[string][]string) bool {
	for path, values := range meant {
		if !anySays(members, map[string][]string{path: values}) {
			return false
		}
	}
	return true
}

// ownList accepts the issuer's own list of keys.
func (s *issuer) ownList() func(*wire.Guard) error {
	r := wire.NewListRecord(&s.d.Row, s.d.List.Only)
	return wire.RequireList(s.d.List.Rows, func(raw []byte) error {
		switch {
		case r.Decode(raw) != nil || wire.FirstOf(r.ID...) == "": // every row has one
			return wire.ErrForeign
		case !r.Counts():
			return wire.ErrOther
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
		p.Unknown = []string{openBesides}
	default:
		p.Unknown = []string{openBesides}
		if s.mayRestrict() {
			p.Unknown = append(p.Unknown, openRestrictions)
		}
	}
	return p
}

// mayRestrict reports whether keys may have restrictions, as far as the declaration tells: what is copied unread may be one.
func (s *issuer) mayRestrict() bool {
	return slices.Contains(s.d.Access, apikey.FieldRestrictions) || slices.ContainsFunc(s.d.Row.Copied, func(name string) bool {
		p := s.d.Property(apikey.Field(name))
		return p == nil || p.Kind == apikey.AddressesProperty
	})
}

// authenticates reports whether a read whose answer has no known shape is refused to a made-up key. Who answers 200 to a secret and
// 401 to that one looks at keys; a captive portal does not. It is asked once.
func (s *issuer) authenticates(ctx context.Context, read *kit.Probe, secret apikey.Secret) bool {
	if _, known := s.looksAtKeys.Load(read); known {
		return true
	}
	if _, err := s.ask(ctx, read, apikey.MadeUp(secret, s.opts.Random)); !IsKind(err, Unauthorized) {
		return false
	}
	s.looksAtKeys.Store(read, true)
	return true
}

// rights says what a proof by a read that needs a permission shows. A trial is recorded: there is no word of the service's in what it is told.
func (s *issuer) rights(by *kit.Probe, p apikey.Proof, e *Error) apikey.Proof {
	switch {
	case p.Verdict == apikey.Accepted && p.Status == http.StatusOK:
		p.Can, p.Unknown = []string{by.Needs}, []string{openPermissions}
	case p.Verdict == apikey.Accepted:
		p.Cannot, p.Unknown = []string{by.Needs}, []string{openPermissions}
		if lacking := s.d.Refusals.Lacking; s.opts.Trial == nil {
			p.Evidence += " " + e.Code
		} else if strings.Contains(e.Code, lacking) {
			p.Evidence += " " + lacking
		}
	}
	return p
}

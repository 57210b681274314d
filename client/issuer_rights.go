package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"detent/apikey"
	"detent/client/kit"
)

// permissionsOf are the rights of a key; nil where the row does not say, empty where it says none.
func (s *issuer) permissionsOf(r *record) []apikey.Permission {
	raw := firstRaw(r.permissions)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case raw[0] == '{' || len(s.features.of) == 0:
		return r.rights.of(raw, s.permissions)
	}
	return s.permissions(raw) // a flat list's features may be learned later
}

func (s *issuer) permissions(raw []byte) []apikey.Permission {
	out := []apikey.Permission{}
	for _, p := range parsePermissions(raw) {
		if p.Name == "" {
			continue
		}
		if p.Feature == "" {
			p = s.features.flat(p.Name)
		}
		p.Feature, p.Name = s.spelling.show(p.Feature), s.spelling.show(p.Name)
		out = append(out, s.features.learn(p))
	}
	return slices.Clip(inOrder(out))
}

// parsePermissions reads {"Feature":["name"]} and ["name"]. What it does not understand becomes a name as it stands on the wire: a
// right is never lost in silence.
func parsePermissions(raw json.RawMessage) []apikey.Permission {
	raw = bytes.TrimSpace(raw)
	var usual map[string][]string
	var byFeature map[string]json.RawMessage
	var out []apikey.Permission
	add := func(feature string, names []string) {
		for _, name := range names {
			out = append(out, apikey.Permission{Feature: feature, Name: name})
		}
	}
	switch object := len(raw) > 0 && raw[0] == '{'; {
	case object && json.Unmarshal(raw, &usual) == nil:
		for feature, names := range usual {
			add(feature, names)
		}
	case object && json.Unmarshal(raw, &byFeature) == nil:
		for feature, names := range byFeature {
			add(feature, permissionNames(names))
		}
	default:
		add("", permissionNames(raw))
	}
	return out
}

func permissionNames(raw json.RawMessage) []string {
	var list []json.RawMessage
	var flags map[string]bool
	var levels map[string]string
	var names []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &list) == nil:
		for _, item := range list {
			names = append(names, literal(item))
		}
	case json.Unmarshal(raw, &flags) == nil:
		for name, granted := range flags {
			if granted {
				names = append(names, name)
			}
		}
	case json.Unmarshal(raw, &levels) == nil: // {"members":"read"}
		for name, level := range levels {
			names = append(names, name+":"+level)
		}
	default:
		names = append(names, literal(raw))
	}
	return names
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
		case proof.Limited || e.Kind == Forbidden && lacksFeature(e) || proof.Status == http.StatusProxyAuthRequired || e.Kind == BadAnswer && e.Status < 400 && !errors.Is(asked, errForeign):
			if lacks.Accepted() {
				continue
			}
			return proof, nil // no other read can tell more
		default:
			silent, last = proof, nil
			if strange == nil && errors.Is(asked, errForeign) {
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

// rights says what a proof by a read that needs a permission shows.
func rights(by *kit.Probe, p apikey.Proof, e *Error) apikey.Proof {
	switch {
	case p.Verdict == apikey.Accepted && p.Status == http.StatusOK:
		p.Can, p.Unknown = []string{by.Needs}, []string{openPermissions}
	case p.Verdict == apikey.Accepted:
		p.Cannot, p.Unknown = []string{by.Needs}, []string{openPermissions}
		p.Evidence += " " + e.Code
	}
	return p
}

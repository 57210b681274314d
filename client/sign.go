package client

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/signers"
)

// signing signs each request of whose context that is asked, as it goes out: each attempt, and where a redirect leads to.
type signing struct{ http.RoundTripper }

type signKey struct{}

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	sign, asked := r.Context().Value(signKey{}).(func(r *http.Request, body []byte) error)
	if !asked {
		return s.RoundTripper.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	var body []byte
	if r.GetBody != nil {
		copied, err := r.GetBody()
		if err == nil {
			body, err = io.ReadAll(copied)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := sign(r, body); err != nil {
		return nil, err
	}
	return s.RoundTripper.RoundTrip(r)
}

// credentialOf is what a call is made with.
func (t *transport) credentialOf(c call) apikey.Secret {
	if c.bearer.IsZero() {
		return t.opts.Token
	}
	return c.bearer
}

// newIdempotencyKey is a key for a create. Nothing relies on it: none of the services documents it. Without random numbers there is none.
func (t *transport) newIdempotencyKey() string {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(t.opts.Random, raw); err != nil {
		return ""
	}
	return hex.EncodeToString(raw)
}

// signedBy has the requests of a context signed with a credential.
func (t *transport) signedBy(ctx context.Context, auth *kit.Auth, credential string) context.Context {
	signer := signers.Named(auth.Signer)
	parts := strings.SplitN(credential, ":", signer.Parts())
	return context.WithValue(ctx, signKey{}, func(r *http.Request, body []byte) error {
		nonce := t.newIdempotencyKey()
		if nonce == "" {
			return errors.New("there are no random numbers to sign a request with")
		}
		for name, value := range signer.Sign(&signers.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: body, At: t.now(), Nonce: nonce,
			Credential: parts, Parents: t.opts.Parents}) {
			r.Header.Set(name, value)
		}
		return nil
	})
}

// signingParts are those of a credential with which requests are signed; nil where it has not all of them.
func signingParts(auth *kit.Auth, credential apikey.Secret) (parts []apikey.Secret) {
	rest := credential
	for range signers.Named(auth.Signer).Parts() - 1 {
		var part apikey.Secret
		if part, rest, _ = rest.Cut(":"); part.IsZero() {
			return nil
		}
		parts = append(parts, part)
	}
	if rest.IsZero() {
		return nil
	}
	return append(parts, rest)
}

// unsignable refuses a call by what is no credential that can sign: the part that is the secret would go out as one that is none.
func (t *transport) unsignable(c call) *Error {
	if !isSigned(c.auth) || c.anonymous || signingParts(c.auth, t.credentialOf(c)) != nil {
		return nil
	}
	return invalid(c.op, "nothing was sent: a request is signed with "+signers.Named(c.auth.Signer).Credential+", and this has not all the parts of that")
}

func isSigned(auth *kit.Auth) bool { return auth != nil && auth.Kind == "signed" }

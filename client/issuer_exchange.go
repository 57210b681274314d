package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

const (
	sessionMargin  = 30 * time.Second // a JWT is not used in its last seconds
	sessionDefault = time.Minute      // where neither the answer nor the JWT says how long it lives
)

// findTokenServer finds where a key is exchanged for a JWT, the one other host that a key goes to; none where it is neither configured nor
// needed.
func (s *issuer) findTokenServer() (bad *Error) {
	switch {
	case s.opts.TokenURL != "":
		if s.tokenServer, bad = parseOrigin(s.opts.TokenURL); bad != nil {
			bad.Message = "token_url: " + bad.Message
			return bad
		}
	case s.opts.Exchange:
		if s.tokenServer = kit.TokenServer(s.origin); s.tokenServer == nil {
			return badOption("auth = exchange needs token_url: the token server cannot be told from the URL")
		}
	}
	if s.opts.Exchange {
		s.sessions = newSessions(s.transport, func(ctx context.Context, op string) (issued, error) { return s.issue(ctx, op, s.opts.Token) })
	}
	return nil
}

// ownID is the id of our own key, once a session has said it.
func (s *issuer) ownID() string {
	if s.sessions == nil {
		return ""
	}
	return s.spelling.Show(s.sessions.known().subject)
}

// issue exchanges a key. Nothing is changed by it, but it is a POST: only one that was told its pace is sent again.
func (s *issuer) issue(ctx context.Context, op string, key apikey.Secret) (issued, error) {
	var reply struct {
		Token     wire.Text `json:"token"`
		ExpiresIn wire.Text `json:"expires_in"`
	}
	c := s.request(op, &kit.Call{Call: s.d.Exchange.Call}, "", nil)
	c.origin, c.bearer, c.paced, c.once, c.header = s.tokenServer, key, true, true, s.headers()
	err := s.do(ctx, c, func(a *answer) error {
		_, raw, err := wire.DecodeObject(a.body)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &reply); err != nil {
			return err
		}
		if reply.Token == "" || !wire.IsPrintable(string(reply.Token)) {
			return wire.BadAnswer("the token server's answer holds no token")
		}
		return nil
	})
	if err != nil {
		return issued{}, err
	}
	out := issued{token: apikey.NewSecret(string(reply.Token)), isJWT: strings.Count(string(reply.Token), ".") == 2}
	now := s.now()
	life := sessionDefault
	subject, expires := claims(string(reply.Token))
	out.subject = subject
	if seconds, err := time.ParseDuration(string(reply.ExpiresIn) + "s"); err == nil && reply.ExpiresIn != "" {
		life = seconds
	} else if !expires.IsZero() {
		life = expires.Sub(now)
	}
	out.until = now.Add(life - min(sessionMargin, life/4))
	return out, nil
}

// claims reads a JWT's subject and expiry. They are hints: the service checks the signature.
func claims(jwt string) (subject string, expires time.Time) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return "", time.Time{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", time.Time{}
	}
	var reply struct {
		Subject wire.Text `json:"sub"`
		Expires wire.Time `json:"exp"`
	}
	if json.Unmarshal(raw, &reply) != nil {
		return "", time.Time{}
	}
	return string(reply.Subject), reply.Expires.At
}

package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

const (
	sessionMargin  = 30 * time.Second // a JWT is not used in its last seconds
	sessionDefault = time.Minute      // where neither the answer nor the JWT says how long it lives
)

// exchange trades a key for a JWT at the token server, the one other host that a key goes to.
type exchange struct {
	t      *transport
	name   string // of its call: "POST /token/issue"
	header map[string]string
	server *url.URL // nil where it is neither configured nor needed
	*sessions
}

func newExchange(t *transport, name string, header map[string]string) (*exchange, *Error) {
	x := &exchange{t: t, name: name, header: header}
	x.sessions = newSessions(t, func(ctx context.Context, op string) (issued, error) { return x.issue(ctx, op, t.opts.Token) })
	switch {
	case t.opts.TokenURL != "":
		server, bad := parseOrigin(t.opts.TokenURL)
		if bad != nil {
			bad.Message = "token_url: " + bad.Message
			return nil, bad
		}
		x.server = server
	case t.opts.Exchange:
		if x.server = kit.TokenServer(t.origin); x.server == nil {
			return nil, badOption("auth = exchange needs token_url: the token server cannot be told from the URL")
		}
	}
	return x, nil
}

// usable reports whether there is a token server to ask.
func (x *exchange) usable() bool { return x != nil && x.server != nil }

// subject is the id of our own key, once a session has said it.
func (x *exchange) subject() string {
	if x == nil {
		return ""
	}
	return x.known().subject
}

// issue exchanges a key. Nothing is changed by it, but it is a POST: only one that was told its pace is sent again.
func (x *exchange) issue(ctx context.Context, op string, key apikey.Secret) (issued, error) {
	var reply struct {
		Token     text `json:"token"`
		ExpiresIn text `json:"expires_in"`
	}
	_, path, _ := strings.Cut(x.name, " ")
	c := call{op: op, method: http.MethodPost, path: path, origin: x.server, bearer: key, paced: true, once: true, header: x.header}
	err := x.t.do(ctx, c, func(a *answer) error {
		_, raw, err := decodeObject(a.body)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &reply); err != nil {
			return err
		}
		if reply.Token == "" || !isPrintable(string(reply.Token)) {
			return badAnswer("the token server's answer holds no token")
		}
		return nil
	})
	if err != nil {
		return issued{}, err
	}
	out := issued{token: apikey.NewSecret(string(reply.Token)), isJWT: strings.Count(string(reply.Token), ".") == 2}
	now := x.t.now()
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
		Subject text     `json:"sub"`
		Expires wireTime `json:"exp"`
	}
	if json.Unmarshal(raw, &reply) != nil {
		return "", time.Time{}
	}
	return string(reply.Subject), reply.Expires.at
}

package client

import (
	"context"
	"net/http"
	"sync"
	"time"

	"detent/apikey"
	"detent/client/wire"
)

// issued is a session and what its token says about itself.
type issued struct {
	token   apikey.Secret
	subject string
	until   time.Time // zero for one that is used until it is refused
	isJWT   bool
}

// sessions keep what the credential was exchanged for. It is asked for once, however many wait for it.
type sessions struct {
	t    *transport
	ask  func(ctx context.Context, op string) (issued, error)
	busy chan struct{}

	mu   sync.Mutex
	last issued
}

func newSessions(t *transport, ask func(ctx context.Context, op string) (issued, error)) *sessions {
	return &sessions{t: t, ask: ask, busy: make(chan struct{}, 1)}
}

// session is the one in use, or a new one shortly before its end; cached says which.
func (x *sessions) session(ctx context.Context, op string) (session apikey.Secret, cached bool, err error) {
	select {
	case x.busy <- struct{}{}:
		defer func() { <-x.busy }()
	case <-ctx.Done():
		return session, false, x.t.broken(call{op: op}, ctx.Err(), false)
	}
	if last := x.known(); !last.token.IsZero() && (last.until.IsZero() || x.t.now().Before(last.until)) {
		return last.token, true, nil
	}
	fresh, err := x.ask(ctx, op)
	if err != nil {
		return session, false, err
	}
	x.mu.Lock()
	x.last = fresh
	x.mu.Unlock()
	x.t.mu.Lock()
	x.t.session = fresh.token
	x.t.mu.Unlock()
	return fresh.token, false, nil
}

func (x *sessions) known() issued {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.last
}

// forget drops a session that was refused.
func (x *sessions) forget(session apikey.Secret) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.last.token.Equal(session) {
		x.last.token = apikey.Secret{}
	}
}

// logIn gives a session for a user and a password.
func (s *issuer) logIn(ctx context.Context, op string) (out issued, err error) {
	d := s.d.Auth.Login
	user, password, _ := s.opts.Token.Cut(":")
	c := s.request(op, &d.Call, "", map[apikey.Field]any{fillUser: user, fillPassword: password})
	c.anonymous, c.once, c.header = true, true, s.headers()
	err = s.do(ctx, c, func(a *answer) error {
		if d.Session == "" {
			for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
				if cookie.Name == s.d.Auth.Cookie {
					out.token = apikey.NewSecret(cookie.Value)
				}
			}
		} else {
			members, _, err := wire.DecodeObject(a.body)
			if err != nil {
				return err
			}
			var given wire.Token
			_ = given.UnmarshalJSON(wire.Dig(members, d.Session))
			out.token = given.Secret
		}
		if out.token.IsZero() || out.token.Check() != nil {
			return wire.BadAnswer("the answer to the login holds no session")
		}
		return nil
	})
	return out, err
}

// send makes a call with the key itself, or with the session that the token server gave for it. A session that is refused is
// replaced once, for a read.
func (s *issuer) send(ctx context.Context, c call, read func(*answer) error) error {
	c.paced, c.header, c.auth = s.d.Paced, s.headers(), s.own
	if c.write && s.opts.ReadOnly {
		return readOnly(c.op)
	}
	if s.sessions == nil {
		return s.do(ctx, c, read)
	}
	for {
		session, cached, err := s.sessions.session(ctx, c.op)
		if err != nil {
			return err
		}
		c.bearer = session
		err = s.do(ctx, c, read)
		if !IsKind(err, Unauthorized) {
			return err
		}
		s.sessions.forget(session)
		if c.write || !cached {
			return err
		}
	}
}

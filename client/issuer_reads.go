package client

import (
	"context"

	"detent/apikey"
	"detent/client/wire"
)

// List implements Service.
func (s *issuer) List(ctx context.Context, each func([]apikey.Key)) error {
	ctx, done := s.operation(ctx)
	defer done()
	var c *collector
	err := s.walk(ctx,
		func(a *answer) {
			c = &collector{each: each, answer: a, own: s.opts.Token, ownID: s.ownID()}
		},
		func(k *apikey.Key, _ apikey.Secret) { c.add(k) })
	if err == nil {
		c.finish()
	}
	return err
}

// identify goes by the subject of its own session where there is a token server, by itself where the
// list has it, else by a mask that only one key has. A prefix is an environment, never an identity.
func (s *issuer) identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	ctx, done := s.operation(ctx)
	defer done()
	subject := ""
	if s.tokenServer != nil && secret.Check() == nil {
		if session, err := s.issue(ctx, opProbe, secret); err == nil {
			subject = s.spelling.Show(session.subject)
		}
	}
	key, err := s.find(ctx, secret, func(k *apikey.Key, listed apikey.Secret) bool {
		return listed.Equal(secret) || s.halfOf(k.ID, secret) || subject != "" && k.ID == subject
	})
	if key != nil {
		key.Own = key.Own || secret.Equal(s.opts.Token)
	}
	return key, err
}

// shownOn is Abilities.Listed.
func (s *issuer) shownOn(ctx context.Context, secret apikey.Secret) (found *apikey.Key, err error) {
	ctx, done := s.operation(ctx)
	defer done()
	err = s.walk(ctx, func(*answer) { found = nil }, func(k *apikey.Key, listed apikey.Secret) {
		if listed.Equal(secret) && !k.IsDisabled() && !k.ExpiresAt.Before(s.now()) {
			shows := *k
			found = &shows
		}
	})
	return found, err
}

// retrieve goes by the declared call, else as far as the list has the secret.
func (s *issuer) retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Retrieve == nil {
		listed, err := s.inList(ctx, id)
		if listed.secret.Len() < wire.LeastListed {
			return apikey.Secret{}, err
		}
		return s.withID(id, listed.secret), err
	}
	c, err := s.about(ctx, opGet, s.d.Retrieve, id, nil)
	if err != nil {
		return apikey.Secret{}, err
	}
	_, secret, err := s.one(ctx, c, s.d.Retrieve.Key)
	return s.withID(id, secret), err
}

// ownProject goes by the list of the credential's project.
func (s *issuer) ownProject(ctx context.Context) (project string, known bool, err error) {
	ctx, done := s.operation(ctx)
	defer done()
	seen := map[string]bool{}
	_, err = s.page(ctx, s.queryOf(s.d.OwnProject), func(*answer) { clear(seen) },
		func(k *listedKey) { project = k.key.Project; seen[project] = true })
	return project, err == nil && len(seen) == 1 && project != "", err
}

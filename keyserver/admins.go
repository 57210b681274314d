package keyserver

import (
	"context"
	"fmt"
	"slices"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// SessionToken is the administrator credential of this process: it lives in memory only, is
// in no list and dies with the server. env is Live or Test for the generic service, or empty for one that manages
// both; other services take no environment. A zero Secret means that there is no such service or environment.
func (s *Server) SessionToken(service string, env apikey.Environment) apikey.Secret {
	if service != wirename.Generic {
		env = ""
	}
	return s.tokens[sessionKind{service, env}]
}

// SecretForm is a regular expression of a whole secret of the service.
func SecretForm(service string) string { return store.Form(service) }

// Mint stores one more administrator key. env is Live or Test for the generic service and is ignored for the others.
func (s *Server) Mint(ctx context.Context, service string, env apikey.Environment) (Minted, error) {
	switch {
	case store.Prefixes[service] == nil:
		return Minted{}, fmt.Errorf("%q is no service: use prosopo, vertesia or generic", service)
	case service == wirename.Generic && env != apikey.Live && env != apikey.Test:
		return Minted{}, fmt.Errorf("%q is no environment of the generic service: use live or test", env)
	}
	var secret string
	var k *store.Key
	err := s.store.Add(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		k = s.administrator(service, env)
		if secret, err = store.Insert(ctx, tx, s.random, k, canMint(k)); err != nil {
			return err
		}
		return store.SetMeta(ctx, tx, hadAdministrator+service, "yes")
	})
	if err != nil {
		return Minted{}, fmt.Errorf("mint an administrator key: %w", err)
	}
	return Minted{service, env, k.ID, apikey.NewSecret(secret)}, nil
}

// Minted is an administrator key that was just made, and its secret, which is told this once.
type Minted struct {
	Service     string
	Environment apikey.Environment // of the generic service
	ID          string
	Secret      apikey.Secret
}

// Discard deletes administrators whose secrets reached nobody: one that nobody can use would count as the last that stays. A contract
// that has none then is as one that never had one.
func (s *Server) Discard(ctx context.Context, minted ...Minted) error {
	err := s.store.Settle(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, m := range minted {
			if err := store.Delete(ctx, tx, m.ID); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM detent_meta WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM keys WHERE service = $2 AND mints = 1)`,
				hadAdministrator+m.Service, m.Service); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take administrator keys back: %w", err)
	}
	return nil
}

// HasAdmins reports whether every contract has a stored, working key that can create keys, for now at least.
func (s *Server) HasAdmins(ctx context.Context) (has bool, err error) {
	err = s.store.Read(ctx, func(ctx context.Context, q store.Queryer) (err error) {
		has, err = s.hasAdmins(ctx, q)
		return err
	})
	return has, err
}

func (s *Server) hasAdmins(ctx context.Context, q store.Queryer) (bool, error) {
	for _, service := range contracts {
		n, err := otherMinters(ctx, q, service, "", mintsNow, s.now())
		if err != nil || n == 0 {
			return false, err
		}
	}
	return true, nil
}

var contracts = []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}

// hadAdministrator and a contract name a row of detent_meta that says that it had one: it is given no other at a start, whatever became
// of the first. Who finds a way to end all of them must not find new ones on the operator's standard output.
const hadAdministrator = "administrator of "

// withoutAdministrator are the contracts that never had one. A key that can create keys and was made by other ways counts, in any state.
func withoutAdministrator(ctx context.Context, q store.Queryer) (never []string, err error) {
	for _, service := range contracts {
		var n int
		err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM detent_meta WHERE name = $1)
			+ (SELECT COUNT(*) FROM (SELECT id FROM keys WHERE service = $2 AND mints = 1 LIMIT 1) AS found)`, hadAdministrator+service, service).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			never = append(never, service)
		}
	}
	return never, nil
}

// NeverHadAdmins are the contracts to which MintFirstAdmins would give an administrator. Of the others it is noted that they had one.
func (s *Server) NeverHadAdmins(ctx context.Context) (never []string, err error) {
	err = s.store.Settle(ctx, func(ctx context.Context, tx store.Tx) error {
		if never, err = withoutAdministrator(ctx, tx); err != nil {
			return err
		}
		for _, service := range contracts {
			if slices.Contains(never, service) {
				continue
			}
			if err := store.SetMeta(ctx, tx, hadAdministrator+service, "yes"); err != nil {
				return err
			}
		}
		return nil
	})
	return never, err
}

// MintFirstAdmins stores one administrator key for each contract, and each environment of it, that never had one: of several
// instances that start at once on a new store, one does.
func (s *Server) MintFirstAdmins(ctx context.Context) ([]Minted, error) {
	var minted []Minted
	err := s.store.Change(ctx, func(ctx context.Context, tx store.Tx) error {
		minted = nil
		never, err := withoutAdministrator(ctx, tx)
		if err != nil {
			return err
		}
		for _, kind := range []sessionKind{{wirename.Prosopo, ""}, {wirename.Vertesia, ""}, {wirename.Generic, apikey.Live}, {wirename.Generic, apikey.Test}} {
			if !slices.Contains(never, kind.service) {
				continue
			}
			k := s.administrator(kind.service, kind.env)
			secret, err := store.Insert(ctx, tx, s.random, k, canMint(k))
			if err == nil {
				err = store.SetMeta(ctx, tx, hadAdministrator+kind.service, "yes")
			}
			if err != nil {
				return err
			}
			minted = append(minted, Minted{kind.service, kind.env, k.ID, apikey.NewSecret(secret)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mint the first administrator keys: %w", err)
	}
	return minted, nil
}

package keyserver

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

const (
	// sweepEvery is how often expired Vertesia keys are deleted when nobody calls.
	sweepEvery = time.Minute
	// leaseLife is how long work stays with an instance that does not do it any more: killed, or cut off.
	leaseLife = 3 * sweepEvery
	sweeping  = "sweep"
)

// lease takes or keeps a piece of work for this instance until leaseLife from now, unless another one has it. Whose clock is ahead
// may take over early: what is done under a lease must do no harm when two do it.
func (s *Server) lease(ctx context.Context, tx store.Queryer, work string, now time.Time) (bool, error) {
	var holder string
	err := tx.QueryRowContext(ctx, `INSERT INTO leases (work, holder, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (work) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
		WHERE leases.holder = excluded.holder OR leases.expires_at <= $4 RETURNING holder`,
		work, s.instance, now.Add(leaseLife).UnixMilli(), now.UnixMilli()).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// release gives all work back, so that another instance need not wait for the end of a lease.
func (s *Server) release(ctx context.Context) error {
	if !s.leased.Load() {
		return nil
	}
	return s.store.Settle(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM leases WHERE holder = $1`, s.instance)
		return err
	})
}

func (s *Server) sweepUntilClosed() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), sweepEvery)
		if err := s.sweep(ctx, s.now()); err != nil {
			s.log.Printf("delete expired keys: %v", err)
		}
		cancel()
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
	}
}

// sweepOften is sweep for the way of each request: it looks once a second.
func (s *Server) sweepOften(ctx context.Context, now time.Time) error {
	second := now.Unix()
	if s.swept.Swap(second) == second {
		return nil
	}
	return s.sweep(ctx, now)
}

// sweep deletes the Vertesia keys whose end has come, which no call lets through or shows any more. It writes only if there are any,
// and one instance does it for all: the one with the lease.
func (s *Server) sweep(ctx context.Context, now time.Time) error {
	var due int
	err := s.store.Read(ctx, func(ctx context.Context, q store.Queryer) error {
		return q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT id FROM keys
			WHERE service = $1 AND expires_at > 0 AND expires_at <= $2
			AND NOT EXISTS (SELECT 1 FROM leases WHERE work = $3 AND holder <> $4 AND leases.expires_at > $2) LIMIT 1) AS due`,
			wirename.Vertesia, now.UnixMilli(), sweeping, s.instance).Scan(&due)
	})
	if err != nil || due == 0 {
		return err
	}
	return s.store.Settle(ctx, func(ctx context.Context, tx store.Tx) error {
		held, err := s.lease(ctx, tx, sweeping, now)
		if err != nil || !held {
			return err
		}
		s.leased.Store(true)
		_, err = tx.ExecContext(ctx, `DELETE FROM keys WHERE service = $1 AND expires_at > 0 AND expires_at <= $2`,
			wirename.Vertesia, now.UnixMilli())
		return err
	})
}

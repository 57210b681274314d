package world

import (
	"context"
	"time"

	"detent/apikey"
	"detent/client"
)

// The part of the driver that is a client.Service.

type service struct{ w *world }

type retrieving struct{ client.Service }
type identifying struct{ client.Service }

// Unwrap lets client.As find what the service inside can do.
func (s retrieving) Unwrap() client.Service { return s.Service }

// Unwrap lets client.As find what the service inside can do.
func (s identifying) Unwrap() client.Service { return s.Service }

// client is the service as this scenario has it.
func (w *world) client() client.Service {
	var s client.Service = &service{w}
	if w.sc.Retrieve {
		s = retrieving{s}
	}
	switch {
	case w.sc.Roll > 0:
		s = rollWire{s}
	case w.sc.Renew:
		s = renewWire{s}
	}
	if w.sc.Identify {
		s = identifying{s}
	}
	return s
}

// failure is a trouble as the client tells it; nil for none.
func failure(op string, t *trouble) error {
	if t == nil {
		return nil
	}
	e := &client.Error{Op: op, Status: t.status, Message: "the service's words", Outcome: client.NotDone, Own: t.kind == conflict || t.kind == missing || t.kind == unauthorized}
	if t.unknown {
		e.Outcome = client.Unknown
	}
	switch t.kind {
	case lostAnswer:
		e.Kind = client.Timeout
	case wallPage, emptyAnswer:
		e.Kind = client.BadAnswer
	case wallJSON, rateLimit403, badAddress:
		e.Kind = client.Forbidden
	case rateLimit:
		e.Kind = client.RateLimited
	case down:
		e.Kind = client.Unavailable
	case unauthorized:
		e.Kind = client.Unauthorized
	case missing:
		e.Kind = client.NotFound
	case conflict:
		e.Kind = client.Conflict
	}
	return e
}

// Capabilities are the scenario's.
func (s *service) Capabilities() apikey.Capabilities { return s.w.sc.capabilities() }

// List shows the rows in two batches.
func (s *service) List(_ context.Context, each func([]apikey.Key)) error {
	rows, t := s.w.list()
	if t != nil {
		return failure("list keys", t)
	}
	half := len(rows) / 2
	each(rows[:half])
	each(rows[half:])
	return nil
}

// Create makes a key.
func (s *service) Create(_ context.Context, d apikey.Draft) (apikey.Created, error) {
	row, secret, t := s.w.create(d)
	return apikey.Created{Key: row, Secret: secret, Bound: row.ID != ""}, failure("create a key", t)
}

// Update changes a key.
func (s *service) Update(_ context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	row, t := s.w.update(id, p)
	return row, failure("update the key", t)
}

// Delete removes a key.
func (s *service) Delete(_ context.Context, id string) (apikey.Deleted, error) {
	already, t := s.w.delete(id)
	return apikey.Deleted{AlreadyGone: already}, failure("delete the key", t)
}

// Probe asks with a secret. What an answer of 403 says of a key is the client's judgement: it is made here as client makes it.
func (s *service) Probe(_ context.Context, secret apikey.Secret, _ string) (apikey.Proof, error) {
	a, t := s.w.probe(secret)
	p := apikey.Proof{Call: "GET /harmless"}
	switch {
	case t != nil && (t.kind == wallJSON || t.kind == rateLimit403 || t.kind == wallPage):
		p.Evidence, p.Why, p.Limited = "GET /harmless answered 403", "what stands in front of the service answered", t.kind == rateLimit403
		return p, nil
	case t != nil:
		return apikey.Proof{}, failure("probe", t)
	case a.no != "":
		p.Verdict, p.Evidence = apikey.Known, "GET /harmless answered 403"
	case a.accepted:
		p.Verdict, p.Evidence = apikey.Accepted, "GET /harmless answered 200"
	default:
		p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
	}
	return p, nil
}

// ServerTime is the service's clock.
func (s *service) ServerTime() (server, local time.Time, ok bool) {
	return s.w.serverNow(), s.w.wallTime(), !s.w.sc.NoClock
}

// Retrieve gives a secret again.
func (s retrieving) Retrieve(_ context.Context, id string) (apikey.Secret, error) {
	secret, t := inner(s).retrieve(id)
	return secret, failure("retrieve", t)
}

// Identify says whose a secret is.
func (s identifying) Identify(_ context.Context, secret apikey.Secret) (*apikey.Key, error) {
	row, t := inner(s).identify(secret)
	return row, failure("identify", t)
}

func inner(s client.Service) *world {
	own, _ := client.As[*service](s)
	return own.w
}

// findByName are the ids that a KEY argument of that name means.
func (w *world) findByName(rows []apikey.Key, name string) []string {
	var out []string
	for _, k := range rows {
		if k.Name == name {
			out = append(out, k.ID)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, k := range rows {
		if b, _ := apikey.SplitName(k.Name); apikey.SameBase(b, name, w.sc.MaxName) {
			out = append(out, k.ID)
		}
	}
	return out
}

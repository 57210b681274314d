package world

import (
	"context"
	"time"

	"detent/apikey"
	"detent/client"
)

// The part of the driver that is a client.Service.

type service struct{ w *world }

// client is the service as this scenario has it.
func (w *world) client() client.Service { return &service{w} }

// Capabilities are the scenario's.
func (s *service) Capabilities() apikey.Capabilities { return s.w.sc.capabilities() }

// Abilities are the scenario's.
func (s *service) Abilities() client.Abilities {
	does := s.Capabilities().Roll
	can := client.Abilities{ServerTime: s.serverTime, Retrieve: client.Where(s.w.sc.Retrieve, s.retrieve), Identify: client.Where(s.w.sc.Identify, s.identify)}
	if does.NewID {
		can.Roll, can.KeepFormer = s.renew, client.Where(does.Keep, s.giveEndBack)
	} else if does.OK {
		can.Roll, can.EndOverlap, can.KeepFormer = s.roll, client.Where(does.End, s.endOverlap), client.Where(does.Keep, s.keepFormer)
	}
	return can
}

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

// serverTime is the service's clock.
func (s *service) serverTime() (server, local time.Time, ok bool) {
	return s.w.serverNow(), s.w.wallTime(), !s.w.sc.NoClock
}

// retrieve gives a secret again.
func (s *service) retrieve(_ context.Context, id string) (apikey.Secret, error) {
	secret, t := s.w.retrieve(id)
	return secret, failure("retrieve", t)
}

// identify says whose a secret is.
func (s *service) identify(_ context.Context, secret apikey.Secret) (*apikey.Key, error) {
	row, t := s.w.identify(secret)
	return row, failure("identify", t)
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

package desk

import (
	"context"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

func init() {
	kinds[Retrieve] = kind{
		op:    "read a secret again",
		reads: true,
		recordResult: func(_ *Desk, _ Order, out Outcome, err error, r *audit.Outcome) {
			if err == nil && out.Secret.IsZero() {
				r.Result, r.Reason = audit.Refused, "not given"
			}
		},
		call: byCall("this service gives no secret again", func(can client.Abilities) bool { return can.Retrieve != nil }, func(ctx context.Context, can client.Abilities, o Order) (out Outcome, err error) {
			out.Secret, err = can.Retrieve(ctx, o.Key.ID)
			return out, err
		}),
	}
}

// retrieve changes nothing, and whoever gets the secret has the key.
func (s *ordering) retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	out, err := s.d.handle(ctx, Order{What: Retrieve, Key: apikey.Key{ID: id}, Act: s.act})
	return out.Secret, err
}

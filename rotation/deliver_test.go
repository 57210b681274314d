package rotation

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// telling is a service that says which key a probed secret belongs to.
type telling struct {
	service
	id string
}

func (s telling) Probe(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	proof, err := s.service.Probe(ctx, secret)
	if k := s.find(s.id); k != nil && proof.Valid {
		proof.Key = &k.Key
	}
	return proof, err
}

func TestADeliveredSecretOfAnotherKeyProvesNothing(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(func(p *Params) { p.Service = telling{service{c}, "other-1"} })
	c.doUntil(r, Verify)
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), `belongs to another key, "ci-deploy" (other-1)`) || r.View().Step != Verify {
		t.Errorf("%v at %s", err, r.View().Step)
	}
}

// moody is a service that refuses some of its probes, as one may that has many hosts.
type moody struct {
	service
	refuse *[]bool
}

func (s moody) Probe(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	proof, err := s.service.Probe(ctx, secret)
	if len(*s.refuse) > 0 {
		proof.Valid, *s.refuse = proof.Valid && !(*s.refuse)[0], (*s.refuse)[1:]
	}
	return proof, err
}

// TestANewKeyIsAcceptedSeveralTimesInARow: a refusal in between begins the count anew.
func TestANewKeyIsAcceptedSeveralTimesInARow(t *testing.T) {
	c := shaped(t, vertesiaShape())
	refuse := []bool{false, false, true, false, false, true}
	r := c.start(func(p *Params) { p.Service = moody{service{c}, &refuse} })
	c.doUntil(r, Verify)
	c.mustDo(r)
	if id := r.View().New.ID; c.probed[id] != 9 || r.View().Step == Verify {
		t.Errorf("%d probes, at %s", c.probed[id], r.View().Step)
	}
}

// refused is a service that a new credential does not open.
type refused struct{ service }

func (refused) List(context.Context, func([]apikey.Key)) error {
	return refusal("list keys", client.Unauthorized, 401)
}

type badSwitch struct{ *switcher }

func (s badSwitch) Switch(ctx context.Context, job delivery.Job, secret apikey.Secret) (client.Service, error) {
	_, err := s.switcher.Switch(ctx, job, secret)
	return refused{service{s.city}}, err
}

// TestANewCredentialThatDoesNotWorkHoldsTheRotation: the old key is not retired on the word of a file.
func TestANewCredentialThatDoesNotWorkHoldsTheRotation(t *testing.T) {
	c, s := ownCity(t, true)
	r := c.start(func(p *Params) { p.Switcher = badSwitch{s} })
	c.doUntil(r, Verify)
	_, err := r.Do(context.Background())
	var step *StepError
	if !errors.As(err, &step) || !strings.Contains(err.Error(), "with the new credential") || r.View().Step != Verify || c.find("old-1").IsDisabled() {
		t.Errorf("%v at %s", err, r.View().Step)
	}
}

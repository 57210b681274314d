package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// deliver puts the new secret to every destination, reads it back, then runs
// what is to run after it. What was already done is not done again.
func (r *Rotation) deliver(ctx context.Context) (Result, error) {
	var notes, printed []string
	for i, d := range r.dests {
		rec := &r.j.Destinations[i]
		if rec.Put {
			continue
		}
		have, err := r.needSecret(ctx)
		if err != nil {
			return Result{}, err
		}
		if !have {
			return r.replaceLost(ctx)
		}
		report, err := r.put(ctx, d, rec)
		if err != nil {
			return Result{Output: strings.Join(printed, "\n")}, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		notes = append(notes, report.Notes...)
		if report.Output != "" {
			printed = append(printed, report.Output)
		}
	}
	after, err := r.runThen(ctx, func(*destinationRecord) bool { return true })
	output := strings.Join(append(printed, after...), "\n")
	if err != nil {
		return Result{Output: output}, err
	}
	var where []string
	for _, rec := range r.j.Destinations {
		where = append(where, rec.Describe)
	}
	said := "the new secret was delivered to " + strings.Join(where, " and ")
	if len(where) == 0 {
		said = "the new secret goes to detent's own credential alone"
	}
	res, err := r.move(Verify, said, notes...)
	res.Output = output
	return res, err
}

func (r *Rotation) put(ctx context.Context, d delivery.Destination, rec *destinationRecord) (report delivery.Report, err error) {
	rec.Begun = true
	err = r.change("put "+rec.Spec, func() (err error) {
		if report, err = d.Put(ctx, r.job(), r.secret); err != nil {
			return err
		}
		match, err := d.ReadBack(ctx, r.secret)
		switch {
		case err != nil:
			return fmt.Errorf("read back: %w", err)
		case match == delivery.Different:
			return errors.New("read back: it does not hold what was just put there: does something else write it?")
		case match == delivery.CannotTell:
			report.Notes = append(report.Notes, rec.Describe+": cannot be read back")
		}
		return nil
	}, func() { rec.Put = true })
	return report, err
}

// runThen runs the commands of those destinations that have not run since the last put or undo. Running one
// again is harmless: it restarts what reads the secret.
func (r *Rotation) runThen(ctx context.Context, of func(*destinationRecord) bool) (out []string, err error) {
	for i, d := range r.dests {
		rec := &r.j.Destinations[i]
		if rec.Then || !of(rec) {
			continue
		}
		err := r.change("then "+rec.Spec, func() error {
			text, err := d.Then(ctx)
			if text != "" {
				out = append(out, text)
			}
			return err
		}, func() { rec.Then = true })
		if err != nil {
			return out, fmt.Errorf("%s: the command after it: %w", rec.Describe, err)
		}
	}
	return out, nil
}

// held is what a destination holds now; absent where it cannot say.
func (r *Rotation) held(ctx context.Context, d delivery.Destination) apikey.Secret {
	h, ok := d.(delivery.Holder)
	if !ok {
		return apikey.Secret{}
	}
	secret, err := h.Held(ctx)
	if err != nil {
		return apikey.Secret{}
	}
	return secret
}

// probes is how many times in a row a new key must be accepted; patience is how
// many refusals are borne before, since a service may need a moment to know a new key.
const (
	probes   = 3
	patience = 10
	looks    = 5
	between  = time.Second
	maxAgain = 2 // deliveries anew, of a value that did not stay
)

// verify proves the new key with harmless requests, then looks whether its last use moves, and then
// switches detent's own credential, if that is what is rotated.
func (r *Rotation) verify(ctx context.Context) (Result, error) {
	have, err := r.needSecret(ctx)
	if err != nil {
		return Result{}, err
	}
	if !have && r.j.Proved == 0 {
		return r.replaceLost(ctx)
	}
	if have {
		if res, changed, err := r.stillDelivered(ctx); err != nil || changed {
			return res, err
		}
	}
	var notes []string
	how := ""
	if have && r.j.Proved < probes {
		did, err := r.prove(ctx)
		if err != nil {
			return Result{}, err
		}
		if did != "" {
			how = " (" + did + ")"
		}
	}
	if err := r.seeLastUse(ctx, &notes); err != nil {
		return Result{}, err
	}
	if res, lost, err := r.switchOwn(ctx, have); err != nil || lost {
		return res, err
	}
	to := Drain
	if r.j.Mode == Compromised {
		to = Delete
	}
	return r.move(to, fmt.Sprintf("the new key works: the service accepted it %d times%s", r.j.Proved, how), notes...)
}

// stillDelivered notices that a destination lost the new value since the delivery.
func (r *Rotation) stillDelivered(ctx context.Context) (Result, bool, error) {
	for i, d := range r.dests {
		match, err := d.ReadBack(ctx, r.secret)
		if err != nil {
			return Result{}, false, fmt.Errorf("%s: read back: %w", d.Describe(), err)
		}
		if match == delivery.Different && r.again >= maxAgain {
			return Result{}, false, fmt.Errorf("%s: something else writes it: the new value does not stay", d.Describe())
		}
		if match == delivery.Different {
			r.again++
			r.j.Destinations[i].Put, r.j.Destinations[i].Then = false, false
			res, err := r.move(Deliver, d.Describe()+" no longer holds the new value: it is delivered again next")
			return res, true, err
		}
	}
	return Result{}, false, nil
}

// prove asks the service, with the new key alone.
func (r *Rotation) prove(ctx context.Context) (did string, err error) {
	for refused, good := 0, 0; good < probes; {
		if refused+good > 0 {
			if err := r.w.Sleep(ctx, between); err != nil {
				return "", err
			}
		}
		r.w.Hook("before: probe")
		proof, err := r.svc.Probe(ctx, r.secret)
		r.w.Hook("after: probe")
		switch {
		case err != nil:
			return "", err
		case proof.Key != nil && proof.Key.ID != "" && proof.Key.ID != r.j.New.ID:
			return "", fmt.Errorf("the delivered secret belongs to another key, %q (%s)", proof.Key.Name, proof.Key.ID)
		case !proof.Valid:
			if refused++; refused >= patience {
				return "", fmt.Errorf("the service refuses the new key (%d times; %s)", refused, proof.Did)
			}
			good = 0
		default:
			good++
			did = proof.Did
		}
	}
	r.j.Proved = probes
	return did, r.save("proved")
}

// seeLastUse finds out whether the service's last use can be relied upon: our own
// requests must have moved the new key's. Where it does not move, the drain will not believe it.
func (r *Rotation) seeLastUse(ctx context.Context, notes *[]string) error {
	if !r.j.SeesUse || r.j.LastUseMoves {
		return nil
	}
	used, err := r.lookUntil(ctx, func() (bool, error) {
		s, err := r.look(ctx)
		if err == nil && s.new == nil {
			err = errNewMissing
		}
		if err != nil {
			return false, err
		}
		_, used := s.new.LastUsedAt.Time()
		return used, nil
	})
	if err != nil {
		return err
	}
	if used {
		r.j.LastUseMoves = true
		return r.save("last use seen")
	}
	*notes = append(*notes, "the service does not show that the new key was used: its last use is not relied upon")
	return nil
}

// switchOwn gives detent itself the new credential, and proves it by a list, before
// the old one is retired.
func (r *Rotation) switchOwn(ctx context.Context, have bool) (res Result, lost bool, err error) {
	if !r.j.Own || r.w.Switcher == nil || !r.w.Switcher.CanSwitch() {
		return Result{}, false, nil
	}
	s, err := r.look(ctx)
	if err == nil && s.new != nil && s.new.Own { // a start after the switch authenticates with the new key
		r.j.settled(opSwitch)
		return Result{}, false, nil
	}
	if !have {
		res, err := r.replaceLost(ctx)
		return res, true, err
	}
	r.j.Switched = true
	var next client.Service
	err = r.change(opSwitch, func() (err error) {
		next, err = r.w.Switcher.Switch(ctx, r.job(), r.secret)
		return err
	}, func() { r.svc = next })
	if err != nil {
		return Result{}, false, fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	if _, err := r.look(ctx); err != nil {
		return Result{}, false, fmt.Errorf("with the new credential: %w", err)
	}
	r.log("detent's own credential was switched: %s", r.w.Switcher.Describe())
	return Result{}, false, r.save("switched")
}

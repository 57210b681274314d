package rotation

import (
	"context"
	"fmt"

	"detent/client"
)

func (r *Rotation) askForSwitch() *Result {
	return ask(Question{Kind: AskSwitch, Text: fmt.Sprintf("detent still authenticates with the old key: put the new secret where it reads its credential (%s), and resume with a new start", r.credentialWords()),
		Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes})
}

func (r *Rotation) credentialWords() string {
	if r.w.Switcher == nil {
		return "its configuration"
	}
	return r.w.Switcher.Describe()
}

func (r *Rotation) preflightOwn(ctx context.Context) error {
	if !r.j.Own {
		return nil
	}
	if !r.w.Switcher.CanSwitch() {
		r.note("this is the key that detent itself uses: before the old one is touched, give detent the new one (%s) and resume", r.w.Switcher.Describe())
		return nil
	}
	if err := r.w.Switcher.Preflight(ctx, r.job(nil)); err != nil {
		return fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	r.note("this is the key that detent itself uses: %s is rewritten once the new key is proved", r.w.Switcher.Describe())
	return nil
}

// switchOwn gives detent itself the new credential, and proves it by a list, before
// the old one is retired.
func (r *Rotation) switchOwn(ctx context.Context, have bool) (*Result, error) {
	if !r.j.Own || r.w.Switcher == nil || !r.w.Switcher.CanSwitch() {
		return nil, nil
	}
	s, err := r.look(ctx)
	if err == nil && s.new != nil && s.new.Own { // a start after the switch authenticates with the new key
		r.j.settled(opSwitch)
		return nil, nil
	}
	if !have {
		res, err := r.replaceLost(ctx)
		return &res, err
	}
	r.j.Switched = true
	var next client.Service
	err = r.change(opSwitch, func() (err error) {
		next, err = r.w.Switcher.Switch(ctx, r.job(nil), r.secret)
		return err
	}, func() { r.svc = next })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	if _, err := r.look(ctx); err != nil {
		return nil, fmt.Errorf("with the new credential: %w", err)
	}
	r.log("detent's own credential was switched: %s", r.w.Switcher.Describe())
	return nil, r.save("switched")
}

// switchBack gives detent its old credential again and opens the service with it, even where nothing was
// switched: a destination that has its old value again may be the file that the credential is read from.
func (r *Rotation) switchBack(ctx context.Context) error {
	if r.w.Switcher == nil || !r.j.Switched && !(r.j.Own && r.w.Switcher.CanSwitch()) {
		return nil
	}
	var back client.Service
	err := r.change("switch own credential back", func() (err error) {
		back, err = r.w.Switcher.Undo(ctx, r.job(nil))
		return err
	}, func() { r.svc, r.j.Switched = back, false })
	if err != nil {
		return fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	return nil
}

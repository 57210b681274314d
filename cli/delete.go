package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
	"detent/host"
	"detent/table"
)

func (a *app) deleteCommand() *cobra.Command {
	var yes, bySecret bool
	cmd := &cobra.Command{
		Use: "delete KEY", Short: "Delete a key; asks first", Args: oneArg("KEY, an id or a name"),
		RunE: a.run(func(ctx context.Context, args []string) error { return a.delete(ctx, args[0], yes, bySecret) }),
	}
	cmd.Flags().BoolVar(&bySecret, "by-secret", false, "read the key's own secret on standard input, and have it delete its key, where the service has that")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) delete(ctx context.Context, text string, yes, bySecret bool) error {
	if err := a.confirmable("deleting needs a confirmation", yes); err != nil {
		return err
	}
	s, err := a.host.Open(ctx)
	if err != nil {
		return err
	}
	order := desk.Order{What: desk.Delete, Note: a.note}
	if err := a.may(ctx, s, order, text); err != nil {
		return err
	}
	k, err := s.FindToChange(ctx, text, a.host.OpenRotations(s.Profile.Name))
	if err != nil {
		return err
	}
	if k.Own {
		if err := a.warnOwnKey(); err != nil {
			return err
		}
		yes = false
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		a.say("whether a rotation of this key is open is not known: %v", err)
	}
	if rotating[k.ID] {
		a.say("a rotation of this key is open (detent rotations): detent rotate --resume or --abort deletes in the right order")
	}
	if order.Key = k; bySecret {
		if order.Secret, err = a.readSecret(ctx); err != nil {
			return err
		}
	}
	if !yes {
		if err := a.confirmDelete(ctx, s, k, rotating[k.ID]); err != nil {
			return err
		}
	}
	out, err := s.Desk.Do(ctx, order)
	if err != nil {
		return err
	}
	state := "deleted"
	if out.Deleted.AlreadyGone {
		state = "was already gone:"
	}
	_, err = fmt.Fprintf(a.out, "%s %s (%s)\n", state, k.Name, k.ID)
	return err
}

func (a *app) confirmDelete(ctx context.Context, s *host.Session, k apikey.Key, rotating bool) error {
	a.say("delete %s (%s) on %s; last used: %s. This cannot be undone.", k.Name, k.ID, s.Profile.Name, orUnknown(table.Moment(k.LastUsedAt)))
	if k.Own || rotating || s.Setting.Guard(k.Environment) == apikey.Live {
		return a.askName(ctx, k, "delete it", "deleted")
	}
	return a.confirm(ctx, false, "Delete it?", "not deleted")
}

// warnOwnKey says that a change takes from detent the key that it works with here. --yes is no yes to that: a name is typed, or the
// change is made with another key.
func (a *app) warnOwnKey() error {
	const own = "this is the key that detent itself uses here: without it, this profile stops working"
	if !a.interactive() {
		return host.Usagef("%s. A name must be typed for that, and there is no terminal to ask on: do it with a profile that uses another key, or rotate this one", own)
	}
	a.say(own)
	return nil
}

// askName has the name of a key typed, or its id where it has none.
func (a *app) askName(ctx context.Context, k apikey.Key, to, done string) error {
	want := cmp.Or(k.Name, k.ID)
	answer, err := a.ask(ctx, fmt.Sprintf("Type %s to %s: ", want, to))
	if err == nil && answer != want {
		err = fmt.Errorf("not %s: %q is not %q", done, answer, want)
	}
	return err
}

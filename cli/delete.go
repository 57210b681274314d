package cli

import (
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
	switch by := out.Deleted.Evidence; {
	case out.Deleted.Begun:
		state = "being deleted:"
		a.say("%s", by)
	case out.Deleted.AlreadyGone && by != "":
		state = "gone:"
		a.say("it is gone: %s", by)
	case out.Deleted.AlreadyGone:
		state = "was already gone:"
	case by != "":
		a.say("deleted, as far as is seen: %s", by)
	}
	_, err = fmt.Fprintf(a.out, "%s %s\n", state, k.CalledWithID())
	return err
}

func (a *app) confirmDelete(ctx context.Context, s *host.Session, k apikey.Key, rotating bool) error {
	a.say("delete %s on %s; last used: %s. This cannot be undone.", k.CalledWithID(), s.Profile.Name, orUnknown(table.Moment(k.LastUsedAt)))
	if k.Own || rotating || s.Setting.Guard(k.Environment) == apikey.Live {
		return a.askName(ctx, k, "delete it", "deleted")
	}
	return a.confirm(ctx, false, "Delete it?", "not deleted")
}

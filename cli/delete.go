package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/desk"
	"detent/host"
)

func (a *app) deleteCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete KEY", Short: "Delete a key; asks first", Args: oneArg("KEY, an id or a name"),
		RunE: a.run(func(ctx context.Context, args []string) error { return a.delete(ctx, args[0], yes) }),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) delete(ctx context.Context, text string, yes bool) error {
	if !yes && !a.interactive() {
		return host.Usagef("deleting needs a confirmation, and there is no terminal to ask on: use --yes")
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	switch {
	case !s.Caps.Delete.OK:
		return host.Usagef("%s: %s", s.Profile.Name, s.Caps.Delete.Why)
	case s.ReadOnly:
		return host.Usagef("%s is read-only: nothing is deleted", s.Profile.Name)
	}
	k, err := s.findToChange(ctx, text, a.host.OpenRotations(s.Profile.Name))
	if err != nil {
		return err
	}
	if k.Own {
		a.say("this is the key that detent itself uses here: without it, this profile stops working")
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		a.say("whether a rotation of this key is open is not known: %v", err)
	}
	if rotating[k.ID] {
		a.say("a rotation of this key is open (detent rotations): detent rotate --resume or --abort deletes in the right order")
	}
	if !yes {
		if err := a.confirmDelete(ctx, s, k, rotating[k.ID]); err != nil {
			return err
		}
	}
	out, err := s.Desk.Do(ctx, desk.Order{What: desk.Delete, Key: k, Note: a.note})
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

func (a *app) confirmDelete(ctx context.Context, s *session, k apikey.Key, rotating bool) error {
	used := moment(k.LastUsedAt)
	if used == "" {
		used = "unknown"
	}
	a.say("delete %s (%s) on %s; last used: %s. This cannot be undone.", k.Name, k.ID, s.Profile.Name, used)
	if k.Own || rotating || s.Setting.Guard(k.Environment) == apikey.Live {
		want := k.Name
		if want == "" {
			want = k.ID
		}
		answer, err := a.ask(ctx, fmt.Sprintf("Type %s to delete it: ", want))
		if err == nil && answer != want {
			err = fmt.Errorf("not deleted: %q is not %q", answer, want)
		}
		return err
	}
	sure, err := a.askYes(ctx, "Delete it? [y/N] ")
	if err == nil && !sure {
		err = fmt.Errorf("not deleted")
	}
	return err
}

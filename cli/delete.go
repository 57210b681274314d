package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/client"
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
		return usagef("deleting needs a confirmation, and there is no terminal to ask on: use --yes")
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	switch {
	case !s.caps.Delete.OK:
		return usagef("%s: %s", s.profile.Name, s.caps.Delete.Why)
	case s.readOnly:
		return usagef("%s is read-only: nothing is deleted", s.profile.Name)
	}
	k, err := s.findToChange(ctx, text, a.openRotations(s.profile.Name))
	if err != nil {
		return err
	}
	if k.Own {
		a.say("this is the key that detent itself uses here: without it, this profile stops working")
	}
	rotating, err := a.rotating(s.profile.Name)
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
	done, err := a.deleteForSure(ctx, s, k)
	if err != nil {
		return err
	}
	state := "deleted"
	if done.AlreadyGone {
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
	a.say("delete %s (%s) on %s; last used: %s. This cannot be undone.", k.Name, k.ID, s.profile.Name, used)
	if k.Own || rotating || s.setting.Guard(k.Environment) == apikey.Live {
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

// deleteForSure deletes; where the answer was lost, it looks, and deletes again if
// the key is still there.
func (a *app) deleteForSure(ctx context.Context, s *session, k apikey.Key) (apikey.Deleted, error) {
	writing, cancel := a.lasting(ctx)
	defer cancel()
	done, err := s.service.Delete(writing, k.ID)
	if err == nil || !client.MayHaveHappened(err) {
		return done, err
	}
	a.say("%v: looking", err)
	looking, cancel := a.lasting(ctx)
	defer cancel()
	keys, listErr := s.list(looking)
	if listErr != nil {
		return done, fmt.Errorf("%w; and the keys cannot be listed: %w", err, listErr)
	}
	for _, left := range keys {
		if left.ID == k.ID {
			again, cancel := a.lasting(ctx)
			defer cancel()
			return s.service.Delete(again, k.ID)
		}
	}
	return apikey.Deleted{Message: "gone from the list"}, nil
}

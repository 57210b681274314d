package cli

import (
	"context"
)

// openTUI opens the TUI on the default profile.
func (a *app) openTUI(_ context.Context, args []string) error {
	if !a.interactive() || !isTerminal(a.world.Out) {
		return usagef("the TUI needs a terminal; without one, use a command: detent list, detent --help")
	}
	return nil
}

package remote

import (
	"context"
	"errors"
	"fmt"

	"detent/sshd"
)

// The ends of sessions that the server brings about.
var (
	errRemoved = errors.New("your access was removed or changed in the server's configuration")
	errShut    = fmt.Errorf("the server's configuration cannot be read for %s; nobody is let in until that is mended", failClosed)
	errStopped = errors.New("the server was stopped; an open rotation is kept")
)

// idleError ends a session that nobody used.
type idleError struct{ text string }

func (e *idleError) Error() string { return e.text }

// howItEnded says it in few words, for the record. shell: the TUI, not a command.
func howItEnded(ctx context.Context, err error, code int, shell bool) string {
	var idle *idleError
	why := context.Cause(ctx)
	switch {
	case err == nil && shell:
		return "left"
	case err == nil:
	case errors.As(err, &idle):
		return "idle"
	case errors.Is(why, errRemoved):
		return "access removed or changed"
	case errors.Is(why, errShut):
		return "configuration cannot be read"
	case errors.Is(why, errStopped):
		return "server stopped"
	case errors.Is(why, sshd.ErrGone):
		return "connection closed or lost"
	}
	return fmt.Sprintf("exit code %d", code)
}

package remote

import (
	"context"
	"errors"
	"fmt"

	gossh "golang.org/x/crypto/ssh"

	"detent/config"
	"detent/desk"
	"detent/sshd"
)

// accessLog says and records who comes over SSH, who goes and how, and who is refused what.
type accessLog struct {
	log *desk.AccessLog
	say func(format string, args ...any)
}

func newAccessLog(l *desk.Ledger, say func(string, ...any)) (*accessLog, error) {
	log, err := l.AccessLog()
	if err != nil {
		return nil, err
	}
	if err := l.Writable(); err != nil {
		say("%v; operators can look and change nothing until that is mended", err)
	}
	return &accessLog{log, say}, nil
}

// kept tells what could not be recorded. Nobody is kept out by that: without a record an operator can only look.
func (d *accessLog) kept(err error) {
	if err != nil {
		d.say("not on record: %v", err)
	}
}

// login records that a session begins. The function that it gives records how it ended.
func (d *accessLog) login(o config.Operator, s *sshd.Session, what string) (leave func(how string)) {
	who := desk.Actor{Name: o.Name, From: s.From}
	detail := fmt.Sprintf("%s, %s, with %s", what, o.Role, gossh.FingerprintSHA256(s.Key))
	d.say("%s from %s: session begins: %s", o.Name, s.From, detail)
	d.kept(d.log.Login(who, detail))
	return func(how string) {
		d.say("%s from %s: session ends: %s, %s", o.Name, s.From, what, how)
		d.kept(d.log.Logout(who, what, how))
	}
}

// loginRefused records who did not get in.
func (d *accessLog) loginRefused(r sshd.Refusal) {
	who := r.From
	if r.Operator != "" {
		who = r.Operator + " from " + r.From
	}
	d.say("%s: %s %s", who, r.Why, r.Detail)
	d.kept(d.log.LoginRefused(desk.Actor{Name: r.Operator, From: r.From}, r.Address, r.Detail, r.Why, r.Why == sshd.NoSession))
}

// tick records what was counted, when its time is over.
func (d *accessLog) tick() { d.kept(d.log.Tick()) }

// close records what was counted so far.
func (d *accessLog) close() { d.kept(d.log.Close()) }

// refused records what an operator may not do.
func (d *accessLog) refused(e desk.Entry, why string) { d.kept(d.log.Refused(e, why)) }

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

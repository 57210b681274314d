package remote

import (
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

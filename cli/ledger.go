package cli

import (
	"os/user"
	"strings"

	"detent/audit"
	"detent/config"
	"detent/desk"
)

// ledger of this run; it makes nothing before the first record. The demo's log goes with the demo.
func (a *app) ledger() *desk.Ledger {
	a.auditing.Lock()
	defer a.auditing.Unlock()
	if a.trail != nil {
		return a.trail
	}
	t := &desk.Ledger{Actor: a.actor, Strict: a.actor != (desk.Actor{})}
	if !t.Strict {
		t.Actor = localActor(a.env)
	}
	if t.Log = a.remote.log(); t.Log == nil {
		var dir string
		if dir, t.Broken = a.journalDir(); t.Broken == nil {
			t.Log = audit.Open(dir, a.world.Now)
		}
	}
	a.trail = t
	a.onClose(func() { a.sayUnrecorded(t.Lost()) })
	return t
}

// localActor is the user of this machine; who came in by SSH acts from the address that the server saw.
func localActor(env config.Env) desk.Actor {
	who := desk.Actor{Name: env.Get("USER"), From: "local"}
	if u, err := user.Current(); err == nil {
		who.Name = u.Username
	}
	if from := strings.Fields(env.Get("SSH_CONNECTION")); len(from) >= 2 {
		who.From = from[0]
	}
	return who
}

// sayUnrecorded tells at the end of a run what the log lacks.
func (a *app) sayUnrecorded(lost []error) {
	switch n := len(lost); n {
	case 0:
	case 1:
		a.say("an action is not on record: %v", lost[0])
	default:
		a.say("%d actions are not on record; the last: %v", n, lost[n-1])
	}
}

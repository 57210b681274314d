package host

import (
	"os/user"
	"strings"

	"detent/audit"
	"detent/config"
	"detent/desk"
)

// Ledger records what is done; it makes nothing before the first record. The demo's log goes with the demo.
func (h *Host) Ledger() *desk.Ledger { return h.resources.ledger() }

func (h *Host) openLedger() *desk.Ledger {
	t := &desk.Ledger{}
	if g := h.o.Guest; g != nil {
		t.Actor, t.Strict, t.Log = desk.Actor{Name: g.Operator.Name, From: g.From}, true, g.Server.Ledger().Log
	} else {
		t.Actor = localActor(h.o.Env)
	}
	if t.Log == nil {
		var dir string
		if dir, t.Broken = h.StateDir(); t.Broken == nil {
			t.Log = audit.Open(dir, h.o.Now)
		}
	}
	h.OnClose(func() { h.sayUnrecorded(t.Lost()) })
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

// sayUnrecorded tells at the end what the log lacks.
func (h *Host) sayUnrecorded(lost []error) {
	switch n := len(lost); n {
	case 0:
	case 1:
		h.o.Say("an action is not on record: %v", lost[0])
	default:
		h.o.Say("%d actions are not on record; the last: %v", n, lost[n-1])
	}
}

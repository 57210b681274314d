package cli

import (
	"sync"

	"detent/config"
	"detent/host"
	"detent/sshd"
)

// guest is a session over SSH, and whose it is.
type guest struct {
	operator config.Operator
	session  *sshd.Session
	server   *host.Host // of the process that serves
	door     *doorkeeper
	people   *operators

	mu      sync.Mutex
	taken   *config.Config // the server's, as this session has last taken it up
	written *config.Config // the server's, as this session has last changed it
}

// host is the guest as a host knows it; nil for the user of this process.
func (r *guest) host() *host.Guest {
	if r == nil {
		return nil
	}
	return &host.Guest{Operator: r.operator, From: r.session.From, Server: r.server, Config: r.taken.For(r.operator), Changed: r.changedConfig, Whole: r.people.whole,
		Save: func(change func(path string) error) error { return r.people.save(r, change) }, Refused: r.refused}
}

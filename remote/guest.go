package remote

import (
	"sync"

	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/sshd"
)

// guest is a session over SSH, and whose it is.
type guest struct {
	operator  config.Operator
	session   *sshd.Session
	server    *host.Host // of the process that serves
	access    *accessLog
	operators *operators
	lineRate  int

	mu      sync.Mutex
	taken   *config.Config // the server's, as this session has last taken it up
	written *config.Config // the server's, as this session has last changed it
}

// host is the guest as a host knows it.
func (r *guest) host() *host.Guest {
	return &host.Guest{Operator: r.operator, From: r.session.From, Server: r.server, Config: r.taken.For(r.operator), Changed: r.changedConfig, FullConfig: r.operators.fullConfig,
		Save: func(change func(path string) error) error { return r.operators.save(r, change) }, Refused: r.refused}
}

// wrote reports whether a configuration is what this session made of the one before.
func (r *guest) wrote(cfg *config.Config) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written == cfg
}

// changedConfig is the configuration as the operator sees it, where it is another than the session has; else nil.
func (r *guest) changedConfig() *config.Config {
	o, cfg, ok := r.operators.find(r.session.Key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok || cfg == r.taken || !o.Extends(r.operator) { // a session whose rights are others is about to end
		return nil
	}
	r.taken = cfg
	return cfg.For(o)
}

func (r *guest) refused(e desk.Entry, why string) {
	e.Actor = desk.Actor{Name: r.operator.Name, From: r.session.From}
	e.Detail = "as " + string(r.operator.Role)
	r.access.refused(e, why)
}

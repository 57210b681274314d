package remote

import (
	"slices"
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
		Save: r.save, Refused: r.refused}
}

// save changes the file, for one session at a time, and takes it up.
func (r *guest) save(change func(path string) error) error {
	p := r.operators
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := change(p.cfg.Path); err != nil {
		return err
	}
	p.refresh()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = p.cfg
	return nil
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

// reread ends the sessions of those whose rights are others now, and tells those who see a profile that was changed.
func (p *operators) reread(server *sshd.Server) {
	p.mu.Lock()
	p.refresh()
	cfg, why := p.cfg, errRemoved
	if p.closed {
		why = errShut
	}
	p.mu.Unlock()
	server.End(why, func(s *sshd.Session) bool {
		g, begun := s.Rights().(*guest)
		o, ok := cfg.OperatorOf(s.Key)
		return begun && (!ok || !o.Extends(g.operator))
	})
	if p.announced != cfg {
		changed := cfg.Changed(p.announced)
		server.Broadcast("profiles were changed in the configuration: p and enter open them as they are now", func(s *sshd.Session) bool {
			g, begun := s.Rights().(*guest)
			return begun && !g.wrote(cfg) && slices.ContainsFunc(changed, g.operator.Sees)
		})
	}
	p.announced = cfg
}

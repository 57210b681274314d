package remote

import (
	"reflect"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"detent/config"
)

const (
	// RereadEvery is how soon a change of the configuration reaches who is logged in.
	RereadEvery = config.RetryEvery
	// failClosed is how long what was read before holds on while the configuration cannot be read: an editor may be writing
	// it. After that nobody is let in, since somebody may have been removed.
	failClosed = 5 * time.Second
)

// operators are those that the configuration names, as it is now.
type operators struct {
	now func() time.Time
	say func(format string, args ...any)

	mu        sync.Mutex
	file      *config.Followed
	cfg       *config.Config // without operators while shut
	readErr   error          // why it could not be read
	since     time.Time      // since when it cannot
	closed    bool
	announced *config.Config // what the sessions were told of last; for reread alone
}

// newOperators looks at the file again at once: it may have changed since it was read.
func newOperators(cfg *config.Config, now func() time.Time, say func(string, ...any)) *operators {
	return &operators{now: now, say: say, file: config.Follow(cfg.Path, true), cfg: cfg, announced: cfg}
}

// refresh takes up a file that has changed, and tries one that cannot be read again.
func (p *operators) refresh() {
	now := p.now()
	if cfg, err, read := p.file.Look(now); read {
		p.take(cfg, err, now)
	}
	if p.readErr != nil && !p.closed && now.Sub(p.since) >= failClosed {
		p.closed = true
		closed := *p.cfg
		closed.Operators = nil
		p.cfg = &closed
		p.say("the configuration cannot be read for %s: sessions end, and nobody is let in until that is mended", failClosed)
	}
}

// take takes up what was read.
func (p *operators) take(cfg *config.Config, err error, now time.Time) {
	if err != nil {
		if p.readErr == nil {
			p.since = now
		}
		if p.readErr == nil || p.readErr.Error() != err.Error() {
			p.say("%v; what was read before holds on for %s", err, failClosed)
		}
		p.readErr = err
		return
	}
	was := p.readErr
	p.readErr, p.closed = nil, false
	if reflect.DeepEqual(cfg, p.cfg) && was == nil {
		return // touched, or looked at once more
	}
	p.cfg = cfg
	p.say("the configuration was read again")
}

func (p *operators) nameOf(key gossh.PublicKey) (string, bool) {
	o, _, ok := p.find(key)
	return o.Name, ok
}

func (p *operators) find(key gossh.PublicKey) (config.Operator, *config.Config, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refresh()
	if key == nil {
		return config.Operator{}, p.cfg, false
	}
	o, ok := p.cfg.OperatorOf(key)
	return o, p.cfg, ok
}

// isAdmin reports whose key the last sessions are kept for.
func (p *operators) isAdmin(key gossh.PublicKey) bool {
	o, _, ok := p.find(key)
	return ok && o.Role == config.Admin
}

// fullConfig is the configuration as it is now.
func (p *operators) fullConfig() *config.Config {
	_, cfg, _ := p.find(nil)
	return cfg
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/desk"
)

// config loads the configuration once; a session over SSH has what the server has. Its errors are of usage.
func (a *app) config() (*config.Config, error) {
	a.configuring.Lock()
	defer a.configuring.Unlock()
	if cfg := a.remote.changedConfig(); cfg != nil {
		a.cfg = cfg
	}
	if a.cfg != nil {
		return a.cfg, nil
	}
	cfg, err := a.loadConfig()
	if err == nil {
		a.cfg = cfg
	}
	return cfg, err
}

// reloadConfig takes up a file that has changed.
func (a *app) reloadConfig() error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	a.configuring.Lock()
	defer a.configuring.Unlock()
	a.cfg = cfg
	return nil
}

func (a *app) loadConfig() (*config.Config, error) {
	if a.flags.demo {
		return config.WithoutFile(""), nil
	}
	path, explicit, err := a.env.Path(a.flags.config)
	if err != nil {
		return nil, usage(err)
	}
	cfg, err := config.Load(path, explicit)
	return cfg, usage(err)
}

// selected is the profile to start with. The demo knows its own profiles alone, so
// that the environment does not choose one that is not there.
func (a *app) selected() (config.Profile, error) {
	cfg, err := a.config()
	if err != nil {
		return config.Profile{}, err
	}
	env := a.env
	if a.flags.demo {
		env = config.NewEnv(nil)
	}
	p, err := cfg.Select(a.flags.profile, env)
	return p, usage(err)
}

// readOnly is the profile's mode: the flag beats DETENT_READ_ONLY beats the file.
func (a *app) readOnly(p config.Profile) (bool, error) {
	if a.flags.changed("read-only") {
		return a.flags.readOnly, nil
	}
	value, set, err := a.env.ReadOnly()
	if err != nil || set {
		return value, usage(err)
	}
	return p.ReadOnly, nil
}

// session is a profile in use.
type session struct {
	profile  config.Profile
	setting  apikey.Setting
	desk     *desk.Desk
	service  client.Service // its writes are orders
	caps     apikey.Capabilities
	readOnly bool
	token    apikey.Secret // what it authenticates with
}

// open opens the profile selected by flags, environment and file.
func (a *app) open(ctx context.Context) (*session, error) {
	p, err := a.selected()
	if err != nil {
		return nil, err
	}
	return a.openProfile(ctx, p)
}

// openFor is open for a command that prints what -o says.
func (a *app) openFor(ctx context.Context, format string) (s *session, asJSON bool, err error) {
	if asJSON, err = wantsJSON(format); err != nil {
		return nil, false, err
	}
	s, err = a.open(ctx)
	return s, asJSON, err
}

func (a *app) openProfile(ctx context.Context, p config.Profile) (*session, error) {
	readOnly, err := a.readOnly(p)
	if err != nil {
		return nil, err
	}
	opts := client.Options{
		Service: p.Service, URL: p.URL, Environment: p.Environment, Exchange: p.Exchange, TokenURL: p.TokenURL,
		CanCreate: p.CanCreate, ReadOnly: readOnly, Timeout: a.flags.timeout, UserAgent: userAgent(), Now: a.world.Now, Sleep: a.world.Sleep,
	}
	if opts.Debug, err = a.debugLog(); err != nil {
		return nil, err
	}
	if p.Embedded {
		local, err := a.embeddedService(ctx)
		if err == nil {
			err = a.fillDemo(ctx, local, p.Service)
		}
		if err != nil {
			return nil, fmt.Errorf("the embedded service: %w", err)
		}
		opts.URL, opts.Token, opts.ShownOnce = local.url, local.token(p.Service), true
	} else {
		reader, err := a.tokens()
		if err != nil {
			return nil, err
		}
		if opts.RootCAs, err = reader.Authorities(p); err != nil {
			return nil, usage(err)
		}
		if opts.Token, err = reader.Read(ctx, p); err != nil {
			if errors.Is(err, context.Canceled) { // ctrl+c at the command's question
				return nil, errInterrupted
			}
			return nil, usage(err)
		}
	}
	if a.remote.views() {
		opts.ReadOnly, readOnly = true, true
	}
	service, err := client.Open(opts)
	if err != nil {
		return nil, usage(fmt.Errorf("profile %s: %w", p.Name, err))
	}
	d := desk.Open(service, a.deskOptions(p, readOnly))
	setting := p.Setting(a.flags.demo)
	setting.Token = service.Capabilities().Credential
	return &session{profile: p, setting: setting, desk: d, service: d.Service(), caps: service.Capabilities(), readOnly: readOnly, token: opts.Token}, nil
}

// tokens reads credentials for the profiles of this run.
func (a *app) tokens() (config.TokenReader, error) {
	cfg, err := a.config()
	if err != nil {
		return config.TokenReader{}, err
	}
	start, err := a.selected()
	if err != nil {
		return config.TokenReader{}, err
	}
	return config.TokenReader{Env: a.env, Config: cfg, Start: start.Name, Stderr: a.tokenStderr(), Alone: a.remote != nil}, nil
}

// debugLog opens --debug's file once; nil without the flag.
func (a *app) debugLog() (io.Writer, error) {
	if a.flags.debug == "" {
		return nil, nil
	}
	if a.debug == nil {
		path, err := a.env.Expand(a.flags.debug)
		if err != nil {
			return nil, usage(err)
		}
		f, err := config.OpenDebug(path)
		if err != nil {
			return nil, usage(fmt.Errorf("--debug: %w", err))
		}
		a.debug = f
		a.onClose(func() { _ = f.Close() })
	}
	return a.debug, nil
}

// list collects all keys of the profile.
func (s *session) list(ctx context.Context) ([]apikey.Key, error) {
	return client.ListAll(ctx, s.service)
}

// environmentOf is where a key works: what the service says, else what the profile says.
func (s *session) environmentOf(k apikey.Key) apikey.Environment { return s.setting.Of(k.Environment) }

// deskOptions are those of a profile's desk.
func (a *app) deskOptions(p config.Profile, readOnly bool) desk.Options {
	o := desk.Options{Profile: p.Name, Issuer: p.Service, Ledger: a.ledger(), ReadOnly: readOnly, Timeout: a.flags.timeout, Now: a.world.Now}
	if a.remote != nil {
		o.Role, o.Refused = a.remote.operator.Role, a.remote.refused
	}
	return o
}

package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/desk"
	"detent/keyserver"
)

// Session is a profile in use.
type Session struct {
	Profile  config.Profile
	Setting  apikey.Setting
	Desk     *desk.Desk
	Service  client.Service // its writes are orders
	Caps     apikey.Capabilities
	ReadOnly bool
	token    apikey.Secret // what it authenticates with
	now      func() time.Time
	remember func(client.Catalogue) // what the service said of its permissions, for the next session
}

// Open opens the profile selected by flags, environment and file.
func (h *Host) Open(ctx context.Context) (*Session, error) {
	p, err := h.Selected()
	if err != nil {
		return nil, err
	}
	return h.OpenProfile(ctx, p)
}

// OpenProfile makes a profile ready for use.
func (h *Host) OpenProfile(ctx context.Context, p config.Profile) (*Session, error) {
	cfg, err := h.Config()
	if err != nil {
		return nil, err
	}
	if err := cfg.Unusable(p.Name); err != nil {
		return nil, Usage(err)
	}
	readOnly, err := h.ReadOnly(p)
	if err != nil {
		return nil, err
	}
	return h.openWith(ctx, p, cfg.IssuerFolder(), readOnly, nil)
}

// openWith makes a profile ready for use, of an issuer that is built in or in a folder; trial is nil where nothing is tried.
func (h *Host) openWith(ctx context.Context, p config.Profile, folder string, readOnly bool, trial *client.Trial) (_ *Session, err error) {
	opts, err := h.optionsOf(ctx, p, folder, apikey.Secret{})
	if err != nil {
		return nil, err
	}
	opts.ReadOnly, opts.Trial = readOnly, trial
	if h.o.Guest.Views() {
		opts.ReadOnly, readOnly = true, true
	}
	opts.Catalogue = h.catalogue(p)
	service, err := client.Open(opts)
	if err != nil {
		return nil, Usage(fmt.Errorf("profile %s: %w", p.Name, err))
	}
	d := desk.Open(service, h.deskOptions(p, readOnly))
	setting := p.Setting(h.o.Demo)
	setting.Token = service.Capabilities().Credential
	return &Session{Profile: p, Setting: setting, Desk: d, Service: d.Service(), Caps: service.Capabilities(), ReadOnly: readOnly, token: opts.Token,
		now: h.o.Now, remember: func(told client.Catalogue) { h.rememberCatalogue(p, told) }}, nil
}

// optionsOf are those of the client of a profile, with the token that it authenticates with: one that was typed, absent for the profile's own.
func (h *Host) optionsOf(ctx context.Context, p config.Profile, folder string, typed apikey.Secret) (opts client.Options, err error) {
	opts = client.Options{
		Service: p.Service, IssuerFolder: folder, Parents: p.Parents, URL: p.URL, Environment: p.Environment, Exchange: p.Exchange, TokenURL: p.TokenURL, SecretPrefix: p.SecretPrefix,
		CanCreate: p.CanCreate, Timeout: h.o.Timeout, UserAgent: h.o.UserAgent, Now: h.o.Now, Sleep: h.o.Sleep,
	}
	if opts.Debug, err = h.resources.debug(); err != nil {
		return opts, err
	}
	if p.Embedded {
		local, err := h.embeddedService(ctx)
		if err == nil {
			err = h.fillDemo(ctx, local, p)
		}
		if err != nil {
			return opts, fmt.Errorf("the embedded service: %w", err)
		}
		opts.URL, opts.Token, opts.ShownOnce, opts.Whole = local.url, local.token(p.Service), true, keyserver.SecretForm(p.Service)
		return opts, nil
	}
	reader, err := h.tokens()
	if err != nil {
		return opts, err
	}
	if opts.RootCAs, err = reader.Authorities(p); err != nil {
		return opts, Usage(err)
	}
	if opts.Token = typed; !typed.IsZero() {
		return opts, nil
	}
	opts.Token, err = reader.Read(ctx, p)
	if errors.Is(err, context.Canceled) { // ctrl+c at the command's question
		return opts, ErrInterrupted
	}
	return opts, Usage(err)
}

// List collects all keys of the profile.
func (s *Session) List(ctx context.Context) ([]apikey.Key, error) {
	return client.ListAll(ctx, s.Service)
}

// EnvironmentOf is where a key works: what the service says, else what the profile says.
func (s *Session) EnvironmentOf(k apikey.Key) apikey.Environment { return s.Setting.Of(k.Environment) }

// Examine is what is to be said about the keys, by the profile's policy. rotating are those that open rotations concern.
func (s *Session) Examine(keys []apikey.Key, rotating map[string]bool, now time.Time) []apikey.Finding {
	return apikey.Examine(keys, s.Caps, s.Profile.Policy(), rotating, now)
}

// Warnings are the findings that deserve attention, by key id.
func Warnings(found []apikey.Finding) map[string][]string {
	out := map[string][]string{}
	for _, f := range found {
		if f.Kind.IsWarning() && f.KeyID != "" {
			out[f.KeyID] = append(out[f.KeyID], string(f.Kind))
		}
	}
	return out
}

// maxSkew is how far the service's clock may be from ours before it is said.
const maxSkew = time.Minute

// serviceNow is the service's own time, as far as an answer has told it.
func (s *Session) serviceNow() time.Time {
	now := s.now()
	if server, local, told := client.ServerTime(s.Service); told {
		now = now.Add(server.Sub(local))
	}
	return now
}

// ClockSkew is a note where the service's clock is far from ours: expiries look wrong then.
func (s *Session) ClockSkew() (apikey.Finding, bool) {
	server, local, ok := client.ServerTime(s.Service)
	skew := server.Sub(local)
	if !ok || skew.Abs() <= maxSkew {
		return apikey.Finding{}, false
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	return apikey.Finding{Kind: apikey.FindingClockSkew,
		Detail: fmt.Sprintf("the service's clock is %s %s this machine's", skew.Abs().Round(time.Second), side)}, true
}

package host

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"detent/config"
	"detent/desk"
	"detent/tui/ui"
)

// SaveProfile adds a profile to the configuration file, or changes the one that was before. A token that was typed is in its
// own file before the profile names it; the file of before goes when nothing names it any more.
func (h *Host) SaveProfile(ctx context.Context, before *ui.ProfileDraft, n ui.ProfileDraft) error {
	if clean, err := config.CheckURL(n.URL); err != nil { // what is no address may hold a password: it is nowhere written
		return &ui.FieldError{Field: "url", Err: err}
	} else {
		n.URL = clean
	}
	old, err := h.lookup(n.Name)
	if before != nil && (err != nil || !reflect.DeepEqual(h.draftOf(old), *before)) {
		return config.ErrChanged
	}
	o := desk.Order{What: desk.EditProfile, Setup: desk.Setup{Was: old, Is: profileOf(n, old), Token: n.NewToken}}
	if before == nil {
		o.What, o.Setup.Was = desk.AddProfile, config.Profile{}
	}
	return fieldError(h.setUp(ctx, config.Profile{Name: n.Name, Service: n.Service}, o))
}

// draftOf is what the form shows of a profile.
func (h *Host) draftOf(p config.Profile) ui.ProfileDraft {
	issuer := h.issuerOf(p.Service)
	d := ui.ProfileDraft{
		Name: p.Name, Service: p.Service, URL: p.URL, TokenEnv: p.Token.Env, TokenFile: p.Token.File, TokenCommand: p.Token.Command,
		Environment: p.Environment, ReadOnly: p.ReadOnly, CanCreate: p.CanCreate && issuer.Takes("create"), Parents: p.Parents,
	}
	if issuer.Takes("auth") {
		d.Auth = "direct"
		if p.Exchange {
			d.Auth, d.TokenURL = "exchange", p.TokenURL
		}
	}
	if issuer.Takes("secret_prefix") {
		d.SecretPrefix = p.SecretPrefix
	}
	return d
}

// profileOf is what a form says; what it does not ask for stays as it was.
func profileOf(n ui.ProfileDraft, was config.Profile) config.Profile {
	p := config.Profile{
		Name: n.Name, Service: n.Service, URL: n.URL, Environment: n.Environment, ReadOnly: n.ReadOnly,
		Token:    config.Token{Env: n.TokenEnv, File: n.TokenFile, Command: n.TokenCommand},
		Exchange: n.Auth == "exchange", CanCreate: n.CanCreate, Parents: n.Parents, MaxAge: was.MaxAge, CA: was.CA,
		SecretPrefix: n.SecretPrefix,
	}
	if p.Exchange {
		p.TokenURL = n.TokenURL
	}
	return p
}

// fieldError names the form's field for an error of the file: profiles.NAME.url is url.
func fieldError(err error) error {
	if beyond := (*desk.FieldError)(nil); errors.As(err, &beyond) {
		return &ui.FieldError{Field: beyond.Field, Err: errors.New(beyond.Why)}
	}
	var wrong *config.Error
	if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Field, "profiles.") {
		return err
	}
	field := "name"
	for _, known := range []string{"service", "url", "token", "environment", "auth", "create", "token_url", "secret_prefix", "parents"} {
		if strings.HasSuffix(wrong.Field, "."+known) || strings.Contains(wrong.Field, "."+known+".") {
			field = known
		}
	}
	return &ui.FieldError{Field: field, Err: errors.New(wrong.Text)}
}

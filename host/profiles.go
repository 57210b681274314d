package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"strings"

	"detent/audit"
	"detent/config"
	"detent/desk"
	"detent/tui/ui"
)

// SaveProfile adds a profile to the configuration file, or changes the one that was before. A token that was typed is in its
// own file before the profile names it; the file of before goes when nothing names it any more.
func (h *Screens) SaveProfile(_ context.Context, before *ui.ProfileDraft, n ui.ProfileDraft) error {
	if h.host.o.Demo {
		return errors.New("the demo reads and writes no configuration")
	}
	if clean, err := config.CheckURL(n.URL); err != nil { // what is no address may hold a password: it is nowhere written
		return &ui.FieldError{Field: "url", Err: err}
	} else {
		n.URL = clean
	}
	act := desk.Entry{Profile: n.Name, Service: n.Service, Action: "profile-add", Detail: n.URL}
	if before != nil {
		act.Action = "profile-edit"
		act.Detail, act.Before, act.After = profileChanges(*before, n)
	}
	if err := h.host.o.Guest.maySave(act, before, n); err != nil {
		return err
	}
	old, there := h.fromFile(n.Name)
	switch {
	case before == nil && there:
		return &ui.FieldError{Field: "name", Err: fmt.Errorf("there is already a profile %q", n.Name)}
	case before != nil && (!there || !reflect.DeepEqual(h.draftOf(old), *before)):
		return config.ErrChanged
	}
	p := profileOf(n, old)
	if !n.NewToken.IsZero() {
		var err error
		if p.Token, err = h.host.o.Env.KeepToken(n.Name, n.NewToken); err != nil {
			return fmt.Errorf("the token could not be kept: %w", err)
		}
		act.Detail = strings.TrimPrefix(act.Detail+"; ", "; ") + "the token that was typed is in the " + p.Token.String()
	}
	err := h.host.Ledger().Record(act, func() error {
		return h.host.saveConfig(func(path, operator string) error {
			if before != nil {
				return config.Change(path, old, p)
			}
			return config.Append(path, p, operator)
		})
	})
	switch {
	case err == nil:
		h.host.forgetToken(old.Token)
	case !n.NewToken.IsZero():
		h.host.forgetToken(p.Token)
	}
	return fieldError(err)
}

// forgetToken removes the file of a token that was typed once, when no profile names it.
func (h *Host) forgetToken(t config.Token) {
	cfg, err := h.Config()
	if g := h.o.Guest; g != nil {
		cfg = g.FullConfig() // those of others too
	}
	if err != nil || cfg.NamesToken(t) {
		return
	}
	if err := h.o.Env.ForgetToken(t); err != nil {
		h.OnClose(func() { h.o.Say("the file of a token that no profile names any more is still there: %v", err) })
	}
}

// fromFile is a profile as it is now.
func (h *Screens) fromFile(name string) (config.Profile, bool) {
	cfg, err := h.host.Config()
	if err != nil {
		return config.Profile{}, false
	}
	return cfg.Lookup(name)
}

// draftOf is what the form shows of a profile.
func (h *Screens) draftOf(p config.Profile) ui.ProfileDraft {
	issuer := h.issuerOf(p.Service)
	d := ui.ProfileDraft{
		Name: p.Name, Service: p.Service, URL: p.URL, TokenEnv: p.Token.Env, TokenFile: p.Token.File, TokenCommand: p.Token.Command,
		Environment: p.Environment, ReadOnly: p.ReadOnly, CanCreate: p.CanCreate && issuer.Takes("create"), Parents: p.Parents,
	}
	if issuer.Takes("auth") {
		d.Auth = "direct"
		if p.Exchange {
			d.Auth = "exchange"
		}
	}
	return d
}

// profileOf is what a form says; what it does not ask for stays as it was.
func profileOf(n ui.ProfileDraft, was config.Profile) config.Profile {
	p := config.Profile{
		Name: n.Name, Service: n.Service, URL: n.URL, Environment: n.Environment, ReadOnly: n.ReadOnly,
		Token:    config.Token{Env: n.TokenEnv, File: n.TokenFile, Command: n.TokenCommand},
		Exchange: n.Auth == "exchange", CanCreate: n.CanCreate, Parents: n.Parents, MaxAge: was.MaxAge, CA: was.CA,
	}
	if n.Service == was.Service {
		p.TokenURL, p.SecretPrefix = was.TokenURL, was.SecretPrefix
	}
	return p
}

// profileChanges are what a change changes, for the record: the fields in words, and what is replaced by what. Of a token it has the
// place.
func profileChanges(a, b ui.ProfileDraft) (fields string, before, after audit.Fields) {
	var names []string
	before, after = audit.Fields{}, audit.Fields{}
	note := func(field string, same bool, was, is any) {
		if same {
			return
		}
		names = append(names, field)
		old, oldErr := json.Marshal(was)
		now, nowErr := json.Marshal(is)
		if errors.Join(oldErr, nowErr) == nil {
			before[field], after[field] = old, now
		}
	}
	note("service", a.Service == b.Service, a.Service, b.Service)
	note("url", a.URL == b.URL, a.URL, b.URL)
	note("token", b.NewToken.IsZero() && sameTokenPlace(a, b), tokenPlace(a), tokenPlace(b))
	note("environment", a.Environment == b.Environment, a.Environment, b.Environment)
	note("read_only", a.ReadOnly == b.ReadOnly, a.ReadOnly, b.ReadOnly)
	note("parents", maps.Equal(a.Parents, b.Parents), a.Parents, b.Parents)
	note("auth", a.Auth == b.Auth, a.Auth, b.Auth)
	note("create", a.CanCreate == b.CanCreate, a.CanCreate, b.CanCreate)
	return strings.Join(names, ", "), before, after
}

// tokenPlace is where a token comes from. Of a command it is the program alone: its words may hold anything.
func tokenPlace(d ui.ProfileDraft) string {
	switch {
	case !d.NewToken.IsZero():
		return "typed"
	case len(d.TokenCommand) > 0:
		return "command " + filepath.Base(d.TokenCommand[0])
	case d.TokenFile != "":
		return "file " + d.TokenFile
	}
	return "env " + d.TokenEnv
}

func sameTokenPlace(a, b ui.ProfileDraft) bool {
	return a.TokenEnv == b.TokenEnv && a.TokenFile == b.TokenFile && reflect.DeepEqual(a.TokenCommand, b.TokenCommand)
}

// maySave refuses what is not for whoever is at another machine: profiles are admins', a place of a token is named on this
// machine alone, and a token that is here goes to no other address than before, whoever asks.
func (g *Guest) maySave(act desk.Entry, before *ui.ProfileDraft, n ui.ProfileDraft) error {
	if g == nil {
		return nil
	}
	if g.Operator.Role != config.Admin {
		g.Refused(act, desk.BeyondRole)
		return errors.New(ProfilesAreAdmins)
	}
	named := n.TokenEnv != "" || n.TokenFile != "" || len(n.TokenCommand) > 0
	stays := before != nil && named && n.NewToken.IsZero() && sameTokenPlace(*before, n)
	switch {
	case stays && ui.MovesToken(*before, n):
		g.Refused(act, "moves a token of the server's")
		return &ui.FieldError{Field: "token", Err: errors.New("the server's token goes to no other service or address: type the token for the new one")}
	case !stays && (named || n.NewToken.IsZero()):
		g.Refused(act, "names a place on the server")
		return &ui.FieldError{Field: "token", Err: errors.New("over SSH a token is typed: its place on the server is named in the configuration file alone")}
	}
	return nil
}

// fieldError names the form's field for an error of the file: profiles.NAME.url is url.
func fieldError(err error) error {
	var wrong *config.Error
	if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Field, "profiles.") {
		return err
	}
	field := "name"
	for _, known := range []string{"service", "url", "token", "environment", "auth", "create", "token_url", "parents"} {
		if strings.HasSuffix(wrong.Field, "."+known) || strings.Contains(wrong.Field, "."+known+".") {
			field = known
		}
	}
	if field == "token_url" { // the form has no such field: it is about how the token is exchanged
		field = "auth"
	}
	return &ui.FieldError{Field: field, Err: errors.New(wrong.Problem)}
}

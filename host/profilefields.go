package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/tui/ui"
)

// TokenReader reads a token that is typed.
type TokenReader func(ctx context.Context) (apikey.Secret, error)

// AddProfile adds a profile of fields that are written as FIELD=VALUE.
func (h *Host) AddProfile(ctx context.Context, name string, fields []string, read TokenReader) error {
	n := ui.ProfileDraft{Name: name}
	return h.saveFields(ctx, nil, n, fields, read)
}

// ChangeProfile changes fields of a profile, as AddProfile has them.
func (h *Host) ChangeProfile(ctx context.Context, name string, fields []string, read TokenReader) error {
	p, err := h.lookup(name)
	switch {
	case err != nil:
		return Usagef("there is no profile %q: nothing was changed", name)
	case p.Embedded:
		return Usagef("%s is built in: nothing of it is in the file", name)
	}
	was := h.draftOf(p)
	return h.saveFields(ctx, &was, was, fields, read)
}

func (h *Host) saveFields(ctx context.Context, was *ui.ProfileDraft, n ui.ProfileDraft, fields []string, read TokenReader) error {
	n.Parents = maps.Clone(n.Parents)
	for _, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			return Usagef("%s: a field is written FIELD=VALUE", Plain(f))
		}
		if err := setDraft(ctx, &n, name, value, read); err != nil {
			return err
		}
	}
	if auth := h.issuerOf(n.Service); auth.Takes("auth") && n.Auth == "" {
		n.Auth = "direct"
	}
	err := h.SaveProfile(ctx, was, n)
	if field := (*ui.FieldError)(nil); errors.As(err, &field) {
		return Usage(err)
	}
	return err
}

// profileField sets one field of a draft; an error is what the value must be.
var profileField = map[string]func(n *ui.ProfileDraft, value string) error{
	"service":       func(n *ui.ProfileDraft, v string) error { n.Service = v; return nil },
	"url":           func(n *ui.ProfileDraft, v string) error { n.URL = v; return nil },
	"token.env":     func(n *ui.ProfileDraft, v string) error { namePlace(n); n.TokenEnv = v; return nil },
	"token.file":    func(n *ui.ProfileDraft, v string) error { namePlace(n); n.TokenFile = v; return nil },
	"environment":   func(n *ui.ProfileDraft, v string) error { n.Environment = apikey.Environment(v); return nil },
	"auth":          func(n *ui.ProfileDraft, v string) error { n.Auth = v; return nil },
	"token_url":     func(n *ui.ProfileDraft, v string) error { n.TokenURL = v; return nil },
	"secret_prefix": func(n *ui.ProfileDraft, v string) error { n.SecretPrefix = v; return nil },
	"read_only":     func(n *ui.ProfileDraft, v string) (err error) { n.ReadOnly, err = yes(v); return err },
	"create":        func(n *ui.ProfileDraft, v string) (err error) { n.CanCreate, err = yes(v); return err },
	"token.command": func(n *ui.ProfileDraft, v string) (err error) {
		namePlace(n)
		n.TokenCommand, err = shellquote.Split(v)
		return err
	},
}

// namePlace makes way for another place of the token: it has one.
func namePlace(n *ui.ProfileDraft) {
	n.TokenEnv, n.TokenFile, n.TokenCommand, n.NewToken = "", "", nil, apikey.Secret{}
}

func yes(value string) (bool, error) {
	if value != "true" && value != "false" {
		return false, fmt.Errorf("must be true or false, not %s", strconv.Quote(value))
	}
	return value == "true", nil
}

func setDraft(ctx context.Context, n *ui.ProfileDraft, name, value string, read TokenReader) error {
	set, known := profileField[name]
	parent, isParent := strings.CutPrefix(name, "parents.")
	switch {
	case known:
		if err := set(n, value); err != nil {
			return Usagef("%s: %v", name, err)
		}
	case isParent && parent != "":
		if n.Parents == nil {
			n.Parents = map[string]string{}
		}
		if n.Parents[parent] = value; value == "" {
			delete(n.Parents, parent)
		}
	case name == "token" && value == "-":
		token, err := read(ctx)
		if err != nil {
			return err
		}
		namePlace(n)
		n.NewToken = token
	case name == "token":
		return Usagef("token: no token is written into an argument: token=- reads it on standard input")
	default:
		return Usagef("there is no field %s; there are %s, parents.NAME and token=-", strconv.Quote(Plain(name)), strings.Join(slices.Sorted(maps.Keys(profileField)), ", "))
	}
	return nil
}

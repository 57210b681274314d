package host

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
	"detent/desk"
	"detent/tui/rotate"
	"detent/tui/ui"
)

var (
	_ rotate.Places = (*Screens)(nil)
	_ ui.Completer  = (*Screens)(nil)
)

// Look says what a place holds now: this key, another secret, nothing.
func (h *Screens) Look(ctx context.Context, profile string, k apikey.Key, spec string) (string, error) {
	p, err := h.lookup(profile)
	if err != nil {
		return "", err
	}
	if err := h.Host.mayDeliver(p, spec); err != nil {
		return "", err
	}
	d, err := h.Host.Destination(p, spec)
	if err != nil {
		return "", err
	}
	holder, ok := d.(delivery.Holder)
	if !ok {
		return "nobody can read what it holds: that the new secret arrived is proved by its use alone", nil
	}
	held, err := holder.Held(ctx)
	if err != nil {
		return "", err
	}
	base, _ := apikey.SplitName(k.Name)
	switch {
	case !held.Exists:
		return "nothing is there yet", nil
	case fits(held.Secret, k.Masked):
		return fmt.Sprintf("holds %s (%s)", base, k.Masked), nil
	case held.Secret.IsZero():
		return "holds a value that its readers read differently", nil
	case k.Masked == "":
		return fmt.Sprintf("holds a secret, %s", held.Secret.Mask()), nil
	}
	return fmt.Sprintf("holds a secret that is not %s's: %s", base, held.Secret.Mask()), nil
}

// Complete says how a place that is being typed may go on, as this machine has it. Whoever sits at another machine does not look at the
// files of this one.
func (h *Screens) Complete(_ context.Context, text string) []string {
	if h.Host.o.Guest != nil {
		return nil
	}
	o, err := h.Host.deliveryOptions()
	if err != nil {
		return nil
	}
	return delivery.Complete(text, o)
}

// fits reports whether a mask tells that a secret is its key's.
func fits(secret apikey.Secret, mask string) bool {
	begins, ends, ok := apikey.MaskShows(mask)
	return ok && apikey.MaskTells(begins, ends) && secret.HasPrefix(begins) && secret.HasSuffix(ends)
}

// CanRemember says whether destinations of a profile can be kept: those of the file, by who sits at its machine.
func (h *Screens) CanRemember(profile string) bool {
	p, err := h.lookup(profile)
	return err == nil && !p.Embedded && !h.Host.o.Demo && h.Host.o.Guest == nil
}

// Remember keeps a place as a named destination of the profile, for keys of this one's name.
func (h *Screens) Remember(ctx context.Context, profile string, k apikey.Key, spec string) (string, error) {
	if !h.CanRemember(profile) {
		return "", errors.New("destinations of this profile cannot be kept from here")
	}
	p, err := h.lookup(profile)
	if err != nil {
		return "", err
	}
	d, err := h.Host.deliverOf(spec)
	if err != nil {
		return "", err
	}
	base, _ := apikey.SplitName(k.Name)
	d.Keys, d.Name = []string{patternOf(base)}, freeName(p, base)
	return d.Name, h.Host.AddDestination(ctx, p.Name, d)
}

// AddDestination adds a named destination to a profile of the configuration file.
func (h *Host) AddDestination(ctx context.Context, profile string, d config.Deliver) error {
	return h.setUpNamed(ctx, profile, desk.Order{What: desk.AddDestination, Setup: desk.Setup{Place: d}})
}

// NameDestination adds a destination that was written out to a profile, under a name.
func (h *Host) NameDestination(ctx context.Context, profile, name, spec string, keys []string) error {
	d, err := h.deliverOf(spec)
	if err != nil {
		return Usage(err)
	}
	d.Name, d.Keys = name, keys
	return h.AddDestination(ctx, profile, d)
}

// deliverOf is a destination that was written out, as the configuration has it: the same from whatever folder.
func (h *Host) deliverOf(spec string) (config.Deliver, error) {
	kind, rest, _ := strings.Cut(spec, ":")
	absolute := func(path string) (string, error) {
		path, err := h.o.Env.Expand(path)
		if err != nil {
			return "", err
		}
		return filepath.Abs(path)
	}
	switch i := strings.LastIndexByte(rest, ':'); {
	case kind == "env-file" && i > 0:
		path, err := absolute(rest[:i])
		return config.Deliver{EnvFile: &config.EnvFile{Path: path, Variable: rest[i+1:]}}, err
	case kind == "file" && rest != "":
		path, err := absolute(rest)
		return config.Deliver{File: path}, err
	case kind == "command":
		words, err := shellquote.Split(rest)
		return config.Deliver{Command: words}, err
	}
	return config.Deliver{}, fmt.Errorf("%s cannot be remembered: a .env file, a file and a command can", Plain(spec))
}

// patternOf is a pattern that matches a name; what is special in patterns may be any character then.
func patternOf(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`*?[]\^`, r) {
			return '?'
		}
		return r
	}, name)
}

// freeName is a name for a destination that the profile does not have yet, after the key.
func freeName(p config.Profile, key string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r < 128 && (r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, key), "-._")
	if len(name) > 48 {
		name = name[:48]
	}
	if name == "" || name == "clipboard" {
		name = "place"
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(p.Deliver, func(d config.Deliver) bool { return d.Name == name })
	}
	for n, free := 2, name; ; n++ {
		if !taken(free) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

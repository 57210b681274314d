package host

import (
	"errors"
	"fmt"
	"io"

	"detent/config"
	"detent/desk"
	"detent/tui"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// Config loads the configuration once; a session over SSH has what the server has. Its errors are of usage.
func (h *Host) Config() (*config.Config, error) {
	h.resources.configuring.Lock()
	defer h.resources.configuring.Unlock()
	if g := h.o.Guest; g != nil {
		if cfg := g.Changed(); cfg != nil {
			h.resources.cfg = cfg
		}
	}
	if h.resources.cfg != nil {
		h.follow()
		return h.resources.cfg, nil
	}
	cfg, err := h.loadConfig()
	if err == nil {
		h.resources.cfg = cfg
	}
	return cfg, err
}

// Follow takes up, from now on, what is changed in the file: the screens stay open while somebody edits it. What it gives tells them of
// that. A session over SSH has what its server follows.
func (h *Host) Follow() tui.News {
	if h.o.Guest != nil || h.o.Demo {
		return tui.News{}
	}
	_, _ = h.tokenProfile() // before the file can say another
	path, explicit, err := h.o.Env.Path(h.o.Config)
	if err != nil { // said where the file is read
		return tui.News{}
	}
	news, closed := make(chan string, 1), make(chan struct{})
	h.OnClose(func() { close(closed) })
	h.resources.configuring.Lock()
	defer h.resources.configuring.Unlock()
	h.resources.file, h.resources.news = config.Follow(path, explicit), news
	return tui.News{Look: func() { _, _ = h.Config() }, Next: func() (string, bool) {
		select {
		case text := <-news:
			return text, true
		case <-closed:
			return "", false
		}
	}}
}

// follow takes up a file that has changed; configuring is held. One that is wrong changes nothing until it is mended.
func (h *Host) follow() {
	r := h.resources
	if r.file == nil {
		return
	}
	cfg, err, read := r.file.Look(h.o.Now())
	if !read {
		return
	}
	if err == nil {
		err = checkUI(cfg.UI)
	}
	switch was := r.wrong; {
	case err != nil:
		if r.wrong = err.Error(); r.wrong != was {
			r.tell("what was changed in the configuration is not taken up (detent config check): " + r.wrong)
		}
	case len(cfg.Changed(r.cfg))+len(r.cfg.Changed(cfg)) > 0:
		r.tell("profiles were changed in the configuration: p and enter open them as they are now")
		fallthrough
	default:
		r.cfg, r.wrong = cfg, ""
	}
}

// tell gives the screens news, where they listen.
func (r *resources) tell(text string) {
	select {
	case r.news <- text:
	default: // they have not taken what was told before
	}
}

// tokenProfile is the profile that DETENT_TOKEN is for: the one that was selected at the start, whatever the file says later.
func (h *Host) tokenProfile() (string, error) {
	h.resources.selecting.Lock()
	defer h.resources.selecting.Unlock()
	if h.resources.first == "" {
		p, err := h.Selected()
		if err != nil {
			return "", err
		}
		h.resources.first = p.Name
	}
	return h.resources.first, nil
}

// reload takes up a file that was changed here.
func (h *Host) reload() error {
	cfg, err := h.loadConfig()
	if err != nil {
		return err
	}
	h.resources.configuring.Lock()
	defer h.resources.configuring.Unlock()
	h.resources.cfg = cfg
	return nil
}

func (h *Host) loadConfig() (*config.Config, error) {
	if h.o.Demo {
		return h.demoConfig()
	}
	path, explicit, err := h.o.Env.Path(h.o.Config)
	if err != nil {
		return nil, Usage(err)
	}
	cfg, err := config.Load(path, explicit)
	if err == nil {
		err = checkUI(cfg.UI)
	}
	return cfg, Usage(err)
}

// Selected is the profile to start with. The demo knows its own profiles alone, so
// that the environment does not choose one that is not there.
func (h *Host) Selected() (config.Profile, error) {
	cfg, err := h.Config()
	if err != nil {
		return config.Profile{}, err
	}
	env := h.o.Env
	if h.o.Demo {
		env = config.NewEnv(nil)
	}
	p, err := cfg.Select(h.o.Profile, env)
	return p, Usage(err)
}

// ToTry are the profiles that are tried together: the one that was said, else those of the file, else those that are built in. builtIn says
// that there are such, too.
func (h *Host) ToTry() (profiles []config.Profile, builtIn bool, err error) {
	cfg, err := h.Config()
	if err != nil {
		return nil, false, err
	}
	if h.o.Profile != "" {
		p, err := cfg.Select(h.o.Profile, h.o.Env)
		return []config.Profile{p}, false, Usage(err)
	}
	if own := cfg.Own(); len(own) > 0 {
		return own, true, nil
	}
	return cfg.Profiles, false, nil
}

// ReadOnly is the profile's mode: the flag beats DETENT_READ_ONLY beats the file.
func (h *Host) ReadOnly(p config.Profile) (bool, error) {
	if h.o.ReadOnly != nil {
		return *h.o.ReadOnly, nil
	}
	value, set, err := h.o.Env.ReadOnly()
	if err != nil || set {
		return value, Usage(err)
	}
	return p.ReadOnly, nil
}

// tokens reads credentials for the profiles.
func (h *Host) tokens() (config.TokenReader, error) {
	cfg, err := h.Config()
	if err != nil {
		return config.TokenReader{}, err
	}
	start, err := h.tokenProfile()
	if err != nil {
		return config.TokenReader{}, err
	}
	return config.TokenReader{Env: h.o.Env, Config: cfg, Start: start, Stderr: h.tokenStderr(), Alone: h.o.Guest != nil}, nil
}

// tokenStderr is where a token command may speak: never over a session's screen.
func (h *Host) tokenStderr() io.Writer {
	if h.o.Guest != nil {
		return h.o.Guest.Server.o.Err
	}
	return h.o.Err
}

// saveConfig changes the configuration file and takes up what it says then.
func (h *Host) saveConfig(edit func(path, operator string) error) error {
	change := func(path, operator string) error {
		if err := edit(path, operator); err != nil {
			return desk.UnchangedError{Err: err}
		}
		return nil
	}
	if g := h.o.Guest; g != nil {
		return g.Save(func(path string) error { return change(path, g.Operator.Name) })
	}
	cfg, err := h.Config()
	if err != nil {
		return err
	}
	if err := change(cfg.Path, ""); err != nil {
		return err
	}
	return h.reload()
}

// checkUI says what is wrong with the configuration's words for the screens: names that only they know.
func checkUI(u config.UI) error {
	_, err := keysOf(u)
	if err == nil {
		if err = keylist.CheckColumns(u.Columns); err != nil {
			return u.At("columns", err)
		}
		if err = keylist.CheckOrder(u.Order); err != nil {
			return u.At("order", err)
		}
	}
	return err
}

// keysOf are the program's keys, with those that the configuration gives to actions.
func keysOf(u config.UI) (*ui.Keys, error) {
	keys := ui.NewKeys()
	var bound []string
	for _, k := range u.Keys {
		if err := keys.Bind(k.Action, k.Keys); err != nil {
			return nil, u.At(k.Action, err)
		}
		bound = append(bound, k.Action)
	}
	if action, problem := keys.Conflict(bound); action != "" {
		return nil, u.At(action, errors.New(problem))
	}
	return keys, nil
}

// lookup is a profile as it is now.
func (h *Host) lookup(name string) (config.Profile, error) {
	cfg, err := h.Config()
	if err != nil {
		return config.Profile{}, err
	}
	p, ok := cfg.Lookup(name)
	if !ok {
		return p, fmt.Errorf("there is no profile %q", name)
	}
	return p, nil
}

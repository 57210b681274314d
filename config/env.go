// Package config reads profiles: from a file, the environment and flags, in
// rising order of precedence. It is strict: whatever it does not understand, it
// refuses with the file, the line, the field and what is allowed.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"detent/delivery"
)

// Env is the environment that detent was started with, so that a test can hand over its own.
type Env struct {
	vars map[string]string
	all  []string
}

// NewEnv takes NAME=VALUE lines as os.Environ gives them.
func NewEnv(environ []string) Env {
	e := Env{vars: make(map[string]string, len(environ)), all: environ}
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok && name != "" {
			e.vars[name] = value
		}
	}
	return e
}

// Get is the variable's value; empty where it is not set.
func (e Env) Get(name string) string { return e.vars[name] }

// Without is the environment for a child process: everything but the named variables.
func (e Env) Without(names ...string) []string {
	return delivery.CleanEnviron(e.all, names)
}

// errNoHome is returned only where a home directory is really needed.
var errNoHome = errors.New("HOME is not set: set HOME, or give absolute paths (--config, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME)")

// home is the user's home directory.
func (e Env) home() (string, error) {
	home := e.Get("HOME")
	if !filepath.IsAbs(home) {
		return "", errNoHome
	}
	return home, nil
}

// Expand makes an absolute path of one that begins with ~/.
func (e Env) Expand(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := e.home()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return filepath.Join(home, rest), nil
}

// DataDir is where the embedded service's store lies: $XDG_DATA_HOME/detent.
func (e Env) DataDir() (string, error) { return e.xdg("XDG_DATA_HOME", ".local/share") }

// StateDir is where journals and logs lie: $XDG_STATE_HOME/detent.
func (e Env) StateDir() (string, error) { return e.xdg("XDG_STATE_HOME", ".local/state") }

// xdg is our folder in one of the base directories. The specification wants a
// relative value ignored.
func (e Env) xdg(variable, fallback string) (string, error) {
	if base := e.Get(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "detent"), nil
	}
	home, err := e.home()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, fallback, "detent"), nil
}

// Path is the configuration file: the flag's, else $DETENT_CONFIG's, else the default
// place. explicit says that somebody named it, so that it has to be there.
func (e Env) Path(flag string) (path string, explicit bool, err error) {
	if flag = cmp.Or(flag, e.Get("DETENT_CONFIG")); flag != "" {
		if path, err = e.Expand(flag); err != nil {
			return "", true, err
		}
		path, err = filepath.Abs(path)
		return path, true, err
	}
	dir, err := e.xdg("XDG_CONFIG_HOME", ".config")
	return filepath.Join(dir, "config.toml"), false, err
}

// ReadOnly is what DETENT_READ_ONLY says; set is false where it says nothing.
func (e Env) ReadOnly() (value, set bool, err error) {
	switch text := e.Get("DETENT_READ_ONLY"); strings.ToLower(text) {
	case "":
		return false, false, nil
	case "1", "true", "yes", "on":
		return true, true, nil
	case "0", "false", "no", "off":
		return false, true, nil
	}
	return false, false, errors.New("DETENT_READ_ONLY: must be true or false")
}

// NoColor reports whether NO_COLOR asks for no colour (https://no-color.org).
func (e Env) NoColor() bool { return e.Get("NO_COLOR") != "" }

// getuid is a variable for the tests of the ownership rules.
var getuid = os.Getuid

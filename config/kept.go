package config

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"detent/apikey"
	"detent/disk"
)

// tokenDir is the folder of the token files that detent itself writes: $XDG_DATA_HOME/detent/tokens.
func (e Env) tokenDir() (string, error) {
	dir, err := e.DataDir()
	return filepath.Join(dir, "tokens"), err
}

// KeepToken writes a credential that somebody typed to a new file that is the user's alone (0600, in a folder 0700), for a
// profile to name it. Nothing that is there is written over: the profile's file of before holds until the profile has changed.
func (e Env) KeepToken(profile string, token apikey.Secret) (Token, error) {
	if token.IsZero() {
		return Token{}, errors.New("there is no token to keep")
	}
	dir, err := e.tokenDir()
	if err != nil {
		return Token{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Token{}, err
	}
	f, err := os.CreateTemp(dir, url.PathEscape(profile)+".*.token") // 0600
	if err != nil {
		return Token{}, err
	}
	_, err = f.WriteString(token.Reveal() + "\n")
	if err := errors.Join(err, f.Sync(), f.Close(), disk.SyncFolder(dir)); err != nil {
		return Token{}, errors.Join(err, os.Remove(f.Name()))
	}
	return Token{File: f.Name()}, nil
}

// ForgetToken removes a token's file if it is one that KeepToken wrote, and leaves every other.
func (e Env) ForgetToken(t Token) error {
	dir, err := e.tokenDir()
	if err != nil {
		return err
	}
	if filepath.Dir(t.File) != dir || !strings.HasSuffix(t.File, ".token") {
		return nil
	}
	return os.Remove(t.File)
}

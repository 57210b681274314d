//go:build unix

package remote

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"detent/config"
)

// signers are operators with a key each.
type signers struct {
	t    *testing.T
	keys map[string]ssh.Signer
}

func (p signers) key(name string) ssh.Signer {
	if p.keys[name] == nil {
		_, private, err := ed25519.GenerateKey(nil)
		if err == nil {
			p.keys[name], err = ssh.NewSignerFromKey(private)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return p.keys[name]
}

func (p signers) operator(name, role string, profiles ...string) string {
	quoted, _ := json.Marshal(profiles)
	return fmt.Sprintf("[operators.%s]\nkeys = [%q]\nrole = %q\nprofiles = %s\n", name,
		strings.TrimSpace(string(ssh.MarshalAuthorizedKey(p.key(name).PublicKey()))), role, quoted)
}

func sayTo(w io.Writer) func(string, ...any) {
	return func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
}

// TestARemovedOperatorIsOutWhateverHappenedToTheFile: within failClosed and two looks, for every way to change it, and in again
// when it is mended.
func TestARemovedOperatorIsOutWhateverHappenedToTheFile(t *testing.T) {
	h := signers{t, map[string]ssh.Signer{}}
	alice, ada := h.operator("alice", "operator", "local/prosopo"), h.operator("ada", "admin", "*")
	with, without := ada+alice, ada+strings.Repeat("#", len(alice))
	for name, c := range map[string]struct {
		remove  func(path string) error
		others  bool // ada stays
		instant bool // at the next look
	}{
		"written anew": {func(p string) error { return os.WriteFile(p, []byte(without), 0o600) }, true, true},
		"renamed into place, same size and time": {func(p string) error {
			info, _ := os.Stat(p)
			if err := os.WriteFile(p+".new", []byte(without), 0o600); err != nil {
				return err
			}
			_ = os.Chtimes(p+".new", info.ModTime(), info.ModTime())
			return os.Rename(p+".new", p)
		}, true, true},
		"written over, same size and time": {func(p string) error {
			info, _ := os.Stat(p)
			if err := os.WriteFile(p, []byte(without), 0o600); err != nil {
				return err
			}
			return os.Chtimes(p, info.ModTime(), info.ModTime())
		}, true, true},
		"with a typo elsewhere": {func(p string) error { return os.WriteFile(p, []byte("colour = 1\n"+without), 0o600) }, false, false},
		"deleted":               {os.Remove, false, false},
		"open to others":        {func(p string) error { return os.Chmod(p, 0o666) }, false, false},
		"a folder":              {func(p string) error { return firstError(os.Remove(p), os.Mkdir(p, 0o700)) }, false, false},
		"half written":          {func(p string) error { return os.WriteFile(p, []byte(with[:len(with)-20]), 0o600) }, false, false},
		"closed to us by a chmod that mends": {func(p string) error {
			// It becomes unreadable by its rule while its content changes, and is mended by a chmod alone.
			if err := firstError(os.Chmod(p, 0o622), os.WriteFile(p, []byte(without), 0o600)); err != nil {
				return err
			}
			return os.Chmod(p, 0o600)
		}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(path, []byte(with), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(path, true)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now().Add(time.Hour) // the file is old
			var said strings.Builder
			p := newOperators(cfg, func() time.Time { return now }, sayTo(&said))
			in := func(who string) bool {
				_, ok := p.nameOf(h.key(who).PublicKey())
				return ok
			}
			if !in("alice") || !in("ada") {
				t.Fatal("they are not in")
			}
			if err := c.remove(path); err != nil {
				t.Fatal(err)
			}
			for at := time.Duration(0); at <= failClosed+2*RereadEvery; at += RereadEvery {
				now = now.Add(RereadEvery)
				if out := !in("alice"); out != (c.instant || at >= failClosed) {
					t.Errorf("after %s: out %v", at+RereadEvery, out)
				}
			}
			if in("ada") != c.others {
				t.Errorf("who was not removed is in: %v\n%s", !c.others, said.String())
			}
			if lines := strings.Count(said.String(), "\n"); lines > 2 {
				t.Errorf("it is told %d times:\n%s", lines, said.String())
			}
			_ = os.RemoveAll(path)
			if err := os.WriteFile(path, []byte(with), 0o600); err != nil {
				t.Fatal(err)
			}
			if now = now.Add(RereadEvery); !in("alice") || !in("ada") {
				t.Errorf("mended, and they are not in\n%s", said.String())
			}
		})
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

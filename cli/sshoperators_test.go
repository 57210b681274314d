//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"detent/config"
	"detent/sshd"
)

// TestARemovedOperatorIsOutWhateverHappenedToTheFile: within failClosed and two looks, for every way to change it, and in again
// when it is mended.
func TestARemovedOperatorIsOutWhateverHappenedToTheFile(t *testing.T) {
	h := &sshHost{machine: newMachine(t), keys: map[string]ssh.Signer{}}
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
			p := newOperators(&app{world: World{Err: &said, Now: func() time.Time { return now }}}, nil, cfg)
			in := func(who string) bool {
				_, ok := p.who(h.key(who).PublicKey())
				return ok
			}
			if !in("alice") || !in("ada") {
				t.Fatal("they are not in")
			}
			if err := c.remove(path); err != nil {
				t.Fatal(err)
			}
			for at := time.Duration(0); at <= failClosed+2*rereadEvery; at += rereadEvery {
				now = now.Add(rereadEvery)
				if out := !in("alice"); out != (c.instant || at >= failClosed) {
					t.Errorf("after %s: out %v", at+rereadEvery, out)
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
			if now = now.Add(rereadEvery); !in("alice") || !in("ada") {
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

// TestAFileThatChangesTwiceInOneTickIsSeen: on a file system whose times are coarse the second change leaves no stamp.
func TestAFileThatChangesTwiceInOneTickIsSeen(t *testing.T) {
	h := &sshHost{machine: newMachine(t), keys: map[string]ssh.Signer{}}
	path := filepath.Join(t.TempDir(), "config.toml")
	with := h.operator("alice", "operator", "local/prosopo")
	if err := os.WriteFile(path, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	p := newOperators(&app{world: World{Err: &said, Now: time.Now}}, nil, cfg)
	if _, ok := p.who(h.key("alice").PublicKey()); !ok {
		t.Fatal("not in")
	}
	if err := os.WriteFile(path, []byte(h.operator("ada", "admin", "*")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.stamp = config.StampOf(path) // nothing shows
	if _, ok := p.who(h.key("alice").PublicKey()); ok {
		t.Error("the change is not seen")
	}
}

// TestSessionsEndWhereTheConfigurationCannotBeRead, on the real server.
func TestSessionsEndWhereTheConfigurationCannotBeRead(t *testing.T) {
	h := newSSHHost(t)
	v := openScreen(t, h.login("ada"), "xterm", 110, 30)
	v.wait("No keys yet")
	if err := os.Remove(filepath.Join(h.home, ".config/detent/config.toml")); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { // looks, as the server's clock would let it
		for {
			select {
			case h.look <- struct{}{}:
			case <-over:
				return
			}
		}
	}()
	_ = v.end()
	close(over)
	h.visited(`\["ada","logout","done","configuration cannot be read","TUI",null\]`)
	if _, err := h.dial("ada"); err == nil {
		t.Error("somebody is let in")
	}
}

// FuzzSessionArgs: whatever a client sends becomes arguments of ours or a refusal in words of ours.
func FuzzSessionArgs(f *testing.F) {
	for _, text := range []string{"", "\\\n", "''", "\"\"", "#", "detent", "detent detent", "list --help", "list -o", "check --all=x", "verify x", "--", "list --", "-h", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, command string) {
		args, what, err := sessionArgs(command)
		if what == "" || err == nil && len(args) == 0 && what != "TUI" {
			t.Fatalf("%q: %q %q %v", command, args, what, err)
		}
		if len(args) > 0 {
			if _, ok := sessionCommands[args[0]]; !ok {
				t.Fatalf("%q runs %q", command, args)
			}
		}
	})
}

// TestOneOperatorsSessionsLeaveRoomForAnAdmin: one operator with all the sessions that he may have, and an administrator.
func TestOneOperatorsSessionsLeaveRoomForAnAdmin(t *testing.T) {
	h := newSSHHost(t, "--max-sessions", "20", "--max-sessions-each", "2")
	c := h.login("vera")
	var open []*screen
	for range 2 {
		v := openScreen(t, c, "xterm", 110, 30)
		v.wait("No keys yet")
		open = append(open, v)
	}
	if r := h.exec("vera", "list", ""); r.code != 1 || !strings.Contains(r.stderr, "too many sessions of this operator") {
		t.Errorf("a third: %+v", r)
	}
	if r := h.exec("ada", "list", ""); r.code != 0 {
		t.Errorf("an administrator: %+v", r)
	}
	h.visited(`\["vera","login","refused","too many sessions of this operator are open",null,null\]`)
	for _, v := range open {
		v.press("q")
		_ = v.end()
	}
}

// TestALoopOfCommandsIsCountedNotRecordedOneByOne.
func TestALoopOfCommandsIsCountedNotRecordedOneByOne(t *testing.T) {
	dir := t.TempDir()
	m := newMachine(t, "XDG_STATE_HOME="+dir)
	a := &app{world: World{Err: &strings.Builder{}, Now: m.now}, env: config.NewEnv(m.environ)}
	a.root()
	a.begin()
	d, err := a.doorkeeper()
	if err != nil {
		t.Fatal(err)
	}
	o := config.Operator{Name: "vera", Role: config.Viewer}
	for i := range sessionRecords + 50 {
		d.welcome(o, &sshd.Session{From: "192.0.2.7:1", Key: (&sshHost{machine: m, keys: map[string]ssh.Signer{}}).key("vera").PublicKey()}, "list")(fmt.Sprint("exit code ", i%2))
	}
	d.close()
	text := read(t, filepath.Join(dir, "detent/audit.log"))
	if n := strings.Count(text, "\n"); n != 2*sessionRecords+2 || strings.Count(text, "50 more since") != 2 {
		t.Errorf("%d records", n)
	}
}

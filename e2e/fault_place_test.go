//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAPlaceThatFailsLeavesTheNewSecretInHand tries to bring one new secret to places that do not take it: each says why,
// none is changed, the secret stays, and a place that is well takes it in the end.
func TestAPlaceThatFailsLeavesTheNewSecretInHand(t *testing.T) {
	t.Parallel()
	s := newSitting(t, "90", "prosopo", false)
	c := &cell{sitting: s, flow: &screenFlow{}, service: "prosopo"}
	c.sit(t, c)
	c.play(creating[c.service])
	c.play(script{{"confirm:enter", "Key created"}, {"see:", "hidden, "}})
	c.armed()
	for name, make := range map[string]func(path string) error{
		"folder":   func(p string) error { return os.Mkdir(p, 0o700) },
		"file":     func(p string) error { return os.WriteFile(p, []byte("mine"), 0o600) },
		"dangling": func(p string) error { return os.Symlink("/nowhere/at/all", p) },
		"loop":     func(p string) error { return os.Symlink("loop", p) },
		"pipe":     func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"open.env": func(p string) error { return os.WriteFile(p, []byte("A='not closed\n"), 0o600) },
	} {
		if err := make(s.home.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	full := func(to uint64) func() {
		return func() {
			limit := unix.Rlimit{Cur: to, Max: unix.RLIM_INFINITY}
			if err := unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	tries := 0
	for _, place := range []struct {
		key, to, says string
		before, after func()
	}{
		{"s", "no/such/folder/k", `no/such/folder`, nil, nil},
		{"s", "folder", `folder|directory`, nil, nil},
		{"s", "file/k", `file`, nil, nil},
		{"s", "dangling", `dangling`, nil, nil},
		{"s", "loop", `loop`, nil, nil},
		{"s", "pipe", `pipe`, nil, nil},
		{"s", "full.key", `file too large|no space|full`, full(0), full(unix.RLIM_INFINITY)},
		{"e", "folder", `folder|directory`, nil, nil},
		{"e", "no/such/.env", `no/such`, nil, nil},
		{"e", "open.env", `line 1|quote`, nil, nil},
		{"p", "false", `false|exit`, nil, nil},
		{"p", "no-such-program-here", `no-such-program-here`, nil, nil},
	} {
		tries++
		before := tree(t, s.home.dir)
		c.do(place.key, map[string]string{"s": "Save to a file", "e": "Write to a .env file", "p": "Pipe to a command"}[place.key])
		c.play(script{{"move:ctrl+u", ""}, {"type:" + place.to, strings.ReplaceAll(place.to, ".", `\.`) + "▏"}})
		if place.before != nil {
			place.before()
		}
		if place.key == "e" {
			c.do("enter", `▸ Variable`)
		}
		c.do("enter", `✗ `)
		c.rest()
		if place.after != nil {
			place.after()
		}
		c.hear(`✗ .*(` + place.says + `)`)
		c.hear(`hidden, \d+ characters`)
		if after := tree(t, s.home.dir); after != before {
			c.errorf("%s: the disk was\n%s\nand is\n%s", place.to, before, after)
		}
	}
	c.play(script{{"s", `{new}\.key▏`}, {"enter", `✓ .*{new}\.key`}})
	if secret := s.home.secretIn(t, c.new+".key"); !s.back.works(secret) {
		t.Error("what was saved in the end does not work")
	}
	c.play(script{{"confirm:enter", ""}, {"gone:", "Key created"}})
	c.clean(s.admin)
	s.left(t)
	t.Logf("a new secret at places that fail: %d tries, none took or lost it", tries)
}

// tree is what lies in a folder: names, kinds and contents, but for detent's own records.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".local") {
			continue
		}
		var text []byte
		if e.Type().IsRegular() {
			if text, err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = out.WriteString(e.Name() + " " + e.Type().String() + " " + string(text) + "\n")
	}
	return out.String()
}

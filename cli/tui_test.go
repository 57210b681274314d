//go:build unix

package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

const (
	enterAlternate = "\x1b[?1049h"
	leaveAlternate = "\x1b[?1049l"
)

func TestTUIAsksTheTerminalNothingAndGivesItBack(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(s *terminal)
		code int
	}{
		"q":       {func(s *terminal) { s.write("q") }, 0},
		"ctrl+c":  {func(s *terminal) { s.write("\x03") }, 0},
		"SIGHUP":  {func(s *terminal) { _ = s.cmd.Process.Signal(syscall.SIGHUP) }, 130},
		"SIGINT":  {func(s *terminal) { _ = s.cmd.Process.Signal(syscall.SIGINT) }, 130},
		"SIGTERM": {func(s *terminal) { _ = s.cmd.Process.Signal(syscall.SIGTERM) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			s := m.terminal()
			s.wait("No keys yet")
			end.do(s)
			if code := s.exit(); code != end.code {
				t.Errorf("exit %d, want %d", code, end.code)
			}
			out := s.output()
			for _, query := range []string{"\x1b]11;?", "\x1b]10;?", "\x1b[6n", "\x1b[c", "\x1b[>c", "\x1bP+q"} {
				if strings.Contains(out, query) {
					t.Errorf("the terminal was asked %q", query)
				}
			}
			if strings.LastIndex(out, enterAlternate) > strings.LastIndex(out, leaveAlternate) || !echoes(s.pty) {
				t.Error("the terminal was not given back")
			}
		})
	}
}

func TestTUIRefusesAWrongStartBeforeTheTerminalChanges(t *testing.T) {
	m := newMachine(t)
	for _, args := range [][]string{{"-p", "nope"}, {"--config", "/nowhere.toml"}, {"--debug", "/no/such/folder/x"}} {
		s := m.terminal(args...)
		if code := s.exit(); code != 2 || strings.Contains(s.output(), "\x1b") {
			t.Errorf("%v: exit %d %q", args, code, s.output())
		}
	}
}

func TestTUIDemoLeavesNothing(t *testing.T) {
	m := newMachine(t)
	m.write(".config/detent/config.toml", "this is no TOML")
	s := m.terminal("--demo", "--demo-keys", "30")
	s.wait("30 keys")
	s.write("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, dir := range []string{m.home, m.tmp()} {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != ".config" {
				t.Errorf("left behind: %s", e.Name())
			}
		}
	}
}

func TestTUITokenCommandRunsOutsideTheAlternateScreen(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	secret := m.write("secret", r.tokens["prosopo"])
	m.write(".config/detent/config.toml", "default_profile = \"p\"\n[profiles.p]\nservice = \"prosopo\"\nurl = \""+r.url+
		"\"\ntoken = { command = [\"sh\", \"-c\", \"printf 'PIN? ' >&2; read pin </dev/tty; test \\\"$pin\\\" = 1234 && cat "+secret+"\"] }\n")
	s := m.terminal()
	s.wait("PIN? ")
	if out := s.output(); strings.LastIndex(out, enterAlternate) > strings.LastIndex(out, leaveAlternate) {
		t.Error("the command asks inside the alternate screen")
	}
	s.write("1234\r")
	s.wait("administrator")
	s.write("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit %d\n%s", code, s.output())
	}
}

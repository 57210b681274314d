//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/e2e/needs"
)

// printer is somebody who hears the screen: the bytes go to a line printer, which can do nothing but print, begin a new line and
// take a character back.
type printer struct {
	*terminal
	heard int // bytes of the output that were listened to
	typed []string
}

func (h *home) hear(t *testing.T, args ...string) *printer {
	t.Helper()
	return &printer{terminal: h.start(t, 80, 24, append([]string{"--screen-reader"}, args...)...)}
}

// ask waits for a question and answers it. What was said before it since the last one is returned.
func (p *printer) ask(question, answer string) string {
	p.t.Helper()
	re := regexp.MustCompile(question + `[^\n]*: $`)
	said := p.until(re)
	p.typed = append(p.typed, answer)
	p.write(answer + "\r")
	return said
}

// says waits for words.
func (p *printer) says(words string) string {
	p.t.Helper()
	return p.until(regexp.MustCompile(words))
}

func (p *printer) until(re *regexp.Regexp) string {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	wake := time.AfterFunc(patience, func() { p.changed.Broadcast() })
	defer wake.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		rest := p.raw[p.heard:]
		if loc := re.FindIndex(rest); loc != nil {
			p.heard += loc[1]
			return string(rest[:loc[1]])
		}
		if p.ended || time.Now().After(deadline) {
			p.t.Fatalf("%s: not said (program ended: %v); said was\n%s", re, p.ended, p.raw)
		}
		p.changed.Wait()
	}
}

// paper is what a line printer has printed: lines. It knows no escape sequence.
func paper(t *testing.T, out []byte) []string {
	t.Helper()
	var lines []string
	var line []rune
	text := []rune(string(bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))))
	for i, r := range text {
		switch {
		case r == '\n':
			lines, line = append(lines, string(line)), nil
		case r == '\b':
			line = line[:max(len(line)-1, 0)]
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			t.Fatalf("a line printer prints no %q: %q", r, string(text[max(i-40, 0):min(i+20, len(text))]))
		default:
			line = append(line, r)
		}
	}
	return append(lines, string(line))
}

// once checks that no fact was said twice, questions and choices aside.
func (p *printer) once(lines []string) {
	p.t.Helper()
	choice := regexp.MustCompile(`^\d+ `)
	seen := map[string]bool{}
	for i, l := range lines {
		answered := slices.ContainsFunc(p.typed, func(a string) bool { return strings.HasSuffix(l, ": "+a) })
		switch {
		case l == "" || answered || strings.HasSuffix(l, ": "):
		case i > 0 && l == lines[i-1]:
			p.t.Errorf("said twice in a row: %q", l)
		case seen[l] && !choice.MatchString(l):
			p.t.Errorf("said again: %q", l)
		}
		seen[l] = true
	}
}

func TestTheFirstFiveMinutesByEar(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.hear(t)
	if said := p.ask("local/prosopo", "n"); !strings.Contains(said, "No keys yet.") || !strings.Contains(said, "n new") {
		t.Errorf("the beginning says\n%s", said)
	}
	p.ask("Name", "payments-api")
	p.ask("Expires, now 90d", "30d")
	p.ask("Permissions, picked: none yet", "1 g2")
	p.ask("Permissions, picked: getRules, getSite", "")
	if said := p.ask("New Prosopo key", "1"); !strings.Contains(said, "Name: payments-api") || !strings.Contains(said, "in 30d") {
		t.Errorf("the review says\n%s", said)
	}
	if said := p.ask("Key created", "1"); strings.Contains(said, "psp_") {
		t.Errorf("a secret is said before it is asked for:\n%s", said)
	}
	p.says(`psp_\w{20,}`)
	p.ask("Key created", "4")
	p.ask("Path, now .env", "")
	p.ask("Variable", "API_KEY")
	p.says("API_KEY in .* written to a new file")
	p.ask("Key created", "I have stored it")
	p.says("1 payments-api, access 6 permissions")
	p.ask("local/prosopo", "1")
	p.says("last used, unknown")
	p.ask("payments-api", "0")
	p.ask("local/prosopo", "/env:live")
	p.says("filter env:live")
	p.ask("local/prosopo", "/pay")
	p.says("filter pay: 1 key")
	p.ask("local/prosopo", "/")
	p.ask("Filter", "")
	p.ask("local/prosopo", "?")
	p.says("expires<14d")
	p.ask("Keys", "0")
	p.ask("local/prosopo", "p")
	p.ask("Profiles, chosen local/prosopo", "local/vertesia")
	p.ask("Profiles, chosen local/vertesia", "use it")
	p.says("Profile local/vertesia, vertesia, LOCAL")
	p.ask("local/vertesia", "q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p.once(paper(t, p.output()))
	if text, _ := os.ReadFile(h.path(".env")); !strings.HasPrefix(string(text), "API_KEY=psp_") {
		t.Errorf(".env holds %q", text)
	}
}

func TestAWholeRotationByEar(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.must(t, "", "create", "--name", "payments-api", "--permission", "getRules", "--expires", "90d", "--deliver", "env-file:"+h.path(".env")+":API_KEY")
	before, _ := os.ReadFile(h.path(".env"))
	p := h.hear(t)
	p.ask("local/prosopo", "payments-api")
	p.ask("payments-api", "rotate")
	p.ask("Place", h.path(".env")+":API_KEY")
	p.ask("Rotate payments-api", "begin")
	if said := p.ask("Rotate payments-api", "1"); !strings.Contains(said, "Stage 2 of 6, Create") || !strings.Contains(said, "certain: no new key of this rotation is known") {
		t.Errorf("the preflight says\n%s", said)
	}
	p.ask("Rotate payments-api", "1") // deliver
	p.ask("Rotate payments-api", "1") // verify
	p.says("not ticked: Nothing else uses the old key")
	p.ask("Rotate payments-api", "") // confirms nothing
	p.ask("Rotate payments-api", "3")
	p.says("tick every line")
	p.ask("Rotate payments-api", "1")
	p.says("1 ticked")
	p.ask("Rotate payments-api", "2")
	p.says("2 ticked")
	p.ask("Rotate payments-api", "3")
	said := p.ask("Rotate payments-api", "1")
	for range 4 { // the deletion, and what it still asks
		if strings.Contains(said, "Done.") {
			break
		}
		said = p.ask("Rotate payments-api", "1")
	}
	p.ask("local/prosopo", "q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	lines := paper(t, p.output())
	p.once(lines)
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "Done.") {
		t.Fatalf("it did not end:\n%s", text)
	}
	after, _ := os.ReadFile(h.path(".env"))
	if len(after) == 0 || bytes.Equal(before, after) {
		t.Errorf(".env holds %q", after)
	}
	if open := h.must(t, "", "rotations"); !strings.Contains(open, "done") {
		t.Error(open)
	}
}

// TestTheEndOfInputIsNoAnswerByEar: at any question, ctrl+d and ctrl+c leave, and nothing is done.
func TestTheEndOfInputIsNoAnswerByEar(t *testing.T) {
	t.Parallel()
	for i, end := range []string{"\x04", "\x03"} {
		h := newHome(t)
		p := h.hear(t)
		p.ask("local/prosopo", "n")
		p.ask("Name", fmt.Sprint("never-made-", i))
		p.ask("Expires", "30d")
		p.ask("Permissions", "1")
		p.ask("Permissions, picked", "")
		for range 3 {
			p.ask("New Prosopo key", "")
		}
		p.says("New Prosopo key: $")
		p.write(end)
		if code := p.exit(); code != 0 {
			t.Errorf("exit %d", code)
		}
		if out := h.must(t, "", "list", "-o", "json"); strings.Contains(out, "never-made") {
			t.Errorf("a key was made: %s", out)
		}
	}
}

// TestTheScreensAreHeardOverSSH: by the command of the session, or by what the client's environment says.
func TestTheScreensAreHeardOverSSH(t *testing.T) {
	t.Parallel()
	needs.Program(t, "ssh")
	h := newHome(t)
	h.config(t, h.operator(t, "alice", "operator", "local/prosopo"))
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	m := h.serveSSH(t)
	for name, cmd := range map[string]*exec.Cmd{
		"command":     m.ssh("alice", "-tt", "127.0.0.1", "screen-reader"),
		"environment": m.ssh("alice", "-tt", "-o", "SendEnv=ACCESSIBLE", "127.0.0.1"),
	} {
		cmd.Env = append(slices.Clone(cmd.Env), "TERM=dumb")
		if name == "environment" {
			cmd.Env = append(cmd.Env, "ACCESSIBLE=1")
		}
		p := &printer{terminal: seat(t, cmd, 80, 24)}
		if said := p.ask("local/prosopo", "payments"); !strings.Contains(said, "you are alice, operator") {
			t.Errorf("%s: %s", name, said)
		}
		p.ask("payments", "quit")
		if code := p.exit(); code != 0 {
			t.Errorf("%s: exit %d", name, code)
		}
		p.once(paper(t, p.output()))
	}
}

// TestLinesAreAskedForInThreeWays: a flag, the environment and the configuration.
func TestLinesAreAskedForInThreeWays(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(h *home) []string{
		"flag":          func(*home) []string { return []string{"--screen-reader"} },
		"environment":   func(h *home) []string { h.env = append(h.env, "ACCESSIBLE=1", "TERM=dumb"); return nil },
		"configuration": func(h *home) []string { h.config(t, "[ui]\nscreen_reader = true\n"); return nil },
	} {
		h := newHome(t)
		p := &printer{terminal: h.start(t, 80, 24, ask(h)...)}
		p.ask("local/prosopo", "q")
		if code := p.exit(); code != 0 {
			t.Errorf("%s: exit %d", name, code)
		}
		p.once(paper(t, p.output()))
	}
}

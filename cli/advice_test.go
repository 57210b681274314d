//go:build unix

package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestAdviceIsSaidToAPersonAlone: on a terminal's standard error, never on standard output, to a script or beside JSON.
func TestAdviceIsSaidToAPersonAlone(t *testing.T) {
	m := newMachine(t)
	for service, c := range map[string]struct {
		args []string
		says []string
	}{
		"prosopo":  {[]string{"--permission", "verify"}, []string{"never in frontend JavaScript", "site key", "Only grant the permissions", "“Production Backend”"}},
		"vertesia": {[]string{"--role", "reader"}, []string{"never be used from a public client", "public key instead", "and no more", "One key for each application"}},
		"generic":  {nil, []string{"Never in client-side code", "restrict it", "multiple keys for different services"}},
	} {
		create := append([]string{"create", "-p", "local/" + service, "--name", "k"}, c.args...)
		for _, how := range []struct {
			more []string
			said bool
		}{{nil, true}, {[]string{"--deliver", "file:" + m.home + "/" + service}, true}, {[]string{"-o", "json"}, false}} {
			args := append(create[:len(create):len(create)], how.more...)
			stdout, terminal := m.onTerminal(args...)
			script := m.run("", append(args, "--replace")...)
			for _, text := range c.says {
				if strings.Contains(terminal, text) != how.said || strings.Contains(stdout+script.stdout+script.stderr, text) {
					t.Errorf("%v: %q: on the terminal\n%s\non standard output %q, in a script\n%s%s", args, text, terminal, stdout, script.stdout, script.stderr)
				}
			}
		}
	}
}

// onTerminal runs a command line whose standard error is a terminal.
func (m *machine) onTerminal(args ...string) (stdout, terminal string) {
	m.t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = master.Close() }()
	said := make(chan string)
	go func() {
		text, _ := io.ReadAll(master) // ends with an error once the other side is closed
		said <- string(text)
	}()
	var out bytes.Buffer
	code := Run(context.Background(), args, World{In: strings.NewReader(""), Out: &out, Err: tty, Environ: m.environ, Now: m.now, Zone: m.zone})
	_ = tty.Close()
	terminal = strings.ReplaceAll(<-said, "\r\n", "\n")
	if code != 0 {
		m.t.Fatalf("detent %v: exit %d\n%s", args, code, terminal)
	}
	return out.String(), terminal
}

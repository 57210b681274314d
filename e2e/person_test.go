//go:build unix

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/creack/pty"

	"detent/cli"
)

// byHand says that a person has to make the new key, so that one sits at the terminal.
func (p *play) byHand() bool { return slices.Contains(p.args, "dashboard") }

// attended leaves out the flag by which nobody would be asked.
func attended(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--yes" })
}

// person is somebody at a terminal: says yes, gives a reason, and makes the key that is asked for in the service's dashboard.
// What is on the screen is in said once it ends.
func (p *play) person(side *os.File, said *bytes.Buffer) {
	buf := make([]byte, 4096)
	asked := 0 // where what was not answered yet begins
	for {
		n, err := side.Read(buf)
		if err != nil {
			return
		}
		said.Write(buf[:n])
		text := string(said.Bytes()[asked:])
		answer := ""
		switch {
		case strings.HasSuffix(text, "[y/N] "):
			answer = "y"
		case strings.HasSuffix(text, "(empty: stop here) "):
			answer = "looked at it"
		case strings.HasSuffix(text, "(it is not shown): "):
			if p.made == "" || !p.back.works(p.made) {
				_, p.made = p.back.create(p.base + " ~r" + p.open())
			}
			answer = p.made
		default:
			continue
		}
		asked = said.Len()
		if _, err := side.WriteString(answer + "\r"); err != nil {
			return
		}
	}
}

// terminal opens one with a person at it. leave says what was on its screen.
func (p *play) terminal() (tty *os.File, leave func() string) {
	p.Helper()
	side, tty, err := pty.Open()
	if err != nil {
		p.Fatal(err)
	}
	var said bytes.Buffer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.person(side, &said)
	}()
	return tty, func() string {
		_ = tty.Close() // whoever had it is gone: the person's read ends, when all is read
		<-ended
		_ = side.Close()
		return said.String()
	}
}

// sit gives a process that terminal, but for its results.
func (p *play) sit(cmd *exec.Cmd) (leave func() string) {
	p.Helper()
	tty, leave := p.terminal()
	cmd.Stdin, cmd.Stderr = tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return leave
}

// atTerminal runs detent in this process as somebody at a terminal does.
func (p *play) atTerminal(hook func(string), sleep func(time.Duration), args ...string) result {
	p.Helper()
	tty, leave := p.terminal()
	var out bytes.Buffer
	var slept atomic.Int64
	code := cli.Run(context.Background(), attended(args), cli.World{In: tty, Out: &out, Err: tty, Environ: p.home.env, Hook: hook,
		Now: func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }, Zone: time.UTC,
		Sleep: func(_ context.Context, d time.Duration) error {
			slept.Add(int64(d))
			if sleep != nil {
				sleep(d)
			}
			return nil
		}})
	return result{out.String(), leave(), code}
}

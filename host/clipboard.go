package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/aymanbagabas/go-osc52/v2"

	"detent/apikey"
)

// clipboard hands text to the clipboard of the terminal (OSC 52), which confirms nothing: for a secret and for what is none, from the
// screens and the commands. What stands in between is told from the environment of whoever sits at the terminal.
type clipboard struct {
	terminal io.Writer
	getenv   func(string) string
	// tmux asks tmux for an option; for tests.
	tmux func(option string) (string, error)
}

// copy sends text. Where tmux is in between and lets it through in no way, nothing is sent, and the error says what would let it.
func (c clipboard) copy(text string) error {
	if why := c.dropReason(); why != "" {
		return errors.New(why)
	}
	for _, sequence := range c.sequences(text) {
		if _, err := io.WriteString(c.terminal, sequence); err != nil {
			return errors.New("the terminal could not be written to")
		}
	}
	return nil
}

// sequences are what is sent. tmux takes the plain one where set-clipboard is on, and passes the wrapped one on where allow-passthrough
// is; which of them it is set to, a configuration may change at any time, and both together do no harm.
func (c clipboard) sequences(text string) []string {
	plain := osc52.New(text)
	switch {
	case c.getenv("TMUX") != "":
		return []string{plain.String(), plain.Tmux().String()}
	case c.getenv("STY") != "":
		return []string{plain.Screen().String()}
	}
	return []string{plain.String()}
}

// dropReason says why tmux would drop it, where it says that it would.
func (c clipboard) dropReason() string {
	if c.getenv("TMUX") == "" {
		return ""
	}
	set, err := c.tmux("set-clipboard")
	if err != nil || set == "on" {
		return ""
	}
	passes, err := c.tmux("allow-passthrough")
	if err != nil || passes != "off" { // before 3.3 there is no such option, and all is passed on
		return ""
	}
	return fmt.Sprintf("nothing was copied: tmux keeps it from the terminal (set-clipboard is %s, allow-passthrough is off); `tmux set -s set-clipboard on` lets it through", set)
}

// askTmux reads an option of the tmux that this terminal is in. It gets no other variable: a credential is nothing to it.
func askTmux(where string) func(option string) (string, error) {
	return func(option string) (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, "tmux", "show-options", "-gv", option)
		cmd.Env = []string{"TMUX=" + where}
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
}

// clipboard is the terminal's; nil where there is none.
func (h *Host) clipboard() *clipboard {
	switch {
	case h.o.Terminal == nil:
		return nil
	case h.o.Guest != nil: // this machine's tmux is not in between
		return &clipboard{terminal: h.o.Terminal, getenv: func(string) string { return "" }}
	}
	return &clipboard{terminal: h.o.Terminal, getenv: h.o.Env.Get, tmux: askTmux(h.o.Env.Get("TMUX"))}
}

// copySecret is the clipboard as a destination has it; nil where there is none.
func (h *Host) copySecret() func(apikey.Secret) error {
	c := h.clipboard()
	if c == nil {
		return nil
	}
	return func(s apikey.Secret) error { return c.copy(s.Reveal()) }
}

// bell calls somebody who looks elsewhere: the bell, and a notice (OSC 9) where the terminal shows such. Nil where the user wants none,
// or there is no terminal.
func (h *Host) bell() func(text string) {
	cfg, err := h.Config()
	if h.o.Terminal == nil || err == nil && cfg.UI.NoBell {
		return nil
	}
	return func(text string) {
		plain := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, text)
		_, _ = io.WriteString(h.o.Terminal, "\a\x1b]9;detent: "+plain+"\a")
	}
}

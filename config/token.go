package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"detent/apikey"
	"detent/tomlfile"
)

// commandTime is how long a token command may take.
const commandTime = 60 * time.Second

// TokenReader obtains the credential of a profile.
type TokenReader struct {
	Env    Env
	Config *Config
	// Start is the profile selected at start: DETENT_TOKEN is for it alone.
	Start string
	// Stderr shows what a token command has to say.
	Stderr io.Writer
	// Alone keeps a token command from asking on the terminal of this process: it has none.
	Alone bool
	// Patience bounds a token command; zero is 60 s.
	Patience time.Duration
}

// Read returns the profile's credential. Its errors never repeat the credential.
func (r TokenReader) Read(ctx context.Context, p Profile) (apikey.Secret, error) {
	if p.Embedded {
		return apikey.Secret{}, fmt.Errorf("%s: the embedded service has no configured token", p.Name)
	}
	from, text := "DETENT_TOKEN", ""
	var err error
	if p.Name == r.Start {
		text = r.Env.Get("DETENT_TOKEN")
	}
	if text == "" {
		from = r.Config.fieldAt(p.Name, "token") + ": " + p.Token.String()
		text, err = r.source(ctx, p.Token)
	}
	if err != nil {
		return apikey.Secret{}, fmt.Errorf("%s: %w", from, err)
	}
	secret, err := apikey.ParseSecret(strings.TrimPrefix(text, string(tomlfile.ByteOrderMark)))
	if err != nil {
		return apikey.Secret{}, fmt.Errorf("%s: %w", from, err)
	}
	return secret, nil
}

func (r TokenReader) source(ctx context.Context, t Token) (string, error) {
	switch {
	case t.Env != "":
		text := r.Env.Get(t.Env)
		if text == "" {
			return "", fmt.Errorf("the variable is not set or is empty: set it, or let token be one of %s", tokenForms)
		}
		return text, nil
	case t.File != "":
		path, err := r.Env.Expand(t.File)
		if err != nil {
			return "", err
		}
		data, err := readGuarded(path, tokenFile)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no such file: write it (mode 0600), or let token be one of %s", tokenForms)
		}
		return string(data), err
	default:
		return r.command(ctx, t.Command)
	}
}

// NeedsTerminal reports whether reading the token runs a program that may ask on the terminal.
func (r TokenReader) NeedsTerminal(p Profile) bool {
	return len(p.Token.Command) > 0 && (p.Name != r.Start || r.Env.Get("DETENT_TOKEN") == "")
}

// command runs the token command and returns its first line. It gets no
// standard input and no credential of ours; at the end of its time it is killed
// together with whatever it started.
func (r TokenReader) command(ctx context.Context, argv []string) (string, error) {
	patience := cmp.Or(r.Patience, commandTime)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = r.Env.Without(r.Config.SecretVariables()...)
	var out firstLine
	cmd.Stdout, cmd.Stderr = &out, r.Stderr
	cmd.WaitDelay = time.Second
	giveBack := ownGroup(cmd, r.Alone)
	defer giveBack()
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("it took over %s and was stopped", patience)
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &exit) && wasInterrupted(exit):
		// ctrl+c reaches the program in the foreground, not us.
		return "", context.Canceled
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", fmt.Errorf("it failed: %w", err)
	}
	return string(out.line), nil
}

// firstLine keeps the first line of what a command prints and drops the rest:
// pass and others print notes below the password.
type firstLine struct {
	line []byte
	done bool
}

func (l *firstLine) Write(p []byte) (int, error) {
	if !l.done {
		head, _, found := bytes.Cut(p, []byte("\n"))
		l.done = found
		if room := maxFile - len(l.line); len(head) > room {
			head = head[:room]
		}
		l.line = append(l.line, head...)
	}
	return len(p), nil
}

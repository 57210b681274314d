package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"detent/apikey"
	"detent/host"
	"detent/paint"

	"github.com/charmbracelet/x/term"
)

// fileLike is a stream that may be a terminal.
type fileLike interface{ Fd() uintptr }

func isTerminal(stream any) bool {
	f, ok := stream.(fileLike)
	return ok && term.IsTerminal(f.Fd())
}

// widthOf is how many cells a terminal is wide; 0 for what is none.
func widthOf(stream any) int {
	f, ok := stream.(fileLike)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return width
}

// interactive reports whether a question can be asked and answered.
func (a *app) interactive() bool { return isTerminal(a.world.In) && isTerminal(a.world.Err) }

// ask prints a question on standard error and reads one line.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(a.world.Err, host.Plain(question))
	return a.answer(ctx, func() (string, error) {
		line, err := bufio.NewReader(a.world.In).ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return "", fmt.Errorf("no answer: nothing was done")
		}
		return strings.TrimRight(line, "\r\n"), nil
	})
}

func (a *app) askYes(ctx context.Context, question string) (bool, error) {
	answer, err := a.ask(ctx, question)
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}

// confirmable refuses what takes something away where nobody can be asked and nothing says yes.
func (a *app) confirmable(doing string, yes bool) error {
	if yes || a.interactive() {
		return nil
	}
	return host.Usagef("%s, and there is no terminal to ask on: use --yes; nothing was changed", doing)
}

// confirm asks whether it is to be done, unless yes says so; no is an error that says what was not done.
func (a *app) confirm(ctx context.Context, yes bool, question, not string) error {
	if yes {
		return nil
	}
	sure, err := a.askYes(ctx, question+" [y/N] ")
	if err == nil && !sure {
		err = errors.New(not)
	}
	return err
}

// askHidden reads what the terminal does not show: a line, or what was pasted with it.
func (a *app) askHidden(ctx context.Context, question string) (string, error) {
	in, ok := a.world.In.(*os.File)
	if !ok {
		return "", errors.New("standard input is no terminal")
	}
	_, _ = fmt.Fprint(a.world.Err, host.Plain(question))
	before, err := term.GetState(in.Fd())
	if err != nil {
		return "", err
	}
	// The reader below may still hide the text when ctrl+c ends the wait.
	defer func() {
		_ = term.Restore(in.Fd(), before)
		_, _ = fmt.Fprintln(a.world.Err)
	}()
	return a.answer(ctx, func() (string, error) { return paint.ReadHidden(in) })
}

// answer waits for a read that cannot be broken off; a signal ends the wait.
func (a *app) answer(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		_, _ = fmt.Fprintln(a.world.Err)
		return "", host.ErrInterrupted
	}
}

// readText reads what standard input has; on a terminal it asks for a line, without showing it.
func (a *app) readText(ctx context.Context) (text string, err error) {
	if isTerminal(a.world.In) {
		text, err = a.askHidden(ctx, "Secret: ")
	} else {
		text, err = a.answer(ctx, func() (string, error) {
			data, err := io.ReadAll(io.LimitReader(a.world.In, apikey.MaxPaste))
			return string(data), err
		})
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text, err
}

// readSecret reads a secret alone.
func (a *app) readSecret(ctx context.Context) (apikey.Secret, error) {
	text, err := a.readText(ctx)
	if err != nil {
		return apikey.Secret{}, err
	}
	secret, err := apikey.ParseSecret(text)
	return secret, host.Usage(err)
}

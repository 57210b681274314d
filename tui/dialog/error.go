// Package dialog holds the overlays that tell: the error box, help, the profiles,
// and the question before quitting. What asks for values lies in package form.
package dialog

import (
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/client"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Error is the error box: what happened, what is certain, what to do. It stays
// until it is dismissed, and its text can be copied.
type Error struct {
	env    *ui.Env
	title  string
	err    error
	more   []Part
	pager  widget.Scroller
	copied bool
}

// NewError makes an error box. more is what is to be said besides.
func NewError(env *ui.Env, title string, err error, more ...Part) *Error {
	return &Error{env: env, title: title, err: err, more: more, pager: widget.NewScroller(env)}
}

// Title names the box.
func (e *Error) Title() string { return "✗ " + ui.Clean(e.title) }

// Dangerous makes it red.
func (e *Error) Dangerous() bool { return true }

// SetSize gives the largest content.
func (e *Error) SetSize(width, height int) { e.pager.SetSize(width, height) }

// Bindings are the keys that act now.
func (e *Error) Bindings() []key.Binding {
	return []key.Binding{e.env.Keys.Dismiss, e.env.Keys.CopyText}
}

// Update dismisses or copies.
func (e *Error) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	switch {
	case key.Matches(press, e.env.Keys.CopyText):
		e.copied = true
		return ui.Do(ui.CopyText{What: "the error", Text: strings.Join(e.plain(), "\n")})
	case key.Matches(press, e.env.Keys.Dismiss):
		return ui.Do(ui.Pop{Screen: e})
	}
	e.pager.Update(press)
	return nil
}

func (e *Error) parts() []Part { return slices.Concat(Explain(e.err), e.more) }

// plain is the text to copy.
func (e *Error) plain() []string {
	out := []string{ui.Clean(e.title)}
	for _, p := range e.parts() {
		out = append(out, p.Label+": "+p.Text)
	}
	return out
}

// View is the text.
func (e *Error) View() string {
	st := e.env.Styles
	width := min(e.pager.Width, widget.Readable)
	var lines []string
	for i, p := range e.parts() {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, st.Column.Render(p.Label))
		lines = append(lines, ui.Wrap(p.Text, width)...)
	}
	var foot []string
	if e.copied {
		foot = []string{"", st.Dim.Render("Sent to your terminal's clipboard.")}
	}
	return strings.Join(e.pager.Lines(lines, foot), "\n")
}

// Part is one paragraph about an error.
type Part struct{ Label, Text string }

// Explain says of an error what happened, what is certain, and what to do.
func Explain(err error) []Part {
	if err == nil {
		return nil
	}
	var e *client.Error
	if !errors.As(err, &e) {
		return []Part{{"WHAT HAPPENED", ui.Clean(err.Error())}}
	}
	what := kindText(e.Kind)
	if e.Status != 0 {
		what = "The service answered " + statusText(e.Status)
		if e.Code != "" {
			what += " " + e.Code
		}
	}
	if e.Message != "" {
		what += ": " + e.Message
	}
	parts := []Part{{"WHAT HAPPENED", ui.Clean(capital(what))}}
	switch {
	case e.Outcome == client.Unknown:
		parts = append(parts, Part{"WHAT IS CERTAIN", "No answer is not a no: it is not known whether this happened. Nothing is tried again blindly."})
	case e.Outcome == client.NotDone:
		parts = append(parts, Part{"WHAT IS CERTAIN", "Nothing was changed."})
	}
	do := client.HintOf(err)
	if do == "" {
		do = advice(e.Kind)
	}
	if do != "" {
		parts = append(parts, Part{"WHAT TO DO", ui.Clean(do)})
	}
	return parts
}

// kindText is a kind of failure as people say it.
func kindText(k client.Kind) string {
	if k == client.BadTLS {
		return "no secure connection"
	}
	return string(k)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func statusText(status int) string {
	words := map[int]string{
		400: "bad request", 401: "unauthorized", 403: "forbidden", 404: "not found", 409: "conflict",
		410: "gone", 422: "unprocessable", 429: "too many requests", 500: "internal error", 502: "bad gateway",
		503: "unavailable", 504: "gateway timeout",
	}
	n := ui.Number(status)
	if w := words[status]; w != "" {
		return n + " (" + w + ")"
	}
	return n
}

// advice is what to do where the client has no better word.
func advice(kind client.Kind) string {
	switch kind {
	case client.Unreachable:
		return "Check the network and the profile's url, then ctrl+r."
	case client.Timeout:
		return "ctrl+r tries again; --timeout waits longer."
	case client.BadTLS:
		return "Do not go on: check the url, the system's clock and its certificates."
	case client.RateLimited:
		return "Wait a little, then ctrl+r."
	case client.Unavailable:
		return "The service has a problem of its own. Wait, then ctrl+r."
	case client.BadAnswer:
		return "This does not look like the service: check the profile's url. A proxy or a login page may stand in between."
	}
	return ""
}

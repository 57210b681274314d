package form

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"detent/tui/ui"
)

// plainEnv are the secrets that a .env file takes without quotes.
var plainEnv = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./+=:~-]+$`) })

// View shows the secret as a mask, or, once asked for, in lines of its own that a mouse can select.
func (s *Secret) View() string {
	st, w := s.env.Styles, max(s.pane.Width, 20)
	if s.secret.IsZero() {
		return "" // the last frame that is flushed holds nothing
	}
	head := st.Strong.Render(ui.Truncate(displayName(s.key), max(w-7, 10)))
	if b := badge(s.env, string(environmentOf(s.profile, s.key))); b != "" {
		head += " " + b
	}
	body := append([]string{head}, s.intro(w)...)
	if s.question != nil {
		return scrolled(&s.pane, append(body, ""), s.question.view(s.env, w))
	}
	if s.sink != nil {
		return scrolled(&s.pane, body, append([]string{""}, s.sink.view(w)...))
	}
	body = append(body, "")
	body = append(body, s.secretLines(w)...)
	for _, n := range s.notes {
		body = append(body, ui.Hanging(st.Warn.Render, "! ", ui.Clean(n), w)...)
	}
	foot := append(s.statusLines(w), s.actions(w)...)
	b := buttons{labels: []string{s.env.Keys.Stored.Help().Desc}}
	if s.public != "" {
		b.labels[0] = "Close"
	}
	foot = append(foot, "")
	foot = append(foot, b.lines(s.env, w, true)...)
	return scrolled(&s.pane, append(body, s.advice(w, len(body)+len(foot))...), foot)
}

// advice is what the service's documents say of a secret that is in hand, as far as there is room beside the lines that are needed.
func (s *Secret) advice(width, used int) []string {
	if s.public != "" {
		return nil
	}
	said := advice(s.env, s.caps.Advice.Storing(), width, s.pane.Height-used-1)
	if len(said) > 0 && len(s.notes) > 0 {
		said = append([]string{""}, said...)
	}
	return said
}

func (s *Secret) intro(width int) []string {
	st := s.env.Styles
	if s.public == "" {
		return ui.Styled(st.Base.Render, "This is the only time that its secret is shown. Store it now.", width)
	}
	text := s.public
	if s.expires.Known() {
		text += ", until " + ui.MomentExact(s.expires, s.env.Now(), s.env.Zone)
	}
	return ui.Styled(st.Base.Render, text+".", width)
}

// secretLines are the mask or the secret, cut into full lines without anything before or behind them.
func (s *Secret) secretLines(width int) []string {
	st := s.env.Styles
	if !s.shown {
		note := fmt.Sprintf("  hidden, %s", ui.Count(s.secret.Len(), "character"))
		dots := min(s.secret.Len(), 24, max(width-ui.Width(note), 4))
		return []string{st.Base.Render(strings.Repeat("•", dots)) + st.Dim.Render(note), ""}
	}
	value := s.secret.Reveal()
	var out []string
	for _, l := range cut(value, width) {
		out = append(out, st.Secret.Render(l))
	}
	if env := "API_KEY=" + value; plainEnv().MatchString(value) && len(env) <= width && s.pane.Height > 16 {
		out = append(out, "", st.Dim.Render("as a line of a .env file:"), st.Base.Render(env))
	}
	return append(out, "")
}

// aloud is the secret while it is shown, for who hears the screen.
func (s *Secret) aloud() string {
	if !s.shown {
		return ""
	}
	return ui.Clean(s.secret.Reveal())
}

// cut breaks text at every width cells; a service may put anything into a secret, so it is cleaned first.
func cut(text string, width int) []string {
	text = ui.Clean(text)
	var out []string
	for ui.Width(text) > width {
		head := ansi.Truncate(text, width, "")
		out = append(out, head)
		text = text[len(head):]
	}
	return append(out, text)
}

func (s *Secret) statusLines(width int) []string {
	st := s.env.Styles
	if s.busy != "" {
		return []string{"", st.Strong.Render(s.busy)}
	}
	renders := map[statusKind]func(...string) string{plain: st.Base.Render, good: st.Good.Render, bad: st.Bad.Render}
	var out []string
	if s.err != nil {
		out = failure(s.env, s.err, "the key was not deleted, and its secret is still here.",
			"The key may be gone. Deleting it again does no harm.", width)
	}
	for _, l := range s.status {
		out = append(out, ui.Hanging(renders[l.kind], l.mark, l.text, width)...)
	}
	if len(out) > 0 {
		out = append([]string{""}, out...)
	}
	return out
}

// actions are the keys with what they do, in as many lines as the width needs. Where
// they all fit on the box's own line of keys they stand there alone.
func (s *Secret) actions(width int) []string {
	if s.hintsFit(width) {
		return nil
	}
	st, bindings := s.env.Styles, s.secretBindings()
	texts := make([]string, len(bindings))
	for i, b := range bindings {
		texts[i] = st.Key.Render(b.Help().Key) + " " + st.Dim.Render(b.Help().Desc)
	}
	return append([]string{""}, ui.Flow(texts, st.Dim.Render(" · "), width)...)
}

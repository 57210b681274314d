package form

import (
	"errors"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

type sinkKind int

const (
	toFile sinkKind = iota
	toEnv
	toCommand
)

// sink asks for one destination of a secret.
type sink struct {
	env     *ui.Env
	kind    sinkKind
	labels  []string
	inputs  []*widget.Text
	at      int
	problem string
	goes    *widget.Completion // of the input at hand
}

func newSink(env *ui.Env, kind sinkKind, name string) *sink {
	s := &sink{env: env, kind: kind}
	add := func(label, value, placeholder string) {
		l := widget.NewText(env, value)
		l.Example(placeholder)
		s.labels, s.inputs = append(s.labels, label), append(s.inputs, l)
	}
	switch kind {
	case toFile:
		add("Path", slug(name)+".key", "/run/secrets/payments")
	case toEnv:
		add("Path", ".env", "/srv/payments/.env")
		add("Variable", "API_KEY", "API_KEY")
	case toCommand:
		add("Command", "", "vault kv put secret/payments key=-")
	}
	s.move(0)
	return s
}

// move goes to another input.
func (s *sink) move(by int) {
	s.at = min(max(s.at+by, 0), len(s.inputs)-1)
	switch {
	case s.kind == toCommand:
	case s.kind == toEnv && s.at == 1:
		s.goes = widget.NewCompletion(s.env, "env-file:"+s.inputs[0].Value()+":")
	default:
		s.goes = widget.NewCompletion(s.env, "file:")
	}
}

// completed takes what an input may go on with; the keys that came meanwhile are for the one that is then at hand.
func (s *sink) completed(msg ui.Completed, press func(tea.KeyMsg) tea.Cmd) tea.Cmd {
	goes := s.goes
	mine, whole := goes.Take(msg, s.inputs[s.at])
	if !mine {
		return nil
	}
	if whole {
		s.move(1)
	}
	return goes.Release(press)
}

// update takes a key. done says that the sink is through, with a destination as
// docs/REFERENCE.md writes it, or with none when the user went back.
func (s *sink) update(msg tea.KeyMsg) (destination string, done bool, cmd tea.Cmd) {
	keys := s.env.Keys
	if s.goes.Hold(msg) {
		return "", false, nil
	}
	if msg.Type == tea.KeyTab {
		if cmd, ok := s.goes.Next(s.inputs[s.at]); ok {
			return "", false, cmd
		}
	}
	switch {
	case widget.IsText(msg):
		s.typed(msg)
	case key.Matches(msg, keys.Cancel):
		return "", true, nil
	case key.Matches(msg, keys.Confirm) && s.at == len(s.inputs)-1:
		d, err := s.destination()
		if err != nil {
			s.problem = err.Error()
			return "", false, nil
		}
		return d, true, nil
	case key.Matches(msg, keys.Confirm, keys.Next):
		s.move(1)
	case key.Matches(msg, keys.Prev):
		s.move(-1)
	default:
		s.typed(msg)
	}
	return "", false, nil
}

func (s *sink) typed(msg tea.KeyMsg) {
	s.inputs[s.at].Update(msg)
	s.goes.Forget()
	s.problem = ""
}

func (s *sink) destination() (string, error) {
	first := strings.TrimSpace(s.inputs[0].Value())
	switch {
	case first == "" && s.kind == toCommand:
		return "", errors.New("the command is empty")
	case first == "":
		return "", errors.New("the path is empty")
	case s.kind == toFile:
		return "file:" + first, nil
	case s.kind == toEnv:
		name := strings.TrimSpace(s.inputs[1].Value())
		if !apikey.IsVariableName(name) {
			return "", errors.New("a variable is letters, digits and _, and does not begin with a digit: API_KEY")
		}
		return "env-file:" + first + ":" + name, nil
	}
	if words, err := shellquote.Split(first); err != nil || len(words) == 0 {
		return "", errors.New("the command cannot be split into words: is a quote left open?")
	}
	return "command:" + first, nil
}

var sinkTexts = map[sinkKind][2]string{
	toFile:    {"Save to a file", "A new file is readable by you alone (0600). ~ is your home folder."},
	toEnv:     {"Write to a .env file", "One variable is replaced or added; every other line stays as it is."},
	toCommand: {"Pipe to a command", "It reads the secret on its standard input. No shell: words are split as a shell would, nothing is expanded."},
}

func (s *sink) view(width int) []string {
	st := s.env.Styles
	text := sinkTexts[s.kind]
	out := []string{st.Strong.Render(text[0])}
	out = append(out, ui.Styled(st.Dim.Render, text[1], width)...)
	out = append(out, "")
	for i, l := range s.inputs {
		mark := "  "
		if l.Blur(); i == s.at {
			mark = st.Accent.Render("▸ ")
			l.Focus()
		}
		label := ui.Pad(s.labels[i], 9)
		out = append(out, mark+st.Dim.Render(label)+l.View(width-2-9))
		if i == s.at {
			for _, line := range s.goes.Lines(width - 2 - 9) {
				out = append(out, strings.Repeat(" ", 2+9)+line)
			}
		}
	}
	if s.problem != "" {
		out = append(out, ui.Hanging(st.Bad.Render, "✗ ", s.problem, width)...)
	}
	return out
}

// slug makes a file name of a key's name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-."); s != "" {
		return s
	}
	return "api"
}

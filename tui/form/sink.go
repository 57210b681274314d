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
	return s
}

// update takes a key. done says that the sink is through, with a destination as
// docs/REFERENCE.md writes it, or with none when the user went back.
func (s *sink) update(msg tea.KeyMsg) (destination string, done bool) {
	keys := s.env.Keys
	switch {
	case widget.IsText(msg):
		s.inputs[s.at].Update(msg)
		s.problem = ""
	case key.Matches(msg, keys.Cancel):
		return "", true
	case key.Matches(msg, keys.Confirm) && s.at == len(s.inputs)-1:
		d, err := s.destination()
		if err != nil {
			s.problem = err.Error()
			return "", false
		}
		return d, true
	case key.Matches(msg, keys.Confirm, keys.Next):
		s.at = min(s.at+1, len(s.inputs)-1)
	case key.Matches(msg, keys.Prev):
		s.at = max(s.at-1, 0)
	default:
		s.inputs[s.at].Update(msg)
		s.problem = ""
	}
	return "", false
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
	}
	if s.problem != "" {
		out = append(out, ui.Hanging(st.Bad.Render, "✗ ", s.problem, width)...)
	}
	return out
}

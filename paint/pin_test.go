package paint

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// These tests hold what the painter relies on in Bubble Tea: they fail when a
// new version behaves differently.

type script struct {
	cmds []tea.Cmd
	log  *[]string
}

func (s script) Init() tea.Cmd { return tea.Sequence(s.cmds...) }
func (s script) View() string  { return "a frame" }
func (s script) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	*s.log = append(*s.log, "update "+reflect.TypeOf(msg).String())
	return s, nil
}

type fakeCommand struct {
	log *[]string
	out *io.Writer
}

func (f fakeCommand) Run() error            { *f.log = append(*f.log, "run"); return nil }
func (f fakeCommand) SetStdin(io.Reader)    {}
func (f fakeCommand) SetStdout(w io.Writer) { *f.out = w }
func (f fakeCommand) SetStderr(io.Writer)   {}
func (s script) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	*s.log = append(*s.log, "filter "+reflect.TypeOf(msg).String())
	return msg
}

func TestBubbleTeaWithoutRendererLeavesTheTerminalAlone(t *testing.T) {
	var out bytes.Buffer
	var log []string
	s := script{log: &log, cmds: []tea.Cmd{
		tea.ClearScreen, tea.EnterAltScreen, tea.HideCursor, tea.EnableBracketedPaste, tea.EnableReportFocus,
		tea.EnableMouseAllMotion, tea.SetWindowTitle("x"), tea.ExitAltScreen, tea.Quit,
	}}
	if _, err := tea.NewProgram(s, tea.WithInput(nil), tea.WithOutput(&out), tea.WithoutRenderer(), tea.WithAltScreen()).Run(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Errorf("Bubble Tea wrote %q", out.String())
	}
}

func TestBubbleTeaFiltersThenActsThenUpdates(t *testing.T) {
	var log []string
	var out bytes.Buffer
	var given io.Writer
	s := script{log: &log}
	s.cmds = []tea.Cmd{tea.Exec(fakeCommand{&log, &given}, nil), tea.Quit}
	p := tea.NewProgram(s, tea.WithInput(bytes.NewReader(nil)), tea.WithOutput(&out), tea.WithoutRenderer(), tea.WithFilter(s.filter))
	if _, err := p.Run(); err != nil {
		t.Fatal(err)
	}
	name := execType.String()
	at := slices.Index(log, "filter "+name)
	if at < 0 || !slices.Equal(log[at:at+3], []string{"filter " + name, "run", "update " + name}) {
		t.Errorf("another program is run in the order %v", log)
	}
	if given != &out {
		t.Errorf("the other program writes to %T, not to the output itself", given)
	}
	if slices.Contains(log, "update tea.QuitMsg") {
		t.Error("a quit is updated")
	}
}

func TestBubbleTeaMessagesWithoutNamesAreKnown(t *testing.T) {
	for want, got := range map[string]reflect.Type{
		"tea.execMsg": execType, "tea.clearScreenMsg": clearType, "tea.windowSizeMsg": windowType,
	} {
		if got.String() != want {
			t.Errorf("%s is now %s", want, got)
		}
	}
}

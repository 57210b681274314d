//go:build unix

package paint

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	_ "detent/aterm" // or Bubble Tea would ask the terminal for its colours first
)

// The pty tests run this test binary as a program; the variable says which.
const programVariable = "PAINT_TEST_PROGRAM"

func TestMain(m *testing.M) {
	switch name := os.Getenv(programVariable); name {
	case "":
		os.Exit(m.Run())
	case "shell":
		shell()
	default:
		os.Exit(program(name))
	}
}

// program is a list that does on demand what may hurt a terminal.
func program(name string) int {
	opts := Options{Standard: name == "standard", ReportFocus: true}
	if name == "thin" {
		opts.Rate = ThinLine
	}
	screen := New(os.Stdin, os.Stdout, opts)
	app := &app{sample: newSample(0, 0, 1000), clipboard: screen.Writer()}
	_, err := screen.Run(app)
	if err != nil {
		fmt.Printf("ended: %v\r\n", err)
		return 3
	}
	fmt.Print("ended well\r\n")
	return 0
}

type app struct {
	*sample
	clipboard io.Writer
	note      string
	boom      bool
}

type noteMsg string

func (a *app) Init() tea.Cmd { return nil }

func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.width, a.height = msg.Width, msg.Height
	case noteMsg:
		a.note = string(msg)
	case tea.ResumeMsg:
		a.note = "resumed"
	case tea.FocusMsg:
		a.note = "focused"
	case tea.KeyMsg:
		if msg.Type == tea.KeyDown {
			a.move(1)
		}
		var cmds []tea.Cmd
		for _, r := range msg.Runes { // letters of one read are keys one by one
			cmds = append(cmds, a.key(r))
		}
		return a, tea.Sequence(cmds...)
	}
	return a, nil
}

func (a *app) key(r rune) tea.Cmd {
	switch r {
	case 'j':
		a.move(1)
	case 'k':
		a.move(-1)
	case 'q':
		return tea.Quit
	case 'z':
		return tea.Suspend
	case 'p':
		panic("update panics")
	case 'v':
		a.boom = true
	case 'g':
		return func() tea.Msg { panic("command panics") }
	case 'L':
		return tea.ClearScreen
	case 'w':
		return tea.WindowSize()
	case 'e':
		child := exec.Command("sh", "-c", `test -t 1 && stty -a | grep -q ' icanon' && echo child has the terminal; read answer; echo "$answer" > "$PAINT_TEST_ANSWER"`)
		child.Stdin = os.Stdin // Bubble Tea would hand it our reader, which is no terminal
		return tea.ExecProcess(child, func(err error) tea.Msg { return noteMsg(fmt.Sprintf("child ended: %v", err)) })
	case 'c':
		return func() tea.Msg {
			_, err := io.WriteString(a.clipboard, "\x1b]52;c;"+base64.StdEncoding.EncodeToString([]byte("copied"))+"\x07")
			return noteMsg(fmt.Sprintf("copied: %v", err))
		}
	}
	return nil
}

func (a *app) View() string {
	if a.boom {
		panic("view panics")
	}
	if a.height == 0 {
		return ""
	}
	lines := strings.Split(a.view(), "\n")
	lines[1] = "note: " + a.note
	return strings.Join(lines, "\n")
}

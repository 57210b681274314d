package tui

import (
	"testing"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// lasting is an overlay that goes on when it is left.
type lasting struct {
	id         string
	inits      int
	backs      int
	heard, hit int
}

type pulse struct{}

func (l *lasting) Init() tea.Cmd           { l.inits++; return nil }
func (l *lasting) View() string            { return "lasting " + l.id }
func (l *lasting) SetSize(int, int)        {}
func (l *lasting) Bindings() []key.Binding { return nil }
func (l *lasting) KeptID() string          { return l.id }
func (l *lasting) Back() tea.Cmd           { l.backs++; return nil }
func (l *lasting) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case pulse:
		l.heard++
	case tea.KeyMsg:
		l.hit++
	}
	return nil
}

func TestAScreenThatIsKeptHearsEverythingButKeysAndComesBack(t *testing.T) {
	d := start(t, 120, 40)
	first := &lasting{id: "r1"}
	d.send(ui.Push{Screen: first})
	d.send(ui.Keep{Screen: first})
	if d.app.top() != nil {
		t.Fatal("a kept screen is still on the screen")
	}
	d.send(pulse{})
	d.press("j")
	if first.heard != 1 || first.hit != 0 {
		t.Fatalf("heard %d messages, %d keys", first.heard, first.hit)
	}
	d.send(ui.Push{Screen: &lasting{id: "r2"}})
	if d.app.top() == ui.Screen(first) {
		t.Fatal("another one's screen came back")
	}
	d.send(ui.Pop{})
	d.send(ui.Push{Screen: &lasting{id: "r1"}})
	if d.app.top() != ui.Screen(first) || first.backs != 1 || first.inits != 1 {
		t.Fatalf("the kept screen did not come back: %d times, begun %d times", first.backs, first.inits)
	}
}

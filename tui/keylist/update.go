package keylist

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// New makes an empty list, sorted by what wants something done.
func New(env *ui.Env) *List {
	l := &List{env: env, focused: true, input: widget.NewText(env, ""), current: -1, onProblem: -1, chip: -1, rows: map[int32]string{}, reported: map[string]reported{}}
	l.setColumns(columns())
	l.Clear()
	return l
}

// Update takes keys and the results of its own commands.
func (l *List) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case arranged:
		return l.arrived(msg)
	case tea.KeyMsg:
		if l.typing {
			return l.typeKey(msg)
		}
		return l.press(msg)
	}
	return nil
}

func (l *List) press(msg tea.KeyMsg) tea.Cmd {
	k := l.env.Keys
	switch {
	case l.move(msg):
		return nil
	case key.Matches(msg, k.Filter):
		l.typing = true
		l.follow()
		l.input.Focus()
		return nil
	case key.Matches(msg, k.Sort):
		return l.sortNext()
	case key.Matches(msg, k.Reverse):
		l.reverse = !l.reverse
		return l.resort()
	case key.Matches(msg, k.Mark):
		l.ToggleMark()
	case key.Matches(msg, k.MarkAll):
		l.MarkAll()
	case key.Matches(msg, k.Back) && len(l.marked) > 0:
		l.ClearMarks()
	case key.Matches(msg, k.Back) && l.input.Value() != "":
		return l.clearFilter()
	}
	return nil
}

// Bindings are the keys that act now.
func (l *List) Bindings() []key.Binding {
	k := l.env.Keys
	if l.typing {
		return []key.Binding{k.FilterKeep, k.FilterComplete, k.FilterClear}
	}
	return []key.Binding{k.Filter, k.Sort}
}

package keylist

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// typeKey: every printable key is text; the arrows still move.
func (l *List) typeKey(msg tea.KeyMsg) tea.Cmd {
	k := l.env.Keys
	switch {
	case key.Matches(msg, k.FilterKeep):
		l.typing = false
		l.input.Blur()
		l.follow()
		return nil
	case key.Matches(msg, k.FilterClear):
		return l.clearFilter()
	case key.Matches(msg, k.FilterComplete, k.Prev) && (msg.Type == tea.KeyTab || msg.Type == tea.KeyShiftTab):
		by := 1
		if msg.Type == tea.KeyShiftTab {
			by = -1
		}
		if !l.complete(by) {
			return nil
		}
		return l.refilter()
	case msg.Type != tea.KeyRunes && msg.Type != tea.KeyCtrlU && msg.Type != tea.KeyCtrlD &&
		msg.Type != tea.KeyHome && msg.Type != tea.KeyEnd && l.move(msg):
		return nil
	}
	if !l.input.Update(msg) {
		return nil
	}
	return l.refilter()
}

func (l *List) refilter() tea.Cmd {
	l.query, l.wrong = parse(l.input.Value(), l.properties()...)
	clear(l.rows)
	l.follow()
	return l.rearrange(reuseOrder)
}

func (l *List) clearFilter() tea.Cmd {
	l.typing = false
	l.input.Blur()
	l.input.Set("")
	return l.refilter()
}

// ShowAll takes the filter away, if there is one.
func (l *List) ShowAll() tea.Cmd {
	if !l.Filtered() {
		return nil
	}
	return l.clearFilter()
}

// ChipKey takes a key that is about the chips: tab goes to them and on, enter leaves the keys of one, esc goes back to the rows. Any
// other key is for the rows.
func (l *List) ChipKey(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := l.env.Keys
	if l.typing || !l.showsChips() || len(l.states) == 0 {
		return nil, false
	}
	on := l.chip >= 0
	switch {
	case key.Matches(msg, k.Chips), on && msg.Type == tea.KeyRight:
		l.chip = (l.chip + 1) % len(l.states)
	case msg.Type == tea.KeyShiftTab, on && msg.Type == tea.KeyLeft:
		l.chip = (max(l.chip, 0) + len(l.states) - 1) % len(l.states)
	case on && msg.Type == tea.KeyEsc:
		l.chip = -1
	case on && msg.Type == tea.KeyEnter:
		word := l.states[l.chip].Word
		l.chip = -1
		return l.toggleWord(word), true
	default:
		l.chip = -1
		return nil, false
	}
	return nil, true
}

// toggleWord puts the word of a chip into the filter in place of another chip's, or takes it out.
func (l *List) toggleWord(word string) tea.Cmd {
	words := split(l.input.Value())
	had := slices.Contains(words, word)
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.ContainsFunc(l.states, func(c Chip) bool { return c.Word == w })
	})
	if !had {
		words = append(words, word)
	}
	l.input.Set(strings.Join(words, " "))
	return l.refilter()
}

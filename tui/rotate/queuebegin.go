package rotate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// The rows below the plan, which tab goes through: the number of the keys, which begins, how many may be under way, and whether the places
// that were typed are kept.
const (
	rowNumber = iota
	rowWave
	rowRemember
)

// beginning is what is said below the plan.
type beginning struct {
	row      int
	number   *widget.Text
	wave     *widget.Text   // empty for all
	typed    map[int]string // places that were written out, by item
	remember bool
	keeping  bool // that is under way
}

func newBeginning(env *ui.Env) beginning {
	b := beginning{number: widget.NewText(env, ""), wave: widget.NewText(env, ""), typed: map[int]string{}}
	b.wave.Meaning("all")
	b.number.Focus()
	return b
}

// keptMsg ends what begins rotations whose places are to be kept.
type keptMsg struct {
	screen *QueueScreen
	err    error
}

// rows are those that are there now.
func (s *QueueScreen) rows() []int {
	out := []int{rowNumber}
	if s.ready() > 1 {
		out = append(out, rowWave)
	}
	if len(s.keepable()) > 0 {
		out = append(out, rowRemember)
	}
	return out
}

// keepable are the items whose typed place can be kept.
func (s *QueueScreen) keepable() (out []int) {
	places, can := s.host.(Places)
	for i := range s.items {
		if s.typed[i] != "" && can && !s.env.Remote && places.CanRemember(s.items[i].Profile) {
			out = append(out, i)
		}
	}
	return out
}

// toRow puts the focus on a row below the plan.
func (s *QueueScreen) toRow(row int) {
	s.row = row
	s.number.Blur()
	s.wave.Blur()
	switch row {
	case rowNumber:
		s.number.Focus()
	case rowWave:
		s.wave.Focus()
	}
}

// below takes a key for the rows below the plan.
func (s *QueueScreen) below(msg tea.KeyMsg) tea.Cmd {
	k, rows := s.env.Keys, s.rows()
	at := max(slices.Index(rows, s.row), 0)
	switch {
	case s.keeping:
	case msg.Type == tea.KeyEnter:
		return s.begin()
	case msg.Type == tea.KeyTab: // the arrows move the plan
		s.problem = ""
		s.toRow(rows[(at+1)%len(rows)])
	case msg.Type == tea.KeyShiftTab:
		s.problem = ""
		s.toRow(rows[(at+len(rows)-1)%len(rows)])
	case s.row == rowRemember:
		if key.Matches(msg, k.Tick) {
			s.remember = !s.remember
		}
	default:
		s.problem = ""
		if in := s.input(); !in.Update(msg) {
			s.text.Update(msg)
		}
	}
	return nil
}

func (s *QueueScreen) input() *widget.Text {
	if s.row == rowWave {
		return s.wave
	}
	return s.number
}

// atMost is how many may be under way at once.
func (s *QueueScreen) atMost() (int, error) {
	text := strings.TrimSpace(s.wave.Value())
	if text == "" {
		return s.ready(), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errors.New("how many may be under way is a number, at least 1; nothing stands for all")
	}
	return min(n, s.ready()), nil
}

// begin rotates what can be: how many keys that are is typed.
func (s *QueueScreen) begin() tea.Cmd {
	n := strconv.Itoa(s.ready())
	_, wrong := s.atMost()
	switch {
	case strings.TrimSpace(s.number.Value()) != n:
		s.problem = "type the number of the keys that are rotated: " + n
		s.toRow(rowNumber)
		return nil
	case wrong != nil:
		s.problem = wrong.Error()
		s.toRow(rowWave)
		return nil
	case s.remember && len(s.keepable()) > 0:
		s.keeping = true
		return s.keepPlaces()
	}
	return s.run()
}

// keepPlaces has the typed places kept before anything begins.
func (s *QueueScreen) keepPlaces() tea.Cmd {
	places, typed, items := s.host.(Places), s.typed, slices.Clone(s.items)
	of := s.keepable()
	return func() tea.Msg {
		for _, i := range of {
			if _, err := places.Remember(background(), items[i].Profile, items[i].Key, typed[i]); err != nil {
				return keptMsg{s, fmt.Errorf("the place of %s is not remembered: %w", items[i].Key.Called(), err)}
			}
		}
		return keptMsg{s, nil}
	}
}

// kept begins once the places are.
func (s *QueueScreen) kept(msg keptMsg) tea.Cmd {
	s.keeping = false
	if msg.err != nil {
		s.problem = msg.err.Error()
		s.toRow(rowRemember)
		return nil
	}
	s.typed = map[int]string{} // once is enough
	return s.run()
}

func (s *QueueScreen) run() tea.Cmd {
	s.begun = true
	queue, mail := s.queue, s.mail
	wave, _ := s.atMost()
	run := func() tea.Msg {
		queue.Run(background(), wave, mail.put)
		mail.end()
		return nil
	}
	return tea.Batch(run, mail.next(s))
}

// viewBelow draws the rows below the plan.
func (s *QueueScreen) viewBelow(foot *page, n int) {
	st := s.env.Styles
	lead := func(row int) string {
		if s.row == row && len(s.rows()) > 1 && !s.filling() {
			return st.Accent.Render("▸ ")
		}
		return "  "
	}
	foot.line(lead(rowNumber) + "Type " + strconv.Itoa(n) + " to rotate " + ui.Count(n, "key") + ": " + s.number.View(8))
	rows := s.rows()
	if slices.Contains(rows, rowWave) {
		foot.line(lead(rowWave) + st.Dim.Render("at most under way at once: ") + s.wave.View(10))
	}
	if slices.Contains(rows, rowRemember) {
		box := "[ ] "
		if s.remember {
			box = st.Accent.Render("[x] ")
		}
		foot.line(lead(rowRemember) + box + s.rememberWords())
	}
}

func (s *QueueScreen) rememberWords() string {
	of := s.keepable()
	if len(of) == 1 {
		return "remember the place of " + clean(baseName(s.items[of[0]].Key.Name))
	}
	return "remember the " + strconv.Itoa(len(of)) + " places that were typed"
}

// askBelow is what is asked of who hears the screen. Its choices are letters: a number is the number of the keys.
func (s *QueueScreen) askBelow() *ui.Ask {
	k, n := s.env.Keys, s.ready()
	rows := s.rows()
	steps := func(row int) []tea.KeyMsg {
		return ui.Times("tab", (slices.Index(rows, row)-slices.Index(rows, s.row)+len(rows))%len(rows))
	}
	if s.row == rowWave {
		return &ui.Ask{Words: "How many may be under way at once, an empty line for all" + s.wave.Now(), Keep: steps(rowNumber),
			Text: func(text string) ([]tea.KeyMsg, error) {
				return append(ui.Typed(s.wave, text), steps(rowNumber)...), nil
			}}
	}
	ask := &ui.Ask{Brief: true, Words: "Type " + strconv.Itoa(n) + " to rotate " + ui.Count(n, "key"), Text: ui.Line(s.number)}
	if slices.Contains(rows, rowWave) {
		ask.Choices = append(ask.Choices, ui.Choice{Key: "w", Words: "how many may be under way at once" + s.wave.Now(), Keys: steps(rowWave)})
	}
	if slices.Contains(rows, rowRemember) {
		back := ui.Times("tab", len(rows)-slices.Index(rows, rowRemember))
		ask.Choices = append(ask.Choices, ui.Choice{Key: "m", Words: ui.InWords(map[bool]string{true: "[x] ", false: "[ ] "}[s.remember] + s.rememberWords()), Keys: append(append(steps(rowRemember), ui.Press(" ")), back...)})
	}
	if s.holes() > 0 {
		ask.Choices = append(ask.Choices, ui.Choice{Words: "back to a key without a place", Key: "b", Keys: ui.Times(k.Prev.Keys()[0], 1)})
	}
	return ask
}

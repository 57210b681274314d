// Package history shows what was done with a key, or with all of them: the audit log as a list that can be filtered.
package history

import (
	"context"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Screen is the list.
type Screen struct {
	env     *ui.Env
	host    ui.Recorder
	profile string
	key     apikey.Key // with no id where the cursor was on none
	all     bool       // not this key's alone

	past   ui.Past
	words  []string // by act: what the filter looks into
	shown  []int
	loaded bool
	err    error
	turn   int

	in     *widget.Text
	typing bool
	cursor int
	above  int // the lines above the rows, as they were drawn last
	rows   widget.Scroller

	width, height int
}

type pastMsg struct {
	screen *Screen
	turn   int
	past   ui.Past
	err    error
}

// New makes the history of a key of a profile; with none, of all.
func New(env *ui.Env, host ui.Recorder, profile string, k apikey.Key) *Screen {
	s := &Screen{env: env, host: host, profile: profile, key: k, all: k.ID == "", in: widget.NewText(env, ""), rows: widget.NewPager(env)}
	s.in.Meaning("words of who, what, which key and what came of it")
	return s
}

// Init reads the record.
func (s *Screen) Init() tea.Cmd {
	s.turn++
	turn, profile, id := s.turn, s.profile, s.key.ID
	if s.all {
		profile, id = "", ""
	}
	return func() tea.Msg {
		past, err := s.host.Past(context.Background(), profile, id)
		return pastMsg{s, turn, past, err}
	}
}

// Title names the frame.
func (s *Screen) Title() string {
	if s.all {
		return "History of all keys"
	}
	return "History of " + ui.Clean(s.key.Name)
}

// Place is that of the key, or all profiles: the rows name theirs.
func (s *Screen) Place() ui.Place {
	if s.all {
		return ui.Place{Profile: "all profiles"}
	}
	return ui.Place{Profile: s.profile}
}

// WantsAll takes the whole frame.
func (s *Screen) WantsAll() bool { return true }

// Typing is while the filter is typed.
func (s *Screen) Typing() bool { return s.typing }

// SetSize sets the size of the content.
func (s *Screen) SetSize(width, height int) { s.width, s.height = width, height }

// Bindings are the keys that act now.
func (s *Screen) Bindings() []key.Binding {
	k := s.env.Keys
	if s.typing {
		return []key.Binding{k.FilterKeep, k.FilterClear}
	}
	other := ui.Does(k.History, "of all keys")
	if s.all {
		other = ui.Does(k.History, "of "+ui.Truncate(ui.Clean(s.key.Name), 24))
		other.SetEnabled(s.key.ID != "")
	}
	leave := k.Dismiss
	leave.SetKeys("esc", "q")
	if s.in.Value() != "" {
		leave.SetHelp(leave.Help().Key, "clear the filter")
	}
	return []key.Binding{k.Filter, other, k.Reload, leave}
}

// Update moves, filters and asks again.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pastMsg:
		if msg.screen == s && msg.turn == s.turn {
			s.loaded, s.past, s.err = true, msg.past, msg.err
			s.words = make([]string, len(s.past.Acts))
			for i, a := range s.past.Acts {
				s.words[i] = strings.ToLower(strings.Join(append([]string{a.Who, a.From, a.Profile, a.Action, a.KeyID, a.KeyName, a.Outcome, a.Rotation}, a.More...), "\n"))
			}
			s.filter()
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return nil
}

func (s *Screen) press(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	page := max(s.height-len(s.about(s.width))-3, 1)
	to, moves := k.Move(msg, s.cursor, page, page, len(s.shown)-1)
	switch {
	case s.typing && widget.IsText(msg):
	case s.typing && key.Matches(msg, k.FilterKeep), s.typing && key.Matches(msg, k.FilterClear):
		s.typing = false
		s.in.Blur()
		if key.Matches(msg, k.FilterClear) {
			s.in.Set("")
		}
		s.filter()
		return nil
	case moves && !(s.typing && key.Matches(msg, k.Top, k.Bottom)): // these are of the text that is typed
		s.cursor = to
		return nil
	case s.typing:
	case key.Matches(msg, k.Filter):
		s.typing = true
		s.in.Focus()
		return nil
	case key.Matches(msg, k.History) && s.key.ID != "":
		s.all, s.loaded, s.cursor = !s.all, false, 0
		return s.Init()
	case key.Matches(msg, k.Reload):
		return s.Init()
	case s.in.Value() != "" && key.Matches(msg, k.Cancel):
		s.in.Set("")
		s.in.Blur()
		s.filter()
		return nil
	case key.Matches(msg, k.Dismiss, k.Back) && msg.Type != tea.KeyEnter:
		return ui.Do(ui.Pop{Screen: s})
	}
	if s.typing && s.in.Update(msg) {
		s.filter()
	}
	return nil
}

// filter leaves the acts that have all the words.
func (s *Screen) filter() {
	on := -1
	if s.cursor < len(s.shown) {
		on = s.shown[s.cursor]
	}
	s.shown = s.shown[:0]
	words := strings.Fields(strings.ToLower(s.in.Value()))
	for i, text := range s.words {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			s.shown = append(s.shown, i)
		}
	}
	s.cursor = max(slices.Index(s.shown, on), 0)
}

// View is the list, with all that is known of what the cursor is on.
func (s *Screen) View() string {
	st := s.env.Styles
	switch {
	case s.err != nil:
		return strings.Join(ui.Hanging(st.Bad.Render, "✗ ", s.err.Error(), s.width), "\n")
	case !s.loaded:
		return st.Dim.Render("Reading the record …")
	}
	var head []string
	if s.past.Doubt != "" {
		head = append(head, ui.Hanging(st.Bad.Render, "✗ ", s.past.Doubt, s.width)...)
	}
	if s.typing || s.in.Value() != "" {
		count := ui.Number(len(s.shown)) + " of " + ui.Number(len(s.words))
		head = append(head, st.Accent.Render("/")+" "+s.in.View(max(s.width-ui.Width(count)-4, 8))+" "+st.Dim.Render(count))
	}
	if len(s.shown) == 0 {
		return strings.Join(append(head, ui.Centre(strings.Join(s.nothing(), "\n"), s.width, max(s.height-len(head), 1))...), "\n")
	}
	head = append(head, st.Column.Render("  "+s.columns("WHEN", "WHO", "PROFILE", "WHAT", "KEY", "RESULT", "DETAIL")))
	foot := append([]string{""}, s.about(s.width)...)
	lines := make([]string, len(s.shown))
	room := max(s.height-len(head), 1)
	for i := max(s.cursor-room, 0); i < min(s.cursor+room+1, len(lines)); i++ {
		lines[i] = s.row(s.past.Acts[s.shown[i]], i == s.cursor)
	}
	s.rows.SetSize(s.width, room)
	s.above = len(head)
	s.rows.Show(s.cursor, 0, len(foot)+1)
	return strings.Join(append(head, s.rows.Lines(lines, foot)...), "\n")
}

// RowAt is the record on a line.
func (s *Screen) RowAt(line int) (int, bool) {
	row, ok := s.rows.At(line - s.above)
	return row, ok && row < len(s.shown)
}

// Select puts the cursor on a record.
func (s *Screen) Select(row int) { s.cursor = row }

func (s *Screen) nothing() []string {
	st := s.env.Styles
	switch {
	case len(s.words) > 0:
		return []string{"Nothing on record has these words.", st.Dim.Render(s.env.Keys.FilterClear.Help().Key + " clears the filter")}
	case s.all:
		return []string{"Nothing is on record here.", st.Dim.Render("What is created, changed, delivered, rotated and deleted from here is.")}
	}
	return append([]string{"Nothing is on record of this key."}, ui.Styled(st.Dim.Render,
		"What is done with a key from here is recorded here. "+s.env.Keys.History.Help().Key+" shows the record of all keys.", max(min(s.width-4, 76), 20))...)
}

// columns are those of a row; a narrow one has neither who nor where, which are told below.
func (s *Screen) columns(when, who, profile, what, name, outcome, detail string) string {
	line := ui.Pad(when, 9) + " "
	if s.width >= 80 {
		line += ui.Pad(who, 10) + " "
	}
	if s.width >= 100 && s.all {
		line += ui.Pad(profile, 16) + " "
	}
	rest := s.width - 2 - ui.Width(line)
	line += ui.Pad(what, min(16, rest/3)) + " "
	rest = s.width - 2 - ui.Width(line)
	if s.width < 100 {
		line += ui.Pad(name, max(rest*2/3, 8)) + " "
		return line + ui.Truncate(outcome, max(s.width-2-ui.Width(line), 0))
	}
	line += ui.Pad(name, rest*2/5) + " " + ui.Pad(outcome, rest/5) + " "
	return line + ui.Truncate(detail, max(s.width-2-ui.Width(line), 0))
}

func (s *Screen) row(a ui.Act, selected bool) string {
	st := s.env.Styles
	line := s.columns(ui.Relative(a.At, s.env.Now()), ui.Clean(a.Who), ui.Clean(a.Profile), ui.Clean(a.Action), ui.Clean(a.KeyName), ui.Clean(a.Outcome), ui.Clean(strings.Join(a.More, "; ")))
	switch {
	case selected:
		return st.Accent.Render("▸ ") + st.Cursor.Render(ui.Pad(line, s.width-2))
	case !a.Good:
		return st.Warn.Render("! ") + line
	}
	return "  " + line
}

// about is all that is on record of what the cursor is on.
func (s *Screen) about(width int) []string {
	if s.cursor >= len(s.shown) {
		return nil
	}
	const labels = 9
	st, a := s.env.Styles, s.past.Acts[s.shown[s.cursor]]
	var out []string
	add := func(label, text string) {
		if text = ui.Clean(text); text != "" {
			for i, line := range ui.Wrapped(text, width-labels) {
				if i > 0 {
					label = ""
				}
				out = append(out, st.Dim.Render(ui.Pad(label, labels))+line)
			}
		}
	}
	from := ""
	if a.From != "" {
		from = " from " + a.From
	}
	add("when", ui.Exact(a.At, s.env.Zone))
	add("who", a.Who+from)
	if a.KeyName+a.KeyID != "" {
		add("key", strings.TrimSpace(a.KeyName+" "+a.KeyID+" on "+a.Profile))
	}
	add("result", a.Outcome)
	for _, more := range a.More {
		add("", more)
	}
	if most := max(s.height/2, 3); len(out) > most {
		out = append(out[:most-1], st.Dim.Render("…"))
	}
	if s.past.Left > 0 && s.cursor == len(s.shown)-1 {
		out = append(out, st.Dim.Render(ui.Count(s.past.Left, "older record")+": detent audit shows them"))
	}
	return out
}

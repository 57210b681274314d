package rotate

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
	"detent/tui/widget"
)

// List shows the rotations that have a journal here: the open ones first.
type List struct {
	env           *ui.Env
	host          Host
	views         []rotation.View
	loaded        bool
	err           error
	cursor        int
	wanted        string // the rotation to begin at
	at, about     int    // the line of the row under the cursor, and how many tell about it
	text          widget.Scroller
	width, height int
}

// NewList makes the overlay of open rotations.
func NewList(env *ui.Env, host Host) *List {
	return &List{env: env, host: host, text: widget.NewPager(env)}
}

// Init loads the journals.
func (l *List) Init() tea.Cmd {
	return func() tea.Msg {
		views, err := l.host.Rotations(background())
		return listedMsg{l, views, err}
	}
}

// Show puts the cursor on a rotation when the journals are there.
func (l *List) Show(id string) { l.wanted = id }

// Title names the box.
func (l *List) Title() string { return "Rotations" }

// Place is all profiles: the rows name theirs.
func (l *List) Place() ui.Place { return ui.Place{Profile: "all profiles"} }

// WantsAll takes the whole frame.
func (l *List) WantsAll() bool { return true }

// SetSize sets the size of the content.
func (l *List) SetSize(width, height int) { l.width, l.height = width, height }

// Bindings are the keys that act now.
func (l *List) Bindings() []key.Binding {
	k := l.env.Keys
	switch v, ok := l.selected(); {
	case !ok:
		return []key.Binding{k.Dismiss}
	case v.State != rotation.Open || l.env.NoWrites != "":
		return []key.Binding{ui.Does(k.Confirm, "evidence"), k.Dismiss}
	}
	return []key.Binding{ui.Does(k.Confirm, "resume or undo"), k.Evidence, k.Dismiss}
}

func (l *List) selected() (rotation.View, bool) {
	if l.cursor >= len(l.views) {
		return rotation.View{}, false
	}
	v := l.views[l.cursor]
	return v, v.Err == nil
}

// Update moves the cursor and opens a rotation.
func (l *List) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listedMsg:
		if msg.list == l {
			l.loaded, l.err, l.views = true, msg.err, openFirst(msg.views)
			l.cursor = min(l.cursor, max(len(l.views)-1, 0))
			if at := slices.IndexFunc(l.views, func(v rotation.View) bool { return v.ID == l.wanted }); at >= 0 {
				l.cursor, l.wanted = at, ""
			}
		}
	case Changed:
		return l.Init()
	case tea.KeyMsg:
		return l.key(msg)
	}
	return nil
}

func openFirst(views []rotation.View) []rotation.View {
	var open, rest []rotation.View
	for _, v := range views {
		if v.Err != nil || v.State == rotation.Open {
			open = append(open, v)
		} else {
			rest = append(rest, v)
		}
	}
	return append(open, rest...)
}

func (l *List) key(msg tea.KeyMsg) tea.Cmd {
	k := l.env.Keys
	to, moves := k.Move(msg, l.cursor, 0, 0, len(l.views)-1)
	switch {
	case moves:
		l.cursor = to
	case key.Matches(msg, k.Confirm, k.Evidence):
		v, ok := l.selected()
		switch {
		case !ok:
			return nil
		case v.State != rotation.Open || l.env.NoWrites != "" || key.Matches(msg, k.Evidence): // to look is no write
			return ui.Do(ui.Push{Screen: NewEvidence(l.env, placeOf(l.host, v), func() rotation.View { return v })})
		}
		return tea.Sequence(ui.Do(ui.Pop{Screen: l}), ui.Do(ui.Push{Screen: Resume(l.env, l.host, v)}))
	case key.Matches(msg, k.Cancel, k.Back, k.Quit):
		return ui.Do(ui.Pop{Screen: l})
	}
	return nil
}

// View lists them, the one under the cursor with what is certain about it.
func (l *List) View() string {
	st := l.env.Styles
	p := page{env: l.env, width: l.width}
	switch {
	case l.err != nil:
		p.wrap(st.Bad.Render("✗ "), st.Base, l.err.Error())
	case !l.loaded:
		p.line(st.Dim.Render("Reading the journals …"))
	case len(l.views) == 0:
		text := []string{"No rotation was begun here."}
		if l.env.NoWrites == "" {
			text = append(text, ui.Styled(st.Dim.Render, "r on a key begins one: a new key, delivered and proved, before the old one goes.", max(min(l.width-4, 76), 20))...)
		}
		return strings.Join(ui.Centre(strings.Join(text, "\n"), l.width, l.height), "\n")
	default:
		l.viewRows(&p)
	}
	l.text.SetSize(l.width, l.height)
	l.text.Show(l.at, l.about, 0)
	return strings.Join(l.text.Lines(p.lines, nil), "\n")
}

// RowAt is the rotation on a line, or the one that the line tells about.
func (l *List) RowAt(line int) (int, bool) {
	at, ok := l.text.At(line)
	switch row := at - 1; { // under the titles
	case !ok || !l.loaded || at < 1:
		return 0, false
	case at <= l.at:
		return row, row < len(l.views)
	default:
		row = max(row-l.about, l.cursor)
		return row, row < len(l.views)
	}
}

// Select puts the cursor on a rotation.
func (l *List) Select(row int) { l.cursor = row }

func (l *List) viewRows(p *page) {
	st, now := p.style(), l.env.Now()
	p.line(st.Column.Render(strings.Repeat(" ", l.signWidth()+3) + l.columns("KEY", "PROFILE", "STATE", "STEP", "ENV", "AGE")))
	for i, v := range l.views {
		row := l.row(v, now, i == l.cursor)
		if i == l.cursor {
			p.line(st.Accent.Render("▸ ") + st.Cursor.Render(ui.Pad(row, p.width-2)))
			l.at = len(p.lines) - 1
			l.viewSelected(p, v)
			l.about = len(p.lines) - 1 - l.at
			continue
		}
		p.line("  " + row)
	}
}

// waitsForYou reports whether an open rotation goes on by nobody but a person.
func (l *List) waitsForYou(v rotation.View, now time.Time) bool {
	if l.env.Waiting == nil {
		return false
	}
	w, here := l.env.Waiting(v.ID)
	return !here || !w.Busy && !w.Ends.After(now)
}

// columns are those of a row behind its sign; where there is no room for all, the profile is told under the row.
func (l *List) columns(name, profile, state, step, environment, age string) string {
	others := 9 + l.stepWidth() + 6 + 4
	if l.narrow() {
		profile = ""
	} else {
		profile = ui.Pad(profile, 17) + " "
	}
	return ui.Pad(name, max(min(l.width-l.signWidth()-3-others-ui.Width(profile)-1, l.nameWidth()), 8)) + " " + profile + ui.Pad(state, 9) + ui.Pad(step, l.stepWidth()) + ui.Pad(environment, 6) + age
}

// nameWidth is what the longest name takes, so that a wide terminal does not tear a row apart.
func (l *List) nameWidth() int {
	widest := 24
	for _, v := range l.views {
		widest = max(widest, ui.Width(clean(v.Old.Called())))
	}
	return widest
}

// stepWidth has room for a step and how long it still takes, and where the list is wide for how far it is.
func (l *List) stepWidth() int {
	if l.wide() {
		return 20
	}
	return 13
}

func (l *List) wide() bool { return l.width >= 100 }

// link joins the four steps; where there is little room they stand side by side.
func (l *List) link() string {
	if !l.wide() {
		return ""
	}
	return "━━"
}

func (l *List) signWidth() int { return 4 + 3*ui.Width(l.link()) }

// step is what a rotation is at; of one that counts down in this program, how far it is.
func (l *List) step(v rotation.View, now time.Time, plain bool) string {
	st, name := l.env.Styles, v.PublicStep()
	if v.State != rotation.Open {
		return name
	}
	if l.env.Waiting != nil {
		if w, here := l.env.Waiting(v.ID); here && w.Ends.After(now) {
			left := w.Ends.Sub(now)
			if !l.wide() {
				return name + " " + clock(left)
			}
			gauge := bar(st, 1-float64(left)/float64(max(w.Total, left)), 5)
			if plain {
				gauge = ansi.Strip(gauge)
			}
			return ui.Pad(name, 6) + gauge + " " + clock(left)
		}
	}
	return name
}

func (l *List) narrow() bool { return l.width < 72 }

// rowState is a rotation's state in a word.
func (l *List) rowState(v rotation.View) string {
	switch {
	case v.Holder != nil:
		return "held"
	case v.Undoing && v.State == rotation.Open:
		return "undoing"
	case v.State == rotation.Open && l.waitsForYou(v, l.env.Now()):
		return "waits"
	}
	return string(v.State)
}

// row is a rotation in a line; under the cursor, where everything is reversed, it has no colours of its own.
func (l *List) row(v rotation.View, now time.Time, plain bool) string {
	if v.Err != nil {
		return strings.Repeat(" ", l.signWidth()+1) + ui.Pad(v.ID, 24) + "unreadable"
	}
	st := l.env.Styles
	state := l.rowState(v)
	name, environment := ui.KeyName(st, st.Base, clean(v.Old.Called())), clean(l.host.Setting(v.Profile).ForKey(v.Old.Environment).Word(v.Old.Environment))
	mark := sign(st, v, l.link()) + " "
	leaked := ""
	if v.State == rotation.Open && v.Mode == rotation.Compromised {
		leaked = "LEAKED "
		name = st.Bad.Render(leaked) + name
	}
	switch {
	case plain:
		name, mark = leaked+clean(v.Old.Called()), ansi.Strip(mark)
	case environment == apikey.WordLive:
		environment = st.Bad.Render(environment)
	}
	row := mark + l.columns(name, clean(v.Profile), state, l.step(v, now, plain), environment, ui.Relative(v.Started, now))
	return strings.TrimRight(row, " ")
}

func (l *List) viewSelected(p *page, v rotation.View) {
	st := p.style()
	if v.Err != nil {
		p.wrap(st.Bad.Render("    ✗ "), st.Base, v.Err.Error())
		return
	}
	if v.State == rotation.Open && v.Mode == rotation.Compromised {
		p.wrap(st.Bad.Render("    ! "), st.Base, compromisedWord+": somebody else has the old key's secret")
	}
	if v.Holder != nil {
		p.wrap(st.Warn.Render("    ! "), st.Base, "held by "+v.Holder.String())
	}
	if l.narrow() {
		p.wrap(st.Dim.Render("    profile "), st.Base, v.Profile)
	}
	for _, c := range v.Certain {
		p.wrap(st.Good.Render("    ✓ "), st.Base, c)
	}
	for _, u := range v.Unknown {
		p.wrap(st.Warn.Render("    ? "), st.Base, u)
	}
	if v.Operator != "" {
		p.wrap(st.Dim.Render("    last by: "), st.Base, clean(v.Operator)+", over SSH")
	}
	for _, left := range v.Left {
		p.wrap(st.Warn.Render("    ! "), st.Base, left)
	}
	if v.State == rotation.Open {
		p.wrap(st.Dim.Render("    next: "), st.Base, v.Next.Text)
	}
}

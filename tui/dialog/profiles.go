package dialog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/desk"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Profiles lists the profiles: switch, test, add, edit.
type Profiles struct {
	env     *ui.Env
	rows    func() []ui.Profile
	current string
	forms   ProfileForms

	cursor  int
	list    widget.Scroller
	tests   map[string]test
	tickets map[int]string
}

// test is what came of trying a profile.
type test struct {
	running bool
	result  ui.ProfileTested
}

// ProfileForms make the forms that add a profile and edit one; No says why there are none.
type ProfileForms struct {
	Add  func() ui.Screen
	Edit func(ui.Profile) ui.Screen
	// More asks what else is to be done with one; nil where nothing is.
	More func(ui.Profile) ui.Screen
	No   string
}

// NewProfiles makes the list with the cursor on the profile in use.
func NewProfiles(env *ui.Env, rows func() []ui.Profile, current string, forms ProfileForms) *Profiles {
	p := &Profiles{env: env, rows: rows, current: current, forms: forms, list: widget.NewPager(env), tests: map[string]test{}, tickets: map[int]string{}}
	p.move(current)
	return p
}

// Title names the box.
func (p *Profiles) Title() string { return "Profiles" }

// SetSize gives the largest content.
func (p *Profiles) SetSize(width, height int) { p.list.SetSize(min(width, 96), height) }

// Bindings are the keys that act now.
func (p *Profiles) Bindings() []key.Binding {
	k := p.env.Keys
	if p.forms.No != "" {
		return []key.Binding{k.Switch, k.TestProfile, k.Dismiss}
	}
	if p.forms.More == nil {
		return []key.Binding{k.Switch, k.TestProfile, k.AddProfile, k.EditProfile, k.Dismiss}
	}
	return []key.Binding{k.Switch, k.TestProfile, k.AddProfile, k.EditProfile, k.MoreProfile, k.Dismiss}
}

// Update moves, switches, tests, adds and edits.
func (p *Profiles) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.ProfileTested:
		if name, ok := p.tickets[msg.Ticket]; ok {
			delete(p.tickets, msg.Ticket)
			p.tests[name] = test{result: msg}
		}
	case ui.ProfileSaved:
		if msg.Err == nil {
			delete(p.tests, msg.Name) // it was of what the profile said before
			p.move(msg.Name)
		}
	case tea.KeyMsg:
		return p.press(msg)
	}
	return nil
}

func (p *Profiles) move(name string) {
	if at := slices.IndexFunc(p.rows(), func(r ui.Profile) bool { return r.Name == name }); at >= 0 {
		p.cursor = at
	}
}

func (p *Profiles) press(msg tea.KeyMsg) tea.Cmd {
	k := p.env.Keys
	rows := p.rows()
	last := len(rows) - 1
	to, moves := k.Move(msg, p.cursor, 0, 0, last)
	switch {
	case moves:
		p.cursor = to
	case p.forms.No != "" && key.Matches(msg, k.AddProfile):
		return ui.Do(ui.ProfileRefused{What: desk.AddProfile, Why: p.forms.No})
	case p.forms.No != "" && key.Matches(msg, k.EditProfile, k.MoreProfile):
		name := ""
		if p.cursor <= last {
			name = rows[p.cursor].Name
		}
		return ui.Do(ui.ProfileRefused{Name: name, What: desk.EditProfile, Why: p.forms.No})
	case key.Matches(msg, k.AddProfile):
		return ui.Do(ui.Push{Screen: p.forms.Add()})
	case p.cursor <= last && key.Matches(msg, k.EditProfile):
		if rows[p.cursor].Embedded {
			return ui.Do(ui.Toast{Text: rows[p.cursor].Name + " is built in: there is nothing to edit"})
		}
		return ui.Do(ui.Push{Screen: p.forms.Edit(rows[p.cursor])})
	case p.forms.More != nil && p.cursor <= last && key.Matches(msg, k.MoreProfile):
		return ui.Do(ui.Push{Screen: p.forms.More(rows[p.cursor])})
	case p.cursor <= last && key.Matches(msg, k.Switch):
		return ui.Do(ui.UseProfile{Name: rows[p.cursor].Name})
	case p.cursor <= last && key.Matches(msg, k.TestProfile):
		name := rows[p.cursor].Name
		if p.tests[name].running {
			return nil
		}
		ticket := p.env.Ticket()
		p.tickets[ticket], p.tests[name] = name, test{running: true}
		return ui.Do(ui.TestProfile{Ticket: ticket, Name: name})
	case key.Matches(msg, k.Dismiss), key.Matches(msg, k.Profiles):
		return ui.Do(ui.Pop{Screen: p})
	}
	return nil
}

// RowAt is the profile on a line.
func (p *Profiles) RowAt(line int) (int, bool) {
	row, ok := p.list.At(line)
	return row, ok && row < len(p.rows())
}

// Select puts the cursor on a profile.
func (p *Profiles) Select(row int) { p.cursor = row }

// View is the list, and what is to be said about the selected profile.
func (p *Profiles) View() string {
	rows := p.rows()
	p.cursor = max(min(p.cursor, len(rows)-1), 0)
	name, service := 8, 8
	for _, r := range rows {
		name = max(name, ui.Width(ui.Clean(r.Name)))
		service = max(service, len(r.Service))
	}
	name = min(name, max(p.list.Width/3, 8))
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = p.row(r, i == p.cursor, name, service)
	}
	foot := append([]string{""}, p.about(rows)...)
	p.list.Show(p.cursor, 0, len(foot))
	return strings.Join(p.list.Lines(lines, foot), "\n")
}

func (p *Profiles) row(r ui.Profile, selected bool, name, service int) string {
	st := p.env.Styles
	in := "  "
	if r.Name == p.current {
		in = "● "
	}
	env := ui.BadgeState(r.Setting)
	where := r.URL
	if r.Embedded {
		where = "embedded"
	}
	flags := ""
	if r.ReadOnly {
		flags = "read-only  "
	}
	text := ui.Pad(ui.Clean(r.Name), name) + "  " + ui.Pad(ui.Clean(r.Service), service) + "  "
	badge := ui.Pad(env.String(), 7)
	rest := "  " + flags + ui.Clean(where)
	if selected {
		return ui.Truncate(st.Accent.Render("▸")+st.Cursor.Render(" "+ui.Pad(in+text+badge+rest, p.list.Width-2)), p.list.Width)
	}
	return ui.Pad("  "+st.Good.Render(in)+text+st.Tone(env.Tone).Render(badge)+st.Dim.Render(rest), p.list.Width)
}

// about says where the token comes from and what a test has shown.
func (p *Profiles) about(rows []ui.Profile) []string {
	if len(rows) == 0 {
		return []string{"There is no profile."}
	}
	st, r := p.env.Styles, rows[p.cursor]
	token := cmp.Or(r.Token, "made at start, in memory only")
	out := []string{st.Dim.Render("token  ") + ui.Truncate(ui.Clean(token), p.list.Width-7)}
	t, ok := p.tests[r.Name]
	switch {
	case !ok:
		return append(out, st.Dim.Render("test   not tested yet"))
	case t.running:
		return append(out, st.Dim.Render("test   ")+"asking the service …")
	case t.result.Err != nil:
		out = append(out, st.Dim.Render("test   ")+st.Bad.Render("✗ does not work"))
		for _, part := range Explain(t.result.Err) {
			out = append(out, ui.Hanging(st.Base.Render, "       ", part.Text, p.list.Width)...)
		}
		return out
	}
	out = append(out, st.Dim.Render("test   ")+st.Good.Render("✓ works")+": "+ui.Count(t.result.Keys, "key"))
	for _, note := range t.result.Notes {
		out = append(out, ui.Hanging(st.Base.Render, "       ", ui.Clean(note), p.list.Width)...)
	}
	return out
}

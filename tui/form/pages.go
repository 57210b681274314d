package form

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"detent/tui/ui"
	"detent/tui/widget"
)

// page is one group of a form with its name in the line of steps.
type page struct {
	name   string
	fields []field
	hide   func() bool
	shared bool     // of whatever has no page of its own
	advice []string // stands in the lines that the fields leave
}

func (p page) hidden() bool { return p.hide != nil && p.hide() }

// pages is a huh form of our fields. It moves in Update itself and drops huh's commands: movements that
// are commands let the next key land in the field before, and the others are timers that blink.
type pages struct {
	env           *ui.Env
	list          []page
	form          *huh.Form
	width, height int
}

func newPages(env *ui.Env, list []page) *pages {
	p := &pages{env: env, list: list}
	groups := make([]*huh.Group, len(list))
	for i, pg := range list {
		fields := make([]huh.Field, len(pg.fields))
		for j, f := range pg.fields {
			fields[j] = f
		}
		groups[i] = huh.NewGroup(fields...).WithShowHelp(false).WithShowErrors(false)
		if pg.hide != nil {
			groups[i].WithHideFunc(pg.hide)
		}
	}
	p.form = huh.NewForm(groups...).WithTheme(widget.Theme(env)).WithShowHelp(false).WithShowErrors(false)
	p.form.Init()
	p.focused().Focus()
	return p
}

// focused is the field that has the keys.
func (p *pages) focused() field {
	f, _ := p.form.GetFocusedField().(field)
	return f
}

// at is the index of the page on show.
func (p *pages) at() int {
	f := p.focused()
	return max(slices.IndexFunc(p.list, func(pg page) bool { return slices.Contains(pg.fields, f) }), 0)
}

// setSize gives the form its place: width by height cells, the line of steps included.
func (p *pages) setSize(width, height int) {
	p.width, p.height = width, height
	body := max(height-2, 3)
	for _, pg := range p.list {
		for _, f := range pg.fields {
			if r, ok := f.(interface{ room(int) }); ok {
				r.room(body)
			}
		}
	}
	p.form.WithWidth(max(width, 10)).WithHeight(body)
	p.form.Update(nil)
}

// typing reports whether printable keys are text now.
func (p *pages) typing() bool { return p.focused().typing() }

func (p *pages) dirty() bool {
	return slices.ContainsFunc(p.list, func(pg page) bool { return slices.ContainsFunc(pg.fields, field.dirty) })
}

// update takes a key: movement between fields, or the focused field's own.
func (p *pages) update(msg tea.KeyMsg) tea.Cmd {
	keys, f := p.env.Keys, p.focused()
	switch {
	case widget.IsText(msg) && f.typing(), f.wants(msg):
		return p.pass(msg)
	case key.Matches(msg, keys.Next), key.Matches(msg, keys.Confirm):
		p.next()
	case key.Matches(msg, keys.Prev):
		p.prev()
	default:
		return p.pass(msg)
	}
	return nil
}

// pass hands a key to the focused field. Its command comes back by take: huh
// mixes commands of its own with it.
func (p *pages) pass(msg tea.KeyMsg) tea.Cmd {
	f := p.focused()
	f.fail(nil)
	p.form.Update(msg)
	if c, ok := f.(interface{ take() tea.Cmd }); ok {
		cmd := c.take()
		p.refresh()
		return cmd
	}
	return nil
}

// next leaves the focused field forwards, if its value will do.
func (p *pages) next() {
	f := p.focused()
	if err := f.check(); err != nil {
		f.fail(err)
		p.form.Update(nil)
		return
	}
	p.form.NextField()
	if p.focused() != f {
		return
	}
	if !p.lastPage() {
		p.form.NextGroup()
	}
	p.focused().Focus()
	p.form.Update(nil)
}

// lastPage guards huh's last group: going on from there would complete the form, and a completed form shows nothing.
func (p *pages) lastPage() bool {
	return !slices.ContainsFunc(p.list[p.at()+1:], func(pg page) bool { return !pg.hidden() })
}

// prev leaves the focused field backwards: always allowed, so that nobody is locked in by an error.
func (p *pages) prev() {
	f := p.focused()
	p.form.PrevField()
	if p.focused() != f {
		return
	}
	p.form.PrevGroup()
	p.focused().Focus()
	p.form.Update(nil)
}

// check finds the first field whose value will not do, goes there and says why.
func (p *pages) check() bool {
	for _, pg := range p.list {
		if pg.hidden() {
			continue
		}
		for _, f := range pg.fields {
			if err := f.check(); err != nil {
				p.show(f, err)
				return false
			}
		}
	}
	return true
}

// show goes to a field, backwards from where the form is, and shows an error there. It
// reports whether the field is there to be shown.
func (p *pages) show(f field, err error) bool {
	for p.focused() != f {
		at := p.focused()
		if p.prev(); p.focused() == at {
			return false
		}
	}
	f.fail(err)
	p.form.Update(nil)
	return true
}

// refresh lets huh draw the fields anew after a change that no key made.
func (p *pages) refresh() { p.form.Update(nil) }

// view is the line of steps and the page.
func (p *pages) view() []string {
	out := []string{p.steps(), ""}
	body := ui.Fit(p.form.View(), p.width, max(p.height-2, 3))
	return append(out, atFoot(p.env, body, p.list[p.at()].advice, p.width)...)
}

// steps names the pages; the one on show has a mark besides its colour.
func (p *pages) steps() string {
	st, here := p.env.Styles, p.list[p.at()].name
	there := slices.DeleteFunc(slices.Clone(p.list), page.hidden)
	texts, short := make([]string, len(there)), ""
	for i, pg := range there {
		n := strconv.Itoa(i + 1)
		texts[i] = st.Dim.Render(n + " " + pg.name)
		if pg.name == here {
			texts[i] = st.Accent.Render("▸ " + n + " " + pg.name)
			short = st.Accent.Render("▸ " + n + " of " + strconv.Itoa(len(there)) + " " + pg.name)
		}
	}
	if full := strings.Join(texts, st.Dim.Render(" · ")); ui.Width(full) <= p.width {
		return full
	}
	return short
}

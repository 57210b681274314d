// Package palette finds by a few letters whatever the program can do or show: the actions of the screen, with their keys, and the
// keys, profiles and rotations that are loaded.
package palette

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// Chosen is what was chosen, for the root.
type Chosen struct {
	Palette *Palette
	Item    Item
}

type moreMsg struct {
	palette *Palette
	more    More
}

// Palette is the overlay.
type Palette struct {
	env    *ui.Env
	first  []Item
	look   func() More
	recent []string

	items  []Item // those that are few
	many   []Named
	as     func(Named) Item
	in     *widget.Text
	text   string // that all and best were found for
	all    []int  // every place that text may mean
	best   []match
	cursor int
	rows   widget.Scroller

	width, height int
	told          int // how many lines say all of what the cursor is on
}

// New makes a palette of what is known at once, and of what look finds. recent are the ids that were chosen last, the last one first.
func New(env *ui.Env, items []Item, look func() More, recent []string) *Palette {
	p := &Palette{env: env, first: items, look: look, recent: recent, items: items, in: widget.NewText(env, ""), rows: widget.NewPager(env)}
	p.in.Meaning("what to do, or where to go")
	p.in.Focus()
	p.refind(true)
	return p
}

// Title names the box.
func (p *Palette) Title() string { return "Do or go to" }

// Init looks for more.
func (p *Palette) Init() tea.Cmd {
	if p.look == nil {
		return nil
	}
	return func() tea.Msg { return moreMsg{p, p.look()} }
}

// SetSize gives the largest content; the box does not change its size with what is found.
func (p *Palette) SetSize(width, height int) {
	p.width, p.height = min(width, 108), min(height, 24)
	p.rows.SetSize(p.width, max(p.height-2, 1))
	p.told = 2
	if p.height < 12 {
		p.told = 1
	}
}

// Typing is always: every printable key is text.
func (p *Palette) Typing() bool { return true }

// Bindings are the keys that act now.
func (p *Palette) Bindings() []key.Binding {
	k := p.env.Keys
	return []key.Binding{ui.Does(k.Confirm, "do it"), ui.Does(k.Cancel, k.Dismiss.Help().Desc)}
}

// Update types, moves and chooses.
func (p *Palette) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case moreMsg:
		if msg.palette == p {
			p.add(msg.more)
		}
	case ui.Listed: // the keys are others now
		return p.Init()
	case tea.KeyMsg:
		return p.press(msg)
	}
	return nil
}

func (p *Palette) press(msg tea.KeyMsg) tea.Cmd {
	k := p.env.Keys
	last := len(p.best) - 1
	switch {
	case widget.IsText(msg):
	case key.Matches(msg, k.Confirm):
		if len(p.best) == 0 {
			return nil
		}
		return ui.Do(Chosen{p, p.item(p.best[p.cursor].at)})
	case key.Matches(msg, k.Cancel, k.Palette):
		return ui.Do(ui.Pop{Screen: p})
	case msg.Type == tea.KeyUp, msg.Type == tea.KeyShiftTab:
		p.cursor = max(p.cursor-1, 0)
		return nil
	case msg.Type == tea.KeyDown, msg.Type == tea.KeyTab:
		p.cursor = max(min(p.cursor+1, last), 0)
		return nil
	case msg.Type == tea.KeyPgUp:
		p.cursor = max(p.cursor-p.page(), 0)
		return nil
	case msg.Type == tea.KeyPgDown:
		p.cursor = max(min(p.cursor+p.page(), last), 0)
		return nil
	}
	if p.in.Update(msg) {
		p.refind(false)
	}
	return nil
}

// page is how many rows there are.
func (p *Palette) page() int { return max(p.height-4-p.told, 1) }

// add takes what was found. What the cursor is on stays under it.
func (p *Palette) add(more More) {
	on := ""
	if p.cursor < len(p.best) && p.cursor > 0 {
		on = p.item(p.best[p.cursor].at).ID
	}
	p.items, p.many, p.as = slices.Concat(p.first, more.Items), more.Many, more.As
	p.refind(true)
	for i, m := range p.best {
		if on != "" && p.item(m.at).ID == on {
			p.cursor = i
			break
		}
	}
}

// refind finds what the text means: of a text that grew, among what was found before.
func (p *Palette) refind(anew bool) {
	text, among := p.in.Value(), p.all
	if text == p.text && !anew {
		return
	}
	if anew || p.text == "" || len(text) < len(p.text) || text[:len(p.text)] != p.text {
		among = make([]int, p.len())
		for at := range among {
			among[at] = at
		}
	}
	p.text, p.cursor = text, 0
	p.rows.Top()
	if text == "" {
		p.all, p.best = nil, p.untyped()
		return
	}
	p.all, p.best = p.find(text, among)
}

package form

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/client"
	"detent/tui/ui"
)

// maxOffered is how many choices stand under a parent at once.
const maxOffered = 6

// parentField takes the id of what keys belong to, and offers those that the service names. What it does not name can be typed.
type parentField struct {
	text
	parent ui.Parent
	ticket int    // of the question under way, or the last one
	said   string // what came of it
	found  []client.Choice
	typed  string // by which of them are offered
	at     int    // the one that is chosen; -1 for none
}

func newParentField(env *ui.Env, parent ui.Parent, value string) *parentField {
	p := &parentField{text: *newText(env, ui.Clean(parent.Title), value), parent: parent, at: -1}
	p.self = p
	p.help = ui.Clean(parent.About)
	return p
}

// check takes a name for the id that it stands for.
func (p *parentField) check() error {
	value := strings.TrimSpace(p.value())
	if value == "" {
		return errors.New("this is required: the calls of the service name it")
	}
	is := func(c client.Choice) bool { return strings.EqualFold(c.Name, value) }
	if at := slices.IndexFunc(p.found, is); at >= 0 && !slices.ContainsFunc(p.found, func(c client.Choice) bool { return c.ID == value }) {
		p.line.Set(p.found[at].ID)
	}
	return nil
}

// asking begins a question anew.
func (p *parentField) asking(ticket int) {
	p.ticket, p.said, p.found, p.at = ticket, "asking the service which there are…", nil, -1
}

// told takes the answer. What was typed meanwhile stays.
func (p *parentField) told(msg ui.ParentsTold) {
	switch all := ui.Count(len(msg.Choices.All), "choice"); {
	case msg.Ticket != p.ticket:
		return
	case msg.Err != nil:
		p.said = "The service could not be asked which there are: " + msg.Err.Error() + ". It can be typed."
		return
	case len(msg.Choices.All) == 0:
		p.said = "The service names none. It can be typed."
		return
	case msg.Choices.More:
		p.said = "The service names " + all + ", and has more, which can be typed: ↑ ↓ choose."
	default:
		p.said = "The service names " + all + ": ↑ ↓ choose, letters narrow."
	}
	p.found = msg.Choices.All
}

// offered are those that what was typed is in.
func (p *parentField) offered() (out []client.Choice) {
	typed := strings.ToLower(strings.TrimSpace(p.typed))
	for _, c := range p.found {
		if strings.Contains(strings.ToLower(c.ID+" "+c.Name), typed) {
			out = append(out, c)
		}
	}
	return out
}

func (p *parentField) wants(msg tea.KeyMsg) bool {
	n := len(p.offered())
	return msg.Type == tea.KeyDown && p.at < n-1 || msg.Type == tea.KeyUp && p.at > 0
}

// Update takes what is typed, and moves among what is offered.
func (p *parentField) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case p.wants(press):
		p.at += map[bool]int{true: 1, false: -1}[press.Type == tea.KeyDown]
		p.line.Set(p.offered()[p.at].ID)
	default:
		before := p.value()
		p.line.Update(press)
		if after := p.value(); after != before {
			p.typed, p.at = after, -1
		}
	}
	return p, nil
}

func (p *parentField) lines(width int) []string {
	st := p.env.Styles
	out := p.text.lines(width)
	if p.said == "" || p.err != nil {
		return out
	}
	out = append(out, ui.Hanging(st.Dim.Render, "  ", p.said, width)...)
	offered := p.offered()
	from := min(max(p.at-maxOffered/2, 0), max(len(offered)-maxOffered, 0))
	for i, c := range offered[from:min(from+maxOffered, len(offered))] {
		mark, look := "  ", st.Base.Render
		if from+i == p.at {
			mark, look = "▸ ", st.Accent.Render
		}
		out = append(out, look(ui.Truncate(mark+choiceWords(c), width)))
	}
	if left := len(offered) - from - maxOffered; left > 0 {
		out = append(out, st.Dim.Render("  and "+strconv.Itoa(left)+" more"))
	}
	return out
}

// choiceWords are a choice on one line.
func choiceWords(c client.Choice) string {
	words := c.ID
	for _, more := range []string{c.Name, c.Description} {
		if more != "" && more != c.ID {
			words += "  " + ui.Clean(more)
		}
	}
	return words
}

func (p *parentField) ask() ([]ui.Fact, ui.Ask) {
	facts, q := p.text.ask()
	if p.said != "" {
		facts = append(facts, ui.Facts(p.said)...)
	}
	for i, c := range p.offered() {
		if i == maxOffered {
			break
		}
		facts = append(facts, ui.Facts(choiceWords(c))...)
	}
	return facts, q
}

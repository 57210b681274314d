package palette

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// Item is something to choose.
type Item struct {
	// ID tells it from every other, and is known again another time.
	ID string
	// Kind is a word for what it is: "profile". An action has none.
	Kind string
	Name string
	// Of is what it is done with: shown behind the name, and not looked into.
	Of string
	// About is what it does or where it is.
	About string
	// Key is the key cap that does the same.
	Key string
	// Why it cannot be done now; empty where it can.
	Why string
	// Then is what choosing it means to the root.
	Then tea.Msg
}

// Named is one of very many things that differ by their names alone: an Item is made of it when it is drawn.
type Named struct{ ID, Name, About string }

// InProfile stands between a profile and the id of a key of it.
const InProfile = "\x1f"

// More is what has to be looked for, in a command: rotations are journals on a disk.
type More struct {
	Items []Item
	Many  []Named
	// As makes an item of one of Many.
	As func(Named) Item
}

func (p *Palette) len() int { return len(p.items) + len(p.many) }

func (p *Palette) isFew(at int) bool { return at < len(p.items) }

func (p *Palette) name(at int) string {
	if p.isFew(at) {
		return p.items[at].Name
	}
	return p.many[at-len(p.items)].Name
}

func (p *Palette) id(at int) string {
	if p.isFew(at) {
		return p.items[at].ID
	}
	return p.many[at-len(p.items)].ID
}

// keyID is the id of one of many, without whose it is.
func (p *Palette) keyID(at int) string {
	id := p.id(at)
	return id[strings.LastIndexByte(id, InProfile[0])+1:]
}

func (p *Palette) item(at int) Item {
	if p.isFew(at) {
		return p.items[at]
	}
	return p.as(p.many[at-len(p.items)])
}

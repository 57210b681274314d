package desk

import (
	"slices"
	"strings"
	"sync"

	"detent/apikey"
)

// names are how the keys of a service are called, by id. A list has up to 100,000 and an action needs one: what is heard at
// once is kept as one text, and the newest is searched first. An empty one is ready for use.
type names struct {
	mu    sync.Mutex
	lists int // that were begun
	heard []heard
}

// heard is what one batch said, "\nID\x00NAME" for each key: neither has such a character, as the client scrubs both.
type heard struct {
	list int // the newest list when it was said
	text string
}

// begin numbers a list.
func (n *names) begin() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lists++
	return n.lists
}

// complete forgets what was said before a list that is now all there.
func (n *names) complete(list int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = slices.DeleteFunc(n.heard, func(h heard) bool { return h.list < list })
}

func (n *names) learn(keys ...apikey.Key) {
	size := 1
	for i := range keys {
		size += len(keys[i].ID) + len(keys[i].Name) + 2
	}
	var b strings.Builder
	b.Grow(size)
	for i := range keys {
		b.WriteString("\n")
		b.WriteString(keys[i].ID)
		b.WriteString("\x00")
		b.WriteString(keys[i].Name)
	}
	b.WriteString("\n")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = append(n.heard, heard{n.lists, b.String()})
}

// of is the name of a key, empty where none was heard.
func (n *names) of(id string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range slices.Backward(n.heard) {
		if _, after, ok := strings.Cut(h.text, "\n"+id+"\x00"); ok {
			name, _, _ := strings.Cut(after, "\n")
			return name
		}
	}
	return ""
}

package desk

import (
	"slices"
	"strings"
	"sync"

	"detent/apikey"
)

// names are how the keys of a service are called, by id, with what else an order may change: the role, and whether it is enabled. A
// list has up to 100,000 and an action needs one: what is heard at once is kept as one text, and the newest is searched first. An
// empty one is ready for use.
type names struct {
	mu      sync.Mutex
	lists   int // that were begun
	batches []batch
}

// batch is what one batch said, "\nID\x00NAME\x00ROLE\x00STATE" for each key: none has such a character, as the client scrubs them.
type batch struct {
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
	n.batches = slices.DeleteFunc(n.batches, func(h batch) bool { return h.list < list })
}

func (n *names) learn(keys ...apikey.Key) {
	size := 1
	for i := range keys {
		size += len(keys[i].ID) + len(keys[i].Name) + len(keys[i].Role) + 5
	}
	var b strings.Builder
	b.Grow(size)
	for i := range keys {
		state := ""
		switch on := keys[i].Enabled; {
		case on == nil:
		case *on:
			state = stateOn
		default:
			state = stateOff
		}
		for _, part := range [...]string{"\n", keys[i].ID, "\x00", keys[i].Name, "\x00", keys[i].Role, "\x00", state} {
			b.WriteString(part)
		}
	}
	b.WriteString("\n")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.batches = append(n.batches, batch{n.lists, b.String()})
}

const (
	stateOn  = "1"
	stateOff = "0"
)

// of is what was heard of a key last: its name, its role and whether it is enabled. All are empty where nothing was.
func (n *names) of(id string) apikey.Key {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range slices.Backward(n.batches) {
		_, after, ok := strings.Cut(h.text, "\n"+id+"\x00")
		if !ok {
			continue
		}
		line, _, _ := strings.Cut(after, "\n")
		parts := append(strings.Split(line, "\x00"), "", "") // a name with an end of a line would be cut there
		k := apikey.Key{ID: id, Name: parts[0], Role: parts[1]}
		if state := parts[2]; state != "" {
			on := state == stateOn
			k.Enabled = &on
		}
		return k
	}
	return apikey.Key{ID: id}
}

// Package keylist is the table of keys: made for 100,000 of them. It draws the
// visible window only, computes a row once, keeps the cursor on a key and not on
// a line, and sorts and filters index slices, in a command where that takes long.
//
// From the bottom up: text (what is searched and compared), pack (a key as it is kept), access (sets of permissions), columns with
// rotating, parse (the language of the filter), store (the keys of one load), query (which of them a filter finds) with unreported, and
// work (an order and a filter of a store); they know no list, and filter is the way in for who has none. list has what the screen knows
// and is asked; layout, chips, complete and understood are what stands round the rows, move which rows are in sight, marked which are
// marked, render draws them, speech says them. arrange puts work on the screen; load, prefer, typing, mouse and update are what comes in.
package keylist

import (
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// List is the pane.
type List struct {
	env     *ui.Env
	columns []column
	byDrop  []int // the columns but the name, those that stay longest first
	ctx     context

	width, height int
	focused       bool

	store    *store // the newest keys
	seen     *store // what idx points into: an older load until the newest is arranged
	incoming *store // a reload that is not complete: the old list stays until it is
	loading  bool

	sortBy   int // index into columns
	reverse  bool
	input    *widget.Text
	typing   bool
	query    query
	profiles []Profile
	waiting  map[int][]Batch // by profile: a reload that is not complete, of one that has keys
	missing  []string        // what the filter asks for and no key reports
	wrong    error           // what the filter does not understand

	completion completion
	reported   map[string]reported // by a field's label
	taught     taught

	gen      int  // of the arrangement wanted
	sortGen  int  // of the order alone
	round    int  // of what it orders by
	busy     bool // a command arranges
	ordered  int  // how many keys have a place in the order, or are to get one now
	paused   time.Time
	sorted   []int32
	before   []int32 // the order of the first keys, while that of all is not known
	names    []int32 // the order of the first keys of store by name, where it is known
	idx      []int32 // what is shown, in order
	idxQuery query   // the filter that idx was made with

	cursor, offset int
	current        int32  // the key under the cursor, by its index in store; -1 for none
	moved          bool   // the user chose a place: it follows the key
	wantedID       string // the id of a key to go to when it is there
	wantedOf       int    // and its profile; -1 for any

	selected   *apikey.Key // what Selected gave, for the key at this place of this store: the same until that changes
	selectedOf *store
	selectedAt int32

	overview    bool // what the counts are is known
	states      []Chip
	ends        Expiries
	chip        int // the chip under the cursor; -1 for none
	rotating    map[Of]Rotating
	marked      map[Of]bool
	problems    []string // lines below the rows, which the cursor can stand on
	onProblem   int      // which one the cursor stands on; -1 for none
	layout      []placed
	chipsAt     int   // the line of the pane that the chips were drawn at; -1 where none were
	chipEnds    []int // where each of them ended
	drawn, to   int   // the lines of the pane that rows were drawn at; 0 where none was
	rows        map[int32]string
	scratch     apikey.Key // for the row that is drawn
	placeholder string     // shown instead of rows where there are none
	banner      string     // one line above the rows
}

// SetFocused says whether keys come here; the cursor shows it.
func (l *List) SetFocused(on bool) { l.focused = on }

// SetPlaceholder is what to show where there are no keys.
func (l *List) SetPlaceholder(block string) { l.placeholder = block }

// Problem is the line below the rows that the cursor stands on, or -1.
func (l *List) Problem() int { return l.onProblem }

// Keys are the keys of the list as they are now.
func (l *List) Keys() Keys { return Keys{l.store.packedList} }

// Selected is the key under the cursor with its findings.
func (l *List) Selected() (*apikey.Key, ui.Marks, bool) {
	if l.current < 0 || l.cursor >= len(l.idx) || l.idx[l.cursor] != l.current {
		return nil, 0, false
	}
	if l.selected == nil || l.selectedOf != l.seen || l.selectedAt != l.current {
		l.selected, l.selectedOf, l.selectedAt = l.seen.key(l.current, new(apikey.Key)), l.seen, l.current
	}
	return l.selected, l.seen.mark(l.current), true
}

// Len is the number of keys.
func (l *List) Len() int { return l.store.n }

// Position is the place of the cursor among the rows, from 1, and how many rows there are; of no row it is 0.
func (l *List) Position() (at, of int) {
	if l.cursor >= len(l.idx) {
		return 0, 0
	}
	return l.cursor + 1, len(l.idx)
}

// Shown is the number of keys that the filter leaves.
func (l *List) Shown() int { return len(l.idx) }

// Typing reports whether the filter takes text.
func (l *List) Typing() bool { return l.typing }

// Filtered reports whether a filter is set or being typed.
func (l *List) Filtered() bool { return l.typing || l.input.Value() != "" }

// Tick draws the relative times anew.
func (l *List) Tick() { clear(l.rows) }

// inProfile stands between a profile and the id of a key of it, where a list has several.
const inProfile = "\x1f"

// SelectedProfile is the profile of the key under the cursor, by its place; of no key it is -1.
func (l *List) SelectedProfile() int {
	if _, _, ok := l.Selected(); !ok {
		return -1
	}
	return l.seen.profileOf(l.current)
}

// SelectedRef names the key under the cursor so that Select finds it; empty for none.
func (l *List) SelectedRef() string {
	if _, _, ok := l.Selected(); !ok {
		return ""
	}
	return l.ref(l.current)
}

// ref names a key of the list: by its id, and where there are several profiles by its own.
func (l *List) ref(i int32) string {
	id := l.seen.at(i).keyID()
	if len(l.profiles) > 1 {
		return l.profiles[l.seen.profileOf(i)].Name + inProfile + id
	}
	return id
}

// refOf is the profile and the id that a name of a key means; the profile is -1 for any.
func (l *List) refOf(name string) (profile int, id string) {
	of, id, both := strings.Cut(name, inProfile)
	if !both {
		return -1, of
	}
	return slices.IndexFunc(l.profiles, func(p Profile) bool { return p.Name == of }), id
}

func (l *List) named(i int32) Of { return Of{l.seen.profileOf(i), l.seen.at(i).keyID()} }

func (l *List) columnAt(title string) int {
	return slices.IndexFunc(l.columns, func(c column) bool { return c.title == title })
}

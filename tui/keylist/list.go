// Package keylist is the table of keys: made for 100,000 of them. It draws the
// visible window only, computes a row once, keeps the cursor on a key and not on
// a line, and sorts and filters index slices, in a command where that takes long.
package keylist

import (
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Above these numbers of keys the work leaves Update for a command.
const (
	sortAtOnce   = 4_000
	filterAtOnce = 30_000
)

// orderPause is how long keys that come wait in no order, unless as many come as there are: while a load goes on, bringing
// all into one order again and again would cost more than the keys.
const orderPause = 250 * time.Millisecond

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

// New makes an empty list, sorted by what wants something done.
func New(env *ui.Env) *List {
	l := &List{env: env, focused: true, input: widget.NewText(env, ""), current: -1, onProblem: -1, chip: -1, rows: map[int32]string{}, reported: map[string]reported{}}
	l.setColumns(columns())
	l.Clear()
	return l
}

// setColumns gives the list its columns, and sorts by what wants something done where that is one of them.
func (l *List) setColumns(columns []column) {
	l.columns, l.byDrop = columns, nil
	for i := 1; i < len(columns); i++ {
		l.byDrop = append(l.byDrop, i)
	}
	slices.SortFunc(l.byDrop, func(a, b int) int { return columns[a].drop - columns[b].drop })
	l.sortBy = max(slices.IndexFunc(columns, func(c column) bool { return c.byNeed }), 0)
}

// Clear empties the list for another profile; sort and filter stay the user's.
func (l *List) Clear() {
	l.gen++
	l.store, l.incoming, l.waiting = newStore(l.columns), nil, map[int][]Batch{}
	l.seen = l.store
	clear(l.reported)
	l.marked = map[Of]bool{}
	l.taught = taught{}
	l.sorted, l.before, l.names, l.idx, l.idxQuery, l.wantedID = nil, nil, nil, nil, l.query, ""
	l.ordered, l.loading = 0, false
	l.round++
	l.cursor, l.offset, l.current, l.moved, l.busy = 0, 0, -1, false, false
	l.banner, l.problems, l.onProblem, l.overview, l.chip = "", nil, -1, false, -1
	l.relayout()
}

// SetSize gives the pane's size.
func (l *List) SetSize(width, height int) {
	if width == l.width && height == l.height {
		return
	}
	l.width, l.height = width, height
	l.relayout()
	l.follow()
}

// SetFocused says whether keys come here; the cursor shows it.
func (l *List) SetFocused(on bool) { l.focused = on }

// SetPlaceholder is what to show where there are no keys.
func (l *List) SetPlaceholder(block string) { l.placeholder = block }

// SetBanner shows one line above the rows; empty for none.
func (l *List) SetBanner(line string) {
	l.banner = line
	l.follow()
}

// SetProblems shows lines below the rows: what is to be said about profiles that have none.
func (l *List) SetProblems(lines []string) {
	l.problems = lines
	l.onProblem = min(l.onProblem, len(lines)-1)
	l.follow()
}

// Problem is the line below the rows that the cursor stands on, or -1.
func (l *List) Problem() int { return l.onProblem }

// Begin starts a load. The keys of an earlier load stay until End.
func (l *List) Begin() {
	l.incoming, l.loading = nil, true
	if l.store.n > 0 {
		l.incoming = newStore(l.columns)
	}
}

// Add takes batches of the load under way.
func (l *List) Add(batches ...Batch) tea.Cmd {
	l.ctx.now = l.env.Now()
	to, wider := l.store, false
	if l.incoming != nil {
		to = l.incoming
	}
	for _, batch := range batches {
		wider = to.add(batch, l.columns, &l.ctx) || wider
	}
	if l.incoming != nil {
		return nil
	}
	if wider {
		l.relayout()
	}
	if n := l.store.n; l.loading && n > sortAtOnce && n < 2*l.ordered && l.ctx.now.Sub(l.paused) < orderPause {
		return nil // until more came, or End
	}
	return l.rearrange(reusePrefix)
}

// End closes the load. One that failed leaves the old list as it was.
func (l *List) End(complete bool) tea.Cmd {
	next := l.incoming
	l.incoming, l.loading = nil, false
	if !complete || next == nil {
		return l.orderRest()
	}
	return l.replace(next)
}

// orderRest gives the keys a place that came last.
func (l *List) orderRest() tea.Cmd {
	if l.ordered < l.store.n {
		return l.rearrange(reusePrefix)
	}
	return nil
}

// replace takes the keys of a reload. Where findings have a say in the order, the list stays as it is until they are known too, or each
// reload would show all keys in another order first.
func (l *List) replace(next *store) tea.Cmd {
	wait := len(l.store.marks) > 0
	l.store, l.names = next, nil
	l.relayout()
	if wait {
		l.sorted, l.before, l.ordered = nil, nil, next.n
		return nil
	}
	return l.rearrange(reuseNone)
}

// Keys are the keys of the list as they are now.
func (l *List) Keys() Keys { return Keys{l.store.packedList} }

// SetMarks gives the findings of every key, in the order of Keys.
func (l *List) SetMarks(marks []ui.Marks) tea.Cmd {
	l.store.marks = marks
	some := func(of ui.Marks) bool { return slices.ContainsFunc(marks, func(m ui.Marks) bool { return m&of != 0 }) }
	if i := l.columnAt("STATUS"); i >= 0 {
		l.store.shown[i] = l.store.shown[i] || some(ui.Warnings)
	}
	l.store.signed = l.store.signed || some(ui.MarkOf(apikey.FindingCanMint)) // they have room for its sign
	l.relayout()
	if l.query.usesMarks() {
		l.idxQuery = nil // what was found before does not count
	}
	switch {
	case l.columns[l.sortBy].byNeed, l.seen != l.store:
		return l.rearrange(reuseNone)
	case l.query.usesMarks():
		return l.rearrange(reuseOrder)
	}
	return nil
}

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

// Select puts the cursor on a key as soon as it is there.
func (l *List) Select(id string) { l.SelectOf(l.refOf(id)) }

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

// Bindings are the keys that act now.
func (l *List) Bindings() []key.Binding {
	k := l.env.Keys
	if l.typing {
		return []key.Binding{k.FilterKeep, k.FilterComplete, k.FilterClear}
	}
	return []key.Binding{k.Filter, k.Sort}
}

// Update takes keys and the results of its own commands.
func (l *List) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case arranged:
		return l.arrived(msg)
	case tea.KeyMsg:
		if l.typing {
			return l.typeKey(msg)
		}
		return l.press(msg)
	}
	return nil
}

func (l *List) press(msg tea.KeyMsg) tea.Cmd {
	k := l.env.Keys
	switch {
	case l.move(msg):
		return nil
	case key.Matches(msg, k.Filter):
		l.typing = true
		l.follow()
		l.input.Focus()
		return nil
	case key.Matches(msg, k.Sort):
		return l.sortNext()
	case key.Matches(msg, k.Reverse):
		l.reverse = !l.reverse
		return l.resort()
	case key.Matches(msg, k.Mark):
		l.ToggleMark()
	case key.Matches(msg, k.MarkAll):
		l.MarkAll()
	case key.Matches(msg, k.Back) && len(l.marked) > 0:
		l.ClearMarks()
	case key.Matches(msg, k.Back) && l.input.Value() != "":
		return l.clearFilter()
	}
	return nil
}

// typeKey: every printable key is text; the arrows still move.
func (l *List) typeKey(msg tea.KeyMsg) tea.Cmd {
	k := l.env.Keys
	switch {
	case key.Matches(msg, k.FilterKeep):
		l.typing = false
		l.input.Blur()
		l.follow()
		return nil
	case key.Matches(msg, k.FilterClear):
		return l.clearFilter()
	case key.Matches(msg, k.FilterComplete, k.Prev) && (msg.Type == tea.KeyTab || msg.Type == tea.KeyShiftTab):
		by := 1
		if msg.Type == tea.KeyShiftTab {
			by = -1
		}
		if !l.complete(by) {
			return nil
		}
		return l.refilter()
	case msg.Type != tea.KeyRunes && msg.Type != tea.KeyCtrlU && msg.Type != tea.KeyCtrlD &&
		msg.Type != tea.KeyHome && msg.Type != tea.KeyEnd && l.move(msg):
		return nil
	}
	if !l.input.Update(msg) {
		return nil
	}
	return l.refilter()
}

func (l *List) clearFilter() tea.Cmd {
	l.typing = false
	l.input.Blur()
	l.input.Set("")
	return l.refilter()
}

// ShowAll takes the filter away, if there is one.
func (l *List) ShowAll() tea.Cmd {
	if !l.Filtered() {
		return nil
	}
	return l.clearFilter()
}

func (l *List) refilter() tea.Cmd {
	l.query, l.wrong = parse(l.input.Value())
	clear(l.rows)
	l.follow()
	return l.rearrange(reuseOrder)
}

// sortNext goes to the next column that some key reports, first value first.
func (l *List) sortNext() tea.Cmd {
	for i := 1; i <= len(l.columns); i++ {
		next := (l.sortBy + i) % len(l.columns)
		if l.columns[next].sortable() && (next == 0 || l.shows(next)) {
			l.sortBy, l.reverse = next, false
			break
		}
	}
	return l.resort()
}

func (l *List) resort() tea.Cmd {
	l.relayout()
	return l.rearrange(reuseNone)
}

// reuse says what an arrangement may keep of the one before.
type reuse int

const (
	reuseOrder  reuse = iota // the order: only the filter changed
	reusePrefix              // the order of the keys that were there: more came
	reuseNone                // nothing
)

// rearrange brings idx up to date: at once where that is quick, else in a command,
// one at a time, with the old order on screen until it is done.
func (l *List) rearrange(keep reuse) tea.Cmd {
	if keep != reuseOrder {
		l.ordered, l.paused = l.store.n, l.env.Now()
		l.sortGen++
		if l.sorted != nil {
			l.before, l.sorted = l.sorted, nil
		}
	}
	if keep == reuseNone {
		l.before = nil
		l.round++
	}
	l.gen++
	w := &work{
		gen: l.gen, sortGen: l.sortGen, round: l.round, store: l.store, now: l.env.Now(),
		view:   store{packedList: l.store.packedList, marks: l.store.marks, profiles: l.profiles, access: accesses{of: l.store.access.of, names: l.store.access.names}},
		column: l.columns[l.sortBy], reverse: l.reverse, sorted: l.sorted, before: l.before, names: l.names, query: l.query, ctx: context{now: l.env.Now(), profiles: l.profiles},
	}
	if l.sorted != nil && l.seen == l.store && len(l.idxQuery) > 0 && l.idxQuery.narrows(l.query) {
		w.base = l.idx
	}
	n := l.store.n
	if l.sorted == nil && n > sortAtOnce || w.base == nil && n > filterAtOnce && len(l.query) > 0 {
		if l.busy {
			return nil // arrived sees that gen has moved on
		}
		l.busy = true
		return func() tea.Msg { return w.run() }
	}
	return l.apply(w.run(), w.query)
}

func (l *List) arrived(msg arranged) tea.Cmd {
	l.busy = false
	if msg.store == l.store && len(msg.names) > len(l.names) {
		l.names = msg.names
	}
	if msg.gen == l.gen {
		return l.apply(msg, l.query)
	}
	switch {
	case msg.store != l.store || msg.round != l.round:
	case len(msg.sorted) == l.store.n && msg.sortGen == l.sortGen:
		l.sorted = msg.sorted // the order is still wanted, only the filter has moved on
	case l.sorted == nil && len(msg.sorted) > len(l.before):
		l.before = msg.sorted // more came meanwhile
	}
	return l.rearrange(reuseOrder)
}

func (l *List) apply(msg arranged, q query) tea.Cmd {
	filtered := !q.same(l.idxQuery)
	if l.seen != msg.store {
		id, of := "", -1
		if l.current >= 0 {
			id, of = l.seen.at(l.current).keyID(), l.seen.profileOf(l.current)
		}
		l.seen, l.current = msg.store, msg.store.find(of, id)
		clear(l.rows)
		clear(l.reported)
		l.taught = taught{}
	}
	l.sorted, l.before, l.names, l.idx, l.idxQuery = msg.sorted, nil, msg.names, msg.idx, q
	l.missing = l.query.unreported(l.store, l.profiles, len(l.idx) > 0)
	l.place(filtered)
	return nil
}

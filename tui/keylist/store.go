package keylist

import (
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// store holds the keys of one load. What is appended is never changed again, so that a command may read
// what was there when it began.
type store struct {
	packedList
	access   accesses
	profiles []Profile  // whose keys they are, where that was said
	marks    []ui.Marks // empty until the load was examined
	shown    []bool     // by column: some key reports it
	widths   []int      // by column: the widest content
	signed   bool       // which has room for the sign of a risk
}

func newStore(cols []column) *store {
	return &store{shown: make([]bool, len(cols)), widths: make([]int, len(cols)), access: newAccesses()}
}

// add puts a batch at the end and reports whether a column came or became wider.
func (s *store) add(batch Batch, cols []column, ctx *context) (wider bool) {
	var scratch apikey.Key
	ctx.at = int(batch.profile)
	s.take(batch.keys)
	for i := range batch.keys {
		if batch.of {
			s.of = append(s.of, batch.profile)
		}
		k := batch.keys[i].key(&scratch)
		known := !s.access.add(k.Permissions) && len(k.Permissions) > 0 && k.Role == ""
		for c := range cols {
			measured := cols[c].width != 0 || s.widths[c] >= wholeMost || known && cols[c].ofAccess // as wide as the key's before it
			if s.shown[c] && measured || !cols[c].reported(k) {
				continue
			}
			if !s.shown[c] {
				s.shown[c], wider = true, true
			}
			if !measured {
				if w := min(ui.Width(cols[c].cell(ctx, k, 0).text), wholeMost); w > s.widths[c] {
					s.widths[c], wider = w, true
				}
			}
		}
	}
	return wider
}

func (s *store) mark(i int32) ui.Marks {
	if int(i) < len(s.marks) {
		return s.marks[i]
	}
	return 0
}

// find is the index of a key by its id, or -1, among those of a profile; -1 is any. It looks at every key: for reloads, not for
// keystrokes.
func (s *store) find(profile int, id string) int32 {
	if id != "" {
		for i := range int32(s.n) {
			if s.at(i).keyID() == id && (profile < 0 || s.profileOf(i) == profile) {
				return i
			}
		}
	}
	return -1
}

// work is one arrangement of a store: an order and a filter. It reads only what was
// there when it was made, so that it may run beside Update.
type work struct {
	gen     int
	sortGen int
	round   int
	store   *store // whose work this is
	view    store  // what was there when the work was made
	column  column
	reverse bool
	sorted  []int32 // nil: must be sorted first
	before  []int32 // the order of the first keys, where only more came
	names   []int32 // the order of the first keys by name, which an order by need begins with
	base    []int32 // keys to filter instead of sorted, where the filter only narrowed
	query   query
	now     time.Time
	ctx     context
}

// arranged is its result.
type arranged struct {
	gen, sortGen, round int
	store               *store
	sorted              []int32
	names               []int32
	idx                 []int32
}

func (w *work) run() arranged {
	out := arranged{gen: w.gen, sortGen: w.sortGen, round: w.round, store: w.store, sorted: w.sorted}
	if out.sorted == nil {
		out.sorted = w.sort()
	}
	out.names = w.names
	if len(w.query) == 0 {
		out.idx = out.sorted
		return out
	}
	from := out.sorted
	if w.base != nil {
		from = w.base
	}
	out.idx = w.matching(from)
	return out
}

// matching are those of the keys of an order that the query finds.
func (w *work) matching(from []int32) []int32 {
	match := w.query.compile(&w.view, w.now)
	if 2*len(from) < w.view.n {
		idx := make([]int32, 0, min(len(from), 256))
		for _, i := range from {
			if match(i) {
				idx = append(idx, i)
			}
		}
		return idx
	}
	// Looked at as they lie in memory: in another order, each of 100,000 keys is waited for.
	found, n := make([]bool, w.view.n), 0
	for i := range found {
		if match(int32(i)) {
			found[i] = true
			n++
		}
	}
	idx := make([]int32, 0, n)
	for _, i := range from {
		if found[i] {
			idx = append(idx, i)
		}
	}
	return idx
}

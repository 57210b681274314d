package keylist

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

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

// entry is a key on its way to its place: the next eight bytes of its text, or its value.
type entry struct {
	value uint64
	tie   int32 // orders equal values
	key   int32
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.tie, b.tie))
}

// byText orders keys by their texts, eight bytes at a time, which is several times faster than comparing strings.
// flip is all ones for the reverse order.
func byText(entries []entry, text func(key int32) string, flip uint64, from int) {
	for i := range entries {
		entries[i].value = chunk(text(entries[i].key), from) ^ flip
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.value, b.value) })
	for len(entries) > 0 {
		same, more := 1, len(text(entries[0].key)) > from+8
		for same < len(entries) && entries[same].value == entries[0].value {
			more = more || len(text(entries[same].key)) > from+8
			same++
		}
		switch {
		case same > 1 && more: // which is what most names begin with: they are quickly sorted where all are equal
			byText(entries[:same], text, flip, from+8)
		case same > 1:
			slices.SortFunc(entries[:same], func(a, b entry) int { return cmp.Compare(a.tie, b.tie) })
		}
		entries = entries[same:]
	}
}

// chunk is the order of eight bytes of a text; what is shorter comes first.
func chunk(s string, from int) uint64 {
	if from >= len(s) {
		return 0
	}
	if s = s[from:]; len(s) >= 8 {
		return binary.BigEndian.Uint64([]byte(s[:8]))
	}
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// signed is an int64 as a uint64 of the same order.
func signed(v int64) uint64 { return uint64(v) ^ 1<<63 }

// sort orders by the column's value; equal values stay in the order of names, and
// what is unknown comes last in both directions.
func (w *work) sort() []int32 {
	switch {
	case w.column.byName:
		return w.merged(w.before, w.reverse)
	case w.column.byNeed:
		w.names = w.merged(w.names, false)
		return w.sortByNeed()
	}
	entries := w.byName(0)
	for i := range entries {
		entries[i].tie = int32(i)
	}
	var k apikey.Key
	flip := uint64(0)
	if w.reverse {
		flip = math.MaxUint64
	}
	if w.column.order != nil {
		for i := range entries {
			at := w.column.order(w.view.key(entries[i].key, &k))
			entries[i].value = signed(at) ^ flip
			if at == unknownLast {
				entries[i].value = math.MaxUint64
			}
		}
		slices.SortFunc(entries, compareEntries)
		return keysOf(entries)
	}
	text := make([]string, w.view.n)
	for i := range text {
		w.ctx.at = w.view.profileOf(int32(i))
		text[i] = w.column.text(&w.ctx, w.view.key(int32(i), &k))
	}
	said := make([]entry, 0, w.view.n)
	var silent []entry
	for _, e := range entries {
		if text[e.key] == "" {
			silent = append(silent, e)
		} else {
			said = append(said, e)
		}
	}
	byText(said, func(key int32) string { return text[key] }, flip, 0)
	return keysOf(append(said, silent...))
}

// byName orders the keys from a place on by name.
func (w *work) byName(from int) []entry {
	entries := make([]entry, w.view.n-from)
	for i := range entries {
		entries[i] = entry{key: int32(from + i), tie: int32(from + i)}
	}
	byText(entries, w.view.text, 0, 0)
	return entries
}

// sortByNeed shares the order of names out among what wants something done: the keys that end soon by when, all others by name. The
// order of names is that of the keys alone, so that findings which come later cost no sorting.
func (w *work) sortByNeed() []int32 {
	needs, counts := make([]uint8, w.view.n), make([]int, ui.Needs())
	for i := range needs { // as they lie in memory
		ends, off := w.view.at(int32(i)).ends()
		need := ui.Need(ends, off, w.view.mark(int32(i)), w.now)
		needs[i] = uint8(need)
		counts[need]++
	}
	by := make([][]int32, len(counts))
	for need, n := range counts {
		by[need] = make([]int32, 0, n)
	}
	for _, i := range w.names {
		by[needs[i]] = append(by[needs[i]], i)
	}
	soon := by[ui.NeedOf(apikey.FindingExpiring)]
	ends := make(map[int32]int64, len(soon))
	for _, i := range soon {
		at, _ := w.view.at(i).ends()
		ends[i] = instant(at, unknownLast)
	}
	slices.SortStableFunc(soon, func(a, b int32) int { return cmp.Compare(ends[a], ends[b]) })
	if w.reverse {
		slices.Reverse(by)
	}
	return slices.Concat(by...)
}

// merged orders by name what came since an order of the first keys, and merges the two.
func (w *work) merged(old []int32, reverse bool) []int32 {
	fresh := keysOf(w.byName(len(old)))
	if reverse {
		slices.Reverse(fresh)
	}
	if len(old) == 0 {
		return fresh
	}
	out := make([]int32, 0, w.view.n)
	for _, key := range fresh {
		n := w.countBefore(old, key, reverse)
		out, old = append(append(out, old[:n]...), key), old[n:]
	}
	return append(out, old...)
}

// countBefore counts the keys of an order that come before a newer one, in strides that double: where many come, most
// are not looked at.
func (w *work) countBefore(old []int32, key int32, reverse bool) int {
	text := w.view.text(key)
	before := func(i int) bool {
		// Of equal names the older key comes first; last where the order is reversed.
		c := strings.Compare(w.view.text(old[i]), text)
		return c < 0 != reverse && c != 0 || c == 0 && !reverse
	}
	low, high := 0, 1
	for high <= len(old) && before(high-1) {
		low, high = high, 2*high
	}
	high = min(high, len(old)+1)
	return low + sort.Search(high-1-low, func(i int) bool { return !before(low + i) })
}

func keysOf(entries []entry) []int32 {
	keys := make([]int32, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	return keys
}

package keylist

import (
	"slices"

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

// without is the store again but for the keys of one profile. Columns stay as wide as they were.
func (s *store) without(profile int) *store {
	out := &store{shown: slices.Clone(s.shown), widths: slices.Clone(s.widths), signed: s.signed, access: s.access.empty()}
	for i := range int32(s.n) {
		if s.profileOf(i) == profile {
			continue
		}
		out.put(*s.at(i))
		out.of = append(out.of, uint16(s.profileOf(i)))
		out.access.of = append(out.access.of, s.access.of[i])
		out.marks = append(out.marks, s.mark(i)) // of some keys nothing may be found yet
	}
	return out
}

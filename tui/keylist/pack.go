package keylist

import (
	"iter"
	"math"
	"strings"

	"detent/apikey"
)

// packed is a key as a list of 100,000 keeps it: what every service reports. A key of which more is said is kept
// whole.
type packed struct {
	all              string // what a filter searches and the name column sorts by, and then what is spelled otherwise there
	search           int32  // how much of it is searched
	id, name, masked part
	created, expires apikey.Moment
	permissions      *[]apikey.Permission // many keys have the same
	whole            *apikey.Key          // nil: the fields above are all
}

// part is a part of what a packed key has as text.
type part struct{ from, to uint16 }

// A Batch is keys on their way into a list, packed as it keeps them. Making one is work that need not wait for the list.
type Batch struct {
	keys    []packed
	profile uint16 // whose they are
	of      bool   // and that this is to be kept: they are of a list of several profiles
}

// NewBatch packs keys, of which it keeps nothing but the sets of permissions, and those whole of which more is said.
func NewBatch(keys []apikey.Key) Batch {
	var texts strings.Builder
	size := 0
	for i := range keys {
		size += len(keys[i].Name) + len(keys[i].ID) + len(keys[i].Masked) + 3
	}
	texts.Grow(size) // what most keys say; the rest makes it grow
	b := Batch{keys: make([]packed, len(keys))}
	ends, sets := make([]int, len(keys)), sets{}
	for i := range keys {
		b.keys[i].pack(&keys[i], &texts, sets)
		ends[i] = texts.Len()
	}
	start, all := 0, texts.String()
	if texts.Cap()-len(all) > len(all)/4 {
		all = strings.Clone(all)
	}
	for i := range keys {
		b.keys[i].all = all[start:ends[i]]
		start = ends[i]
	}
	return b
}

// Len is how many keys are in it.
func (b Batch) Len() int { return len(b.keys) }

// sets are the sets of permissions of a batch that keys share in memory.
type sets map[sliceOf]*[]apikey.Permission

func (s sets) of(permissions []apikey.Permission) *[]apikey.Permission {
	if permissions == nil {
		return nil
	}
	var at sliceOf
	if len(permissions) > 0 {
		at = sliceOf{&permissions[0], len(permissions)}
	}
	kept, known := s[at]
	if !known {
		own := permissions
		kept = &own
		s[at] = kept
	}
	return kept
}

// mostWider is how many times as long as its search text all of a key's text is at most: a letter of three bytes may fold to one of a byte.
const mostWider = 4

// pack keeps a key, and writes down its text.
func (p *packed) pack(k *apikey.Key, texts *strings.Builder, sets sets) {
	start, plain := texts.Len(), isPlain(k)
	searchText(texts, k, plain)
	p.search = int32(texts.Len() - start)
	if !plain || mostWider*int(p.search) > math.MaxUint16 {
		whole := *k
		p.whole = &whole
		return
	}
	p.created, p.expires, p.permissions = k.CreatedAt, k.ExpiresAt, sets.of(k.Permissions)
	folded := texts.String()[start:]
	for _, of := range [...]struct {
		text string
		part *part
	}{{k.Name, &p.name}, {k.ID, &p.id}, {k.Masked, &p.masked}} { // in the order of searchText
		if of.text == "" {
			continue
		}
		var same string
		if same, folded, _ = strings.Cut(folded, "\n"); same == of.text {
			from := int(p.search) - len(folded) - len(same) - 1
			*of.part = part{uint16(from), uint16(from + len(same))}
			continue
		}
		from := texts.Len() - start
		texts.WriteString(of.text)
		*of.part = part{uint16(from), uint16(from + len(of.text))}
	}
}

// text is what a filter searches.
func (p *packed) text() string { return p.all[:p.search] }

func (p *packed) said(of part) string { return p.all[of.from:of.to] }

// isPlain reports whether a packed key says all of it.
func isPlain(k *apikey.Key) bool {
	return k.Type == "" && k.Role == "" && k.Environment == "" && k.Account == "" && k.Project == "" && k.ProjectName == "" &&
		k.Enabled == nil && !k.UpdatedAt.Known() && !k.LastUsedAt.Known() && k.Restrictions == nil && !k.RolledAt.Known() && !k.FormerEndsAt.Known() && !k.FormerUsedAt.Known() &&
		k.CreatedBy == "" && k.UpdatedBy == "" && !k.CanRetrieve && !k.CannotRetrieve && !k.Own && !k.Matched && k.Extra == nil && k.Added == nil
}

// key is the key again: the whole one, or scratch with its fields. Nothing else is ever put into a scratch, which is large to clear.
func (p *packed) key(scratch *apikey.Key) *apikey.Key {
	if p.whole != nil {
		return p.whole
	}
	scratch.ID, scratch.Name, scratch.Masked = p.said(p.id), p.said(p.name), p.said(p.masked)
	scratch.CreatedAt, scratch.ExpiresAt, scratch.Permissions = p.created, p.expires, nil
	if p.permissions != nil {
		scratch.Permissions = *p.permissions
	}
	return scratch
}

// ends says when the key ends, and whether it is off.
func (p *packed) ends() (at apikey.Moment, off bool) {
	if p.whole != nil {
		return p.whole.ExpiresAt, p.whole.IsDisabled()
	}
	return p.expires, false
}

func (p *packed) keyID() string {
	if p.whole != nil {
		return p.whole.ID
	}
	return p.said(p.id)
}

// chunkLen is how many packed keys lie together: a list grows without being copied. The client hands over as many at once, so that a batch
// is a chunk.
const chunkLen = 500

// A packedList holds packed keys. What is in it is never changed again, so that a copy of it may be read
// while keys are put on it.
type packedList struct {
	chunks []*[chunkLen]packed
	n      int
	of     []uint16 // by key: its profile, where the list has several; shorter where the rest are of the first
}

func (s *packedList) put(p packed) {
	if s.n%chunkLen == 0 {
		s.chunks = append(s.chunks, new([chunkLen]packed))
	}
	s.chunks[s.n/chunkLen][s.n%chunkLen] = p
	s.n++
}

// take puts a whole batch on the list, without copying it where it is a chunk.
func (s *packedList) take(keys []packed) {
	if s.n%chunkLen == 0 && len(keys) == chunkLen {
		s.chunks = append(s.chunks, (*[chunkLen]packed)(keys))
		s.n += chunkLen
		return
	}
	for i := range keys {
		s.put(keys[i])
	}
}

func (s *packedList) at(i int32) *packed { return &s.chunks[i/chunkLen][i%chunkLen] }

// text is what a filter searches.
func (s *packedList) text(i int32) string { return s.at(i).text() }

// key is a key of the list, or scratch with its fields.
func (s *packedList) key(i int32, scratch *apikey.Key) *apikey.Key { return s.at(i).key(scratch) }

// profileOf is the profile of a key, by its place.
func (s *packedList) profileOf(i int32) int {
	if int(i) < len(s.of) {
		return int(s.of[i])
	}
	return 0
}

// Keys are the keys that a list had when they were asked for, in the order of the service. They do not change
// and may be read beside the list.
type Keys struct{ list packedList }

// Len is how many they are.
func (k Keys) Len() int { return k.list.n }

// At is a copy of one of them.
func (k Keys) At(i int) apikey.Key { return *k.list.key(int32(i), new(apikey.Key)) }

// All are all of them with their places. A key is gone at the next one: copy what is kept.
func (k Keys) All() iter.Seq2[int, *apikey.Key] {
	return func(yield func(int, *apikey.Key) bool) {
		var scratch apikey.Key
		for i := range k.list.n {
			if !yield(i, k.list.key(int32(i), &scratch)) {
				return
			}
		}
	}
}

// Of are the keys of one profile with their places among these, and how many they are.
func (k Keys) Of(profile int) (n int, keys iter.Seq2[int, *apikey.Key]) {
	var places []int32
	for i := range int32(k.list.n) {
		if k.list.profileOf(i) == profile {
			places = append(places, i)
		}
	}
	return len(places), func(yield func(int, *apikey.Key) bool) {
		var scratch apikey.Key
		for at, i := range places {
			if !yield(at, k.list.key(i, &scratch)) {
				return
			}
		}
	}
}

// Profile is the profile of a key, by its place.
func (k Keys) Profile(i int) int { return k.list.profileOf(int32(i)) }

// Masks are its keys as a secret is compared with them: by name, id and mask.
func (b Batch) Masks() []apikey.Key {
	out := make([]apikey.Key, 0, len(b.keys))
	var scratch apikey.Key
	for i := range b.keys {
		k := b.keys[i].key(&scratch)
		out = append(out, apikey.Key{ID: k.ID, Name: k.Name, Masked: k.Masked, Environment: k.Environment, Enabled: k.Enabled, ExpiresAt: k.ExpiresAt})
	}
	return out
}

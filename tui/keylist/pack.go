package keylist

import (
	"iter"
	"strings"

	"detent/apikey"
)

// packed is a key as a list of 100,000 keeps it: what every service reports. A key of which more is said is kept
// whole.
type packed struct {
	text             string // what a filter searches and the name column sorts by
	id, name, masked string // parts of text where they are spelled like it
	created, expires apikey.Moment
	permissions      []apikey.Permission
	whole            *apikey.Key // nil: the fields above are all
}

// A Batch is keys on their way into a list, packed as it keeps them. Making one is work that need not wait for the list.
type Batch struct {
	keys    []packed
	profile uint16 // whose they are
	of      bool   // and that this is to be kept: they are of a list of several profiles
}

// NewBatch packs keys, of which it keeps nothing.
func NewBatch(keys []apikey.Key) Batch {
	var blob strings.Builder
	size := 0
	for i := range keys {
		size += len(keys[i].Name) + len(keys[i].ID) + len(keys[i].Masked) + 3
	}
	blob.Grow(size) // what most keys say; the rest makes it grow
	ends := make([]int, len(keys))
	for i := range keys {
		searchText(&blob, &keys[i])
		ends[i] = blob.Len()
	}
	b := Batch{keys: make([]packed, len(keys))}
	start, all := 0, blob.String()
	for i := range keys {
		b.keys[i] = pack(&keys[i], all[start:ends[i]])
		start = ends[i]
	}
	return b
}

// Len is how many keys are in it.
func (b Batch) Len() int { return len(b.keys) }

// pack keeps a key whose search text is text.
func pack(k *apikey.Key, text string) packed {
	if !isPlain(k) {
		whole := *k
		return packed{text: text, whole: &whole}
	}
	p := packed{text: text, created: k.CreatedAt, expires: k.ExpiresAt, permissions: k.Permissions}
	p.name, text = share(k.Name, text)
	p.id, text = share(k.ID, text)
	p.masked, _ = share(k.Masked, text)
	return p
}

// share takes a part of a key from the search text where it is spelled like it there: one string in memory instead of
// two. The text goes on after it.
func share(part, text string) (kept, rest string) {
	if part == "" {
		return "", text
	}
	folded, rest, _ := strings.Cut(text, "\n")
	if folded == part {
		return folded, rest
	}
	return part, rest
}

// isPlain reports whether a packed key says all of it.
func isPlain(k *apikey.Key) bool {
	return k.Type == "" && k.Role == "" && k.Environment == "" && k.Account == "" && k.Project == "" && k.ProjectName == "" &&
		k.Enabled == nil && !k.UpdatedAt.Known() && !k.LastUsedAt.Known() && k.Restrictions == nil && !k.RolledAt.Known() && !k.FormerEndsAt.Known() && !k.FormerUsedAt.Known() &&
		k.CreatedBy == "" && k.UpdatedBy == "" && !k.CanRetrieve && !k.CannotRetrieve && !k.Own && !k.Matched && k.Extra == nil
}

// key is the key again: the whole one, or scratch with its fields.
func (p *packed) key(scratch *apikey.Key) *apikey.Key {
	if p.whole != nil {
		return p.whole
	}
	*scratch = apikey.Key{ID: p.id, Name: p.name, Masked: p.masked, CreatedAt: p.created, ExpiresAt: p.expires, Permissions: p.permissions}
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
	return p.id
}

// chunkLen is how many packed keys lie together: a list grows without being copied.
const chunkLen = 1024

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

func (s *packedList) at(i int32) *packed { return &s.chunks[i/chunkLen][i%chunkLen] }

// text is what a filter searches.
func (s *packedList) text(i int32) string { return s.at(i).text }

// key is a key of the list, or scratch with its fields.
func (s *packedList) key(i int32, scratch *apikey.Key) *apikey.Key { return s.at(i).key(scratch) }

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

package keylist

import (
	"maps"
	"slices"
	"strings"

	"detent/apikey"
)

// accesses are the sets of permissions of a store's keys, each once: a hundred thousand keys have a few dozen.
// What is appended is never changed again, as with the store.
type accesses struct {
	of    []int32    // by key: its set
	names [][]string // by set: the permissions as "feature.name", folded

	bySlice map[sliceOf]int32 // sets that keys share in memory
	byText  map[string]int32
}

type sliceOf struct {
	first *apikey.Permission
	n     int
}

func newAccesses() accesses {
	return accesses{bySlice: map[sliceOf]int32{}, byText: map[string]int32{}}
}

// empty knows the same sets, of no key yet.
func (a *accesses) empty() accesses {
	return accesses{names: slices.Clone(a.names), bySlice: maps.Clone(a.bySlice), byText: maps.Clone(a.byText)}
}

// add takes note of a key's permissions and reports whether no key before it had this set.
func (a *accesses) add(perms []apikey.Permission) (fresh bool) {
	var at sliceOf
	if len(perms) > 0 {
		at = sliceOf{&perms[0], len(perms)}
	}
	set, ok := a.bySlice[at]
	if !ok {
		names := make([]string, len(perms))
		for i, p := range perms {
			names[i] = fold(p.String())
		}
		text := strings.Join(names, "\n")
		if set, ok = a.byText[text]; !ok {
			set = int32(len(a.names))
			a.names = append(a.names, names)
			a.byText[text] = set
			fresh = true
		}
		a.bySlice[at] = set
	}
	a.of = append(a.of, set)
	return fresh
}

// having tells for each set whether a permission of it holds the word; if whole, and some permission is named exactly
// so, that one alone counts: deleteRule is not deleteRuleGroup.
func (a *accesses) having(word string, whole bool) []bool {
	same := func(full string) bool { return ownName(full) == word || full == word }
	holds := func(full string) bool {
		return strings.Contains(ownName(full), word) || whole && strings.Contains(full, word)
	}
	if whole && slices.ContainsFunc(a.names, func(names []string) bool { return slices.ContainsFunc(names, same) }) {
		holds = same
	}
	hit := make([]bool, len(a.names))
	for i, names := range a.names {
		hit[i] = slices.ContainsFunc(names, holds)
	}
	return hit
}

// ownName is a permission without its feature.
func ownName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// all are the permissions that some key has, by their own names.
func (a *accesses) all() []string {
	seen := map[string]bool{}
	for _, set := range a.names {
		for _, full := range set {
			seen[ownName(full)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

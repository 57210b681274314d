package wire

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"detent/apikey"
	"detent/client/kit"
)

// maxSeen is how many permissions are learned from keys.
const maxSeen = 200

// Features are what the declared permissions stand under, and how the account spells that, as its own keys show it.
type Features struct {
	Of       map[string]string // by a permission's name, where one feature alone has it
	declared map[apikey.Permission]bool

	mu      sync.Mutex
	spelled map[string]string // the declaration's feature → the account's
	seen    map[apikey.Permission]bool
}

func NewFeatures(list []kit.Permission) *Features {
	f := &Features{Of: map[string]string{}, declared: map[apikey.Permission]bool{}}
	shared := map[string]bool{}
	for _, p := range list {
		if p.Feature == "" {
			continue
		}
		_, shared[p.Name] = f.Of[p.Name]
		f.Of[p.Name] = p.Feature
		f.declared[apikey.Permission{Feature: p.Feature, Name: p.Name}] = true
	}
	for name, is := range shared {
		if is {
			delete(f.Of, name)
		}
	}
	return f
}

// Learn takes note of a permission as a key has it, and completes one of a flat list. The declaration's own spelling wins once a key
// shows it.
func (f *Features) Learn(p apikey.Permission) apikey.Permission {
	known := f.Of[p.Name]
	if known == "" && (len(f.declared) == 0 || f.declared[p]) {
		return p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known == "" {
		if f.seen == nil {
			f.seen = map[apikey.Permission]bool{}
		}
		if len(f.seen) < maxSeen {
			f.seen[p] = true
		}
		return p
	}
	if p.Feature == "" {
		p.Feature = cmp.Or(f.spelled[known], known)
		return p
	}
	if f.spelled == nil {
		f.spelled = map[string]string{}
	}
	if _, taken := f.spelled[known]; !taken || p.Feature == known {
		f.spelled[known] = p.Feature
	}
	return p
}

// Place gives a permission the feature under which this account files it.
func (f *Features) Place(p apikey.Permission) apikey.Permission {
	if known := f.Of[p.Name]; known != "" && (p.Feature == "" || p.Feature == known) {
		p.Feature = f.Spelling(known)
	}
	return p
}

func (f *Features) Spelling(feature string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.spelled[feature], feature)
}

// Flat is a permission of a list without features. Where the declaration has features, a name is taken apart only if that gives one of its own.
func (f *Features) Flat(name string) apikey.Permission {
	if p := apikey.ParsePermission(name); f.Of[name] == "" && (len(f.declared) == 0 || f.declared[p]) {
		return p
	}
	return apikey.Permission{Name: name}
}

// Named is the permission that a message names, else the one that the call needs. A name that is a word of any language counts with
// its feature alone.
func (f *Features) Named(message, needed string) string {
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return r != '.' && r != '_' && r != ':' && !unicode.IsLetter(r) }) {
		p := apikey.ParsePermission(strings.Trim(word, ".:"))
		if f.declared[p] || p.Feature == "" && f.Of[p.Name] != "" && p.Name != strings.ToLower(p.Name) {
			return p.Name
		}
	}
	return needed
}

// Others are the permissions that keys were seen with, and the declaration does not have.
func (f *Features) Others() []apikey.Permission {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.seen))
}

// InOrder sorts permissions, each once: an object of the wire has no order.
func InOrder(list []apikey.Permission) []apikey.Permission {
	slices.SortFunc(list, func(a, b apikey.Permission) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(list)
}

package world

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"detent/rotation"
)

// store keeps the journals of a walk in memory. It outlives the processes; whoever is killed gives its locks back.
type store struct {
	w        *world
	files    *rotation.Files // a test's own world has them on the disk
	journals map[string][]byte
	locks    map[string]rotation.Holder
	key      []byte
	full     bool                     // nothing more can be kept
	shown    map[string]rotation.View // what the journals show, as long as they are not saved anew
}

var errNoRoom = errors.New("no space left on device")

func newStore(w *world) *store {
	return &store{w: w, journals: map[string][]byte{}, locks: map[string]rotation.Holder{}, shown: map[string]rotation.View{}}
}

// kept is where the journals lie.
func (s *store) kept() rotation.Store {
	if s.files != nil {
		return *s.files
	}
	return s
}

// Load is a journal as it was saved last.
func (s *store) Load(id string) ([]byte, error) {
	b, ok := s.journals[id]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return b, nil
}

// Save keeps a journal, which never holds a secret, not even for a moment.
func (s *store) Save(id string, b []byte) error {
	if bytes.Contains(b, []byte(canary)) {
		s.w.fail("I5", "a secret is in the journal")
	}
	if s.full {
		return errNoRoom
	}
	delete(s.shown, id)
	s.journals[id] = bytes.Clone(b)
	return nil
}

// IDs lists the journals.
func (s *store) IDs() ([]string, error) { return slices.Sorted(maps.Keys(s.journals)), nil }

// view is what a journal shows without a process.
func (s *store) view(id string) (v rotation.View, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.w.fail("I4", "panic: a journal cannot be shown: %v at %s", p, where(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if v, known := s.shown[id]; known {
		return v, nil
	}
	v, err = rotation.Find(s.kept(), id)
	if err == nil && s.files == nil {
		s.shown[id] = v
	}
	return v, err
}

// Lock takes a name.
func (s *store) Lock(name string, h rotation.Holder) (func(bool), *rotation.Holder, error) {
	if holder, taken := s.locks[name]; taken {
		return nil, &holder, nil
	}
	s.locks[name] = h
	return func(bool) { delete(s.locks, name) }, nil, nil
}

// HeldBy is who has the name.
func (s *store) HeldBy(name string) *rotation.Holder {
	if h, taken := s.locks[name]; taken {
		return &h
	}
	return nil
}

// Key is made once.
func (s *store) Key(random io.Reader) ([]byte, error) {
	if s.key != nil {
		return s.key, nil
	}
	if s.full {
		return nil, errNoRoom
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, err
	}
	s.key = key
	return key, nil
}

// Where is in words.
func (s *store) Where(id string) string { return "the journal " + id }

// fill leaves the journals no room; what it returns makes room again.
func (s *store) fill(id string) func() {
	if s.files != nil { // a folder is where the next journal would be written
		block := s.files.Where(id) + ".new"
		if os.MkdirAll(filepath.Join(block, "full"), 0o700) != nil {
			return nil
		}
		return func() { _ = os.RemoveAll(block) }
	}
	if s.full {
		return nil
	}
	s.full = true
	return func() { s.full = false }
}

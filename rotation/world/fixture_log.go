package world

import "strings"

// This file is what a fixture writes down of what the program does, and the failures that it is made to meet.

type fault struct {
	err   error
	after bool
}

// at is every point at which something may happen.
func (f *World) at(point string) {
	if f.w.dead {
		return
	}
	if f.w.process != nil {
		v := f.w.process.r.View()
		f.w.step = string(v.Step)
		if v.Undoing {
			f.w.step = undoing
		}
	}
	f.points++
	if f.Hook != nil {
		f.Hook(point)
	}
}

// Fail lets the next call of an operation end with err; after it took effect, or before. The operations are those of Log: list, create, disable,
// enable, rename, delete, probe, preflight, read, copy, put, undo, finish, then.
func (f *World) Fail(op string, err error, after bool) {
	f.faults[op] = append(f.faults[op], fault{err, after})
}

// Mend forgets the failures that have not happened.
func (f *World) Mend() { clear(f.faults) }

// Faults are the failures that have not happened.
func (f *World) Faults() (n int) {
	for _, all := range f.faults {
		n += len(all)
	}
	return n
}

func (f *World) during(op, what string, do func() error) error {
	f.note(strings.TrimSpace(op + " " + what))
	var now *fault
	if all := f.faults[op]; len(all) > 0 {
		now, f.faults[op] = &all[0], all[1:]
		if !now.after {
			return now.err
		}
	}
	if err := do(); err != nil || now == nil {
		return err
	}
	return now.err
}

func (f *World) note(line string) { f.log = append(f.log, line) }

// Log is what the program did since the last time it was asked for: "list", "probe new", "delete old", "read p0", "announce delete old", "sleep".
func (f *World) Log() []string {
	out := f.log
	f.log = nil
	return out
}

// find takes "old", "other", "new" or an id.
func (f *World) find(which string) *key {
	switch which {
	case "old":
		return f.w.old
	case "other":
		return f.w.other
	case "new":
		return f.w.newKey()
	}
	return f.w.keyByID(which)
}

// whose names the key of a secret: "old", "new", an id, or "made-up".
func (f *World) whose(k *key) string {
	switch {
	case k == nil:
		return "made-up"
	case k == f.w.newKey():
		return "new"
	}
	return k.id
}

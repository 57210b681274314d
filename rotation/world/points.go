package world

import "slices"

// strike is one that waits for its point, with what the table of his acts has for it.
type strike struct {
	Strike
	do   func(w *world, n int) (restore func(), done bool)
	seen int
	done bool
}

// restore is how something is put right that he did.
type restore struct {
	what string
	do   func()
}

// point is where the adversary may act: before and after every call and every file operation.
func (w *world) point(name string) {
	if w.dead || w.step == "" {
		return
	}
	w.where = name
	for i := range w.strikes {
		s := &w.strikes[i]
		if s.done || s.Step != "" && s.Step != w.step || s.Point != "" && s.Point != name {
			continue
		}
		if s.seen++; s.seen <= s.Nth {
			continue
		}
		s.done = true // before it acts: a kill does not come back
		pair := Pair{s.Act, w.step}
		if s.Act == "kill" {
			w.met[pair]++
			w.note("kill at %s", name)
		}
		back, done := s.do(w, s.N)
		if !done {
			s.done = false
			continue
		}
		w.met[pair]++
		w.note("%s at %s", s.Act, name)
		if back != nil {
			w.restores = append(w.restores, restore{s.Act, back})
		}
	}
}

// dies is what is to be thrown to end the process at this point, as a kill does.
func (w *world) dies(point string) death {
	w.dead, w.atDeath = true, w.freeze()
	return death{point}
}

// putRight brings back what was taken away, the last first.
func (w *world) putRight() {
	for _, r := range slices.Backward(w.restores) {
		w.note("put right: %s", r.what)
		r.do()
	}
	w.restores = nil
}
